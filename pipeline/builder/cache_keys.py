"""Derive the cache key of a task from its fields, and name the part of a key that changed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline import pdf
from pipeline.cache import Cache
from pipeline.media import executable
from pipeline.model.task import Task, describe_fields
from pipeline.preflight.tasks import find_ghostscript
from pipeline.speech.alignment import espeak

_SCHEMA = 2  # increment on format change


@dataclass(slots=True)
class KeyBuilder:
    """Builds the keys of one build; each tool and each folder is read once. ``versions``: of tools, by name."""

    cache: Cache
    versions: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)

    def build_parts(self, task: Task[Any]) -> dict[str, Any]:
        """Build the key of a task in parts, as plain JSON values.

        Raises:
            StorageError: An input cannot be read.
        """
        found = describe_fields(task)
        inputs = {name: self.cache.compute_digest(Path(path)) for name, path in found.inputs.items()}
        folders = {name: self._hash_folder(path) for name, path in found.folders.items()}
        return {
            "schema": _SCHEMA,
            "task": type(task).__name__,
            "recipe": task.RECIPE_VERSION,
            "inputs": inputs | folders,
            "settings": found.settings,
            "outputs": found.outputs,
            "tools": {name: self._find_version(name) for name in task.TOOLS},
        }

    def _hash_folder(self, path: str) -> str:
        if path not in self._folders:
            self._folders[path] = hash_folders([Path(path)], self.cache)
        return self._folders[path]

    def _find_version(self, tool: str) -> str:
        if tool not in self.versions:
            find = _VERSIONS.get(tool)
            self.versions[tool] = find(self.cache) if find else metadata.version(tool)
        return self.versions[tool]


def read_input_states(task: Task[Any], cache: Cache) -> dict[str, list[int]]:
    """Read size, modification time and place on disk of the input files of a task.

    Missing files are left out, and those in the cache, which never change.
    """
    states: dict[str, list[int]] = {}
    for path in describe_fields(task).inputs.values():
        with suppress(OSError):  # the key or the task reports a file that cannot be read
            seen = Path(path).stat()
            if not Path(path).is_relative_to(cache.folder):
                states[path] = [seen.st_size, seen.st_mtime_ns, seen.st_ino, seen.st_dev]
    return states


_VERSIONS: Mapping[str, Callable[[Cache], str]] = {  # of tools that are not a single Python package
    "espeak-ng": lambda _: espeak.read_version(),
    "ffmpeg": lambda cache: cache.inputs.memoize(executable.find_ffmpeg(), executable.read_version),
    "ghostscript": lambda _: find_ghostscript(),
    "weasyprint": lambda _: pdf.get_renderer_version(),
}


def hash_folders(folders: Sequence[Path], cache: Cache) -> str:
    """Compute one digest over all files of the folders, names included.

    Templates (``*.j2``) are left out: their rendered output is already in the key.
    """
    digest = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".j2"):
            line = f"{number} {path.relative_to(folder).as_posix()} {cache.compute_digest(path)}\n"
            digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def find_difference(old: Any, new: Any, name: str = "") -> str:
    """Describe the first part of a key that differs: ``settings.target.loudness_lufs: -16.0 → -14.0``; empty if none."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for part in [*new, *(part for part in old if part not in new)]:
            inner = f"{name}.{part}" if name else str(part)
            if difference := find_difference(old.get(part), new.get(part), inner):
                return difference
        return ""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return next(filter(None, (find_difference(*pair, f"{name}[{number}]") for number, pair in pairs)), "")
    return "" if old == new else f"{name}: {_shorten(old)} → {_shorten(new)}"


def _shorten(value: Any) -> str:
    text = "none" if value is None else str(value)
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text[:8]
    return text if len(text) <= 60 else f"{text[:59]}…"
