"""Builds the item of a release.

Sources: podcasters.apple.com 823; PSP-1 (August 2023); podcast-namespace, docs/1.0.md and docs/tags; Podlove Simple Chapters 1.2.
"""

import base64
from collections.abc import Sequence

from pipeline import urls
from pipeline.feed.channel import build_artwork, build_txt_nodes
from pipeline.feed.chapters import format_chapter_lines
from pipeline.feed.people import MAX_TEXT_BYTES, build_location, build_person
from pipeline.feed.rss import RssItem, format_rfc2822
from pipeline.feed.show_notes import fit_description, format_link_paragraph, format_paragraph, simplify_html
from pipeline.feed.text_fields import normalise_space, truncate_text
from pipeline.feed.transcripts import MEDIA_TYPES
from pipeline.feed.xml_node import XmlNode, make_node
from pipeline.model import Chapter, Enclosure, Episode, Programme, Release, Teaser
from pipeline.model.time_codes import format_timestamp
from pipeline.typesetting import load_translator, render_markdown

_CODECS = {"mp3": ("MP3", "mp3"), "m4a": ("AAC", "mp4a.40.2"), "opus": ("Opus", "opus")}  # title, RFC 6381


def build_item(release: Release, *, programme: Programme) -> RssItem:
    """Build the item of a release."""
    episode, enclosure = release.episode, release.enclosures[0]
    nodes = (
        make_node("pubDate", format_rfc2822(episode.published)),
        *_build_description(release, programme=programme),
        *_build_itunes_nodes(episode, enclosure, cover=urls.make_absolute(programme.url, release.cover)),
        *_build_season(episode, programme=programme),
        *_build_file_nodes(release, programme=programme),
        *_build_people_and_location(episode, programme=programme),
        build_artwork(programme, release.cover, title=episode.title),
        *build_txt_nodes(episode.txt),
        *_build_chapters(release.chapters, programme=programme),
        *map(_build_soundbite, release.teasers),
    )
    return RssItem(
        source=episode,
        link=urls.make_absolute(programme.url, urls.episode(episode.slug)),
        enclosure=enclosure,
        enclosure_url=urls.make_absolute(programme.url, enclosure.path),
        nodes=nodes,
    )


def build_trailer(release: Release, *, programme: Programme) -> XmlNode:
    """Build ``podcast:trailer`` of the channel, which apps can play before the first episode."""
    episode, enclosure = release.episode, release.enclosures[0]
    return make_node(
        "podcast:trailer",
        truncate_text(normalise_space(episode.title), max_bytes=MAX_TEXT_BYTES),
        url=urls.make_absolute(programme.url, enclosure.path),
        pubdate=format_rfc2822(episode.published),
        length=str(enclosure.size_bytes),
        type=enclosure.media_type,
        season=str(episode.season or ""),
    )


def _build_description(release: Release, *, programme: Programme) -> tuple[XmlNode, ...]:
    """Build the description, and ``content:encoded`` with the full notes if the description was truncated."""
    episode = release.episode
    page = urls.make_absolute(programme.url, urls.episode(episode.slug))
    blocks = _build_blocks(episode, page=page, language=programme.language)
    chapter_lines = format_chapter_lines(release.chapters, duration_ms=round(release.duration_s * 1000))
    more = format_link_paragraph(load_translator(programme.language)("Read on"), page)
    short = fit_description(blocks, chapter_lines=chapter_lines, more=more)
    full = "\n".join([*blocks, *map(format_paragraph, chapter_lines)])
    node = make_node("description", short, cdata=True)
    return (node,) if short == full else (node, make_node("content:encoded", full, cdata=True))


def _build_blocks(episode: Episode, *, page: str, language: str) -> tuple[str, ...]:
    """Build the summary, unless the notes begin with it, and the show notes; never empty."""
    notes = simplify_html(render_markdown(episode.notes_md, language=language), page=page)
    summary = format_paragraph(normalise_space(episode.summary or ("" if notes else episode.title)))
    return notes if summary in {"<p></p>", *notes[:1]} else (summary, *notes)


