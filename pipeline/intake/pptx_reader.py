"""Reads the text and pictures of PowerPoint slides, as they are shown."""

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from pipeline.intake.document import ExtractedText
from pipeline.intake.file_limits import CheckedArchive, open_zip
from pipeline.intake.html_reader import parse_xml, read_html_blocks
from pipeline.intake.picture_cropping import CropMargins, crop_picture
from pipeline.intake.refused_formats import RefusedFileError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEFT_OUT = {f"{_P}graphicFrame": "chart or embedded object", f"{_P}contentPart": "chart or embedded object"}
_FOOTERS = {"dt", "ftr", "sldNum", "hdr"}  # placeholders that repeat on each slide
_TITLES = {"title", "ctrTitle"}


@dataclass(slots=True)
class _SlideContext:
    archive: CheckedArchive
    images: list[bytes] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)


def read_pptx(content: bytes) -> ExtractedText:
    """Read the slides of a presentation in their order, without hidden slides, notes and comments.

    Source: ECMA-376-1, 19.3 (presentationml).

    Raises:
        RefusedFileError: It is damaged, unsafe, or has no slides.
    """
    with open_zip(content) as archive:
        context = _SlideContext(archive)
        name = next(name for name in archive.names if name.startswith("ppt/presentation") and name.endswith(".xml"))
        targets = _read_targets(archive, name)
        slides = [targets.get(one.get(f"{_R}id") or "", "") for one in parse_xml(archive.read(name)).iter(f"{_P}sldId")]
        page = "".join(_convert_slide(slide, context) for slide in slides if slide in archive.names)
        context.omissions["speaker notes of a slide"] = sum(
            posixpath.dirname(one) == "ppt/notesSlides" and _has_words(archive, one) for one in archive.names
        )
    if not slides:
        raise RefusedFileError("the presentation has no slides", hint="Ask for it again.")
    found = read_html_blocks(page)
    omissions = +context.omissions + found.omissions
    return ExtractedText(blocks=found.blocks, images=tuple(context.images), omissions=omissions)


def _read_targets(archive: CheckedArchive, part: str) -> dict[str, str]:
    """Return the parts that a part refers to, by relationship id."""
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.names:
        return {}
    return {
        one.get("Id") or "": posixpath.normpath(posixpath.join("/", folder, one.get("Target") or "")).lstrip("/")
        for one in parse_xml(archive.read(relations))
        if one.get("TargetMode") != "External"
    }


def _has_words(archive: CheckedArchive, part: str) -> bool:
    shapes = parse_xml(archive.read(part)).iter(f"{_P}sp")
    return any(_find_placeholder(one) == "body" and "".join(one.itertext()).strip() for one in shapes)


def _convert_slide(part: str, context: _SlideContext) -> str:
    slide = parse_xml(context.archive.read(part))
    if slide.get("show") in {"0", "false"}:
        context.omissions["hidden slide"] += 1
        return ""
    tree = slide.find(f"{_P}cSld/{_P}spTree")
    targets = _read_targets(context.archive, part)
    pieces = list(_convert_shapes(tree, targets, context)) if tree is not None else []
    pieces.sort(key=lambda piece: not piece.startswith("<h2>"))  # the title first, wherever it is stored
    return "".join(pieces)


def _convert_shapes(parent: Any, targets: dict[str, str], context: _SlideContext) -> Iterator[str]:
    for shape in parent:
        is_hidden = any(one.get("hidden") in {"1", "true"} for one in shape.findall(f"*/{_P}cNvPr"))
        if is_hidden:
            context.omissions["hidden passage"] += 1
        elif shape.tag == f"{_P}grpSp":
            yield from _convert_shapes(shape, targets, context)
        elif shape.tag == f"{_MC}AlternateContent":
            choice = next((one for one in shape if len(one)), None)
            yield from _convert_shapes(choice, targets, context) if choice is not None else ()
        elif shape.tag == f"{_P}sp" and _find_placeholder(shape) in _FOOTERS:
            words = "".join(text.text or "" for text in shape.iter(f"{_A}t"))
            context.omissions["text that repeats on each slide"] += any(map(str.isalpha, words))
        elif shape.tag == f"{_P}sp":
            yield _convert_text(shape)
        elif shape.tag == f"{_P}pic":
            yield _convert_picture(shape, targets, context)
        elif (table := shape.find(f".//{_A}tbl")) is not None:
            yield _convert_table(table)
        elif shape.tag in _LEFT_OUT:
            context.omissions[_LEFT_OUT[shape.tag]] += 1


def _find_placeholder(shape: Any) -> str:
    placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return placeholder.get("type", "body") if placeholder is not None else ""


def _convert_text(shape: Any) -> str:
    kind = _find_placeholder(shape)
    paragraphs = [_convert_paragraph(one) for one in shape.iterfind(f"{_P}txBody/{_A}p")]
    if kind in _TITLES:
        title = " ".join(filter(None, paragraphs))
        return f"<h2>{title}</h2>" if title else ""
    tag = "li" if kind == "body" and len(list(filter(None, paragraphs))) > 1 else "p"
    inside = "".join(f"<{tag}>{paragraph}</{tag}>" for paragraph in paragraphs if paragraph)
    return f"<ul>{inside}</ul>" if tag == "li" else inside


def _convert_paragraph(paragraph: Any) -> str:
    pieces = []
    for child in paragraph:
        if child.tag == f"{_A}br":
            pieces.append("<br>")
        elif child.tag in {f"{_A}r", f"{_A}fld"}:
            text = escape(child.findtext(f"{_A}t") or "")
            properties = child.find(f"{_A}rPr")
            is_struck = properties is not None and properties.get("strike", "noStrike") != "noStrike"
            pieces.append(f"<s>{text}</s>" if is_struck else text)
    return "".join(pieces).strip()


def _convert_table(table: Any) -> str:
    rows = []
    for row in table.iterfind(f"{_A}tr"):
        cells = (
            "<br>".join(map(_convert_paragraph, cell.iterfind(f"{_A}txBody/{_A}p"))) for cell in row.iterfind(f"{_A}tc")
        )
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _convert_picture(picture: Any, targets: dict[str, str], context: _SlideContext) -> str:
    blip = picture.find(f"{_P}blipFill/{_A}blip")
    path = targets.get(blip.get(f"{_R}embed") or "", "") if blip is not None else ""
    if path not in context.archive.names:
        context.omissions["linked image"] += 1
        return ""
    rect = picture.find(f"{_P}blipFill/{_A}srcRect")
    sides = [int(rect.get(side, "0").rstrip("%")) / 100_000 if rect is not None else 0.0 for side in "ltrb"]
    margins = CropMargins(*sides)
    context.omissions["cropped part of a picture"] += margins.is_any
    try:
        context.images.append(crop_picture(context.archive.read(path), margins))
    except RefusedFileError:
        context.images.append(b"")  # counted with the other unreadable images; the text is read on
    names = picture.find(f"{_P}nvPicPr/{_P}cNvPr")
    alt = escape((names.get("descr") or "") if names is not None else "")
    return f'<img src="image:{len(context.images) - 1}" alt="{alt}">'
