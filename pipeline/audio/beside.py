"""Lets several work on one sound at once: each in a thread of its own and in order, or one stretch a thread.

numpy lets go of the interpreter while it works, so that this spares time; nothing that is made depends on how many there are.
"""

import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

_KEPT = 2**24
_AHEAD = 4  # calls that may wait: memory stays flat

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """How many processors this process may use. Nothing that is written may depend on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_what_is_freed() -> None:
    """Let this process hold on to some MB that it has freed, where the C library learns from what it sees, as glibc does.

    What is asked for again each second would else be given back to the system each second, and cost as much as hearing it.
    Source: mallopt(3), M_MMAP_THRESHOLD: the first large block that is freed sets both thresholds.
    """
    bytearray(_KEPT)


def side_by_side(function: Callable[[T], R], items: Sequence[T], *, workers: int | None = None) -> list[R]:
    """``function`` of each item, in order, on all cores: what it does must be done by children or by numpy."""
    with ThreadPoolExecutor(workers or cores()) as pool:
        return list(pool.map(function, items))


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
