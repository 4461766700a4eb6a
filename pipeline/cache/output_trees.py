"""Folders that are replaced as a whole: staged next to the old one, swapped in one step, recognised afterwards."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cache.atomic_files import (
    convert_os_errors,
    delete_folder,
    describe_stat,
    encode_canonical,
    has_content,
    make_readable,
    read_record,
    scan_folder,
    swap_folders,
    write_record,
    write_synced,
)
from pipeline.errors import StorageError, fill

_CHUNK = 1 << 20
_PARALLEL_DOWNLOADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeChanges:
    """How replacing a tree changes it: sorted paths."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file of a tree: its bytes, or the object that holds them; ``target`` is the build target that it belongs to."""

    target: str
    content: bytes | None = None
    sha256: str = ""

    def compute_digest(self) -> str:
        """Return the sha256 of the file."""
        return self.sha256 if self.content is None else hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTree:
    """A folder such as ``public/``, and the record of its files."""

    folder: Path
    record: Path
    objects: Callable[[str], Path]  # the path of an object by its digest
    fetch: Callable[[str], Path]  # likewise, after a download if it is in a store only
    has_store: bool = False

    def list_untouched(self) -> dict[str, TreeFile]:
        """List the files of the last build that are unchanged, by path; in a copied or restored folder they are read again."""
        seen = self._scan()
        return {
            path: TreeFile(target=entry["target"], sha256=entry["sha256"])
            for path, entry in self._read_record().items()
            if path in seen
            and (describe_stat(seen[path]) == entry["stat"] or has_content(self.folder / path, entry["sha256"]))
        }

    def compute_digest(self) -> str:
        """Compute a digest of the record; empty if a file was changed, added or removed since."""
        recorded, seen = self._read_record(), self._scan()
        stats = {path: describe_stat(stat) for path, stat in seen.items()}
        if stats != {path: entry["stat"] for path, entry in recorded.items()}:
            return ""
        plain = {path: [entry["target"], entry["sha256"]] for path, entry in recorded.items()}
        return hashlib.sha256(encode_canonical(plain)).hexdigest()

    def read_unrecorded(self) -> dict[str, TreeFile]:
        """Read all files if the record is lost, so that their targets are unknown."""
        if self._read_record():
            return {}
        with convert_os_errors(self.folder, "cannot be read"):
            return {
                path: TreeFile(target="unknown", content=(self.folder / path).read_bytes())
                for path in scan_folder(self.folder)
            }

    def carry_over(self, path: str, file: TreeFile) -> TreeFile:
        """Return an unchanged file for the next tree: with its bytes, unless an object holds them, here or in a store."""
        if self.has_store or self.objects(file.sha256).is_file():
            return file
        with convert_os_errors(self.folder / path, "cannot be read"):
            return TreeFile(target=file.target, content=(self.folder / path).read_bytes())

    def compare(self, files: Mapping[str, TreeFile]) -> TreeChanges:
        """Report what ``stage`` and ``swap`` would change."""
        return self._compare_with(files, self._find_same(files))

    def _find_same(self, files: Mapping[str, TreeFile]) -> set[str]:
        """Find the paths of files that are in this folder already."""
        old = self.list_untouched()
        return {path for path, file in files.items() if path in old and old[path].sha256 == file.compute_digest()}

    def _compare_with(self, files: Mapping[str, TreeFile], same: set[str]) -> TreeChanges:
        on_disk = self._scan().keys()
        return TreeChanges(
            added=tuple(sorted(files.keys() - on_disk)),
            changed=tuple(sorted((files.keys() & on_disk) - same)),
            removed=tuple(sorted(on_disk - files.keys())),
            unchanged=len(same),
        )

    def stage(self, files: Mapping[str, TreeFile]) -> TreeChanges:
        """Write the next folder next to this one, if anything differs; report what ``swap`` will change.

        Raises:
            StorageError: It could not be written; the folder is unchanged.
        """
        same = self._find_same(files)
        changes = self._compare_with(files, same)
        with convert_os_errors(self.folder, "cannot be written"):
            delete_folder(self._next)
            if not changes and (self.folder.is_dir() or not files):
                return changes
            self._check_owner(files)
            self._fetch_missing([one.sha256 for path, one in files.items() if path not in same and one.content is None])
            self._next.mkdir(mode=0o755)
            for path, file in sorted(files.items()):
                self._write_file(path, file, is_same=path in same)
            make_readable(self._next)
        return changes

    def _fetch_missing(self, digests: Sequence[str]) -> None:
        """Download several objects at a time, where they are in a store only."""
        if self.has_store:
            with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
                for _ in pool.map(self.fetch, sorted(set(digests))):
                    pass

    def swap(self, files: Mapping[str, TreeFile]) -> None:
        """Replace this folder by what ``stage`` wrote, in one step.

        Raises:
            StorageError: It could not be replaced.
        """
        if not self._next.is_dir():
            self._update_record(files)
            return
        with convert_os_errors(self.folder, "cannot be written"):
            swap_folders(self._next, self.folder)
            delete_folder(self._next)
        self._write_record(files)

    @property
    def _next(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}-next")

    def _write_file(self, path: str, file: TreeFile, *, is_same: bool) -> None:
        target = self._next / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_same:
            target.hardlink_to(self.folder / path)  # the old tree is deleted; an object of the cache is never linked
        elif file.content is not None:
            write_synced(target, [file.content])
        else:
            self._copy_object(file.sha256, target)

    def _copy_object(self, sha256: str, path: Path) -> None:
        """Copy an object and check its digest: damage in the cache never reaches a reader."""
        source, digest = self.fetch(sha256), hashlib.sha256()

        def read_chunks() -> Iterator[bytes]:
            with source.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk

        write_synced(path, read_chunks())
        if digest.hexdigest() != sha256:
            source.unlink()  # its record is invalid from now on
            raise StorageError(
                "an object in the cache is damaged, and was deleted",
                where=str(source),
                hint="Build again. `weerslag cache verify` finds more damage.",
            )

    def _check_owner(self, files: Mapping[str, TreeFile]) -> None:
        name = self.folder.name
        if self.folder.is_symlink():
            raise StorageError(
                "is a link; it must be a folder", where=name, hint="Remove the link; publish to its target."
            )
        if self.folder.exists() and not self.folder.is_dir():
            raise StorageError("is a file; it must be a folder", where=name, hint="Move it away, and build again.")
        existing = self._scan().keys()
        if existing and not self._read_record() and not existing & files.keys():
            raise StorageError(
                "contains files that Weerslag did not write",
                where=name,
                hint=fill("Move them away: a build replaces everything in {name}/.", name=name),
            )

    def _scan(self) -> dict[str, os.stat_result]:
        with convert_os_errors(self.folder, "cannot be read"):
            return scan_folder(self.folder)

    def _read_record(self) -> dict[str, Any]:
        return read_record(self.record) or {}

    def _write_record(self, files: Mapping[str, TreeFile]) -> None:
        plain = {
            path: {
                "target": file.target,
                "sha256": file.compute_digest(),
                "stat": describe_stat((self.folder / path).lstat()),
            }
            for path, file in sorted(files.items())
        }
        write_record(self.record, plain)

    def _update_record(self, files: Mapping[str, TreeFile]) -> None:
        recorded, seen = self._read_record(), self._scan()
        if any(
            recorded[path]["target"] != file.target or describe_stat(seen[path]) != recorded[path]["stat"]
            for path, file in files.items()
        ):
            self._write_record(files)
