"""Decodes bytes whose encoding is unknown, or is named wrongly."""

from collections.abc import Sequence

_LATIN_NAMES = {"iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"}
_EXPECTED = frozenset("éëïèöüäáóíúàêôûîçñÉËÖ€‘’“”–—…•°½")  # in Dutch and the languages around it


def decode_named(content: bytes, charset: str) -> str:
    """Decode bytes by the name of their encoding.

    Windows programs write Windows-1252 and call it Latin-1, as browsers know. A name that nobody
    knows, and bytes that do not fit their name, are decoded as ``decode_unnamed`` does.

    Source: WHATWG Encoding Standard, 4.2 (labels of windows-1252).
    """
    name = charset.strip().casefold().replace("_", "-").removeprefix("x-")
    if name in _LATIN_NAMES:
        return decode_unnamed(content, guesses=("cp1252",))
    is_utf8 = not content.isascii() and is_valid_utf8(content)  # other encodings hardly ever give valid UTF-8
    try:
        return content.decode(name) if name and not is_utf8 else decode_unnamed(content)
    except (LookupError, UnicodeError, ValueError):
        return decode_unnamed(content)


def decode_unnamed(content: bytes, *, guesses: Sequence[str] = ("cp1252", "mac_roman", "cp850")) -> str:
    """Decode bytes as UTF-8, else in the old encoding that gives the most expected letters.

    The default guesses are those of Windows, old Macintosh and MS-DOS; the first wins a tie.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return max((content.decode(name, "replace") for name in guesses), key=_count_expected)


def is_valid_utf8(content: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _count_expected(text: str) -> int:
    return sum(map(text.count, _EXPECTED)) - 2 * text.count("\ufffd")
