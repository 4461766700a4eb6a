"""Shares out what was said: which quote is pulled out of its reflection, which fills a page, which stand among the quotes."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.graphics import INKS
from pipeline.magazine import copyfit
from pipeline.magazine.copyfit import PAGE_MM, VOICES
from pipeline.magazine.pages import Voice
from pipeline.model import Event, Programme, Reflection

_HEAD_MM = 27.0  # the title over the first page of quotes
_SOURCE_MM = 8.0
_LEAST_GAP_MM = 9.0
_QUOTE_WIDTHS = (155.0, 150.0, 135.0, 112.0)  # of each size on its ragged column; see .quotes in magazine.css


class Pool:
    """The cleared quotes that no reflection shows yet; each is handed out once."""

    def __init__(self, programme: Programme) -> None:
        self._all = [voice for event in programme.events for voice in _said_at(programme, event, first=0)]
        self._left = {event.id: _said_at(programme, event, first=1) for event in programme.events}

    def take(self, event: str) -> Voice | None:
        """The shortest that is left of an event, for a page of its own."""
        left = self._left.get(event, [])
        if not left:
            return None
        voice = min(left, key=lambda one: len(one.quote.text))
        left.remove(voice)
        return replace(voice, size=alone_size(voice))

    def rest(self) -> list[Voice]:
        """All that is left; everything that was cleared, when that is too little for a page."""
        left = [voice for voices in self._left.values() for voice in voices]
        return left if len(left) >= 4 else self._all


def ink_number(event: Event | None) -> int:
    """Which of the inks an event is printed in, from 1; 0 for none."""
    return (event.number - 1) % len(INKS) + 1 if event else 0


def pulled(reflection: Reflection, ink: int) -> Voice | None:
    """The quote that is set wide in the reflection itself: its first."""
    return next((Voice(quote=quote, group=reflection.group, ink=ink) for quote in reflection.quotes), None)


def voice_mm(voice: Voice, *, width_mm: float = copyfit.WIDE_MM) -> float:
    """How high a quote stands with its source and the air around it."""
    text = copyfit.height_mm(f"“{voice.quote.text}”", VOICES[voice.size], width_mm)
    return text + _SOURCE_MM + 2 * voice.air_mm


def alone_size(voice: Voice) -> int:
    """How large a quote may be on a page of its own, above the trace."""
    return next((size for size in range(3) if _alone_mm(voice, size) <= 125), 3)


def quote_pages(voices: Sequence[Voice]) -> tuple[tuple[Voice, ...], ...]:
    """Quotes over pages in three sizes: the shortest of each page speaks loudest, the longest softest."""
    if not voices:
        return ()
    pages = copyfit.shared_out(
        voices, [_ragged_mm(voice, 2) for voice in voices], gap=_LEAST_GAP_MM, room=PAGE_MM - _HEAD_MM
    )
    return tuple(_set_page(page, PAGE_MM - 3 - (_HEAD_MM if not number else 0)) for number, page in enumerate(pages))


def _said_at(programme: Programme, event: Event, *, first: int) -> list[Voice]:
    return [
        Voice(quote=quote, group=one.group, ink=ink_number(event))
        for one in programme.reflections_of(event.id)
        for quote in one.quotes[first:]
    ]


def _set_page(page: Sequence[Voice], room: float) -> tuple[Voice, ...]:
    """The loudest three sizes that fit, and the room that is left shared among the quotes."""
    for loudest in (0, 1):
        sized = _loud_and_soft(page, loudest)
        left = room - sum(_ragged_mm(voice, voice.size) for voice in sized)
        if left >= _LEAST_GAP_MM * (len(page) - 1):
            break
    gap = max(6.0, min(26.0, left / max(1, len(page) - 1)))
    return tuple(replace(voice, air_mm=gap if number < len(sized) - 1 else 0.0) for number, voice in enumerate(sized))


def _loud_and_soft(page: Sequence[Voice], loudest: int) -> tuple[Voice, ...]:
    order = sorted(range(len(page)), key=lambda index: (len(page[index].quote.text), index))
    third = -(-len(page) // 3)
    sizes = {index: loudest + min(2, rank // third) for rank, index in enumerate(order)}
    return tuple(replace(voice, size=sizes[index]) for index, voice in enumerate(page))


def _ragged_mm(voice: Voice, size: int) -> float:
    return voice_mm(replace(voice, size=size, air_mm=0.0), width_mm=_QUOTE_WIDTHS[size])


def _alone_mm(voice: Voice, size: int) -> float:
    return voice_mm(replace(voice, size=size, air_mm=0.0), width_mm=168.0)
