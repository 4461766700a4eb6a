"""Looks at a target as an app does: over HTTP, at the addresses that the feed will name, before it names them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pipeline.publish.feed_items import Feed, path_in
from pipeline.publish.target import Source, TargetError

_PATIENCE_S = 20
_AT_ONCE = 8
_SOUND = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}


def look_from_outside(feed: Feed, files: Mapping[str, Source], *, base: str, feed_path: str) -> None:
    """Ask for the head of every address of ours, and for two bytes of each sound (Apple asks for both).

    Raises:
        TargetError: all that is not served as the feed would say.
    """
    wanted = {address: files[path] for address in feed.named if (path := path_in(base, address)) in files and path}
    wanted = {address: source for address, source in wanted.items() if source.path != feed_path}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        faults = [fault for found in pool.map(_faults, wanted, wanted.values()) for fault in found]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        hint = "The feed was left as it is. press/serving/ has what nginx, Apache and static hosts need; or leave out --served."
        raise TargetError(f"{faults[0][1]}{more}", where=faults[0][0], hint=hint)


def feed_trouble(feed: Feed) -> str:
    """What is wrong with the feed as it is served after the switch, in words; mostly nothing. A cache shows here."""
    try:
        with _ask(feed.address, "GET") as answer:
            served = answer.read(len(feed.content) + 1)
            kind = answer.headers.get_content_type()
    except HTTPError as error:
        error.close()
        return f"is not served: {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return f"does not answer: {getattr(error, 'reason', error)}"
    if served != feed.content:
        return "is still served as it was, or by another server: see whether a cache stands before it"
    return "" if "xml" in kind else f"is served as {kind}, and must be XML"


def _faults(address: str, source: Source) -> list[tuple[str, str]]:
    try:
        return [(address, message) for message in _asked(address, source)]
    except HTTPError as error:
        return [(address, f"is not served: {error.code}")]
    except (OSError, HTTPException, ValueError) as error:
        return [(address, f"does not answer: {getattr(error, 'reason', error)}")]


def _asked(address: str, source: Source) -> Iterator[str]:
    with _ask(address, "HEAD") as answer:
        length, kind = answer.headers.get("Content-Length", ""), answer.headers.get_content_type()
    if length and int(length) != source.size_bytes:
        yield f"is served with {length} bytes, and has {source.size_bytes}"
    sound = _SOUND.get(source.path.rpartition(".")[2])
    if sound is None:
        return
    if not length:
        yield "is served without its length"
    if kind != sound:
        yield f"is served as {kind}, and must be {sound}"
    with _ask(address, "GET", Range="bytes=0-1") as answer:
        if answer.status != 206:
            yield "is not served in parts: nobody can seek in it (HTTP byte ranges)"


def _ask(address: str, method: str, **headers: str) -> HTTPResponse:
    """``read_feed`` let only http and https in."""
    request = Request(address, method=method, headers=headers)  # noqa: S310
    return cast("HTTPResponse", urlopen(request, timeout=_PATIENCE_S))  # noqa: S310
