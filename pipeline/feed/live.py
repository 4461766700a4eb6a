"""Events that can be heard while they go on, as the feed announces them.

Source: podcast-namespace, docs/tags/live-item.md and content-link.md.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from pipeline import urls
from pipeline.feed.namespaces import Node, node
from pipeline.feed.people import location_of, person_of
from pipeline.feed.text_fields import one_line
from pipeline.model import Event, Programme

_NO_LENGTH = "1"  # of a stream: RSS wants a number of bytes, and nobody knows it


def live_items(programme: Programme, *, now: datetime, say: Callable[[str], str]) -> Iterator[Node]:
    """Each event with a live address, until its episode stands in the feed: pending, then live, then ended."""
    for event in programme.events:
        episode = programme.episode_of(event.id)
        if event.live and not (episode and episode.published <= now):
            yield _live_item(event, programme, now=now, say=say)


def _live_item(event: Event, programme: Programme, *, now: datetime, say: Callable[[str], str]) -> Node:
    # No <link>: feedparser, and what is made of it, would take it for that of the podcast.
    guid = f"{programme.podcast.guid if programme.podcast else ''}/live/{event.id}"  # its id never changes
    return node(
        "podcast:liveItem",
        "",
        node("title", one_line(event.title)),
        *([node("description", one_line(event.theme))] if one_line(event.theme) else []),
        node("guid", guid, isPermaLink="false"),
        *_sound(event),
        *(person_of(guest) for guest in event.guests if one_line(guest.name)),
        *([location_of(event.venue)] if event.venue else []),
        node("podcast:contentLink", say("Listen live"), href=event.live.page if event.live else ""),
        node("podcast:contentLink", one_line(event.title), href=urls.absolute(programme.url, urls.event(event.id))),
        status=_status(event, now),
        start=event.starts.isoformat(),
        end=event.ends.isoformat(),
    )


def _sound(event: Event) -> Iterator[Node]:
    """The stream, for apps that know live items, and for those that only know enclosures."""
    if event.live and event.live.stream:
        stream, kind = event.live.stream, event.live.media_type
        source = node("podcast:source", uri=stream)
        yield node("podcast:alternateEnclosure", "", source, type=kind, length=_NO_LENGTH, default="true")
        yield node("enclosure", url=stream, length=_NO_LENGTH, type=kind)


def _status(event: Event, now: datetime) -> str:
    return "pending" if now < event.starts else "live" if now < event.ends else "ended"
