"""A long feed in pages: the newest episodes in feed.xml, the older ones in documents that it leads to.

The names of the older pages change with the bytes of any of them. So an app that walks from page to page never meets half of an old feed
and half of a new one: feed.xml changes in one step, and what the old one led to stays where it is for a while.

Source: RFC 5005, section 3.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.feed.namespaces import Node, node
from pipeline.feed.rss import Channel, rss_of


def paged(
    channel: Channel, items: Sequence[bytes], *, besides: tuple[Node, ...], size: int, base: str
) -> Iterator[tuple[str, bytes]]:
    """The path and the bytes of each page; of a feed of at most ``size`` items, or without a ``size``, one.

    ``channel`` stands on every page, ``besides`` only on the first: trailers and live events.
    """
    cut = [items[at : at + size] for at in range(0, len(items), size)] if size else []
    pages = cut if len(cut) > 1 else [items]
    names = [urls.FEED, *_names(channel, pages[1:])]
    addresses = [urls.absolute(base, name) for name in names]
    for at, (name, page) in enumerate(zip(names, pages, strict=True)):
        nodes = (*_links(addresses, at), *channel.nodes, *(besides if at == 0 else ()))
        yield name, rss_of(replace(channel, nodes=nodes), page)


def _names(channel: Channel, older: Sequence[Sequence[bytes]]) -> Iterator[str]:
    """By all that the older pages hold but their links to each other."""
    if not older:
        return
    digest = hashlib.sha256(rss_of(channel, ()))
    for page in older:
        digest.update(b"%d\n" % len(page))
        for item in page:
            digest.update(item)
    for number in range(2, len(older) + 2):
        yield urls.feed_page(number, digest.hexdigest())


def _links(addresses: Sequence[str], at: int) -> Iterator[Node]:
    """The address of the page itself; in a feed of several, also the first, the last and those beside it."""
    yield _link("self", addresses[at])
    if len(addresses) == 1:
        return
    yield _link("first", addresses[0])
    yield _link("last", addresses[-1])
    if at > 0:
        yield _link("previous", addresses[at - 1])  # the word of RFC 5005 …
        yield _link("prev", addresses[at - 1])  # … and that of everybody else; to IANA they are one
    if at + 1 < len(addresses):
        yield _link("next", addresses[at + 1])


def _link(rel: str, address: str) -> Node:
    return node("atom:link", rel=rel, type="application/rss+xml", href=address)
