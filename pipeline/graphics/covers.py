"""Draws the covers of a programme and of its episodes from their traces. With ``pictures`` the doorway to Pillow."""

from dataclasses import dataclass

from PIL import Image

from pipeline.graphics.image_cleaning import COVER_PX, CoverFacts, jpeg_bytes, write_picture
from pipeline.graphics.palette import ACCENT, INK, PAPER, ink
from pipeline.graphics.text_layout import DISPLAY, LABELS, Room, Words
from pipeline.graphics.waveform_image import draw_band
from pipeline.model import Trace

_MOST_BYTES = 500_000
_BARS = 72  # at most, across a cover: the more, the greyer at 60 px

# What follows is measured in sides of the cover.
_MARGIN, _TOP = 0.055, 0.05
_FOOT = 0.795  # below it apps lay their own signs over a cover
_FULL_WIDTH = 1 - 2 * _MARGIN
TITLE_ROOM = Room(
    sizes=tuple(size / 1000 for size in range(160, 89, -5)),  # never under 9 %: legible at 60 px
    width=2 / 3 - _MARGIN,
    height=0.3,
    widest=_FULL_WIDTH,
    most_lines=5,
)
_LEADING = 1.03
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


def _draw_words(image: Image.Image, job: CoverJob, *, colour: str) -> float:
    """Title, and over it the label, from the foot up; gives the height in pixels at which they begin."""
    title = Words(job.title, folder=job.fonts, font=DISPLAY)
    size, lines = title.fitted(TITLE_ROOM)
    base = _FOOT - size * 0.25  # of the last line: what hangs below it stays above the foot
    for line in reversed(lines):
        title.draw(image, line, left=_MARGIN, base=base, size=size, colour=colour)
        base -= size * _LEADING
    top = base + size * (_LEADING - 0.75)  # ascenders take three quarters
    if not job.label:
        return top * image.height
    is_number = len(job.label) <= 3
    label = Words(job.label, folder=job.fonts, font=LABELS)
    size, colour = (_NUMBER_SIZE, ACCENT) if is_number else (_LABEL_SIZE, colour)
    base = top - _AIR
    for line in reversed(label.wrapped(size, _FULL_WIDTH)[:2]):
        label.draw(image, line, left=_MARGIN, base=base, size=size, colour=colour)
        base -= size * 1.25
    return (base + size * 0.5) * image.height


def _draw_bands(image: Image.Image, job: CoverJob, *, top: float, bottom: float) -> None:
    """The traces one under the other, from edge to edge."""
    high = (bottom - top) / max(1, len(job.traces))
    for index, (trace, number) in enumerate(zip(job.traces, job.inks, strict=True)):
        colour = PAPER if job.kind == "episode" else ink(number)
        draw_band(image, trace, colour=colour, top=top + index * high, height=high, most_bars=_BARS)
