"""Reads the answers in OpenDocument spreadsheets as they are shown."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipeline.errors import fill
from pipeline.intake.file_limits import open_zip
from pipeline.intake.form_table import MAX_COLUMNS, CellGrid, FormAnswers
from pipeline.intake.html_reader import parse_xml
from pipeline.intake.odt_styles import read_repeat
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.workbook_reader import read_fullest

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _STYLE = f"{{{_NS}office:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}style:1.0}}"
_TEXT = f"{{{_NS}text:1.0}}"
_REPLACEMENTS = {f"{_TEXT}s": " ", f"{_TEXT}tab": " ", f"{_TEXT}line-break": "\n", f"{_OFFICE}annotation": ""}


def read_ods(content: bytes) -> FormAnswers:
    """Read the visible worksheet with most answers.

    Raises:
        RefusedFileError: It is damaged, encrypted, unsafe, or exceeds the limits.
    """
    with open_zip(content) as archive:
        root = parse_xml(archive.read("content.xml"))
    book = root.find(f"{_OFFICE}body/{_OFFICE}spreadsheet")
    if book is None:
        raise RefusedFileError("the worksheet is damaged", hint="Open it, and save it again.")
    hidden_styles = {
        style.get(f"{_STYLE}name", "")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}table-properties")
        if properties.get(f"{_TABLE}display") == "false"
    }
    sheets = book.findall(f"{_TABLE}table")
    shown = [sheet for sheet in sheets if sheet.get(f"{_TABLE}style-name", "") not in hidden_styles]
    return read_fullest(list(map(_read_sheet, shown)), Counter({"hidden worksheet": len(sheets) - len(shown)}))


def _read_sheet(sheet: Any) -> CellGrid:
    grid = CellGrid()
    hidden: list[bool] = []  # by column
    for column in sheet.iter(f"{_TABLE}table-column"):
        hidden += [_is_hidden(column)] * read_repeat(column, "columns")
    filled_columns = set[int]()
    spans: dict[int, tuple[int, str]] = {}  # rows that a merged cell still covers and its text, by column
    for row in sheet.iter(f"{_TABLE}table-row"):
        texts, continued = _read_cells(row, spans)
        grid.omissions["comment"] += sum(any(one.itertext()) for one in row.iter(f"{_OFFICE}annotation"))
        if _is_hidden(row):
            grid.omissions["hidden row"] += any(texts)
            continue
        filled_columns.update(
            index for index, text in enumerate(texts) if text and index < len(hidden) and hidden[index]
        )
        shown = [index for index in range(len(texts)) if index >= len(hidden) or not hidden[index]]
        if any(texts):
            places = [place for place, index in enumerate(shown) if index in continued]
            for _ in range(read_repeat(row, "rows")):
                grid.add_row((texts[index] for index in shown), continued=places)
    grid.omissions["hidden column"] = len(filled_columns)
    return grid


def _is_hidden(element: Any) -> bool:
    return bool(element.get(f"{_TABLE}visibility", "visible") != "visible")


def _read_cells(row: Any, spans: dict[int, tuple[int, str]]) -> tuple[list[str], set[int]]:
    """Read a row; a cell that is covered by a merged one above gets its text.

    Returns:
        The texts, and the indices of such cells.
    """
    texts: list[str] = []
    continued = set[int]()
    for cell in row:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        repeat = read_repeat(cell, "columns")
        text = "" if cell.tag.endswith("}covered-table-cell") else _read_cell(cell)
        if len(texts) > MAX_COLUMNS and text:
            raise RefusedFileError(
                fill("more than {max_columns} columns", max_columns=MAX_COLUMNS),
                hint="Delete the columns that are not answers.",
            )
        rows = cell.get(f"{_TABLE}number-rows-spanned", "1")
        for _ in range(repeat):
            index = len(texts)
            covered, above = spans.get(index, (0, ""))
            if covered > 0:
                spans[index] = covered - 1, above
                continued.add(index)
            elif rows.isdecimal() and int(rows) > 1:
                spans[index] = int(rows) - 1, text
            texts.append(above if covered > 0 else text)
    return texts, continued


def _read_cell(cell: Any) -> str:
    return "\n".join("".join(_iterate_texts(paragraph)) for paragraph in cell.findall(f"{_TEXT}p"))


def _iterate_texts(element: Any) -> Iterator[str]:
    """Yield the texts in an element, and what it has as elements: spaces, tabs and line breaks."""
    yield element.text or ""
    for child in element:
        yield _REPLACEMENTS[child.tag] if child.tag in _REPLACEMENTS else "".join(_iterate_texts(child))
        yield child.tail or ""
