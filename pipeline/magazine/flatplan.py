"""The flatplan becomes parts in the order of reading, so that each opening spread begins on a left page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.magazine import copyfit
from pipeline.magazine.copyfit import PAGE_MM, WIDE_MM, Scale
from pipeline.magazine.index import places_of
from pipeline.magazine.pages import ContentsPart, EventPart, Listed, Part, PlainPart, QuotesPart, StoryPart, VoicePart
from pipeline.magazine.pull_quotes import Pool, ink_number, quote_pages
from pipeline.magazine.reflection_pages import Releases, box_of, page_count, sheets_of
from pipeline.magazine.story_pages import story_pages, story_part
from pipeline.magazine.waveform_art import Strip
from pipeline.model import Article, Event, Magazine, Programme, Release

_LISTED = ("event", "story", "quotes", "index", "colophon")


def parts_of(programme: Programme, magazine: Magazine, releases: Releases, scale: Scale) -> tuple[Part, ...]:
    """All parts of the magazine; where an event would open on a right page, a quote of its own fills that page first."""
    return _parts(programme, magazine, tuple(releases.values()), scale)


@lru_cache(maxsize=4)  # screen, EPUB and web edition share theirs
def _parts(programme: Programme, magazine: Magazine, heard: tuple[Release, ...], scale: Scale) -> tuple[Part, ...]:
    releases = {release.episode.slug: release for release in heard}
    pool = Pool(programme)
    places = places_of(programme, magazine)
    events = {
        article.ref: _event_part(programme, releases, programme.event(article.ref), pool, scale, places)
        for article in magazine.flatplan
        if article.kind == "event"
    }
    parts = [
        _part(programme, article, number, events, scale, places) for number, article in enumerate(magazine.flatplan)
    ]
    parts = [_with_contents(part, parts, scale) for part in parts]
    return tuple(_with_quotes(part, pool) for part in _paired(parts, pool, scale) if not _empty(part, pool))


def strip_of(event: Event, releases: Releases, programme: Programme) -> Strip:
    """The trace of an event, or the silence of one that has no sound yet."""
    ink = ink_number(event)
    release = release_of(event, releases, programme)
    if release is None:
        return Strip(ink=ink)
    return Strip(
        ink=ink,
        trace=release.trace,
        chapters_s=tuple(chapter.start_ms / 1000 for chapter in release.chapters),
        duration_s=release.duration_s,
    )


def release_of(event: Event, releases: Releases, programme: Programme) -> Release | None:
    """What can be heard of an event: the first of its episodes whose sound exists."""
    episodes = (episode for episode in programme.episodes if episode.event == event.id)
    return next((releases[episode.slug] for episode in episodes if episode.slug in releases), None)


def _part(
    programme: Programme,
    article: Article,
    number: int,
    events: dict[str, EventPart],
    scale: Scale,
    places: Mapping[str, str],
) -> Part:
    anchor = f"{article.kind}-{number + 1}"
    match article.kind:
        case "event":
            return events[article.ref]
        case "article":
            return story_part(programme, article.ref, scale, places)
        case "contents":
            return ContentsPart(anchor=anchor, pages=(), strip_mm=11.0)
        case "quotes":
            return QuotesPart(anchor=anchor, pages=())
        case kind:
            return PlainPart(kind=kind, anchor=anchor, article=article)


def _event_part(
    programme: Programme, releases: Releases, event: Event, pool: Pool, scale: Scale, places: Mapping[str, str]
) -> EventPart:
    release = release_of(event, releases, programme)
    return EventPart(
        anchor=f"event-{event.id}",
        event=event,
        ink=ink_number(event),
        strip=strip_of(event, releases, programme),
        box=box_of(programme, release) if release else None,
        sheets=sheets_of(programme, releases, event, pool, scale, places),
    )


# ------------------------------------------------------------------------------------------------------------- left and right


def _paired(parts: Sequence[Part], pool: Pool, scale: Scale) -> Iterator[Part]:
    """The parts, with a page of one quote before each event that would not open on a left page."""
    page = 1
    for part in parts:
        if isinstance(part, EventPart) and page % 2:
            if voice := pool.take(part.event.id):
                yield VoicePart(anchor=f"voice-{part.event.id}", voice=voice, event=part)
            page += 1
        yield part
        page += _all_pages(part, scale)


def pages_of(part: Part, scale: Scale) -> int:
    """How many pages a part will take; of an event, its opening spread only."""
    match part:
        case EventPart():
            return 2
        case StoryPart():
            return story_pages(part.story, scale)
        case ContentsPart() | QuotesPart():
            return max(1, len(part.pages))
    return 1


def _all_pages(part: Part, scale: Scale) -> int:
    return pages_of(part, scale) + (page_count(part.sheets, scale) if isinstance(part, EventPart) else 0)


def _with_quotes(part: Part, pool: Pool) -> Part:
    return replace(part, pages=quote_pages(pool.rest())) if isinstance(part, QuotesPart) else part


def _empty(part: Part, pool: Pool) -> bool:
    return isinstance(part, QuotesPart) and not pool.rest()


# ---------------------------------------------------------------------------------------------------------------- contents

_TITLE_MM = 28.0
_ENTRY_MM = 8.0
_EVENT_MM = 19.0  # title and white of an event, without its strip and its lines
_LEAST_STRIP_MM, _MOST_STRIP_MM = 9.0, 46.0
_LINE = copyfit.Setting(size=10.5, leading=15)
_ROOMY = 1.2  # how much higher lines stand on a spread; see .roomy in magazine.css


def _with_contents(part: Part, parts: Sequence[Part], scale: Scale) -> Part:
    """The contents on two pages if that lets the first event open on a left page, or if one page is too small."""
    if not isinstance(part, ContentsPart):
        return part
    listed = [one for one in parts if isinstance(one, Listed) and one.kind in _LISTED]
    heights = [_entry_mm(one) for one in listed]
    before = [_all_pages(one, scale) for one in parts[: _first_event(parts)] if one is not part]
    odd_with_one = (sum(before) + 2) % 2
    two = sum(heights) + _TITLE_MM > PAGE_MM or (odd_with_one and sum(heights) > PAGE_MM * 0.6)
    pages = copyfit.shared_out(listed, heights, pages=2 if two else 1, room=PAGE_MM - _TITLE_MM)
    return replace(part, pages=tuple(tuple(page) for page in pages), strip_mm=_strip_mm(pages, _ROOMY if two else 1.0))


def _first_event(parts: Sequence[Part]) -> int:
    return next((index for index, part in enumerate(parts) if isinstance(part, EventPart)), len(parts))


def _entry_mm(part: Part) -> float:
    if not isinstance(part, EventPart):
        return _ENTRY_MM
    width = WIDE_MM - 40
    return _EVENT_MM + _LEAST_STRIP_MM + sum(copyfit.height_mm(line.title, _LINE, width) for line in part.lines)


def _strip_mm(pages: Sequence[Sequence[Listed]], roomy: float) -> float:
    """As high as the fullest page allows, the same on all."""
    rooms = [
        (PAGE_MM - 5 - (0 if number else _TITLE_MM) - roomy * sum(_entry_mm(one) for one in page))
        / max(1, sum(isinstance(one, EventPart) for one in page))
        for number, page in enumerate(pages)
    ]
    return max(_LEAST_STRIP_MM, min(_MOST_STRIP_MM, _LEAST_STRIP_MM + min(rooms, default=0.0)))
