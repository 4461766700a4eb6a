"""Fills the processing report of a release."""

from pipeline.audio.tasks import EncodeResult
from pipeline.builder.excerpt_plan import ExcerptSet
from pipeline.model import Enclosure, Programme, Release
from pipeline.reports import ReportFile, ReportInput


def build_report_file(encoded: Enclosure | EncodeResult, *, name: str, size_bytes: int) -> ReportFile:
    """Collect what a processing report shows of an encoded file."""
    return ReportFile(
        file=name,
        format=encoded.format,
        duration_s=encoded.duration_s,
        integrated_lufs=encoded.integrated_lufs,
        true_peak_dbtp=encoded.true_peak_dbtp,
        bitrate_kbps=encoded.bitrate_kbps,
        size_bytes=size_bytes,
    )


def build_report_input(programme: Programme, release: Release, excerpts: ExcerptSet | None = None) -> ReportInput:
    """Collect what the processing report of a release needs."""
    files = [
        build_report_file(enclosure, name=enclosure.path.rpartition("/")[2], size_bytes=enclosure.size_bytes)
        for enclosure in release.enclosures
    ]
    return ReportInput(
        title=release.episode.title,
        programme=programme.title,
        slug=release.episode.slug,
        number=release.episode.number,
        target=programme.sound,
        files=tuple(files),
        duration_s=release.duration_s,
        waveform=release.waveform,
        timeline=release.timeline,
        processing=release.processing,
        defects=release.defects,
        chapters=release.chapters,
        teasers=release.teasers,
        take=release.take,
        excerpts=excerpts.places.get(release.episode.slug, ()) if excerpts else (),
    )
