"""Remove the metadata of a picture without decoding it: names of makers, places, comments."""

import struct
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

_ORIENTATION = 0x0112  # Exif 2.32, 4.6.4
_KEPT_SEGMENTS = (0xE0, 0xE2, 0xEE)  # JFIF, ICC profile, Adobe: they say how to show the pixels
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")


def remove_metadata(content: bytes) -> bytes | None:
    """Return a JPEG or PNG without EXIF, XMP, IPTC and comments; ``None`` for other files.

    The pixels are the same, bit by bit. A JPEG keeps its orientation.
    """
    if content.startswith(b"\xff\xd8"):
        return b"".join(_list_jpeg_parts(content))
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"".join(_list_png_parts(content))
    return None


def _list_jpeg_parts(content: bytes) -> Iterator[bytes]:
    """Yield the marker segments that stay. Source: ITU-T T.81, annex B."""
    yield content[:2]
    orientation = _read_orientation(content)
    if orientation != 1:
        tag = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
        exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + tag + b"\0\0\0\0"
        yield b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if marker == 0xDA:  # the pixels begin
            break
        is_text = (0xE0 <= marker <= 0xEF and marker not in _KEPT_SEGMENTS) or marker == 0xFE
        if not is_text:
            yield content[at : at + 2 + length]
        at += 2 + length
    end = content.find(b"\xff\xd9", at)
    yield content[at : end + 2 if end >= at else len(content)]


def _read_orientation(content: bytes) -> int:
    try:
        with Image.open(BytesIO(content)) as image:
            return int(image.getexif().get(_ORIENTATION, 1))
    except (OSError, ValueError, SyntaxError):
        return 1


def _list_png_parts(content: bytes) -> Iterator[bytes]:
    """Yield the chunks that stay. Source: PNG specification, third edition, section 11."""
    yield content[:8]
    at = 8
    while at + 12 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        kind = content[at + 4 : at + 8]
        if kind not in _TEXT_CHUNKS:
            yield content[at : at + 12 + length]
        at += 12 + length
        if kind == b"IEND":
            break
