"""The cache of one programme: a lock, a workspace, objects, records and builds. The only module that imports filelock.

All is in one folder; with a store, records, manifests and objects are there, and the folder has copies of objects.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
from pipeline.cache.blobs import Blob, CacheRecord
from pipeline.cache.input_digests import DigestMemo
from pipeline.cache.object_store import MissingObjectError, ObjectStore, get_record_name
from pipeline.cache.output_trees import OutputTree
from pipeline.errors import LockedError, StorageError, fill
from pipeline.model import from_json, to_json

_PARALLEL_LOOKUPS = 16
_MAX_BUILDS = 10  # manifests; older ones are deleted


@dataclass
class Cache:
    """One programme's cache. Many processes may read; the one that writes holds the lock.

    Attributes:
        folder: Holds the cache; with a store, copies of its objects.
        store: Where records and objects are; ``None``: in the folder.
        programme: Names the programme in the store.
        scratch: Name of the folder for workspaces.
        declared: Objects in the store by the path of the input that they are; no such file need exist.
        added_bytes: Written to the folder by this process.
    """

    folder: Path
    store: ObjectStore | None = None
    programme: str = ""
    scratch: str = "tmp"
    declared: dict[str, Blob] = field(default_factory=dict, repr=False)
    added_bytes: int = 0
    _found: dict[str, CacheRecord] = field(default_factory=dict, repr=False)  # records of the store, by key
    _absent: set[str] = field(default_factory=set, repr=False)  # keys that ``prefetch_records`` did not find
    _known: dict[str, Blob] = field(default_factory=dict, repr=False)  # objects of the store

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
                message = fill("another build is running: {other}", other=other)
                raise LockedError(message, hint="Wait for it, or omit --no-wait.") from None
            waiting(other)
            lock.acquire(poll_interval=0.1)
        except OSError as error:
            message = fill("cannot be locked: {strerror}", strerror=os.strerror(error.errno or 0))
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
            (self.folder / self.scratch).mkdir(parents=True, exist_ok=True)
            workspace = tempfile.TemporaryDirectory(dir=self.folder / self.scratch, ignore_cleanup_errors=True)
        with workspace as folder:
            yield Path(folder)

    def compute_digest(self, path: Path) -> str:
        """Return the sha256 of a file.

        Raises:
            StorageError: It cannot be read.
        """
        if blob := self.declared.get(str(path)):
            return blob.sha256
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
            self.added_bytes += blob.size_bytes
            if not self.has_copy(blob):
                move_read_only(source, self.get_object_path(blob.sha256))
        if self.store is not None:
            self.store.upload(self.get_object_path(blob.sha256), blob, is_new=True)
            self._known[blob.sha256] = blob
        return blob

    def upload_source(self, path: Path, blob: Blob, *, sent: Callable[[int], object] = lambda _: None) -> None:
        """Upload an input of tasks, unless the store has it; ``sent`` is called with the bytes of each part."""
        if self.store is not None and not self.has_object(blob):
            self.store.upload(path, blob, sent=sent)
            self._known[blob.sha256] = blob

    def keep_source(self, path: Path, *, sent: Callable[[int], object] = lambda _: None) -> Blob:
        """Upload a file into the store, to stay there whether a build needs it or not; see ``upload_source``.

        Raises:
            StorageError: It cannot be read, or the cache has no store.
        """
        if self.store is None:
            hint = "weerslag cache add --cache s3://bucket/prefix"
            raise StorageError("the cache has no store", where=str(self.folder), hint=hint)
        with convert_os_errors(path, "cannot be read"):
            blob = Blob(sha256=hash_file(path), size_bytes=path.stat().st_size)
        self.upload_source(path, blob, sent=sent)
        name = f"kept/{blob.sha256[:2]}/{blob.sha256[2:]}.json"
        self.store.create_file(name, {"name": path.name, "size_bytes": blob.size_bytes})
        return blob

    def fetch_object(self, sha256: str) -> Path:
        """Return the file of an object of this build; with a store, download it unless a copy is here.

        Raises:
            MissingObjectError: It is in neither, or was damaged.
        """
        if self.store is None:
            return self.get_object_path(sha256)
        blob = self.find_known(self.get_object_path(sha256))
        if blob is None:
            raise MissingObjectError("an object is missing in the store", where=sha256, hint="Build again.")
        return self.fetch_blob(blob)

    def fetch_blob(self, blob: Blob) -> Path:
        """Return the file of an object in the store, after a download unless a copy is here; it counts as used.

        Raises:
            MissingObjectError: It is not in the store, or was damaged.
        """
        path = self.get_object_path(blob.sha256)
        with contextlib.suppress(OSError):
            os.utime(path)
        if self.store is None or self.has_copy(blob):
            return path
        with self.open_workspace() as workspace:
            self.store.download(blob, workspace / blob.sha256)
            with convert_os_errors(path, "cannot be written"):
                move_read_only(workspace / blob.sha256, path)
        self.added_bytes += blob.size_bytes
        return path

    def find_known(self, path: Path) -> Blob | None:
        """Return the object that a path in the folder names, if it is known to this build; else ``None``."""
        if not path.is_relative_to(self.folder / "objects"):
            return None
        sha256 = path.parent.name + path.name
        if sha256 not in self._known and path.is_file():
            return Blob(sha256=sha256, size_bytes=path.stat().st_size)
        return self._known.get(sha256)

    def forget_object(self, sha256: str) -> None:
        """Forget that the store has an object, and the records that name it."""
        self._known.pop(sha256, None)
        for key, record in list(self._found.items()):
            if any(blob.sha256 == sha256 for blob in record.outputs.values()):
                del self._found[key]

    def trim_copies(self, limit_bytes: int) -> None:
        """Delete copies that were not used for longest, until the rest is within a limit; without a store, none."""
        found = []
        for path in (self.folder / "objects").glob("*/*") if self.store is not None else ():
            with contextlib.suppress(OSError):  # another worker deleted it
                seen = path.stat()
                found.append((seen.st_mtime_ns, seen.st_size, path))
        excess = sum(size for _, size, _ in found) - limit_bytes
        for _, size, path in sorted(found):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size

    def has_copy(self, blob: Blob) -> bool:
        """Check that the folder has an object, with its size."""
        try:
            return self.get_object_path(blob.sha256).stat().st_size == blob.size_bytes
        except OSError:
            return False

    def has_object(self, blob: Blob) -> bool:
        """Check that an object exists with its size."""
        if self.store is None:
            return self.has_copy(blob)
        if blob.sha256 in self._known:
            return True
        if not self.store.has_object(blob):
            return False
        self._known[blob.sha256] = blob
        return True

    def find_record(self, key: str) -> CacheRecord | None:
        """Return the record of a key, if all its outputs exist with their sizes."""
        if key in self._found:
            return self._found[key]
        if key in self._absent:
            self._absent.discard(key)  # another client may store it at any time
            return None
        plain = self._read_record(key)
        if plain is None:
            return None
        record = from_json(CacheRecord, plain)
        if not all(map(self.has_object, record.outputs.values())):
            return None
        if self.store is not None:
            self._found[key] = record
        return record

    def prefetch_records(self, keys: Sequence[str]) -> None:
        """Look several keys up at once, for ``find_record``: a store answers many requests in the time of one."""
        if self.store is None or len(keys) < 2:
            return
        with ThreadPoolExecutor(_PARALLEL_LOOKUPS) as pool:
            for key, record in zip(keys, pool.map(self.find_record, keys), strict=True):
                if record is None:
                    self._absent.add(key)

    def read_key_parts(self, key: str) -> Any:
        """Return the parts of a key from its record, even without its outputs; ``None`` without a record."""
        if key in self._found:
            return self._found[key].parts
        plain = self._read_record(key)
        return plain["parts"] if plain else None

    def add_record(self, key: str, record: CacheRecord) -> CacheRecord:
        """Write a record; it commits its outputs.

        Returns:
            The record that counts: in a store that of another client, if it was first.
        """
        if self.store is None:
            write_record(self.get_record_path(key), to_json(record))
            return record
        stored = from_json(CacheRecord, self.store.create_file(get_record_name(key), to_json(record)))
        if not all(map(self.has_object, stored.outputs.values())):  # it is older than these outputs
            self.store.update_file(get_record_name(key), lambda _: to_json(record))
            stored = record
        self._found[key] = stored
        return stored

    def adopt_record(self, key: str, record: CacheRecord) -> None:
        """Use a record that another process wrote into the store, with its outputs, since this one looked."""
        self._found[key] = record
        self._known |= {blob.sha256: blob for blob in record.outputs.values()}

    def load_last_keys(self) -> dict[str, str]:
        """Return the keys of the newest finished build by label; empty before the first."""
        plain = read_record(self._last_file)
        return dict(plain["keys"]) if plain else {}

    def record_build(self, keys: Mapping[str, str], objects: Sequence[str]) -> None:
        """Record what a finished build needs; the last ten builds keep their records and objects."""
        plain: dict[str, Any] = {"keys": dict(sorted(keys.items())), "objects": sorted(set(objects))}
        if self.store is not None:
            plain["programme"] = self.programme
        if read_record(self._last_file) == plain:
            return
        name = hashlib.sha256(encode_canonical(plain)).hexdigest()
        if self.store is not None:
            self._record_in_store(self.store, name, plain)
        else:
            write_record(self.folder / "builds" / f"{name}.json", plain)
        write_record(self._last_file, plain)
        for old in self.list_builds()[:-_MAX_BUILDS]:
            old.unlink(missing_ok=True)

    def extend_build(self, keys: Mapping[str, str]) -> None:
        """Record that the results of another command are needed as long as the newest build."""
        last = read_record(self._last_file) or {"keys": {}, "objects": []}
        self.record_build({**last["keys"], **keys}, last["objects"])

    def list_builds(self) -> list[Path]:
        """List the manifests of finished builds in the folder, oldest first."""
        files = (self.folder / "builds").glob("*.json")
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))

    @property
    def _last_file(self) -> Path:
        """The manifest of the newest build from here; one for each store, since the other has not its records."""
        if self.store is None:
            return self.folder / "last.json"
        place = hashlib.sha256(f"{self.store.address} {self.programme}".encode()).hexdigest()
        return self.folder / f"last-{place[:8]}.json"

    def _read_record(self, key: str) -> Any:
        if self.store is None:
            return read_record(self.get_record_path(key))
        return self.store.read_file(get_record_name(key)) if key else None

    def _record_in_store(self, store: ObjectStore, name: str, plain: Any) -> None:
        """Write a manifest, and then its name into the list of the programme's last builds."""
        store.create_file(f"builds/{name}.json", plain)

        def change(before: Any) -> Any:
            names = [one for one in before["builds"] if one != name] if before else []
            return {"builds": [*names, name][-_MAX_BUILDS:]}

        before = store.update_file(f"programmes/{self.programme}.json", change)
        for old in set(before["builds"] if before else ()) - set(change(before)["builds"]):
            store.delete_file(f"builds/{old}.json")

    def get_output_tree(self, folder: Path) -> OutputTree:
        """Return a folder that builds replace as a whole."""
        return OutputTree(
            folder=folder,
            record=self.folder / "trees" / f"{folder.name}.json",
            objects=self.get_object_path,
            fetch=self.fetch_object,
            has_store=self.store is not None,
        )
