"""Downloads the files of a podcast that moves in: with limits, and from where an earlier download stopped."""

import ipaddress
import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pipeline.cli.http_fetch import (
    HttpResponse,
    TemporaryDownloadError,
    limit_chunks,
    open_response,
    read_chunks,
    require_size,
    require_status,
)
from pipeline.errors import StorageError, fill
from pipeline.podcast_import.downloads import FetchedDocument

T = TypeVar("T")

_MAX_REDIRECTS = 12  # analytics prefixes send a download through several hosts
_ATTEMPTS = 4
_TEXT_TIMEOUT_S = 120.0
_AUDIO_TIMEOUT_S = 4 * 3600.0  # of one attempt
_GOES_ON = "The same command goes on where it stopped."
_SAFE = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodcastFiles:
    """The network, as an import may use it."""

    public_only: bool  # refuse addresses of private networks
    retry_pause_s: float = 0.5

    def read(self, address: str, *, max_bytes: int) -> FetchedDocument:
        """Read a small file; see ``FileSource``."""
        return self._retry(lambda: self._read_once(address, max_bytes=max_bytes))

    def save(self, address: str, part: Path, *, max_bytes: int, report: Callable[[int, int], object]) -> None:
        """Download to ``part``; see ``FileSource``."""
        self._retry(lambda: self._save_once(address, part, max_bytes=max_bytes, report=report))

    def _retry(self, attempt: Callable[[], T]) -> T:
        """Try several times, as long as the failure may be temporary."""
        for number in range(1, _ATTEMPTS):
            with suppress(TemporaryDownloadError):
                return attempt()
            time.sleep(self.retry_pause_s * 2**number)
        return attempt()

    def _read_once(self, address: str, *, max_bytes: int) -> FetchedDocument:
        content = BytesIO()
        limit = partial(limit_chunks, address=address, max_bytes=max_bytes, timeout_s=_TEXT_TIMEOUT_S)
        with self._open(address, Accept_Encoding="gzip") as (response, body):
            require_status(response, address)
            is_gzip = "gzip" in response.headers.get("content-encoding", "")
            content.writelines(limit(read_chunks(body, is_gzip=is_gzip)))
            raw = content.getvalue()
            if raw[:2] == b"\x1f\x8b":  # a file that was compressed once more, or without saying so
                raw = b"".join(limit(read_chunks(BytesIO(raw), is_gzip=True)))
        return FetchedDocument(content=raw, address=(response.redirects or (address,))[-1])

    def _save_once(self, address: str, part: Path, *, max_bytes: int, report: Callable[[int, int], object]) -> None:
        state, start = part.with_suffix(".state"), _get_size(part)
        validator = _read_validator(state, address) if start else ""
        headers = {"Range": f"bytes={start}-", "If_Range": validator} if validator else {}
        with self._open(address, **headers) as (response, body):
            if response.status == 416 and _get_total(response) == start:
                return
            require_status(response, address, statuses=(200, 206))
            start = _get_range_start(response) if response.status == 206 else 0
            length = response.headers.get("content-length", "")
            total = start + int(length) if length.isdigit() else 0
            require_size(total, address, max_bytes=max_bytes)
            chunks = read_chunks(body, is_gzip=False)
            limited = limit_chunks(
                chunks,
                address,
                max_bytes=max_bytes,
                timeout_s=_AUDIO_TIMEOUT_S,
                size_bytes=start,
                hint=_GOES_ON,
            )
            try:
                _write_state(state, address, response)
                with part.open("r+b" if part.exists() else "wb") as file:
                    file.truncate(start)
                    file.seek(start)
                    for chunk in limited:
                        file.write(chunk)
                        report(file.tell(), total)
            except OSError as error:
                if isinstance(error, TimeoutError | ConnectionError):
                    raise
                message = fill("cannot be written: {strerror}", strerror=error.strerror)
                raise StorageError(message, where=str(part)) from error
        if total and _get_size(part) != total:
            raise TemporaryDownloadError("the download broke off", where=address, hint=_GOES_ON)

    def _open(self, address: str, **headers: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # as open_response
        escaped = quote(address, safe=_SAFE)  # hosts write spaces and letters with accents into addresses
        return open_response(escaped, max_redirects=_MAX_REDIRECTS, public_only=self.public_only, **headers)


def is_public_address(address: str) -> bool:
    """Whether the host of an address is on the public internet; a name that is unknown here counts as public."""
    try:
        found = socket.getaddrinfo(urlsplit(address).hostname or "", None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return True
    return all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_global for one in found)


def _get_size(part: Path) -> int:
    with suppress(OSError):
        return part.stat().st_size
    return 0


def _get_total(response: HttpResponse) -> int:
    """Return the size in ``Content-Range: bytes */1234``; -1: it is not there."""
    total = response.headers.get("content-range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else -1


def _get_range_start(response: HttpResponse) -> int:
    start = response.headers.get("content-range", "").removeprefix("bytes").strip().partition("-")[0]
    return int(start) if start.isdigit() else 0


def _write_state(state: Path, address: str, response: HttpResponse) -> None:
    """Remember what identifies this version of the file: a part of another version must not be continued."""
    etag = response.headers.get("etag", "")
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("last-modified", "")
    state.write_text(json.dumps({"address": address, "validator": validator}), "utf-8")


def _read_validator(state: Path, address: str) -> str:
    try:
        values = json.loads(state.read_text("utf-8"))
        return str(values["validator"]) if values["address"] == address else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
