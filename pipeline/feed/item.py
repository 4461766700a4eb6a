"""What the feed says of one release.

Sources: podcasters.apple.com 823; PSP-1 (August 2023); podcast-namespace, docs/1.0.md and docs/tags; Podlove Simple Chapters 1.2.
"""

import base64
from collections.abc import Callable, Sequence

from pipeline import urls
from pipeline.feed.channel import picture, texts_of
from pipeline.feed.chapters import time_stamps
from pipeline.feed.namespaces import Node, node
from pipeline.feed.people import ROOM, location_of, person_of
from pipeline.feed.rss import Item, rfc2822
from pipeline.feed.show_notes import blocks_of, description, link_paragraph, paragraph
from pipeline.feed.text_fields import one_line, shortened
from pipeline.feed.timestamps import stamp
from pipeline.feed.transcripts import MEDIA_TYPES
from pipeline.model import Chapter, Enclosure, Episode, Programme, Release, Teaser
from pipeline.typesetting import html_of

_CODECS = {"mp3": ("MP3", "mp3"), "m4a": ("AAC", "mp4a.40.2"), "opus": ("Opus", "opus")}  # title, RFC 6381


def item_of(release: Release, *, programme: Programme, say: Callable[[str], str]) -> Item:
    """The item of a release."""
    episode, enclosure = release.episode, release.enclosures[0]
    nodes = (
        node("pubDate", rfc2822(episode.published)),
        *_words(release, programme=programme, say=say),
        *_itunes(episode, enclosure, cover=urls.absolute(programme.url, release.cover)),
        *_season(episode, programme=programme),
        *_files(release, programme=programme),
        *_people_and_places(episode, programme=programme),
        picture(
            urls.absolute(programme.url, release.cover),
            alt=say("Cover of {title}").format(title=one_line(episode.title)),
        ),
        *texts_of(episode.txt),
        *_chapters(release.chapters),
        *map(_soundbite, release.teasers),
    )
    return Item(
        title=one_line(episode.title),
        link=urls.absolute(programme.url, urls.episode(episode.slug)),
        guid=episode.guid,
        enclosure_url=urls.absolute(programme.url, enclosure.path),
        enclosure_bytes=enclosure.size_bytes,
        enclosure_type=enclosure.media_type,
        nodes=nodes,
        source=episode,
    )


def trailer_of(release: Release, *, programme: Programme) -> Node:
    """A trailer as the channel knows it, so that an app can play it before anything else."""
    episode, enclosure = release.episode, release.enclosures[0]
    return node(
        "podcast:trailer",
        shortened(one_line(episode.title), size_bytes=ROOM),
        url=urls.absolute(programme.url, enclosure.path),
        pubdate=rfc2822(episode.published),
        length=str(enclosure.size_bytes),
        type=enclosure.media_type,
        season=str(episode.season or ""),
    )


def _words(release: Release, *, programme: Programme, say: Callable[[str], str]) -> tuple[Node, ...]:
    """The description; beside it the whole of the notes, if they did not fit into it."""
    episode = release.episode
    page = urls.absolute(programme.url, urls.episode(episode.slug))
    blocks = _blocks(episode, page=page, language=programme.language)
    stamps = time_stamps(release.chapters, duration_ms=round(release.duration_s * 1000))
    short = description(blocks, stamps=stamps, more=link_paragraph(say("Read on"), page))
    whole = "\n".join([*blocks, *map(paragraph, stamps)])
    told = node("description", short, cdata=True)
    return (told,) if short == whole else (told, node("content:encoded", whole, cdata=True))


def _blocks(episode: Episode, *, page: str, language: str) -> tuple[str, ...]:
    """The summary, then the show notes, unless these begin with the summary; never nothing."""
    notes = blocks_of(html_of(episode.notes_md, language=language), page=page)
    summary = paragraph(one_line(episode.summary or ("" if notes else episode.title)))
    return notes if summary in {"<p></p>", *notes[:1]} else (summary, *notes)


def _itunes(episode: Episode, enclosure: Enclosure, *, cover: str) -> tuple[Node, ...]:
    nodes = (
        node("itunes:duration", str(max(1, round(enclosure.duration_s)))),
        node("itunes:image", href=cover),
        node("itunes:explicit", "true" if episode.explicit else "false"),
        node("itunes:episodeType", episode.kind),
    )
    if episode.number < 1:  # Apple takes no zero
        return nodes
    return (*nodes, node("itunes:episode", str(episode.number)), node("podcast:episode", str(episode.number)))


def _season(episode: Episode, *, programme: Programme) -> tuple[Node, ...]:
    if not episode.season:
        return ()
    seasons = programme.podcast.seasons if programme.podcast else ()
    name = next((season.name for season in seasons if season.number == episode.season), "")
    number = str(episode.season)
    return node("itunes:season", number), node("podcast:season", number, name=one_line(name))


def _files(release: Release, *, programme: Programme) -> tuple[Node, ...]:
    """What stands beside the sound: transcripts, chapters, the same sound in other formats."""
    slug, nodes = release.episode.slug, []
    for form, media_type in MEDIA_TYPES.items() if release.transcript else ():
        address = urls.absolute(programme.url, urls.transcript(slug, form))
        nodes.append(node("podcast:transcript", url=address, type=media_type, language=programme.language))
    if release.chapters:
        address = urls.absolute(programme.url, urls.chapters(slug))
        nodes.append(node("podcast:chapters", url=address, type="application/json+chapters"))
    nodes += (_alternate(enclosure, url=programme.url) for enclosure in release.enclosures[1:])
    return tuple(nodes)


def _alternate(enclosure: Enclosure, *, url: str) -> Node:
    title, codecs = _CODECS.get(enclosure.format, (enclosure.format, ""))
    digest = base64.b64encode(bytes.fromhex(enclosure.sha256)).decode()
    return node(
        "podcast:alternateEnclosure",
        "",
        node("podcast:source", uri=urls.absolute(url, enclosure.path)),
        node("podcast:integrity", type="sri", value=f"sha256-{digest}"),
        type=enclosure.media_type,
        length=str(enclosure.size_bytes),
        bitrate=str(enclosure.bitrate_kbps * 1000),
        title=title,
        codecs=codecs,
    )


def _soundbite(teaser: Teaser) -> Node:
    """Source: podcast-namespace, docs/tags/soundbite.md; without a title apps show that of the episode."""
    return node(
        "podcast:soundbite",
        one_line(teaser.title),
        startTime=f"{teaser.from_ms / 1000:.3f}",
        duration=f"{(teaser.to_ms - teaser.from_ms) / 1000:.3f}",
    )


def _people_and_places(episode: Episode, *, programme: Programme) -> tuple[Node, ...]:
    venue = programme.event(episode.event).venue if episode.event else None
    people = (person_of(person) for person in episode.people if one_line(person.name))
    return (*people, location_of(venue)) if venue else tuple(people)


def _chapters(chapters: Sequence[Chapter]) -> tuple[Node, ...]:
    """Podlove's chapters in the feed itself: Spotify and gPodder read these."""
    told = [node("psc:chapter", start=stamp(chapter.start_ms), title=one_line(chapter.title)) for chapter in chapters]
    return (node("psc:chapters", "", *told, version="1.2"),) if told else ()
