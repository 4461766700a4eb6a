"""Draws a contact sheet: thumbnails of all pages in one image."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from pipeline.errors import WeerslagError
from pipeline.graphics.tasks import CONTACT_SHEET


def draw_contact_sheet(pages: Sequence[Path], out: Path) -> None:
    """Write a JPEG with the images of ``pages``, arranged as ``CONTACT_SHEET`` says.

    Raises:
        WeerslagError: One of the pages is not an image, or the sheet cannot be written.
    """
    columns, width, height = CONTACT_SHEET.columns, CONTACT_SHEET.thumbnail_width_px, CONTACT_SHEET.thumbnail_height_px
    rows = max(1, math.ceil(len(pages) / columns))
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    try:
        for number, page in enumerate(pages):
            with Image.open(page) as image:
                thumbnail = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(thumbnail, (number % columns * width, number // columns * height))
        sheet.save(out, "JPEG", quality=82, optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WeerslagError("the contact sheet cannot be drawn", where=str(out)) from error
