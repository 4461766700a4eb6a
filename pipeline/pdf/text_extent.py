"""The line on which a string of a content stream is drawn, by the widths of its font.

Source: ISO 32000-1, 9.4.4 (text space details), 9.2.4 (glyph widths) and 9.7.4.3 (widths of CID fonts).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Matrix

_SPACE = 32  # the code to which word spacing applies, in fonts of one byte


@dataclass(slots=True)
class TextState:
    """The parameters of text; they belong to the graphics state."""

    font: Any = None
    size: float = 0.0
    mode: int = 0
    character_spacing: float = 0.0
    word_spacing: float = 0.0
    scale: float = 1.0  # horizontal
    leading: float = 0.0
    rise: float = 0.0


class TextPosition:
    """The text matrix and the line matrix of a page."""

    def __init__(self) -> None:
        """Begin at the origin."""
        self._widths: dict[tuple[int, int], _FontWidths] = {}
        self.set_matrix(Matrix())

    def set_matrix(self, matrix: Matrix) -> None:
        """Set both matrices (Tm), or begin a text object (BT)."""
        self.matrix = self._line = matrix

    def move(self, x: float, y: float) -> None:
        """Begin a new line at an offset (Td)."""
        self.matrix = self._line = Matrix(1, 0, 0, 1, x, y) @ self._line

    def draw(self, strings: Any, text: TextState) -> list[tuple[float, float]]:
        """Advance over the strings and numbers of Tj or TJ.

        Returns:
            Start and end of the line of glyphs in user space; empty if none has ink, or the widths
            of the font are unknown.
        """
        widths = self._find_widths(text.font)
        if widths is None:
            return []
        start, end, at = None, None, 0.0
        for one in strings if isinstance(strings, Array | list) else [strings]:
            if not isinstance(one, pikepdf.String):
                at -= float(one) / 1000 * text.size * text.scale
                continue
            for width, code in widths.read(bytes(one)):
                advance = (width / 1000 * text.size + text.character_spacing) * text.scale
                if not widths.is_space(code):
                    start, end = at if start is None else start, at + width / 1000 * text.size * text.scale
                at += advance + (text.word_spacing * text.scale if code == _SPACE and not widths.is_composite else 0)
        line = [self.matrix.transform((x, text.rise)) for x in (start, end) if x is not None]
        self.matrix = Matrix(1, 0, 0, 1, at, 0) @ self.matrix
        return line

    def _find_widths(self, font: Any) -> "_FontWidths | None":
        if not isinstance(font, Dictionary):
            return None
        if font.objgen not in self._widths or font.objgen == (0, 0):
            self._widths[font.objgen] = _FontWidths(font)
        widths = self._widths[font.objgen]
        return widths if widths.is_known else None


class _FontWidths:
    """The widths of a font in 1/1000 em, by character code."""

    def __init__(self, font: Any) -> None:
        self.is_composite = font.get("/Subtype") == "/Type0"
        self._widths: dict[int, float] = {}
        self._default = 0.0
        self._spaces = {_SPACE, 160} if not self.is_composite else _find_spaces(font.get("/ToUnicode"))
        if self.is_composite:
            descendant = font["/DescendantFonts"][0]
            self._default = float(descendant.get("/DW", 1000))
            self._widths = dict(_read_cid_widths(descendant.get("/W", Array())))
            self.is_known = str(font.get("/Encoding", "")) == "/Identity-H"
        else:
            first = int(font.get("/FirstChar", 0))
            self._widths = {first + index: float(width) for index, width in enumerate(font.get("/Widths", Array()))}
            self.is_known = bool(self._widths) and font.get("/Subtype") != "/Type3"

    def read(self, text: bytes) -> Iterator[tuple[float, int]]:
        """Yield width and code of each character."""
        size = 2 if self.is_composite else 1
        for at in range(0, len(text) - size + 1, size):
            code = int.from_bytes(text[at : at + size], "big")
            yield self._widths.get(code, self._default), code

    def is_space(self, code: int) -> bool:
        """Return whether a character has no ink."""
        return code in self._spaces


def _read_cid_widths(array: Any) -> Iterator[tuple[int, float]]:
    """Read /W: ``first [width …]`` or ``first last width``."""
    items, at = list(array), 0
    while at + 1 < len(items):
        first = int(items[at])
        if isinstance(items[at + 1], Array):
            yield from ((first + index, float(width)) for index, width in enumerate(items[at + 1]))
            at += 2
        else:
            last = min(int(items[at + 1]), first + 65_535)
            yield from ((code, float(items[at + 2])) for code in range(first, last + 1))
            at += 3


def _find_spaces(to_unicode: Any) -> set[int]:
    """Find the codes that a ToUnicode map gives to spaces."""
    if not isinstance(to_unicode, pikepdf.Stream):
        return set()
    spaces = set()
    for one in pikepdf.parse_content_stream(to_unicode):
        step = {"endbfchar": 2, "endbfrange": 3}.get(str(one.operator), 0)
        for at in range(0, len(one.operands) - step + 1 if step else 0, step or 1):
            code, text = one.operands[at], one.operands[at + step - 1]
            if not isinstance(text, Array) and not bytes(text).decode("utf-16-be", "replace").strip():
                spaces.add(int.from_bytes(bytes(code), "big"))
    return spaces
