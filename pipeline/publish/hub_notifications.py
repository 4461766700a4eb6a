"""Tells others that a feed changed, if somebody asked for it: the hubs that it names, and the Podcast Index."""

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pipeline.publish.feed_items import Feed

PODCAST_INDEX = "https://api.podcastindex.org/api/1.0/hub/pubnotify"  # takes no key, and adds no new feed
_PATIENCE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Who was told; ``trouble`` is empty if they took it. A feed is out all the same: apps come by themselves."""

    to: str
    trouble: str = ""


def notify(feed: Feed, *, index: str = PODCAST_INDEX) -> tuple[Notice, ...]:
    """Say once to each that the feed at its address is new (WebSub, W3C 2018, section 7; Podcast Index, hub/pubnotify)."""
    return tuple(_notices(feed, index))


def _notices(feed: Feed, index: str) -> Iterator[Notice]:
    words = urlencode({"hub.mode": "publish", "hub.topic": feed.address, "hub.url": feed.address}).encode()
    for (
        hub
    ) in feed.hubs:  # of the two names for the address one is older than the standard, and some hubs know only that
        yield Notice(to=hub, trouble=_trouble(hub, words))
    yield Notice(to=index, trouble=_trouble(f"{index}?{urlencode({'url': feed.address})}", None))


def _trouble(address: str, words: bytes | None) -> str:
    """What went wrong, in words."""
    try:
        # the address of a hub was checked with the content
        request = Request(address, data=words, headers={"User-Agent": "weerslag"})  # noqa: S310
        with urlopen(request, timeout=_PATIENCE_S):  # noqa: S310
            return ""
    except HTTPError as error:
        error.close()
        return f"answers {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        return f"does not answer: {getattr(error, 'reason', error)}"
