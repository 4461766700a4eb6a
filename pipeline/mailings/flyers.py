"""Flyers: one page of A4 per event, for the printer and for screens."""

from collections.abc import Iterator, Sequence

from pipeline import urls
from pipeline.graphics.palettes import PRINT_PALETTE, SCREEN_PALETTE
from pipeline.mailings.document import Document, draw_event_waveform, render_document
from pipeline.model import Event, Programme, Release
from pipeline.typesetting import Theme

BLEED_MM = 3.0
WAVEFORM_MM = (210.0, 52.0)
_MARGIN_MM = 1.5  # bars run off both sides
_HEADLINES = ((34, "large"), (70, "medium"))  # characters of the headline: its size; longer ones are small
_LINE_CHARACTERS = 60  # of the summary
_MAX_LINES, _MAX_DENSE_LINES = 20, 30  # of all texts below the headline


def render_flyers(programme: Programme, releases: Sequence[Release], *, theme: Theme) -> Iterator[Document]:
    """Render the flyers of each event that was not cancelled."""
    for event in programme.events:
        if event.status == "cancelled":
            continue
        for medium, palette, bleed_mm in (("print", PRINT_PALETTE, BLEED_MM), ("screen", SCREEN_PALETTE, 0.0)):
            yield render_document(
                urls.flyer(event.id, medium),
                "flyer.html.j2",
                programme=programme,
                theme=theme,
                palette=palette,
                bleed_mm=bleed_mm,
                event=event,
                address=_find_address(programme, event),
                size=_choose_size(event.theme or event.title),
                density=_choose_density(programme, event),
                waveform=draw_event_waveform(
                    event,
                    releases,
                    width_mm=WAVEFORM_MM[0] + 2 * bleed_mm,
                    height_mm=WAVEFORM_MM[1],
                    palette=palette,
                    margin_mm=_MARGIN_MM,
                ),
            )


def _find_address(programme: Programme, event: Event) -> str:
    """Find where people register, or else read more; empty for an event without a public page."""
    if event.registration and event.registration.open_url:
        return event.registration.open_url
    return urls.make_absolute(programme.url, urls.event(event.id)) if event.visibility == "public" else ""


def _choose_size(headline: str) -> str:
    return next((size for limit, size in _HEADLINES if len(headline) <= limit), "small")


def _choose_density(programme: Programme, event: Event) -> str:
    """Choose the class of the texts, so that they stay on the page: empty, ``dense`` or ``densest``."""
    lines = 1.5 * len(event.agenda) + 1.5 * len(event.guests) + len(event.summary) / _LINE_CHARACTERS
    lines += len(programme.audience) / _LINE_CHARACTERS
    return "" if lines <= _MAX_LINES else "dense" if lines <= _MAX_DENSE_LINES else "densest"
