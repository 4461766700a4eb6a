"""Waveform backgrounds of the PDF editions."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.graphics.palettes import Colour, Palette, format_css, mix
from pipeline.graphics.waveform_background import EventWaveform, draw_bars, encode_svg
from pipeline.magazine.page_geometry import BACK_WAVEFORMS_MM, OPENER_WAVEFORM_MM, PAGE, QUOTE_WAVEFORM_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Backgrounds:
    """Draws the backgrounds of one edition; they extend into a bleed of ``bleed_mm``."""

    palette: Palette
    bleed_mm: float = 0.0

    def draw_cover(self, waveforms: Sequence[EventWaveform]) -> str:
        """Draw all waveforms as bands, which grow from pale to full with their chapters.

        The title is placed where the bands are pale. There is room for a line at the foot.
        """
        return self._draw_page(self._draw_bands(waveforms, 4, 262), PAGE.height + 2 * self.bleed_mm, top=self.bleed_mm)

    def draw_back_cover(self, waveforms: Sequence[EventWaveform]) -> str:
        """Draw the same bands over the upper half of the page."""
        bands = self._draw_bands(waveforms, 6, BACK_WAVEFORMS_MM - 4)
        return self._draw_page(bands, BACK_WAVEFORMS_MM + self.bleed_mm, top=self.bleed_mm)

    def draw_opener(self, waveform: EventWaveform, height_mm: float = OPENER_WAVEFORM_MM) -> str:
        """Draw one waveform on its event colour, the chapters in two tints in turn."""
        ground, paper = self._get_colour(waveform), self.palette.paper
        tints = (mix(paper, 0.92, ground), mix(paper, 0.5, ground))
        return self._draw_page(self._draw_across(waveform, height_mm, tints), height_mm)

    def draw_quote_background(self, waveform: EventWaveform) -> str:
        """Draw one waveform in pale tints, for below a full-page quote."""
        tints = (self._mix_tint(waveform, 0.45), self._mix_tint(waveform, 0.28))
        return self._draw_page(self._draw_across(waveform, QUOTE_WAVEFORM_MM, tints), QUOTE_WAVEFORM_MM)

    def draw_strip(self, waveform: EventWaveform, *, width: float, height: float) -> str:
        """Draw one waveform, ``width`` × ``height`` mm, with chapters in two tints."""
        tints = (self._get_colour(waveform), self._mix_tint(waveform, 0.55))
        return encode_svg(draw_bars(waveform, 0, 0, width, height, tints), width, height)

    def draw_ruled_line(self) -> str:
        """Draw one line of a page for notes, 8 mm high."""
        colour = format_css(mix(self.palette.grey, 0.4, self.palette.paper))
        return encode_svg(f'<path d="M0 7.9h10" stroke="{colour}" stroke-width=".12"/>', 10, 8)

    def _get_colour(self, waveform: EventWaveform) -> Colour:
        return self.palette.events[waveform.colour - 1]

    def _mix_tint(self, waveform: EventWaveform, share: float) -> Colour:
        return mix(self._get_colour(waveform), share, self.palette.paper)

    def _draw_page(self, inner: str, height: float, *, top: float = 0.0) -> str:
        return encode_svg(inner, PAGE.width + 2 * self.bleed_mm, height, left=-self.bleed_mm, top=-top)

    def _draw_bands(self, waveforms: Sequence[EventWaveform], top: float, bottom: float) -> str:
        pitch = (bottom - top) / max(1, len(waveforms))
        left, width = -1 - self.bleed_mm, PAGE.width + 2 + 2 * self.bleed_mm
        return "".join(
            draw_bars(one, left, top + pitch * (index + 0.06), width, pitch * 0.88, self._mix_chapter_tints(one))
            for index, one in enumerate(waveforms)
        )

    def _draw_across(self, waveform: EventWaveform, height: float, tints: Sequence[Colour]) -> str:
        return draw_bars(waveform, -1.5 - self.bleed_mm, 0, PAGE.width + 3 + 2 * self.bleed_mm, height, tints)

    def _mix_chapter_tints(self, waveform: EventWaveform) -> tuple[Colour, ...]:
        """Mix a tint for each chapter: the later it starts, the fuller."""
        duration_s = waveform.duration_s or waveform.waveform.bar_s * len(waveform.waveform.heights)
        starts = waveform.chapters_s or (0.0,)
        low, high = 0.24, 1.0
        return tuple(self._mix_tint(waveform, low + (high - low) * min(1.0, start / duration_s)) for start in starts)
