"""Briefings: what an event takes over from the one before, as approved insights and quotes."""

from collections.abc import Iterator, Sequence

from pipeline import urls
from pipeline.graphics.palettes import SCREEN_PALETTE
from pipeline.mailings.document import Document, draw_event_waveform, render_document
from pipeline.mailings.outcomes import list_topics
from pipeline.model import Programme, Release
from pipeline.typesetting import Theme

STRIP_MM = (170.0, 13.0)


def render_briefings(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> Iterator[Document]:
    """Render the briefing of each event with ``briefing_from``, if that event has approved reflections."""
    for event in programme.events:
        if not event.briefing_from:
            continue
        source = programme.find_event(event.briefing_from)
        if topics := list_topics(programme, source):
            yield render_document(
                urls.briefing(event.id),
                "briefing.html.j2",
                programme=programme,
                theme=theme,
                is_balanced=True,
                event=event,
                source=source,
                topics=topics,
                strip=draw_event_waveform(
                    source,
                    releases,
                    width_mm=STRIP_MM[0],
                    height_mm=STRIP_MM[1],
                    shares=(1, 0.55),
                    background=SCREEN_PALETTE.paper,
                ),
            )
