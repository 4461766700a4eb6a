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


def find_models_folder() -> Path:
    """Return the folder of installed models: ``WEERSLAG_MODELS``, or where this system keeps data of programs."""
    moved, data = os.environ.get("WEERSLAG_MODELS", ""), os.environ.get("XDG_DATA_HOME", "")
    return Path(moved) if moved else (Path(data) if data else Path.home() / ".local" / "share") / "weerslag" / "models"


def find_chosen_model() -> str:
    """Return the folder of the speech recognition model that the user chose: ``WEERSLAG_ASR_MODEL``; empty: none."""
    return os.environ.get("WEERSLAG_ASR_MODEL", "")


def open_cache(root: Path) -> Cache:
    """Return the cache of the programme; ``WEERSLAG_CACHE`` moves it to a faster or a shared disk."""
    moved = os.environ.get("WEERSLAG_CACHE", "")
    return Cache(Path(moved) if moved else root / ".weerslag")
