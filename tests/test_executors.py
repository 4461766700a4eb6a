"""Executors: each returns the same result, and a failing task does not affect others."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import AudioError, DependencyError, TaskError, WeerslagError
from pipeline.executors import open_executor, run_task, serialise_task, start_worker
from pipeline.executors.worker_facts import WorkerFacts, describe_worker, find_mismatches
from pipeline.executors.worker_pool import WorkerPool
from pipeline.model.task import Limits

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
PATIENCE_S = 60  # half as long as a task hangs

TASKS = """
import ctypes, os, time
from dataclasses import dataclass
from pipeline.audio.parallel import count_cores
from pipeline.errors import AudioError
from pipeline.model.task import Limits, Task

@dataclass(frozen=True, slots=True, kw_only=True)
class WorkResult:
    number: int
    pid: int = 0

@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTask(Task[WorkResult]):
    how: str
    number: int = 0
    given_limits: Limits = Limits()

    @property
    def limits(self):
        return self.given_limits

def work(task: WorkTask) -> WorkResult:
    print("about to", task.how, flush=True)
    match task.how:
        case "square":
            return WorkResult(number=task.number**2)
        case "who":
            return WorkResult(number=0, pid=os.getpid())
        case "cores":
            return WorkResult(number=count_cores())
        case "die":
            os.kill(os.getpid(), 9)
        case "crash":
            ctypes.string_at(0)
        case "hang":
            time.sleep(120)
        case "sleep":
            time.sleep(task.number / 10)
        case "eat":
            bytearray(3 << 30)
        case "bug":
            return WorkResult(number=1 // 0)
        case "refuse":
            raise AudioError("there is no sound in it", where="a.wav", hint="Record again.")
"""


@pytest.fixture(autouse=True)
def tasks(tmp_path, monkeypatch):
    """A module of tasks that worker processes can import too."""
    (tmp_path / "tasks_for_test.py").write_text(TASKS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("tasks_for_test", None)
    import tasks_for_test

    return tasks_for_test


def task(tasks, how, number=0, **limits):
    return serialise_task(tasks.work, tasks.WorkTask(how=how, number=number, given_limits=Limits(**limits)))


@pytest.mark.parametrize("words", ["local", "processes:1", "processes:3"])
def test_every_executor_returns_the_same_result(tasks, words):
    with open_executor(words) as pool:
        futures = [pool.submit(run_task, task(tasks, "square", number)) for number in range(8)]

        answers = [future.result() for future in futures]

    assert [f'{{"number": {number**2}, "pid": 0}}' for number in range(8)] == answers


@pytest.mark.parametrize("words", ["local", "processes:2"])
@pytest.mark.parametrize(
    ("how", "limits", "message"),
    [
        ("die", {}, "was killed by SIGKILL"),
        ("crash", {}, "was killed by SIGSEGV"),
        ("hang", {"timeout_s": 0.5}, "timed out after"),
        ("eat", {"memory_bytes": 1 << 30}, "exceeded its memory limit of 1024 MiB"),
        ("bug", {}, "internal error: ZeroDivisionError"),
    ],
)
def test_a_task_that_crashes_hangs_or_exceeds_its_memory_fails_alone(tasks, words, how, limits, message):
    with open_executor(words) as pool:
        before = pool.submit(run_task, task(tasks, "square", 2))
        bad = pool.submit(run_task, task(tasks, how, isolated=True, **limits))
        after = pool.submit(run_task, task(tasks, "square", 3))

        with pytest.raises(TaskError, match=message):
            bad.result()
        numbers = [before.result(), after.result()]

    assert ['{"number": 4, "pid": 0}', '{"number": 9, "pid": 0}'] == numbers


@pytest.mark.parametrize("words", ["local", "processes:1"])
def test_the_error_of_a_crashed_task_contains_its_last_output(tasks, words):
    with open_executor(words) as pool, pytest.raises(TaskError) as caught:
        pool.submit(run_task, task(tasks, "die", isolated=True)).result()

    assert "about to die" in caught.value.hint


@pytest.mark.parametrize("words", ["local", "processes:1"])
def test_an_error_keeps_its_location_and_hint(tasks, words):
    with open_executor(words) as pool, pytest.raises(AudioError) as caught:
        pool.submit(run_task, task(tasks, "refuse")).result()

    error = caught.value
    assert ("there is no sound in it", "a.wav", "Record again.") == (error.message, str(error.where), error.hint)


def test_a_task_goes_to_the_worker_that_was_busy_before(tasks):
    with open_executor("processes:3") as pool:
        pids = {pool.submit(run_task, task(tasks, "who")).result() for _ in range(6)}

    assert len(pids) == 1


def test_a_worker_started_in_advance_takes_the_first_task(tasks, tmp_path):
    (tmp_path / "imported_early.py").write_text("import os, tasks_for_test\ntasks_for_test.os.getpid = lambda: -1\n")

    with open_executor("processes:2") as pool:
        start_worker(pool, "imported_early")
        answer = pool.submit(run_task, task(tasks, "who")).result()

    assert '"pid": -1' in answer


def test_a_task_that_runs_while_the_executor_closes_is_finished_whichever_thread_started_its_worker(tasks):
    with open_executor("processes:2") as pool:
        for one in [pool.submit(run_task, task(tasks, "sleep", tenths)) for tenths in (2, 4)]:
            one.result()
        last = [pool.submit(run_task, task(tasks, "sleep", tenths)) for tenths in (8, 0)]

    assert [None, None] == [one.exception() for one in last]


def test_an_interrupt_kills_running_tasks_at_once(tasks):
    futures = []
    with contextlib.suppress(KeyboardInterrupt), open_executor("processes:2") as pool:
        futures += [pool.submit(run_task, task(tasks, "hang")) for _ in range(4)]
        time.sleep(0.5)
        raise KeyboardInterrupt

    for future in futures:  # cancelled, not failed
        with pytest.raises(CancelledError):
            future.result(timeout=PATIENCE_S)


@pytest.mark.parametrize("after_s", [0, 0.05, 0.2, 0.4])
def test_tasks_submitted_after_a_shutdown_are_cancelled(tasks, after_s):
    with open_executor("processes:2") as pool:
        first = [pool.submit(run_task, task(tasks, "hang")) for _ in range(3)]
        time.sleep(after_s)
        pool.shutdown(wait=False, cancel_futures=True)
        late = pool.submit(run_task, task(tasks, "hang"))

        for future in (*first, late):
            with pytest.raises(CancelledError):
                future.result(timeout=PATIENCE_S)


def test_workers_end_when_their_parent_is_killed(tasks, tmp_path):
    script = """
        import sys
        from pipeline.executors import *
        import tasks_for_test as tasks
        with open_executor("processes:2") as pool:
            def submit(how): return pool.submit(run_task, serialise_task(tasks.work, tasks.WorkTask(how=how)))
            print(submit("who").result(), flush=True)
            submit("hang"), submit("hang")
            import time; time.sleep(120)
    """
    env = {**os.environ, "PYTHONPATH": f"{HERE.parent}:{tmp_path}"}
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, env=env) as parent:
        pid = int(parent.stdout.readline().split(b'"pid": ')[1].split(b"}")[0])
        time.sleep(0.5)
        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + PATIENCE_S
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not alive(pid)


def alive(pid):
    """Whether a process runs; an unreaped zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("words", ["", "elsewhere", "processes:0", "processes:x", "local:2", "dask:"])
def test_unknown_executor_is_rejected(words):
    with pytest.raises(WeerslagError, match="unknown executor"), open_executor(words):
        pass


def test_a_scheduler_without_tls_is_rejected():
    with pytest.raises(WeerslagError, match="not protected by TLS"), open_executor("dask:192.0.2.1:8786"):
        pass


def test_a_dask_cluster_returns_the_same_results(tasks):
    from distributed import LocalCluster  # 1.3 s

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=True, dashboard_address=":0", host="127.0.0.1"
        ) as cluster,
        open_executor(f"dask:{cluster.scheduler_address.removeprefix('tcp://')}") as pool,
    ):
        good = [pool.submit(run_task, task(tasks, "square", number)) for number in range(3)]
        bad = pool.submit(run_task, task(tasks, "refuse"))

        answers = [future.result() for future in good]
        error = bad.exception()

    assert [f'{{"number": {number**2}, "pid": 0}}' for number in range(3)] == answers
    assert isinstance(error, AudioError)
    assert "there is no sound in it" == error.message


