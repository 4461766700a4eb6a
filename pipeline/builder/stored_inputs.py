"""Inputs of tasks as objects of a store: a client names them, a worker gets them as files.

A reference is text in the place of a path: ``object:SHA256:SIZE:NAME`` is a file, ``folder:…`` a folder, whose object
lists its files, and ``package:PATH`` a file or folder among the templates, which every worker has.
"""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.cache import Blob, Cache
from pipeline.cache.atomic_files import convert_os_errors, encode_canonical
from pipeline.catalogue import get_templates_folder
from pipeline.errors import StorageError

_ATTEMPTS = 3  # to link a copy that another process may delete at any moment


@dataclass(slots=True)
class InputReferences:
    """Turns the paths of the tasks of one build into references, and collects the files that the store must have."""

    cache: Cache
    folder: Path  # for lists of files
    _sources: dict[str, tuple[Path, Blob]] = field(default_factory=dict)  # by digest
    _inputs: dict[str, Blob] = field(default_factory=dict)  # likewise, also those that the store has
    _lists: dict[bytes, Path] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)  # path here, by reference
    _digests: dict[tuple[str, int, int], Blob] = field(default_factory=dict)  # by path, inode and time

    def convert(self, path: str, is_folder: bool) -> str:  # noqa: FBT001  # as `map_paths` calls it
        """Return the reference of a file or folder."""
        if (inside := _find_in_package(Path(path))) is not None:
            return f"package:{inside}"
        if not is_folder:
            reference = f"object:{self._refer(Path(path))}"
            self.origins[reference] = path
            return reference
        files = (file for file in sorted(Path(path).rglob("*")) if file.is_file())
        content = encode_canonical({file.relative_to(path).as_posix(): self._refer(file) for file in files})
        if content not in self._lists:
            self._lists[content] = self.folder / f"list-{len(self._lists)}"
            self._lists[content].write_bytes(content)
        return f"folder:{self._refer(self._lists[content], name=Path(path).name)}"

    def take_sources(self) -> list[tuple[Path, Blob]]:
        """Return the files that were referred to since the last call."""
        sources, self._sources = list(self._sources.values()), {}
        return sources

    def take_inputs(self) -> list[Blob]:
        """Return the objects that were referred to since the last call."""
        inputs, self._inputs = list(self._inputs.values()), {}
        return inputs

    def _refer(self, path: Path, *, name: str = "") -> str:
        """Return digest, size and name of a file."""
        blob = self.cache.declared.get(str(path)) or self.cache.find_known(path)
        if blob is None:
            blob = self._digest(path)
            self._sources[blob.sha256] = (path, blob)
        self._inputs[blob.sha256] = blob
        return f"{blob.sha256}:{blob.size_bytes}:{name or path.name}"

    def _digest(self, path: Path) -> Blob:
        with convert_os_errors(path, "cannot be read"):
            seen = path.stat()
        place = (str(path), seen.st_ino, seen.st_mtime_ns)
        if place not in self._digests:
            self._digests[place] = Blob(sha256=self.cache.compute_digest(path), size_bytes=seen.st_size)
        return self._digests[place]


@dataclass(slots=True)
class InputFiles:
    """Turns references into files in a scratch folder: hard links to copies, which others may delete meanwhile."""

    cache: Cache
    scratch: Path
    origins: dict[str, str] = field(default_factory=dict)  # reference of each file, by its path here
    _count: int = 0

    def convert(self, reference: str, _is_folder: bool) -> str:  # noqa: FBT001  # as `map_paths` calls it
        """Return the path of a file or folder; download it unless a copy is here.

        Raises:
            MissingObjectError: It is not in the store.
        """
        kind, _, rest = reference.partition(":")
        if kind == "package":
            return str(get_templates_folder() / rest)
        self._count += 1
        sha256, size, name = rest.split(":", 2)
        target = self.scratch / str(self._count) / name
        self.origins[str(target)] = reference
        if kind == "object":
            self.link(Blob(sha256=sha256, size_bytes=int(size)), target)
            return str(target)
        target.mkdir(parents=True)
        list_file = self.scratch / f"{self._count}.json"
        self.link(Blob(sha256=sha256, size_bytes=int(size)), list_file)
        for path, listed in json.loads(list_file.read_bytes()).items():
            one_sha256, one_size, _ = listed.split(":", 2)
            self.link(Blob(sha256=one_sha256, size_bytes=int(one_size)), target / path)
        return str(target)

    def link(self, blob: Blob, target: Path) -> None:
        """Give an object a name in the scratch folder."""
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_ATTEMPTS):
            source = self.cache.fetch_blob(blob)
            with suppress(FileNotFoundError):
                _link_or_copy(source, target)
                self.cache.declared[str(target)] = blob
                return
        raise StorageError("is deleted again and again", where=str(self.cache.folder), hint="Give the cache more room.")


def localise_paths(cache: Cache, scratch: Path) -> Callable[[str, bool], str]:
    """Return a function that makes the inputs of a task present on this machine, and returns their paths."""
    files = InputFiles(cache, scratch)

    def convert(path: str, _is_folder: bool) -> str:  # noqa: FBT001  # as `map_paths` calls it
        if blob := cache.declared.get(path):
            return files.convert(f"object:{blob.sha256}:{blob.size_bytes}:{Path(path).name}", False)  # noqa: FBT003
        if known := cache.find_known(Path(path)):
            cache.fetch_blob(known)
        return path

    return convert


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:  # a disk without hard links
        shutil.copyfile(source, target)


def _find_in_package(path: Path) -> str | None:
    """Return a path relative to the templates; ``None`` outside of them."""
    templates = get_templates_folder()
    return os.path.relpath(path, templates) if path.is_relative_to(templates) else None
