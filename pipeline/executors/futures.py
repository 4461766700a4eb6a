"""Futures that wait for other futures."""

from concurrent.futures import CancelledError, Future
from typing import Any


def copy_outcome(done: Future[Any], future: Future[Any]) -> None:
    """Give a running future the result or the error of a finished one."""
    error = CancelledError() if done.cancelled() else done.exception()
    if error is None:
        future.set_result(done.result())
    else:
        future.set_exception(error)
