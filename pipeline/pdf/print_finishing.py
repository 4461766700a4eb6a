"""Finishing of print pages: page boxes, CMYK black, crop marks outside the bleed."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

MM = 72 / 25.4
SLUG_MM = 10.0  # beyond the bleed, for the marks
_GAP_MM = 1.0  # between bleed and mark, which must not touch
_MARK_MM = 5.0
_HAIRLINE_PT = 0.25

_BLACK = {"rg": "k", "RG": "K"}  # WeasyPrint sets RGB black before each drawing, but paints nothing with it


def finish_pages(file: Path, *, bleed_mm: float) -> None:
    """Set page boxes, add crop marks and replace RGB black, in place.

    The same pages produce the same bytes.
    """
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        marks = _make_registration_colour(pdf)
        for page in pdf.pages:
            _set_boxes(page, bleed_mm)
            _add_marks(page, bleed_mm, marks)
        _replace_rgb_black(pdf)
        _set_document_id(pdf)
        pdf.save(file, min_version="1.6", deterministic_id=True)


def _set_boxes(page: pikepdf.Page, bleed_mm: float) -> None:
    trim, bleed, media = _read_box(page.TrimBox), bleed_mm * MM, (bleed_mm + SLUG_MM) * MM
    page.obj.BleedBox = _grow(trim, bleed)
    page.obj.MediaBox = _grow(trim, media)
    for key in ("/CropBox", "/ArtBox", "/Annots"):  # PDF/X-4: trim or art, never both; no annotations in the bleed
        if key in page.obj:
            del page.obj[key]


def _read_box(box: Any) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(side) for side in box)
    return left, bottom, right, top


def _grow(box: tuple[float, float, float, float], by: float) -> Array:
    left, bottom, right, top = box
    return Array([round(side, 3) for side in (left - by, bottom - by, right + by, top + by)])


def _make_registration_colour(pdf: pikepdf.Pdf) -> Any:
    """Return the registration colour, which prints on all separations."""
    tint = pdf.make_indirect(Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1))
    return pdf.make_indirect(Array([Name.Separation, Name.All, Name.DeviceCMYK, tint]))


def _add_marks(page: pikepdf.Page, bleed_mm: float, registration: Any) -> None:
    """Draw eight lines at the corners of the trim box, in registration colour."""
    lines = " ".join(
        f"{x1:.3f} {y1:.3f} m {x2:.3f} {y2:.3f} l S"
        for x1, y1, x2, y2 in _iterate_mark_lines(_read_box(page.TrimBox), bleed_mm)
    )
    page.add_resource(registration, Name.ColorSpace, Name.Registration)
    drawn = f"Q q /Registration CS 1 SCN {_HAIRLINE_PT} w {lines} Q".encode()
    page.contents_add(b"q", prepend=True)
    page.contents_add(drawn)


def _iterate_mark_lines(trim: tuple[float, float, float, float], bleed_mm: float) -> Iterator[tuple[float, ...]]:
    left, bottom, right, top = trim
    near, far = (bleed_mm + _GAP_MM) * MM, (bleed_mm + _GAP_MM + _MARK_MM) * MM
    for x in (left, right):
        yield x, top + near, x, top + far
        yield x, bottom - near, x, bottom - far
    for y in (bottom, top):
        yield left - near, y, left - far, y
        yield right + near, y, right + far, y


def _replace_rgb_black(pdf: pikepdf.Pdf) -> None:
    """Replace the RGB black before each drawing by CMYK black."""
    for page in pdf.pages:
        page.contents_coalesce()
        _replace_in_stream(page.obj.Contents, page)
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and (thing.get("/Subtype") == Name.Form or thing.get("/PatternType") == 1):
            _replace_in_stream(thing, thing)


def _replace_in_stream(stream: Any, content: Any) -> None:
    if not re.search(rb"\b0 0 0 (rg|RG)\b", stream.read_bytes()):
        return
    instructions: list[Any] = []
    for one in pikepdf.parse_content_stream(content):
        replacement = _BLACK.get(str(one.operator))
        if replacement and all(float(channel) == 0 for channel in one.operands):
            instructions.append(([0, 0, 0, 1], Operator(replacement)))
        else:
            instructions.append(one)
    stream.write(pikepdf.unparse_content_stream(instructions))


def _set_document_id(pdf: pikepdf.Pdf) -> None:
    """Replace the random document ID that WeasyPrint writes into a PDF/X by one made from the title."""
    xmp = pdf.Root.Metadata.read_bytes()
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"weerslag {pdf.docinfo.get('/Title', '')}")
    pdf.Root.Metadata.write(re.sub(rb"xmp\.did:[0-9a-f-]{36}", f"xmp.did:{name}".encode(), xmp))