@pytest.mark.parametrize(
    ("address", "is_required", "message"),
    [
        ("127.0.0.1:1", True, "the settings of Dask require encryption, and `127.0.0.1:1` has none"),
        ("tls://127.0.0.1:1", True, "the settings of Dask have no certificate for `tls://127.0.0.1:1`"),
        ("tls://127.0.0.1:1", False, "the settings of Dask have no certificate for `tls://127.0.0.1:1`"),
    ],
)
def test_settings_of_dask_that_do_not_fit_are_named(address, is_required, message):
    import dask

    from pipeline.executors.dask_cluster import (
        connect_to_dask,
    )  # before the settings change: reads those of distributed

    with (
        dask.config.set({"distributed.comm.require-encryption": is_required}),
        pytest.raises(WeerslagError) as error,
    ):
        connect_to_dask(address)
    assert message == str(error.value.message)


def test_a_busy_scheduler_fails_no_task_and_a_closed_client_leaves_no_future_open(tasks):
    from distributed import LocalCluster

    from pipeline.executors import dask_cluster

    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as cluster:
        pool = dask_cluster.connect_to_dask(cluster.scheduler_address)
        for number in range(20):  # its event loop is blocked most of the time
            cluster.loop.call_later(0.2 * number, time.sleep, 0.18)
        answers = [pool.submit(run_task, task(tasks, "square", number)) for number in range(6)]
        assert [f'{{"number": {number**2}, "pid": 0}}' for number in range(6)] == [one.result() for one in answers]

        hanging = pool.submit(run_task, task(tasks, "hang"))
        pool.shutdown(wait=False)
        assert isinstance(hanging.exception(timeout=PATIENCE_S), CancelledError | TaskError)


