"""Builds the channel of the feed.

Sources: podcasters.apple.com 823 and 4115; PSP-1 (August 2023); podcast-namespace, docs/1.0.md.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pipeline import urls
from pipeline.feed.rss import RssChannel, format_rfc2822
from pipeline.feed.text_fields import normalise_space, truncate_text
from pipeline.feed.xml_node import XmlNode, make_node
from pipeline.model import Podcast, Programme, Release
from pipeline.model.podcast import Frequency, PodcastTxt
from pipeline.typesetting import load_translator

_MAX_DESCRIPTION_BYTES = 4000
_MAX_VALUE_BYTES = 255  # Apple counts characters, and bytes are never fewer


def build_channel(
    programme: Programme, podcast: Podcast, published: Sequence[Release], *, now: datetime, cover: str
) -> RssChannel:
    """Build the channel; it is complete only if no episode is held back, or Apple would stop fetching before the last.

    Args:
        programme: The programme, whose fields error messages name.
        podcast: The podcast settings of the programme.
        published: The published releases, newest first.
        now: The time of the build.
        cover: The cover, relative to ``public/``.
    """
    complete = podcast.complete and not any(episode.published > now for episode in programme.episodes)
    description = normalise_space(podcast.description or programme.subtitle or programme.title)
    image = urls.make_absolute(programme.url, cover)
    updated = [format_rfc2822(release.episode.published) for release in published[:1]]
    return RssChannel(
        source=programme,
        description=truncate_text(description, max_bytes=_MAX_DESCRIPTION_BYTES),
        copyright=truncate_text(normalise_space(programme.organiser), max_bytes=_MAX_VALUE_BYTES),
        nodes=(
            *(make_node("lastBuildDate", date) for date in updated),
            *([make_node("atom:link", rel="hub", href=podcast.hub)] if podcast.hub else []),
            *_build_itunes_nodes(podcast, cover=image, complete=complete),
            *_build_podcast_nodes(podcast, complete=complete, language=programme.language),
            make_node(
                "image",
                "",
                make_node("url", image),
                make_node("title", normalise_space(programme.title)),
                make_node("link", programme.url),
            ),
            build_artwork(programme, cover, title=programme.title, alt=podcast.cover_alt),
        ),
    )


def build_artwork(programme: Programme, cover: str, *, title: str, alt: str = "") -> XmlNode:
    """Build ``podcast:image`` for a square cover: the only element of a feed with a text alternative for an image."""
    translate = load_translator(programme.language)
    alt = normalise_space(alt) or translate("Cover of {title}").format(title=normalise_space(title))
    address = urls.make_absolute(programme.url, cover)
    return make_node("podcast:image", href=address, alt=alt, aspect_ratio="1/1", type="image/jpeg", purpose="artwork")


def build_txt_nodes(texts: Iterable[PodcastTxt]) -> tuple[XmlNode, ...]:
    """Build ``podcast:txt`` for machine-readable texts of the podcast or an episode."""
    return tuple(make_node("podcast:txt", text.text, purpose=text.purpose) for text in texts)


def _build_podcast_nodes(podcast: Podcast, *, complete: bool, language: str) -> tuple[XmlNode, ...]:
    """Build the elements of the podcast namespace."""
    frequency = _build_frequency(podcast.frequency, complete=complete, language=language)
    return (
        make_node("podcast:guid", podcast.guid),
        make_node("podcast:locked", "yes" if podcast.locked else "no"),
        make_node("podcast:medium", podcast.medium),
        *([make_node("podcast:license", podcast.license.name, url=podcast.license.url)] if podcast.license else []),
        *(make_node("podcast:funding", normalise_space(funding.text), url=funding.url) for funding in podcast.funding),
        *([frequency] if frequency else []),
        *build_txt_nodes(podcast.txt),
    )


def _build_frequency(frequency: Frequency | None, *, complete: bool, language: str) -> XmlNode | None:
    """Build ``podcast:updateFrequency``; a complete series has a fixed text."""
    if complete:
        text = load_translator(language)("All episodes are out")
        return make_node("podcast:updateFrequency", text, complete="true")
    if frequency is None:
        return None
    starts = frequency.starts.isoformat() if frequency.starts else ""
    return make_node("podcast:updateFrequency", normalise_space(frequency.text), rrule=frequency.rrule, dtstart=starts)


def _build_itunes_nodes(podcast: Podcast, *, cover: str, complete: bool) -> tuple[XmlNode, ...]:
    """Build Apple's elements; an owner only if its e-mail address was written: it is public, and Apple needs none."""
    category, *sub = podcast.category
    author = truncate_text(normalise_space(podcast.author), max_bytes=_MAX_VALUE_BYTES)
    owner = make_node("itunes:owner", "", make_node("itunes:name", author), make_node("itunes:email", podcast.email))
    return (
        make_node("itunes:author", author),
        *([owner] if podcast.email else []),
        make_node("itunes:image", href=cover),
        make_node("itunes:category", "", *(make_node("itunes:category", text=name) for name in sub[:1]), text=category),
        make_node("itunes:explicit", "true" if podcast.explicit else "false"),
        make_node("itunes:type", podcast.type),
        *([make_node("itunes:complete", "Yes")] if complete else []),
    )
