"""Checks this machine: what is there, what is missing, and the command that installs it."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline import __version__, pdf
from pipeline.cache import Store
from pipeline.errors import WeerslagError
from pipeline.media import executable
from pipeline.model import Finding

_ROOM_BYTES = 2 * 10**9  # an hour of sound and its master


def examine(root: Path, store: Store) -> tuple[Finding, ...]:
    """What this machine has and lacks, one finding each; severity ``info`` is in order, ``error`` stops a build."""
    checks: tuple[Callable[[], tuple[Finding, ...]], ...] = (
        _python,
        _sound,
        _paper,
        lambda: _disk(root),
        lambda: _lock(store),
    )
    return tuple(finding for check in checks for finding in check())


def _python() -> tuple[Finding, ...]:
    return (_fine("python", f"Python {platform.python_version()}, Weerslag {__version__}"),)


def _sound() -> tuple[Finding, ...]:
    try:
        program = executable.find()
        return (_fine("ffmpeg", f"ffmpeg {executable.version(program).split()[0]}"), *_encoders(program))
    except WeerslagError as error:
        return (_error("ffmpeg", error.message, error.hint),)


def _encoders(program: Path) -> tuple[Finding, ...]:
    lacking = executable.missing_encoders(program)
    return tuple(_error("encoder", f"ffmpeg was built without {name}", "Install Debian's ffmpeg.") for name in lacking)


def _paper() -> tuple[Finding, ...]:
    return pdf.missing() or (_fine("weasyprint", f"WeasyPrint and Pango: {pdf.version()}"),)


def _disk(root: Path) -> tuple[Finding, ...]:
    free = shutil.disk_usage(root).free
    told = f"{free / 1e9:.1f} GB free"
    if free < _ROOM_BYTES:
        return (
            Finding(code="disk", severity="warning", where=str(root), message=told, hint="Make room: 2 GB an hour."),
        )
    return (_fine("disk", told),)


def _lock(store: Store) -> tuple[Finding, ...]:
    if not store.folder.is_dir() or store.can_lock():
        return (_fine("lock", "one build at a time"),)
    hint = "Set WEERSLAG_STORE to a folder on a local disk."
    return (_error("lock", "locks do not hold on this disk: two builds could run at once", hint),)


def _fine(code: str, message: str) -> Finding:
    return Finding(code=code, severity="info", where="this machine", message=message)


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(code=code, severity="error", where="this machine", message=message, hint=hint)
