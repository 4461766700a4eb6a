"""Clock, process and environment access; only the command line may use them."""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cache import Cache


def get_current_time() -> datetime:
    """Return the current time, as a value for code that may not read a clock."""
    return datetime.now(UTC)


def describe_process() -> str:
    """Describe this process, for others that wait for its lock."""
    since = datetime.now().astimezone()
    return f"pid {os.getpid()} on {socket.gethostname()}, since {since:%H:%M:%S}"


def open_cache(root: Path) -> Cache:
    """Return the cache of the programme; ``WEERSLAG_CACHE`` moves it to a faster or a shared disk."""
    moved = os.environ.get("WEERSLAG_CACHE", "")
    return Cache(Path(moved) if moved else root / ".weerslag")
