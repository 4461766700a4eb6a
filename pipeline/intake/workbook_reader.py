"""Reads the answers in workbooks (XLSX) as they are shown. The only module that imports openpyxl."""

import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from pipeline.errors import fill
from pipeline.intake.file_limits import CheckedArchive, open_zip
from pipeline.intake.form_table import MAX_COLUMNS, CellGrid, FormAnswers, read_answers
from pipeline.intake.html_reader import parse_xml
from pipeline.intake.number_formats import format_value
from pipeline.intake.refused_formats import RefusedFileError

_S = "{*}"  # the namespace is transitional or strict
_TRUE = {"1", "true"}
_LAST_COLUMN = 208  # GZ
_WIDE_REFERENCE = re.compile(r"[A-Z]{3}|[H-Z][A-Z]")  # a column beyond GZ, the 208th
_COMMENTS = re.compile(r"xl/(?:[\w-]+/)?comments?\d*\.xml\Z", re.IGNORECASE)  # threaded ones are in there as well
_MAX_MERGED_CELLS = 20_000
_DAMAGE = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, SyntaxError)


def read_xlsx(content: bytes) -> FormAnswers:
    """Read the visible worksheet with most answers: values as they were last calculated, never formulas.

    Raises:
        RefusedFileError: It is damaged, encrypted, unsafe, or exceeds the limits.
    """
    try:
        with open_zip(content) as archive:
            omissions = Counter({"macro": int(archive.has_macro)})
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            omissions["comment"] = sum(_count_comments(archive, name) for name in archive.names)
            omissions["hidden worksheet"] = len(book.worksheets) - len(visible)
            grids = [_read_sheet(sheet, archive) for sheet in visible]
    except _DAMAGE as error:
        raise RefusedFileError("the worksheet is damaged", hint="Open it, and save it again.") from error
    return read_fullest(grids, omissions)


def _count_comments(archive: CheckedArchive, name: str) -> int:
    return sum(1 for _ in parse_xml(archive.read(name)).iter(f"{_S}comment")) if _COMMENTS.match(name) else 0


def read_fullest(grids: Sequence[CellGrid], omissions: Counter[str]) -> FormAnswers:
    """Read the answers of the fullest worksheet, and count the others.

    Raises:
        RefusedFileError: No worksheet has answers.
    """
    filled = [grid for grid in grids if grid.count_cells()]
    if not filled:
        raise RefusedFileError("no visible worksheet has answers", hint="Ask for the file with the answers.")
    fullest = max(filled, key=CellGrid.count_cells)
    fullest.omissions.update(omissions)
    fullest.omissions["additional worksheet"] += len(filled) - 1
    return read_answers(fullest)


@dataclass(slots=True, kw_only=True)
class _SheetLayout:
    """What the XML of a worksheet says beside its values; rows and columns count from 0."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged_down: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # to the first cell of its range
    merged_right: set[tuple[int, int]] = field(default_factory=set)
    unsolved_formulas: int = 0
    covered: dict[int, set[int]] = field(default_factory=dict)  # columns that a merged cell covers, by row
    first_columns: set[int] = field(default_factory=set)  # of cells that are merged downwards


def _read_sheet(sheet: Any, archive: CheckedArchive) -> CellGrid:
    layout = _read_layout(archive, sheet._worksheet_path)  # noqa: SLF001  # openpyxl has no public name for it
    grid = CellGrid()
    grid.omissions["formula without a stored result"] = layout.unsolved_formulas
    first_cells = dict[tuple[int, int], str]()
    filled_columns = set[int]()
    sheet.reset_dimensions()  # some programs write A1 there, whatever the sheet holds
    for row, cells in enumerate(sheet.iter_rows(max_col=_LAST_COLUMN)):
        texts = [_format_cell(cell, grid.omissions) for cell in cells]
        filled_columns.update(column for column in layout.hidden_columns if column < len(texts) and texts[column])
        if row in layout.hidden_rows:
            grid.omissions["hidden row"] += any(texts)
            continue
        for column in sorted(layout.covered.get(row, ())):
            texts += [""] * (column + 1 - len(texts))
            if (row, column) in layout.merged_down:
                texts[column] = first_cells.get(layout.merged_down[row, column], "")
        first_cells |= {(row, column): texts[column] for column in layout.first_columns if column < len(texts)}
        shown = [column for column in range(len(texts)) if column not in layout.hidden_columns]
        grid.add_row(
            (texts[column] for column in shown),
            continued=[index for index, column in enumerate(shown) if (row, column) in layout.merged_down],
            wide=[index for index, column in enumerate(shown) if (row, column) in layout.merged_right],
        )
    grid.omissions["hidden column"] = len(filled_columns)
    return grid


def _format_cell(cell: Any, omissions: Counter[str]) -> str:
    if cell.data_type == "e":
        omissions["cell with an error"] += 1
        return ""
    return "" if cell.value is None else format_value(cell.value, cell.number_format or "General")


def _read_layout(archive: CheckedArchive, path: str) -> _SheetLayout:
    root = parse_xml(archive.read(path))
    layout = _SheetLayout()
    for column in root.iter(f"{_S}col"):
        if column.get("hidden") in _TRUE:
            first, last = int(column.get("min", "1")), int(column.get("max", "1"))
            layout.hidden_columns.update(range(first - 1, min(last, MAX_COLUMNS)))
    for number, row in enumerate(root.iter(f"{_S}row"), 1):
        if row.get("hidden") in _TRUE or row.get("zeroHeight") in _TRUE:
            layout.hidden_rows.add(int(row.get("r") or number) - 1)
    for merged in root.iter(f"{_S}mergeCell"):
        _add_merged(layout, merged.get("ref", "A1"))
    for cell in root.iter(f"{_S}c"):
        if len(cell):
            layout.unsolved_formulas += cell.find(f"{_S}f") is not None and not cell.findtext(f"{_S}v")
            if _WIDE_REFERENCE.match(cell.get("r") or ""):
                raise RefusedFileError(
                    fill("more than {max_columns} columns", max_columns=MAX_COLUMNS),
                    hint="Delete those that are not answers.",
                )
    return layout


def _add_merged(layout: _SheetLayout, ref: str) -> None:
    left, top, right, bottom = (value - 1 for value in range_boundaries(ref))
    if right >= MAX_COLUMNS or (right - left + 1) * (bottom - top + 1) + len(layout.merged_down) > _MAX_MERGED_CELLS:
        return
    layout.merged_right |= {(top, column) for column in range(left + 1, right + 1)}
    layout.covered.setdefault(top, set()).update(range(left + 1, right + 1))
    if right == left:
        layout.first_columns.add(left)
        for row in range(top + 1, bottom + 1):
            layout.merged_down[row, left] = top, left
            layout.covered.setdefault(row, set()).add(left)
