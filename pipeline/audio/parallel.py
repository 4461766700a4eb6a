"""Lets several work on one sound at once: each in a thread of its own and in order, or one stretch a thread or a process.

Threads share an interpreter, and wait for each other at every step of numpy; processes do not, but can only be made where no
thread holds a lock at that moment. Nothing that is made depends on how many there are, or of which kind.
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

from pipeline.errors import JobError

_AHEAD = 4  # calls that may wait: memory stays flat
_WAITING = 8  # and answers a worker, whether they are there already or not

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """How many processors this process may use. Nothing that is written may depend on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(function: Callable[[T], R], items: Sequence[T], *, workers: int | None = None) -> "Answers[R]":
    """``function`` of each item, in order, on all cores, from the moment of the call; items and answers may have to travel.

    In processes that are copies of this one where it has a single thread, else in threads.

    Raises:
        JobError: one of them died.
    """
    count = min(workers or cores(), len(items))
    if count < 2:
        return Answers((function(item) for item in items), deque())
    pool = _copies(count, function) if _can_be_copied() else ThreadPoolExecutor(count)
    call = _call if isinstance(pool, ProcessPoolExecutor) else function
    coming = (pool.submit(call, item) for item in items)
    waiting = deque(itertools.islice(coming, _WAITING * count))
    return Answers(_answers(pool, waiting, coming), waiting)


class Answers(Iterator[R]):
    """Answers in order; each is let go of as it is taken, since those to hours of sound would fill the memory together."""

    def __init__(self, answers: Generator[R, None, None], waiting: deque[Future[R]]) -> None:
        """``waiting``: those that come next, as far as somebody works on them already."""
        self._answers, self._waiting = answers, waiting

    def __next__(self) -> R:
        """Wait for the next one."""
        return next(self._answers)

    def close(self) -> None:
        """Want no more of them; what somebody is at already is ended first, so that nobody writes after this."""
        self._answers.close()

    def ready(self) -> Iterator[R]:
        """Those for which nobody has to wait."""
        while self._waiting and self._waiting[0].done():
            yield next(self._answers)


def _answers(
    pool: Executor, waiting: deque[Future[R]], coming: Generator[Future[R], None, None]
) -> Generator[R, None, None]:
    try:
        while waiting:
            first = waiting.popleft()
            waiting.extend(itertools.islice(coming, 1))
            yield first.result()
    except BrokenProcessPool as error:
        raise JobError("a process died that worked on the sound", hint="Was there memory enough?") from error
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


# ------------------------------------------------------------------------------------------------------------- processes

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h
_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, malloc.h
_KEPT = 2**22  # bytes: larger than any piece of sound in two channels, and smaller than what is kept of hours of it

_function: Callable[[Any], Any] | None = None  # of a copy: what it was made for


def _can_be_copied() -> bool:
    """Whether nobody else is at work in this process: a lock that another thread holds would stay locked in the copy."""
    return sys.platform == "linux" and threading.active_count() == 1


def _copies(count: int, function: Callable[[Any], Any]) -> ProcessPoolExecutor:
    """So many copies of this process: they know ``function`` by inheritance, so that it may hold whatever it likes."""
    give_back()  # or each would inherit room that nobody needs, and use another part of it
    gc.freeze()  # looking for what may go writes to every page that holds an object, and then nobody shares it any more
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("fork"), initializer=_begin, initargs=(function,)
    )


def _begin(function: Callable[[Any], Any]) -> None:
    global _function  # noqa: PLW0603  # a copy serves one function, and is gone after it
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it, and whoever made it tells of it
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)  # it would wait for ever for a parent that was killed
    keep_what_is_freed()


def give_back() -> None:
    """Give back to the system what is held on to, before a stage that needs it no more."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_what_is_freed() -> None:
    """Let this process hold on to memory that it has freed: given back to the system, it comes again page by page, each second.

    That took a fifth to a third of the time. Source: mallopt(3); other C libraries than glibc have none of it.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM, 32 * _KEPT)
        libc.mallopt(_MMAP, _KEPT)


def _call(item: Any) -> Any:
    if _function is None:
        raise RuntimeError("called outside a copy")
    return _function(item)


# --------------------------------------------------------------------------------------------------------------- threads


def in_turn(function: Callable[[T], R], items: Iterable[T], *, workers: int | None = None) -> Iterator[R]:
    """The same for items that come one after the other: only as many are taken as can be worked on, and one."""
    count = workers or cores()
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(count) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def beside(hear: Callable[P, None]) -> Iterator[Callable[P, None]]:
    """What the yielded function is called with, ``hear`` is called with in a thread, in order; at the block's end, all of it.

    Raises:
        BaseException: what ``hear`` raised; it is not called again after that.
    """
    waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(_AHEAD)
    errors: list[BaseException] = []

    def listen() -> None:
        while (call := waiting.get()) is not None:
            if not errors:
                try:
                    call()
                except BaseException as error:  # noqa: BLE001  # raised again in the thread that can be stopped by it
                    errors.append(error)

    def give(*args: P.args, **kwargs: P.kwargs) -> None:
        waiting.put(lambda: hear(*args, **kwargs))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield give
    finally:
        waiting.put(None)
        thread.join()
    if errors:
        raise errors[0]
