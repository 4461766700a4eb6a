"""S3-compatible storage as a target."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from pipeline import urls
from pipeline.cache.bucket import Bucket, BucketError, ForeignKeyError, open_bucket
from pipeline.errors import UsageError
from pipeline.publish.manifest import MANIFEST, read_manifest
from pipeline.publish.target import Target, TargetError, TargetFile, UploadSource, create_write_conflict

_HEAD_CONCURRENCY = 16
_REQUEST_TIME = timedelta(minutes=30)  # an enclosure is one request


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Target(Target):
    """A bucket, or a prefix in it, as a target. A token is an ETag."""

    bucket: Bucket
    concurrency: int = 4

    def list_files(self) -> dict[str, TargetFile]:
        """List every object; S3 has no partial objects.

        With a key of somebody else that is no path, such as ``a//b``, only our own objects are listed, by name.
        """
        with self._convert_errors(""):
            try:
                entries = [*self.bucket.list()]
            except ForeignKeyError:
                names = read_manifest(self).keys()
                if not names:
                    raise
                with ThreadPoolExecutor(max_workers=_HEAD_CONCURRENCY) as pool:
                    found = pool.map(self.bucket.head, sorted({*names, MANIFEST, urls.FEED}))
                entries = [entry for entry in found if entry is not None]
            return {entry.path: TargetFile(size_bytes=entry.size_bytes, token=entry.etag) for entry in entries}

    def read(self, path: str) -> tuple[bytes, str] | None:
        """Read an object and its ETag."""
        with self._convert_errors(path):
            return self.bucket.get(path)

    def replace(self, source: UploadSource) -> str:
        """Put; S3 replaces an object atomically."""
        content = source.read()
        with self._convert_errors(source.path):
            return self._put(source.path, content, cache=urls.CACHE_BRIEFLY, mode="overwrite") or ""

    def write_if_match(self, path: str, content: bytes, *, token: str) -> None:
        """Put with ``If-Match``, or with ``If-None-Match: *`` if there was no object."""
        cache = "no-store" if path.startswith(".weerslag-") else urls.CACHE_BRIEFLY
        with self._convert_errors(path):
            if self._put(path, content, cache=cache, mode=token or "create") is None:
                stored = self.read(path)
                if stored is None or stored[0] != content:  # equal: our own first attempt succeeded
                    raise create_write_conflict(f"{self.name}/{path}")

    def remove(self, path: str) -> None:
        """Delete an object if it exists."""
        with self._convert_errors(path):
            self.bucket.delete(path)

    def _create(self, path: str, content: bytes) -> str | None:
        """Put with ``If-None-Match: *``. None: the name is taken, or only the response to our first attempt was lost."""
        return self._put(path, content, cache=urls.CACHE_IMMUTABLE, mode="create")

    def _get_token(self, path: str) -> str:
        entry = self.bucket.head(path)
        return entry.etag if entry else ""

    def _put(self, path: str, content: bytes, *, cache: str, mode: str) -> str | None:
        attributes = {"Content-Type": urls.get_media_type(path), "Cache-Control": cache}
        return self.bucket.put(path, content, mode=mode, attributes=attributes)

    @contextlib.contextmanager
    def _convert_errors(self, path: str, what: str = "") -> Iterator[None]:  # noqa: ARG002  # the server says what failed
        try:
            yield
        except BucketError as error:
            raise TargetError(error.message, where=error.where, hint=error.hint) from error


def open_s3(address: str) -> S3Target:
    """Open ``s3://bucket/prefix``.

    Raises:
        TargetError: The address is invalid.
        DependencyError: No environment variable provides credentials.
    """
    try:
        bucket = open_bucket(address, request_time=_REQUEST_TIME)
    except UsageError as error:
        raise TargetError(error.message, where=error.where, hint=error.hint) from error
    return S3Target(bucket=bucket, name=bucket.name)