def _build_itunes_nodes(episode: Episode, enclosure: Enclosure, *, cover: str) -> tuple[XmlNode, ...]:
    nodes = (
        make_node("itunes:duration", str(max(1, round(enclosure.duration_s)))),
        make_node("itunes:image", href=cover),
        make_node("itunes:explicit", "true" if episode.explicit else "false"),
        make_node("itunes:episodeType", episode.kind),
    )
    if episode.number < 1:  # Apple takes no zero
        return nodes
    return (*nodes, make_node("itunes:episode", str(episode.number)), make_node("podcast:episode", str(episode.number)))


def _build_season(episode: Episode, *, programme: Programme) -> tuple[XmlNode, ...]:
    if not episode.season:
        return ()
    seasons = programme.podcast.seasons if programme.podcast else ()
    name = next((season.name for season in seasons if season.number == episode.season), "")
    number = str(episode.season)
    return make_node("itunes:season", number), make_node("podcast:season", number, name=normalise_space(name))


def _build_file_nodes(release: Release, *, programme: Programme) -> tuple[XmlNode, ...]:
    """Build the references to transcripts, chapters, and the audio in other formats."""
    slug, nodes = release.episode.slug, []
    for file_format, media_type in MEDIA_TYPES.items() if release.transcript else ():
        address = urls.make_absolute(programme.url, urls.transcript(slug, file_format))
        nodes.append(make_node("podcast:transcript", url=address, type=media_type, language=programme.language))
    if release.chapters:
        address = urls.make_absolute(programme.url, urls.chapters(slug))
        nodes.append(make_node("podcast:chapters", url=address, type="application/json+chapters"))
    nodes += (_build_alternate_enclosure(enclosure, url=programme.url) for enclosure in release.enclosures[1:])
    return tuple(nodes)


def _build_alternate_enclosure(enclosure: Enclosure, *, url: str) -> XmlNode:
    title, codecs = _CODECS.get(enclosure.format, (enclosure.format, ""))
    digest = base64.b64encode(bytes.fromhex(enclosure.sha256)).decode()
    return make_node(
        "podcast:alternateEnclosure",
        "",
        make_node("podcast:source", uri=urls.make_absolute(url, enclosure.path)),
        make_node("podcast:integrity", type="sri", value=f"sha256-{digest}"),
        type=enclosure.media_type,
        length=str(enclosure.size_bytes),
        bitrate=str(enclosure.bitrate_kbps * 1000),
        title=title,
        codecs=codecs,
    )


def _build_soundbite(teaser: Teaser) -> XmlNode:
    """Build ``podcast:soundbite``; apps show the title of the episode if it has none.

    Source: podcast-namespace, docs/tags/soundbite.md.
    """
    return make_node(
        "podcast:soundbite",
        normalise_space(teaser.title),
        startTime=f"{teaser.from_ms / 1000:.3f}",
        duration=f"{(teaser.to_ms - teaser.from_ms) / 1000:.3f}",
    )


def _build_people_and_location(episode: Episode, *, programme: Programme) -> tuple[XmlNode, ...]:
    venue = programme.find_event(episode.event).venue if episode.event else None
    people = (build_person(person) for person in episode.people if normalise_space(person.name))
    return (*people, build_location(venue)) if venue else tuple(people)


def _build_chapters(chapters: Sequence[Chapter], *, programme: Programme) -> tuple[XmlNode, ...]:
    """Build Podlove chapters inside the feed, which Spotify and gPodder read."""

    def build(chapter: Chapter) -> XmlNode:
        return make_node(
            "psc:chapter",
            start=format_timestamp(chapter.start_ms),
            title=normalise_space(chapter.title),
            image=urls.make_absolute(programme.url, chapter.image) if chapter.image else "",
        )

    nodes = list(map(build, chapters))
    return (make_node("psc:chapters", "", *nodes, version="1.2"),) if nodes else ()
