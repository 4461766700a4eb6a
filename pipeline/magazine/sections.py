"""The HTML of an edition in sections: a few pages each, rendered in parallel and merged."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import unquote

from pipeline import urls
from pipeline.errors import MagazineError
from pipeline.magazine import copyfit, page_geometry, picture_sizes
from pipeline.magazine.break_opportunities import add_break_opportunities
from pipeline.magazine.edition import Edition, compute_last_modified, create_edition, make_page_placeholder
from pipeline.magazine.event_facts import choose_facts_class, has_room_for_summary
from pipeline.magazine.figures import is_page_figure
from pipeline.magazine.flatplan import DEFAULT_STRIP_MM, build_parts, count_pages, get_event_waveform
from pipeline.magazine.index import build_index
from pipeline.magazine.opener_layout import lay_out_opener
from pipeline.magazine.pages import ContentsPart, EventPart, Part, PlainPart, PullQuotePart, ReflectionPage, StoryPart
from pipeline.magazine.reflection_pages import count_reflection_pages, make_episode_box, make_printed_link
from pipeline.magazine.text_blocks import prevent_runts
from pipeline.model import Article, Magazine, Programme, Release
from pipeline.pdf.tasks import CROSS_SECTION_URL
from pipeline.typesetting import Theme, render_template

_PAGE_PLACEHOLDER = re.compile("\ufdd0([^\ufdd0\ufdd1]*)\ufdd1")
_UNLESS = re.compile("\ufdd2([^\ufdd3]*)\ufdd3([^\ufdd4]*)\ufdd4")  # an anchor; HTML that is left out if it is placed
_ANCHOR = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r'\bhref="#([^"]+)"')
_PICTURE = re.compile(r'\bsrc="pictures/([^"]+)"')


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached properties
class SectionHtml:
    """A section before it is rendered: one article, or one page of an event.

    Attributes:
        name: Unique in the edition.
        html: With placeholders for page numbers; see `fill_in`.
        estimated_pages: Number of pages, estimated by copyfitting.
        starts_left: Begins on a left page.
        continues: Belongs to the structure element of the section before.
        at_end: Stays at the end, after pages for notes.
        is_filler: Is printed only where a page is missing.
        is_balanced: If it flows onto several pages, its last page is not left near empty.
    """

    name: str
    html: str
    estimated_pages: int
    starts_left: bool = False
    continues: bool = False
    at_end: bool = False
    is_filler: bool = False
    is_balanced: bool = False

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Link targets in it."""
        return frozenset(_ANCHOR.findall(self.html))

    @cached_property
    def page_references(self) -> frozenset[str]:
        """Anchors whose page numbers it shows, or whose presence it depends on."""
        return frozenset((*_PAGE_PLACEHOLDER.findall(self.html), *(name for name, _ in _UNLESS.findall(self.html))))

    @property
    def pictures(self) -> frozenset[str]:
        """Paths in the programme of its pictures."""
        return frozenset(unquote(html.unescape(name)) for name in _PICTURE.findall(self.html))

    def fill_in(self, pages: Mapping[str, int], anchors: frozenset[str]) -> str:
        """Return the HTML with page numbers, and with links to ``anchors`` in other sections."""

        def link(found: re.Match[str]) -> str:
            inside = found[1] in self.anchors or found[1] not in anchors
            return found[0] if inside else f'href="{CROSS_SECTION_URL}{found[1]}"'

        html = _UNLESS.sub(lambda found: "" if found[1] in pages else found[2], self.html)
        return _LINK.sub(link, _PAGE_PLACEHOLDER.sub(lambda found: str(pages.get(found[1], "")), html))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionHtml:
    """An edition before it is rendered."""

    stylesheet: str  # for all sections
    sections: tuple[SectionHtml, ...]
    notes_page: SectionHtml  # inserted where a page is missing
    titles: Mapping[str, str]  # of link targets, by anchor
    tight_style: str = ""  # for a balanced section that takes a few lines more than its pages


def require_magazine(programme: Programme) -> Magazine:
    """Return the magazine of a programme.

    Raises:
        MagazineError: It has none.
    """
    if programme.magazine is None:
        raise MagazineError("this programme has no magazine", hint="Write magazine/magazine.yaml.")
    return programme.magazine


