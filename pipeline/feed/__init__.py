"""The feed: releases whose hour has come, as RSS, with their chapters and transcripts beside it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pipeline import urls
from pipeline.feed.channel import channel_of
from pipeline.feed.chapters import chapters_json
from pipeline.feed.item import item_of, trailer_of
from pipeline.feed.live import live_items
from pipeline.feed.namespaces import Node
from pipeline.feed.paging import paged
from pipeline.feed.rss import Channel, Item, written
from pipeline.feed.text_fields import naming_the_field, writable
from pipeline.feed.transcripts import MEDIA_TYPES
from pipeline.feed.transcripts import written as transcript_in
from pipeline.model import Episode, Output, Podcast, Programme, Release
from pipeline.typesetting import words

RECIPE = 1  # raise it when the same releases should give another feed


def render_feed(programme: Programme, releases: Sequence[Release], *, now: datetime, cover: str) -> tuple[Output, ...]:
    """``public/feed.xml`` and its older pages, then the chapters and transcripts of each release; nothing without a podcast.

    A release with ``published`` after ``now`` is held back whole: apps stop at an episode from the future. The newest
    stands first, as readers of raw feeds expect; a serial tells apps to play the oldest first. ``cover`` is that of the
    podcast, relative to ``public/``.

    Raises:
        ContentError: a text holds what neither XML nor UTF-8 can.
    """
    if programme.podcast is None:
        return ()
    due = sorted((release for release in releases if release.episode.published <= now), key=_age, reverse=True)
    say = words(programme.language)
    items = (_item(release, programme, say) for release in due)
    with naming_the_field(programme):
        besides = tuple(_besides(programme, due, now=now, say=say))
    channel = _channel(programme, programme.podcast, due, now=now, cover=cover, say=say)
    size, base = programme.podcast.page_items, programme.url
    pages = paged(channel, list(written(items)), besides=besides, size=size, base=base)
    feed = [Output(path=f"public/{path}", content=content) for path, content in pages]
    beside = (output for release in due for output in _beside(release, programme.title))
    return (*feed, *beside)


def _age(release: Release) -> tuple[datetime, int, str]:
    return release.episode.published, release.episode.number, release.episode.slug


def _channel(
    programme: Programme,
    podcast: Podcast,
    due: Sequence[Release],
    *,
    now: datetime,
    cover: str,
    say: Callable[[str], str],
) -> Channel:
    """The channel; ``complete`` counts once no episode is held back, lest Apple stop asking before the last."""
    held_back = any(episode.published > now for episode in programme.episodes)
    with naming_the_field(programme):
        return channel_of(
            programme,
            podcast,
            cover=cover,
            updated=due[0].episode.published if due else None,
            complete=podcast.complete and not held_back,
            say=say,
        )


def _besides(
    programme: Programme, due: Sequence[Release], *, now: datetime, say: Callable[[str], str]
) -> Iterator[Node]:
    """What stands between the channel and its items: trailers, and events to be heard live."""
    yield from (trailer_of(release, programme=programme) for release in due if release.episode.kind == "trailer")
    yield from live_items(programme, now=now, say=say)


def _item(release: Release, programme: Programme, say: Callable[[str], str]) -> Item:
    with naming_the_field(release.episode):
        return item_of(release, programme=programme, say=say)


def _beside(release: Release, podcast: str) -> Iterator[Output]:
    """What the item of ``release`` points at: its chapters and its transcript, in each form."""
    slug = release.episode.slug
    if release.chapters:
        chapters = chapters_json(release.chapters, title=release.episode.title, podcast=podcast)
        yield _output(urls.chapters(slug), chapters, source=release.episode)
    for form in MEDIA_TYPES if release.transcript else ():
        yield _output(urls.transcript(slug, form), transcript_in(release.transcript, form=form), source=release.episode)


def _output(path: str, document: str, *, source: Episode) -> Output:
    with naming_the_field(source):
        return Output(path=f"public/{path}", content=writable(document))
