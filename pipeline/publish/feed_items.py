"""Read the feed that is about to be published as an app reads it: from its bytes, not from the model."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET  # only for feeds of this build

from pipeline.content.publication_log import ListedEpisode
from pipeline.errors import GateError, fill, make_message
from pipeline.model.feed_vocabulary import NAMESPACES


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """A feed with all its pages."""

    content: bytes  # of the first page, which leads to the others
    sha256: str
    further_pages: tuple[tuple[str, bytes], ...] = ()  # URL and bytes
    first_page: int  # number of items on the first page
    address: str  # atom:link rel=self
    podcast: str  # podcast:guid
    hubs: tuple[str, ...]  # WebSub: atom:link rel=hub
    items: tuple[ListedEpisode, ...]  # without digests: no element states them
    addresses: tuple[str, ...]  # every URL in it, in order, without fragments


def read_feed(content: bytes, *, read_page: Callable[[str], bytes | None] = lambda _: None) -> PublishedFeed:
    """Read a feed with all its pages (RFC 5005, section 3).

    Args:
        content: The first page.
        read_page: Returns the bytes of a further page by its URL, or ``None`` if it does not exist.

    Raises:
        GateError: It is not a feed, a page is missing, or an item lacks a required element.
    """
    try:
        return _parse_feed(content, read_page)
    except (ET.ParseError, ValueError, TypeError, StopIteration) as error:
        raise GateError(
            fill("the feed cannot be read: {error}", error=error), where="public/feed.xml", hint="Build again."
        ) from error


def to_public_path(base: str, address: str) -> str | None:
    """Convert a URL to a path under ``public/``; ``None`` if it does not begin with ``base``."""
    if not address.startswith(base):
        return None
    path = unquote(address.removeprefix(base).partition("#")[0])
    return f"{path}index.html" if not path or path.endswith("/") else path


def _parse_feed(content: bytes, read_page: Callable[[str], bytes | None]) -> PublishedFeed:
    channel = _parse_channel(content)
    pages, further_pages = [channel], dict[str, bytes]()
    while address := _find_link(pages[-1], "next"):
        page = read_page(address)
        if page is None or address in further_pages:
            reason = make_message("refers to an earlier page" if page else "is missing")
            raise GateError(
                fill("a page of the feed {reason}: {address}", reason=reason, address=address),
                where="public/feed.xml",
                hint="Build again.",
            )
        further_pages[address] = page
        pages.append(_parse_channel(page))
    items = [[_parse_item(item) for item in page.iterfind("item")] for page in pages]
    return PublishedFeed(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        further_pages=tuple(further_pages.items()),
        first_page=len(items[0]),
        address=_find_link(channel, "self"),
        hubs=tuple(link.get("href", "") for link in channel.iterfind("atom:link[@rel='hub']", NAMESPACES)),
        podcast=channel.findtext("podcast:guid", "", NAMESPACES),
        items=tuple(item for page in items for item in page),
        addresses=tuple(dict.fromkeys(address for page in pages for address in _find_addresses(page))),
    )


def _parse_channel(content: bytes) -> ET.Element:
    return next(ET.fromstring(content).iterfind("channel"))  # noqa: S314  # written by this build


def _find_link(channel: ET.Element, rel: str) -> str:
    link = channel.find(f"atom:link[@rel='{rel}']", NAMESPACES)
    return link.get("href", "") if link is not None else ""


def _parse_item(item: ET.Element) -> ListedEpisode:
    enclosure = item.find("enclosure")
    if enclosure is None:
        raise ValueError(f"no enclosure in “{item.findtext('title', '')}”")
    return ListedEpisode(
        guid=_get_text(item, "guid"),
        page=_get_text(item, "link"),
        address=enclosure.get("url", ""),
        size_bytes=int(enclosure.get("length", "")),
        sha256="",
        length_s=float(item.findtext("itunes:duration", "0", NAMESPACES)),
        published=parsedate_to_datetime(_get_text(item, "pubDate")),
    )


def _get_text(item: ET.Element, name: str) -> str:
    text = item.findtext(name, "").strip()
    if not text:
        raise ValueError(f"no {name} in “{item.findtext('title', '')}”")
    return text


def _find_addresses(channel: ET.Element) -> Iterator[str]:
    """Find URLs in attributes, and in the text of ``link`` elements."""
    for element in channel.iter():
        values = [element.get(name, "") for name in ("url", "href", "uri")]
        values += [element.text or ""] if element.tag == "link" else []
        for address in values:
            if urlsplit(address).scheme in ("http", "https"):
                yield address.partition("#")[0]
