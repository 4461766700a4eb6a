"""The cache in a bucket: objects in parts, records, and manifests of builds, under exact keys.

In the bucket, below its prefix::

    objects/ab/cdef…           an object of at most 16 MiB by its sha256
    objects/ab/cdef….0001 …    the parts of a larger one, of 16 MiB each; joined they are the object
    records/ab/cdef….json      a task: key, outputs and result; written last, so that it commits them
    programmes/<name>.json     the names of the last builds of a programme
    builds/<digest>.json       the records and objects that one finished build needs
    kept/ab/cdef….json         an object that stays, whether a build needs it or not
    claims/ab/cdef….json       a task that a client runs at this moment, by its key
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.cache.atomic_files import convert_os_errors, decode_record, encode_record
from pipeline.cache.blobs import Blob
from pipeline.errors import StorageError

if TYPE_CHECKING:
    from pipeline.cache.bucket import Bucket

PART_BYTES = 16 << 20
_PARALLEL_PARTS = 4  # each is in memory as a whole
_OWN_RETRIES = 1  # of obstore, beside ours
_PATIENCE_S = 60.0  # requests are repeated for so long
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 8.0
_UPDATES = 20  # attempts to change a file that other clients change too

T = TypeVar("T")


class MissingObjectError(StorageError):
    """An object is not in the store, or is damaged; ``where`` is its sha256. The task that made it must run again."""


@dataclass(slots=True)
class ObjectStore:
    """Objects and records in a bucket. A request is repeated for a minute; then BucketError is raised.

    Attributes:
        bucket: The bucket.
        waited_s: How long this has waited, in all, for a store that did not respond.
    """

    bucket: "Bucket"
    waited_s: float = 0.0

    @property
    def address(self) -> str:
        """As on the command line."""
        return self.bucket.name

    def has_object(self, blob: Blob) -> bool:
        """Check that an object exists with its size: its last part is written last."""
        return self._has_part(_list_parts(blob)[-1])

    def upload(
        self, source: Path, blob: Blob, *, is_new: bool = False, sent: Callable[[int], object] = lambda _: None
    ) -> None:
        """Upload a file of that digest and size, unless it exists; an upload that was interrupted is continued.

        Args:
            source: The file.
            blob: Its digest and size; the caller computed them.
            is_new: Hardly any part of it can be there, so do not look first.
            sent: Called with the number of bytes that are in the store since its last call, from several threads.

        Raises:
            StorageError: The file cannot be read, or changed.
        """

        def put_part(part: tuple[str, int, int]) -> None:
            path, start, size = part
            with convert_os_errors(source, "cannot be read"), source.open("rb") as file:
                file.seek(start)
                content = file.read(size)
            if len(content) != size:
                raise StorageError("changed while it was read", where=str(source), hint="Build again.")
            self._put_part(path, content)
            sent(size)

        *parts, last = _list_parts(blob)
        missing = parts if is_new else [part for part in parts if not self._has_part(part)]
        sent(sum(size for _, _, size in parts) - sum(size for _, _, size in missing))
        _map_parts(put_part, missing)
        put_part(last)

    def download(self, blob: Blob, target: Path) -> None:
        """Write an object to a new file, and check its digest. Damaged parts are deleted from the store.

        Raises:
            MissingObjectError: It is not in the store, or was damaged.
        """
        parts, digest = _list_parts(blob), hashlib.sha256()
        with convert_os_errors(target, "cannot be written"), target.open("wb") as file:
            for start in range(0, len(parts), _PARALLEL_PARTS):
                for content in _map_parts(self._get_part, parts[start : start + _PARALLEL_PARTS]):
                    digest.update(content)
                    file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != blob.sha256:
            self.delete_object(blob)
            raise MissingObjectError("an object in the store was damaged, and is deleted", where=blob.sha256)

    def check_object(self, blob: Blob) -> bool:
        """Read an object as a whole, and check its digest."""
        digest = hashlib.sha256()
        for path, _, _ in _list_parts(blob):
            found = self._read(path)
            digest.update(found[0] if found else b"")
        return digest.hexdigest() == blob.sha256

    def delete_object(self, blob: Blob) -> None:
        """Delete all parts of an object, the last one first: without it the object does not exist."""
        for path, _, _ in reversed(_list_parts(blob)):
            self.delete_file(path)

    def delete_file(self, path: str) -> None:
        """Delete a file, if it exists."""
        self._insist(lambda: self.bucket.delete(path))

    def read_file(self, path: str) -> Any:
        """Read a record or manifest; ``None`` if it is missing or damaged."""
        found = self._read(path)
        return decode_record(found[0]) if found else None

    def create_file(self, path: str, plain: Any) -> Any:
        """Write a record or manifest, unless it exists undamaged.

        Returns:
            What is in the store afterwards: that of another client, if it was first.
        """
        content = encode_record(plain)
        if self._put_new(path, content):
            return plain
        found = self._read(path)
        stored = decode_record(found[0]) if found else None
        if stored is not None:
            return stored
        self._insist(lambda: self.bucket.put(path, content))
        return plain

    def update_file(self, path: str, change: Callable[[Any], Any]) -> Any:
        """Replace a file by ``change`` of its content (``None``: there is none), whatever other clients do meanwhile.

        Returns:
            The content that was replaced.

        Raises:
            StorageError: Others kept changing it.
        """
        for _ in range(_UPDATES):
            found = self._read(path)
            before = decode_record(found[0]) if found else None
            content = encode_record(change(before))
            if found and found[0] == content:
                return before
            if self.bucket.put(path, content, mode=found[1] if found else "create") is not None:
                return before
        raise StorageError(
            "is changed by other builds all the time", where=f"{self.address}/{path}", hint="Build again."
        )

    def read_marked(self, path: str) -> tuple[Any, str] | None:
        """Read a file with the mark of its content (ETag), for ``put_if``; ``None`` if it is missing."""
        found = self._read(path)
        return (decode_record(found[0]), found[1]) if found else None

    def put_if(self, path: str, plain: Any, *, mark: str = "") -> str | None:
        """Write a file if its content has a mark, or, without one, if it does not exist.

        Returns:
            The mark of the new content; ``None``: the condition does not hold.
        """
        return self._insist(lambda: self.bucket.put(path, encode_record(plain), mode=mark or "create"))

    def _has_part(self, part: tuple[str, int, int]) -> bool:
        entry = self._insist(lambda: self.bucket.head(part[0]))
        return entry is not None and entry.size_bytes == part[2]

    def _put_part(self, path: str, content: bytes) -> None:
        if not self._put_new(path, content) and not self._has_part((path, 0, len(content))):
            self._insist(lambda: self.bucket.put(path, content))  # what is there is no part of this object

    def _get_part(self, part: tuple[str, int, int]) -> bytes:
        found = self._read(part[0])
        if found is None:
            where = get_digest(part[0])
            raise MissingObjectError("an object is missing in the store", where=where, hint="Build again.")
        return found[0]

    def _put_new(self, path: str, content: bytes) -> bool:
        """Write a file unless its name is taken, also by an attempt whose response was lost."""
        return self._insist(lambda: self.bucket.put(path, content, mode="create")) is not None

    def _read(self, path: str) -> tuple[bytes, str] | None:
        return self._insist(lambda: self.bucket.get(path))

    def _insist(self, request: Callable[[], T]) -> T:
        """Repeat a request while the store does not respond; obstore repeats only some, and tells nobody."""
        start, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            try:
                result = request()
            except StorageError as error:
                if not getattr(error, "is_temporary", False) or time.monotonic() + pause_s > start + _PATIENCE_S:
                    raise
            else:
                if pause_s > _FIRST_PAUSE_S:
                    self.waited_s += time.monotonic() - start
                return result
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def get_record_name(key: str) -> str:
    """Return the path of a record in the bucket."""
    return f"records/{key[:2]}/{key[2:]}.json"


def get_object_name(sha256: str) -> str:
    """Return the path of an object in the bucket; that of a part has a number behind it."""
    return f"objects/{sha256[:2]}/{sha256[2:]}"


def get_digest(path: str) -> str:
    """Return the digest that a path in the bucket names: of an object or a part of it, a key, or a build."""
    return "".join(path.split("/")[1:]).partition(".")[0]


def open_store(address: str) -> ObjectStore:
    """Open the cache at ``s3://bucket/prefix``; nothing is requested yet.

    Raises:
        UsageError: The address is invalid.
        DependencyError: obstore or credentials are missing.
    """
    from pipeline.cache.bucket import open_bucket  # noqa: PLC0415  # obstore is optional

    return ObjectStore(open_bucket(address, retries=_OWN_RETRIES))


def _list_parts(blob: Blob) -> list[tuple[str, int, int]]:
    """Return path, start and size of each part."""
    name, size = get_object_name(blob.sha256), blob.size_bytes
    if size <= PART_BYTES:
        return [(name, 0, size)]
    starts = range(0, size, PART_BYTES)
    return [
        (f"{name}.{number:04}", start, min(PART_BYTES, size - start)) for number, start in enumerate(starts, start=1)
    ]


def _map_parts(function: Callable[[tuple[str, int, int]], T], parts: list[tuple[str, int, int]]) -> Iterator[T]:
    """Apply a function to parts, several at a time; results are in order."""
    if len(parts) < 2:
        return iter([function(part) for part in parts])
    with ThreadPoolExecutor(min(_PARALLEL_PARTS, len(parts))) as pool:
        return iter(list(pool.map(function, parts)))
