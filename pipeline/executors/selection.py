"""Choose an executor by its name on the command line."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor

from pipeline.errors import UsageError
from pipeline.executors.dask_cluster import connect_to_dask
from pipeline.executors.local import LocalExecutor
from pipeline.executors.processes import ProcessExecutor


@contextlib.contextmanager
def open_executor(name: str, *, preload: str = "") -> Iterator[Executor]:
    """Open an executor; at the end, wait for its tasks, or kill them after an exception.

    Args:
        name: ``local``, ``processes``, ``processes:N`` or ``dask:ADDRESS``.
        preload: A module that worker processes import at once.

    Raises:
        UsageError: The name is none of these.
        DependencyError: Dask is not installed.
    """
    executor = _create_executor(name, preload)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


def count_workers(executor: Executor) -> int:
    """Return how many tasks run at a time."""
    return int(getattr(executor, "workers", 1))


def start_worker(executor: Executor, preload: str) -> None:
    """Let a worker process import the module ``preload`` meanwhile, where the executor has such processes of its own."""
    if isinstance(executor, ProcessExecutor):
        executor.start_worker(preload)


def _create_executor(name: str, preload: str) -> Executor:
    kind, _, rest = name.partition(":")
    if kind == "local" and not rest:
        return LocalExecutor()
    if kind == "processes" and (not rest or (rest.isdecimal() and int(rest) > 0)):
        return ProcessExecutor(int(rest or os.cpu_count() or 1), preload=preload)
    if kind == "dask" and rest:
        return connect_to_dask(rest)
    raise UsageError(f"unknown executor: `{name}`", hint="Use local, processes:N or dask:ADDRESS.")
