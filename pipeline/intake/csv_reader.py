"""Reads CSV: finds its delimiter, and names the line of a stray quotation mark."""

import csv
from collections import Counter
from io import StringIO
from itertools import islice

from pipeline.errors import SourceLocation, fill
from pipeline.intake.form_table import CellGrid, FormAnswers, read_answers
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.text_reader import decode_text

_DELIMITERS = ";,\t|"
_SAMPLE_ROWS = 100


def read_csv(content: bytes) -> FormAnswers:
    """Read CSV with semicolons (as Dutch Excel writes), commas, tabs or bars.

    Raises:
        RefusedFileError: It is not CSV, or exceeds the limits.
    """
    text = decode_text(content)
    first_line, _, rest = text.partition("\n")
    if first_line.startswith("sep="):  # written by Excel
        delimiter, text = first_line[4:5] or ";", rest
    else:
        delimiter = find_delimiter(text)
    grid, line = CellGrid(), 1
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            grid.add_row(row)
            line = reader.line_num + 1
    except csv.Error as error:
        hint = fill(
            'In the row that begins at line {line}, a quotation mark is not closed or not doubled. Write "" for it.',
            line=line,
        )
        message = fill("not a CSV table: {error}", error=error)
        raise RefusedFileError(message, where=SourceLocation("", line, 1), hint=hint) from error
    return read_answers(grid)


def find_delimiter(text: str) -> str:
    """Find the character that gives most rows the same number of cells, more than one.

    Rows are parsed, so a delimiter within quotation marks does not count.
    """

    def rate(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if any(row))
        except csv.Error:
            return 0.0, 0
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        return (count / widths.total() if width > 1 else 0.0), width

    return max(_DELIMITERS, key=rate)
