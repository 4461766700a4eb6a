"""Reads OpenDocument texts of LibreOffice and Google Docs.

Styles are resolved through their parents.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import unquote

from pipeline.errors import fill
from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import CheckedArchive, open_zip
from pipeline.intake.html_reader import parse_xml, read_html_blocks
from pipeline.intake.html_tables import MAX_CELLS
from pipeline.intake.odt_controls import read_controls
from pipeline.intake.odt_styles import OdtStyles, read_repeat
from pipeline.intake.picture_cropping import crop_picture
from pipeline.intake.refused_formats import RefusedFileError

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _TABLE, _SVG = f"{{{_NS}drawing:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}svg-compatible:1.0}}"
_LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_MAX_DEPTH = 200


@dataclass(slots=True)
class _OdtContext:
    """State of the conversion of a document to HTML."""

    styles: OdtStyles
    controls: Mapping[str, str]  # HTML of the form controls, by their ids
    archive: CheckedArchive
    boxes: list[str] = field(default_factory=list)  # of the paragraph at hand: they follow it
    images: list[bytes] = field(default_factory=list)
    cells: int = 0
    footnotes: list[str] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)

    def omit(self, what: str) -> str:
        self.omissions[what] += 1
        return ""


def read_odt(content: bytes) -> ExtractedText:
    """Read the text of an .odt, without hidden text, comments, deletions, authors and metadata.

    Source: OpenDocument 1.3, part 3.

    Raises:
        RefusedFileError: It is damaged, encrypted or unsafe.
    """
    with open_zip(content) as archive:
        root = parse_xml(archive.read("content.xml"))
        roots = [root]
        if "styles.xml" in archive.names:
            roots.append(parse_xml(archive.read("styles.xml")))
        context = _OdtContext(styles=OdtStyles(roots), controls=read_controls(root), archive=archive)
        text = root.find(f"{_OFFICE}body/{_OFFICE}text")
        if text is None:
            raise RefusedFileError("the file has no text")
        page = "".join(_convert_blocks(text, context, depth=0))
        if any(name.startswith("Basic/") and name.endswith(".xml") for name in archive.names):
            context.omit("macro")
    if context.footnotes:
        page += f"<ol>{''.join(context.footnotes)}</ol>"
    found = read_html_blocks(page)
    omissions = +context.omissions + found.omissions
    return ExtractedText(blocks=found.blocks, images=tuple(context.images), omissions=omissions)


def _convert_blocks(element: Any, context: _OdtContext, *, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise RefusedFileError("the text is nested too deeply")
    for child in element:
        yield from _convert_block(child, context, depth=depth + 1)


def _convert_block(child: Any, context: _OdtContext, *, depth: int) -> Iterator[str]:
    if child.tag in {f"{_TEXT}h", f"{_TEXT}p"}:
        yield from _convert_paragraph(child, context, depth)
    elif child.tag == f"{_TEXT}list":
        yield from _convert_list(child, context, depth)
    elif child.tag == f"{_TABLE}table":
        yield _convert_table(child, context, depth)
    elif child.tag == f"{_TEXT}tracked-changes":
        context.omissions["deleted passage"] += sum(1 for _ in child.iter(f"{_TEXT}deletion"))
    elif child.tag == f"{_TEXT}section" and _is_hidden_section(child):
        context.omit("hidden passage")
    elif child.tag == f"{_TEXT}table-of-content":
        context.omit("table of contents")
    elif child.tag.startswith(_DRAW) and child.tag != f"{_DRAW}text-box":
        yield f"<p>{_convert_inline_element(child, context, depth)}</p>"
        yield from _take_boxes(context)
    elif child.tag not in _SKIPPED_BLOCKS:  # a section, the body of an index, or a wrapper that we do not know
        yield from _convert_blocks(child, context, depth=depth)


def _is_hidden_section(element: Any) -> bool:
    display = element.get(f"{_TEXT}display", "true")
    return bool(display == "none" or (display == "condition" and element.get(f"{_TEXT}is-hidden") == "true"))


def _take_boxes(context: _OdtContext) -> Iterator[str]:
    boxes, context.boxes = context.boxes, []
    yield from boxes


def _convert_paragraph(element: Any, context: _OdtContext, depth: int) -> Iterator[str]:
    style = element.get(f"{_TEXT}style-name", "")
    hides = (one.get(f"{_TEXT}is-hidden") == "true" for one in element.iter(f"{_TEXT}hidden-paragraph"))
    if any(hides) or (context.styles.is_hidden(style) and not _has_shown_span(element, context)):
        if "".join(element.itertext()).strip():
            context.omit("hidden passage")
        return
    inside = _convert_inline(element, context, depth)
    if element.tag == f"{_TEXT}h":
        level = element.get(f"{_TEXT}outline-level", "1")
        tag = f"h{level if level in set('123456') else 6}"
        yield f"<{tag}>{inside}</{tag}>"
    else:
        yield context.styles.wrap_paragraph(style, inside)
    yield from _take_boxes(context)


def _has_shown_span(element: Any, context: _OdtContext) -> bool:
    spans = (span.get(f"{_TEXT}style-name", "") for span in element.iter(f"{_TEXT}span"))
    return any(context.styles.is_shown(style) for style in spans)


def _convert_list(element: Any, context: _OdtContext, depth: int, *, level: int = 1, style: str = "") -> Iterator[str]:
    style = element.get(f"{_TEXT}style-name", style)
    is_numbered, start = context.styles.start_list(element, style, level)
    number = start
    yield f'<ol start="{start}">' if is_numbered else "<ul>"
    for item in element:
        if item.tag in {f"{_TEXT}list-item", f"{_TEXT}list-header"}:
            value = item.get(f"{_TEXT}start-value", "")
            number = int(value) if value.isdecimal() else number
            blocks = "".join(_convert_item(item, context, depth, level=level, style=style))
            yield f'<li value="{number}">{blocks}</li>'
            number += 1
    context.styles.end_list(element, style, level, number)
    yield "</ol>" if is_numbered else "</ul>"


def _convert_item(item: Any, context: _OdtContext, depth: int, *, level: int, style: str) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise RefusedFileError("the text is nested too deeply")
    for child in item:
        if child.tag == f"{_TEXT}list":
            yield from _convert_list(child, context, depth + 1, level=level + 1, style=style)
        else:
            yield from _convert_block(child, context, depth=depth + 1)


def _convert_table(element: Any, context: _OdtContext, depth: int) -> str:
    hidden: list[bool] = []  # by column
    for column in element.iter(f"{_TABLE}table-column"):
        if next(column.iterancestors(f"{_TABLE}table")) is element:
            hidden += [column.get(f"{_TABLE}visibility", "visible") != "visible"] * read_repeat(column, "columns")
    context.omissions["hidden column"] += sum(hidden)
    rows = []
    for row in element.iter(f"{_TABLE}table-row"):
        if next(row.iterancestors(f"{_TABLE}table")) is not element:
            continue  # of a table in a cell
        if row.get(f"{_TABLE}visibility", "visible") != "visible":
            context.omit("hidden row")
        else:
            rows.append(_convert_row(row, context, depth, hidden))
    return f"<table>{''.join(rows)}</table>"


def _convert_row(element: Any, context: _OdtContext, depth: int, hidden: Sequence[bool]) -> str:
    cells: list[str] = []
    for cell in element:
        is_covered = cell.tag == f"{_TABLE}covered-table-cell"
        if is_covered or cell.tag == f"{_TABLE}table-cell":
            inside = "" if is_covered else "".join(_convert_blocks(cell, context, depth=depth))
            cells += [f"<td>{inside}</td>"] * read_repeat(cell, "columns")
    context.cells += len(cells)
    if context.cells > MAX_CELLS:
        raise RefusedFileError(
            fill("the tables have more than {max_cells} cells", max_cells=MAX_CELLS), hint="Save them as a workbook."
        )
    shown = (cell for index, cell in enumerate(cells) if index >= len(hidden) or not hidden[index])
    return f"<tr>{''.join(shown)}</tr>"


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
    if name == "control":
        return context.controls.get(child.get(f"{_DRAW}control", ""), "")
    if name == "hidden-text" and child.get(f"{_TEXT}is-hidden", "true") == "true":
        return context.omit("hidden passage")
    is_prompt = name == "content-control" and child.get(f"{_LOEXT}showing-place-holder") == "true"
    if is_prompt or name == "placeholder":
        return context.omit("field that was not filled in")
    if isinstance(child.tag, str) and child.tag.startswith(_DRAW):
        return _convert_shape(child, context, depth)
    is_text = isinstance(child.tag, str) and child.tag.startswith((_TEXT, _LOEXT))
    return _convert_inline(child, context, depth) if is_text else ""


def _convert_link(child: Any, context: _OdtContext, depth: int) -> str:
    return f'<a href="{escape(child.get(_HREF, ""))}">{_convert_inline(child, context, depth)}</a>'


def _convert_ruby(child: Any, context: _OdtContext, depth: int) -> str:
    bases = "".join(_convert_inline(base, context, depth) for base in child.iter(f"{_TEXT}ruby-base"))
    return f"{bases}<rt>{escape(child.findtext(f'{_TEXT}ruby-text') or '')}</rt>"


def _convert_span(child: Any, context: _OdtContext, depth: int) -> str:
    style = child.get(f"{_TEXT}style-name", "")
    if context.styles.is_hidden(style):
        return context.omit("hidden passage") if "".join(child.itertext()).strip() else ""
    return context.styles.wrap_span(style, _convert_inline(child, context, depth))


def _convert_shape(child: Any, context: _OdtContext, depth: int) -> str:
    """Convert the text in a shape, or in a group of them; it follows the paragraph."""
    if depth > _MAX_DEPTH:
        raise RefusedFileError("the text is nested too deeply")
    inline = ""
    for part in child:
        if part.tag in {f"{_TEXT}p", f"{_TEXT}list", f"{_TEXT}h"}:
            outer, context.boxes = context.boxes, []
            converted = list(_convert_block(part, context, depth=depth + 1))
            context.boxes = [*outer, *converted]
        elif isinstance(part.tag, str) and part.tag.startswith(_DRAW):
            inline += _convert_inline_element(part, context, depth + 1)
    return inline


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
        outer, context.boxes = context.boxes, []
        converted = list(_convert_blocks(box, context, depth=depth))
        context.boxes = [*outer, *converted]
        return ""
    image = child.find(f"{_DRAW}image")
    if image is None:
        return context.omit("embedded object or formula")
    alt = escape(child.findtext(f"{_SVG}desc") or child.findtext(f"{_SVG}title") or "")
    path = unquote(image.get(_HREF, "")).removeprefix("./")
    if path not in context.archive.names:
        return context.omit("linked image")
    try:
        content = context.archive.read(path)
        margins = context.styles.find_crop(child.get(f"{_DRAW}style-name", ""), content)
        context.images.append(crop_picture(content, margins))
        context.omissions["cropped part of a picture"] += margins.is_any
    except RefusedFileError:
        context.images.append(b"")  # counted with the other unreadable images; the text is read on
    return f'<img src="image:{len(context.images) - 1}" alt="{alt}">'


_SKIPPED_BLOCKS = {
    f"{_OFFICE}forms", f"{_OFFICE}annotation", f"{_TEXT}index-title", f"{_TEXT}sequence-decls", f"{_TEXT}variable-decls",
    f"{_TEXT}user-field-decls", f"{_TEXT}change", f"{_TEXT}change-start", f"{_TEXT}change-end",
}  # fmt: skip
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
