"""Draws all pages small on one sheet, to be looked at side by side."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from pipeline.errors import WeerslagError

COLUMNS, WIDE_PX, HIGH_PX = 8, 132, 186  # of one page on the sheet


def draw_contact_sheet(pages: Sequence[Path], out: Path) -> None:
    """Write a JPEG with the pictures of ``pages`` in rows of ``COLUMNS``, each ``WIDE_PX`` × ``HIGH_PX``.

    Raises:
        WeerslagError: one of them is no picture, or the sheet cannot be written.
    """
    rows = max(1, math.ceil(len(pages) / COLUMNS))
    sheet = Image.new("RGB", (COLUMNS * WIDE_PX, rows * HIGH_PX), "white")
    try:
        for number, page in enumerate(pages):
            with Image.open(page) as drawn:
                small = drawn.convert("RGB").resize((WIDE_PX, HIGH_PX), Image.Resampling.LANCZOS)
            sheet.paste(small, (number % COLUMNS * WIDE_PX, number // COLUMNS * HIGH_PX))
        sheet.save(out, "JPEG", quality=82, optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WeerslagError("the pages cannot be drawn small", where=str(out)) from error
