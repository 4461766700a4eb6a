"""The same articles once more, for pages without pages: what the web edition and the EPUB both show."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import MagazineError
from pipeline.graphics import trace_svg
from pipeline.magazine import edition_of
from pipeline.magazine.colours import SCREEN, css, mixed
from pipeline.magazine.flatplan import parts_of
from pipeline.magazine.pages import EventPart, Line, Part, PlainPart, StoryPart
from pipeline.magazine.text_blocks import led
from pipeline.magazine.waveform_art import Strip
from pipeline.model import Magazine, Programme, Release
from pipeline.typesetting import Theme, render, words

_SHOWN = ("story", "event", "quotes", "photo", "colophon")  # an index of pages is for pages
_VOID = re.compile(r"<(img|br|hr|wbr)\b([^>]*?)\s*/?>")
_PICTURE = re.compile(r'src="pictures/([^"]+)"')

_NIGHT = 0.42  # of an ink, the rest white: what stays readable on the dark ground

FONTS = (
    "source-serif-4-latin-400-normal.woff2",
    "source-serif-4-latin-400-italic.woff2",
    "source-serif-4-latin-600-normal.woff2",
    "source-sans-3-latin-400-normal.woff2",
    "source-sans-3-latin-600-normal.woff2",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How an edition reaches what lies outside its text."""

    link: Callable[[str], str]  # from an absolute address to one that works here
    picture: Callable[[str], str]  # from a file of the programme to an address
    leaf: Callable[[str], str]  # from the anchor of another article to its address
    mark: Callable[[str], str] = lambda _: ""  # what stands where a page of the paper edition begins, by place


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One article, as HTML; ``well_formed`` makes it XML."""

    anchor: str
    kind: str
    title: str
    body: str
    ink: int = 0
    trace: str = ""  # of an event, as SVG
    intro: str = ""  # of a story
    lines: tuple[Line, ...] = ()  # what an event holds


def magazine_of(programme: Programme) -> Magazine:
    """Its magazine.

    Raises:
        MagazineError: it has none.
    """
    if programme.magazine is None:
        raise MagazineError("this programme has no magazine", hint="Write magazine/magazine.yaml.")
    return programme.magazine


def leaves_of(
    programme: Programme, releases: Sequence[Release], *, theme: Theme, ways: Callable[[str], Ways]
) -> tuple[Leaf, ...]:
    """Every article in the order of the flatplan; ``ways`` says for each anchor how things are reached from there."""
    magazine = magazine_of(programme)
    heard = {release.episode.slug: release for release in releases}
    parts = parts_of(programme, magazine, heard, edition_of(magazine, "screen").scale)
    homes = dict(_homes(parts))
    return tuple(_leaf(part, programme, theme, ways(part.anchor), homes) for part in parts if part.kind in _SHOWN)


def ink_rules() -> str:
    """A colour for each event, as CSS, by day and in the dark."""
    day = "".join(f".ink-{number} {{ --own: {css(ink)} }}\n" for number, ink in enumerate(SCREEN.inks, 1))
    night = "".join(
        f".ink-{number} {{ --own: {css(mixed(ink, _NIGHT, SCREEN.white))} }}\n"
        for number, ink in enumerate(SCREEN.inks, 1)
    )
    return f"{day}@media (prefers-color-scheme: dark) {{\n{night}}}\n"


def trace_of(strip: Strip) -> str:
    """The trace of an event, as decoration."""
    return str(
        trace_svg(
            strip.trace, width=960, height=120, chapters_s=strip.chapters_s, duration_s=strip.duration_s,
            colour=css(SCREEN.inks[strip.ink - 1]),
        )
    )  # fmt: skip


def well_formed(page: str) -> str:
    """HTML of ours as XML: void elements closed, no named entity but those of XML."""
    closed = _VOID.sub(lambda found: f"<{found[1]}{found[2]}/>", page)
    return re.sub(r"&(?!amp;|lt;|gt;|quot;|#)(\w+);", lambda found: html.unescape(found[0]), closed)


def _homes(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Of each place, the article that it lies in."""
    for part in parts:
        yield part.anchor, part.anchor
        if isinstance(part, EventPart):
            yield from ((line.anchor, part.anchor) for line in part.lines)


def _leaf(part: Part, programme: Programme, theme: Theme, ways: Ways, homes: Mapping[str, str]) -> Leaf:
    def to(place: str) -> str:
        home = homes[place]
        inside = "" if place == home else f"#{place}"
        return inside or f"#{place}" if home == part.anchor else f"{ways.leaf(home)}{inside}"

    trace = trace_of(part.strip) if isinstance(part, EventPart) else ""
    body = render(
        "leaf.html.j2",
        theme=theme,
        programme=programme,
        magazine=magazine_of(programme),
        part=part,
        link=ways.link,
        trace=trace,
        picture=ways.picture,
        mark=ways.mark,
    )
    body = _PICTURE.sub(lambda found: f'src="{ways.picture(html.unescape(found[1]))}"', body)
    body = led(body, to)
    ink = part.ink if isinstance(part, EventPart | StoryPart) else 0
    return Leaf(
        anchor=part.anchor,
        kind=part.kind,
        title=_title(part, theme),
        body=body,
        ink=ink,
        trace=trace,
        intro=part.story.intro if isinstance(part, StoryPart) else "",
        lines=part.lines if isinstance(part, EventPart) else (),
    )


def _title(part: Part, theme: Theme) -> str:
    if isinstance(part, EventPart):
        return part.event.title
    if isinstance(part, StoryPart):
        return part.story.title
    translated = words(theme.language)
    if isinstance(part, PlainPart) and part.kind == "photo":
        picture = part.article.picture
        return (picture.caption if picture else "").rstrip(".") or translated("Pictures")
    return translated("Said at the tables") if part.kind == "quotes" else translated("Colophon")
