"""What goes out beside the site: for the producer, the printer and the mail tool. So far: a report per episode."""

from collections.abc import Sequence

from pipeline import urls
from pipeline.drawing import trace_svg
from pipeline.model import Output, Programme, Release
from pipeline.typeset import Theme, asset, render

_TRACE_WIDTH, _TRACE_HEIGHT = 960, 160


def render_reports(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> tuple[Output, ...]:
    """What came out of the recorder, what was done to it, and what each delivered file measures when it is decoded."""
    return tuple(_report(programme, release, theme) for release in releases)


def _report(programme: Programme, release: Release, theme: Theme) -> Output:
    trace = trace_svg(
        release.trace,
        width=_TRACE_WIDTH,
        height=_TRACE_HEIGHT,
        chapters_s=[chapter.start_ms / 1000 for chapter in release.chapters],
        duration_s=release.duration_s,
    )
    page_html = render(
        "report.html.j2",
        theme=theme,
        programme=programme,
        release=release,
        trace=trace,
        style=asset("report.css", theme=theme).decode(),
    )
    return Output(path=f"press/{urls.report(release.episode.slug)}", content=page_html.encode())
