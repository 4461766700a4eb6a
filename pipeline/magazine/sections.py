"""Writes the magazine as quires: a few pages each, which can be laid out side by side, kept, and bound in order."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from pipeline import urls
from pipeline.errors import MagazineError
from pipeline.magazine import Edition, changed_of, copyfit, edition_of, page_of
from pipeline.magazine.flatplan import pages_of, parts_of, strip_of
from pipeline.magazine.index import entries_of
from pipeline.magazine.pages import ContentsPart, EpisodeBox, EventPart, Part, PlainPart, Sheet, StoryPart
from pipeline.magazine.reflection_pages import Releases, box_of, page_count, place_of
from pipeline.magazine.text_blocks import tied
from pipeline.model import Article, Programme, Release
from pipeline.pdf import ELSEWHERE
from pipeline.typesetting import Theme, pictures_in, render

_PAGE_OF = re.compile("\ufdd0([^\ufdd0\ufdd1]*)\ufdd1")
_ANCHOR = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r'\bhref="#([^"]+)"')
_PICTURE = re.compile(r'\bsrc="pictures/([^"]+)"')
_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuireText:
    """A few pages before they are laid out: one article, or a sheet of one."""

    name: str
    html: str  # the number of a page elsewhere is not known yet: see ``numbered``
    pages: int  # as far as is reckoned
    left: bool = False  # begins on a left page
    continues: bool = False  # belongs to the section of the quire before
    last: bool = False  # stays at the end, behind pages for notes
    anchors: frozenset[str] = field(init=False, repr=False, compare=False)  # what can be referred to in it
    asks: frozenset[str] = field(init=False, repr=False, compare=False)  # the places whose page it tells

    def __post_init__(self) -> None:
        """Look once for what is asked again and again while pages are arranged."""
        object.__setattr__(self, "anchors", frozenset(_ANCHOR.findall(self.html)))
        object.__setattr__(self, "asks", frozenset(_PAGE_OF.findall(self.html)))

    @property
    def pictures(self) -> frozenset[str]:
        """The pictures that it shows, by their names in the programme."""
        return frozenset(unquote(html.unescape(name)) for name in _PICTURE.findall(self.html))

    def numbered(self, pages: Mapping[str, int], known: frozenset[str]) -> str:
        """The HTML to lay out: with page numbers, and with links that lead to any of the ``known`` places out of it."""
        own = self.anchors
        told = _PAGE_OF.sub(lambda found: str(pages.get(found[1], "")), self.html)
        return _LINK.sub(lambda found: found[0] if found[1] in own or found[1] not in known else _away(found[1]), told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """An edition of the magazine, ready to be laid out."""

    style: str  # the style sheets that all quires share
    quires: tuple[QuireText, ...]
    notes: QuireText  # a page for notes: put in where a page is missing
    titles: Mapping[str, str]  # of what can be referred to


def texts_of(programme: Programme, releases: Sequence[Release], *, theme: Theme, medium: str = "screen") -> Texts:
    """The whole magazine for the screen, or for ``print``; the same values give the same text.

    Pictures are named `pictures/<path in the programme>`, style sheets and fonts `theme/<path in the theme>`.

    Raises:
        MagazineError: the programme has no magazine, or a text uses a picture in a way that cannot be printed.
    """
    values = _values(programme, releases, medium)
    scale = values["edition"].scale

    def written(name: str, part: Part, sheet: Sheet | None = None, **also: Any) -> QuireText:
        text = render("quire.html.j2", theme=theme, **values, part=part, sheet=sheet)
        count = page_count([sheet], scale) if sheet else pages_of(part, scale)
        return QuireText(name=name, html=text, pages=count, **also)

    return Texts(
        style=render("style.css.j2", theme=theme, **values),
        quires=tuple(_quires(values["parts"], written, paper=medium == "print")),
        notes=written("notes", PlainPart(kind="notes", anchor="notes", article=Article(kind="notes"))),
        titles=dict(_titles(values["parts"])),
    )


def magazine_html(programme: Programme, releases: Sequence[Release], *, theme: Theme, medium: str = "screen") -> str:
    """The same as one document, for who wants to see it whole: its pages are numbered by whoever lays it out.

    Raises:
        MagazineError: as ``texts_of``.
    """
    texts = texts_of(programme, releases, theme=theme, medium=medium)
    body = "".join(found[1] for quire in texts.quires if (found := _BODY.search(quire.html)))
    grounds = "".join(found[1] for quire in (*texts.quires, texts.notes) if (found := _STYLE.search(quire.html)))
    values = _values(programme, releases, medium) | {"grounds": grounds, "body": _counted(body)}
    return render("magazine.html.j2", theme=theme, **values)


def _counted(body: str) -> str:
    return _PAGE_OF.sub(lambda found: f'<span class="page-of" data-to="#{found[1]}"></span>', body)


def _away(anchor: str) -> str:
    return f'href="{ELSEWHERE}{anchor}"'


def _quires(parts: Sequence[Part], written: Callable[..., QuireText], *, paper: bool) -> Iterator[QuireText]:
    end = _before_end(parts)
    for number, part in enumerate(parts):
        left = isinstance(part, EventPart) or (part.kind == "back" and paper)  # the outside of the sheet
        yield written(part.anchor, part, left=left, last=number >= end)
        for place, sheet in enumerate(part.sheets if isinstance(part, EventPart) else (), 1):
            yield written(f"{part.anchor}-{place}", part, sheet, continues=True, last=number >= end)


def _titles(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if isinstance(part, EventPart):
            yield part.anchor, part.event.title
            yield from ((line.anchor, line.title) for line in part.lines)
        elif isinstance(part, StoryPart):
            yield part.anchor, part.story.title


# ------------------------------------------------------------------------------------------------------- what templates know


def _values(programme: Programme, releases: Sequence[Release], medium: str) -> dict[str, Any]:
    if programme.magazine is None:
        raise MagazineError("this programme has no magazine", hint="Write magazine/magazine.yaml.")
    edition = edition_of(programme.magazine, medium)
    heard = {release.episode.slug: release for release in releases}
    parts = parts_of(programme, programme.magazine, heard, edition.scale)
    return {
        "programme": programme,
        "magazine": programme.magazine,
        "parts": parts,
        "edition": edition,
        "changed": changed_of(programme),
        "boxes": _boxes(programme, heard),
        "accessible": place_of(programme, urls.magazine_pdf(programme.magazine.name), title=programme.title),
        "credits": _credits(programme),
        "entries": entries_of(programme, programme.magazine),
        "strip_mm": next((part.strip_mm for part in parts if isinstance(part, ContentsPart)), 11.0),
        "grounds": edition.ground,
        "strips": [strip_of(event, heard, programme) for event in programme.events],
        "colours": edition.colours,
        "large": partial(_set_large, edition=edition),
        "tied": tied,
        "page_of": page_of,
        "title_setting": copyfit.cover_setting(programme.magazine.title, 165),
    }


def _set_large(text: str, setting: str, width_mm: float, *, edition: Edition, size: int = 0) -> str:
    """For templates: large type, its lines broken where the sense allows it; the style sheet keeps these breaks."""
    known = {
        "pull": edition.scale.pull,
        "intro": edition.scale.intro,
        "title": copyfit.HEAD_1,
        "head": copyfit.HEAD_2,
        "theme": copyfit.THEME,
        "said": copyfit.VOICES[size],
    }
    return "\n".join(copyfit.set_large(text, known[setting], width_mm))


def _before_end(parts: Sequence[Part]) -> int:
    """Behind how many parts filling pages stand: colophon and back stay the last."""
    count = len(parts)
    while count and parts[count - 1].kind in ("colophon", "back"):
        count -= 1
    return count


def _boxes(programme: Programme, heard: Releases) -> tuple[EpisodeBox, ...]:
    """All episodes that can be heard, in order."""
    return tuple(box_of(programme, one) for one in sorted(heard.values(), key=lambda one: one.episode.number))


def _credits(programme: Programme) -> tuple[str, ...]:
    """Who made the pictures, each once, in the order of the pages."""
    pictures = [story.picture for story in programme.stories]
    pictures += [article.picture for article in programme.magazine.flatplan] if programme.magazine else []
    makers = [picture.credit for picture in pictures if picture]
    texts = [one.text_md for one in programme.stories] + [one.text_md for one in programme.reflections]
    makers += [picture.credit for text_md in texts for picture in pictures_in(text_md)]
    return tuple(dict.fromkeys(maker for maker in makers if maker))
