"""Several formats of one episode: asked for together, each a task of its own, and all named in the feed."""

import json
import shutil
import subprocess
from concurrent.futures import Executor, Future

from tests.build.conftest import NOW

from pipeline.builder import Talk, bring_up_to_date
from pipeline.cache import Store
from pipeline.content import load_programme
from pipeline.executors import open_workers


class Watched(Executor):
    """Hands work on to a pool, and notes when somebody asks and when somebody waits."""

    def __init__(self, pool):
        self.pool, self.seen = pool, []

    def submit(self, fn, /, *words):
        self.seen.append("asked" if "encoding:encode" in words[0] else "")
        done, seen = self.pool.submit(fn, *words), self.seen
        encoded = self.seen[-1] == "asked"

        class Noted(Future):
            def result(self, timeout=None):
                seen.append("waited" if encoded else "")
                return done.result(timeout)

        return Noted()


def test_all_formats_are_asked_for_before_anybody_waits_for_one_and_end_with_their_sound(programme_root):
    shutil.rmtree(programme_root / "episodes/02-gesprek")
    programme = programme_root / "programme.yaml"
    programme.write_text(programme.read_text().replace("[mp3]", "[mp3, m4a, opus]"))
    store = Store(programme_root / ".weerslag")

    with store.locked(holder="a test", wait=True, waiting=print), open_workers("here") as pool:
        watched = Watched(pool)
        built = bring_up_to_date(
            load_programme(programme_root),
            root=programme_root,
            store=store,
            pool=watched,
            now=NOW,
            talk=Talk(step=lambda _: None),
            targets=("episodes",),
        )

    assert () == built.failures
    assert ["asked", "asked", "waited", "waited"] == [step for step in watched.seen if step]  # the MP3 is kept
    (m4a,) = (programme_root / "public/audio").glob("01-*.m4a")
    argv = ["ffprobe", "-v", "error", "-show_format", "-show_chapters", "-of", "json", m4a]
    told = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    assert ("9.000000", "9.000000") == (told["format"]["duration"], told["chapters"][-1]["end_time"])
    assert [".m4a", ".mp3", ".opus"] == sorted(file.suffix for file in (programme_root / "public/audio").glob("01-*"))
