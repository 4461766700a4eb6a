"""Waveforms as backgrounds of pages: data URLs for stylesheets.

Stylesheet backgrounds are artifacts, which screen readers skip.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.graphics.palettes import Colour, format_css
from pipeline.graphics.waveform_svg import compute_bars
from pipeline.model import Release, Waveform

_SILENCE = Waveform(bar_s=1.0, heights=(0.0,) * 160)  # of an event without a recording: a row of dots


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWaveform:
    """The waveform of one event and its colour number, from 1."""

    colour: int
    waveform: Waveform = _SILENCE
    chapters_s: tuple[float, ...] = ()
    duration_s: float | None = None


def build_event_waveform(colour: int, release: Release | None) -> EventWaveform:
    """Build the waveform of an event from a release of it; without one it is silent."""
    if release is None:
        return EventWaveform(colour=colour)
    return EventWaveform(
        colour=colour,
        waveform=release.waveform,
        chapters_s=tuple(chapter.start_ms / 1000 for chapter in release.chapters),
        duration_s=release.duration_s,
    )


def draw_bars(waveform: EventWaveform, x: float, y: float, width: float, height: float, tints: Sequence[Colour]) -> str:
    """Draw the bars of a waveform in a box, as SVG paths; its chapters in the tints in turn."""
    chapters_s, duration_s = waveform.chapters_s, waveform.duration_s
    bars = compute_bars(waveform.waveform, width=width, height=height, chapters_s=chapters_s, duration_s=duration_s)
    paths = []
    for chapter, chapter_bars in groupby(bars, key=lambda bar: bar.chapter):
        lines = "".join(
            f"M{x + bar.x + bar.width / 2:.2f} {y + bar.y + bar.width / 2:.2f}v{max(0.01, bar.height - bar.width):.2f}"
            for bar in chapter_bars
        )
        tint = format_css(tints[chapter % len(tints)])
        paths.append(f'<path d="{lines}" stroke="{tint}" stroke-width="{bars[0].width:.2f}" stroke-linecap="round"/>')
    return "".join(paths)


def encode_svg(inner: str, width: float, height: float, *, left: float = 0.0, top: float = 0.0) -> str:
    """Encode an SVG as a data URL."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}" fill="none">{inner}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
