"""Resolves the styles of OpenDocument texts through their parents, and counts their lists."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.intake.picture_cropping import CropMargins, measure_picture

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE = f"{{{_NS}text:1.0}}", f"{{{_NS}style:1.0}}"
_FO, _TABLE = f"{{{_NS}xsl-fo-compatible:1.0}}", f"{{{_NS}table:1.0}}"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_QUOTE_STYLE = re.compile(r"(quot(e|ations?)|citaat|block text|blokcitaat)", re.IGNORECASE)
_TITLE_STYLES = {"title": "h1", "titel": "h1", "subtitle": "p", "ondertitel": "p"}
_HEADING_STYLE = re.compile(r"(?:heading|kop) ([1-6])\Z", re.IGNORECASE)
_STRONG_STYLES, _EMPHASIS_STYLES = {"Strong Emphasis", "Sterke nadruk"}, {"Emphasis", "Nadruk"}
_MAX_PARENTS = 20  # the parents of a damaged style can be a cycle
_MAX_REPEAT = 200
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)?\Z")
_UNITS_IN = {"cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1.0, "pt": 1 / 72, "pc": 1 / 6, "px": 1 / 96, "": 1 / 96}


@dataclass(frozen=True, slots=True)
class _OdtStyle:
    name: str  # as people see it
    parent: str
    bold: bool
    italic: bool
    struck: bool
    hidden: bool | None
    clip: str  # fo:clip


class OdtStyles:
    """The styles of a document, and how far each of its lists was counted."""

    def __init__(self, roots: Sequence[Any]) -> None:
        """Read them from the roots of ``content.xml`` and ``styles.xml``."""
        self._styles = {
            style.get(f"{_STYLE}name", ""): _parse_style(style)
            for root in roots
            for style in root.iter(f"{_STYLE}style")
        }
        self._list_starts = {  # of levels that have numbers, by list style and level
            (style.get(f"{_STYLE}name", ""), int(level.get(f"{_TEXT}level", "1"))): _parse_number(
                level.get(f"{_TEXT}start-value", "")
            )
            for root in roots
            for style in root.iter(f"{_TEXT}list-style")
            for level in style.iter(f"{_TEXT}list-level-style-number")
            if level.get(f"{_TEXT}level", "1").isdecimal()
        }
        self._next_numbers: dict[tuple[str, int], int] = {}  # by list style or list id, and level

    def is_hidden(self, style: str) -> bool:
        """Whether a style hides text."""
        return self._find_display(style) is True

    def is_shown(self, style: str) -> bool:
        """Whether a style shows text that its paragraph hides."""
        return self._find_display(style) is False

    def _find_display(self, style: str) -> bool | None:
        return next((one.hidden for _, one in self._resolve(style) if one and one.hidden is not None), None)

    def find_crop(self, style: str, picture: bytes) -> CropMargins:
        """Find what a style cuts off a picture.

        Source: OpenDocument 1.3, part 3, 20.185 (fo:clip), as lengths at the size of the picture in
        its file.
        """
        clip = next((one.clip for _, one in self._resolve(style) if one and one.clip), "")
        lengths = re.findall(r"auto|-?[\d.]+[a-z]*", clip.partition("rect(")[2])
        if len(lengths) != 4:
            return CropMargins()
        top, right, bottom, left = map(_parse_length_in, lengths)
        if max(top, right, bottom, left) <= 0:
            return CropMargins()
        width, height = measure_picture(picture)
        return CropMargins(left=left / width, top=top / height, right=right / width, bottom=bottom / height)

    def wrap_paragraph(self, style: str, inside: str) -> str:
        """Wrap HTML in the element that a paragraph style stands for."""
        for name, _ in self._resolve(style):
            if tag := _TITLE_STYLES.get(name.casefold()):
                return f"<{tag}>{inside}</{tag}>"
            if heading := _HEADING_STYLE.match(name):
                return f"<h{heading[1]}>{inside}</h{heading[1]}>"
            if name.casefold() in {"author", "auteur"}:
                return f'<p class="author">{inside}</p>'
            if _QUOTE_STYLE.search(name):
                return f"<blockquote><p>{inside}</p></blockquote>"
        return f"<p>{inside}</p>"

    def wrap_span(self, style: str, inside: str) -> str:
        """Wrap HTML in the elements that a character style stands for."""
        styles = [one for _, one in self._resolve(style) if one]
        if any(one.bold or one.name in _STRONG_STYLES for one in styles):
            inside = f"<b>{inside}</b>"
        if any(one.italic or one.name in _EMPHASIS_STYLES for one in styles):
            inside = f"<i>{inside}</i>"
        return f"<s>{inside}</s>" if any(one.struck for one in styles) else inside

    def start_list(self, element: Any, style: str, level: int) -> tuple[bool, int]:
        """Find whether a list has numbers, and its first one: some continue an earlier list.

        Source: OpenDocument 1.3, part 3, 5.3.2 (text:list).
        """
        start = self._list_starts.get((style, level))
        if start is None:
            return False, 1
        if continued := element.get(f"{_TEXT}continue-list", ""):
            return True, self._next_numbers.get((f"#{continued}", level), start)
        if element.get(f"{_TEXT}continue-numbering") == "true":
            return True, self._next_numbers.get((style, level), start)
        return True, start

    def end_list(self, element: Any, style: str, level: int, next_number: int) -> None:
        """Record the number that would follow in a list."""
        self._next_numbers[style, level] = next_number
        if ident := element.get(_XML_ID, ""):
            self._next_numbers[f"#{ident}", level] = next_number

    def _resolve(self, name: str) -> Iterator[tuple[str, _OdtStyle | None]]:
        """Yield the name of a style as people see it, and the style; then those of its parents."""
        for _ in range(_MAX_PARENTS):
            if not name:
                return
            style = self._styles.get(name)
            yield (style.name if style else name).replace("_20_", " "), style
            name = style.parent if style else ""


def read_repeat(element: Any, what: str) -> int:
    """Read how often a cell or column (``columns``) or a row (``rows``) is repeated, at most 200 times."""
    repeated = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return min(int(repeated), _MAX_REPEAT) if repeated.isdecimal() and len(repeated) < 9 else 1


def _parse_style(element: Any) -> _OdtStyle:
    properties = element.find(f"{_STYLE}text-properties")
    attributes = properties.attrib if properties is not None else {}
    graphic = element.find(f"{_STYLE}graphic-properties")
    display = attributes.get(f"{_TEXT}display")
    ink, ground = attributes.get(f"{_FO}color", ""), attributes.get(f"{_FO}background-color", "")
    is_unreadable = bool(ink) and ink == ground  # as names are blacked out
    return _OdtStyle(
        name=element.get(f"{_STYLE}display-name", element.get(f"{_STYLE}name", "")).replace("_20_", " "),
        parent=element.get(f"{_STYLE}parent-style-name", ""),
        bold=attributes.get(f"{_FO}font-weight", "") in {"bold", "700", "800", "900"},
        italic=attributes.get(f"{_FO}font-style", "") in {"italic", "oblique"},
        struck=attributes.get(f"{_STYLE}text-line-through-style", "none") != "none",
        hidden=True if is_unreadable else None if display is None else display == "none",
        clip=graphic.get(f"{_FO}clip", "") if graphic is not None else "",
    )


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _parse_length_in(text: str) -> float:
    found = _LENGTH.match(text)
    try:
        return float(found[1]) * _UNITS_IN[found[2] or ""] if found else 0.0
    except ValueError:
        return 0.0
