"""Parallel work in forked processes and threads.

Results in order, errors passed on, no process left behind.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.audio import parallel
from pipeline.audio.parallel import call_in_thread, map_in_threads, map_parallel
from pipeline.errors import AudioError, TaskError

TIMEOUT_S = 60


def list_files(folder):
    return sorted(file.name for file in folder.iterdir())


def wait_until(condition):
    """Wait until ``condition`` holds, at most a minute; return whether it does."""
    deadline = time.monotonic() + TIMEOUT_S
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds


@pytest.fixture(params=[True, False], ids=["processes", "threads"])
def forked(request, monkeypatch):
    monkeypatch.setattr(parallel, "_can_fork", lambda: request.param)
    return request.param


def test_results_are_in_order_and_from_as_many_workers_as_requested(forked, tmp_path):
    def identify(number):
        (tmp_path / str(number)).touch()
        in_time = number > 2 or wait_until(
            lambda: {"0", "1", "2"} <= {*list_files(tmp_path)}
        )  # the first three, all at once
        return number, in_time, os.getpid(), threading.get_ident()

    results = list(map_parallel(identify, range(7), workers=3))

    assert [(number, True) for number in range(7)] == [result[:2] for result in results]
    assert 3 == len({result[2:] for result in results})
    assert (3 if forked else 1) == len({pid for _, _, pid, _ in results})
    assert forked == (os.getpid() not in {pid for _, _, pid, _ in results})


def test_work_starts_with_the_call_and_not_with_the_first_result(forked, tmp_path):
    waiting = map_parallel(lambda number: (tmp_path / str(number)).touch(), range(2), workers=2)

    assert wait_until(lambda: ["0", "1"] == list_files(tmp_path))
    assert [None, None] == list(waiting)


def test_number_of_results_that_wait_is_limited(forked, tmp_path):
    """The results of hours of audio would fill the memory, and so would a future for each."""
    limit = 2 * parallel._QUEUED_PER_WORKER

    results = map_parallel(lambda number: (tmp_path / str(number)).touch(), range(3 * limit), workers=2)

    deadline = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < limit and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert limit == len(list(tmp_path.iterdir()))
    assert 3 * limit == len(list(results)) == len(list(tmp_path.iterdir()))


def test_nothing_is_written_after_close(forked, tmp_path):
    def write(number):
        time.sleep(0.1)
        (tmp_path / str(number)).touch()

    results = map_parallel(write, range(1200), workers=2)  # a minute's work
    next(results)
    results.close()

    written = list_files(tmp_path)
    time.sleep(0.3)
    assert (written, True) == (list_files(tmp_path), len(written) < 1200)


def test_error_of_a_worker_keeps_its_place_and_hint(forked):
    def fail(number):
        raise AudioError("cannot be read", where=f"{number}.wav", hint="Look at it.")

    with pytest.raises(AudioError, match="cannot be read") as error:
        list(map_parallel(fail, range(2), workers=2))

    assert ("0.wav", "Look at it.") == (error.value.where, error.value.hint)


def test_worker_process_that_dies_is_a_task_error(monkeypatch):
    monkeypatch.setattr(parallel, "_can_fork", lambda: True)

    with pytest.raises(TaskError, match="a worker process for audio died"):
        list(map_parallel(lambda number: os.kill(os.getpid(), signal.SIGKILL), range(2), workers=2))


def test_worker_processes_do_not_outlive_their_parent(tmp_path):
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from pipeline.audio.parallel import map_parallel\n"
        "def stay(number):\n"
        "    Path(sys.argv[1], str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
        "list(map_parallel(stay, range(2), workers=2))\n"
    )
    checkout = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=checkout) as parent:
        wait_until(lambda: len(list_files(tmp_path)) == 2)
        workers = [int(name) for name in list_files(tmp_path)]
        parent.kill()

    assert 2 == len(workers)
    assert wait_until(lambda: not any(map(is_alive, workers)))


def is_alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


# Threads


def test_map_in_threads_keeps_the_order_and_takes_few_items_ahead():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    for number, result in enumerate(map_in_threads(lambda one: one * one, items(), workers=2)):
        assert (result, len(taken) <= number + 4) == (number * number, True)


def test_map_in_threads_raises_the_error_of_a_thread():
    with pytest.raises(ZeroDivisionError):
        list(map_in_threads(lambda one: 1 // one, [2, 1, 0, 1], workers=2))


def test_call_in_thread_makes_all_calls_in_order():
    numbers = []

    with call_in_thread(numbers.append) as enqueue:
        for number in range(1000):
            enqueue(number)

    assert list(range(1000)) == numbers


def test_call_in_thread_raises_the_error_of_the_thread():
    def divide():
        with call_in_thread(lambda number: 1 // number) as enqueue:
            for number in (1, 0, 1, 2, 3, 4, 5, 6, 7, 8):
                enqueue(number)

    with pytest.raises(ZeroDivisionError):
        divide()
