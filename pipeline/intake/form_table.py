"""Finds the column names and the answers in a grid of cells."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.errors import fill
from pipeline.intake.refused_formats import RefusedFileError

MAX_ROWS, MAX_COLUMNS, _MAX_CELL_CHARACTERS = 2_000, 200, 20_000
_SECOND_HEAD = re.compile(
    r"(?:open-ended )?response|(?:open )?antwoord|\{\"ImportId\".*|(?:overige?|anders|other) \((?:.*)\)", re.IGNORECASE
)  # below the questions in exports of SurveyMonkey and Qualtrics
_EMPTY_SECOND_HEAD = re.compile(r"(?:open-ended )?response|(?:open )?antwoord|\{.*", re.IGNORECASE)
_HEAD_SEARCH_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswers:
    """The column names and rows of a form."""

    columns: tuple[str, ...]  # all different
    rows: tuple[tuple[str, ...], ...]
    continued: frozenset[tuple[int, int]] = frozenset()  # row and column of cells that repeat a merged cell above
    omissions: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class CellGrid:
    """The visible cells of a worksheet or CSV file, without empty rows."""

    rows: list[list[str]] = field(default_factory=list)
    continued: set[tuple[int, int]] = field(default_factory=set)  # row and column: repeats a merged cell above
    wide_heads: set[tuple[int, int]] = field(default_factory=set)  # row and column: repeats a merged cell to the left
    omissions: Counter[str] = field(default_factory=Counter)

    def add_row(self, cells: Iterable[str], *, continued: Iterable[int] = (), wide: Iterable[int] = ()) -> None:
        """Add a row, unless it is empty.

        Args:
            cells: The texts.
            continued: Columns that repeat a merged cell above.
            wide: Columns that a merged cell to the left covers.

        Raises:
            RefusedFileError: The grid has too many rows or columns.
        """
        row = [self._shorten(cell.strip()) for cell in cells]
        if not any(row):
            return
        while not row[-1]:
            row.pop()
        if len(row) > MAX_COLUMNS:
            raise RefusedFileError(
                fill("more than {max_columns} columns", max_columns=MAX_COLUMNS),
                hint="Delete the columns that are not answers.",
            )
        if len(self.rows) > MAX_ROWS:
            raise RefusedFileError(
                fill("more than {max_rows} rows", max_rows=MAX_ROWS), hint="Split it into several files."
            )
        self.continued |= {(len(self.rows), column) for column in continued}
        self.wide_heads |= {(len(self.rows), column) for column in wide}
        self.rows.append(row)

    def _shorten(self, cell: str) -> str:
        self.omissions["end of a very long cell"] += len(cell) > _MAX_CELL_CHARACTERS
        return cell[:_MAX_CELL_CHARACTERS]

    def count_cells(self) -> int:
        """Count the cells with text."""
        return sum(bool(cell) for row in self.rows for cell in row)


def read_answers(grid: CellGrid) -> FormAnswers:
    """Find the row with column names, and the answers below it.

    Columns with the same name get a number, and a column with answers but no name gets its letter.

    Raises:
        RefusedFileError: There are no answers.
    """
    head = _find_head(grid.rows)
    omissions = grid.omissions + Counter({"row above the column names": head})
    names, first = _join_heads(grid, head)
    answers = grid.rows[first:]
    if not answers:
        raise RefusedFileError("not a table with answers", hint="The first row must hold the names of the columns.")
    width = max(len(names), *map(len, answers))
    padded = [[*row, *[""] * (width - len(row))] for row in answers]
    return FormAnswers(
        columns=_name_columns([*names, *[""] * (width - len(names))], padded),
        rows=tuple(map(tuple, padded)),
        continued=frozenset((row - first, column) for row, column in grid.continued if row >= first),
        omissions=omissions,
    )


def _find_head(rows: Sequence[Sequence[str]]) -> int:
    """Find the first row that is about as full as the fullest one; a title above it is not.

    Of two columns, one is a title where the next row has both and others follow.
    """
    filled = [sum(map(bool, row)) for row in rows[:_HEAD_SEARCH_ROWS]]
    if filled[:2] == [1, 2] and max(filled) == 2 and len(filled) > 2:
        return 1
    needed = max(filled, default=0) / 2
    return next((index for index, count in enumerate(filled) if count and count >= needed), 0)


def _join_heads(grid: CellGrid, head: int) -> tuple[list[str], int]:
    """Join the names of columns that stand in two rows.

    Returns:
        The names, and the index of the first row below them.
    """
    names = [" ".join(cell.split()) for cell in grid.rows[head]] if grid.rows else []
    below = head + 1
    while below < len(grid.rows) and _is_second_head(grid, head, below):
        joined, above = [], ""
        for index in range(max(len(names), len(grid.rows[below]))):
            top = names[index] if index < len(names) else ""
            above = top or above
            cell = " ".join(grid.rows[below][index].split()) if index < len(grid.rows[below]) else ""
            cell = "" if _EMPTY_SECOND_HEAD.fullmatch(cell) else cell
            joined.append(" – ".join(filter(None, (above if cell or top else "", cell))))
        names, below = joined, below + 1
    return names, below


def _is_second_head(grid: CellGrid, head: int, index: int) -> bool:
    row = grid.rows[index]
    if any(_SECOND_HEAD.fullmatch(cell) for cell in row):
        return True
    return index == head + 1 and any(place[0] == head for place in grid.wide_heads)


def _name_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    columns: list[str] = []
    for index, given in enumerate(names):
        has_answers = any(row[index] for row in rows)
        name = given or (f"Kolom {_letter_column(index)}" if has_answers else "")
        unique, number = name, 1
        while unique and unique in columns:
            number += 1
            unique = f"{name} ({number})"
        columns.append(unique)
    return tuple(columns)


def _letter_column(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
