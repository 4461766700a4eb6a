"""HTTP client for addresses from the command line: http and https only; bounded in size, time and redirects."""

import time
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import BinaryIO
from urllib import error as urlerror
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    getproxies,
)

from pipeline import __version__
from pipeline.errors import WeerslagError, fill

_IDLE_TIMEOUT_S = 20.0  # between two chunks
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_TEMPORARY = (408, 425, 429)  # too slow, too early, too many requests


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """Status and headers of a response, and the addresses that the request was redirected to, in order."""

    status: int
    headers: dict[str, str]  # names in lower case
    redirects: tuple[str, ...] = ()


class TemporaryDownloadError(WeerslagError):
    """The server or the connection failed in a way that may be over at another attempt."""


def fetch_headers(address: str) -> HttpResponse:
    """Send a HEAD request; an error status is a response too.

    Raises:
        WeerslagError: The server does not respond.
    """
    with open_response(address, method="HEAD") as (response, _):
        return response


def supports_ranges(address: str) -> bool:
    """Check whether the server answers a byte range request with that range.

    Raises:
        WeerslagError: The server does not respond.
    """
    with open_response(address, Range="bytes=0-1") as (response, _):
        return response.status == 206


def download(address: str, file: BinaryIO, *, max_bytes: int, timeout_s: float) -> HttpResponse:
    """Download the content at an address to ``file``.

    Raises:
        WeerslagError: The server does not respond or the status is not 200, or a limit is exceeded.
    """
    with open_response(address) as (response, body):
        require_status(response, address)
        chunks = read_chunks(body, is_gzip=response.headers.get("content-encoding", "") == "gzip")
        file.writelines(limit_chunks(chunks, address, max_bytes=max_bytes, timeout_s=timeout_s))
    return response


def require_status(response: HttpResponse, address: str, *, statuses: Collection[int] = (200,)) -> None:
    """Require a status of success.

    Raises:
        TemporaryDownloadError: The server is overloaded, or has a fault.
        WeerslagError: It has another status.
    """
    if response.status not in statuses:
        is_temporary = response.status >= 500 or response.status in _TEMPORARY
        kind = TemporaryDownloadError if is_temporary else WeerslagError
        raise kind(fill("download failed (HTTP {status})", status=response.status), where=address)


def limit_chunks(
    chunks: Iterable[bytes], address: str, *, max_bytes: int, timeout_s: float, size_bytes: int = 0, hint: str = ""
) -> Iterator[bytes]:
    """Yield chunks until a limit is exceeded; ``size_bytes`` are there already, and ``hint`` is for who waited too long.

    Raises:
        WeerslagError: The file is too large, or the download takes too long.
    """
    deadline = time.monotonic() + timeout_s
    for chunk in chunks:
        size_bytes += len(chunk)
        require_size(size_bytes, address, max_bytes=max_bytes)
        if time.monotonic() > deadline:
            message = fill("the download took more than {timeout_s:.0f} seconds", timeout_s=timeout_s)
            raise WeerslagError(message, where=address, hint=hint)
        yield chunk


