"""The articles of the magazine as HTML without pages, for the web edition and the EPUB."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from pipeline.graphics.palettes import SCREEN_PALETTE, format_css, mix
from pipeline.graphics.waveform_background import EventWaveform
from pipeline.graphics.waveform_svg import draw_waveform_svg
from pipeline.magazine.flatplan import build_parts
from pipeline.magazine.page_geometry import SCREEN_SCALE
from pipeline.magazine.pages import ContentsLine, EventPart, Part, PlainPart, StoryPart
from pipeline.magazine.sections import require_magazine
from pipeline.magazine.text_blocks import resolve_anchors
from pipeline.model import Programme, Release
from pipeline.typesetting import Theme, load_translator, render_template

_INCLUDED_KINDS = ("story", "event", "quotes", "photo", "colophon")  # not the index, which lists page numbers
_VOID_ELEMENT = re.compile(r"<(img|br|hr|wbr)\b([^>]*?)\s*/?>")
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_TABLE_FRAME = r'<div class="table" role="group" tabindex="0">\g<0></div>'  # scrolls by keyboard on a narrow screen
_PICTURE = re.compile(r'src="pictures/([^"]+)"')
_DARK_MODE_SHARE = 0.42  # of an event colour, the rest white: legible on the dark background

FONTS = (
    "source-serif-4-latin-400-normal.woff2",
    "source-serif-4-latin-400-italic.woff2",
    "source-serif-4-latin-600-normal.woff2",
    "source-sans-3-latin-400-normal.woff2",
    "source-sans-3-latin-600-normal.woff2",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkResolver:
    """Resolves what one article refers to.

    Attributes:
        link: From an absolute URL to the address to use.
        picture: From a path in the programme to an address.
        article: From the anchor of another article to its address.
        page_break: The mark before an anchor at which a page of the print edition begins.
    """

    link: Callable[[str], str]
    picture: Callable[[str], str]
    article: Callable[[str], str]
    page_break: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebArticle:
    """One article as HTML; `convert_to_xhtml` makes it XML."""

    anchor: str
    kind: str
    title: str
    body: str
    colour: int = 0  # number of the event colour; 0: none
    waveform: str = ""  # of an event, as SVG
    intro: str = ""  # of a story
    lines: tuple[ContentsLine, ...] = ()  # of an event


def render_articles(
    programme: Programme, releases: Sequence[Release], *, theme: Theme, resolver: Callable[[str], LinkResolver]
) -> tuple[WebArticle, ...]:
    """Render all articles in the order of the flatplan.

    ``resolver`` makes the link resolver of each anchor.
    """
    parts = build_parts(programme, require_magazine(programme), tuple(releases), SCREEN_SCALE)
    owners = dict(_map_owners(parts))
    return tuple(
        _render_article(part, programme, theme, resolver(part.anchor), owners)
        for part in parts
        if part.kind in _INCLUDED_KINDS
    )


def render_colour_rules() -> str:
    """Render the CSS rules of the event colours, for light and dark mode."""
    light, white = SCREEN_PALETTE.events, SCREEN_PALETTE.white
    dark = _format_colour_rules([mix(colour, _DARK_MODE_SHARE, white) for colour in light])
    return f"{_format_colour_rules(light)}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _format_colour_rules(colours: Sequence[tuple[float, ...]]) -> str:
    numbered = enumerate(colours, 1)
    return "".join(f".colour-{number} {{ --event: {format_css(colour)} }}\n" for number, colour in numbered)


def convert_to_xhtml(page: str) -> str:
    """Convert our HTML to XML: close void elements, and replace named entities."""
    closed = _VOID_ELEMENT.sub(lambda found: f"<{found[1]}{found[2]}/>", page)
    return re.sub(r"&(?!amp;|lt;|gt;|quot;|#)(\w+);", lambda found: html.unescape(found[0]), closed)


def _map_owners(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Map each anchor to the article that contains it."""
    for part in parts:
        yield part.anchor, part.anchor
        if isinstance(part, EventPart):
            yield from ((line.anchor, part.anchor) for line in part.lines)


def _draw_waveform(one: EventWaveform) -> str:
    colour = format_css(SCREEN_PALETTE.events[one.colour - 1])
    return str(
        draw_waveform_svg(
            one.waveform, width=960, height=120, chapters_s=one.chapters_s, duration_s=one.duration_s, colour=colour
        )
    )


def _render_article(
    part: Part, programme: Programme, theme: Theme, resolver: LinkResolver, owners: Mapping[str, str]
) -> WebArticle:
    def resolve(anchor: str) -> str:
        owner = owners[anchor]
        if owner == part.anchor:
            return f"#{anchor}"
        return resolver.article(owner) + ("" if anchor == owner else f"#{anchor}")

    waveform = _draw_waveform(part.waveform) if isinstance(part, EventPart) else ""
    body = render_template(
        "article.html.j2",
        theme=theme,
        programme=programme,
        magazine=require_magazine(programme),
        part=part,
        waveform=waveform,
        resolver=resolver,
    )
    body = _PICTURE.sub(lambda found: f'src="{resolver.picture(unquote(html.unescape(found[1])))}"', body)
    return WebArticle(
        anchor=part.anchor,
        kind=part.kind,
        title=_choose_title(part, theme),
        body=_TABLE.sub(_TABLE_FRAME, resolve_anchors(body, resolve)),
        colour=part.colour if isinstance(part, EventPart | StoryPart) else 0,
        waveform=waveform,
        intro=part.story.intro if isinstance(part, StoryPart) else "",
        lines=part.lines if isinstance(part, EventPart) else (),
    )


def _choose_title(part: Part, theme: Theme) -> str:
    if isinstance(part, EventPart):
        return part.event.title
    if isinstance(part, StoryPart):
        return part.story.title
    translate = load_translator(theme.language)
    if isinstance(part, PlainPart) and part.kind == "photo":
        picture = part.article.picture
        return (picture.caption if picture else "").rstrip(".") or translate("Pictures")
    return translate("Quotes from the tables") if part.kind == "quotes" else translate("Colophon")
