"""Builds the live items of the feed: events with a live stream.

Source: podcast-namespace, docs/tags/live-item.md and content-link.md.
"""

from collections.abc import Iterator
from datetime import datetime

from pipeline import urls
from pipeline.feed.people import build_location, build_person
from pipeline.feed.text_fields import normalise_space
from pipeline.feed.xml_node import XmlNode, make_node
from pipeline.model import Event, Programme
from pipeline.typesetting import load_translator

_STREAM_LENGTH = "1"  # RSS requires a number of bytes, which a stream does not have


def build_live_items(programme: Programme, *, now: datetime) -> Iterator[XmlNode]:
    """Build a live item for each event with a live address, until its episode is published."""
    for event in programme.events:
        episode = programme.find_episode(event.id)
        if event.live and event.status != "cancelled" and not (episode and episode.published <= now):
            yield _build_live_item(event, programme, now=now)


def _build_live_item(event: Event, programme: Programme, *, now: datetime) -> XmlNode:
    # No <link>: feedparser, and software built on it, would take it for the link of the podcast.
    guid = f"{programme.podcast.guid if programme.podcast else ''}/live/{event.id}"  # an event id never changes
    return make_node(
        "podcast:liveItem",
        "",
        make_node("title", normalise_space(event.title)),
        *([make_node("description", normalise_space(event.theme))] if normalise_space(event.theme) else []),
        make_node("guid", guid, isPermaLink="false"),
        *_build_stream_nodes(event),
        *(build_person(guest) for guest in event.guests if normalise_space(guest.name)),
        *([build_location(event.venue)] if event.venue else []),
        make_node(
            "podcast:contentLink",
            load_translator(programme.language)("Listen live"),
            href=event.live.page if event.live else "",
        ),
        make_node(
            "podcast:contentLink",
            normalise_space(event.title),
            href=urls.make_absolute(programme.url, urls.event(event.id)),
        ),
        status=_get_status(event, now),
        start=event.starts.isoformat(),
        end=event.ends.isoformat(),
    )


def _build_stream_nodes(event: Event) -> Iterator[XmlNode]:
    """Build the stream twice: for apps that know alternate enclosures, and for those that only know enclosures."""
    if event.live and event.live.stream:
        stream, media_type = event.live.stream, event.live.media_type
        source = make_node("podcast:source", uri=stream)
        yield make_node(
            "podcast:alternateEnclosure", "", source, type=media_type, length=_STREAM_LENGTH, default="true"
        )
        yield make_node("enclosure", url=stream, length=_STREAM_LENGTH, type=media_type)


def _get_status(event: Event, now: datetime) -> str:
    return "pending" if now < event.starts else "live" if now < event.ends else "ended"
