"""The tables in the text blocks of the PDF editions: across one column or both, or split, by measured width.

Column widths are computed here: WeasyPrint would lay out each cell several times to find them.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from pipeline.graphics.font_metrics import estimate_text_width
from pipeline.magazine.page_geometry import MM_PER_PT, PAGE

_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(th|td)\b[^>]*>.*?</\1>", re.DOTALL)
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_TAG = re.compile(r"<[^>]*>")
_MM_PER_UNIT = 9 * 0.95 * MM_PER_PT / 1000  # 9 pt Source Sans 3, partly semibold: the larger of the two editions
_WORD_ALLOWANCE = 1.1  # the estimate of one word is at most 9 % too low ("Status"); of a line, it evens out
_PADDING_MM = 3.5  # right of each cell
_MAX_WORD_MM = 21.0  # longer words are hyphenated
_MAX_CELL_MM = 70.0  # longer cells take several lines
_MAX_COLUMNS = 3  # in a column of text, unless every cell fits on one line
_SHORT_ROWS = 12  # a longer table may continue in the next column or on the next page, with its head


@dataclass(frozen=True, slots=True)
class _Column:
    """Width of a column in millimetres: of its longest word, and of its longest cell on one line."""

    word_mm: float
    cell_mm: float


@dataclass(frozen=True, slots=True)
class _TablePart:
    """Columns of a table that stand together, with their widths; the table is ``column`` or ``full`` wide."""

    columns: tuple[int, ...]
    widths_mm: tuple[float, ...]
    width: str


def place_table(block: str) -> str:
    """Set the columns of the table that a block is; anything but a table is returned unchanged.

    A table that is too wide for the page becomes several, each with its first column.
    """
    if not block.startswith("<table"):
        return block
    rows = read_rows(block)
    return "\n".join(_format_part(rows, part) for part in _divide_table(rows))


def read_rows(block: str) -> list[list[str]]:
    """Read the rows of a table in clean HTML; each cell with its tags."""
    return [[cell[0] for cell in _CELL.finditer(row)] for row in _ROW.findall(block)]


def count_table_lines(rows: Sequence[Sequence[str]]) -> int:
    """Count the lines in one column of text that a table takes with its space; one across both takes them twice."""
    lines = 0
    for part in _divide_table(rows):
        heights = (
            max(
                math.ceil(_measure_mm(row[number]) / (width_mm - _PADDING_MM))
                for number, width_mm in zip(part.columns, part.widths_mm, strict=True)
            )
            for row in rows
        )
        lines += (1 if part.width == "column" else 2) * (2 + sum(max(1, height) for height in heights))
    return lines


def split_markdown_rows(block: str) -> list[list[str]]:
    """Split a Markdown table into its rows and cells, without the line below the head."""
    lines = [line.strip().strip("|") for line in block.splitlines() if not set(line) <= set("|-: ")] or [""]
    rows = [_CELL_BORDER.split(line) for line in lines]
    count = max(len(row) for row in rows)
    return [row + [""] * (count - len(row)) for row in rows]


def _divide_table(rows: Sequence[Sequence[str]]) -> Iterator[_TablePart]:
    """Divide a table into parts that fit on the page, and share the width of each among its columns.

    What the longest words leave goes to the columns whose cells need more lines.
    """
    columns = [_measure_column([row[number] for row in rows]) for number in range(len(rows[0]))]
    width = "column" if _fits_column(columns) else "full"
    width_mm = PAGE.column_width if width == "column" else PAGE.text_width
    for group in [list(range(len(columns)))] if width == "column" else _group_columns(columns):
        chosen = [columns[number] for number in group]
        spare_mm = max(0.0, width_mm - sum(column.word_mm for column in chosen))
        wanted_mm = sum(column.cell_mm - column.word_mm for column in chosen)
        share = spare_mm / wanted_mm if wanted_mm else 0.0
        shared_mm = [column.word_mm + share * (column.cell_mm - column.word_mm) for column in chosen]
        scale = width_mm / sum(shared_mm)
        yield _TablePart(tuple(group), tuple(scale * one_mm for one_mm in shared_mm), width)


def _measure_column(cells: Sequence[str]) -> _Column:
    words_mm = (_WORD_ALLOWANCE * _measure_mm(word) for cell in cells for word in _TAG.sub("", cell).split())
    word_mm = min(_MAX_WORD_MM, max(words_mm, default=0.0))
    cell_mm = min(_MAX_CELL_MM, max(map(_measure_mm, cells), default=0.0))
    return _Column(word_mm + _PADDING_MM, max(word_mm, cell_mm) + _PADDING_MM)


def _measure_mm(cell: str) -> float:
    return estimate_text_width(unescape(_TAG.sub("", cell))) * _MM_PER_UNIT


def _fits_column(columns: Sequence[_Column]) -> bool:
    """Return whether a table fits in one column of text."""
    if sum(column.cell_mm for column in columns) <= PAGE.column_width:
        return True
    return len(columns) <= _MAX_COLUMNS and sum(column.word_mm for column in columns) <= PAGE.column_width


def _group_columns(columns: Sequence[_Column]) -> list[list[int]]:
    """Group the columns into as few tables that fit across the page as possible, each with the first column."""
    others = list(range(1, len(columns)))
    for count in range(1, len(others) + 1):
        size = -(-len(others) // count)
        groups = [[0, *others[start : start + size]] for start in range(0, len(others), size)]
        if all(sum(columns[number].word_mm for number in group) <= PAGE.text_width for group in groups):
            return groups
    return [[0]]  # one column


def _format_part(rows: Sequence[Sequence[str]], part: _TablePart) -> str:
    total_mm = sum(part.widths_mm)
    cols = "".join(f'<col style="width: {100 * width_mm / total_mm:.2f}%">' for width_mm in part.widths_mm)
    lines = ["<tr>" + "".join(row[number] for number in part.columns) + "</tr>" for row in rows]
    body = f"<tbody>{''.join(lines[1:])}</tbody>" if len(lines) > 1 else ""
    height = " short" if len(rows) <= _SHORT_ROWS else ""
    table = f"<table><colgroup>{cols}</colgroup><thead>{lines[0]}</thead>{body}</table>"
    return f'<div class="table {part.width}{height}">{table}</div>'