FACTS = WorkerFacts(version="1.0", source_sha256="ab", python="3.11.2", ffmpeg="5.1.9 1f9e0c2a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, ""),
        ({"python": "3.12.1", "threads": 8}, ""),  # makes no other files
        ({"version": "1.1"}, "worker w has Weerslag 1.1, this machine has 1.0"),
        (
            {"source_sha256": "cd"},
            "worker w has another copy of Weerslag 1.0: its files differ from those on this machine",
        ),
        ({"ffmpeg": "6.0 00000000"}, "worker w has ffmpeg 6.0 00000000, this machine has 5.1.9 1f9e0c2a"),
        ({"ffmpeg": ""}, "worker w has no ffmpeg"),
    ],
)
def test_a_worker_that_would_make_other_files_is_found(changes, message):
    assert list(filter(None, [message])) == find_mismatches(FACTS, {"w": replace(FACTS, **changes)})


def test_this_process_fits_to_itself():
    facts = describe_worker(threads=2)

    assert [] == find_mismatches(facts, {"w": describe_worker(threads=4, memory_bytes=1 << 30)})
    assert (2, True) == (facts.threads, facts.memory_bytes > 1 << 28)


@pytest.fixture
def pool():
    one = WorkerPool()
    yield one
    one.close()


def test_tasks_of_a_stopped_build_are_killed_and_refused_and_others_go_on(tasks, pool):
    with ThreadPoolExecutor(1) as thread:
        hanging = thread.submit(pool.run, task(tasks, "hang"), build="stopped")
        while not pool._running.get("stopped"):
            time.sleep(0.01)
        pool.stop_build("stopped")
        error = hanging.exception(PATIENCE_S)

    assert isinstance(error, CancelledError)
    assert '"number": 9' in pool.run(task(tasks, "square", 3), build="other")
    with pytest.raises(CancelledError):
        pool.run(task(tasks, "square", 3), build="stopped")


def test_a_task_on_a_cluster_uses_one_processor_and_its_process_stays_for_the_next(tasks, pool):
    assert '"number": 1' in pool.run(task(tasks, "cores"), build="one")

    assert pool.run(task(tasks, "who"), build="one") == pool.run(task(tasks, "who"), build="other")


def test_every_error_can_be_pickled():
    import pickle

    from pipeline import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WeerslagError)]
    for kind in kinds:
        error = pickle.loads(pickle.dumps(kind("what", where="a:1:2", hint="do")))

        assert (kind, "what", "a:1:2", "do") == (type(error), error.message, str(error.where), error.hint)
    assert DependencyError in kinds
