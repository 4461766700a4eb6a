"""Draws a trace in pixels, from edge to edge of a picture: what covers and shared pictures are made of."""

from functools import cache

from PIL import Image, ImageDraw

from pipeline.graphics.waveform import Bar, bars
from pipeline.model import Trace

MOST_BANDS = 48  # under each other in one picture: more are a grey haze, and in the end no pixel high


def draw_band(image: Image.Image, trace: Trace, *, colour: str, top: float, height: float, most_bars: int) -> None:
    """The trace over the whole width of ``image``, mirrored in the middle of ``height`` pixels from ``top`` down."""
    for bar in bars(_coarser(trace, most_bars), width=image.width, height=height):
        _draw_bar(image, bar, colour=colour, top=top)


def _coarser(trace: Trace, most_bars: int) -> Trace:
    """The same trace with fewer bars: each is the root mean square of its neighbours."""
    step = -(-len(trace.heights) // most_bars) or 1
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
