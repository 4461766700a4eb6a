"""Reads OpenDocument texts, as LibreOffice and Google Docs write them; what its styles mean is followed to their parents."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import unquote

from pipeline.intake.blocks import LeftOut, Text
from pipeline.intake.guard import Archive, Refused, opened_zip
from pipeline.intake.markup import html_text, xml_root

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _TABLE, _SVG = f"{{{_NS}drawing:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}svg-compatible:1.0}}"
_FO, _HREF = f"{{{_NS}xsl-fo-compatible:1.0}}", "{http://www.w3.org/1999/xlink}href"
_QUOTES = re.compile(r"(quot(e|ations?)|citaat|block text|blokcitaat)", re.IGNORECASE)
_TITLES = {"title": "h1", "titel": "h1", "subtitle": "p", "ondertitel": "p"}
_KOP = re.compile(r"(?:heading|kop) ([1-6])\Z", re.IGNORECASE)
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class _Style:
    name: str  # as people see it
    parent: str
    bold: bool
    italic: bool
    struck: bool


@dataclass(slots=True)
class _Reading:
    """What is known while a document is read, and what piles up."""

    styles: Mapping[str, _Style]
    numbered: set[str]  # list styles whose first level has numbers
    files: Archive
    pictures: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)

    def lose(self, what: str) -> str:
        self.lost[what] = self.lost.get(what, 0) + 1
        return ""


def read_odt(content: bytes) -> Text:
    """The text of an .odt: comments, deletions, authors and metadata stay behind.

    Source: OpenDocument 1.3, part 3.

    Raises:
        Refused: it is damaged, locked, or beyond the limits.
    """
    with opened_zip(content) as archive:
        root = xml_root(archive.read("content.xml"))
        styles = [root]
        if "styles.xml" in archive.names:
            styles.append(xml_root(archive.read("styles.xml")))
        reading = _Reading(styles=_styles(styles), numbered=_numbered(styles), files=archive)
        text = root.find(f"{_OFFICE}body/{_OFFICE}text")
        if text is None:
            raise Refused("holds no text")
        page = "".join(_blocks(text, reading, depth=0))
        if any(name.startswith("Basic/") and name.endswith(".xml") for name in archive.names):
            reading.lose("macro")
    if reading.notes:
        page += f"<ol>{''.join(reading.notes)}</ol>"
    left_out = tuple(LeftOut(what=what, count=count) for what, count in reading.lost.items())
    told = html_text(page)
    return Text(blocks=told.blocks, pictures=tuple(reading.pictures), left_out=(*left_out, *told.left_out))


def _styles(roots: list[Any]) -> dict[str, _Style]:
    found = {}
    for root in roots:
        for style in root.iter(f"{_STYLE}style"):
            name = style.get(f"{_STYLE}name", "")
            text = style.find(f"{_STYLE}text-properties")
            of = (lambda key, text=text: text.get(f"{_FO}{key}", "")) if text is not None else lambda _: ""
            found[name] = _Style(
                name=style.get(f"{_STYLE}display-name", name).replace("_20_", " "),
                parent=style.get(f"{_STYLE}parent-style-name", ""),
                bold=of("font-weight") in {"bold", "700", "800", "900"},
                italic=of("font-style") in {"italic", "oblique"},
                struck=text is not None and text.get(f"{_STYLE}text-line-through-style", "none") != "none",
            )
    return found


def _numbered(roots: list[Any]) -> set[str]:
    return {
        style.get(f"{_STYLE}name", "")
        for root in roots
        for style in root.iter(f"{_TEXT}list-style")
        if style.find(f"{_TEXT}list-level-style-number[@{_TEXT}level='1']") is not None
    }


def _names(name: str, styles: Mapping[str, _Style]) -> Iterator[str]:
    """The name of a style and of all that it is made after."""
    for _ in range(20):  # a ring of parents is a broken file, and no reason to hang
        if not name:
            return
        style = styles.get(name)
        yield (style.name if style else name).replace("_20_", " ")
        name = style.parent if style else ""


def _blocks(element: Any, reading: _Reading, *, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise Refused("is nested deeper than any note")
    for child in element:
        yield from _block(child, reading, depth=depth + 1)


def _block(child: Any, reading: _Reading, *, depth: int) -> Iterator[str]:
    if child.tag == f"{_TEXT}h":
        level = child.get(f"{_TEXT}outline-level", "1")
        level = level if level in "123456" and len(level) == 1 else "6"
        yield f"<h{level}>{_inline(child, reading, depth)}</h{level}>"
    elif child.tag == f"{_TEXT}p":
        yield _paragraph(child, reading, depth)
    elif child.tag == f"{_TEXT}list":
        yield from _list(child, reading, depth)
    elif child.tag == f"{_TABLE}table":
        rows = "".join(_row(row, reading, depth) for row in child.iter(f"{_TABLE}table-row"))
        yield f"<table>{rows}</table>"
    elif child.tag == f"{_TEXT}tracked-changes":
        for change in child.iter(f"{_TEXT}deletion"):
            del change
            reading.lose("deleted passage")
    elif child.tag in {f"{_TEXT}section", f"{_TEXT}index-body", f"{_DRAW}text-box"}:
        yield from _blocks(child, reading, depth=depth)
    elif child.tag == f"{_DRAW}frame":
        yield f"<p>{_frame(child, reading, depth)}</p>"
    elif child.tag == f"{_TEXT}table-of-content":
        reading.lose("table of contents")


def _paragraph(element: Any, reading: _Reading, depth: int) -> str:
    inside = _inline(element, reading, depth)
    for name in _names(element.get(f"{_TEXT}style-name", ""), reading.styles):
        if name.casefold() in _TITLES:
            tag = _TITLES[name.casefold()]
            return f"<{tag}>{inside}</{tag}>"
        if kop := _KOP.match(name):
            return f"<h{kop[1]}>{inside}</h{kop[1]}>"
        if name.casefold() in {"author", "auteur"}:
            return f'<p class="author">{inside}</p>'
        if _QUOTES.search(name):
            return f"<blockquote><p>{inside}</p></blockquote>"
    return f"<p>{inside}</p>"


def _list(element: Any, reading: _Reading, depth: int) -> Iterator[str]:
    tag = "ol" if element.get(f"{_TEXT}style-name", "") in reading.numbered else "ul"
    yield f"<{tag}>"
    for item in element:
        if item.tag in {f"{_TEXT}list-item", f"{_TEXT}list-header"}:
            yield f"<li>{''.join(_blocks(item, reading, depth=depth))}</li>"
    yield f"</{tag}>"


def _row(element: Any, reading: _Reading, depth: int) -> str:
    cells = []
    for cell in element:
        if cell.tag in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            again = cell.get(f"{_TABLE}number-columns-repeated", "1")
            inside = "".join(_blocks(cell, reading, depth=depth))
            cells += [f"<td>{inside}</td>"] * (min(int(again), 50) if again.isdecimal() else 1)
    return f"<tr>{''.join(cells)}</tr>"


# -------------------------------------------------------------------------------------------------------- inside a line


def _inline(element: Any, reading: _Reading, depth: int) -> str:
    if depth > _DEEPEST:
        raise Refused("is nested deeper than any note")
    pieces = [escape(element.text or "")]
    for child in element:
        pieces += [_piece(child, reading, depth + 1), escape(child.tail or "")]
    return "".join(pieces)


def _piece(child: Any, reading: _Reading, depth: int) -> str:
    name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
    if name in _SIGNS:
        return _SIGNS[name]
    if name == "annotation":
        return reading.lose("comment")
    if name in _WITHIN:
        return _WITHIN[name](child, reading, depth)
    return _inline(child, reading, depth) if isinstance(child.tag, str) and child.tag.startswith(_TEXT) else ""


def _anchor(child: Any, reading: _Reading, depth: int) -> str:
    return f'<a href="{escape(child.get(_HREF, ""))}">{_inline(child, reading, depth)}</a>'


def _ruby(child: Any, reading: _Reading, depth: int) -> str:
    return "".join(_inline(base, reading, depth) for base in child.iter(f"{_TEXT}ruby-base"))


def _span(child: Any, reading: _Reading, depth: int) -> str:
    inside = _inline(child, reading, depth)
    names = [child.get(f"{_TEXT}style-name", "")]
    while len(names) < 20 and (style := reading.styles.get(names[-1])) and style.parent:
        names.append(style.parent)
    styles = [reading.styles[name] for name in names if name in reading.styles]
    if any(style.bold or style.name in {"Strong Emphasis", "Sterke nadruk"} for style in styles):
        inside = f"<b>{inside}</b>"
    if any(style.italic or style.name in {"Emphasis", "Nadruk"} for style in styles):
        inside = f"<i>{inside}</i>"
    return f"<s>{inside}</s>" if any(style.struck for style in styles) else inside


def _note(child: Any, reading: _Reading, depth: int) -> str:
    body = child.find(f"{_TEXT}note-body")
    inside = "".join(_blocks(body, reading, depth=depth)) if body is not None else ""
    number = len(reading.notes) + 1
    reading.notes.append(f'<li id="footnote-{number}">{inside}</li>')
    return f'<a href="#footnote-{number}">{number}</a>'


def _frame(child: Any, reading: _Reading, depth: int) -> str:
    """A picture with what it shows; or the text of a box; anything else is lost, and told."""
    box = child.find(f"{_DRAW}text-box")
    if box is not None:
        return "<br><br>".join(_inline(part, reading, depth) for part in box.iter(f"{_TEXT}p", f"{_TEXT}h"))
    image = child.find(f"{_DRAW}image")
    if image is None:
        return reading.lose("embedded object or formula")
    told = child.find(f"{_SVG}desc")
    told = told if told is not None and told.text else child.find(f"{_SVG}title")
    alt = escape(told.text or "") if told is not None else ""
    path = unquote(image.get(_HREF, "")).removeprefix("./")
    if path not in reading.files.names:
        return reading.lose("picture that lies elsewhere")
    try:
        reading.pictures.append(reading.files.read(path))
    except Refused:
        reading.pictures.append(b"")  # told with all that cannot be read; the text goes on
    return f'<img src="picture:{len(reading.pictures) - 1}" alt="{alt}">'


_SIGNS = {
    "s": " ",
    "tab": " ",
    "line-break": "<br>",
    **dict.fromkeys(("annotation-end", "soft-page-break", "change", "change-start", "change-end", "bookmark"), ""),
}
_WITHIN: Mapping[str, Callable[[Any, _Reading, int], str]] = {
    "span": _span,
    "a": _anchor,
    "note": _note,
    "frame": _frame,
    "ruby": _ruby,
}
