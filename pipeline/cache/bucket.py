"""S3-compatible storage: get, put with conditions, list. Credentials and endpoint are read from ``AWS_*`` variables.

The only module that imports obstore, an optional dependency.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.errors import DependencyError, StorageError, UsageError, fill, suggest_install

try:
    import obstore
    from obstore import exceptions
    from obstore.store import S3Store
except ImportError as error:
    raise DependencyError("an address with s3:// needs obstore", hint=suggest_install("s3")) from error

_NAME_TAKEN = (exceptions.AlreadyExistsError, exceptions.PreconditionError)
_NOT_FOUND = (exceptions.NotFoundError, FileNotFoundError)
_DENIED = (exceptions.UnauthenticatedError, exceptions.PermissionDeniedError, PermissionError)
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
_RETRIES = 8
_RETRY_TIME = timedelta(minutes=2)
_CONNECT_TIME = timedelta(seconds=10)


class BucketError(StorageError):
    """The storage does not respond, or refuses a request. ``is_temporary``: a later request may succeed."""

    is_temporary = False


class ForeignKeyError(BucketError):
    """The storage has a key of somebody else that is no path, such as one with ``//``, so that it cannot be listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketEntry:
    """An object as the storage describes it."""

    path: str
    size_bytes: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, or a prefix in it; ``store`` is an obstore object. Its requests may run in parallel.

    Every method raises BucketError if the storage does not respond, or refuses.
    """

    name: str  # as in its address
    store: Any

    def get(self, path: str) -> tuple[bytes, str] | None:
        """Read an object and its ETag; ``None`` if it does not exist."""
        with self._convert_errors(path):
            try:
                found = obstore.get(self.store, path)
            except _NOT_FOUND:
                return None
            return bytes(found.bytes()), found.meta["e_tag"] or ""

    def head(self, path: str) -> BucketEntry | None:
        """Describe an object; ``None`` if it does not exist."""
        with self._convert_errors(path):
            try:
                return _describe_entry(obstore.head(self.store, path))
            except _NOT_FOUND:
                return None

    def put(
        self, path: str, content: bytes, *, mode: str = "overwrite", attributes: Mapping[str, str] | None = None
    ) -> str | None:
        """Write an object in one step.

        Args:
            path: Its path below the prefix.
            content: Its bytes.
            mode: ``overwrite``; ``create``: only if it does not exist; else the ETag that it must have.
            attributes: HTTP headers that it is served with.

        Returns:
            Its ETag; ``None``: it exists, or has another ETag, or none. So it is after a retry of a request
            that did succeed.
        """
        condition: Any = mode if mode in ("overwrite", "create") else {"e_tag": mode}
        with self._convert_errors(path):
            try:
                put = obstore.put(
                    self.store, path, content, attributes=dict(attributes or {}), mode=condition, use_multipart=False
                )
            except _NAME_TAKEN:
                return None
            except _NOT_FOUND:
                if mode in ("overwrite", "create"):
                    raise
                return None
            return str(put["e_tag"] or "")

    def delete(self, path: str) -> None:
        """Delete an object if it exists."""
        with self._convert_errors(path), contextlib.suppress(*_NOT_FOUND):
            obstore.delete(self.store, path)

    def list(self, prefix: str = "") -> Iterator[BucketEntry]:
        """List the objects below a prefix that ends at a slash; one request for each thousand."""
        with self._convert_errors(prefix):
            for batch in obstore.list(self.store, prefix or None):
                yield from map(_describe_entry, batch)

    @contextlib.contextmanager
    def _convert_errors(self, path: str) -> Iterator[None]:
        """Convert errors of obstore; never quote them in full, because they may contain credentials."""
        try:
            yield
        except exceptions.InvalidPathError as error:
            found = re.search(r'[Pp]ath "([^"]*)"', str(error))
            hint = "Rename or remove it in the storage, or use another prefix."
            message = fill("the storage has a key that is no path: {key}", key=found[1] if found else path)
            raise ForeignKeyError(message, where=self.name, hint=hint) from error
        except (exceptions.BaseError, FileNotFoundError, PermissionError) as error:
            what = _describe(error)
            hint = "Check AWS_ENDPOINT_URL and AWS_REGION, and that the bucket exists; then try again."
            if isinstance(error, _DENIED):
                hint = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and their permissions for this bucket."
            where = f"{self.name}/{path}" if path else self.name
            converted = BucketError(fill("the storage refused the request: {what}", what=what), where=where, hint=hint)
            converted.is_temporary = what in ("no response", "generic") or what.startswith("5")
            raise converted from error


def open_bucket(address: str, *, request_time: timedelta = timedelta(minutes=1), retries: int | None = None) -> Bucket:
    """Open ``s3://bucket/prefix``; nothing is requested yet.

    Args:
        address: The address.
        request_time: How long one request may take.
        retries: How often one is repeated after a failure, if it is safe to repeat.

    Raises:
        UsageError: The address is invalid.
        DependencyError: No environment variable provides credentials.
    """
    bucket, _, prefix = address.removeprefix("s3://").strip("/").partition("/")
    if not address.startswith("s3://") or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,62}", bucket):
        raise UsageError("invalid bucket address", where=address, hint="Use s3://bucket/prefix.")
    if not any(os.environ.get(name) for name in _CREDENTIALS):
        message = "no credentials for the storage"
        hint = "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=… (and AWS_ENDPOINT_URL, if not Amazon's)"
        raise DependencyError(message, where=address, hint=hint)
    plain = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", "")).startswith("http://")
    store = S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": plain, "timeout": request_time, "connect_timeout": _CONNECT_TIME},
        retry_config={"max_retries": _RETRIES if retries is None else retries, "retry_timeout": _RETRY_TIME},
    )
    return Bucket(name=f"s3://{bucket}/{prefix}".rstrip("/"), store=store)


def _describe_entry(meta: Any) -> BucketEntry:
    return BucketEntry(
        path=meta["path"], size_bytes=meta["size"], etag=meta["e_tag"] or "", modified=meta["last_modified"]
    )


def _describe(error: Exception) -> str:
    """Return the HTTP status, or the kind of error if no server responded."""
    status = re.search(r"status code: (\d{3} [A-Za-z ]+)", str(error))
    if status:
        return status[1].strip()
    if "error sending request" in str(error):
        return "no response"
    return type(error).__name__.removesuffix("Error").lower()