def render_edition(
    programme: Programme, releases: Sequence[Release], *, theme: Theme, medium: str = "screen"
) -> EditionHtml:
    """Render the HTML of the edition for ``screen`` or ``print``.

    The same values produce the same text. Pictures are named `pictures/<path in the programme>`,
    stylesheets and fonts `theme/<path in the theme>`.

    Raises:
        MagazineError: The programme has no magazine, or a picture cannot be printed.
    """
    values = _collect_values(programme, releases, medium)
    scale = values["edition"].scale

    def render(name: str, part: Part, page: ReflectionPage | None = None, **flags: bool) -> SectionHtml:
        section = render_template("section.html.j2", theme=theme, **values, part=part, reflection_page=page)
        section = add_break_opportunities(section)
        pages = count_reflection_pages([page]) if page else count_pages(part, scale)
        is_balanced = page is not None or part.kind in ("story", "index")
        return SectionHtml(name=name, html=section, estimated_pages=pages, is_balanced=is_balanced, **flags)

    return EditionHtml(
        stylesheet=render_template("style.css.j2", theme=theme, **values),
        sections=tuple(_render_sections(values["parts"], render, in_print=medium == "print")),
        notes_page=render("notes", PlainPart(kind="notes", anchor="notes", article=Article(kind="notes"))),
        titles=dict(_list_titles(values["parts"])),
        tight_style=render_template("tight.css.j2", theme=theme, **values),
    )


def _render_sections(
    parts: Sequence[Part], render: Callable[..., SectionHtml], *, in_print: bool
) -> Iterator[SectionHtml]:
    end = len(parts)
    while end and parts[end - 1].kind in ("colophon", "back"):  # these stay behind pages for notes
        end -= 1
    for index, part in enumerate(parts):
        at_end = index >= end
        left = isinstance(part, EventPart) or (part.kind == "back" and in_print)  # the back cover is a left page
        is_filler = isinstance(part, PullQuotePart)
        yield render(part.anchor, part, starts_left=left, at_end=at_end, is_filler=is_filler)
        for number, page in enumerate(part.pages if isinstance(part, EventPart) else (), 1):
            yield render(f"{part.anchor}-{number}", part, page, continues=True, at_end=at_end)


def _list_titles(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if isinstance(part, EventPart):
            yield part.anchor, part.event.title
            yield from ((line.anchor, line.title) for line in part.lines)
        elif isinstance(part, StoryPart):
            yield part.anchor, part.story.title


def _collect_values(programme: Programme, releases: Sequence[Release], medium: str) -> dict[str, Any]:
    """Collect the values that the templates use."""
    magazine = require_magazine(programme)
    edition = create_edition(magazine, medium)
    by_slug = {release.episode.slug: release for release in releases}
    parts = build_parts(programme, magazine, tuple(releases), edition.scale)
    in_order = sorted(releases, key=lambda one: one.episode.number)
    return {
        "programme": programme,
        "magazine": magazine,
        "parts": parts,
        "edition": edition,
        "geometry": page_geometry,
        "picture_sizes": picture_sizes,
        "is_page_figure": is_page_figure,
        "modified": compute_last_modified(programme),
        "boxes": tuple(make_episode_box(programme, one) for one in in_order),
        "accessible_pdf": make_printed_link(programme, urls.magazine_pdf(magazine.name), title=programme.title),
        "credits": _list_credits(programme, magazine),
        "index": build_index(programme, magazine),
        "strip_mm": next((part.strip_mm for part in parts if isinstance(part, ContentsPart)), DEFAULT_STRIP_MM),
        "backgrounds": edition.backgrounds,
        "waveforms": [get_event_waveform(event, by_slug, programme) for event in programme.events],
        "colours": edition.colours,
        "break_lines": partial(_break_lines, edition=edition, language=magazine.language),
        "choose_theme_size": copyfit.choose_theme_size,
        "choose_facts_class": choose_facts_class,
        "has_room_for_summary": has_room_for_summary,
        "lay_out_opener": lay_out_opener,
        "prevent_runts": prevent_runts,
        "page_number": make_page_placeholder,
        "unless_placed": lambda anchor: f"\ufdd2{anchor}\ufdd3",
        "end_unless_placed": "\ufdd4",
        "cover_title": copyfit.choose_cover_title(magazine.title, page_geometry.COVER_TITLE_WIDTH_MM),
    }


def _break_lines(text: str, style: str, width_mm: float, *, edition: Edition, language: str, size: int = 0) -> str:
    """Break display type by sense, for templates.

    The stylesheet keeps the line breaks (pre-line).
    """
    styles = {
        "pull": edition.scale.pull,
        "intro": edition.scale.intro,
        "heading_1": page_geometry.HEADING_1,
        "heading_2": page_geometry.HEADING_2,
        "theme": page_geometry.THEMES[size],
        "quote": page_geometry.QUOTES[size],
    }
    return "\n".join(copyfit.break_display_lines(text, styles[style], width_mm, language=language))


def _list_credits(programme: Programme, magazine: Magazine) -> tuple[str, ...]:
    """List the credits of all pictures, each once, in page order."""
    pictures = [story.picture for story in programme.stories]
    pictures += [event.picture for event in programme.events]
    pictures += [article.picture for article in magazine.flatplan]
    names = [picture.credit for picture in pictures if picture]
    texts = [*(one.pictures for one in programme.stories), *(one.pictures for one in programme.reflections)]
    names += [picture.credit for pictures_of_text in texts for picture in pictures_of_text]
    return tuple(dict.fromkeys(name for name in names if name))
