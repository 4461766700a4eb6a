"""Imposition of a booklet: print double-sided, flip on the short edge, fold, staple."""

from collections.abc import Iterator

import pikepdf
from pikepdf import Name

from pipeline.pdf.tasks import ImposeBookletTask


def impose_booklet(task: ImposeBookletTask) -> int:
    """Write the trimmed pages two to a side, without bleed and marks.

    Returns:
        The number of sheet sides. A sheet has four pages, so the last ones may be empty.
    """
    with pikepdf.open(task.pdf) as pdf, pikepdf.new() as sheets:
        width, height = _get_trim_size(pdf.pages[0])
        for left, right in iterate_sheet_sides(len(pdf.pages)):
            sheet = sheets.add_blank_page(page_size=(2 * width, height))
            for number, x in ((left, 0.0), (right, width)):
                if number < len(pdf.pages):
                    _draw_page(sheets, sheet, pdf.pages[number], number, x)
        for key in ("/Title", "/Author", "/CreationDate", "/ModDate"):
            if key in pdf.docinfo:
                sheets.docinfo[key] = pdf.docinfo[key]
        sheets.save(task.out, min_version="1.6", deterministic_id=True)
        return len(sheets.pages)


def iterate_sheet_sides(pages: int) -> Iterator[tuple[int, int]]:
    """Yield the left and right page of each sheet side, from 0.

    Numbers from ``pages`` on are empty.
    """
    total = -(-pages // 4) * 4
    for sheet in range(total // 4):
        yield total - 1 - 2 * sheet, 2 * sheet
        yield 2 * sheet + 1, total - 2 - 2 * sheet


def _get_trim_size(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(side) for side in page.trimbox)
    return right - left, top - bottom


def _draw_page(sheets: pikepdf.Pdf, sheet: pikepdf.Page, page: pikepdf.Page, number: int, x: float) -> None:
    """Draw one page, named by its number: pikepdf's own ``add_overlay`` makes random names."""
    form = sheets.copy_foreign(page.as_form_xobject())  # its BBox is the TrimBox
    sheet.add_resource(form, Name.XObject, Name(f"/Page{number + 1}"))
    left, bottom = float(form.BBox[0]), float(form.BBox[1])
    sheet.contents_add(f"q 1 0 0 1 {x - left:.3f} {-bottom:.3f} cm /Page{number + 1} Do Q".encode())
