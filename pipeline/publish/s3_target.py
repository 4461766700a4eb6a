"""S3-compatible storage as a target. Credentials and endpoint are read from ``AWS_*`` variables.

The only module that imports obstore, an optional dependency.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pipeline import urls
from pipeline.errors import DependencyError, fill
from pipeline.publish.target import Target, TargetError, TargetFile, UploadSource, create_write_conflict

try:
    import obstore
    from obstore import exceptions
    from obstore.store import S3Store
except ImportError as error:
    raise DependencyError("publishing to s3:// needs obstore", hint="pip install 'weerslag[s3]'") from error

_RETRIES = 5
_NAME_TAKEN = (exceptions.AlreadyExistsError, exceptions.PreconditionError)
_NOT_FOUND = (exceptions.NotFoundError, FileNotFoundError)
_DENIED = (exceptions.UnauthenticatedError, exceptions.PermissionDeniedError, PermissionError)
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Target(Target):
    """A bucket, or a prefix in it, as a target. A token is an ETag; ``store`` is an obstore object."""

    store: Any
    concurrency: int = 4

    def list_files(self) -> dict[str, TargetFile]:
        """List every object; S3 has no partial objects."""
        with self._convert_errors(""):
            return {
                meta["path"]: TargetFile(size_bytes=meta["size"], token=meta["e_tag"] or "")
                for batch in obstore.list(self.store)
                for meta in batch
            }

    def read(self, path: str) -> tuple[bytes, str] | None:
        """Read an object and its ETag."""
        with self._convert_errors(path):
            try:
                found = obstore.get(self.store, path)
            except _NOT_FOUND:
                return None
            return bytes(found.bytes()), found.meta["e_tag"] or ""

    def replace(self, source: UploadSource) -> str:
        """Put; S3 replaces an object atomically."""
        content = source.read()
        with self._convert_errors(source.path):
            return self._put(source.path, content, cache=urls.CACHE_BRIEFLY, mode="overwrite")

    def write_if_match(self, path: str, content: bytes, *, token: str) -> None:
        """Put with ``If-Match``, or with ``If-None-Match: *`` if there was no object."""
        cache = "no-store" if path.startswith(".weerslag-") else urls.CACHE_BRIEFLY
        with self._convert_errors(path):
            try:
                self._put(path, content, cache=cache, mode={"e_tag": token} if token else "create")
            except _NAME_TAKEN:
                stored = self.read(path)
                if stored is None or stored[0] != content:  # equal: our own first attempt succeeded
                    raise create_write_conflict(f"{self.name}/{path}") from None

    def remove(self, path: str) -> None:
        """Delete an object if it exists."""
        with self._convert_errors(path), contextlib.suppress(*_NOT_FOUND):
            obstore.delete(self.store, path)

    def _create(self, path: str, content: bytes) -> str | None:
        """Put with ``If-None-Match: *``. None: the name is taken, or only the response to our first attempt was lost."""
        try:
            return self._put(path, content, cache=urls.CACHE_IMMUTABLE, mode="create")
        except _NAME_TAKEN:
            return None

    def _get_token(self, path: str) -> str:
        return str(obstore.head(self.store, path)["e_tag"] or "")

    def _put(self, path: str, content: bytes, *, cache: str, mode: Any) -> str:
        attributes = {"Content-Type": urls.get_media_type(path), "Cache-Control": cache}
        put = obstore.put(self.store, path, content, attributes=attributes, mode=mode, use_multipart=False)
        return str(put["e_tag"] or "")

    @contextlib.contextmanager
    def _convert_errors(self, path: str, what: str = "") -> Iterator[None]:  # noqa: ARG002  # the server says what failed
        """Convert errors of obstore; never quote them in full, because they may contain credentials."""
        try:
            yield
        except (exceptions.BaseError, FileNotFoundError, PermissionError) as error:
            hint = "Check AWS_ENDPOINT_URL and AWS_REGION, and that the bucket exists; then publish again."
            if isinstance(error, _DENIED):
                hint = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and their permissions for this bucket."
            where = f"{self.name}/{path}" if path else self.name
            raise TargetError(
                fill("the storage refused the request: {what}", what=_describe(error)), where=where, hint=hint
            ) from error


def open_s3(address: str) -> S3Target:
    """Open ``s3://bucket/prefix``.

    Raises:
        TargetError: The address is invalid.
        DependencyError: No environment variable provides credentials.
    """
    bucket, _, prefix = address.removeprefix("s3://").strip("/").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,62}", bucket):
        raise TargetError("invalid bucket address", where=address, hint="Use s3://bucket/prefix.")
    if not any(os.environ.get(name) for name in _CREDENTIALS):
        message = "no credentials for the storage"
        hint = "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=… (and AWS_ENDPOINT_URL, if not Amazon's)"
        raise DependencyError(message, where=address, hint=hint)
    plain = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", "")).startswith("http://")
    store = S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": plain, "timeout": timedelta(minutes=30)},
        retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(minutes=2)},
    )
    return S3Target(store=store, name=f"s3://{bucket}/{prefix}".rstrip("/"))


def _describe(error: Exception) -> str:
    """Return the HTTP status, or the kind of error if no server responded."""
    status = re.search(r"status code: (\d{3} [A-Za-z ]+)", str(error))
    if status:
        return status[1].strip()
    if "error sending request" in str(error):
        return "no response"
    return type(error).__name__.removesuffix("Error").lower()
