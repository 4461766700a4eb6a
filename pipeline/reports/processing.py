"""Renders processing reports: the recording, the applied stages, the encoded files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import PurePosixPath
from typing import Any

from pipeline import urls
from pipeline.graphics.charts import (
    Curve,
    compute_gain_position,
    compute_level_position,
    render_gain_chart,
    render_loudness_chart,
)
from pipeline.graphics.waveform_svg import draw_waveform_svg
from pipeline.model import (
    Chapter,
    Defect,
    Excerpt,
    Output,
    ProcessingReport,
    SoundTarget,
    Take,
    Teaser,
    Timeline,
    TimelinePart,
    Waveform,
    to_display_json,
)
from pipeline.reports.tracks import build_take_data, build_track_rows
from pipeline.typesetting import Theme, read_asset, render_template

_WAVEFORM_WIDTH, _WAVEFORM_HEIGHT = 960, 160
_LEVEL_LABELS = (-10, -20, -30, -40)  # LUFS
_GAIN_LABELS = (6, 0, -6)  # dB
_SCALE_LU = 1.0  # at the ends of the scale next to a file's loudness


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """An encoded file, and what was measured on its decoded audio."""

    file: str  # its name
    format: str
    duration_s: float
    integrated_lufs: float
    true_peak_dbtp: float
    bitrate_kbps: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """All that a report needs; chapters and teasers are at their times in the encoded file."""

    title: str
    programme: str = ""  # its title; empty: there is none
    slug: str = ""  # of the episode; empty: there is none
    number: int = 0
    target: SoundTarget
    files: tuple[ReportFile, ...]
    duration_s: float
    waveform: Waveform
    timeline: Timeline = field(default_factory=Timeline)
    processing: ProcessingReport | None = None
    defects: tuple[Defect, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    teasers: tuple[Teaser, ...] = ()
    take: Take | None = None  # of several tracks
    excerpts: tuple[Excerpt, ...] = ()  # places to compare recording and master at

    @property
    def chapters_s(self) -> list[float]:
        """Start times of the chapters."""
        return [chapter.start_ms / 1000 for chapter in self.chapters]


def render_reports(reports: Sequence[ReportInput], *, theme: Theme) -> tuple[Output, ...]:
    """Render a page and a JSON file for each episode."""
    outputs = []
    for report in reports:
        text = json.dumps(build_report_data(report), ensure_ascii=False, indent=1) + "\n"
        page = render_report_page(report, theme=theme)
        outputs += [
            Output(path=f"press/{urls.report(report.slug)}", content=page.encode()),
            Output(path=f"press/{urls.report_data(report.slug)}", content=text.encode()),
        ]
    return tuple(outputs)


def render_report_page(report: ReportInput, *, theme: Theme) -> str:
    """Render the report as one self-contained HTML page."""
    waveform = draw_waveform_svg(
        report.waveform,
        width=_WAVEFORM_WIDTH,
        height=_WAVEFORM_HEIGHT,
        chapters_s=report.chapters_s,
        duration_s=report.duration_s,
    )
    return render_template(
        "report.html.j2",
        theme=theme,
        report=report,
        language=theme.language,
        waveform=waveform,
        loudness_chart=_render_loudness_chart(report),
        levels=[(level, 100 * compute_level_position(level)) for level in _LEVEL_LABELS],
        gain_chart=_render_gain_chart(report),
        gain_levels=[(gain, 100 * compute_gain_position(gain)) for gain in _GAIN_LABELS],
        talk=_build_talk_rows(report),
        teasers=_build_teasers(report),
        take=report.take,
        tracks=build_track_rows(report.take),
        files=[_compare_file(file, report.target) for file in report.files],
        excerpt_files=_list_excerpt_files(report),
        style=read_asset("report.css", theme=theme).decode(),
        script=read_asset("compare.js", theme=theme).decode(),
    )


def build_report_data(report: ReportInput) -> dict[str, Any]:
    """Build the report as JSON values; ``null``: silence, or unknown."""
    target, processing = report.target, report.processing
    return {
        "episode": report.slug,
        "title": report.title,
        "target": {
            "integrated_lufs": target.loudness_lufs,
            "true_peak_dbtp": target.true_peak_dbtp,
            "channels": target.channels,
        },
        "files": [_compare_file(file, target) for file in report.files],
        "processing": None if processing is None else to_display_json(processing),
        "take": build_take_data(report.take),
        "defects": [to_display_json(defect) for defect in report.defects],
        "teasers": _build_teasers(report),
        "jingles": _build_jingles(report.timeline),
        "excerpts": [{**asdict(one), "files": _list_excerpt_files(report)} for one in report.excerpts],
        "chapters": [{"start_s": chapter.start_ms / 1000, "title": chapter.title} for chapter in report.chapters],
    }


def _compare_file(file: ReportFile, target: SoundTarget) -> dict[str, Any]:
    """Compare a file with the target."""
    off_lu = file.integrated_lufs - target.loudness_lufs
    return {
        **asdict(file),
        "off_lu": round(off_lu, 2),
        "scale": round(50 + 50 * min(1.0, max(-1.0, off_lu / _SCALE_LU)), 1),  # percent: 50 is the target
        "met": abs(off_lu) <= 0.15 and file.true_peak_dbtp <= target.true_peak_dbtp + 0.05,  # rounded to one decimal
    }


def _build_teasers(report: ReportInput) -> list[dict[str, Any]]:
    return [
        {
            "from_s": teaser.from_ms / 1000,
            "to_s": teaser.to_ms / 1000,
            "title": teaser.title,
            "file": urls.teaser(report.slug, number),
        }
        for number, teaser in enumerate(report.teasers, start=1)
    ]


def _list_excerpt_files(report: ReportInput) -> dict[str, str]:
    """List the files of excerpts by side, next to the report."""
    return {side: PurePosixPath(urls.excerpts(report.slug, side)).name for side in ("recording", "master")}


def _build_jingles(timeline: Timeline) -> list[dict[str, float]]:
    spans = [(timeline.map_end_ms(jingle.at_ms), jingle.length_ms) for jingle in timeline.timed_jingles]
    return [{"from_s": from_ms / 1000, "to_s": (from_ms + length_ms) / 1000} for from_ms, length_ms in spans]


def _build_talk_rows(report: ReportInput) -> list[dict[str, Any]]:
    """Build a row per level, loudest first: its talk time, and that in percent of the longest."""
    rows = report.processing.talk[::-1] if report.processing else ()
    longest = max((time for row in rows for time in (row.before_s, row.after_s)), default=0) or 1
    return [
        {
            **asdict(row),
            "before": round(100 * row.before_s / longest, 1),
            "after": round(100 * row.after_s / longest, 1),
        }
        for row in rows
    ]


# Charts


def _render_loudness_chart(report: ReportInput) -> str:
    processing = report.processing
    if processing is None or not processing.after_lufs:
        return ""
    before = _build_talk_curves("before", processing.before_lufs, report)
    after = Curve(css_class="after", values=processing.after_lufs, from_s=0.0, to_s=report.duration_s)
    return render_loudness_chart(
        (*before, after),
        duration_s=report.duration_s,
        target_lufs=report.target.loudness_lufs,
        marks_s=report.chapters_s,
    )


def _render_gain_chart(report: ReportInput) -> str:
    processing = report.processing
    if processing is None or not processing.gains_low_db:
        return ""
    low = _build_talk_curves("band", processing.gains_low_db, report)
    high = _build_talk_curves("band", processing.gains_high_db, report)
    bands = list(zip(low, high, strict=True))
    return render_gain_chart(bands, duration_s=report.duration_s, marks_s=report.chapters_s)


def _build_talk_curves(css_class: str, values: Sequence[float], report: ReportInput) -> list[Curve]:
    """Build a curve of evenly spaced values for each part of the talk; none during jingles."""
    recording_ms = round(report.processing.duration_s * 1000) if report.processing else 0
    parts = report.timeline.split_at_jingles(recording_ms)
    step_ms = parts[-1].to_ms / max(1, len(values)) or 1.0
    curves = (_build_part_curve(part, values, step_ms, css_class) for part in parts)
    return [curve for curve in curves if curve.values]


def _build_part_curve(part: TimelinePart, values: Sequence[float], step_ms: float, css_class: str) -> Curve:
    """Build the curve of the values within a part; each is in the middle of its own ``step_ms``."""
    first, last = (ceil(at_ms / step_ms - 0.5) for at_ms in (part.from_ms, part.to_ms))
    from_ms, to_ms = (part.enclosure_ms - part.from_ms + number * step_ms for number in (first, last))
    return Curve(css_class=css_class, values=values[first:last], from_s=from_ms / 1000, to_s=to_ms / 1000)
