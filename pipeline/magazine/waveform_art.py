"""Draws traces as the paper edition needs them: solid tints instead of transparency, as grounds that no one reads aloud."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.graphics import bars
from pipeline.magazine.colours import Colour, Palette, css, mixed
from pipeline.model import Trace

_SILENT = Trace(bar_s=1.0, heights=(0.0,) * 160)  # nothing was recorded yet: a row of dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is needed to draw the trace of one event in its ink."""

    ink: int  # from 1; the palette knows its colour
    trace: Trace = _SILENT
    chapters_s: tuple[float, ...] = ()
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Draws in the colours of one edition; what runs off the page runs on over its ``bleed_mm``.

    A ground begins at the left edge of the bleed; one that starts at the head of the page, at the head of the bleed too.
    """

    palette: Palette
    bleed_mm: float = 0.0

    def cover(self, strips: Sequence[Strip]) -> str:
        """All traces as bands over an A4, each from edge to edge, with room for a line at the foot.

        A band grows from pale to full as its chapters pass: the title stands where it is pale.
        """
        return self._page(self._bands(strips, 4, 262), 297 + 2 * self.bleed_mm, top=self.bleed_mm)

    def back(self, strips: Sequence[Strip]) -> str:
        """The same bands over the upper half of the back, 210 × 150 mm."""
        return self._page(self._bands(strips, 6, 146), 150 + self.bleed_mm, top=self.bleed_mm)

    def opener(self, strip: Strip) -> str:
        """One trace on its own ink, 210 × 132 mm, running off both edges; chapters in two tints in turn."""
        own, paper = self._ink(strip), self.palette.paper
        return self._page(self._across(strip, 132, (mixed(paper, 0.92, own), mixed(paper, 0.5, own))), 132)

    def voice(self, strip: Strip) -> str:
        """The same trace for under one large quote, 210 × 96 mm, in pale tints on a paler ground."""
        return self._page(self._across(strip, 96, (self._thin(strip, 0.45), self._thin(strip, 0.28))), 96)

    def strip(self, strip: Strip, *, width: float, height: float) -> str:
        """One trace on paper, ``width`` × ``height`` mm, in its ink and a lighter one for every second chapter."""
        tints = (self._ink(strip), self._thin(strip, 0.55))
        return _address(_group(strip, 0, 0, width, height, tints), width, height)

    def ruled(self) -> str:
        """One line of a notes page, 8 mm high."""
        line = css(mixed(self.palette.grey, 0.4, self.palette.paper))
        return _address(f'<path d="M0 7.9h10" stroke="{line}" stroke-width=".12"/>', 10, 8)

    def _ink(self, strip: Strip) -> Colour:
        return self.palette.inks[strip.ink - 1]

    def _thin(self, strip: Strip, share: float) -> Colour:
        return mixed(self._ink(strip), share, self.palette.paper)

    def _page(self, inner: str, height: float, *, top: float = 0.0) -> str:
        return _address(inner, 210 + 2 * self.bleed_mm, height, left=-self.bleed_mm, top=-top)

    def _bands(self, strips: Sequence[Strip], top: float, bottom: float) -> str:
        pitch = (bottom - top) / max(1, len(strips))
        left, width = -1 - self.bleed_mm, 212 + 2 * self.bleed_mm
        return "".join(
            _group(strip, left, top + pitch * (index + 0.06), width, pitch * 0.88, self._rising(strip, 0.24, 1.0))
            for index, strip in enumerate(strips)
        )

    def _across(self, strip: Strip, height: float, tints: Sequence[Colour]) -> str:
        return _group(strip, -1.5 - self.bleed_mm, 0, 213 + 2 * self.bleed_mm, height, tints)

    def _rising(self, strip: Strip, low: float, high: float) -> tuple[Colour, ...]:
        """A tint a chapter: the later it begins, the fuller."""
        whole_s = strip.duration_s or strip.trace.bar_s * len(strip.trace.heights)
        starts = strip.chapters_s or (0.0,)
        return tuple(self._thin(strip, low + (high - low) * min(1.0, start / whole_s)) for start in starts)


def _group(strip: Strip, x: float, y: float, width: float, height: float, tints: Sequence[Colour]) -> str:
    drawn = bars(strip.trace, width=width, height=height, chapters_s=strip.chapters_s, duration_s=strip.duration_s)
    paths = []
    for chapter, stretch in groupby(drawn, key=lambda bar: bar.chapter):
        lines = "".join(
            f"M{x + bar.x + bar.width / 2:.2f} {y + bar.y + bar.width / 2:.2f}v{max(0.01, bar.height - bar.width):.2f}"
            for bar in stretch
        )
        tint = css(tints[chapter % len(tints)])
        paths.append(f'<path d="{lines}" stroke="{tint}" stroke-width="{drawn[0].width:.2f}" stroke-linecap="round"/>')
    return "".join(paths)


def _address(inner: str, width: float, height: float, *, left: float = 0.0, top: float = 0.0) -> str:
    """An SVG as an address that a style sheet can name."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}" fill="none">{inner}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
