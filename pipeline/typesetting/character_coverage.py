"""Which characters the bundled fonts can print."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.typesetting.typography import WORD_SYMBOLS
from pipeline.typesetting.word_lists import read_word_list

_LIST = Path(__file__).with_name("data") / "printable-characters.txt"
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})  # categories that need no glyph
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def find_missing_glyphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset of each character that no bundled font has, and the character."""
    for found in _compile_pattern().finditer(text):
        character = found[0]
        if unicodedata.category(character) not in _INVISIBLE and ord(character) not in _VARIATION_SELECTORS:
            yield found.start(), character


def name_character(character: str) -> str:
    """Return code point and Unicode name, such as ``U+6F22 CJK UNIFIED IDEOGRAPH-6F22``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"


@cache
def _compile_pattern() -> re.Pattern[str]:
    ranges = "".join(
        "-".join(f"\\U{int(point, 16):08x}" for point in line.split("-")) for line in read_word_list(_LIST)
    )
    return re.compile(f"[^{ranges}{''.join(WORD_SYMBOLS)}]")
