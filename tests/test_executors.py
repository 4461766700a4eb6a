"""Workers: the same answer wherever a job runs, and a job that fails, fails alone."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from pipeline.errors import AudioError, JobError, MachineError, WeerslagError
from pipeline.executors import Limits, open_workers, perform, task_of

HERE = Path(__file__).parent
PATIENCE_S = 60  # for what comes at once, unless it never comes; half as long as a job hangs

JOBS = """
import ctypes, os, time
from dataclasses import dataclass
from pipeline.errors import AudioError

@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    how: str
    number: int = 0

@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    number: int
    pid: int = 0

def work(job: Job) -> Answer:
    print("about to", job.how, flush=True)
    match job.how:
        case "square":
            return Answer(number=job.number**2)
        case "who":
            return Answer(number=0, pid=os.getpid())
        case "die":
            os.kill(os.getpid(), 9)
        case "crash":
            ctypes.string_at(0)
        case "hang":
            time.sleep(120)
        case "eat":
            bytearray(3 << 30)
        case "bug":
            return Answer(number=1 // 0)
        case "refuse":
            raise AudioError("there is no sound in it", where="a.wav", hint="Record again.")
"""


@pytest.fixture(autouse=True)
def jobs(tmp_path, monkeypatch):
    """A module of jobs that worker processes can import too."""
    (tmp_path / "jobs_for_test.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("jobs_for_test", None)
    import jobs_for_test

    return jobs_for_test


def task(jobs, how, number=0, **limits):
    return task_of("jobs_for_test:work", jobs.Job(how=how, number=number), Limits(**limits))


@pytest.mark.parametrize("words", ["here", "processes:1", "processes:3"])
def test_the_answer_is_the_same_wherever_a_job_runs(jobs, words):
    with open_workers(words) as pool:
        futures = [pool.submit(perform, task(jobs, "square", number)) for number in range(8)]

        answers = [future.result() for future in futures]

    assert [f'{{"number": {number**2}, "pid": 0}}' for number in range(8)] == answers


@pytest.mark.parametrize("words", ["here", "processes:2"])
@pytest.mark.parametrize(
    ("how", "limits", "told"),
    [
        ("die", {}, "died of SIGKILL"),
        ("crash", {}, "died of SIGSEGV"),
        ("hang", {"deadline_s": 0.5}, "no answer within"),
        ("eat", {"memory_bytes": 1 << 30}, r"more memory than it may use \(1024 MiB\)"),
        ("bug", {}, "ZeroDivisionError"),
    ],
)
def test_a_job_that_dies_hangs_or_eats_its_memory_fails_alone(jobs, words, how, limits, told):
    with open_workers(words) as pool:
        before = pool.submit(perform, task(jobs, "square", 2))
        bad = pool.submit(perform, task(jobs, how, isolated=True, **limits))
        after = pool.submit(perform, task(jobs, "square", 3))

        with pytest.raises(JobError, match=told):
            bad.result()
        numbers = [before.result(), after.result()]

    assert ['{"number": 4, "pid": 0}', '{"number": 9, "pid": 0}'] == numbers


@pytest.mark.parametrize("words", ["here", "processes:1"])
def test_the_last_lines_that_a_dead_job_said_come_home(jobs, words):
    with open_workers(words) as pool, pytest.raises(JobError) as caught:
        pool.submit(perform, task(jobs, "die", isolated=True)).result()

    assert "about to die" in caught.value.hint


@pytest.mark.parametrize("words", ["here", "processes:1"])
def test_an_error_for_people_comes_home_whole(jobs, words):
    with open_workers(words) as pool, pytest.raises(AudioError) as caught:
        pool.submit(perform, task(jobs, "refuse")).result()

    error = caught.value
    assert ("there is no sound in it", "a.wav", "Record again.") == (error.message, str(error.where), error.hint)


def test_ending_the_build_ends_what_runs_at_once(jobs):
    futures = []
    with contextlib.suppress(KeyboardInterrupt), open_workers("processes:2") as pool:
        futures += [pool.submit(perform, task(jobs, "hang")) for _ in range(4)]
        time.sleep(0.5)
        raise KeyboardInterrupt

    for (
        future
    ) in futures:  # none says of a job that it died, or of one that was waited for what it answered: it was ended
        with pytest.raises(CancelledError):
            future.result(timeout=PATIENCE_S)


@pytest.mark.parametrize("after_s", [0, 0.05, 0.2, 0.4])
def test_what_is_asked_of_workers_that_were_ended_waits_for_nobody(jobs, after_s):
    with open_workers("processes:2") as pool:
        first = [pool.submit(perform, task(jobs, "hang")) for _ in range(3)]
        time.sleep(after_s)
        pool.shutdown(wait=False, cancel_futures=True)
        late = pool.submit(perform, task(jobs, "hang"))

        for future in (*first, late):
            with pytest.raises(CancelledError):
                future.result(timeout=PATIENCE_S)


def test_workers_die_with_a_killed_parent(jobs, tmp_path):
    script = """
        import sys
        from pipeline.workers import *
        import jobs_for_test as jobs
        with open_workers("processes:2") as pool:
            def ask(how): return pool.submit(perform, task_of("jobs_for_test:work", jobs.Job(how=how), Limits()))
            print(ask("who").result(), flush=True)
            ask("hang"), ask("hang")
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
    """Whether a process runs; a zombie that nobody reaps does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("words", ["", "elsewhere", "processes:0", "processes:x", "here:2", "dask:"])
def test_workers_that_do_not_exist_are_named(words):
    with pytest.raises(WeerslagError, match="no workers called"), open_workers(words):
        pass


def test_a_scheduler_open_to_the_network_is_refused():
    with pytest.raises(WeerslagError, match="open to anyone"), open_workers("dask:192.0.2.1:8786"):
        pass


def test_a_dask_cluster_gives_the_same_answers(jobs):
    from distributed import LocalCluster  # 1.3 s

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        open_workers(f"dask:{cluster.scheduler_address.removeprefix('tcp://')}") as pool,
    ):
        good = [pool.submit(perform, task(jobs, "square", number)) for number in range(3)]
        bad = pool.submit(perform, task(jobs, "refuse"))

        answers = [future.result() for future in good]
        error = bad.exception()

    assert [f'{{"number": {number**2}, "pid": 0}}' for number in range(3)] == answers
    assert isinstance(error, AudioError)
    assert "there is no sound in it" == error.message


def test_every_error_survives_the_way_home_from_a_worker():
    import pickle

    from pipeline import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WeerslagError)]
    for kind in kinds:
        error = pickle.loads(pickle.dumps(kind("what", where="a:1:2", hint="do")))

        assert (kind, "what", "a:1:2", "do") == (type(error), error.message, str(error.where), error.hint)
    assert MachineError in kinds
