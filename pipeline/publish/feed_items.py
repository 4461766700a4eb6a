"""The feed as a stranger reads it: its items, and every address that it names. From bytes, not from what we meant."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET  # of feeds that this very build wrote

from pipeline.errors import GateError

_NS = {
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "atom": "http://www.w3.org/2005/Atom",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An episode, as the feed tells it."""

    guid: str
    page: str
    address: str
    size_bytes: int
    length_s: float
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, all its pages together; ``named`` are all addresses in it, without their fragments, in order."""

    content: bytes  # of the first page, which names the others: their names change with their bytes
    sha256: str
    older: tuple[tuple[str, bytes], ...] = ()  # address and bytes of each further page
    first_page: int  # how many of the items stand on it
    address: str  # by its own word: atom:link rel=self
    podcast: str  # podcast:guid
    hubs: tuple[str, ...]  # WebSub: atom:link rel=hub
    items: tuple[Item, ...]
    named: tuple[str, ...]


def read_feed(content: bytes, *, opened: Callable[[str], bytes | None] = lambda _: None) -> Feed:
    """The feed in ``content``, with all pages that it leads to; ``opened`` gives the bytes at an address of ours.

    Raises:
        GateError: it is no feed, a page of it is missing, or an item lacks what no episode may lack.
    """
    channel = _channel(content)
    pages, older = [channel], dict[str, bytes]()
    while address := _link(pages[-1], "next"):
        page = opened(address)
        if page is None or address in older:
            reason = "leads in a circle" if page else "is missing"
            raise GateError(f"a page of the feed {reason}: {address}", where="public/feed.xml", hint="Build again.")
        older[address] = page
        pages.append(_channel(page))
    items = [_items(page) for page in pages]
    return Feed(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        older=tuple(older.items()),
        first_page=len(items[0]),
        address=_link(channel, "self"),
        hubs=tuple(link.get("href", "") for link in channel.iterfind("atom:link[@rel='hub']", _NS)),
        podcast=channel.findtext("podcast:guid", "", _NS),
        items=tuple(item for page in items for item in page),
        named=tuple(dict.fromkeys(address for page in pages for address in _named(page))),
    )


def path_in(base: str, address: str) -> str | None:
    """Where under ``public/`` the file behind an address lies; ``None`` if it is somebody else's address."""
    if not address.startswith(base):
        return None
    path = unquote(address.removeprefix(base).partition("#")[0])
    return f"{path}index.html" if not path or path.endswith("/") else path


def _channel(content: bytes) -> ET.Element:
    with _as_gate_error():
        return next(ET.fromstring(content).iterfind("channel"))  # noqa: S314  # our own


def _items(channel: ET.Element) -> tuple[Item, ...]:
    with _as_gate_error():
        return tuple(_item(item) for item in channel.iterfind("item"))


@contextmanager
def _as_gate_error() -> Iterator[None]:
    try:
        yield
    except (ET.ParseError, ValueError, TypeError, StopIteration) as error:
        raise GateError(f"the feed cannot be read: {error}", where="public/feed.xml", hint="Build again.") from error


def _link(channel: ET.Element, rel: str) -> str:
    link = channel.find(f"atom:link[@rel='{rel}']", _NS)
    return link.get("href", "") if link is not None else ""


def _item(item: ET.Element) -> Item:
    enclosure = item.find("enclosure")
    if enclosure is None:
        raise ValueError(f"no enclosure in “{item.findtext('title', '')}”")
    return Item(
        guid=_text(item, "guid"),
        page=_text(item, "link"),
        address=enclosure.get("url", ""),
        size_bytes=int(enclosure.get("length", "")),
        length_s=float(item.findtext("itunes:duration", "0", _NS)),
        published=parsedate_to_datetime(_text(item, "pubDate")),
    )


def _text(item: ET.Element, name: str) -> str:
    text = item.findtext(name, "").strip()
    if not text:
        raise ValueError(f"no {name} in “{item.findtext('title', '')}”")
    return text


def _named(channel: ET.Element) -> tuple[str, ...]:
    """Attributes that hold addresses, and the text of links; in order, none twice."""
    found: dict[str, None] = {}
    for element in channel.iter():
        told = [element.get(name, "") for name in ("url", "href", "uri")]
        told += [element.text or ""] if element.tag == "link" else []
        for address in told:
            if urlsplit(address).scheme in ("http", "https"):
                found.setdefault(address.partition("#")[0])
    return tuple(found)
