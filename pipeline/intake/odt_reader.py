"""Reads OpenDocument texts of LibreOffice and Google Docs.

Styles are resolved through their parents.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import unquote

from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import CheckedArchive, RefusedFileError, open_zip
from pipeline.intake.html_reader import parse_xml, read_html_blocks

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _TABLE, _SVG = f"{{{_NS}drawing:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}svg-compatible:1.0}}"
_FO, _HREF = f"{{{_NS}xsl-fo-compatible:1.0}}", "{http://www.w3.org/1999/xlink}href"
_QUOTE_STYLE = re.compile(r"(quot(e|ations?)|citaat|block text|blokcitaat)", re.IGNORECASE)
_TITLE_STYLES = {"title": "h1", "titel": "h1", "subtitle": "p", "ondertitel": "p"}
_HEADING_STYLE = re.compile(r"(?:heading|kop) ([1-6])\Z", re.IGNORECASE)
_MAX_DEPTH = 200
_MAX_PARENTS = 20  # the parents of a damaged style can be a cycle


@dataclass(frozen=True, slots=True)
class _OdtStyle:
    name: str  # as people see it
    parent: str
    bold: bool
    italic: bool
    struck: bool


@dataclass(slots=True)
class _OdtContext:
    """State of the conversion of a document to HTML."""

    styles: Mapping[str, _OdtStyle]
    numbered_lists: set[str]  # list styles whose first level has numbers
    archive: CheckedArchive
    images: list[bytes] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)

    def omit(self, what: str) -> str:
        self.omissions[what] += 1
        return ""


def read_odt(content: bytes) -> ExtractedText:
    """Read the text of an .odt, without comments, deletions, authors and metadata.

    Source: OpenDocument 1.3, part 3.

    Raises:
        RefusedFileError: It is damaged, encrypted or unsafe.
    """
    with open_zip(content) as archive:
        root = parse_xml(archive.read("content.xml"))
        roots = [root]
        if "styles.xml" in archive.names:
            roots.append(parse_xml(archive.read("styles.xml")))
        context = _OdtContext(styles=_read_styles(roots), numbered_lists=_find_numbered_lists(roots), archive=archive)
        text = root.find(f"{_OFFICE}body/{_OFFICE}text")
        if text is None:
            raise RefusedFileError("the file has no text")
        page = "".join(_convert_blocks(text, context, depth=0))
        if any(name.startswith("Basic/") and name.endswith(".xml") for name in archive.names):
            context.omit("macro")
    if context.footnotes:
        page += f"<ol>{''.join(context.footnotes)}</ol>"
    found = read_html_blocks(page)
    omissions = context.omissions + found.omissions
    return ExtractedText(blocks=found.blocks, images=tuple(context.images), omissions=omissions)


def _read_styles(roots: list[Any]) -> dict[str, _OdtStyle]:
    styles = {}
    for style in (style for root in roots for style in root.iter(f"{_STYLE}style")):
        name = style.get(f"{_STYLE}name", "")
        properties = style.find(f"{_STYLE}text-properties")
        attributes = properties.attrib if properties is not None else {}
        styles[name] = _OdtStyle(
            name=style.get(f"{_STYLE}display-name", name).replace("_20_", " "),
            parent=style.get(f"{_STYLE}parent-style-name", ""),
            bold=attributes.get(f"{_FO}font-weight", "") in {"bold", "700", "800", "900"},
            italic=attributes.get(f"{_FO}font-style", "") in {"italic", "oblique"},
            struck=attributes.get(f"{_STYLE}text-line-through-style", "none") != "none",
        )
    return styles


def _find_numbered_lists(roots: list[Any]) -> set[str]:
    return {
        style.get(f"{_STYLE}name", "")
        for root in roots
        for style in root.iter(f"{_TEXT}list-style")
        if style.find(f"{_TEXT}list-level-style-number[@{_TEXT}level='1']") is not None
    }


def _resolve_style(name: str, context: _OdtContext) -> Iterator[tuple[str, _OdtStyle | None]]:
    """Yield the name of a style as people see it, and the style; then those of its parents."""
    for _ in range(_MAX_PARENTS):
        if not name:
            return
        style = context.styles.get(name)
        yield (style.name if style else name).replace("_20_", " "), style
        name = style.parent if style else ""


def _convert_blocks(element: Any, context: _OdtContext, *, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise RefusedFileError("the text is nested too deeply")
    for child in element:
        yield from _convert_block(child, context, depth=depth + 1)


def _convert_block(child: Any, context: _OdtContext, *, depth: int) -> Iterator[str]:
    if child.tag == f"{_TEXT}h":
        level = child.get(f"{_TEXT}outline-level", "1")
        level = level if level in "123456" and len(level) == 1 else "6"
        yield f"<h{level}>{_convert_inline(child, context, depth)}</h{level}>"
    elif child.tag == f"{_TEXT}p":
        yield _convert_paragraph(child, context, depth)
    elif child.tag == f"{_TEXT}list":
        yield from _convert_list(child, context, depth)
    elif child.tag == f"{_TABLE}table":
        rows = "".join(_convert_row(row, context, depth) for row in child.iter(f"{_TABLE}table-row"))
        yield f"<table>{rows}</table>"
    elif child.tag == f"{_TEXT}tracked-changes":
        context.omissions["deleted passage"] += sum(1 for _ in child.iter(f"{_TEXT}deletion"))
    elif child.tag in {f"{_TEXT}section", f"{_TEXT}index-body", f"{_DRAW}text-box"}:
        yield from _convert_blocks(child, context, depth=depth)
    elif child.tag == f"{_DRAW}frame":
        yield f"<p>{_convert_frame(child, context, depth)}</p>"
    elif child.tag == f"{_TEXT}table-of-content":
        context.omit("table of contents")


def _convert_paragraph(element: Any, context: _OdtContext, depth: int) -> str:
    inside = _convert_inline(element, context, depth)
    for name, _ in _resolve_style(element.get(f"{_TEXT}style-name", ""), context):
        if tag := _TITLE_STYLES.get(name.casefold()):
            return f"<{tag}>{inside}</{tag}>"
        if heading := _HEADING_STYLE.match(name):
            return f"<h{heading[1]}>{inside}</h{heading[1]}>"
        if name.casefold() in {"author", "auteur"}:
            return f'<p class="author">{inside}</p>'
        if _QUOTE_STYLE.search(name):
            return f"<blockquote><p>{inside}</p></blockquote>"
    return f"<p>{inside}</p>"


def _convert_list(element: Any, context: _OdtContext, depth: int) -> Iterator[str]:
    tag = "ol" if element.get(f"{_TEXT}style-name", "") in context.numbered_lists else "ul"
    yield f"<{tag}>"
    for item in element:
        if item.tag in {f"{_TEXT}list-item", f"{_TEXT}list-header"}:
            yield f"<li>{''.join(_convert_blocks(item, context, depth=depth))}</li>"
    yield f"</{tag}>"


def _convert_row(element: Any, context: _OdtContext, depth: int) -> str:
    cells = []
    for cell in element:
        if cell.tag in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            repeated = cell.get(f"{_TABLE}number-columns-repeated", "1")
            inside = "".join(_convert_blocks(cell, context, depth=depth))
            cells += [f"<td>{inside}</td>"] * (min(int(repeated), 50) if repeated.isdecimal() else 1)
    return f"<tr>{''.join(cells)}</tr>"


def _convert_inline(element: Any, context: _OdtContext, depth: int) -> str:
    if depth > _MAX_DEPTH:
        raise RefusedFileError("the text is nested too deeply")
    pieces = [escape(element.text or "")]
    for child in element:
        pieces += [_convert_inline_element(child, context, depth + 1), escape(child.tail or "")]
    return "".join(pieces)


def _convert_inline_element(child: Any, context: _OdtContext, depth: int) -> str:
    name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
    if name in _REPLACEMENTS:
        return _REPLACEMENTS[name]
    if name == "annotation":
        return context.omit("comment")
    if name in _CONVERTERS:
        return _CONVERTERS[name](child, context, depth)
    is_text = isinstance(child.tag, str) and child.tag.startswith(_TEXT)
    return _convert_inline(child, context, depth) if is_text else ""


def _convert_link(child: Any, context: _OdtContext, depth: int) -> str:
    return f'<a href="{escape(child.get(_HREF, ""))}">{_convert_inline(child, context, depth)}</a>'


def _convert_ruby(child: Any, context: _OdtContext, depth: int) -> str:
    return "".join(_convert_inline(base, context, depth) for base in child.iter(f"{_TEXT}ruby-base"))


def _convert_span(child: Any, context: _OdtContext, depth: int) -> str:
    inside = _convert_inline(child, context, depth)
    styles = [style for _, style in _resolve_style(child.get(f"{_TEXT}style-name", ""), context) if style]
    if any(style.bold or style.name in {"Strong Emphasis", "Sterke nadruk"} for style in styles):
        inside = f"<b>{inside}</b>"
    if any(style.italic or style.name in {"Emphasis", "Nadruk"} for style in styles):
        inside = f"<i>{inside}</i>"
    return f"<s>{inside}</s>" if any(style.struck for style in styles) else inside


def _convert_footnote(child: Any, context: _OdtContext, depth: int) -> str:
    body = child.find(f"{_TEXT}note-body")
    inside = "".join(_convert_blocks(body, context, depth=depth)) if body is not None else ""
    number = len(context.footnotes) + 1
    context.footnotes.append(f'<li id="footnote-{number}">{inside}</li>')
    return f'<a href="#footnote-{number}">{number}</a>'


def _convert_frame(child: Any, context: _OdtContext, depth: int) -> str:
    """Convert an image with its description, or the text of a box; anything else is omitted."""
    box = child.find(f"{_DRAW}text-box")
    if box is not None:
        return "<br><br>".join(_convert_inline(part, context, depth) for part in box.iter(f"{_TEXT}p", f"{_TEXT}h"))
    image = child.find(f"{_DRAW}image")
    if image is None:
        return context.omit("embedded object or formula")
    alt = escape(child.findtext(f"{_SVG}desc") or child.findtext(f"{_SVG}title") or "")
    path = unquote(image.get(_HREF, "")).removeprefix("./")
    if path not in context.archive.names:
        return context.omit("linked image")
    try:
        context.images.append(context.archive.read(path))
    except RefusedFileError:
        context.images.append(b"")  # counted with the other unreadable images; the text is read on
    return f'<img src="image:{len(context.images) - 1}" alt="{alt}">'


_REPLACEMENTS = {
    "s": " ",
    "tab": " ",
    "line-break": "<br>",
    **dict.fromkeys(("annotation-end", "soft-page-break", "change", "change-start", "change-end", "bookmark"), ""),
}
_CONVERTERS: Mapping[str, Callable[[Any, _OdtContext, int], str]] = {
    "span": _convert_span,
    "a": _convert_link,
    "note": _convert_footnote,
    "frame": _convert_frame,
    "ruby": _convert_ruby,
}
