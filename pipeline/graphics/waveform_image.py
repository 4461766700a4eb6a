"""Draws waveforms in pixels, across the whole width of an image: for covers and social images."""

from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageDraw

from pipeline.graphics.waveform_svg import WaveformBar, compute_bars
from pipeline.model import Waveform


def draw_waveforms(
    image: Image.Image,
    waveforms: Sequence[Waveform],
    colours: Sequence[str],
    *,
    top: float,
    bottom: float,
    max_bars: int,
) -> None:
    """Draw waveforms in bands of equal height between ``top`` and ``bottom``, in pixels."""
    height = (bottom - top) / max(1, len(waveforms))
    for index, (waveform, colour) in enumerate(zip(waveforms, colours, strict=True)):
        for bar in compute_bars(_reduce_bars(waveform, max_bars), width=image.width, height=height):
            _draw_bar(image, bar, colour=colour, top=top + index * height)


def _reduce_bars(waveform: Waveform, max_bars: int) -> Waveform:
    """Merge neighbouring bars by their root mean square."""
    step = -(-len(waveform.heights) // max_bars) or 1
    groups = [waveform.heights[start : start + step] for start in range(0, len(waveform.heights), step)]
    heights = tuple((sum(height * height for height in group) / len(group)) ** 0.5 for group in groups)
    return Waveform(bar_s=waveform.bar_s * step, heights=heights)


def _draw_bar(image: Image.Image, bar: WaveformBar, *, colour: str, top: float) -> None:
    width = round(bar.width)
    cap = _draw_cap(width)
    x, upper = round(bar.x), round(top + bar.y)
    lower = upper + max(width, round(bar.height))
    image.paste(colour, (x, upper), cap)
    image.paste(colour, (x, lower - width), cap)
    if lower - upper > width:
        image.paste(colour, (x, upper + width // 2, x + width, lower - width // 2))


@cache
def _draw_cap(diameter: int) -> Image.Image:
    """Draw the mask of a rounded bar end: an antialiased disc."""
    disc = Image.new("L", (diameter * 8, diameter * 8))
    ImageDraw.Draw(disc).ellipse((0, 0, diameter * 8 - 1, diameter * 8 - 1), fill=255)
    return disc.reduce(8)
