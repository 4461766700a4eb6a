"""Facts of a PDF that a preflight checks, as frozen values without a library."""

from dataclasses import dataclass
from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top, in points


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """A colour used on a page, once for text, lines and areas each."""

    space: str  # DeviceRGB, DeviceCMYK, DeviceGray, ICCBased-3, Separation Gold …
    values: tuple[float, ...]
    kind: str  # text | line | area
    smallest: float  # points: the smallest text, the thinnest line; 0 for areas
    overprint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedImage:
    """An image on a page."""

    space: str
    width_px: int
    height_px: int
    bits: int
    ppi: float  # the lower of both directions


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFont:
    """A font of the document."""

    name: str  # without the subset prefix
    kind: str  # Type0, TrueType, Type3 …
    embedded: bool
    has_unicode: bool  # its glyphs can be mapped to text


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """An annotation."""

    kind: str  # Link, Widget, Text …
    in_bleed: bool
    described: bool  # it has alternative text


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page."""

    number: int  # from 1
    media: Box
    crop: Box  # what viewers show
    bleed: Box | None  # None: not stated
    trim: Box | None
    user_unit: float  # 1: a unit is 1/72 inch
    rotation: int
    paints: tuple[Paint, ...]
    images: tuple[PlacedImage, ...]
    annotations: tuple[Annotation, ...]
    transparent: bool
    blend_spaces: tuple[str, ...]  # colour spaces of transparency groups
    registration_in_bleed: bool  # a mark in registration colour touches the bleed
    untagged: int  # number of objects that are neither tagged nor artifacts
    text_operators: int
    text_off_page: bool  # text is cut off by the trim, or lies outside the page
    tab_order: str
    error: str  # why its content could not be read to the end
    digest: str  # of its appearance; empty if it could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureElement:
    """An element of the structure tree, in reading order."""

    tag: str
    parents: tuple[str, ...]
    alt: str
    page: int  # 0: not stated
    has_scope: bool  # a table cell with Scope or Headers
    empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputIntent:
    """An output intent."""

    subtype: str
    condition: str
    components: int  # of its profile; 0: no profile


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """A whole document."""

    title: str
    title_displayed: bool
    language: str
    marked: bool
    conformance: tuple[str, ...]  # declared: PDF/X-4, PDF/A-2A, PDF/UA-1
    creator: str
    trapped: str
    intents: tuple[OutputIntent, ...]
    fonts: tuple[PdfFont, ...]
    pages: tuple[PageFacts, ...]
    elements: tuple[StructureElement, ...]
    has_structure: bool
    bookmarks: int
    encrypted: bool
    has_scripts: bool
    attachments: int
    form_fields: int
    has_layers: bool
