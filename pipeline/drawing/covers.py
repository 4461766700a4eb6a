"""Draws the covers of a programme and of its episodes from their traces. With ``pictures`` the doorway to Pillow."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.drawing.inks import ACCENT, INK, PAPER, ink
from pipeline.drawing.pictures import COVER_PX, CoverFacts, jpeg_bytes, write_picture
from pipeline.drawing.trace import Bar, bars
from pipeline.errors import WeerslagError
from pipeline.model import Trace

_MOST_BYTES = 500_000
_DISPLAY = "SourceSerif4-Semibold.ttf.woff2"
_LABELS = "SourceSans3-Semibold.ttf.woff2"
_BARS = 72  # at most, across a cover: the more, the greyer at 60 px
_SOFT_HYPHEN = "\u00ad"

# What follows is measured in sides of the cover.
_MARGIN, _TOP = 0.055, 0.05
_FOOT = 0.795  # below it apps lay their own signs over a cover
_TITLE_SIZES = tuple(size / 1000 for size in range(160, 89, -5))  # never under 9 %: legible at 60 px
_TITLE_WIDTH, _FULL_WIDTH = 2 / 3 - _MARGIN, 1 - 2 * _MARGIN
_TITLE_HEIGHT, _MOST_LINES, _LEADING = 0.3, 5, 1.03
_LABEL_SIZE, _NUMBER_SIZE = 0.038, 0.09
_AIR = 0.045  # between title, label and traces


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverJob:
    """All that a cover is drawn from."""

    traces: tuple[Trace, ...]  # a programme's from the top down, or an episode's one
    inks: tuple[int, ...]  # for ``ink``, one a trace
    title: str  # a soft hyphen in it says where a word may break
    label: str  # a subtitle, or an episode's number
    size_px: int = COVER_PX
    fonts: str  # the folder with the fonts of the theme
    out: str  # a .jpg
    kind: str  # programme | episode


def draw_cover(job: CoverJob) -> CoverFacts:
    """A programme's cover (its traces as bands on paper) or an episode's (its trace in paper on its ink).

    The title is never under 9 % of the height and stands above the lowest fifth; one too long for that is cut short.

    Raises:
        WeerslagError: a font cannot be read, or the file cannot be written.
    """
    grain = -(-COVER_PX // job.size_px)  # a small cover is drawn large, then made smaller: that keeps edges smooth
    side = job.size_px * grain
    on_ink = job.kind == "episode"
    image = Image.new("RGB", (side, side), ink(job.inks[0]) if on_ink else PAPER)
    top = _draw_words(image, job, colour=PAPER if on_ink else INK)
    _draw_bands(image, job, top=_TOP * side, bottom=top - _AIR * side)
    content = jpeg_bytes(image.reduce(grain) if grain > 1 else image, most_bytes=_MOST_BYTES)
    write_picture(job.out, content)
    return CoverFacts(width_px=job.size_px, size_bytes=len(content))


# ------------------------------------------------------------------------------------------------------------ the words


def _draw_words(image: Image.Image, job: CoverJob, *, colour: str) -> float:
    """Title, and over it the label, from the foot up; gives the height in pixels at which they begin."""
    title = _Words(job.title, folder=job.fonts, font=_DISPLAY)
    size, lines = title.fitted()
    base = _FOOT - size * 0.25  # of the last line: what hangs below it stays above the foot
    for line in reversed(lines):
        title.draw(image, line, base=base, size=size, colour=colour)
        base -= size * _LEADING
    top = base + size * (_LEADING - 0.75)  # ascenders take three quarters
    if not job.label:
        return top * image.height
    is_number = len(job.label) <= 3
    label = _Words(job.label, folder=job.fonts, font=_LABELS)
    size, colour = (_NUMBER_SIZE, ACCENT) if is_number else (_LABEL_SIZE, colour)
    base = top - _AIR
    for line in reversed(label.wrapped(size, _FULL_WIDTH)[:2]):
        label.draw(image, line, base=base, size=size, colour=colour)
        base -= size * 1.25
    return (base + size * 0.5) * image.height


class _Words:
    """A text that looks for its lines and its size."""

    def __init__(self, text: str, *, folder: str, font: str) -> None:
        file = Path(folder) / font
        try:
            self.font = ImageFont.truetype(file, size=1000)
        except OSError as error:
            raise WeerslagError("the font cannot be read", where=str(file)) from error
        self.words = text.split()

    def draw(self, image: Image.Image, line: str, *, base: float, size: float, colour: str) -> None:
        side = image.height
        font = self.font.font_variant(size=size * side)
        ImageDraw.Draw(image).text((_MARGIN * side, base * side), _shown(line), font=font, fill=colour, anchor="ls")

    def width(self, text: str, size: float) -> float:
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

    def fitted(self) -> tuple[float, list[str]]:
        """The largest size at which it stands in the left two thirds; if none does, the smallest over the full width."""
        for size in _TITLE_SIZES:
            lines = self.wrapped(size, _TITLE_WIDTH)
            if len(lines) * size <= _TITLE_HEIGHT and all(self.width(line, size) <= _TITLE_WIDTH for line in lines):
                return size, self._balanced(size, len(lines))
        return _TITLE_SIZES[-1], self._forced(_TITLE_SIZES[-1])

    def _balanced(self, size: float, count: int) -> list[str]:
        """The narrowest setting with that many lines."""
        settings = (self.wrapped(size, _TITLE_WIDTH * step / 40) for step in range(8, 41))
        return next(lines for lines in settings if len(lines) <= count)

    def _forced(self, size: float) -> list[str]:
        """Over the full width, long words broken; what does not fit gives way to an ellipsis."""
        self.words = [part for word in self.words for part in self._parts(word, size)]
        lines = self.wrapped(size, _FULL_WIDTH)
        if len(lines) > _MOST_LINES:
            lines = [*lines[: _MOST_LINES - 1], self._cut_short(lines[_MOST_LINES - 1], size)]
        return lines

    def _cut_short(self, line: str, size: float) -> str:
        """``line`` with an ellipsis: words give way to it, and if there is but one, its letters."""
        line = line.rstrip("-,;: ")
        while self.width(f"{line} …", size) > _FULL_WIDTH:
            line = line.rpartition(" ")[0] or line[:-1]
        return f"{line} …"

    def _parts(self, word: str, size: float) -> list[str]:
        """A word that is too wide, broken at its last soft hyphen that fits, else where the line is full."""
        parts = []
        while self.width(word, size) > _FULL_WIDTH:
            fits = [n for n in range(1, len(word)) if self.width(word[:n] + "-", size) <= _FULL_WIDTH]
            soft = [n for n in fits if word[n - 1] == _SOFT_HYPHEN]
            place = (soft or fits)[-1]
            parts.append(word[:place].rstrip(_SOFT_HYPHEN) + "-")
            word = word[place:]
        return [*parts, word]


def _shown(text: str) -> str:
    return text.replace(_SOFT_HYPHEN, "")


# ------------------------------------------------------------------------------------------------------------ the bands


def _draw_bands(image: Image.Image, job: CoverJob, *, top: float, bottom: float) -> None:
    """The traces one under the other, from edge to edge."""
    high = (bottom - top) / max(1, len(job.traces))
    for index, (trace, number) in enumerate(zip(job.traces, job.inks, strict=True)):
        colour = PAPER if job.kind == "episode" else ink(number)
        for bar in bars(_coarser(trace), width=image.width, height=high):
            _draw_bar(image, bar, colour=colour, top=top + index * high)


def _coarser(trace: Trace) -> Trace:
    """The same trace with fewer bars: each is the root mean square of its neighbours."""
    step = -(-len(trace.heights) // _BARS) or 1
    groups = [trace.heights[start : start + step] for start in range(0, len(trace.heights), step)]
    return Trace(
        bar_s=trace.bar_s * step, heights=tuple((sum(h * h for h in group) / len(group)) ** 0.5 for group in groups)
    )


def _draw_bar(image: Image.Image, bar: Bar, *, colour: str, top: float) -> None:
    cap = _cap(thick := round(bar.width))
    x, upper = round(bar.x), round(top + bar.y)
    lower = upper + max(thick, round(bar.height))
    image.paste(colour, (x, upper), cap)
    image.paste(colour, (x, lower - thick), cap)
    if lower - upper > thick:
        image.paste(colour, (x, upper + thick // 2, x + thick, lower - thick // 2))


@cache
def _cap(thick: int) -> Image.Image:
    """A disc with smooth edges, the end of a bar."""
    disc = Image.new("L", (thick * 8, thick * 8))
    ImageDraw.Draw(disc).ellipse((0, 0, thick * 8 - 1, thick * 8 - 1), fill=255)
    return disc.reduce(8)
