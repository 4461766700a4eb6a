"""Arrangement of the reflections of an event on an even number of pages, if possible."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline import urls
from pipeline.graphics.qr import draw_qr_svg
from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import HEADING_2, PAGE, TypeScale
from pipeline.magazine.pages import AudioMoment, EpisodeBox, PreparedReflection, PrintedLink, ReflectionPage
from pipeline.magazine.pull_quotes import QuotePool, estimate_quote_mm, get_colour_number, select_pull_quote
from pipeline.magazine.text_blocks import split_blocks
from pipeline.model import Event, Moment, Programme, Reflection, Release

Releases = Mapping[str, Release]  # by the slug of the episode

_GAP_MM = 12.0
_RESERVE_MM = 10.0  # an estimate may be off by a line or two
_PICTURE_RESERVE_MM = 16.0  # a picture cannot break, so columns with one end less evenly
_LABEL_MM = 8.5
_MOMENT_MM = 34.0  # a QR code with its text
_SMALLEST = 3  # size of a pull quote


def arrange_reflections(
    programme: Programme,
    releases: Releases,
    event: Event,
    pool: QuotePool,
    scale: TypeScale,
    anchors: Mapping[str, str],
) -> tuple[ReflectionPage, ...]:
    """Arrange the pages of an event after its opening spread."""
    colour = get_colour_number(event)
    reflections = [
        _prepare_reflection(programme, releases, one, colour, anchors) for one in programme.find_reflections(event.id)
    ]
    heights = [_estimate_reflection_mm(_resize_quote(one, _SMALLEST), scale) for one in reflections]
    page_height = PAGE.text_height - _RESERVE_MM
    pages = copyfit.distribute_over_pages(reflections, heights, gap=_GAP_MM, page_height=page_height)
    arranged = [_arrange_page(page, scale) for page in pages]
    if count_reflection_pages(arranged, scale) % 2 and (quote := pool.take_shortest(event.id)):
        arranged.append(ReflectionPage(pull_quote=quote))
    return tuple(arranged)


def count_reflection_pages(pages: Sequence[ReflectionPage], scale: TypeScale) -> int:
    """Count the printed pages: one each, and more for a reflection that is longer than a page."""
    return sum(max(1, -int(-estimate_page_mm(page.reflections, scale) // PAGE.text_height)) for page in pages)


def estimate_page_mm(page: Sequence[PreparedReflection], scale: TypeScale) -> float:
    """Estimate the height of the reflections of a page together.

    More than a page if they flow on.
    """
    if len(page) != 1:
        return sum(_estimate_reflection_mm(one, scale) for one in page) + _GAP_MM * (len(page) - 1)
    # Alone on its page, a reflection reserves two lines for its title and a QR code in its footer.
    footer = _estimate_footer_mm(page[0], scale)
    extra_footer = max(0.0, _MOMENT_MM + 4 - footer) if footer else 0.0
    extra_title = max(0.0, 2 * HEADING_2.leading_mm - _estimate_title_mm(page[0]))
    return _estimate_reflection_mm(page[0], scale) + extra_title + extra_footer


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
    programme: Programme, releases: Releases, reflection: Reflection, colour: int, anchors: Mapping[str, str]
) -> PreparedReflection:
    folder = f"magazine/reflections/{reflection.event}"
    return PreparedReflection(
        anchor=f"reflection-{reflection.event}-{reflection.slug}",
        reflection=reflection,
        blocks=split_blocks(
            reflection.text_md, language=programme.language, top_level=4, folder=folder, anchors=anchors
        ),
        pull_quote=select_pull_quote(reflection, colour),
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


def _arrange_page(page: Sequence[PreparedReflection], scale: TypeScale) -> ReflectionPage:
    """Choose the largest quotes that fit on a page, and share the remaining space."""
    reflections = [_resize_quote(one, _SMALLEST) for one in page]
    for size in (2, 1, 0) if len(page) == 1 else (2,):
        larger = [_resize_quote(one, size) for one in page]
        if estimate_page_mm(larger, scale) <= PAGE.text_height - _RESERVE_MM:
            reflections = larger
    remaining = PAGE.text_height - _RESERVE_MM - estimate_page_mm(reflections, scale)
    if len(page) == 1:
        return ReflectionPage(reflections=tuple(reflections), single=remaining >= 0)
    gap_mm = _GAP_MM + max(0.0, min(24.0, remaining / (len(page) - 1)))
    return ReflectionPage(reflections=tuple(reflections), gap_mm=gap_mm)


def _resize_quote(reflection: PreparedReflection, size: int) -> PreparedReflection:
    quote = reflection.pull_quote
    return replace(reflection, pull_quote=replace(quote, size=size)) if quote else reflection


def _estimate_reflection_mm(one: PreparedReflection, scale: TypeScale) -> float:
    text_md = one.reflection.text_md
    lines = copyfit.estimate_column_lines(text_md, scale)
    text = copyfit.compute_balanced_height_mm(lines, scale) + _PICTURE_RESERVE_MM * min(2, text_md.count("!["))
    header = _LABEL_MM + _estimate_title_mm(one) + 6
    quote = estimate_quote_mm(one.pull_quote) if one.pull_quote else 8.0
    return header + text + quote + _estimate_footer_mm(one, scale)


def _estimate_title_mm(one: PreparedReflection) -> float:
    title = one.reflection.question or one.reflection.group
    return copyfit.estimate_height_mm(title, HEADING_2, PAGE.text_width)


def _estimate_footer_mm(one: PreparedReflection, scale: TypeScale) -> float:
    width = 100.0 if one.moment else PAGE.text_width - 5
    heights = (copyfit.estimate_height_mm(text, scale.list, width) + 1.5 for text in one.reflection.insights)
    insights = sum(heights)
    moment = _MOMENT_MM if one.moment else 0.0
    return max(insights + 6 if insights else 0.0, moment) + (4 if insights or moment else 0)
