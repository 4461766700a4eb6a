"""Places the cells of an HTML table in a grid, and recognises tables that only arrange text on a page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import fill
from pipeline.intake.document import ContentBlock
from pipeline.intake.refused_formats import RefusedFileError

_MAX_COLUMNS, MAX_CELLS = 200, 20_000
_CELL_TAGS = {"td", "th"}
_FIELD_LABEL = re.compile(
    r"(?:(?:de |onze |jullie |centrale |belangrijkste )*(?:vraag(?:stelling)?|inzicht(?:en)?|opbrengst(?:en)?|conclusies?"
    r"|lessen|citat?e?n?|citaat|quotes?|rol(?:len)?|notulist|verslag(?:legger|gever)?|gespreksleider|tafel(?:leider|heer|dame)?"
    r"|deelnemers?|aanwezig(?:en)?|question|insights?|conclusions?|roles?|notes|participants?|chair))\s*:?",
    re.IGNORECASE,
)
_ONE_LINE_LABEL = re.compile(
    r"(?:vraag|rol|notul|gespreks|tafel|deelnem|aanwez|verslag[lg]|question|role|particip|chair)|.*vraag", re.IGNORECASE
)


@dataclass(slots=True)
class TableCell:
    """A cell in the grid of a table; ``element`` is absent where a cell above or to the left spans it."""

    element: Any = None
    blocks: Sequence[ContentBlock] = ()


def place_cells(table: Any) -> list[list[TableCell]]:
    """Place the cells of a table, not those of tables in it, in rows of one width.

    Source: HTML Living Standard, 4.9.12.1 (forming a table).

    Raises:
        RefusedFileError: It has more than 200 columns, or 20,000 cells.
    """
    grid: list[list[TableCell]] = []
    count = 0
    spans: dict[int, int] = {}  # rows that a cell above still covers, by column
    for row in _find_rows(table):
        cells: list[TableCell] = []
        for element in (child for child in row if child.tag in _CELL_TAGS):
            _skip_spanned(cells, spans)
            colspan, rowspan = parse_span(element, "colspan"), parse_span(element, "rowspan")
            if len(cells) + colspan > _MAX_COLUMNS:
                raise RefusedFileError(
                    fill("a table has more than {max_columns} columns", max_columns=_MAX_COLUMNS),
                    hint="Save it as a workbook.",
                )
            spans |= dict.fromkeys(range(len(cells), len(cells) + colspan), rowspan - 1) if rowspan > 1 else {}
            cells += [TableCell(element), *(TableCell() for _ in range(colspan - 1))]
        _skip_spanned(cells, spans)
        grid.append(cells)
        count += len(cells)
        if count > MAX_CELLS:
            raise RefusedFileError(
                fill("a table has more than {max_cells} cells", max_cells=MAX_CELLS), hint="Save it as a workbook."
            )
    width = max(map(len, grid), default=0)
    return [[*row, *(TableCell() for _ in range(width - len(row)))] for row in grid]


def _find_rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child if row.tag == "tr")


def _skip_spanned(cells: list[TableCell], spans: dict[int, int]) -> None:
    while spans.get(len(cells), 0) > 0:
        spans[len(cells)] -= 1
        cells.append(TableCell())


def parse_span(element: Any, name: str) -> int:
    """Parse a number of columns or rows, from 1 to 1000."""
    text = element.get(name, "1").strip()
    return min(1000, max(1, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def is_field_label(text: str) -> bool:
    """Whether a text is only the label of a field, such as ``Vraag:`` or ``Citaten``."""
    return _FIELD_LABEL.fullmatch(text) is not None


def convert_layout(grid: Sequence[Sequence[TableCell]]) -> list[ContentBlock] | None:
    """Convert a table that only arranges text: a frame, a form with labels, or columns of text.

    Returns:
        Its blocks in reading order; ``None``: it is a table.
    """
    if not grid:
        return []
    width = len(grid[0])
    if width == 1:
        return [block for row in grid for block in row[0].blocks]
    labels = [_FIELD_LABEL.fullmatch(_join_text(row[0].blocks)) for row in grid]
    if width == 2 and sum(map(bool, labels)) * 2 >= len(grid) and any(labels):
        return [block for row in grid for block in _convert_form_row(row)]
    if len(grid) == 1 and any(len(cell.blocks) > 1 for cell in grid[0]):
        return [block for cell in grid[0] for block in cell.blocks]
    return None


def _convert_form_row(row: Sequence[TableCell]) -> list[ContentBlock]:
    """Convert a label and what was filled in; a short answer stays behind its label."""
    label, answer = _join_text(row[0].blocks), list(row[1].blocks)
    if not answer:
        return [] if _FIELD_LABEL.fullmatch(label) else list(row[0].blocks)
    if len(answer) == 1 and answer[0].kind == "paragraph" and _ONE_LINE_LABEL.match(label):
        text_md = f"{label.rstrip(': ')}: {answer[0].text_md}"
        return [ContentBlock(kind="paragraph", text_md=text_md)]
    title = [ContentBlock(kind="heading", text_md=row[0].blocks[0].text_md, level=6)] if label else []
    return [*title, *answer]


def _join_text(blocks: Sequence[ContentBlock]) -> str:
    return " ".join(filter(None, (block.text for block in blocks)))


def render_cell(blocks: Sequence[ContentBlock]) -> str:
    """Render the blocks of a cell on one line; a table in it becomes its rows."""
    texts = []
    for block in blocks:
        if block.kind == "table":
            texts.append("; ".join(", ".join(filter(None, row)) for row in block.rows))
        elif text := block.text_md.replace("\\\n", " "):
            texts.append(f"{block.number}. {text}" if block.number else text)
    return " ".join(texts)
