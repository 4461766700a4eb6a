"""Images for print: conversion to CMYK by an ICC profile at 300 ppi, and measurement of ink coverage."""

from pathlib import Path

from PIL import Image, ImageCms

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import encode_jpeg, flatten_alpha, open_image, write_image
from pipeline.graphics.tasks import ImageResult, PrintImageTask

_PPI = 300


def convert_to_cmyk(task: PrintImageTask) -> ImageResult:
    """Convert an image to CMYK without metadata, with the pixels that 300 ppi needs in its place.

    The rendering intent is perceptual with black point compensation, which keeps detail in shadows.

    Source: ISO 15076-1 (ICC profiles).

    Raises:
        WeerslagError: The image or the profile cannot be read, or the result cannot be written.
    """
    image = flatten_alpha(open_image(task.source))
    scale = max(task.width_mm / 25.4 * _PPI / image.width, task.height_mm / 25.4 * _PPI / image.height)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return write_image(image, encode_jpeg(_apply_profile(image, task.profile)), task.out)


def _apply_profile(image: Image.Image, profile: str) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.createProfile("sRGB"),
            ImageCms.getOpenProfile(profile),
            renderingIntent=ImageCms.Intent.PERCEPTUAL,
            outputMode="CMYK",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        hint = "It must be an ICC profile for CMYK."
        raise WeerslagError("the ICC profile of the press cannot be used", where=profile, hint=hint) from error
    return converted if converted is not None else image.convert("CMYK")


def measure_max_ink_coverage(separations: Path, *, block_px: int = 1) -> float:
    """Return the highest ink coverage of a CMYK image: the sum of its inks, 0 to 4.

    Args:
        separations: The image.
        block_px: Inks are averaged over squares of this size, since what smears on a press is an
            area of ink and not a pixel (JPEG is off by some percent at edges).

    Raises:
        WeerslagError: It is not a CMYK image.
    """
    try:
        with Image.open(separations) as image:
            if image.mode != "CMYK":
                raise WeerslagError("not a CMYK image", where=str(separations))
            averaged = image.reduce(block_px)
            colours = averaged.getcolors(averaged.width * averaged.height) or []
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WeerslagError("the image cannot be read", where=str(separations)) from error
    return max((sum(inks) for _, inks in colours if isinstance(inks, tuple)), default=0) / 255
