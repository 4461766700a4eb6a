"""What only the outermost layer may look at: the hour, the process, the environment."""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cache import Store


def now() -> datetime:
    """The hour, as a value for those who may not read a clock."""
    return datetime.now(UTC)


def holder() -> str:
    """Who holds the lock, in words for whoever waits for it."""
    since = datetime.now().astimezone()
    return f"pid {os.getpid()} on {socket.gethostname()}, since {since:%H:%M:%S}"


def store_of(root: Path) -> Store:
    """The programme's store; ``WEERSLAG_STORE`` moves it to a faster or a shared disk."""
    moved = os.environ.get("WEERSLAG_STORE", "")
    return Store(Path(moved) if moved else root / ".weerslag")
