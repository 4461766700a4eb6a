"""Computes the bars of a waveform and draws them as SVG, for pages, covers and print."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from pipeline.graphics.svg import format_svg_number, wrap_svg
from pipeline.model import Waveform

_GAP = 1 / 3  # between two bars, in bar widths
_TICK_AREA = 0.1  # of the height, below the bars, if there are chapters
_OPACITIES = ("1", ".66")  # of chapters in turn


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveformBar:
    """One bar with its round ends; silence is a dot, as high as it is wide."""

    x: float  # of its left side
    y: float  # of its top
    width: float
    height: float
    chapter: int  # from 0; also before the first chapter


def compute_bars(
    waveform: Waveform,
    *,
    width: float,
    height: float,
    chapters_s: Sequence[float] = (),
    duration_s: float | None = None,
) -> tuple[WaveformBar, ...]:
    """Compute the geometry of a waveform, mirrored at the middle of ``height``.

    Args:
        waveform: The bars.
        width: The bars fill it from side to side; any unit.
        height: In the same unit.
        chapters_s: Start times of the chapters in seconds, in order.
        duration_s: Of the audio; absent: the total of the bars.
    """
    count = len(waveform.heights)
    if not count:
        return ()
    pitch = width / (count - _GAP / (1 + _GAP))
    bar_width = min(pitch / (1 + _GAP), height)
    bar_s = (duration_s or waveform.bar_s * count) / count
    heights = [max(bar_width, min(1.0, level) * height) for level in waveform.heights]
    return tuple(
        WaveformBar(
            x=index * pitch,
            y=(height - bar_height) / 2,
            width=bar_width,
            height=bar_height,
            chapter=max(0, bisect_right(chapters_s, (index + 0.5) * bar_s) - 1),
        )
        for index, bar_height in enumerate(heights)
    )


def draw_waveform_svg(
    waveform: Waveform,
    *,
    width: float,
    height: float,
    chapters_s: Sequence[float] = (),
    duration_s: float | None = None,
    title: str = "",
    css_class: str = "waveform",
    colour: str = "",
) -> Markup:
    """Draw a waveform as inline SVG in ``currentColor``.

    It has one path per chapter, of class ``even`` or ``odd`` in turn, and one of class ``ticks``
    with chapter marks. There are no style attributes, so a strict content security policy allows
    it.

    Args:
        waveform: The bars.
        width: Of the view box, and the default width in pixels.
        height: Likewise.
        chapters_s: Start times of the chapters in seconds, in order.
        duration_s: Of the audio; absent: the total of the bars.
        title: What screen readers announce; without one the image is decorative and hidden from
            them.
        css_class: The class of the ``svg`` element.
        colour: Needed for WeasyPrint, which does not inherit ``color`` in SVG; in browsers CSS can
            override it.
    """
    total_s = duration_s or waveform.bar_s * len(waveform.heights)
    starts = [second for second in chapters_s if 0 < second < total_s]
    bars_height = height * (1 - _TICK_AREA) if starts else height
    bars = compute_bars(waveform, width=width, height=bars_height, chapters_s=chapters_s, duration_s=duration_s)
    paths = [_draw_chapter(list(chapter), number) for number, chapter in groupby(bars, key=lambda bar: bar.chapter)]
    if starts and bars:
        positions = [second / total_s * width for second in starts]
        paths.append(_draw_ticks(positions, bars[0].width, top=bars_height, bottom=height))
    return wrap_svg("".join(paths), width=width, height=height, title=title, css_class=css_class, colour=colour)


def _draw_chapter(bars: Sequence[WaveformBar], number: int) -> str:
    """Draw a line with round caps for each bar.

    Some renderers draw no dot for a line of length zero.
    """
    width = bars[0].width
    short = format_svg_number
    lines = (
        f"M{short(bar.x + width / 2)} {short(bar.y + width / 2)}v{short(max(0.01, bar.height - width))}" for bar in bars
    )
    return (
        f'<path class="{("even", "odd")[number % 2]}" d="{"".join(lines)}" fill="none" stroke="currentColor" '
        f'stroke-width="{short(width)}" stroke-linecap="round" stroke-opacity="{_OPACITIES[number % 2]}"/>'
    )


def _draw_ticks(positions: Iterable[float], width: float, *, top: float, bottom: float) -> str:
    short = format_svg_number
    height = (bottom - top) * 0.8
    lines = "".join(f"M{short(x)} {short(bottom)}v{short(-height)}" for x in positions)
    return f'<path class="ticks" d="{lines}" fill="none" stroke="currentColor" stroke-width="{short(width / 2)}"/>'
