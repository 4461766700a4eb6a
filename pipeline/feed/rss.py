"""RSS 2.0 as bytes; the doorway to feedgen, and to lxml for what feedgen does not know or does wrong.

feedgen 1.0 writes the core of RSS. Everything else goes around it: ``itunes:explicit`` (it knows yes and no only), dates
(it switches the locale of the whole process), order (it prepends), CDATA, and the podcast namespace. Its tree is then
completed, indented and serialised here, so that one module would have to change if feedgen were to go.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from pipeline import urls
from pipeline.feed.namespaces import NAMESPACES, Node
from pipeline.feed.text_fields import naming_the_field
from pipeline.model import Episode, Programme

_END = b"  </channel>\n</rss>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The programme, as RSS knows it."""

    title: str
    link: str
    description: str
    language: str
    copyright: str
    nodes: tuple[Node, ...]  # all that is not in the core
    source: Programme  # whose fields a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A release, as RSS knows it."""

    title: str
    link: str
    guid: str
    enclosure_url: str
    enclosure_bytes: int
    enclosure_type: str
    nodes: tuple[Node, ...]  # all that is not in the core
    source: Episode  # whose fields a message names


def written(items: Iterable[Item]) -> Iterator[bytes]:
    """Each item as it stands in a feed; one at a time, for a tree of ten thousand takes more memory than their bytes.

    Raises:
        ContentError: a value cannot stand in XML.
    """
    channel = etree.SubElement(etree.Element("rss", nsmap=NAMESPACES), "channel")
    for item in items:
        with naming_the_field(item.source):
            tree = _item_tree(item)
            channel.append(tree)  # first, so that what is added has the prefixes of the feed
            _append(tree, item.nodes)
        etree.indent(tree, level=2)
        told = etree.tostring(tree, encoding="utf-8", with_tail=False)
        channel.remove(tree)
        yield b"    <item>" + told[told.index(b">") + 1 :] + b"\n"  # without the namespaces, which the feed declares


def rss_of(channel: Channel, items: Iterable[bytes]) -> bytes:
    """The feed; items stand in the order in which they come, as ``written``.

    Raises:
        ContentError: a value cannot stand in XML.
    """
    with naming_the_field(channel.source):
        document = _serialised(_channel_tree(channel))
    return b"".join([document.removesuffix(_END), *items, _END])


def rfc2822(moment: datetime) -> str:
    """``Thu, 20 Jun 2024 04:00:00 +0000``: always in UTC, whatever the zone that people wrote it in."""
    return format_datetime(moment.astimezone(UTC))


class _Beyond(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """feedgen's way to more elements: ours, whatever their namespace."""

    def __init__(self) -> None:
        self.nodes: tuple[Node, ...] = ()

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES

    def extend_rss(self, feed: Any) -> Any:
        _append(feed[0], self.nodes)  # feed[0] is <channel>
        return feed


def _channel_tree(channel: Channel) -> Any:
    generator = FeedGenerator()
    generator.register_extension("beyond", _Beyond, atom=False, rss=True)
    generator.title(channel.title)
    generator.link(href=channel.link, rel="alternate")  # the only one: feedgen makes <link> of the last
    generator.description(channel.description)
    generator.language(channel.language)
    generator.copyright(channel.copyright)
    generator.generator("Weerslag")
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.beyond.nodes = channel.nodes
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001 # it would be the clock, and call setlocale
    root, _ = generator._create_rss()  # noqa: SLF001 # the tree; rss_str() would give bytes with feedgen's declaration
    return root


def _item_tree(item: Item) -> Any:
    entry = FeedEntry()
    entry.title(item.title)
    entry.link(href=item.link, rel="alternate")
    entry.guid(item.guid, permalink=False)
    entry.enclosure(item.enclosure_url, str(item.enclosure_bytes), item.enclosure_type)
    return entry.rss_entry()


def _serialised(root: Any) -> bytes:
    """The tree as bytes, with the declaration in double quotes, as Apple shows it."""
    face = f'<?xml-stylesheet type="text/css" href="{urls.FEED_STYLE}"?>\n'  # for whoever opens it in a browser
    tree = etree.tostring(root, encoding="utf-8", xml_declaration=False, pretty_print=True)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + face.encode() + bytes(tree)


@cache
def _whole(tag: str) -> str:
    """``podcast:guid`` with the address of its namespace, as lxml wants it."""
    prefix, _, name = tag.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{name}" if prefix else name


def _append(parent: Any, nodes: Iterable[Node]) -> None:
    for node in nodes:
        element = etree.SubElement(parent, _whole(node.tag), dict(node.attributes))
        if node.text:
            element.text = etree.CDATA(node.text) if node.cdata else node.text
        _append(element, node.children)
