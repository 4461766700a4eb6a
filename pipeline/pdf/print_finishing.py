"""Turns laid out pages into what a printer takes: true boxes, inks only, crop marks outside the bleed."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

MM = 72 / 25.4
SLUG_MM = 10.0  # beyond the bleed, for the marks
_GAP_MM = 1.0  # between bleed and mark: marks must not touch the bleed
_MARK_MM = 5.0
_HAIRLINE_PT = 0.25

_BLACK = {"rg": "k", "RG": "K"}  # WeasyPrint sets an RGB black before each drawing, and paints nothing with it


def finish(file: Path, *, bleed_mm: float) -> None:
    """Give the pages of ``file`` their boxes, marks and inks; the same pages give the same bytes."""
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        marks = _registration(pdf)
        for page in pdf.pages:
            _set_boxes(page, bleed_mm)
            _add_marks(page, bleed_mm, marks)
        _only_inks(pdf)
        _name_document(pdf)
        pdf.save(file, min_version="1.6", deterministic_id=True)


def _set_boxes(page: pikepdf.Page, bleed_mm: float) -> None:
    trim, bleed, room = _box(page.TrimBox), bleed_mm * MM, (bleed_mm + SLUG_MM) * MM
    page.obj.BleedBox = _grown(trim, bleed)
    page.obj.MediaBox = _grown(trim, room)
    for key in ("/CropBox", "/ArtBox", "/Annots"):  # PDF/X-4: trim or art, never both; no annotations in the bleed
        if key in page.obj:
            del page.obj[key]


def _box(box: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(side) for side in box)
    return left, bottom, right, top


def _grown(box: tuple[float, float, float, float], by: float) -> Array:
    left, bottom, right, top = box
    return Array([round(side, 3) for side in (left - by, bottom - by, right + by, top + by)])


def _registration(pdf: pikepdf.Pdf) -> Any:
    """The colour that prints on every plate."""
    tint = pdf.make_indirect(Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1))
    return pdf.make_indirect(Array([Name.Separation, Name.All, Name.DeviceCMYK, tint]))


def _add_marks(page: pikepdf.Page, bleed_mm: float, registration: Any) -> None:
    """Eight lines at the corners of the trim, in registration colour, drawn over whatever the page left behind."""
    lines = " ".join(
        f"{x1:.3f} {y1:.3f} m {x2:.3f} {y2:.3f} l S" for x1, y1, x2, y2 in _mark_lines(_box(page.TrimBox), bleed_mm)
    )
    if "/Resources" not in page.obj:
        page.obj.Resources = Dictionary()
    if "/ColorSpace" not in page.obj.Resources:
        page.obj.Resources.ColorSpace = Dictionary()
    page.obj.Resources.ColorSpace["/Registration"] = registration
    drawn = f"Q q /Registration CS 1 SCN {_HAIRLINE_PT} w {lines} Q".encode()
    page.contents_add(b"q", prepend=True)
    page.contents_add(drawn)


def _mark_lines(trim: tuple[float, float, float, float], bleed_mm: float) -> Iterator[tuple[float, ...]]:
    left, bottom, right, top = trim
    near, far = (bleed_mm + _GAP_MM) * MM, (bleed_mm + _GAP_MM + _MARK_MM) * MM
    for x in (left, right):
        yield x, top + near, x, top + far
        yield x, bottom - near, x, bottom - far
    for y in (bottom, top):
        yield left - near, y, left - far, y
        yield right + near, y, right + far, y


def _only_inks(pdf: pikepdf.Pdf) -> None:
    """Replace the RGB black that stands before each drawing by black ink."""
    for page in pdf.pages:
        page.contents_coalesce()
        _inked(page.obj.Contents, page)
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and (thing.get("/Subtype") == Name.Form or thing.get("/PatternType") == 1):
            _inked(thing, thing)


def _inked(stream: Any, content: Any) -> None:
    if not re.search(rb"\b0 0 0 (rg|RG)\b", stream.read_bytes()):
        return
    instructions: list[Any] = []
    for one in pikepdf.parse_content_stream(content):
        mended = _BLACK.get(str(one.operator))
        if mended and all(float(channel) == 0 for channel in one.operands):
            instructions.append(([0, 0, 0, 1], Operator(mended)))
        else:
            instructions.append(one)
    stream.write(pikepdf.unparse_content_stream(instructions))


def _name_document(pdf: pikepdf.Pdf) -> None:
    """WeasyPrint draws a random identifier for each PDF/X: a name made of the title takes its place."""
    xmp = pdf.Root.Metadata.read_bytes()
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"weerslag {pdf.docinfo.get('/Title', '')}")
    pdf.Root.Metadata.write(re.sub(rb"xmp\.did:[0-9a-f-]{36}", f"xmp.did:{name}".encode(), xmp))
