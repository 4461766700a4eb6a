"""Draws loudness and gain from beginning to end, before and after mastering, as SVG that stretches to any width."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.graphics.svg import short, svg

TOP_LUFS, BOTTOM_LUFS = 0, -50  # what is softer lies on the floor
MOST_GAIN_DB = 14.0  # at the top, and as much less at the bottom

_WIDTH, _HEIGHT = 1000, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of evenly spread values over a stretch of the drawing."""

    css_class: str  # of its path
    values: Sequence[float]  # LUFS, or dB of gain
    from_s: float
    to_s: float


def curves_svg(curves: Sequence[Curve], *, duration_s: float, target_lufs: float, marks_s: Sequence[float]) -> Markup:
    """The curves, the last on top, a line at the target, thin ones each 10 LU, and one down at each of ``marks_s``.

    It has no words in it, so that it may be stretched: labels stand around it, at ``part_of(level)`` of its height. Read
    aloud it is nothing; its figures must stand beside it.
    """
    levels = range(BOTTOM_LUFS + 10, TOP_LUFS, 10)
    inner = [_line("grid", f"M0 {_y(level)}h{_WIDTH}") for level in levels]
    inner += [_line("mark", f"M{_x(second, duration_s)} 0v{_HEIGHT}") for second in marks_s if 0 < second < duration_s]
    inner.append(_line("target", f"M0 {_y(target_lufs)}h{_WIDTH}"))
    inner += [_line(curve.css_class, _path(curve, duration_s)) for curve in curves if curve.values]
    return svg("".join(inner), width=_WIDTH, height=_HEIGHT, title="", css_class="curves", colour="", stretched=True)


def gains_svg(bands: Sequence[tuple[Curve, Curve]], *, duration_s: float, marks_s: Sequence[float]) -> Markup:
    """Bands between the lowest and the highest gain in dB, a line at none, thin ones each 6 dB; otherwise as ``curves_svg``."""
    inner = [_line("grid", f"M0 {_gain_y(level)}h{_WIDTH}") for level in (-6, 6)]
    inner += [_line("mark", f"M{_x(second, duration_s)} 0v{_HEIGHT}") for second in marks_s if 0 < second < duration_s]
    inner.append(_line("none", f"M0 {_gain_y(0)}h{_WIDTH}"))
    inner += [_band(low, high, duration_s) for low, high in bands]
    return svg("".join(inner), width=_WIDTH, height=_HEIGHT, title="", css_class="curves", colour="", stretched=True)


def _band(low: Curve, high: Curve, duration_s: float) -> str:
    there = [f"{x} {_gain_y(value)}" for x, value in _points(high, duration_s)]
    back = [f"{x} {_gain_y(value)}" for x, value in _points(low, duration_s)][::-1]
    path = "M" + "L".join([*there, *back]) + "z"
    return (
        f'<path class="band" d="{path}" fill="currentColor" fill-opacity="0.35" stroke="currentColor" '
        'vector-effect="non-scaling-stroke"/>'
    )


def part_of_gain(gain_db: float) -> float:
    """How far down a gain stands: 0 at the top, 1 at the bottom."""
    return min(1.0, max(0.0, (MOST_GAIN_DB - gain_db) / (2 * MOST_GAIN_DB)))


def part_of(level_lufs: float) -> float:
    """How far down a level stands: 0 at the top, 1 at the bottom."""
    return min(1.0, max(0.0, (TOP_LUFS - level_lufs) / (TOP_LUFS - BOTTOM_LUFS)))


def _path(curve: Curve, duration_s: float) -> str:
    return "M" + "L".join(f"{x} {_y(value)}" for x, value in _points(curve, duration_s))


def _points(curve: Curve, duration_s: float) -> list[tuple[str, float]]:
    step = (curve.to_s - curve.from_s) / max(1, len(curve.values))
    return [(_x(curve.from_s + (number + 0.5) * step, duration_s), value) for number, value in enumerate(curve.values)]


def _x(second: float, duration_s: float) -> str:
    return short(_WIDTH * min(1.0, max(0.0, second / max(duration_s, 1e-9))))


def _gain_y(gain_db: float) -> str:
    return short(_HEIGHT * part_of_gain(gain_db))


def _y(level: float) -> str:
    return short(_HEIGHT * part_of(level))


def _line(css_class: str, path: str) -> str:
    return (
        f'<path class="{css_class}" d="{path}" fill="none" stroke="currentColor" vector-effect="non-scaling-stroke"/>'
    )
