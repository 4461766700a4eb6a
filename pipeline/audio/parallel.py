"""Runs a function in parallel on parts of one recording, in threads or in forked processes.

Threads share an interpreter, and wait for each other at each call of numpy. Processes do not, but
can be forked only while no other thread holds a lock. No result depends on the number of workers,
or on their kind.
"""

import ctypes
import gc
import itertools
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

from pipeline.errors import TaskError

_QUEUED_CALLS = 4  # that may wait for a thread: memory stays flat
_QUEUED_PER_WORKER = 8  # results, finished or not

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def count_cores() -> int:
    """Count the processors that this process may use. No output may depend on it.

    ``WEERSLAG_THREADS`` sets it in a worker of a cluster, which shares its machine with others.
    """
    if given := os.environ.get("WEERSLAG_THREADS", ""):
        return max(1, int(given))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_parallel(
    function: Callable[[T], R], items: Sequence[T], *, workers: int | None = None
) -> Generator[R, None, None]:
    """Apply a function to each item on all cores, from the moment of the call.

    Workers are forked processes where this process has a single thread, else threads.

    Args:
        function: May hold anything; a forked process inherits it.
        items: Their pickled form travels to a process.
        workers: Number of workers; the number of cores by default.

    Returns:
        The results in the order of the items; each is released when taken, or those of hours would
        fill the memory.

    Raises:
        TaskError: A worker process died.
    """
    count = min(workers or count_cores(), len(items))
    if count < 2:
        return (function(item) for item in items)
    pool = _create_fork_pool(count, function) if _can_fork() else ThreadPoolExecutor(count)
    call = _call_inherited if isinstance(pool, ProcessPoolExecutor) else function
    futures = (pool.submit(call, item) for item in items)
    waiting = deque(itertools.islice(futures, _QUEUED_PER_WORKER * count))
    return _iter_results(pool, waiting, futures)


def _iter_results(
    pool: Executor, waiting: deque[Future[R]], futures: Generator[Future[R], None, None]
) -> Generator[R, None, None]:
    try:
        while waiting:
            first = waiting.popleft()
            waiting.extend(itertools.islice(futures, 1))
            yield first.result()
    except BrokenProcessPool as error:
        raise TaskError("a worker process for audio died", hint="Is there enough memory?") from error
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


# Processes

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_RETAINED_BYTES = 2**23  # more than any piece of audio in two channels, less than the stored data of hours of it

_inherited: Callable[[Any], Any] | None = None  # of a forked process: the function it was created for


def _can_fork() -> bool:
    """Whether no other thread runs in this process.

    A lock that it holds would stay locked in the fork.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def _create_fork_pool(count: int, function: Callable[[Any], Any]) -> ProcessPoolExecutor:
    release_memory()  # or each process would inherit free memory, and use another part of it
    gc.freeze()  # garbage collection writes to every page with an object, and then it is shared no more
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker, initargs=(function,))


def _start_worker(function: Callable[[Any], Any]) -> None:
    global _inherited  # noqa: PLW0603  # a forked process serves one function, and ends after it
    _inherited = function
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it; the parent reports that
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)  # otherwise it would wait forever for a killed parent
    retain_freed_memory()


def release_memory() -> None:
    """Return free memory to the system, before a stage that does not need it."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def retain_freed_memory() -> None:
    """Make this process retain freed memory.

    Returned to the system, it would come back page by page, each second.

    That took a fifth to a third of the time. Source: mallopt(3); C libraries other than glibc lack
    it.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, 32 * _RETAINED_BYTES)
        libc.mallopt(_MMAP_THRESHOLD, _RETAINED_BYTES)


def _call_inherited(item: Any) -> Any:
    if _inherited is None:
        raise RuntimeError("called outside a forked process")
    return _inherited(item)


# Threads


def map_in_threads(function: Callable[[T], R], items: Iterable[T], *, workers: int | None = None) -> Iterator[R]:
    """Apply a function to items that arrive one by one, in threads.

    Only one item more than there are workers is taken ahead.

    Args:
        function: Called in a thread.
        items: Taken in this thread.
        workers: Number of threads; the number of cores by default.

    Returns:
        The results in the order of the items.
    """
    count = workers or count_cores()
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(count) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def call_in_thread(function: Callable[P, None]) -> Iterator[Callable[P, None]]:
    """Yield a function that queues calls of ``function`` for one thread.

    All are finished at the end of the block.

    Raises:
        BaseException: What ``function`` raised; it is not called again after that.
    """
    calls: queue.Queue[Callable[[], None] | None] = queue.Queue(_QUEUED_CALLS)
    errors: list[BaseException] = []

    def run_calls() -> None:
        while (call := calls.get()) is not None:
            if not errors:
                try:
                    call()
                except BaseException as error:  # noqa: BLE001  # raised again in the calling thread
                    errors.append(error)

    def enqueue(*args: P.args, **kwargs: P.kwargs) -> None:
        calls.put(lambda: function(*args, **kwargs))

    thread = threading.Thread(target=run_calls, daemon=True)
    thread.start()
    try:
        yield enqueue
    finally:
        calls.put(None)
        thread.join()
    if errors:
        raise errors[0]
