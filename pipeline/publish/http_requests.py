"""HTTP requests: check published files as an app does, before the feed refers to them; notify hubs afterwards.

The only module of this package that opens URLs.
"""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

from pipeline import urls
from pipeline.errors import fill, make_message
from pipeline.publish.feed_items import PublishedFeed, to_public_path
from pipeline.publish.target import TargetError, UploadSource

PODCAST_INDEX = "https://api.podcastindex.org/api/1.0/hub/pubnotify"  # needs no key, and adds no new feed

_CONCURRENCY = 8
_MAX_REDIRECTS = 5
_PERMANENT, _OK = (301, 308), 200
_HEAD_BYTES = 200_000  # of a feed: its channel
_TIMEOUT_S = 20
_HTTP_ERRORS = (OSError, HTTPException, ValueError)  # HTTPError is an OSError


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification that was sent. ``error`` is empty on success; without it apps find the change by polling."""

    recipient: str
    error: str = ""


def check_served_files(feed: PublishedFeed, files: Mapping[str, UploadSource], *, base: str) -> None:
    """Send a HEAD request for every URL in the feed that is on this site, and a range request for audio (Apple requires both).

    Args:
        feed: The feed that refers to them.
        files: What was uploaded, by path.
        base: The URL of the programme.

    Raises:
        TargetError: A file is not served as the feed will announce it.
    """
    expected = {
        address: files[path]
        for address in feed.addresses
        if (path := to_public_path(base, address)) and path in files and path != urls.FEED
    }
    with ThreadPoolExecutor(max_workers=_CONCURRENCY) as pool:
        problems = [one for found in pool.map(_check_file, expected, expected.values()) for one in found]
    if problems:
        (address, message), more = problems[0], len(problems) - 1
        hint = (
            "The feed was not changed. press/serving/ has settings for nginx, Apache and static hosts; "
            "or omit --served."
        )
        raise TargetError(
            fill("{message} (and {more} more)", message=message, more=more) if more else message,
            where=address,
            hint=hint,
        )


def find_feed_problem(feed: PublishedFeed) -> str:
    """Request the feed after it was replaced, and describe what is wrong; empty: nothing. A stale cache shows here."""
    try:
        with _send(feed.address) as response:
            content = response.read(len(feed.content) + 1)
            media_type = response.headers.get_content_type()
    except _HTTP_ERRORS as error:
        return _describe_error(error)
    if content != feed.content:
        return "the old version is still served, or another server responds: check for a cache in front of it"
    return "" if "xml" in media_type else f"media type is {media_type}; expected XML"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectCheck:
    """How the old URL of a feed that moved answers."""

    state: str  # permanent | temporary | elsewhere | tag | old-feed | error
    message: str

    @property
    def is_right(self) -> bool:
        """Whether all apps follow, and store the new URL."""
        return self.state == "permanent"


def check_redirect(old: str, feed: PublishedFeed) -> RedirectCheck:
    """Request the old URL of a feed, as an app does, and find out whether it leads subscribers to the new one."""
    address, statuses = old, list[int]()
    try:
        while len(statuses) < _MAX_REDIRECTS:
            status, location, content = _request_once(address)
            if location is None or not 300 <= status < 400:
                break
            statuses.append(status)
            address = urljoin(address, location)
            if address == feed.address:
                break
    except _HTTP_ERRORS as error:
        return RedirectCheck(state="error", message=_describe_error(error))
    if address == feed.address and statuses:
        if statuses[0] in _PERMANENT:
            return RedirectCheck(state="permanent", message=make_message("redirects permanently: subscribers follow"))
        message = fill(
            "redirects temporarily (HTTP {status}): apps keep asking the old host; make it 301", status=statuses[0]
        )
        return RedirectCheck(state="temporary", message=message)
    if statuses:
        return RedirectCheck(
            state="elsewhere", message=fill("redirects to another address: {address}", address=address)
        )
    if status != _OK:
        message = fill("HTTP status {status}: subscribers are lost; set a redirect (301)", status=status)
        return RedirectCheck(state="error", message=message)
    if re.search(rb"<itunes:new-feed-url>\s*" + re.escape(feed.address.encode()), content):
        message = make_message("names the new URL in itunes:new-feed-url: most apps follow; a redirect (301) is surer")
        return RedirectCheck(state="tag", message=message)
    message = make_message("still serves its own feed: subscribers stay there until it redirects (301)")
    return RedirectCheck(state="old-feed", message=message)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _request_once(address: str) -> tuple[int, str | None, bytes]:
    """Send one request, and follow no redirect; return status, location, and the first bytes of the content."""
    if not address.lower().startswith(("http://", "https://")):
        raise ValueError(f"{address} is not http or https")
    request = Request(address, headers={"User-Agent": "weerslag"})  # noqa: S310  # checked above
    try:
        with build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_S) as response:
            return response.status, response.headers.get("Location"), response.read(_HEAD_BYTES)
    except HTTPError as error:
        with error:
            return error.code, error.headers.get("Location"), b""


def _check_file(address: str, source: UploadSource) -> list[tuple[str, str]]:
    try:
        return [(address, message) for message in _find_problems(address, source)]
    except _HTTP_ERRORS as error:
        return [(address, _describe_error(error))]


def _find_problems(address: str, source: UploadSource) -> Iterator[str]:
    with _send(address, "HEAD") as response:
        length, media_type = response.headers.get("Content-Length", ""), response.headers.get_content_type()
    if length and int(length) != source.size_bytes:
        yield fill("Content-Length is {length}; the file has {size} bytes", length=length, size=source.size_bytes)
    expected_type = urls.get_media_type(source.path)
    if not expected_type.startswith("audio/"):
        return
    if not length:
        yield make_message("no Content-Length")
    if media_type != expected_type:
        yield fill("media type is {found}; expected {expected}", found=media_type, expected=expected_type)
    with _send(address, Range="bytes=0-1") as response:
        if response.status != 206:
            yield make_message("no byte ranges: listeners cannot seek")


def send_notifications(feed: PublishedFeed, *, index: str = PODCAST_INDEX) -> tuple[Notification, ...]:
    """Notify the WebSub hubs of a feed and the Podcast Index, each once, that the feed changed.

    Source: WebSub (W3C 2018), section 7; Podcast Index API, hub/pubnotify.
    """
    # some hubs support only hub.url, which is older than the standard
    form = urlencode({"hub.mode": "publish", "hub.topic": feed.address, "hub.url": feed.address}).encode()
    hubs = [Notification(recipient=hub, error=_notify(hub, form)) for hub in feed.hubs]
    return (*hubs, Notification(recipient=index, error=_notify(f"{index}?{urlencode({'url': feed.address})}", None)))


def _notify(address: str, form: bytes | None) -> str:
    """Send one request and describe the error, if any."""
    try:
        with _send(address, "POST" if form else "GET", data=form):
            return ""
    except _HTTP_ERRORS as error:
        return _describe_error(error)


def _send(address: str, method: str = "GET", *, data: bytes | None = None, **headers: str) -> HTTPResponse:
    """Send a request; the caller closes the response.

    Raises:
        HTTPError: The status is an error.
        OSError, HTTPException, ValueError: There is no valid response.
    """
    # Callers pass only http and https: content validation and read_feed check that.
    request = Request(address, data=data, method=method, headers={"User-Agent": "weerslag", **headers})  # noqa: S310
    return cast("HTTPResponse", urlopen(request, timeout=_TIMEOUT_S))  # noqa: S310


def _describe_error(error: Exception) -> str:
    """Describe one of ``_HTTP_ERRORS``."""
    if isinstance(error, HTTPError):
        error.close()
        return fill("HTTP status {code}", code=error.code)
    return fill("no response: {reason}", reason=getattr(error, "reason", error))