def require_size(size_bytes: int, address: str, *, max_bytes: int) -> None:
    """Require a size within the limit.

    Raises:
        WeerslagError: It is larger.
    """
    if size_bytes > max_bytes:
        message = fill("the file has more than {max_bytes} million bytes", max_bytes=max_bytes // 1_000_000)
        raise WeerslagError(message, where=address)


def read_chunks(body: BinaryIO, *, is_gzip: bool) -> Iterator[bytes]:
    """Read the body in chunks of bounded size, also when decompressed: a small gzip can hold gigabytes."""
    if not is_gzip:
        yield from iter(lambda: body.read(_CHUNK_BYTES), b"")
        return
    decompressor = zlib.decompressobj(31)
    while raw := body.read(_CHUNK_BYTES):
        while raw:
            yield decompressor.decompress(raw, _CHUNK_BYTES)
            raw = decompressor.unconsumed_tail


class _RedirectRecorder(HTTPRedirectHandler):
    """Follows a limited number of redirects, and records them."""

    def __init__(self, max_redirects: int) -> None:
        self.redirects: list[str] = []
        self._max_redirects = max_redirects

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        self.redirects.append(newurl)
        if len(self.redirects) > self._max_redirects:
            raise WeerslagError(
                fill("more than {max_redirects} redirects", max_redirects=self._max_redirects), where=req.full_url
            )
        if not newurl.lower().startswith(("http://", "https://")):
            raise WeerslagError("redirect to an address that is not http or https", where=req.full_url)
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None:
            request.method = req.get_method()  # urllib would turn HEAD into GET
        return request


class _PublicConnection(HTTPConnection):
    """A connection to the public internet only: a feed must not make this computer read addresses of its own network."""

    def connect(self) -> None:
        """Connect, and close again if the other side is no public address; nothing was sent then."""
        super().connect()
        _require_public(self)


class _PublicTlsConnection(HTTPSConnection):
    """The same with TLS."""

    def connect(self) -> None:
        """Connect, and close again if the other side is no public address."""
        super().connect()
        _require_public(self)


def _require_public(connection: HTTPConnection) -> None:
    peer = ip_address(connection.sock.getpeername()[0].partition("%")[0])
    if not peer.is_global:
        connection.close()
        message = fill(
            "{host} is an address of a private network, which the feed of a public host must not name", host=peer
        )
        raise WeerslagError(message, where=connection.host)


class _PublicHttpHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_PublicConnection, req)


class _PublicTlsHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_PublicTlsConnection, req)


@contextmanager
def open_response(
    address: str, *, method: str = "GET", max_redirects: int = _MAX_REDIRECTS, public_only: bool = False, **headers: str
) -> Iterator[tuple[HttpResponse, BinaryIO]]:
    """Open the response and its body. There are no handlers for file:, ftp: or cookies.

    Args:
        address: The address, http or https.
        method: GET or HEAD.
        max_redirects: The limit.
        public_only: Refuse addresses of private networks, also after a redirect; behind a proxy, that decides.
        headers: Further headers; ``_`` in a name stands for a hyphen.

    Raises:
        TemporaryDownloadError: There is no response.
        WeerslagError: There is no valid one.
    """
    recorder, opener = _RedirectRecorder(max_redirects), OpenerDirector()
    is_guarded = public_only and not getproxies()
    connectors = (_PublicHttpHandler, _PublicTlsHandler) if is_guarded else (HTTPHandler, HTTPSHandler)
    handlers = (ProxyHandler, *connectors, HTTPErrorProcessor, HTTPDefaultErrorHandler)
    for handler in (*(create() for create in handlers), recorder):
        opener.add_handler(handler)
    defaults = {"User-Agent": f"weerslag/{__version__} (feed linter)", "Accept-Encoding": "identity"}
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        request = Request(address, method=method, headers=defaults | headers)  # noqa: S310 # http and https only
        try:
            raw = opener.open(request, timeout=_IDLE_TIMEOUT_S)
        except urlerror.HTTPError as error_status:
            raw = error_status
        if raw is None:  # no handler for that scheme
            raise WeerslagError("not an http or https address", where=address)
        with raw:
            received = {name.lower(): value for name, value in raw.headers.items()}
            yield HttpResponse(status=raw.status or 0, headers=received, redirects=tuple(recorder.redirects)), raw
    except (OSError, HTTPException, ValueError, zlib.error) as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        hint = "Check the address, and whether the server is running."
        is_permanent = isinstance(reason, ValueError)  # an address that is none, or a certificate that is not valid
        kind = WeerslagError if is_permanent else TemporaryDownloadError
        raise kind(fill("download failed ({reason})", reason=reason), where=address, hint=hint) from error
