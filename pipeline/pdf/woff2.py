"""Unpacks fonts, once for all pages. The doorway to fontTools."""

import io
import struct
from pathlib import Path

from fontTools.ttLib import TTLibError, woff2

from pipeline.errors import MagazineError


def unpacked(file: Path) -> bytes:
    """The font inside a WOFF 2 file.

    Raises:
        MagazineError: it is none, or is broken.
    """
    out = io.BytesIO()
    try:
        woff2.decompress(io.BytesIO(file.read_bytes()), out)
    except (TTLibError, OSError, ValueError, AssertionError, KeyError, IndexError, struct.error) as error:
        hint = "Take the file from its maker once more."
        raise MagazineError(f"no WOFF 2 font, or a broken one: {error}", where=str(file), hint=hint) from error
    return out.getvalue()
