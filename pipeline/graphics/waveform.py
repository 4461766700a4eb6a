"""Makes the bars of a trace, and draws them as SVG: what every page, cover and sheet of paper shows of a talk."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from pipeline.graphics.svg import short, svg
from pipeline.model import Trace

_GAP = 1 / 3  # between two bars, in bars
_TICKS = 0.1  # of the height, kept free under the bars where there are chapters
_TINTS = ("1", ".66")  # opacity of the first, third … and of the second, fourth … chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a trace, its round ends included; as high as it is wide (a dot) where it was silent."""

    x: float  # of its left side
    y: float  # of its top
    width: float
    height: float
    chapter: int  # from 0; before the first chapter too


def bars(
    trace: Trace, *, width: float, height: float, chapters_s: Sequence[float] = (), duration_s: float | None = None
) -> tuple[Bar, ...]:
    """The geometry of every drawing of ``trace``, on screen, on paper and on a cover.

    The bars fill ``width`` from side to side and are mirrored on half of ``height``. The sound lasts ``duration_s``
    (absent: as long as the bars); ``chapters_s`` are the seconds at which its chapters start, in order.
    """
    count = len(trace.heights)
    if not count:
        return ()
    pitch = width / (count - _GAP / (1 + _GAP))
    thick = min(pitch / (1 + _GAP), height)
    bar_s = (duration_s or trace.bar_s * count) / count
    tall = [max(thick, min(1.0, level) * height) for level in trace.heights]
    return tuple(
        Bar(
            x=index * pitch,
            y=(height - high) / 2,
            width=thick,
            height=high,
            chapter=max(0, bisect_right(chapters_s, (index + 0.5) * bar_s) - 1),
        )
        for index, high in enumerate(tall)
    )


def trace_svg(
    trace: Trace,
    *,
    width: float,
    height: float,
    chapters_s: Sequence[float] = (),
    duration_s: float | None = None,
    title: str = "",
    css_class: str = "trace",
    colour: str = "",
) -> Markup:
    """The trace as inline SVG in the ``color`` of the place where it stands.

    WeasyPrint does not hand that down to SVG: there, name the ``colour`` (CSS may still change it in a browser).
    One path a chapter, of class ``even`` or ``odd`` in turn, and one of class ``ticks`` for the chapter marks. With a
    ``title`` it is an image that is read aloud; without one it is decoration and says nothing. No style attributes,
    so that a strict content security policy may stand.
    """
    total_s = duration_s or trace.bar_s * len(trace.heights)
    starts = [second for second in chapters_s if 0 < second < total_s]
    room = height * (1 - _TICKS) if starts else height
    drawn = bars(trace, width=width, height=room, chapters_s=chapters_s, duration_s=duration_s)
    paths = [_stretch(list(stretch), chapter) for chapter, stretch in groupby(drawn, key=lambda bar: bar.chapter)]
    if starts and drawn:
        paths.append(_ticks([second / total_s * width for second in starts], drawn[0].width, top=room, bottom=height))
    return svg("".join(paths), width=width, height=height, title=title, css_class=css_class, colour=colour)


def _stretch(chapter_bars: Sequence[Bar], chapter: int) -> str:
    """A line with round ends for each bar; a line of no length would be no dot in some renderers."""
    thick = chapter_bars[0].width
    lines = (
        f"M{short(bar.x + thick / 2)} {short(bar.y + thick / 2)}v{short(max(0.01, bar.height - thick))}"
        for bar in chapter_bars
    )
    return (
        f'<path class="{("even", "odd")[chapter % 2]}" d="{"".join(lines)}" fill="none" stroke="currentColor" '
        f'stroke-width="{short(thick)}" stroke-linecap="round" stroke-opacity="{_TINTS[chapter % 2]}"/>'
    )


def _ticks(places: Iterable[float], thick: float, *, top: float, bottom: float) -> str:
    high = (bottom - top) * 0.8
    lines = "".join(f"M{short(x)} {short(bottom)}v{short(-high)}" for x in places)
    return f'<path class="ticks" d="{lines}" fill="none" stroke="currentColor" stroke-width="{short(thick / 2)}"/>'
