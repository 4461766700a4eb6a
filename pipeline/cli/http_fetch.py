"""Fetches what the user names by its address: http and https only, bounded in size, time and redirects."""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
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
)

from pipeline import __version__
from pipeline.errors import WeerslagError

_SILENCE_S = 20.0  # between two pieces
_MOST_HOPS = 5
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said. ``hops`` are the addresses it sent us on to, the last of which gave this answer."""

    status: int
    headers: dict[str, str]  # names in lower case
    hops: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """As the server says; 0 if it does not."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isascii() and told.isdigit() else 0


def head(address: str) -> Answer:
    """The head of what is there; a refusal is an answer too.

    Raises:
        WeerslagError: nobody answers.
    """
    with _asked(address, method="HEAD") as (answer, _):
        return answer


def has_ranges(address: str) -> bool:
    """Whether two bytes can be had alone.

    Raises:
        WeerslagError: nobody answers.
    """
    with _asked(address, headers={"Range": "bytes=0-1"}) as (answer, _):
        return answer.status == 206


def fetch(address: str, into: BinaryIO, *, most_bytes: int, most_s: float) -> Answer:
    """Write what is there into ``into``.

    Raises:
        WeerslagError: nobody answers, the answer is a refusal, or it is too big or too slow.
    """
    until = time.monotonic() + most_s
    with _asked(address) as (answer, body):
        if answer.status != 200:
            raise WeerslagError(f"the server answers {answer.status}", where=address)
        size = 0
        for piece in _pieces(body, packed=answer.headers.get("content-encoding", "") == "gzip"):
            size += len(piece)
            if size > most_bytes:
                raise WeerslagError(f"it has more than {most_bytes // 1_000_000} million bytes", where=address)
            if time.monotonic() > until:
                raise WeerslagError(f"it took more than {most_s:.0f} seconds", where=address)
            into.write(piece)
    return answer


def _pieces(body: BinaryIO, *, packed: bool) -> Iterator[bytes]:
    """The body, unpacked a piece at a time: a small gzip can hold a very big nothing."""
    if not packed:
        yield from iter(lambda: body.read(_PIECE), b"")
        return
    unpacking = zlib.decompressobj(31)
    while raw := body.read(_PIECE):
        while raw:
            yield unpacking.decompress(raw, _PIECE)
            raw = unpacking.unconsumed_tail


class _Hops(HTTPRedirectHandler):
    """Follows redirects, a few, and writes them down."""

    def __init__(self) -> None:
        self.hops: list[str] = []

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        self.hops.append(newurl)
        if len(self.hops) > _MOST_HOPS:
            raise WeerslagError(f"it sends us on more than {_MOST_HOPS} times", where=req.full_url)
        if not newurl.lower().startswith(("http://", "https://")):
            raise WeerslagError("it sends us on to something that is no http address", where=req.full_url)
        again = super().redirect_request(req, fp, code, msg, headers, newurl)
        if again is not None:
            again.method = req.get_method()  # urllib would make a GET of HEAD
        return again


@contextmanager
def _asked(
    address: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> Iterator[tuple[Answer, BinaryIO]]:
    """The answer and its body. No file:, no ftp:, no cookies: only these handlers are there."""
    hops = _Hops()
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
        hops,
    ):
        opener.add_handler(handler)
    try:
        asking = {
            "User-Agent": f"weerslag/{__version__} (feed linter)",
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        request = Request(address, method=method, headers=asking)  # noqa: S310 # the opener knows http and https only
        try:
            response = opener.open(request, timeout=_SILENCE_S)
        except urlerror.HTTPError as refusal:
            response = refusal
        if response is None:  # no handler for that scheme
            raise WeerslagError("this is no http or https address", where=address)
        with response:
            told = {name.lower(): value for name, value in response.headers.items()}
            yield Answer(status=response.status or 0, headers=told, hops=tuple(hops.hops)), response
    except (OSError, HTTPException, ValueError, zlib.error) as error:  # URLError and time-outs are OSErrors
        reason = getattr(error, "reason", None) or error
        hint = "Look at the address, and whether the server is up."
        raise WeerslagError(f"it cannot be had ({reason})", where=address, hint=hint) from error
