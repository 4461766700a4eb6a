"""The PDF tasks and their results. No heavy library is imported here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from pipeline.model import Finding
from pipeline.model.task import InputFile, Limits, OutputFile, Task, UnkeyedFolder, UnkeyedFolders

SCREEN_VARIANT = "pdf/a-2a"  # declared as PDF/UA-1 too; tagged, with links
PRINT_VARIANT = "pdf/x-4"  # without links; `print_finishing` completes it

# Prefix of links into another section. The merge resolves them; they are never published.
CROSS_SECTION_URL = "https://weerslag.invalid/#"

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTask(Task[R]):
    """Base class of the PDF tasks, which run isolated: input may be hostile or endless."""

    LIMITS: ClassVar = Limits(memory_bytes=3 * 2**30, timeout_s=600, isolated=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A heading in the outline; ``page`` counts from 0 in its PDF, ``top_pt`` from the foot up."""

    title: str
    level: int  # 1 is the highest
    page: int
    left_pt: float
    top_pt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPdfResult:
    """Facts of a rendered PDF; ``anchors``: the page of each link target, from 0; ``findings``: what looks wrong."""

    pages: int
    findings: tuple[Finding, ...] = ()
    anchors: Mapping[str, int] = field(default_factory=dict)
    bookmarks: tuple[Bookmark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPdfTask(PdfTask[RenderPdfResult]):
    """Render one HTML file as PDF.

    Attributes:
        html: The HTML file. Stylesheets that it links to are read for this file alone.
        stylesheet: A file of style that many HTML files share; each worker reads it once.
        pictures: Folder of the programme, where `pictures/…` in the HTML is looked up.
        picture_digests: Digest of each picture that the HTML shows, by its path in that folder.
        theme_folders: Folders where `theme/…` is looked up, the programme's own first.
        theme_digest: Digest over the files in these folders.
        system_fonts: Digest over the fonts of the machine, if the bundled ones lack a character of the HTML.
        variant: `SCREEN_VARIANT` or `PRINT_VARIANT`.
        bleed_mm: Bleed of the print variant, on all sides.
        first_page: Number of the first page. An even page is a left page.
        is_balanced: If its text takes several pages, leave no last page near empty.
        tight_style: A stylesheet for that: with it the text takes less room.
        out: Where the PDF is written.
    """

    VERB: ClassVar = "rendered"
    RECIPE_VERSION: ClassVar = 15
    TOOLS: ClassVar = ("weasyprint", "pikepdf")

    html: InputFile
    stylesheet: InputFile = ""
    pictures: UnkeyedFolder
    picture_digests: Mapping[str, str] = field(default_factory=dict)
    theme_folders: UnkeyedFolders
    theme_digest: str = ""
    system_fonts: str = ""
    variant: str = SCREEN_VARIANT
    bleed_mm: float = 0.0
    first_page: int = 1
    is_balanced: bool = False
    tight_style: str = ""
    out: OutputFile = "section.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackFontTask(PdfTask[int]):
    """Unpack a WOFF 2 font into a plain TrueType file, once for all rendering processes.

    The result is its size in bytes.
    """

    VERB: ClassVar = "unpacked"
    TOOLS: ClassVar = ("fonttools",)

    font: InputFile
    out: OutputFile = "font"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPdf:
    """The rendered pages of one section, ready for the merge."""

    pdf: InputFile
    pages: int
    bookmarks: tuple[Bookmark, ...] = ()
    continues: bool = False  # its elements belong to the structure element of the section before


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSectionsTask(PdfTask[int]):
    """Merge sections into one PDF; the result is its number of pages.

    Attributes:
        sections: In the order of the pages.
        profile: ICC profile of the press; if given, the result is PDF/X-4.
        condition: OutputConditionIdentifier and its description.
        titles: Titles of the link targets, by anchor; screen readers announce them.
        out: Where the PDF is written.
    """

    VERB: ClassVar = "merged"
    RECIPE_VERSION: ClassVar = 6
    TOOLS: ClassVar = ("pikepdf",)

    sections: tuple[SectionPdf, ...]
    profile: InputFile = ""
    condition: tuple[str, str] = ("", "")
    titles: Mapping[str, str]
    out: OutputFile = "merged.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImposeBookletTask(PdfTask[int]):
    """Impose the pages of a print PDF in pairs, as a booklet for an office printer.

    The result is the number of sheet sides.
    """

    VERB: ClassVar = "imposed"
    RECIPE_VERSION: ClassVar = 5
    TOOLS: ClassVar = ("pikepdf",)

    pdf: InputFile
    out: OutputFile = "booklet.pdf"
