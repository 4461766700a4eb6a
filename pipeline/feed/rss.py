"""Serialises RSS 2.0; the only module that imports feedgen, and lxml for what feedgen lacks or does differently.

feedgen 1.0 writes the core of RSS. These parts bypass it: ``itunes:explicit`` (it knows only yes and no), dates (it switches the
locale of the process), the order of items (it prepends), CDATA, and the podcast namespace.
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
from pipeline.feed.text_fields import name_invalid_field, normalise_space
from pipeline.feed.xml_node import XmlNode
from pipeline.model import Enclosure, Episode, Programme
from pipeline.model.feed_vocabulary import NAMESPACES

_END = b"  </channel>\n</rss>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RssChannel:
    """The channel: the values for feedgen, and all other elements."""

    source: Programme
    description: str
    copyright: str
    nodes: tuple[XmlNode, ...]  # elements that feedgen does not write


@dataclass(frozen=True, slots=True, kw_only=True)
class RssItem:
    """An item: the values for feedgen, and all other elements."""

    source: Episode
    link: str
    enclosure: Enclosure
    enclosure_url: str
    nodes: tuple[XmlNode, ...]  # elements that feedgen does not write


def serialise_items(items: Iterable[RssItem]) -> Iterator[bytes]:
    """Serialise items one by one; a tree of ten thousand items takes far more memory than their bytes.

    Raises:
        ContentError: A value is invalid in XML.
    """
    channel = etree.SubElement(etree.Element("rss", nsmap=NAMESPACES), "channel")
    for item in items:
        with name_invalid_field(item.source):
            tree = _build_item_tree(item)
            channel.append(tree)  # before its nodes, which then get the prefixes of the feed
            _append_nodes(tree, item.nodes)
        etree.indent(tree, level=2)
        serialised = etree.tostring(tree, encoding="utf-8", with_tail=False)
        channel.remove(tree)
        yield b"    <item>" + serialised[serialised.index(b">") + 1 :] + b"\n"  # namespaces are declared on <rss>


def serialise_rss(channel: RssChannel, items: Iterable[bytes]) -> bytes:
    """Serialise the feed; ``items`` are results of ``serialise_items``, in order.

    Raises:
        ContentError: A value is invalid in XML.
    """
    with name_invalid_field(channel.source):
        document = _serialise_channel(_build_channel_tree(channel))
    return b"".join([document.removesuffix(_END), *items, _END])


def format_rfc2822(moment: datetime) -> str:
    """Format a date as ``Thu, 20 Jun 2024 04:00:00 +0000``, always in UTC."""
    return format_datetime(moment.astimezone(UTC))


class _FeedgenNodes(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """The extension of feedgen that adds elements of any namespace to the channel."""

    def __init__(self) -> None:
        self.nodes: tuple[XmlNode, ...] = ()

    def extend_ns(self) -> dict[str, str]:
        return NAMESPACES

    def extend_rss(self, feed: Any) -> Any:
        _append_nodes(feed[0], self.nodes)  # feed[0] is <channel>
        return feed


def _build_channel_tree(channel: RssChannel) -> Any:
    generator = FeedGenerator()
    generator.register_extension("nodes", _FeedgenNodes, atom=False, rss=True)
    generator.title(normalise_space(channel.source.title))
    generator.link(href=channel.source.url, rel="alternate")  # a single one: feedgen uses the last for <link>
    generator.description(channel.description)
    generator.language(channel.source.language)
    generator.copyright(channel.copyright)
    generator.generator("Weerslag")
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.nodes.nodes = channel.nodes
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001 # the current time by default, with setlocale
    root, _ = generator._create_rss()  # noqa: SLF001 # rss_str() would add feedgen's own declaration
    return root


def _build_item_tree(item: RssItem) -> Any:
    entry = FeedEntry()
    entry.title(normalise_space(item.source.title))
    entry.link(href=item.link, rel="alternate")
    entry.guid(item.source.guid, permalink=item.source.guid_is_permalink)
    entry.enclosure(item.enclosure_url, str(item.enclosure.size_bytes), item.enclosure.media_type)
    return entry.rss_entry()


def _serialise_channel(root: Any) -> bytes:
    """Serialise the channel, with the XML declaration in double quotes as in Apple's examples."""
    stylesheet = f'<?xml-stylesheet type="text/css" href="{urls.FEED_STYLE}"?>\n'  # for browsers
    tree = etree.tostring(root, encoding="utf-8", xml_declaration=False, pretty_print=True)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + stylesheet.encode() + bytes(tree)


@cache
def _expand_tag(tag: str) -> str:
    """Expand ``podcast:guid`` to the name with the namespace address, as lxml needs it."""
    prefix, _, name = tag.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{name}" if prefix else name


def _append_nodes(parent: Any, nodes: Iterable[XmlNode]) -> None:
    for node in nodes:
        element = etree.SubElement(parent, _expand_tag(node.tag), dict(node.attributes))
        if node.text:
            element.text = etree.CDATA(node.text) if node.cdata else node.text
        _append_nodes(element, node.children)
