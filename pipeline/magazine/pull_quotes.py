"""Selection and arrangement of quotes: in reflections, on full pages, on pages of quotes."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.graphics.palette import wrap_colour_number
from pipeline.magazine import copyfit
from pipeline.magazine.page_geometry import FULL_PAGE_QUOTE_WIDTH_MM, PAGE, QUOTE_WIDTHS_MM, QUOTES
from pipeline.magazine.pages import PullQuote
from pipeline.model import Event, Programme, Reflection

_TITLE_MM = 27.0  # above the first page of quotes
_SOURCE_MM = 8.0
_MIN_SPACE_MM = 9.0
_FULL_PAGE_MM = 125.0  # above the waveform
_MIN_ON_PAGES = 3  # quotes; fewer stand with their groups


class QuotePool:
    """The approved quotes that no reflection shows; each is used once.

    Without pages of quotes there are none: each quote stands with its group. So it does if there would be very few.
    """

    def __init__(self, programme: Programme, *, has_pages: bool) -> None:
        unused = {event.id: _list_quotes(programme, event, first=1) for event in programme.events}
        self.has_pages = has_pages and sum(map(len, unused.values())) >= _MIN_ON_PAGES
        self._unused = unused if self.has_pages else {}

    def add(self, quote: PullQuote, event: str) -> None:
        """Add a quote of an event that its reflection has no room for."""
        self._unused[event].append(quote)

    def reserve_filler(self, event: str, anchor: str) -> PullQuote | None:
        """Reserve the shortest unused quote of an event for a full page, which is printed only if a page is missing.

        Otherwise the pages of quotes show it. These keep some quotes in any case.
        """
        available = [quote for quote in self._unused.get(event, []) if not quote.filler]
        if not available or sum(not quote.filler for quote in self.list_unused()) <= _MIN_ON_PAGES:
            return None
        quote = min(available, key=lambda one: len(one.quote.text))
        unused = self._unused[event]
        reserved = replace(quote, filler=anchor)
        unused[next(index for index, one in enumerate(unused) if one is quote)] = reserved
        return replace(reserved, size=_choose_full_page_size(quote))

    def list_unused(self) -> list[PullQuote]:
        """List all unused quotes, by event."""
        return [quote for quotes in self._unused.values() for quote in quotes]


def get_colour_number(event: Event | None) -> int:
    """Return the colour number of an event, from 1; 0 without an event."""
    return wrap_colour_number(event.number) if event else 0


def list_pull_quotes(reflection: Reflection, colour: int) -> list[PullQuote]:
    """List the quotes of a reflection; the first is shown in the reflection itself."""
    return [PullQuote(quote=one, group=reflection.group, colour=colour) for one in reflection.quotes]


def estimate_quote_mm(quote: PullQuote, *, width_mm: float = PAGE.text_width) -> float:
    """Estimate the height of a quote with its source and the space around it."""
    text = copyfit.estimate_height_mm(f"“{quote.quote.text}”", QUOTES[quote.size], width_mm)
    return text + _SOURCE_MM + 2 * quote.space_mm


def keeps_words_whole(quote: PullQuote, *, width_mm: float = PAGE.text_width) -> bool:
    """Return whether no word of a quote is hyphenated at its size."""
    return copyfit.keeps_words_whole(f"“{quote.quote.text}”", QUOTES[quote.size], width_mm)


def arrange_quote_pages(quotes: Sequence[PullQuote]) -> tuple[tuple[PullQuote, ...], ...]:
    """Arrange quotes on pages in three sizes: the shortest of a page in the largest type."""
    if not quotes:
        return ()
    heights = [_estimate_sized_mm(quote, 2) for quote in quotes]
    page_height = PAGE.text_height - _TITLE_MM
    pages = copyfit.distribute_over_pages(quotes, heights, gap=_MIN_SPACE_MM, page_height=page_height)
    available = [PAGE.text_height - 3 - (0 if number else _TITLE_MM) for number in range(len(pages))]
    return tuple(_arrange_page(page, height) for page, height in zip(pages, available, strict=True))


def _list_quotes(programme: Programme, event: Event, *, first: int) -> list[PullQuote]:
    reflections = programme.find_reflections(event.id)
    return [quote for one in reflections for quote in list_pull_quotes(one, get_colour_number(event))[first:]]


def _arrange_page(page: Sequence[PullQuote], height_mm: float) -> tuple[PullQuote, ...]:
    """Choose the largest three sizes that fit, and share the remaining space among the quotes."""
    for largest in (0, 1):
        sized = _assign_sizes(page, largest)
        remaining = height_mm - sum(_estimate_sized_mm(quote, quote.size) for quote in sized)
        if remaining >= _MIN_SPACE_MM * (len(page) - 1):
            break
    space = max(6.0, min(26.0, remaining / max(1, len(page) - 1)))
    return tuple(
        replace(quote, space_mm=space if number < len(sized) - 1 else 0.0) for number, quote in enumerate(sized)
    )


def _assign_sizes(page: Sequence[PullQuote], largest: int) -> tuple[PullQuote, ...]:
    order = sorted(range(len(page)), key=lambda index: (len(page[index].quote.text), index))
    third = -(-len(page) // 3)
    sizes = {index: largest + min(2, rank // third) for rank, index in enumerate(order)}
    return tuple(_avoid_hyphens(quote, sizes[index]) for index, quote in enumerate(page))


def _avoid_hyphens(quote: PullQuote, largest: int) -> PullQuote:
    """Set a quote in the largest size that hyphenates no word of it, from ``largest`` down."""
    sized = [replace(quote, size=size) for size in range(largest, len(QUOTES))]
    return next((one for one in sized if keeps_words_whole(one, width_mm=QUOTE_WIDTHS_MM[one.size])), sized[0])


def _choose_full_page_size(quote: PullQuote) -> int:
    width_mm = FULL_PAGE_QUOTE_WIDTH_MM
    return next(
        (
            size
            for size in range(3)
            if _estimate_sized_mm(quote, size, width_mm) <= _FULL_PAGE_MM
            and keeps_words_whole(replace(quote, size=size), width_mm=width_mm)
        ),
        3,
    )


def _estimate_sized_mm(quote: PullQuote, size: int, width_mm: float = 0.0) -> float:
    sized = replace(quote, size=size, space_mm=0.0)
    return estimate_quote_mm(sized, width_mm=width_mm or QUOTE_WIDTHS_MM[size])
