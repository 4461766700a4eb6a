"""What goes out beside the site: for the producer, the printer and the mail tool. So far: a report per episode."""

import json
from collections.abc import Sequence
from typing import Any

from pipeline import urls
from pipeline.drawing import trace_svg
from pipeline.drawing.curves import Curve, curves_svg, part_of
from pipeline.model import Output, Programme, Release, to_plain
from pipeline.typeset import Theme, asset, render

_TRACE_WIDTH, _TRACE_HEIGHT = 960, 160
_LEVELS = (-10, -20, -30, -40)  # LUFS: those that are named beside the curves


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
        target_down=100 * part_of(programme.sound.loudness_lufs),
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
        "treatment": None if treatment is None else to_plain(treatment),
        "defects": [to_plain(defect) for defect in release.defects],
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
        "met": abs(off_lu) <= 0.15 and file.true_peak_dbtp <= sound.true_peak_dbtp + 0.05,  # as one decimal tells it
    }


def _curves(programme: Programme, release: Release, chapters_s: Sequence[float]) -> str:
    treatment = release.treatment
    if treatment is None or not treatment.after_lufs:
        return ""
    end_s = release.heard_ms(round(treatment.duration_s * 1000)) / 1000
    begin_s = release.offset_ms / 1000
    before = Curve(css_class="before", values=treatment.before_lufs, from_s=begin_s, to_s=end_s)
    after = Curve(css_class="after", values=treatment.after_lufs, from_s=0.0, to_s=release.duration_s)
    return curves_svg(
        (before, after),
        duration_s=release.duration_s,
        target_lufs=programme.sound.loudness_lufs,
        marks_s=chapters_s,
    )
