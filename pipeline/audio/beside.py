"""Lets several listen to one sound at once, each in a thread of its own and in order: while one counts, another reads."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

_AHEAD = 4  # calls that may wait: memory stays flat

P = ParamSpec("P")


@contextmanager
def beside(hear: Callable[P, None]) -> Iterator[Callable[P, None]]:
    """What the yielded function is called with, ``hear`` is called with in a thread, in order; at the block's end, all of it.

    numpy lets go of the interpreter while it works, so that this spares time.

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
