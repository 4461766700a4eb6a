"""What stands on the pages of a magazine: frozen values that the templates give a face."""

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.magazine.waveform_art import Strip
from pipeline.model import Article, Event, Quote, Reflection, Release, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the contents; ``label`` says whose it is."""

    title: str
    anchor: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address to go to from paper: as a QR code, as a link, and in words."""

    address: str
    words: str
    qr: str  # SVG


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A moment to listen to: the second on the clock of the episode, and the chapter it lies in."""

    place: Place
    at_s: float
    chapter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeBox:
    """How to hear what was said; ``ink`` is that of its event, 0 when it has none."""

    release: Release
    place: Place
    ink: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A quote with its source and the ink of its event; ``size`` 0 is the loudest."""

    quote: Quote
    group: str
    ink: int
    size: int = 2
    air_mm: float = 8.0  # above it and under it


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A reflection, ready to be placed."""

    anchor: str
    reflection: Reflection
    blocks: tuple[str, ...]
    voice: Voice | None
    listening: Listening | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of an event: its reflections, or one quote as large as the page."""

    pieces: tuple[Piece, ...] = ()
    voice: Voice | None = None
    gap_mm: float = 0.0  # between two reflections
    solo: bool = False  # one reflection that fits: its foot stands at the foot of the page, its quote in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPart:
    """An event: its opening spread, then its sheets."""

    anchor: str
    event: Event
    ink: int  # from 1
    strip: Strip
    box: EpisodeBox | None
    sheets: tuple[Sheet, ...]
    kind: str = "event"

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the contents say of it."""
        pieces = [piece for sheet in self.sheets for piece in sheet.pieces]
        return tuple(
            Line(
                title=piece.reflection.question or piece.reflection.group,
                anchor=piece.anchor,
                label=piece.reflection.group if piece.reflection.question else "",
            )
            for piece in pieces
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPart:
    """A story; ``ink`` is that of its event, 0 when it has none."""

    anchor: str
    story: Story
    event: Event | None
    ink: int
    head_pt: float  # what is kept for the head, so that the columns begin on a line of the page
    blocks: tuple[tuple[str, str], ...]  # a block, and what is pulled out after it
    closing: str = ""  # pulled out too, and set large under the text where the last page has room for it
    closing_size: int = 1
    closing_air_mm: float = 8.0
    kind: str = "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesPart:
    """Cleared quotes on pages of their own."""

    anchor: str
    pages: tuple[tuple[Voice, ...], ...]
    kind: str = "quotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicePart:
    """One quote as large as the page, where a page is wanted before an opening spread."""

    anchor: str
    voice: Voice
    event: EventPart
    kind: str = "voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPart:
    """A page without content of its own making: cover, photo, notes, colophon, back."""

    kind: str
    anchor: str
    article: Article


Listed: TypeAlias = EventPart | StoryPart | QuotesPart | PlainPart  # what contents can name


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsPart:
    """The contents over one or two pages, with strips as high as there is room for."""

    anchor: str
    pages: tuple[tuple[Listed, ...], ...]
    strip_mm: float
    kind: str = "contents"


Part: TypeAlias = EventPart | StoryPart | QuotesPart | VoicePart | ContentsPart | PlainPart
