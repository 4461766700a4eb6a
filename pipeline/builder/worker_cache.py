"""The cache of a worker: a store, and copies of its objects in a folder of that worker, with a limit on their size."""

import math
import os
import shutil
import socket
from functools import cache
from pathlib import Path

from pipeline.cache import Cache
from pipeline.cache.object_store import ObjectStore, open_store
from pipeline.errors import UsageError, fill

_DEFAULT_GB = 20.0
_TRIM_SHARE = 20  # copies are looked at whenever 1/20 of the limit was added

_added_bytes = 0  # by this process, since it looked at them


def open_worker_cache(address: str) -> Cache:
    """Open the cache of this worker, for one task.

    Args:
        address: Of the store.

    Raises:
        DependencyError: The worker has no obstore, or no credentials.
    """
    store = ObjectStore(_open_once(address).bucket)
    return Cache(_prepare_folder(), store=store, scratch=_name_scratch(os.getpid()))


def read_copies_limit() -> int:
    """Read the limit on copies: ``WEERSLAG_READ_CACHE_GB``, in bytes.

    Raises:
        UsageError: It is no number.
    """
    given = os.environ.get("WEERSLAG_READ_CACHE_GB", "")
    try:
        limit_gb = float(given or _DEFAULT_GB)
    except ValueError:
        limit_gb = math.nan
    if not 0 <= limit_gb < math.inf:
        message = "WEERSLAG_READ_CACHE_GB must be a number of gigabytes, not `{given}`"
        raise UsageError(fill(message, given=given))
    return round(limit_gb * 1e9)


def trim_worker_cache(worker_cache: Cache) -> None:
    """Delete copies that were not used for longest, whenever much was added."""
    global _added_bytes  # noqa: PLW0603  # of this process
    _added_bytes += worker_cache.added_bytes
    if _added_bytes > read_copies_limit() / _TRIM_SHARE:
        _added_bytes = 0
        worker_cache.trim_copies(read_copies_limit())


@cache
def _open_once(address: str) -> ObjectStore:
    return open_store(address)


@cache
def _prepare_folder() -> Path:
    """Return the folder of this worker; delete what killed workers of this machine left in it."""
    given, home = os.environ.get("WEERSLAG_WORKER_FOLDER", ""), os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if given else (Path(home) if home else Path.home() / ".cache") / "weerslag" / "worker"
    host = socket.gethostname()
    for scratch in folder.glob(f"tmp/{host}-*"):
        pid = scratch.name.rpartition("-")[2]
        if pid.isdecimal() and not is_running(int(pid)):
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _name_scratch(pid: int) -> str:
    return f"tmp/{socket.gethostname()}-{pid}"


def is_running(pid: int) -> bool:
    """Whether this machine has a process of that number, of any user."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
