"""Unpacking of WOFF 2 fonts."""

import io
import struct
from pathlib import Path

from fontTools.ttLib import TTLibError, woff2

from pipeline.errors import MagazineError, fill
from pipeline.pdf.files import write_file
from pipeline.pdf.tasks import UnpackFontTask


def unpack_font(task: UnpackFontTask) -> int:
    """Unpack a font; returns its size in bytes.

    Raises:
        MagazineError: The file is not a WOFF 2 font, or is damaged.
    """
    content = io.BytesIO()
    try:
        woff2.decompress(io.BytesIO(Path(task.font).read_bytes()), content)
    except (TTLibError, OSError, ValueError, AssertionError, KeyError, IndexError, struct.error) as error:
        message, hint = (
            fill("not a WOFF 2 font, or damaged: {error}", error=error),
            "Download the font again from its publisher.",
        )
        raise MagazineError(message, where=task.font, hint=hint) from error
    write_file(Path(task.out), content.getvalue())
    return len(content.getvalue())
