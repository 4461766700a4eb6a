"""A lock between processes of one machine, for files that people and commands edit."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.cache.atomic_files import convert_os_errors


@contextmanager
def hold_lock(lock_file: Path) -> Iterator[None]:
    """Let only one request at a time change files, also of another editor of the same files.

    Raises:
        StorageError: The lock cannot be written.
    """
    with convert_os_errors(lock_file, "cannot be written"):
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
