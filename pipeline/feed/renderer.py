"""Renders the feed: published releases as RSS, with their chapter and transcript files."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pipeline import urls
from pipeline.feed.channel import build_channel
from pipeline.feed.chapters import format_json_chapters
from pipeline.feed.item import build_item, build_trailer
from pipeline.feed.live import build_live_items
from pipeline.feed.paging import paginate_feed
from pipeline.feed.rss import RssItem, serialise_items
from pipeline.feed.text_fields import encode_document, name_invalid_field
from pipeline.feed.transcripts import MEDIA_TYPES, format_transcript
from pipeline.model import Output, Programme, Release


def render_feed(programme: Programme, releases: Sequence[Release], *, now: datetime, cover: str) -> tuple[Output, ...]:
    """Render ``public/feed.xml``, its older pages, and the chapter and transcript files of each release.

    The newest release comes first, as readers of raw feeds expect; ``itunes:type`` makes apps play a serial show from the
    oldest episode on.

    Args:
        programme: The programme; without a podcast there is no feed.
        releases: All releases. Those published after ``now`` are held back completely, with all their files.
        now: The time of the build.
        cover: The cover of the podcast, relative to ``public/``.

    Raises:
        ContentError: A text holds a character that is invalid in XML or UTF-8.
    """
    if programme.podcast is None:
        return ()
    published = sorted((one for one in releases if one.episode.published <= now), key=_get_age, reverse=True)
    with name_invalid_field(programme):
        channel = build_channel(programme, programme.podcast, published, now=now, cover=cover)
        trailers = [build_trailer(one, programme=programme) for one in published if one.episode.kind == "trailer"]
        first_page_nodes = (*trailers, *build_live_items(programme, now=now))
    items = list(serialise_items(_build_item(release, programme) for release in published))
    pages = paginate_feed(channel, items, first_page_nodes=first_page_nodes, page_items=programme.podcast.page_items)
    feed = [Output(path=f"public/{path}", content=content) for path, content in pages]
    companions = (output for release in published for output in _render_companions(release, programme))
    return (*feed, *companions)


def _get_age(release: Release) -> tuple[datetime, int, str]:
    return release.episode.published, release.episode.number, release.episode.slug


def _build_item(release: Release, programme: Programme) -> RssItem:
    with name_invalid_field(release.episode):
        return build_item(release, programme=programme)


def _render_companions(release: Release, programme: Programme) -> Iterator[Output]:
    """Render the files that the item of ``release`` refers to: its chapters, and its transcript in each format."""
    episode, documents = release.episode, {}
    if release.chapters:
        documents[urls.chapters(episode.slug)] = format_json_chapters(
            release.chapters, title=episode.title, podcast=programme.title, base=programme.url
        )
    for file_format in MEDIA_TYPES if release.transcript else ():
        transcript = format_transcript(release.transcript, file_format=file_format)
        documents[urls.transcript(episode.slug, file_format)] = transcript
    for path, document in documents.items():
        with name_invalid_field(episode):
            content = encode_document(document)
        yield Output(path=f"public/{path}", content=content)
