"""Choose an executor by its name on the command line."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from pipeline.errors import UsageError, fill
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
        executor.shutdown(wait=True)
    except BaseException:
        executor.shutdown(wait=True, cancel_futures=True)
        raise


def count_workers(executor: Executor) -> int:
    """Return how many tasks run at a time."""
    return int(getattr(executor, "workers", 1))


def takes_paths(executor: Executor) -> bool:
    """Whether tasks run on this machine, so that they can be given the paths of files."""
    return bool(getattr(executor, "shares_disk", True))


def find_blind_workers(executor: Executor, folder: Path) -> list[str]:
    """Find the workers of a cluster that do not see a folder of this machine."""
    call = getattr(executor, "call_workers", None)
    seen: dict[str, object] = call(os.path.isdir, str(folder)) if call else {}
    return sorted(name for name, sees in seen.items() if sees is not True)


def take_notices(executor: Executor) -> list[str]:
    """Return the addresses of workers of a cluster that were lost since the last call."""
    return list(getattr(executor, "take_notices", list)())


def start_worker(executor: Executor, preload: str) -> None:
    """Let a worker process import the module ``preload`` meanwhile, where the executor has such processes of its own."""
    if isinstance(executor, ProcessExecutor):
        executor.start_worker(preload)


def check_executor_name(name: str) -> None:
    """Check that ``open_executor`` knows a name; nothing is opened.

    Raises:
        UsageError: It does not.
    """
    kind, _, rest = name.partition(":")
    number = kind == "processes" and (not rest or (rest.isdecimal() and int(rest) > 0))
    if not (number or name == "local" or (kind == "dask" and rest)):
        raise UsageError(fill("unknown executor: `{name}`", name=name), hint="Use local, processes:N or dask:ADDRESS.")


def _create_executor(name: str, preload: str) -> Executor:
    check_executor_name(name)
    kind, _, rest = name.partition(":")
    if kind == "local":
        return LocalExecutor()
    if kind == "processes":
        return ProcessExecutor(int(rest or os.cpu_count() or 1), preload=preload)
    from pipeline.executors.dask_cluster import connect_to_dask  # noqa: PLC0415  # 1.3 s, and an optional dependency

    return connect_to_dask(rest)
