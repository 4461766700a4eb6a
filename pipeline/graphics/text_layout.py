"""Sets words in a picture: finds their lines and their size. All measures are in heights of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.errors import WeerslagError

DISPLAY = "SourceSerif4-Semibold.ttf.woff2"
LABELS = "SourceSans3-Semibold.ttf.woff2"

_SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How a title may be set: the sizes to try, the largest first, and the box that it should stand in."""

    sizes: tuple[float, ...]
    width: float
    height: float
    widest: float  # what the smallest size may take where the box is too narrow
    most_lines: int


class Words:
    """A text that looks for its lines and its size. A soft hyphen in it says where a word may break."""

    def __init__(self, text: str, *, folder: str, font: str) -> None:
        file = Path(folder) / font
        try:
            self.font = ImageFont.truetype(file, size=1000)
        except OSError as error:
            raise WeerslagError("the font cannot be read", where=str(file)) from error
        self.words = text.split()

    def draw(self, image: Image.Image, line: str, *, left: float, base: float, size: float, colour: str) -> None:
        """One line, its first letter at ``left``, standing on ``base``."""
        high = image.height
        font = self.font.font_variant(size=size * high)
        ImageDraw.Draw(image).text((left * high, base * high), _shown(line), font=font, fill=colour, anchor="ls")

    def width(self, text: str, size: float) -> float:
        """How wide ``text`` is at that size."""
        return self.font.getlength(_shown(text)) / 1000 * size

    def wrapped(self, size: float, width: float) -> list[str]:
        """As few lines as possible; a word that is too wide has a line of its own, and sticks out."""
        lines: list[str] = []
        for word in self.words:
            if lines and self.width(f"{lines[-1]} {word}", size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def fitted(self, room: Room) -> tuple[float, list[str]]:
        """The largest size at which it stands in its box; if none does, the smallest over all the width there is."""
        for size in room.sizes:
            lines = self.wrapped(size, room.width)
            if len(lines) * size <= room.height and all(self.width(line, size) <= room.width for line in lines):
                return size, self._balanced(size, len(lines), room)
        return room.sizes[-1], self._forced(room.sizes[-1], room)

    def _balanced(self, size: float, count: int, room: Room) -> list[str]:
        """The narrowest setting with that many lines."""
        settings = (self.wrapped(size, room.width * step / 40) for step in range(8, 41))
        return next(lines for lines in settings if len(lines) <= count)

    def _forced(self, size: float, room: Room) -> list[str]:
        """Over the full width, long words broken; what does not fit gives way to an ellipsis."""
        self.words = [part for word in self.words for part in self._parts(word, size, room.widest)]
        lines = self.wrapped(size, room.widest)
        if len(lines) > room.most_lines:
            last = room.most_lines - 1
            lines = [*lines[:last], self._cut_short(lines[last], size, room.widest)]
        return lines

    def _cut_short(self, line: str, size: float, widest: float) -> str:
        """``line`` with an ellipsis: words give way to it, and if there is but one, its letters."""
        line = line.rstrip("-,;: ")
        while self.width(f"{line} …", size) > widest:
            line = line.rpartition(" ")[0] or line[:-1]
        return f"{line} …"

    def _parts(self, word: str, size: float, widest: float) -> Sequence[str]:
        """A word that is too wide, broken at its last soft hyphen that fits, else where the line is full."""
        parts = []
        while self.width(word, size) > widest:
            fits = [n for n in range(1, len(word)) if self.width(word[:n] + "-", size) <= widest]
            soft = [n for n in fits if word[n - 1] == _SOFT_HYPHEN]
            place = (soft or fits)[-1]
            parts.append(word[:place].rstrip(_SOFT_HYPHEN) + "-")
            word = word[place:]
        return [*parts, word]


def _shown(text: str) -> str:
    return text.replace(_SOFT_HYPHEN, "")
