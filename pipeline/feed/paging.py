"""Paging of a long feed: the newest episodes in feed.xml, older ones in further pages.

The names of the older pages change with the bytes of any of them. So an app that follows the links never gets half of an old
feed and half of a new one: feed.xml is replaced in one step, and the pages of the previous feed stay for a while.

Source: RFC 5005, section 3.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.feed.rss import RssChannel, serialise_rss
from pipeline.feed.xml_node import XmlNode, make_node


def paginate_feed(
    channel: RssChannel, items: Sequence[bytes], *, first_page_nodes: tuple[XmlNode, ...], page_items: int
) -> Iterator[tuple[str, bytes]]:
    """Divide the feed into pages.

    Args:
        channel: The channel, which is on every page.
        items: The serialised items, newest first.
        first_page_nodes: Elements for the first page only: trailers and live items.
        page_items: The maximum number of items on a page; 0 for one page with all.

    Yields:
        The path relative to ``public/`` and the content of each page.
    """
    size = page_items or len(items) or 1
    pages = [items[at : at + size] for at in range(0, len(items), size)] or [items]
    names = [urls.FEED, *_name_older_pages(channel, pages[1:])]
    addresses = [urls.make_absolute(channel.source.url, name) for name in names]
    for at, (name, page) in enumerate(zip(names, pages, strict=True)):
        nodes = (*_build_links(addresses, at), *channel.nodes, *(first_page_nodes if at == 0 else ()))
        yield name, serialise_rss(replace(channel, nodes=nodes), page)


def _name_older_pages(channel: RssChannel, older: Sequence[Sequence[bytes]]) -> Iterator[str]:
    """Name the older pages by a digest of their content, without their links to each other."""
    if not older:
        return
    digest = hashlib.sha256(serialise_rss(channel, ()))
    for page in older:
        digest.update(b"%d\n" % len(page))
        for item in page:
            digest.update(item)
    for number in range(2, len(older) + 2):
        yield urls.feed_page(number, digest.hexdigest())


def _build_links(addresses: Sequence[str], at: int) -> Iterator[XmlNode]:
    """Build the self link, and in a feed of several pages the links to the first, last, previous and next page."""
    links = {"self": at}
    if len(addresses) > 1:
        links |= {"first": 0, "last": -1}
    if at > 0:  # RFC 5005 has "previous", most readers know "prev"; IANA lists them as synonyms
        links |= {"previous": at - 1, "prev": at - 1}
    if at + 1 < len(addresses):
        links["next"] = at + 1
    for rel, number in links.items():
        yield make_node("atom:link", rel=rel, type="application/rss+xml", href=addresses[number])
