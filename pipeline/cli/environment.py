"""Clock, process and environment access; only the command line may use them."""

import hashlib
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cache import Blob, Cache
from pipeline.errors import UsageError


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


def choose_cache(_context: object, _parameter: object, address: str | None) -> None:
    """Set where caches are, for ``open_cache``: a folder, or ``s3://bucket/prefix``. A callback of the option."""
    _chosen.cache = address or ""


def find_chosen_cache() -> str:
    """Return where caches are: what ``--cache`` says, else ``WEERSLAG_CACHE``; empty: in the programme."""
    return _chosen.cache or os.environ.get("WEERSLAG_CACHE", "")


def find_cache_folder(root: Path) -> Path:
    """Return the folder of the cache of the programme; with a store, it has copies of objects.

    Raises:
        UsageError: The cache is neither in a folder nor in a store.
    """
    chosen = find_chosen_cache()
    if "://" in chosen and not chosen.startswith("s3:"):
        raise UsageError("the cache must be in a folder, or at s3://bucket/prefix", where=chosen)
    return root / ".weerslag" if not chosen or chosen.startswith("s3:") else Path(chosen)


def open_cache(root: Path) -> Cache:
    """Return the cache of the programme; ``--cache`` or ``WEERSLAG_CACHE`` moves it to another disk, or to a store.

    Raises:
        UsageError: The address of the store is invalid.
        DependencyError: obstore or credentials are missing.
    """
    chosen = find_chosen_cache()
    if chosen.startswith("s3:"):
        from pipeline.cache.object_store import open_store  # noqa: PLC0415  # an optional dependency
        from pipeline.content.recording_files import find_stored_sound  # noqa: PLC0415  # only with a store

        cache = Cache(find_cache_folder(root), store=open_store(chosen), programme=_name_programme(root))
        for path, sound in find_stored_sound(root).items():
            if not path.exists():
                cache.declared[str(path)] = Blob(sha256=sound.sha256, size_bytes=sound.size_bytes)
        return cache
    return Cache(find_cache_folder(root))


@dataclass
class ChosenPlaces:
    """What options of this command chose."""

    cache: str = ""


_chosen = ChosenPlaces()


def _name_programme(root: Path) -> str:
    """Name a programme in a store: by its folder, and by title and address, which no two programmes share."""
    try:
        lines = (root / "programme.yaml").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # reported when it is read
        lines = []
    names = "\n".join(line.strip() for line in lines if line.startswith(("title:", "url:")))
    return f"{root.resolve().name}-{hashlib.sha256(names.encode()).hexdigest()[:12]}"
