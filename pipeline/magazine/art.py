"""Draws traces as the paper edition needs them: solid tints instead of transparency, as grounds that no one reads aloud."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.drawing import PAPER, bars
from pipeline.model import Trace

_SILENT = Trace(bar_s=1.0, heights=(0.0,) * 160)  # nothing was recorded yet: a row of dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is needed to draw the trace of one event in its ink."""

    ink: str
    trace: Trace = _SILENT
    chapters_s: tuple[float, ...] = ()
    duration_s: float | None = None


def cover_ground(strips: Sequence[Strip]) -> str:
    """All traces as bands over an A4, each from edge to edge, with room for a line at the foot.

    A band grows from pale to full as its chapters pass: the title stands where it is pale.
    """
    return _address(_bands(strips, 4, 262), 210, 297)


def back_ground(strips: Sequence[Strip]) -> str:
    """The same bands over the upper half of the back, 210 × 150 mm."""
    return _address(_bands(strips, 6, 146), 210, 150)


def opener_ground(strip: Strip) -> str:
    """One trace on its own ink, 210 × 132 mm, running off both edges; chapters in two tints in turn."""
    tints = (mixed(PAPER, 0.92, strip.ink), mixed(PAPER, 0.5, strip.ink))
    return _address(_group(strip, -1.5, 0, 213, 132, tints), 210, 132)


def voice_ground(strip: Strip) -> str:
    """The same trace for under one large quote, 210 × 96 mm, in pale tints on a paler ground."""
    tints = (mixed(strip.ink, 0.45), mixed(strip.ink, 0.28))
    return _address(_group(strip, -1.5, 0, 213, 96, tints), 210, 96)


def strip_ground(strip: Strip, *, width: float, height: float) -> str:
    """One trace on paper, ``width`` × ``height`` mm, in its ink and a lighter one for every second chapter."""
    return _address(_group(strip, 0, 0, width, height, (strip.ink, mixed(strip.ink, 0.55))), width, height)


def ruled_ground() -> str:
    """One line of a notes page, 8 mm high."""
    return _address(f'<path d="M0 7.9h10" stroke="{mixed("#5B6470", 0.4)}" stroke-width=".12"/>', 10, 8)


def mixed(colour: str, share: float, ground: str = PAPER) -> str:
    """``share`` of ``colour`` on ``ground``, as one solid colour."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(top * share + under * (1 - share)):02X}" for top, under in pairs)


def _channels(colour: str) -> Iterator[int]:
    return (int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _rising(strip: Strip, low: float, high: float) -> tuple[str, ...]:
    """A tint a chapter: the later it begins, the fuller."""
    whole_s = strip.duration_s or strip.trace.bar_s * len(strip.trace.heights)
    starts = strip.chapters_s or (0.0,)
    return tuple(mixed(strip.ink, low + (high - low) * min(1.0, start / whole_s)) for start in starts)


def _bands(strips: Sequence[Strip], top: float, bottom: float) -> str:
    pitch = (bottom - top) / max(1, len(strips))
    return "".join(
        _group(strip, -1, top + pitch * (index + 0.06), 212, pitch * 0.88, _rising(strip, 0.24, 1.0))
        for index, strip in enumerate(strips)
    )


def _group(strip: Strip, x: float, y: float, width: float, height: float, tints: Sequence[str]) -> str:
    drawn = bars(strip.trace, width=width, height=height, chapters_s=strip.chapters_s, duration_s=strip.duration_s)
    paths = []
    for chapter, stretch in groupby(drawn, key=lambda bar: bar.chapter):
        lines = "".join(
            f"M{x + bar.x + bar.width / 2:.2f} {y + bar.y + bar.width / 2:.2f}v{max(0.01, bar.height - bar.width):.2f}"
            for bar in stretch
        )
        tint = tints[chapter % len(tints)]
        paths.append(f'<path d="{lines}" stroke="{tint}" stroke-width="{drawn[0].width:.2f}" stroke-linecap="round"/>')
    return "".join(paths)


def _address(inner: str, width: float, height: float) -> str:
    """An SVG as an address that a style sheet can name."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" fill="none">{inner}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
