"""Summaries for participants: what an event brought, by topic and by role, and what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipeline import urls
from pipeline.mailings.document import Document, draw_event_waveform, render_document, render_page
from pipeline.mailings.outcomes import MIN_PEOPLE, hide_small_roles, list_topics, summarise_roles
from pipeline.model import Event, Output, Programme, Release
from pipeline.typesetting import Theme

BAND_MM = (210.0, 30.0)


def render_summaries(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> Iterator[Document | Output]:
    """Render the summary of each event with approved reflections: for PDF, as a page, and as text."""
    for event in programme.events:
        values = _collect_values(programme, event)
        if not values["topics"]:
            continue
        band = draw_event_waveform(event, releases, width_mm=BAND_MM[0], height_mm=BAND_MM[1], margin_mm=1.5)
        path = urls.summary(event.id, "pdf")
        yield render_document(
            path, "summary.html.j2", programme=programme, theme=theme, is_balanced=True, band=band, **values
        )
        for format_ in ("html", "txt"):
            template = "summary_page.html.j2" if format_ == "html" else "summary.txt.j2"
            yield render_page(urls.summary(event.id, format_), template, programme=programme, theme=theme, **values)


def find_next_event(programme: Programme, event: Event) -> Event | None:
    """Find the first public event after an event, unless it is cancelled."""
    later = (
        one
        for one in programme.events
        if one.starts >= event.ends and one.status != "cancelled" and one.visibility == "public"
    )
    return min(later, key=lambda one: one.starts, default=None)


def _collect_values(programme: Programme, event: Event) -> dict[str, Any]:
    reflections = programme.find_reflections(event.id)
    roles = summarise_roles(reflections)
    topics = tuple(
        replace(topic, quotes=tuple(hide_small_roles(topic.quotes, roles))) for topic in list_topics(programme, event)
    )
    return {
        "event": event,
        "topics": topics,
        "roles": tuple(replace(role, quotes=tuple(hide_small_roles(role.quotes, roles))) for role in roles),
        "groups": len(reflections),
        "min_people": MIN_PEOPLE,
        "next_event": find_next_event(programme, event),
    }
