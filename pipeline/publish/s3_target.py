"""S3-compatible storage as a target; the doorway to obstore, an extra. Keys and endpoint come from ``AWS_*`` variables."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pipeline import urls
from pipeline.errors import MachineError
from pipeline.publish.target import NOTE, Seen, Source, TakenError, TargetError, bytes_of, is_lasting

try:
    import obstore
    from obstore.exceptions import (
        AlreadyExistsError,
        BaseError,
        NotFoundError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )
    from obstore.store import S3Store
except ImportError as error:
    raise MachineError(
        "publishing to s3:// takes obstore, which is not installed", hint="pip install 'weerslag[s3]'"
    ) from error

_RETRIES = 5
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTarget:
    """A bucket, or a prefix in it, as a target; a token is an ETag. ``store`` is one of obstore's."""

    store: Any
    name: str
    width: int = 4

    def seen(self) -> dict[str, Seen]:
        """Every object there; one that is half there does not exist in S3."""
        with self._as_target_error(""):
            batches = obstore.list(self.store)
            return {
                meta["path"]: Seen(size_bytes=meta["size"], token=meta["e_tag"] or "")
                for batch in batches
                for meta in batch
            }

    def read(self, path: str) -> tuple[bytes, str] | None:
        """An object and its ETag."""
        with self._as_target_error(path):
            try:
                found = obstore.get(self.store, path)
            except (FileNotFoundError, NotFoundError):
                return None
            return bytes(found.bytes()), found.meta["e_tag"] or ""

    def digest(self, path: str) -> str:
        """The sha256 of the bytes there, fetched in pieces."""
        digest = hashlib.sha256()
        with self._as_target_error(path):
            for piece in obstore.get(self.store, path).stream():
                digest.update(piece)
        return digest.hexdigest()

    def create(self, source: Source) -> str:
        """Put with If-None-Match: *, so that a name is given once."""
        with self._as_target_error(source.path):
            try:
                return self._put(source.path, bytes_of(source), cache=_cache(source), mode="create")
            except (AlreadyExistsError, PreconditionError):
                pass  # also when our own first try did arrive, and only its answer was lost
        if self.digest(source.path) != source.sha256:
            message = "is there already, with other bytes; what was published is never overwritten"
            raise TakenError(message, where=f"{self.name}/{source.path}", hint="See who put it there.")
        with self._as_target_error(source.path):
            return str(obstore.head(self.store, source.path)["e_tag"] or "")

    def replace(self, source: Source) -> str:
        """Put; S3 replaces an object in one step."""
        with self._as_target_error(source.path):
            return self._put(source.path, bytes_of(source), cache=_cache(source), mode="overwrite")

    def switch(self, path: str, content: bytes, *, was: str) -> str:
        """Put with If-Match, or If-None-Match where there was none."""
        mode = {"e_tag": was} if was else "create"
        cache = "no-store" if path == NOTE else urls.CACHED_BRIEFLY
        with self._as_target_error(path):
            try:
                return self._put(path, content, cache=cache, mode=mode)
            except (AlreadyExistsError, PreconditionError):
                pass
        there = self.read(path)
        if there is None or there[0] != content:  # the same: our own first try did arrive
            message = "was changed by somebody else while this publish was under way"
            hint = "Fetch their ledger (git pull); publish again."
            raise TakenError(message, where=f"{self.name}/{path}", hint=hint)
        return there[1]

    def remove(self, path: str) -> None:
        """Delete; one that is gone already will do."""
        with self._as_target_error(path), contextlib.suppress(FileNotFoundError, NotFoundError):
            obstore.delete(self.store, path)

    def close(self) -> None:
        """Nothing stays open."""

    def _put(self, path: str, content: bytes, *, cache: str, mode: "Mapping[str, str] | str") -> str:
        attributes = {"Content-Type": urls.media_type(path), "Cache-Control": cache}
        how: Any = mode
        put = obstore.put(self.store, path, content, attributes=attributes, mode=how, use_multipart=False)
        return str(put["e_tag"] or "")

    @contextlib.contextmanager
    def _as_target_error(self, path: str) -> Iterator[None]:
        """Obstore's errors in words; never its whole text, which may hold a key."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, FileNotFoundError, PermissionError) as error:
            hint = "See AWS_ENDPOINT_URL and AWS_REGION, and whether the bucket exists; then publish again."
            if isinstance(error, (UnauthenticatedError, PermissionDeniedError, PermissionError)):
                hint = "See AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do in this bucket."
            where = f"{self.name}/{path}" if path else self.name
            raise TargetError(f"the storage refuses: {_reason(error)}", where=where, hint=hint) from error


def open_bucket(where: str) -> BucketTarget:
    """``s3://bucket/prefix``.

    Raises:
        TargetError: that is no such address.
        MachineError: no variable says with which key.
    """
    bucket, _, prefix = where.removeprefix("s3://").strip("/").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,62}", bucket):
        raise TargetError("is no address of a bucket", where=where, hint="s3://bucket/prefix")
    if not any(os.environ.get(name) for name in _CREDENTIALS):
        message = "no key for the storage"
        hint = "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=… (and AWS_ENDPOINT_URL, if not Amazon's)"
        raise MachineError(message, where=where, hint=hint)
    plain = os.environ.get("AWS_ENDPOINT_URL", os.environ.get("AWS_ENDPOINT", "")).startswith("http://")
    store = S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": plain, "timeout": timedelta(minutes=30)},
        retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(minutes=2)},
    )
    return BucketTarget(store=store, name=f"s3://{bucket}/{prefix}".rstrip("/"))


def _cache(source: Source) -> str:
    return urls.CACHED_FOR_EVER if is_lasting(source.path, source.sha256) else urls.CACHED_BRIEFLY


def _reason(error: Exception) -> str:
    """The status, if a server answered; else the kind of error."""
    status = re.search(r"status code: (\d{3} [A-Za-z ]+)", str(error))
    if status:
        return status[1].strip()
    return "no answer" if "error sending request" in str(error) else type(error).__name__.removesuffix("Error").lower()
