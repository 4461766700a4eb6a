"""Imposes pages two by two, so that an office printer makes a booklet: print double-sided on the short edge, fold, staple."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Name


def fold(source: Path, out: Path) -> int:
    """The number of sheet sides. Write the trimmed pages of ``source`` as sheets; without bleed or marks, which no office printer can use."""
    with pikepdf.open(source) as pdf, pikepdf.new() as sheets:
        width, height = _trim(pdf.pages[0])
        for left, right in sheet_sides(len(pdf.pages)):
            sheet = sheets.add_blank_page(page_size=(2 * width, height))
            for number, x in ((left, 0.0), (right, width)):
                if number < len(pdf.pages):
                    _place(sheets, sheet, pdf.pages[number], number, x)
        for key in ("/Title", "/Author", "/CreationDate", "/ModDate"):
            if key in pdf.docinfo:
                sheets.docinfo[key] = pdf.docinfo[key]
        sheets.save(out, min_version="1.6", deterministic_id=True)
        return len(sheets.pages)


def sheet_sides(pages: int) -> Iterator[tuple[int, int]]:
    """Left and right page of each side of each sheet, from 0; numbers from ``pages`` on are empty."""
    whole = -(-pages // 4) * 4
    for sheet in range(whole // 4):
        yield whole - 1 - 2 * sheet, 2 * sheet
        yield 2 * sheet + 1, whole - 2 - 2 * sheet


def _trim(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(side) for side in page.trimbox)
    return right - left, top - bottom


def _place(sheets: pikepdf.Pdf, sheet: pikepdf.Page, page: pikepdf.Page, number: int, x: float) -> None:
    """Draw one page; named by its number, for pikepdf's own ``add_overlay`` invents random names."""
    form = sheets.copy_foreign(page.as_form_xobject())  # its BBox is the TrimBox
    sheet.add_resource(form, Name.XObject, Name(f"/Page{number + 1}"))
    left, bottom = float(form.BBox[0]), float(form.BBox[1])
    sheet.contents_add(f"q 1 0 0 1 {x - left:.3f} {-bottom:.3f} cm /Page{number + 1} Do Q".encode())
