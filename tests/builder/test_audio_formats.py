"""Several formats of one episode: submitted together, each as its own task."""

import json
import shutil
import subprocess
from concurrent.futures import Executor, Future

from pipeline.builder.build import run_build
from pipeline.builder.task_runner import Reporter
from pipeline.cache import Cache
from pipeline.content import load_programme
from pipeline.executors import open_executor
from tests.builder.conftest import NOW


class RecordingExecutor(Executor):
    """Passes tasks on, and records when an encoding is submitted and when its result is awaited."""

    def __init__(self, pool):
        self.pool, self.events = pool, []

    def submit(self, fn, /, message):
        future, events = self.pool.submit(fn, message), self.events
        if "run_encode" not in message:
            return future
        events.append("submitted")

        class RecordingFuture(Future):
            def result(self, timeout=None):
                events.append("awaited")
                return future.result(timeout)

        return RecordingFuture()


def test_all_formats_are_submitted_before_any_result_is_awaited(programme_root):
    shutil.rmtree(programme_root / "episodes/02-gesprek")
    programme = programme_root / "programme.yaml"
    programme.write_text(programme.read_text().replace("[mp3]", "[mp3, m4a, opus]"))
    cache = Cache(programme_root / ".weerslag")

    with cache.lock(holder="a test", wait=True, waiting=print), open_executor("local") as pool:
        executor = RecordingExecutor(pool)
        built = run_build(
            load_programme(programme_root),
            root=programme_root,
            cache=cache,
            executor=executor,
            now=NOW,
            reporter=Reporter(step=lambda _: None),
            targets=("episodes",),
        )

    assert () == built.failures
    assert ["submitted", "submitted", "awaited", "awaited"] == executor.events  # the MP3 is up to date
    (m4a,) = (programme_root / "public/audio").glob("01-*.m4a")
    argv = ["ffprobe", "-v", "error", "-show_format", "-show_chapters", "-of", "json", m4a]
    probed = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    assert ("9.000000", "9.000000") == (probed["format"]["duration"], probed["chapters"][-1]["end_time"])
    assert [".m4a", ".mp3", ".opus"] == sorted(file.suffix for file in (programme_root / "public/audio").glob("01-*"))


def test_new_bit_rate_encodes_again_and_does_not_master_again(programme_root, build):
    programme = programme_root / "programme.yaml"
    programme.write_text(programme.read_text().replace("[mp3]", "[mp3], bitrate_kbps: 96"))

    steps = build(programme_root, targets=("episodes",)).steps

    assert {"encoded", "tagged", "up to date"} == {step.kind for step in steps}
    assert [] == [step.subject for step in steps if step.kind == "up to date" and step.subject.endswith(".mp3")]
