"""Draws what social channels show beside a link: words over the trace of the talk, 1200 × 630."""

from dataclasses import dataclass

from PIL import Image

from pipeline.graphics.image_cleaning import PictureFacts, write_clean
from pipeline.graphics.palette import INK, PAPER, ink
from pipeline.graphics.text_layout import DISPLAY, LABELS, Room, Words
from pipeline.graphics.waveform_image import draw_band
from pipeline.model import Trace

SHARE_WIDTH_PX, SHARE_HEIGHT_PX = 1200, 630  # what Facebook and LinkedIn ask for, and X crops from

_GRAIN = 2  # drawn twice as large, then made smaller: that keeps edges smooth
_BARS = 120
_SILENCE = Trace(bar_s=1, heights=(0.0,) * 48)  # a meeting of which nothing can be heard leaves dots

# What follows is measured in heights of the picture.
_MARGIN, _FOOT = 0.1, 0.93
_FULL_WIDTH = SHARE_WIDTH_PX / SHARE_HEIGHT_PX - 2 * _MARGIN
_TITLE_ROOM = Room(
    sizes=tuple(size / 1000 for size in range(200, 89, -5)),
    width=_FULL_WIDTH,
    height=0.4,
    widest=_FULL_WIDTH,
    most_lines=4,
)
_LEADING, _LABEL_SIZE, _AIR = 1.06, 0.052, 0.07


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareJob:
    """All that a shared picture is drawn from."""

    traces: tuple[Trace, ...]  # from the top down; none: dots
    inks: tuple[int, ...]  # for ``ink``, one a trace; of a picture on ink the first is its ground
    on_ink: bool  # in paper on an ink, as what belongs to one event; else in inks on paper
    title: str
    label: str  # one line over the title; empty: none
    fonts: str  # the folder with the fonts of the theme
    out: str  # a .png


def draw_share(job: ShareJob) -> PictureFacts:
    """The picture of a programme, an episode or an event; a title too long for four lines is cut short.

    Raises:
        WeerslagError: a font cannot be read, or the file cannot be written.
    """
    size = (SHARE_WIDTH_PX * _GRAIN, SHARE_HEIGHT_PX * _GRAIN)
    image = Image.new("RGB", size, ink(job.inks[0]) if job.on_ink else PAPER)
    top = _draw_words(image, job, colour=PAPER if job.on_ink else INK)
    _draw_traces(image, job, top=top + _AIR)
    return write_clean(image.reduce(_GRAIN), job.out)


def _draw_words(image: Image.Image, job: ShareJob, *, colour: str) -> float:
    """Label and title from the head down; gives where they end."""
    top = _MARGIN
    if job.label:
        label = Words(job.label, folder=job.fonts, font=LABELS)
        (line, *_) = label.wrapped(_LABEL_SIZE, _FULL_WIDTH)
        label.draw(image, line, left=_MARGIN, base=top + _LABEL_SIZE * 0.75, size=_LABEL_SIZE, colour=colour)
        top += _LABEL_SIZE + _AIR / 2
    title = Words(job.title, folder=job.fonts, font=DISPLAY)
    size, lines = title.fitted(_TITLE_ROOM)
    base = top + size * 0.75  # ascenders take three quarters
    for line in lines:
        title.draw(image, line, left=_MARGIN, base=base, size=size, colour=colour)
        base += size * _LEADING
    return base - size * (_LEADING - 0.25)


def _draw_traces(image: Image.Image, job: ShareJob, *, top: float) -> None:
    traces = job.traces or (_SILENCE,)
    high = (_FOOT - top) * image.height / len(traces)
    for index, trace in enumerate(traces):
        colour = PAPER if job.on_ink else ink(job.inks[index]) if job.inks else INK
        draw_band(image, trace, colour=colour, top=top * image.height + index * high, height=high, most_bars=_BARS)
