"""The feed as a stranger reads it: its items, and every address that it names. From bytes, not from what we meant."""

import hashlib
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
    """A feed; ``named`` are all addresses in it, without their fragments, in order."""

    content: bytes
    sha256: str
    address: str  # by its own word: atom:link rel=self
    podcast: str  # podcast:guid
    hubs: tuple[str, ...]  # WebSub: atom:link rel=hub
    items: tuple[Item, ...]
    named: tuple[str, ...]


def read_feed(content: bytes) -> Feed:
    """The feed in ``content``.

    Raises:
        GateError: it is no feed, or an item lacks what no episode may lack.
    """
    try:
        channel = next(ET.fromstring(content).iterfind("channel"))  # noqa: S314  # our own
        items = tuple(_item(item) for item in channel.iterfind("item"))
    except (ET.ParseError, ValueError, TypeError, StopIteration) as error:
        raise GateError(f"the feed cannot be read: {error}", where="public/feed.xml", hint="Build again.") from error
    own = channel.find("atom:link[@rel='self']", _NS)
    return Feed(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        address=own.get("href", "") if own is not None else "",
        hubs=tuple(link.get("href", "") for link in channel.iterfind("atom:link[@rel='hub']", _NS)),
        podcast=channel.findtext("podcast:guid", "", _NS),
        items=items,
        named=_named(channel),
    )


def path_in(base: str, address: str) -> str | None:
    """Where under ``public/`` the file behind an address lies; ``None`` if it is somebody else's address."""
    if not address.startswith(base):
        return None
    path = unquote(address.removeprefix(base).partition("#")[0])
    return f"{path}index.html" if not path or path.endswith("/") else path


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
