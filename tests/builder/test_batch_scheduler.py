"""One executor for many builds: turns, short recordings first, cancelling, and what a build sees of it."""

import json
import shutil
import subprocess
import threading
from concurrent.futures import CancelledError, Executor, Future

import pytest

from pipeline.builder.batch import BatchScheduler, read_recording_lengths
from pipeline.errors import TaskError
from pipeline.executors import count_workers, run_task
from tests.builder.conftest import SAMPLE

RECORDING = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"


class GatedExecutor(Executor):
    """Runs nothing before it is opened, and notes the order in which tasks were submitted."""

    workers = 1

    def __init__(self):
        self.gate, self.order = threading.Event(), []

    def submit(self, fn, /, message):
        self.order.append(json.loads(message)["task"]["subject"])
        future = Future()
        threading.Thread(target=self.finish, args=(future, self.order[-1]), daemon=True).start()
        return future

    def finish(self, future, subject):
        self.gate.wait(20)
        if subject == "bad":
            future.set_exception(TaskError("a bad task"))
        else:
            future.set_result(f"result of {subject}")


def submit(queue, *subjects):
    return [queue.submit(run_task, json.dumps({"task": {"subject": subject}})) for subject in subjects]


def test_builds_take_turns():
    executor = GatedExecutor()
    scheduler = BatchScheduler(executor)
    with scheduler.open_queue() as first, scheduler.open_queue() as second:
        futures = submit(first, "a1", "a2", "a3", "a4", "a5") + submit(second, "b1", "b2")
        executor.gate.set()
        results = [future.result(20) for future in futures]
    scheduler.cancel()

    assert ["a1", "a2", "a3", "a4", "a5"] == [one for one in executor.order if one[0] == "a"]
    assert 5 > max(executor.order.index("b1"), executor.order.index("b2")), "the second build waited for the first"
    assert [f"result of {one}" for one in ("a1", "a2", "a3", "a4", "a5", "b1", "b2")] == results


def test_short_recordings_are_first_when_asked():
    executor = GatedExecutor()
    scheduler = BatchScheduler(executor, short_first=True)
    with scheduler.open_queue({"lang": 5400.0, "kort": 60.0}) as first, scheduler.open_queue({"mid": 600.0}) as second:
        held = submit(first, "lang.1", "lang.2")  # as many as the executor takes at a time
        while len(executor.order) < 2:
            threading.Event().wait(0.01)
        futures = [*submit(first, "lang.mp3", "kort.mp3"), *submit(second, "mid.mp3", "cover")]
        executor.gate.set()
        for future in held + futures:
            future.result(20)
    scheduler.cancel()

    assert ["cover", "kort.mp3", "mid.mp3", "lang.mp3"] == executor.order[2:]


def test_a_build_sees_its_own_tasks_and_the_workers_of_all():
    executor = GatedExecutor()
    scheduler = BatchScheduler(executor)
    with scheduler.open_queue() as queue, scheduler.open_queue() as other:
        futures = submit(queue, "a1", "a2", "a3")
        submit(other, "b1")
        while len(executor.order) < 2:
            threading.Event().wait(0.01)
        state = queue.describe()
        assert (1, 3) == (count_workers(queue), len(state.running) + state.waiting)
        assert set(state.running) <= {"a1", "a2"}
        executor.gate.set()
        for future in futures:
            future.result(20)
        assert (3, (), 0) == (queue.describe().done, queue.describe().running, queue.describe().waiting)
    scheduler.cancel()


def test_an_error_of_a_task_reaches_its_build():
    executor = GatedExecutor()
    executor.gate.set()
    scheduler = BatchScheduler(executor)
    with scheduler.open_queue() as queue:
        bad, good = submit(queue, "bad", "good")
        with pytest.raises(TaskError, match="a bad task"):
            bad.result(20)
        assert "result of good" == good.result(20)
    scheduler.cancel()


def test_cancelled_tasks_never_start():
    executor = GatedExecutor()
    scheduler = BatchScheduler(executor)
    with scheduler.open_queue() as queue:
        futures = submit(queue, "a1", "a2", "a3", "a4")
        while len(executor.order) < 2:
            threading.Event().wait(0.01)
        scheduler.cancel()
        late = submit(queue, "late")
        for future in [*futures[2:], *late]:
            with pytest.raises(CancelledError):
                future.result(20)

    assert ["a1", "a2"] == executor.order


def test_lengths_come_from_the_headers_of_all_parts(tmp_path):
    for slug, seconds in (("01-kort", (2,)), ("02-delen", (3, 4))):
        folder = tmp_path / f"episodes/{slug}/recording"
        folder.mkdir(parents=True)
        for number, length in enumerate(seconds):
            cut = ["-t", str(length), "-i", str(RECORDING), str(folder / f"deel-{number + 1}.flac")]
            subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *cut], check=True)
    (tmp_path / "episodes/03-leeg").mkdir()
    broken = tmp_path / "episodes/04-stuk/recording"
    broken.mkdir(parents=True)
    shutil.copy(SAMPLE / "episodes/01-burger-centraal/episode.md", broken / "stuk.mp3")

    assert {"01-kort": 2.0, "02-delen": 7.0, "04-stuk": float("inf")} == pytest.approx(read_recording_lengths(tmp_path))
