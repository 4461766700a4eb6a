"""The cache of one programme: a lock, a workspace, objects, records and builds. The only module that imports filelock."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import filelock

from pipeline.cache.atomic_files import (
    convert_os_errors,
    encode_canonical,
    hash_file,
    move_read_only,
    read_record,
    write_atomic,
    write_record,
)
from pipeline.cache.input_digests import DigestMemo
from pipeline.cache.output_trees import OutputTree
from pipeline.errors import LockedError, StorageError
from pipeline.model import from_json, to_json

_MAX_BUILDS = 10  # manifests; older ones are deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """An object: its digest and its size."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRecord:
    """The record of a task: its key in parts, its output files, and what it returned as plain JSON values."""

    parts: Mapping[str, Any]
    outputs: Mapping[str, Blob]
    result: Any = None


def compute_key(parts: Mapping[str, Any]) -> str:
    """Compute a cache key: the sha256 of its parts as canonical JSON."""
    return hashlib.sha256(encode_canonical(parts)).hexdigest()


@dataclass
class Cache:
    """One programme's cache. Many processes may read; the one that writes holds the lock."""

    folder: Path

    @cached_property
    def inputs(self) -> DigestMemo:
        """Digests of input files."""
        return DigestMemo(self.folder / "memo.json")

    @contextlib.contextmanager
    def lock(self, *, holder: str, wait: bool, waiting: Callable[[str], object]) -> Iterator[None]:
        """Hold the build lock.

        Args:
            holder: Describes this process to others: ``pid 12 on host, since 14:03``.
            wait: Wait for another holder.
            waiting: Called once with the description of the other holder.

        Raises:
            LockedError: Another process holds it, and ``wait`` is false.
        """
        with convert_os_errors(self.folder, "cannot be written"):
            self.folder.mkdir(parents=True, exist_ok=True)
            ignore = self.folder / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")  # the preview shows what is not public yet
        lock, description = filelock.FileLock(self.folder / "lock"), self.folder / "lock.txt"
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            other = description.read_text() if description.is_file() else "unknown process"
            if not wait:
                message = f"another build is running: {other}"
                raise LockedError(message, hint="Wait for it, or omit --no-wait.") from None
            waiting(other)
            lock.acquire(poll_interval=0.1)
        except OSError as error:
            message = f"cannot be locked: {os.strerror(error.errno or 0)}"
            raise StorageError(message, where=str(self.folder), hint="Check its owner.") from error
        try:
            write_atomic(description, holder.encode())
            self._delete_leftovers()
            yield
        finally:
            self.inputs.save()
            lock.release()

    def can_lock(self) -> bool:
        """Test whether locks work on this disk: NFS and SMB may grant one lock to two processes."""
        path = self.folder / "lock-test"
        with convert_os_errors(path, "cannot be written"), filelock.FileLock(path):
            try:
                with filelock.FileLock(path, is_singleton=False, timeout=0):
                    return False
            except filelock.Timeout:
                return True

    def _delete_leftovers(self) -> None:
        """Delete the temporary folders of a killed build; only the holder of the lock may."""
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        for name in (".public-next", ".press-next"):
            shutil.rmtree(self.folder.parent / name, ignore_errors=True)

    @contextlib.contextmanager
    def open_workspace(self) -> Iterator[Path]:
        """Create a temporary folder for outputs, on the disk of the cache."""
        with convert_os_errors(self.folder, "cannot be written"):
            (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
            workspace = tempfile.TemporaryDirectory(dir=self.folder / "tmp", ignore_cleanup_errors=True)
        with workspace as folder:
            yield Path(folder)

    def compute_digest(self, path: Path) -> str:
        """Return the sha256 of a file.

        Raises:
            StorageError: It cannot be read.
        """
        if path.is_relative_to(self.folder):  # an object is named by its digest; all else is temporary
            parts = path.relative_to(self.folder).parts
            return parts[1] + parts[2] if parts[0] == "objects" else hash_file(path)
        return self.inputs.compute_digest(path)

    def get_object_path(self, sha256: str) -> Path:
        """Return where an object is, or would be."""
        return self.folder / "objects" / sha256[:2] / sha256[2:]

    def get_record_path(self, key: str) -> Path:
        """Return where a record is, or would be."""
        return self.folder / "records" / key[:2] / f"{key[2:]}.json"

    def put_object(self, source: Path) -> Blob:
        """Move a finished file into the cache.

        Raises:
            StorageError: It could not be stored. ``source`` may be gone; the cache is intact.
        """
        with convert_os_errors(source, "cannot be stored"):
            blob = Blob(sha256=hash_file(source), size_bytes=source.stat().st_size)
            if not self.has_object(blob):
                move_read_only(source, self.get_object_path(blob.sha256))
            return blob

    def has_object(self, blob: Blob) -> bool:
        """Check that an object exists with its size."""
        try:
            return self.get_object_path(blob.sha256).stat().st_size == blob.size_bytes
        except OSError:
            return False

    def find_record(self, key: str) -> CacheRecord | None:
        """Return the record of a key, if all its outputs exist with their sizes."""
        plain = read_record(self.get_record_path(key))
        if plain is None:
            return None
        record = from_json(CacheRecord, plain)
        return record if all(map(self.has_object, record.outputs.values())) else None

    def read_key_parts(self, key: str) -> Any:
        """Return the parts of a key from its record, even without its outputs; ``None`` without a record."""
        plain = read_record(self.get_record_path(key))
        return plain["parts"] if plain else None

    def add_record(self, key: str, record: CacheRecord) -> None:
        """Write a record; it commits its outputs."""
        write_record(self.get_record_path(key), to_json(record))

    def load_last_keys(self) -> dict[str, str]:
        """Return the keys of the newest finished build by label; empty before the first."""
        plain = read_record(self.folder / "last.json")
        return dict(plain["keys"]) if plain else {}

    def record_build(self, keys: Mapping[str, str], objects: Sequence[str]) -> None:
        """Record what a finished build needs; the last ten builds keep their records and objects."""
        plain = {"keys": dict(sorted(keys.items())), "objects": sorted(set(objects))}
        if read_record(self.folder / "last.json") == plain:
            return
        name = hashlib.sha256(encode_canonical(plain)).hexdigest()
        write_record(self.folder / "builds" / f"{name}.json", plain)
        write_record(self.folder / "last.json", plain)
        for old in self.list_builds()[:-_MAX_BUILDS]:
            old.unlink(missing_ok=True)

    def extend_build(self, keys: Mapping[str, str]) -> None:
        """Record that the results of another command are needed as long as the newest build."""
        last = read_record(self.folder / "last.json") or {"keys": {}, "objects": []}
        self.record_build({**last["keys"], **keys}, last["objects"])

    def list_builds(self) -> list[Path]:
        """List the manifests of finished builds, oldest first."""
        files = (self.folder / "builds").glob("*.json")
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))

    def get_output_tree(self, folder: Path) -> OutputTree:
        """Return a folder that builds replace as a whole."""
        return OutputTree(
            folder=folder, record=self.folder / "trees" / f"{folder.name}.json", objects=self.get_object_path
        )
