"""The tasks that draw and convert images, and their results. Imports no image library."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.model import Waveform
from pipeline.model.pictures import Box
from pipeline.model.task import InputFile, InputFolder, Limits, OutputFile, Task

MAX_COVER_PX = 3000
MIN_COVER_PX = 1400  # Apple and Spotify reject less
SOCIAL_IMAGE_WIDTH_PX, SOCIAL_IMAGE_HEIGHT_PX = 1200, 630  # as Facebook and LinkedIn ask; X crops it
MAX_WAVEFORMS = 48  # stacked in one image: more are too thin to see

_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageResult:
    """An image that was written: upright, without metadata."""

    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTask(Task[ImageResult]):
    """Base class of the tasks, which all use Pillow."""

    TOOLS: ClassVar = ("pillow",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverTask(ImageTask):
    """Draw the cover of a programme or an episode."""

    VERB: ClassVar = "drawn"
    RECIPE_VERSION: ClassVar = 3
    LIMITS: ClassVar = Limits(memory_bytes=4 * _GIB, timeout_s=120)

    kind: str  # programme | episode
    waveforms: tuple[Waveform, ...]  # of a programme from top to bottom; of an episode one
    colours: tuple[int, ...]  # the number of the event colour of each waveform
    title: str  # a soft hyphen marks where a word may break
    label: str  # a subtitle, or the number of an episode
    size_px: int = MAX_COVER_PX
    fonts: InputFolder  # templates/fonts
    out: OutputFile = "cover.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitCoverTask(ImageTask):
    """Crop and shrink the cover that a programme supplies."""

    VERB: ClassVar = "drawn"
    LIMITS: ClassVar = Limits(memory_bytes=4 * _GIB, timeout_s=120, isolated=True)

    source: InputFile
    size_px: int = MAX_COVER_PX  # at most
    out: OutputFile = "cover.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanImageTask(ImageTask):
    """Remove the metadata of an image and normalise it.

    A .png stays PNG, anything else becomes JPEG.
    """

    VERB: ClassVar = "cleaned"
    LIMITS: ClassVar = Limits(memory_bytes=3 * _GIB, timeout_s=120, isolated=True)

    source: InputFile
    box: Box | None = None  # what a crop keeps; None: everything
    max_px: int = MAX_COVER_PX  # of the longer side: 300 ppi over 254 mm, enough for a page with bleed
    out: OutputFile = "picture.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintImageTask(ImageTask):
    """Convert a clean image to CMYK, at the resolution of its largest place on paper."""

    VERB: ClassVar = "converted"
    LIMITS: ClassVar = Limits(memory_bytes=3 * _GIB, timeout_s=120, isolated=True)

    source: InputFile
    profile: InputFile  # ICC
    width_mm: float
    height_mm: float
    out: OutputFile = "print.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialImageTask(ImageTask):
    """Draw the image that social networks show with a link."""

    VERB: ClassVar = "drawn"
    LIMITS: ClassVar = Limits(memory_bytes=2 * _GIB, timeout_s=60)

    waveforms: tuple[Waveform, ...]  # from top to bottom; none: dots
    colours: tuple[int, ...]  # the number of the event colour of each waveform; the first is the background too
    on_colour: bool  # light on an event colour, for one event; or colours on paper
    title: str
    label: str  # one line above the title; empty: none
    fonts: InputFolder  # templates/fonts
    out: OutputFile = "social.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCodes:
    """The texts of the QR codes on each page of a scan."""

    pages: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScanTask(Task[ScanCodes]):
    """Read the QR codes of a scanned PDF, or of a photo of paper."""

    VERB: ClassVar = "read"
    LIMITS: ClassVar = Limits(memory_bytes=3 * _GIB, timeout_s=300, isolated=True)

    source: InputFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSheetLayout:
    """The geometry of a contact sheet, which its style sheet needs too."""

    columns: int = 8
    thumbnail_width_px: int = 132
    thumbnail_height_px: int = 186


CONTACT_SHEET = ContactSheetLayout()
