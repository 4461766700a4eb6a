"""What can be read in a PDF, as frozen values: what a preflight judges, without a library in hand."""

from dataclasses import dataclass
from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top, in points


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """A colour that something on a page is painted with, once for each kind of thing."""

    space: str  # DeviceRGB, DeviceCMYK, DeviceGray, ICCBased-3, Separation Gold …
    values: tuple[float, ...]
    what: str  # text | line | area
    smallest: float  # points: the smallest text, the thinnest line; 0 for areas


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture where it stands."""

    space: str
    width_px: int
    height_px: int
    bits: int
    ppi: float  # the lower of both directions


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font of the document."""

    name: str  # without the letters of its subset
    kind: str  # Type0, TrueType, Type3 …
    embedded: bool
    readable: bool  # its glyphs lead back to letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """An annotation."""

    kind: str  # Link, Widget, Text …
    in_bleed: bool
    told: bool  # it has words for who cannot see it


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page."""

    number: int  # from 1
    media: Box
    bleed: Box | None  # None: not stated
    trim: Box | None
    rotated: int
    paints: tuple[Paint, ...]
    pictures: tuple[Placed, ...]
    notes: tuple[Note, ...]
    transparent: bool
    mixed_in: tuple[str, ...]  # colour spaces in which transparent things are mixed
    registration_inside: bool  # a mark that touches the bleed
    loose: int  # pieces of text or drawing that are neither tagged nor an artifact
    letters: int  # operators that show text
    tabs: str
    broken: str  # why its content could not be read to the end
    look: str  # a digest of how it looks; empty if it could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of the structure, in order of reading."""

    tag: str
    parents: tuple[str, ...]
    alt: str
    page: int  # 0: not stated
    headed: bool  # a table cell or row that knows its head
    empty: bool  # nothing hangs in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An output intent."""

    subtype: str
    condition: str
    components: int  # of its profile; 0: it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfReading:
    """All of it."""

    version: str
    title: str
    title_shown: bool
    language: str
    marked: bool
    claims: tuple[str, ...]  # PDF/X-4, PDF/A-2A, PDF/UA-1
    creator: str
    trapped: str
    intents: tuple[Intent, ...]
    fonts: tuple[Font, ...]
    pages: tuple[PageFacts, ...]
    elements: tuple[Element, ...]
    structured: bool
    outlines: int
    encrypted: bool
    scripts: bool
    attachments: int
    fields: int
    layers: bool
