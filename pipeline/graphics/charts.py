"""Charts of loudness and gain as SVG that can be stretched to any width."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.graphics.svg import format_svg_number, wrap_svg

TOP_LUFS, BOTTOM_LUFS = 0, -50  # softer levels are at the bottom
MAX_GAIN_DB = 14.0  # at the top, and as much less at the bottom

_WIDTH, _HEIGHT = 1000, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of evenly spaced values over a part of the time axis."""

    css_class: str  # of its path
    values: Sequence[float]  # LUFS, or dB of gain
    from_s: float
    to_s: float


def render_loudness_chart(
    curves: Sequence[Curve], *, duration_s: float, target_lufs: float, marks_s: Sequence[float]
) -> Markup:
    """Render loudness curves.

    The chart has no text, so that it can be stretched: labels are around it, at
    ``compute_level_position(level)`` of its height. Screen readers skip it; its figures must be in
    the page too.

    Args:
        curves: The last one is on top.
        duration_s: Length of the time axis.
        target_lufs: A horizontal line.
        marks_s: Vertical lines.
    """
    levels = range(BOTTOM_LUFS + 10, TOP_LUFS, 10)
    target = _draw_line("target", f"M0 {_map_level(target_lufs)}h{_WIDTH}")
    lines = [_draw_line(curve.css_class, _draw_curve(curve, duration_s)) for curve in curves if curve.values]
    grid = [_map_level(level) for level in levels]
    return _wrap([*_draw_grid(grid, duration_s, marks_s), target, *lines])


def render_gain_chart(bands: Sequence[tuple[Curve, Curve]], *, duration_s: float, marks_s: Sequence[float]) -> Markup:
    """Render bands between the lowest and the highest gain in dB; see ``render_loudness_chart``."""
    unity = _draw_line("none", f"M0 {_map_gain(0)}h{_WIDTH}")
    grid = [_map_gain(level) for level in (-6, 6)]
    return _wrap(
        [*_draw_grid(grid, duration_s, marks_s), unity, *(_draw_band(low, high, duration_s) for low, high in bands)]
    )


def compute_gain_position(gain_db: float) -> float:
    """Compute the vertical position of a gain: 0 at the top, 1 at the bottom."""
    return min(1.0, max(0.0, (MAX_GAIN_DB - gain_db) / (2 * MAX_GAIN_DB)))


def compute_level_position(level_lufs: float) -> float:
    """Compute the vertical position of a level: 0 at the top, 1 at the bottom."""
    return min(1.0, max(0.0, (TOP_LUFS - level_lufs) / (TOP_LUFS - BOTTOM_LUFS)))


def _wrap(paths: Sequence[str]) -> Markup:
    return wrap_svg(
        "".join(paths), width=_WIDTH, height=_HEIGHT, title="", css_class="curves", colour="", stretched=True
    )


def _draw_grid(heights: Sequence[str], duration_s: float, marks_s: Sequence[float]) -> list[str]:
    marks = [_map_time(second, duration_s) for second in marks_s if 0 < second < duration_s]
    return [
        *(_draw_line("grid", f"M0 {height}h{_WIDTH}") for height in heights),
        *(_draw_line("mark", f"M{mark} 0v{_HEIGHT}") for mark in marks),
    ]


def _draw_band(low: Curve, high: Curve, duration_s: float) -> str:
    top = [f"{x} {_map_gain(value)}" for x, value in _list_points(high, duration_s)]
    bottom = [f"{x} {_map_gain(value)}" for x, value in _list_points(low, duration_s)][::-1]
    path = "M" + "L".join([*top, *bottom]) + "z"
    return (
        f'<path class="band" d="{path}" fill="currentColor" fill-opacity="0.35" stroke="currentColor" '
        'vector-effect="non-scaling-stroke"/>'
    )


def _draw_curve(curve: Curve, duration_s: float) -> str:
    return "M" + "L".join(f"{x} {_map_level(value)}" for x, value in _list_points(curve, duration_s))


def _list_points(curve: Curve, duration_s: float) -> list[tuple[str, float]]:
    step = (curve.to_s - curve.from_s) / max(1, len(curve.values))
    return [
        (_map_time(curve.from_s + (number + 0.5) * step, duration_s), value)
        for number, value in enumerate(curve.values)
    ]


def _map_time(second: float, duration_s: float) -> str:
    return format_svg_number(_WIDTH * min(1.0, max(0.0, second / max(duration_s, 1e-9))))


def _map_gain(gain_db: float) -> str:
    return format_svg_number(_HEIGHT * compute_gain_position(gain_db))


def _map_level(level_lufs: float) -> str:
    return format_svg_number(_HEIGHT * compute_level_position(level_lufs))


def _draw_line(css_class: str, path: str) -> str:
    return (
        f'<path class="{css_class}" d="{path}" fill="none" stroke="currentColor" vector-effect="non-scaling-stroke"/>'
    )
