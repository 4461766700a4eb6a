"""The parts of the flatplan in reading order, with opening spreads on left pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.magazine import copyfit
from pipeline.magazine.backgrounds import EventWaveform
from pipeline.magazine.index import map_anchors
from pipeline.magazine.page_geometry import PAGE, TypeScale, TypeStyle
from pipeline.magazine.pages import (
    ContentsPart,
    EventPart,
    ListedPart,
    Part,
    PlainPart,
    PullQuotePart,
    QuotesPart,
    StoryPart,
)
from pipeline.magazine.pull_quotes import QuotePool, arrange_quote_pages, get_colour_number
from pipeline.magazine.reflection_pages import (
    Releases,
    arrange_reflections,
    count_reflection_pages,
    make_episode_box,
)
from pipeline.magazine.story_pages import build_story_part, count_story_pages
from pipeline.model import Article, Event, Magazine, Programme, Release

DEFAULT_STRIP_MM = 11.0
_LISTED_KINDS = ("event", "story", "quotes", "index", "colophon")


@lru_cache(maxsize=4)  # screen PDF, EPUB and web edition have the same parts
def build_parts(
    programme: Programme, magazine: Magazine, releases: tuple[Release, ...], scale: TypeScale
) -> tuple[Part, ...]:
    """Build all parts, with a full-page quote before an event that would open on the right."""
    builder = _PartBuilder(
        programme=programme,
        releases={release.episode.slug: release for release in releases},
        pool=QuotePool(programme),
        scale=scale,
        anchors=map_anchors(programme, magazine),
    )
    events = {one.ref: builder.build_event(one.ref) for one in magazine.flatplan if one.kind == "event"}
    parts = [builder.build(article, number, events) for number, article in enumerate(magazine.flatplan, 1)]
    parts = [_fill_contents(part, parts, scale) if isinstance(part, ContentsPart) else part for part in parts]
    return tuple(_fill_quotes(_insert_quotes(parts, builder.pool, scale), builder.pool))


def get_event_waveform(event: Event, releases: Releases, programme: Programme) -> EventWaveform:
    """Return the waveform of an event, or a silent one if it has no release."""
    colour = get_colour_number(event)
    release = _find_release(event, releases, programme)
    if release is None:
        return EventWaveform(colour=colour)
    return EventWaveform(
        colour=colour,
        waveform=release.waveform,
        chapters_s=tuple(chapter.start_ms / 1000 for chapter in release.chapters),
        duration_s=release.duration_s,
    )


def _find_release(event: Event, releases: Releases, programme: Programme) -> Release | None:
    """Find the first release of an event."""
    episodes = (episode for episode in programme.episodes if episode.event == event.id)
    return next((releases[episode.slug] for episode in episodes if episode.slug in releases), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartBuilder:
    """Builds the part of each item of the flatplan."""

    programme: Programme
    releases: Releases
    pool: QuotePool
    scale: TypeScale
    anchors: Mapping[str, str]

    def build(self, article: Article, number: int, events: Mapping[str, EventPart]) -> Part:
        """Build the part of an article, which is item ``number`` of the flatplan."""
        anchor = f"{article.kind}-{number}"
        match article.kind:
            case "event":
                return events[article.ref]
            case "article":
                return build_story_part(self.programme, article.ref, self.scale, self.anchors)
            case "contents":
                return ContentsPart(anchor=anchor, pages=(), strip_mm=DEFAULT_STRIP_MM)
            case "quotes":
                return QuotesPart(anchor=anchor, pages=())
            case kind:
                return PlainPart(kind=kind, anchor=anchor, article=article)

    def build_event(self, ident: str) -> EventPart:
        """Build the opening spread and the reflections of an event."""
        event = self.programme.find_event(ident)
        release = _find_release(event, self.releases, self.programme)
        return EventPart(
            anchor=f"event-{event.id}",
            event=event,
            colour=get_colour_number(event),
            waveform=get_event_waveform(event, self.releases, self.programme),
            box=make_episode_box(self.programme, release) if release else None,
            pages=arrange_reflections(self.programme, self.releases, event, self.pool, self.scale, self.anchors),
        )


def _insert_quotes(parts: Sequence[Part], pool: QuotePool, scale: TypeScale) -> Iterator[Part]:
    """Insert a full-page quote before each event that would not open on a left page."""
    page = 1
    for part in parts:
        if isinstance(part, EventPart) and page % 2:
            if quote := pool.take_shortest(part.event.id):
                yield PullQuotePart(anchor=f"quote-{part.event.id}", pull_quote=quote, event=part)
            page += 1
        yield part
        page += _count_all_pages(part, scale)


def count_pages(part: Part, scale: TypeScale) -> int:
    """Estimate the pages of a part; of an event, only its opening spread."""
    match part:
        case EventPart():
            return 2
        case StoryPart():
            return count_story_pages(part.story, scale)
        case ContentsPart() | QuotesPart():
            return max(1, len(part.pages))
    return 1


def _count_all_pages(part: Part, scale: TypeScale) -> int:
    reflections = count_reflection_pages(part.pages, scale) if isinstance(part, EventPart) else 0
    return count_pages(part, scale) + reflections


def _fill_quotes(parts: Iterator[Part], pool: QuotePool) -> Iterator[Part]:
    """Fill the pages of quotes with those not used in articles.

    Without quotes there are no such pages.
    """
    for part in parts:
        if not isinstance(part, QuotesPart):
            yield part
        elif quotes := pool.list_unused():
            yield replace(part, pages=arrange_quote_pages(quotes))


_TITLE_MM = 28.0
_ENTRY_MM = 8.0
_EVENT_MM = 19.0  # title and space of an event, without its waveform and its lines
_MIN_STRIP_MM, _MAX_STRIP_MM = 9.0, 46.0
_LINE = TypeStyle(size=10.5, leading=15)
_SPACIOUS_FACTOR = 1.2  # of line heights on a spread: .spacious in magazine.css


def _fill_contents(part: ContentsPart, parts: Sequence[Part], scale: TypeScale) -> ContentsPart:
    """Arrange the contents on two pages if needed, or if the first event then opens left."""
    listed = [one for one in parts if isinstance(one, ListedPart) and one.kind in _LISTED_KINDS]
    heights = [_estimate_entry_mm(one) for one in listed]
    first_event = next((index for index, one in enumerate(parts) if isinstance(one, EventPart)), len(parts))
    pages_before = sum(_count_all_pages(one, scale) for one in parts[:first_event] if one is not part)
    total = sum(heights)
    two = total + _TITLE_MM > PAGE.text_height or (pages_before % 2 and total > PAGE.text_height * 0.6)
    page_height = PAGE.text_height - _TITLE_MM
    pages = copyfit.distribute_over_pages(listed, heights, min_pages=2 if two else 1, page_height=page_height)
    strip_mm = _compute_strip_mm(pages, _SPACIOUS_FACTOR if two else 1.0)
    return replace(part, pages=tuple(tuple(page) for page in pages), strip_mm=strip_mm)


def _estimate_entry_mm(part: Part) -> float:
    if not isinstance(part, EventPart):
        return _ENTRY_MM
    width = PAGE.text_width - 40
    lines = sum(copyfit.estimate_height_mm(line.title, _LINE, width) for line in part.lines)
    return _EVENT_MM + _MIN_STRIP_MM + lines


def _compute_strip_mm(pages: Sequence[Sequence[ListedPart]], factor: float) -> float:
    """Compute the height of the waveforms that the fullest page allows, the same on all pages."""
    available = [
        (PAGE.text_height - 5 - (0 if number else _TITLE_MM) - factor * sum(_estimate_entry_mm(one) for one in page))
        / max(1, sum(isinstance(one, EventPart) for one in page))
        for number, page in enumerate(pages)
    ]
    return max(_MIN_STRIP_MM, min(_MAX_STRIP_MM, _MIN_STRIP_MM + min(available, default=0.0)))
