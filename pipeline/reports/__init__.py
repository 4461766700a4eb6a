"""What goes out beside the site: for the producer, the printer and the mail tool. So far: a report per episode."""

import json
from collections.abc import Sequence
from math import ceil
from typing import Any

from pipeline import urls
from pipeline.graphics import trace_svg
from pipeline.graphics.charts import Curve, curves_svg, gains_svg, part_of, part_of_gain
from pipeline.model import Output, Part, Programme, Release, Treatment, to_told
from pipeline.typesetting import Theme, asset, render

_TRACE_WIDTH, _TRACE_HEIGHT = 960, 160
_LEVELS = (-10, -20, -30, -40)  # LUFS: those that are named beside the curves
_GAINS = (6, 0, -6)  # dB: likewise
_OFF_LU = 1.0  # at the ends of the scale beside a file's loudness


def render_reports(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> tuple[Output, ...]:
    """What came out of the recorder, what was done to it, and what each delivered file measures when it is decoded.

    A page for people and the same in JSON for tools, for each episode.
    """
    outputs = []
    for release in releases:
        slug = release.episode.slug
        page, data = report_page(programme, release, theme=theme), report_data(programme, release)
        text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        outputs += [
            Output(path=f"press/{urls.report(slug)}", content=page.encode()),
            Output(path=f"press/{urls.report_data(slug)}", content=text.encode()),
        ]
    return tuple(outputs)


def report_page(programme: Programme, release: Release, *, theme: Theme) -> str:
    """The report as one page of HTML that needs nothing beside it."""
    chapters_s = [chapter.start_ms / 1000 for chapter in release.chapters]
    trace = trace_svg(
        release.trace,
        width=_TRACE_WIDTH,
        height=_TRACE_HEIGHT,
        chapters_s=chapters_s,
        duration_s=release.duration_s,
    )
    return render(
        "report.html.j2",
        theme=theme,
        programme=programme,
        release=release,
        trace=trace,
        curves=_curves(programme, release, chapters_s),
        levels=[(level, 100 * part_of(level)) for level in _LEVELS],
        gains=_gains(release, chapters_s),
        gain_levels=[(gain, 100 * part_of_gain(gain)) for gain in _GAINS],
        talk=_talk(release),
        teasers=_teasers(release),
        files=[_file(programme, release, number) for number in range(len(release.enclosures))],
        style=asset("report.css", theme=theme).decode(),
    )


def report_data(programme: Programme, release: Release) -> dict[str, Any]:
    """The report as plain values; ``null``: silence, or not known."""
    sound, treatment = programme.sound, release.treatment
    return {
        "episode": release.episode.slug,
        "title": release.episode.title,
        "asked": {
            "integrated_lufs": sound.loudness_lufs,
            "true_peak_dbtp": sound.true_peak_dbtp,
            "channels": sound.channels,
        },
        "files": [_file(programme, release, number) for number in range(len(release.enclosures))],
        "treatment": None if treatment is None else to_told(treatment),
        "defects": [to_told(defect) for defect in release.defects],
        "teasers": _teasers(release),
        "jingles": _jingles(release),
        "chapters": [{"start_s": chapter.start_ms / 1000, "title": chapter.title} for chapter in release.chapters],
    }


def _file(programme: Programme, release: Release, number: int) -> dict[str, Any]:
    """A delivered file: what it measures, how far that is from what was asked, and whether that is near enough."""
    file, sound = release.enclosures[number], programme.sound
    off_lu = file.integrated_lufs - sound.loudness_lufs
    return {
        "file": file.path.rpartition("/")[2],
        "format": file.format,
        "duration_s": file.duration_s,
        "integrated_lufs": file.integrated_lufs,
        "true_peak_dbtp": file.true_peak_dbtp,
        "bitrate_kbps": file.bitrate_kbps,
        "size_bytes": file.size_bytes,
        "off_lu": round(off_lu, 2),
        "scale": round(50 + 50 * min(1.0, max(-1.0, off_lu / _OFF_LU)), 1),  # of a hundred: 50 is the target
        "met": abs(off_lu) <= 0.15 and file.true_peak_dbtp <= sound.true_peak_dbtp + 0.05,  # as one decimal tells it
    }


def _teasers(release: Release) -> list[dict[str, Any]]:
    return [
        {"from_s": one.from_ms / 1000, "to_s": one.to_ms / 1000, "title": one.title, "file": urls.teaser(slug, number)}
        for slug in (release.episode.slug,)
        for number, one in enumerate(release.teasers, start=1)
    ]


def _jingles(release: Release) -> list[dict[str, float]]:
    heard = [(release.clock.ended_ms(one.at_ms), one.length_ms) for one in release.interludes]
    return [{"from_s": from_ms / 1000, "to_s": (from_ms + length_ms) / 1000} for from_ms, length_ms in heard]


def _talk(release: Release) -> list[dict[str, Any]]:
    """A row for each class of level, loudest first, with its time and its part of the longest in a hundred."""
    rows = release.treatment.talk[::-1] if release.treatment else ()
    most = max((time for row in rows for time in (row.before_s, row.after_s)), default=0) or 1
    return [
        {
            "from_lufs": row.from_lufs,
            "before_s": row.before_s,
            "after_s": row.after_s,
            "before": round(100 * row.before_s / most, 1),
            "after": round(100 * row.after_s / most, 1),
        }
        for row in rows
    ]


def _gains(release: Release, chapters_s: Sequence[float]) -> str:
    treatment = release.treatment
    if treatment is None or not treatment.gains_low_db:
        return ""
    low, high = (
        _over_the_talk("band", values, release, treatment)
        for values in (treatment.gains_low_db, treatment.gains_high_db)
    )
    return gains_svg(list(zip(low, high, strict=True)), duration_s=release.duration_s, marks_s=chapters_s)


def _over_the_talk(css_class: str, values: Sequence[float], release: Release, treatment: Treatment) -> list[Curve]:
    """A curve for each part of the talk, of values that are evenly spread over all of it: while music is heard, there is none."""
    parts = release.clock.parts_ms(round(treatment.duration_s * 1000))
    step_ms = parts[-1].to_ms / max(1, len(values)) or 1.0
    curves = (_curve_over(part, values, step_ms, css_class) for part in parts)
    return [curve for curve in curves if curve.values]


def _curve_over(part: Part, values: Sequence[float], step_ms: float, css_class: str) -> Curve:
    """The values that stand within a part, each in the middle of its own ``step_ms``."""
    first, last = (ceil(at_ms / step_ms - 0.5) for at_ms in (part.from_ms, part.to_ms))
    from_ms, to_ms = (part.heard_ms - part.from_ms + place * step_ms for place in (first, last))
    return Curve(css_class=css_class, values=values[first:last], from_s=from_ms / 1000, to_s=to_ms / 1000)


def _curves(programme: Programme, release: Release, chapters_s: Sequence[float]) -> str:
    treatment = release.treatment
    if treatment is None or not treatment.after_lufs:
        return ""
    before = _over_the_talk("before", treatment.before_lufs, release, treatment)
    after = Curve(css_class="after", values=treatment.after_lufs, from_s=0.0, to_s=release.duration_s)
    return curves_svg(
        (*before, after),
        duration_s=release.duration_s,
        target_lufs=programme.sound.loudness_lufs,
        marks_s=chapters_s,
    )
