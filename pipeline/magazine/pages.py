"""Content of the magazine pages, as frozen values that the templates render."""

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.graphics.waveform_background import EventWaveform
from pipeline.model import Article, Event, Quote, Reflection, Release, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsLine:
    """One line of the contents; ``label`` is the group of a reflection."""

    title: str
    anchor: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLink:
    """A link for screen and paper: the address, as people read it, and as a QR code in SVG."""

    url: str
    text: str
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMoment:
    """A moment in an episode, in seconds from its start, and its chapter."""

    link: PrintedLink
    at_s: float
    chapter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeBox:
    """A link to an episode; ``colour`` is the colour number of its event, 0 without one."""

    release: Release
    link: PrintedLink
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuote:
    """A quote with its source and the colour number of its event; ``size`` 0 is the largest."""

    quote: Quote
    group: str
    colour: int
    size: int = 2
    space_mm: float = 8.0  # above and below
    filler: str = ""  # the anchor of the full-page quote that may show it instead


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReflection:
    """A reflection with its HTML blocks, its pull quote and its audio moment."""

    anchor: str
    reflection: Reflection
    blocks: tuple[str, ...]
    pull_quote: PullQuote | None
    moment: AudioMoment | None
    other_quotes: tuple[PullQuote, ...] = ()  # those that no page of quotes shows
    insight_columns: int = 1  # two take less room
    flows: bool = False  # onto the next page; others are not broken


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionPage:
    """One or more reflections that begin on a new page; one of them may flow onto further pages.

    ``measures`` are what was done to make them fit: ``two columns``, ``moved quote``, ``larger quote``,
    ``balanced``, ``shared``.
    """

    reflections: tuple[PreparedReflection, ...]
    gap_mm: float = 0.0  # between two reflections
    single: bool = False  # one reflection that fits: its footer is at the foot of the page, its quote in the middle
    estimated_pages: int = 1
    measures: tuple[str, ...] = ()
    excess_mm: float = 0.0  # by which a reflection is longer than the pages that it would fill, if that is a little


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPart:
    """An event: its opening spread, then the pages with its reflections."""

    anchor: str
    event: Event
    colour: int  # from 1
    waveform: EventWaveform
    box: EpisodeBox | None
    pages: tuple[ReflectionPage, ...]
    kind: str = "event"

    @property
    def lines(self) -> tuple[ContentsLine, ...]:
        """Its lines in the contents."""
        return tuple(
            ContentsLine(
                title=one.reflection.question or one.reflection.group,
                anchor=one.anchor,
                label=one.reflection.group if one.reflection.question else "",
            )
            for page in self.pages
            for one in page.reflections
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPart:
    """A story; ``colour`` is the colour number of its event, 0 without one."""

    anchor: str
    story: Story
    event: Event | None
    colour: int
    header_pt: float  # height of the header, so that the columns begin on a baseline of the page
    blocks: tuple[tuple[str, str], ...]  # an HTML block, and the pull quote after it
    closing_quote: str = ""  # a pull quote in large type below the text, where the last page has room for it
    closing_size: int = 1
    closing_space_mm: float = 8.0
    kind: str = "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesPart:
    """Pages of approved quotes.

    A quote with a ``filler`` is left out if the full-page quote with that anchor is printed.
    """

    anchor: str
    pages: tuple[tuple[PullQuote, ...], ...]
    kind: str = "quotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuotePart:
    """A full-page quote: a page to fill up with, before an opening spread on a left page or before the last sheet."""

    anchor: str
    pull_quote: PullQuote
    event: EventPart
    kind: str = "pull_quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPart:
    """A page without generated content: cover, photo, notes, index, colophon, back cover."""

    kind: str
    anchor: str
    article: Article


ListedPart: TypeAlias = EventPart | StoryPart | QuotesPart | PlainPart  # in the contents


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsPart:
    """The contents, on one or two pages.

    ``strip_mm`` is the height of the waveform of each event. ``density`` is ``spacious``, empty, ``compact``, ``dense``,
    or ``run-in``: groups with their pages, without their questions.
    """

    anchor: str
    pages: tuple[tuple[ListedPart, ...], ...]
    strip_mm: float
    density: str = ""
    kind: str = "contents"


Part: TypeAlias = EventPart | StoryPart | QuotesPart | PullQuotePart | ContentsPart | PlainPart
