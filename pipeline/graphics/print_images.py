"""Turns clean pictures into what a press prints: four inks by the profile of its paper, no larger than they are placed."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import on_white, opened, write_picture

_QUALITY = 90
_PPI = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPictureJob:
    """A clean picture, the largest place it gets on paper, and the profile of the press."""

    source: str
    profile: str  # an ICC profile
    width_mm: float
    height_mm: float
    out: str  # a JPEG, whatever it is called


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPictureFacts:
    """What came out, and how sharp it is where it fills its place."""

    width_px: int
    height_px: int
    ppi: float


def print_picture(job: PrintPictureJob) -> PrintPictureFacts:
    """The picture in CMYK, with as many pixels as 300 to the inch ask for where it covers its place; no metadata.

    Colours go perceptually with black point compensation (ISO 15076-1), so that shadows keep their drawing.

    Raises:
        WeerslagError: the picture or the profile cannot be read, or the copy cannot be written.
    """
    image = on_white(opened(job.source))
    scale = max(job.width_mm / 25.4 * _PPI / image.width, job.height_mm / 25.4 * _PPI / image.height)
    ppi = _PPI / scale
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
        ppi = float(_PPI)
    held = BytesIO()
    inked = _in_inks(image, job.profile)
    inked.save(held, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    write_picture(job.out, held.getvalue())
    return PrintPictureFacts(width_px=image.width, height_px=image.height, ppi=round(ppi, 1))


def _in_inks(image: Image.Image, profile: str) -> Image.Image:
    try:
        press = ImageCms.getOpenProfile(profile)
        inked = ImageCms.profileToProfile(
            image,
            ImageCms.createProfile("sRGB"),
            press,
            renderingIntent=ImageCms.Intent.PERCEPTUAL,
            outputMode="CMYK",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        hint = "It must be an ICC profile for four inks."
        raise WeerslagError("the profile of the press cannot be used", where=profile, hint=hint) from error
    bare: Image.Image = inked if inked is not None else image.convert("CMYK")
    bare.info = {}
    return bare


def most_ink(plate: Path) -> float:
    """The most ink on any spot of a CMYK picture, of 4.

    Raises:
        WeerslagError: it is no such picture.
    """
    try:
        with Image.open(plate) as laid:
            if laid.mode != "CMYK":
                raise WeerslagError("not in four inks", where=str(plate))
            colours = laid.getcolors(laid.width * laid.height) or []
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WeerslagError("this is no picture that can be read", where=str(plate)) from error
    return max((sum(inks) for _, inks in colours if isinstance(inks, tuple)), default=0) / 255
