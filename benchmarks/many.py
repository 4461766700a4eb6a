"""Build a programme of many episodes: audio is mastered once and tagged for each, images are drawn once and copied."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from pipeline.builder.build import run_build  # noqa: E402
from pipeline.builder.task_runner import Reporter  # noqa: E402
from pipeline.cache import Cache  # noqa: E402
from pipeline.content import load_programme  # noqa: E402
from pipeline.executors import run_task  # noqa: E402

VOICES = "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
CUES = 60
IMAGE_TASKS = ("pipeline.graphics.tasks:CoverTask", "pipeline.graphics.tasks:SocialImageTask")
PROGRAMME = """\
title: Duizend gesprekken
language: nl
organiser: Overheid van Nu
url: https://example.org/duizend/
podcast:
  guid: 3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11
  author: Overheid van Nu
  description: Duizend gesprekken om mee te meten.
  category: [Government]
profile: public-sector
sound: {formats: [mp3]}
events:
  - {id: een, title: Een, theme: Wie begint?, starts: 2004-06-13 16:30, ends: 2004-06-13 19:00}
"""
EPISODE = """\
---
guid: {guid}
number: {number}
event: een
title: Gesprek {number}
summary: Een kort gesprek over vertrouwen, het {number}e.
published: {published:%Y-%m-%d} 06:00
transcript_reviewed: 2004-06-20
people: [{{name: Zoë Çelik, role: host}}, {{name: Bram, role: guest}}]
chapters:
  - {{start: "00:00", title: Welkom}}
  - {{start: "00:10", title: Verder}}
---
Over {number}: een gesprek over vertrouwen tussen burger en ambtenaar. We praten over wat een gemeente kan leren.

Meer lezen: [het verslag](https://example.org/verslag/{number}) en [de regeling](https://example.org/regeling).
"""


class CopyingExecutor(Executor):
    """Runs tasks in this process. Of images of one kind and size it draws the first; the others are copies with other bytes."""

    def __init__(self) -> None:
        self.drawn: dict[tuple[str, int], tuple[str, bytes]] = {}

    def submit(self, _, message):
        call, future = json.loads(message), Future()
        task = call["task"]
        kind = (call["class"], task.get("size_px", 0)) if call["class"] in IMAGE_TASKS else None
        if kind in self.drawn:
            result, content = self.drawn[kind]
            Path(task["out"]).write_bytes(content + task["title"].encode() + task["label"].encode())
        else:
            result = run_task(message)
            if kind:
                self.drawn[kind] = (result, Path(task["out"]).read_bytes())
        future.set_result(result)
        return future


def main() -> None:
    root, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    root.mkdir(parents=True)
    cut = ["-t", str(CUES // 3), "-i", str(CHECKOUT / VOICES)]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut, str(root.parent / "a.flac")], check=True)
    (root / "programme.yaml").write_text(PROGRAMME)
    for number in range(1, count + 1):
        write_episode(root, number)
        if number == 1:
            build(root)  # masters the audio that the others share
    build(root)


def write_episode(root: Path, number: int) -> None:
    folder = root / f"episodes/gesprek-{number:04}"
    folder.mkdir(parents=True)
    day = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(days=number)
    (folder / "episode.md").write_text(EPISODE.format(guid=UUID(int=number), number=number, published=day))
    spans = [(f"00:00:{place / 3:06.3f}", f"00:00:{(place + 1) / 3:06.3f}") for place in range(CUES)]
    cues = [
        f"{begin} --> {end}\n<v Zoë>Dit is zin {place} van gesprek {number}, en er komt meer.\n"
        for place, (begin, end) in enumerate(spans)
    ]
    (folder / "transcript.vtt").write_text("\n".join(["WEBVTT\n", *cues]))
    (folder / "recording").mkdir()
    shutil.copy(root.parent / "a.flac", folder / "recording/a.flac")


def build(root: Path) -> None:
    cache = Cache(root / ".weerslag")
    with cache.lock(holder="a benchmark", wait=True, waiting=print):
        result = run_build(
            load_programme(root),
            root=root,
            cache=cache,
            executor=CopyingExecutor(),
            now=datetime.now(UTC),
            reporter=Reporter(step=lambda _: None),
        )
    if result.failures:
        raise SystemExit(str(result.failures[0][1]))


if __name__ == "__main__":
    main()
