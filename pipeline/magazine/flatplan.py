"""The parts of the flatplan in reading order, with opening spreads on left pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.graphics.waveform_background import EventWaveform, build_event_waveform
from pipeline.magazine import copyfit
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
_FILLED_BEFORE = ("quotes", "photo", "index")  # a full-page quote may stand before them


@lru_cache(maxsize=4)  # screen PDF, EPUB and web edition have the same parts
def build_parts(
    programme: Programme, magazine: Magazine, releases: tuple[Release, ...], scale: TypeScale
) -> tuple[Part, ...]:
    """Build all parts, with full-page quotes where a page may be missing: before openers and before the last sheet."""
    builder = _PartBuilder(
        programme=programme,
        releases={release.episode.slug: release for release in releases},
        pool=QuotePool(programme, has_pages=any(one.kind == "quotes" for one in magazine.flatplan)),
        scale=scale,
        anchors=map_anchors(programme, magazine),
    )
    events = {one.ref: builder.build_event(one.ref) for one in magazine.flatplan if one.kind == "event"}
    parts = [builder.build(article, number, events) for number, article in enumerate(magazine.flatplan, 1)]
    filled = list(_fill_quotes(list(_insert_fillers(parts, builder.pool)), builder.pool))
    listed = [part for part in parts if not isinstance(part, QuotesPart) or _has_quote_pages(filled)]
    return tuple(_fill_contents(part, listed, scale) if isinstance(part, ContentsPart) else part for part in filled)


def _has_quote_pages(parts: Sequence[Part]) -> bool:
    return any(isinstance(part, QuotesPart) for part in parts)


def get_event_waveform(event: Event, releases: Releases, programme: Programme) -> EventWaveform:
    """Return the waveform of an event, or a silent one if it has no release."""
    return build_event_waveform(get_colour_number(event), _find_release(event, releases, programme))


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


def _insert_fillers(parts: Sequence[Part], pool: QuotePool) -> Iterator[Part]:
    """Insert a full-page quote before each event, and before the parts after the last one.

    It is printed only where a page is missing, and is about the event before it.
    """
    last_event = max((number for number, part in enumerate(parts) if isinstance(part, EventPart)), default=-1)
    previous: EventPart | None = None
    for number, part in enumerate(parts):
        is_event, is_after = isinstance(part, EventPart), number > last_event and part.kind in _FILLED_BEFORE
        owner = previous or (part if isinstance(part, EventPart) else None)
        if owner and (is_event or is_after):
            anchor = f"quote-before-{part.anchor}"
            if quote := pool.reserve_filler(owner.event.id, anchor):
                yield PullQuotePart(anchor=anchor, pull_quote=quote, event=owner)
        yield part
        previous = part if isinstance(part, EventPart) else previous


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
    reflections = count_reflection_pages(part.pages) if isinstance(part, EventPart) else 0
    return count_pages(part, scale) + reflections


def _fill_quotes(parts: Sequence[Part], pool: QuotePool) -> Iterator[Part]:
    """Fill the pages of quotes with those that stand with no group.

    Without quotes there are no such pages.
    """
    for part in parts:
        if not isinstance(part, QuotesPart):
            yield part
        elif quotes := pool.list_unused():
            yield replace(part, pages=arrange_quote_pages(quotes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Density:
    """How densely the contents are set; the stylesheet has the same measures."""

    name: str
    entry_mm: float  # of an item
    event_mm: float  # title and space of an event, without its waveform and its lines
    line: TypeStyle
    min_strip_mm: float = 9.0
    are_lines_run_in: bool = False


_SPACIOUS = _Density(name="spacious", entry_mm=9.6, event_mm=22.8, line=TypeStyle(size=12, leading=18))
_NORMAL = _Density(name="", entry_mm=8.0, event_mm=19.0, line=TypeStyle(size=10.5, leading=15))
_COMPACT = _Density(name="compact", entry_mm=6.0, event_mm=14.0, line=TypeStyle(size=9, leading=12), min_strip_mm=5.0)
_DENSE = replace(_COMPACT, name="dense", line=TypeStyle(size=8, leading=10.5))
_RUN_IN = replace(_NORMAL, name="run-in", are_lines_run_in=True)
_DENSITIES = (_SPACIOUS, _NORMAL, _COMPACT, _DENSE, _RUN_IN)  # on a spread

_TITLE_MM = 28.0
_MAX_STRIP_MM = 46.0
_GROUP_MM = 26.0  # width of the name of a group, or more


def _fill_contents(part: ContentsPart, parts: Sequence[Part], scale: TypeScale) -> ContentsPart:
    """Arrange the contents on a page, or on a spread as spaciously as they fit.

    A spread is also chosen if the first event then opens on a left page.
    """
    listed = [one for one in parts if isinstance(one, ListedPart) and one.kind in _LISTED_KINDS]
    first_event = next((index for index, one in enumerate(parts) if isinstance(one, EventPart)), len(parts))
    pages_before = sum(_count_all_pages(one, scale) for one in parts[:first_event] if one is not part)
    total = sum(_estimate_entry_mm(one, _NORMAL) for one in listed)
    two = total + _TITLE_MM > PAGE.text_height or (pages_before % 2 and total > PAGE.text_height * 0.6)
    for density in _DENSITIES if two else (_NORMAL,):
        heights = [_estimate_entry_mm(one, density) for one in listed]
        page_height = PAGE.text_height - _TITLE_MM
        pages = copyfit.distribute_over_pages(listed, heights, min_pages=2 if two else 1, page_height=page_height)
        if len(pages) <= 2 and max(heights, default=0.0) <= page_height:
            break
    strip_mm = _compute_strip_mm(pages, density)
    return replace(part, pages=tuple(map(tuple, pages)), strip_mm=strip_mm, density=density.name)


def _estimate_entry_mm(part: Part, density: _Density) -> float:
    if not isinstance(part, EventPart):
        return density.entry_mm
    titles = [line.title for line in part.lines]
    if density.are_lines_run_in:
        titles = [" ".join(f"{line.label or line.title} 000" for line in part.lines)] if titles else []
    width = PAGE.text_width - (_GROUP_MM + 14 if not density.are_lines_run_in else 10)
    lines = sum(copyfit.estimate_height_mm(title, density.line, width) for title in titles)
    return density.event_mm + density.min_strip_mm + lines


def _compute_strip_mm(pages: Sequence[Sequence[ListedPart]], density: _Density) -> float:
    """Compute the height of the waveforms that the fullest page allows, the same on all pages."""
    available = [
        (PAGE.text_height - 5 - (0 if number else _TITLE_MM) - sum(_estimate_entry_mm(one, density) for one in page))
        / max(1, sum(isinstance(one, EventPart) for one in page))
        for number, page in enumerate(pages)
    ]
    return max(density.min_strip_mm, min(_MAX_STRIP_MM, density.min_strip_mm + min(available, default=0.0)))
