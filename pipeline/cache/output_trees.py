"""Folders that are replaced whole: built beside the old one, swapped in one step, and recognised afterwards."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cache.atomic_files import (
    as_store_error,
    canonical,
    fingerprint,
    holds,
    open_to_all,
    read_record,
    seen_in,
    swap,
    take_away,
    write_record,
    write_synced,
)
from pipeline.errors import StoreError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What replacing a tree did to it: paths, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file wanted in a tree: its bytes, or the object that holds them; ``target`` says who asked for it."""

    target: str
    content: bytes | None = None
    sha256: str = ""

    def digest(self) -> str:
        """The sha256 of the file as it must be."""
        return self.sha256 if self.content is None else hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A folder such as ``public/``, and the record of what was put into it.

    ``objects`` gives the place of an object by its digest.
    """

    folder: Path
    record: Path
    objects: Callable[[str], Path]

    def standing(self) -> dict[str, File]:
        """What the last build put here and nobody changed since, by path; a copied or restored folder is read again."""
        seen = self._seen()
        return {
            path: File(target=entry["target"], sha256=entry["sha256"])
            for path, entry in self._recorded().items()
            if path in seen and (fingerprint(seen[path]) == entry["stat"] or holds(self.folder / path, entry["sha256"]))
        }

    def outcome(self) -> str:
        """A digest of all that was put here, if every bit of it stands here untouched, and nothing else; else nothing."""
        recorded, seen = self._recorded(), self._seen()
        if {path: fingerprint(stat) for path, stat in seen.items()} != {
            path: entry["stat"] for path, entry in recorded.items()
        }:
            return ""
        told = {path: [entry["target"], entry["sha256"]] for path, entry in recorded.items()}
        return hashlib.sha256(canonical(told)).hexdigest()

    def unrecorded(self) -> dict[str, File]:
        """All files that are here, when the record is lost: nobody knows any more who asked for them."""
        if self._recorded():
            return {}
        with as_store_error(self.folder, "cannot be read"):
            return {
                path: File(target="unknown", content=(self.folder / path).read_bytes()) for path in seen_in(self.folder)
            }

    def again(self, path: str, file: File) -> File:
        """A standing file as one wanted again: with its bytes, unless an object holds them."""
        if self.objects(file.sha256).is_file():
            return file
        with as_store_error(self.folder / path, "cannot be read"):
            return File(target=file.target, content=(self.folder / path).read_bytes())

    def differences(self, files: Mapping[str, File]) -> Changes:
        """What ``stage`` and ``switch`` would change."""
        return self._held_against(files, self.standing())

    def _held_against(self, files: Mapping[str, File], standing: Mapping[str, File]) -> Changes:
        here = {path: file.sha256 for path, file in standing.items()}
        there = {path: file.digest() for path, file in files.items()}
        on_disk = self._seen().keys()
        same = {path for path in there.keys() & on_disk if here.get(path) == there[path]}
        return Changes(
            added=tuple(sorted(there.keys() - on_disk)),
            changed=tuple(sorted((there.keys() & on_disk) - same)),
            removed=tuple(sorted(on_disk - there.keys())),
            kept=len(same),
        )

    def stage(self, files: Mapping[str, File]) -> Changes:
        """Build the next folder beside this one, if anything differs, and tell what ``switch`` will change.

        Raises:
            StoreError: it could not be done; the folder is as it was.
        """
        untouched = self.standing()
        changes = self._held_against(files, untouched)
        with as_store_error(self.folder, "cannot be written"):
            take_away(self._next)
            if not changes and (self.folder.is_dir() or not files):
                return changes
            self._refuse_foreign(files)
            self._next.mkdir(mode=0o755)
            for path, file in sorted(files.items()):
                same = path in untouched and untouched[path].sha256 == file.digest()
                self._place(self._next / path, file, self.folder / path if same else None)
            open_to_all(self._next)
        return changes

    def switch(self, files: Mapping[str, File]) -> None:
        """Put what ``stage`` built in the place of this folder, in one step.

        Raises:
            StoreError: it could not be done.
        """
        if not self._next.is_dir():
            self._note_targets(files)
            return
        with as_store_error(self.folder, "cannot be written"):
            swap(self._next, self.folder)
            take_away(self._next)
        self._note(files)

    @property
    def _next(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}-next")

    def _place(self, path: Path, file: File, same: Path | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if same is not None:
            path.hardlink_to(same)  # the old tree goes away; an object of the store is never linked to
        elif file.content is not None:
            write_synced(path, [file.content])
        else:
            self._copy_object(file.sha256, path)

    def _copy_object(self, sha256: str, path: Path) -> None:
        """Copy an object, hashing what is copied: damage in the store never reaches a reader."""
        source, digest = self.objects(sha256), hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            with source.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk

        write_synced(path, chunks())
        if digest.hexdigest() != sha256:
            source.unlink()  # so that it counts as never made
            raise StoreError(
                "a remembered result was damaged, and is thrown away",
                where=str(source),
                hint="Build again; it is made anew. `weerslag verify` looks for more.",
            )

    def _refuse_foreign(self, files: Mapping[str, File]) -> None:
        name = self.folder.name
        if self.folder.is_symlink():
            raise StoreError(
                "is a link; it must be a folder", where=name, hint="Remove the link; publish to where it led."
            )
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreError("is a file; it must be a folder", where=name, hint="Move it away, and build again.")
        there = self._seen().keys()
        if there and not self._recorded() and not there & files.keys():
            raise StoreError(
                "holds files that Weerslag did not put there",
                where=name,
                hint=f"Move them away: everything in {name}/ is replaced by a build.",
            )

    def _seen(self) -> dict[str, os.stat_result]:
        with as_store_error(self.folder, "cannot be read"):
            return seen_in(self.folder)

    def _recorded(self) -> dict[str, Any]:
        return read_record(self.record) or {}

    def _note(self, files: Mapping[str, File]) -> None:
        plain = {
            path: {
                "target": file.target,
                "sha256": file.digest(),
                "stat": fingerprint((self.folder / path).lstat()),
            }
            for path, file in sorted(files.items())
        }
        write_record(self.record, plain)

    def _note_targets(self, files: Mapping[str, File]) -> None:
        recorded, seen = self._recorded(), self._seen()
        if any(
            recorded[path]["target"] != file.target or fingerprint(seen[path]) != recorded[path]["stat"]
            for path, file in files.items()
        ):
            self._note(files)
