"""Whether the facts of an event fit beside its opener: summary, date, place, people, agenda and cases."""

from collections.abc import Iterator, Sequence

from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import PAGE, THEMES, TypeStyle
from pipeline.magazine.pages import EventPart

_STYLE = TypeStyle(size=12.5, leading=18)
_WIDTH_MM = PAGE.text_width - 34.0  # beside the labels
_ROW_GAP_MM = 6.0
_TITLE_GAP_MM, _SUMMARY_GAP_MM, _EPISODE_MM, _CHAPTER_MM = 14.0, 2.0, 62.0, 5.3
_MAX_MM = PAGE.text_height - 5


def choose_facts_class(part: EventPart, title_size: int) -> str:
    """Choose the class of the list of facts: ``compact``, with smaller type, where they would run off the page.

    ``title_size`` is that of the title above them, in `THEMES`.
    """
    return "" if _estimate_page_mm(part, title_size) <= _MAX_MM else "compact"


def has_room_for_summary(part: EventPart, title_size: int) -> bool:
    """Return whether the summary of an event fits above its facts in their usual type."""
    summary_mm = copyfit.estimate_height_mm(part.event.summary, _STYLE, PAGE.text_width) + _SUMMARY_GAP_MM
    return bool(part.event.summary) and _estimate_page_mm(part, title_size) + summary_mm <= _MAX_MM


def _estimate_page_mm(part: EventPart, title_size: int) -> float:
    title_mm = copyfit.estimate_height_mm(part.event.title, THEMES[title_size], PAGE.text_width) + _TITLE_GAP_MM
    chapters = min(5, len(part.box.release.chapters)) if part.box else 0
    episode_mm = _EPISODE_MM + chapters * _CHAPTER_MM if part.box else 0.0
    return title_mm + episode_mm + sum(_estimate_row_mm(row) for row in _list_rows(part))


def _list_rows(part: EventPart) -> Iterator[Sequence[str]]:
    """List the items of each row."""
    event = part.event
    yield ["Wanneer"]
    if venue := event.venue:
        yield [f"{venue.name}, {venue.address}, {venue.city}"]
    yield [f"{one.name}, {one.role}, {one.organisation}" for one in event.guests]
    yield [f"00.00–00.00 m {', '.join((item.what, *item.people))}" for item in event.agenda]
    yield from ([case.title, case.organisation, case.summary] for case in event.cases)


def _estimate_row_mm(items: Sequence[str]) -> float:
    heights = [copyfit.estimate_height_mm(item, _STYLE, _WIDTH_MM) for item in items]
    return sum(heights) + _ROW_GAP_MM if heights else 0.0
