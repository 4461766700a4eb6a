"""Typesets text in an image: breaks lines and finds the font size.

All measures are relative to the image height.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.errors import WeerslagError

_SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """The constraints of a title: sizes to try, largest first, and its box."""

    sizes: tuple[float, ...]
    width: float
    height: float
    max_width: float  # at the smallest size, where the box is too narrow
    max_lines: int


class TextBlock:
    """A text in one font. A soft hyphen marks where a word may break."""

    def __init__(self, text: str, *, folder: str, font: str) -> None:
        file = Path(folder) / font
        try:
            self.font = ImageFont.truetype(file, size=1000)
        except OSError as error:
            raise WeerslagError("the font cannot be read", where=str(file)) from error
        self.words = text.split()

    def draw_line(
        self, image: Image.Image, line: str, *, left: float, baseline: float, size: float, colour: str
    ) -> None:
        """Draw one line from ``left`` on ``baseline``."""
        height = image.height
        font = self.font.font_variant(size=size * height)
        position = (left * height, baseline * height)
        ImageDraw.Draw(image).text(position, _remove_soft_hyphens(line), font=font, fill=colour, anchor="ls")

    def measure_width(self, text: str, size: float) -> float:
        """Measure the width of a line at a font size."""
        return self.font.getlength(_remove_soft_hyphens(text)) / 1000 * size

    def wrap_lines(self, size: float, width: float) -> list[str]:
        """Break the text into as few lines as possible.

        A word that is too wide overflows on a separate line.
        """
        lines: list[str] = []
        for word in self.words:
            if lines and self.measure_width(f"{lines[-1]} {word}", size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def fit_box(self, box: TextBox) -> tuple[float, list[str]]:
        """Find the largest size that fits in the box.

        Returns:
            The size and the lines; if no size fits, the smallest at ``max_width``.
        """
        for size in box.sizes:
            lines = self.wrap_lines(size, box.width)
            fits_width = all(self.measure_width(line, size) <= box.width for line in lines)
            if len(lines) * size <= box.height and fits_width:
                return size, self._balance_lines(size, len(lines), box)
        return box.sizes[-1], self._force_lines(box.sizes[-1], box)

    def _balance_lines(self, size: float, count: int, box: TextBox) -> list[str]:
        """Return the narrowest setting with at most ``count`` lines."""
        settings = (self.wrap_lines(size, box.width * step / 40) for step in range(8, 41))
        return next(lines for lines in settings if len(lines) <= count)

    def _force_lines(self, size: float, box: TextBox) -> list[str]:
        """Break long words, and end with an ellipsis where the text does not fit."""
        self.words = [part for word in self.words for part in self._break_word(word, size, box.max_width)]
        lines = self.wrap_lines(size, box.max_width)
        if len(lines) > box.max_lines:
            last = box.max_lines - 1
            lines = [*lines[:last], self._truncate_line(lines[last], size, box.max_width)]
        return lines

    def _truncate_line(self, line: str, size: float, max_width: float) -> str:
        """Replace the last words of a line by an ellipsis, or the last letters of a single word."""
        line = line.rstrip("-,;: ")
        while self.measure_width(f"{line} …", size) > max_width:
            line = line.rpartition(" ")[0] or line[:-1]
        return f"{line} …"

    def _break_word(self, word: str, size: float, max_width: float) -> Sequence[str]:
        """Break a word that is too wide, at a soft hyphen if possible."""
        parts = []
        while self.measure_width(word, size) > max_width:
            fits = [n for n in range(1, len(word)) if self.measure_width(word[:n] + "-", size) <= max_width]
            soft = [n for n in fits if word[n - 1] == _SOFT_HYPHEN]
            end = (soft or fits)[-1]
            parts.append(word[:end].rstrip(_SOFT_HYPHEN) + "-")
            word = word[end:]
        return [*parts, word]


def _remove_soft_hyphens(text: str) -> str:
    return text.replace(_SOFT_HYPHEN, "")
