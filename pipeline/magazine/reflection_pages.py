"""Reflections for the pages: their blocks, quotes, links and audio moments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.graphics.qr import draw_qr_svg
from pipeline.magazine.page_distribution import SMALLEST_QUOTE, distribute_reflections
from pipeline.magazine.page_geometry import TypeScale
from pipeline.magazine.pages import AudioMoment, EpisodeBox, PreparedReflection, PrintedLink, ReflectionPage
from pipeline.magazine.picture_sizes import count_picture_pages
from pipeline.magazine.pull_quotes import QuotePool, get_colour_number, list_pull_quotes
from pipeline.magazine.text_blocks import split_blocks
from pipeline.model import Event, Moment, Programme, Reflection, Release

Releases = Mapping[str, Release]  # by the slug of the episode


def arrange_reflections(
    programme: Programme,
    releases: Releases,
    event: Event,
    pool: QuotePool,
    scale: TypeScale,
    anchors: Mapping[str, str],
) -> tuple[ReflectionPage, ...]:
    """Arrange the pages of an event after its opening spread, in the order of the groups."""
    colour = get_colour_number(event)
    reflections = [
        _prepare_reflection(programme, releases, one, colour, anchors, has_quote_pages=pool.has_pages)
        for one in programme.find_reflections(event.id)
    ]
    pages = distribute_reflections(reflections, scale, may_move_quotes=pool.has_pages)
    shown = {one.anchor: one.pull_quote for page in pages for one in page.reflections}
    for one in reflections:
        if one.pull_quote and shown[one.anchor] is None:
            pool.add(one.pull_quote, event.id)
    return pages


def count_reflection_pages(pages: Sequence[ReflectionPage]) -> int:
    """Estimate the printed pages, with those of pictures that have a page of their own."""
    pictures = [picture for page in pages for one in page.reflections for picture in one.reflection.pictures]
    return sum(page.estimated_pages for page in pages) + count_picture_pages(pictures)


def make_printed_link(programme: Programme, path: str, *, title: str) -> PrintedLink:
    """Make a link to a path of the site; ``title`` describes its QR code."""
    url = urls.make_absolute(programme.url, path)
    return PrintedLink(url=url, text=url.split("://", 1)[-1].rstrip("/"), qr=draw_qr_svg(url, title=title))


def make_episode_box(programme: Programme, release: Release) -> EpisodeBox:
    """Make the box with a link to an episode."""
    episode = release.episode
    event = programme.find_event(episode.event) if episode.event else None
    path = urls.episode(episode.slug)
    title = f"{episode.title}: {urls.make_absolute(programme.url, path)}"
    link = make_printed_link(programme, path, title=title)
    return EpisodeBox(release=release, link=link, colour=get_colour_number(event))


def _prepare_reflection(
    programme: Programme,
    releases: Releases,
    reflection: Reflection,
    colour: int,
    anchors: Mapping[str, str],
    *,
    has_quote_pages: bool,
) -> PreparedReflection:
    folder = f"magazine/reflections/{reflection.event}"
    quotes = list_pull_quotes(reflection, colour)
    return PreparedReflection(
        anchor=f"reflection-{reflection.event}-{reflection.slug}",
        reflection=reflection,
        blocks=split_blocks(
            reflection.text_md,
            language=programme.language,
            top_level=4,
            folder=folder,
            anchors=anchors,
            pictures=reflection.pictures,
        ),
        pull_quote=quotes[0] if quotes else None,
        other_quotes=() if has_quote_pages else tuple(replace(one, size=SMALLEST_QUOTE) for one in quotes[1:]),
        moment=_find_moment(programme, releases, reflection.moment) if reflection.moment else None,
    )


def _find_moment(programme: Programme, releases: Releases, moment: Moment) -> AudioMoment | None:
    """Locate a moment in the published episode; none without a release."""
    release = releases.get(moment.episode)
    if release is None:
        return None
    at_ms = release.map_ms(moment.start_ms)
    chapter = next((one.title for one in reversed(release.chapters) if one.start_ms <= at_ms), release.episode.title)
    link = make_printed_link(programme, urls.episode_moment(moment.episode, at_ms), title=chapter)
    return AudioMoment(link=link, at_s=at_ms / 1000, chapter=chapter)
