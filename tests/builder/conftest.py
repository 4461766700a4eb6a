"""A small programme of two episodes, cut from the sample's recordings, and builds of it."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.builder.build import run_build
from pipeline.builder.task_runner import Reporter
from pipeline.builder.trees import TARGETS
from pipeline.cache import Cache
from pipeline.content import load_programme
from pipeline.executors import open_executor
from tests.shared_folders import share_folder

SAMPLE = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)

PROGRAMME = """\
title: Proefprogramma
language: nl
organiser: Overheid van Nu
url: https://example.org/proef/
podcast:
  guid: 3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11
  author: Overheid van Nu
  description: Twee gesprekken om mee te proeven.
  category: [Government]
sound: {formats: [mp3]}
events:
  - {id: een, title: Een, theme: Wie begint?, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}
"""

EPISODE = """\
---
guid: {guid}
number: {number}
event: een
title: Gesprek {number}
summary: Een kort gesprek.
published: 2024-06-2{number} 06:00
chapters:
  - {{start: "00:00", title: Welkom}}
  - {{start: "00:04", title: Verder}}
---
Een *proef*.
"""

MAGAZINE = """\
title: Proefprogramma
edition: Proef
language: nl
flatplan:
  - cover: {headline: Een proef}
  - contents
  - event: een
  - colophon
colophon: Gemaakt als proef.
"""

REFLECTION = """\
---
group: Tafel 1
roles: [beleid]
question: Wie begint?
approved: 2024-07-01
insights: [Iemand begint.]
---
Aan deze tafel begon het gesprek met een stilte.
"""


@pytest.fixture
def build(build_once):
    """Build a programme; arguments go to ``run_build``."""
    return build_once


@pytest.fixture(scope="session")
def build_once():
    """The same for fixtures that many tests share."""

    def run(root, *, workers="local", now=NOW, targets=TARGETS, dry_run=False, preview=False, reporter=None):
        cache = Cache(root / ".weerslag")
        with cache.lock(holder="a test", wait=True, waiting=print), open_executor(workers) as pool:
            return run_build(
                load_programme(root),
                root=root,
                cache=cache,
                executor=pool,
                now=now,
                reporter=reporter or Reporter(step=lambda _: None),
                targets=targets,
                dry_run=dry_run,
                preview=preview,
            )

    return run


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """The programme before its first build, for tests to copy."""
    return share_folder(tmp_path_factory, "sources", write_sources)


def write_sources(root):
    write(root / "programme.yaml", PROGRAMME)
    write(root / "magazine/magazine.yaml", MAGAZINE)
    write(root / "magazine/reflections/een/tafel-1.md", REFLECTION)
    for number, start_s in ((1, 1), (2, 30)):
        folder = root / f"episodes/0{number}-gesprek"
        write(folder / "episode.md", EPISODE.format(number=number, guid=f"0b7c5e52-6b6c-4a39-8f6e-1f1d5a3b7c0{number}"))
        (folder / "recording").mkdir()
        recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
        cut = ["-ss", str(start_s), "-t", "9", "-i", str(recording), "-c:a", "pcm_s16le"]
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut, str(folder / "recording/a.wav")], check=True)


@pytest.fixture(scope="session")
def built_once(sources, tmp_path_factory):
    """The programme after its first build, for tests to copy."""

    def fill(root):
        shutil.copytree(sources, root, dirs_exist_ok=True)
        store = Cache(root / ".weerslag")
        with store.lock(holder="a test", wait=True, waiting=print), open_executor("processes:2") as pool:
            programme, reporter = load_programme(root), Reporter(step=lambda _: None)
            built = run_build(programme, root=root, cache=store, executor=pool, now=NOW, reporter=reporter)
        assert () == built.failures

    return share_folder(tmp_path_factory, "built", fill)


@pytest.fixture
def programme_root(built_once, tmp_path):
    """A built programme for one test."""
    return Path(shutil.copytree(built_once, tmp_path / "programme"))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
