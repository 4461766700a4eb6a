"""Table cards: A5, two on a sheet of A4. Each has a case, its question, and where the table hands in its note."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline import urls
from pipeline.graphics.palettes import SCREEN_PALETTE
from pipeline.mailings.document import Document, draw_event_waveform, render_document
from pipeline.model import Event, Programme
from pipeline.typesetting import Theme

_MAX_LARGE = 190  # characters of a card whose first question is set in large type


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCard:
    """What one card shows; ``address`` is that of the page with more."""

    title: str
    organisation: str
    summary: str
    questions: tuple[str, ...]
    address: str  # empty: it has no public page

    @property
    def has_room(self) -> bool:
        """Whether its first question can be large."""
        return len(self.organisation + self.summary) / 2 + len("".join(self.questions)) <= _MAX_LARGE


def render_cards(programme: Programme, *, theme: Theme) -> Iterator[Document]:
    """Render the cards of each event with cases, or with a question of its own."""
    for event in programme.events:
        cards = list(_list_cards(programme, event))
        if len(cards) % 2:
            cards.append(cards[-1])  # no half of a sheet is empty
        if cards:
            yield render_document(
                urls.table_cards(event.id),
                "cards.html.j2",
                programme=programme,
                theme=theme,
                event=event,
                dots=draw_event_waveform(  # it has no sound yet
                    event, width_mm=210, height_mm=1.3, shares=(0.6, 0.6), background=SCREEN_PALETTE.white
                ),
                sheets=[cards[at : at + 2] for at in range(0, len(cards), 2)],
            )


def _list_cards(programme: Programme, event: Event) -> Iterator[TableCard]:
    is_public = event.visibility == "public"
    for case in event.cases:
        yield TableCard(
            title=case.title,
            organisation=case.organisation,
            summary=case.summary,
            questions=case.questions or ((event.theme,) if event.theme else ()),
            address=urls.make_absolute(programme.url, urls.case(event.id, case.slug)) if is_public else "",
        )
    if not event.cases and event.theme:
        address = urls.make_absolute(programme.url, urls.event(event.id)) if is_public else ""
        yield TableCard(title=event.title, organisation="", summary="", questions=(event.theme,), address=address)
