"""The files of a programme that only people can make again: what a backup holds."""

import os
import re
import stat
from pathlib import Path

from pipeline.cache.atomic_files import convert_os_errors
from pipeline.errors import GateError

_GENERATED = ("public", "press")  # a build makes them again
_HIDDEN = (".gitattributes", ".gitignore")  # kept: `init` writes them
_LEFT_OUT = ("__pycache__", "node_modules")
_GUID = re.compile(r"^\s+guid:\s*[\"']?([0-9A-Fa-f-]{36})", re.MULTILINE)


def scan_sources(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the files that only people can make again, and the links among them, which are not followed.

    Hidden files, which may hold passwords, and what a build writes are left out.

    Returns:
        The paths of the files, and those of the links, relative to ``root``, sorted.
    """
    files: list[str] = []
    links: list[str] = []
    with convert_os_errors(root, "cannot be read"):
        for folder, names, found in os.walk(root, onerror=_raise_error):
            here = Path(folder)
            links += [_name(here / name, root) for name in names if (here / name).is_symlink()]
            left_out = _LEFT_OUT + (_GENERATED if here == root else ())
            names[:] = [name for name in names if not name.startswith(".") and name not in left_out]
            for name in found:
                mode = (here / name).lstat().st_mode
                if stat.S_ISLNK(mode):
                    links.append(_name(here / name, root))
                elif stat.S_ISREG(mode) and (name in _HIDDEN or not name.startswith(".")):
                    files.append(_name(here / name, root))
    return tuple(sorted(files)), tuple(sorted(links))


def find_podcast_guid(root: Path) -> str:
    """Find the guid of the podcast, also in content with errors: a backup must not depend on it."""
    try:
        text = (root / "programme.yaml").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise GateError("there is no programme here", where=str(root), hint="Go to its folder, or use -C.") from error
    found = _GUID.search(text)
    return found[1].lower() if found else ""


def _raise_error(error: OSError) -> None:
    raise error


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
