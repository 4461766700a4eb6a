"""Lanes of tracks as SVG that can be stretched: where a recorder ran, and where its speaker spoke."""

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.graphics.svg import format_svg_number, wrap_svg

_WIDTH, _HEIGHT = 1000, 40


def render_track_lane(
    recorded_s: Sequence[tuple[float, float]], activity: Sequence[float], *, duration_s: float
) -> Markup:
    """Render the lane of one track; screen readers skip it, so its figures must be in the page too.

    Args:
        recorded_s: Start and end of each part that was recorded, in seconds.
        activity: Share of speech in evenly spaced intervals, 0 to 1.
        duration_s: Length of the time axis.
    """
    scale = _WIDTH / max(duration_s, 1e-9)
    edges = [(format_svg_number(start * scale), format_svg_number((end - start) * scale)) for start, end in recorded_s]
    ran = "".join(f"M{left} 0h{width}v{_HEIGHT}h-{width}z" for left, width in edges)
    step = _WIDTH / max(1, len(activity))
    bars = "".join(
        f"M{format_svg_number(number * step)} {_HEIGHT}v-{format_svg_number(share * _HEIGHT)}"
        f"h{format_svg_number(step)}v{format_svg_number(share * _HEIGHT)}z"
        for number, share in enumerate(activity)
        if share > 0
    )
    paths = f'<path class="ran" d="{ran}" fill="currentColor"/><path class="talk" d="{bars}" fill="currentColor"/>'
    return wrap_svg(paths, width=_WIDTH, height=_HEIGHT, title="", css_class="lane", colour="", stretched=True)
