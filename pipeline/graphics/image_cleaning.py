"""Cleans images from outside: upright, sRGB, without metadata.

All use of Pillow is in this package.
"""

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, ImageSequence

from pipeline.errors import WeerslagError, fill, make_message
from pipeline.graphics.tasks import MIN_COVER_PX, CleanImageTask, FitCoverTask, ImageResult

_MAX_PIXELS, _MAX_JPEG_PIXELS = 80_000_000, 400_000_000  # libjpeg decodes a large JPEG at a fraction of its size
_ORIENTATION, _ROTATED = 0x0112, (5, 6, 7, 8)  # Exif 2.32, 4.6.4
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
_OTHER_FORMATS = (  # first bytes, what they are, and what to do
    (
        rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg",
        "an SVG drawing",
        "Export it as PNG, 2400 px wide.",
    ),
    (rb"%PDF", "a PDF", "Export the page as PNG, 2400 px wide."),
    (rb"8BPS", "a Photoshop file", "Export it as JPEG or PNG."),
    (rb"....ftyp(?:crx |avif|avis)", "an AVIF or raw camera image", "Export it as JPEG."),
    (rb"(?:II\*\0.{4}CR|FUJIFILM|IIRO|IIU\0)", "a raw camera image", "Export it as JPEG."),
    (rb"PK\x03\x04", "a zip file or a document", "Save the picture in it as JPEG or PNG."),
    (rb"\s*<(?:!doctype html|html)", "a web page", "Download the picture itself."),
)
_MAX_COVER_BYTES = 1_000_000
_JPEG_QUALITIES = (90, 84, 76, 66, 54)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageProperties:
    """An image as it is in its file, not rotated or converted."""

    format: str  # JPEG, PNG, WEBP
    width_px: int
    height_px: int
    mode: str  # of Pillow: RGB, L, CMYK, P …
    has_alpha: bool


def clean_image(task: CleanImageTask) -> ImageResult:
    """Write a clean copy of an image.

    It is upright, cropped to ``box``, sRGB and at most ``max_px``; it has no EXIF, XMP, comments or ICC profile.

    Raises:
        WeerslagError: It is not a picture of a known format, is damaged or too large, or the copy
            cannot be written.
    """
    image = open_image(task.source, max_px=task.max_px)
    if task.box:
        left, top, right, bottom = task.box
        width, height = image.size
        image = image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))
    image.thumbnail((task.max_px, task.max_px))
    return save_without_metadata(image, task.out)


def fit_cover(task: FitCoverTask) -> ImageResult:
    """Write the central square of an image as a clean JPEG of at most ``size_px``.

    Raises:
        WeerslagError: As for ``clean_image``, or it is smaller than directories require.
    """
    square = open_image(task.source)
    width, height = square.size
    side = min(width, height)
    if side < MIN_COVER_PX:
        raise WeerslagError(
            fill(
                "the cover is {width} × {height} px; podcast directories require at least {min_cover_px}",
                width=width,
                height=height,
                min_cover_px=MIN_COVER_PX,
            ),
            where=task.source,
            hint="Use a larger image (3000 × 3000 is best), or none: then a cover is drawn from the waveforms.",
        )
    if width != height:
        left, top = (width - side) // 2, (height - side) // 2
        square = square.crop((left, top, left + side, top + side))
    square.thumbnail((task.size_px, task.size_px))
    return write_image(square, encode_jpeg(flatten_alpha(square), max_bytes=_MAX_COVER_BYTES), task.out)


def encode_jpeg(image: Image.Image, *, max_bytes: int | None = None, subsampling: str = "4:4:4") -> bytes:
    """Encode a JPEG without metadata, at the highest quality that fits in ``max_bytes``.

    Baseline, because some car players show no progressive JPEG. By default without chroma
    ``subsampling``, so that coloured text stays sharp.
    """
    bare = _remove_metadata(image)
    for quality in _JPEG_QUALITIES:
        content = BytesIO()
        bare.save(content, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
        if max_bytes is None or content.tell() <= max_bytes:
            break
    return content.getvalue()


def save_without_metadata(image: Image.Image, out: str) -> ImageResult:
    """Write the pixels only: a .png as PNG, anything else as JPEG.

    Raises:
        WeerslagError: It cannot be written.
    """
    content = _encode_png(image) if out.endswith(".png") else encode_jpeg(flatten_alpha(image))
    return write_image(image, content, out)


def write_image(image: Image.Image, content: bytes, out: str) -> ImageResult:
    """Write ``content``, which is ``image`` encoded.

    Raises:
        WeerslagError: It cannot be written.
    """
    try:
        Path(out).write_bytes(content)
    except OSError as error:
        raise WeerslagError(
            fill("the image cannot be written: {strerror}", strerror=error.strerror), where=out
        ) from error
    return ImageResult(width_px=image.width, height_px=image.height, size_bytes=len(content))


def inspect_image(source: str) -> ImageProperties:
    """Decode an image completely and return its properties.

    Raises:
        WeerslagError: It is not an image, or has too many pixels.
    """
    with _open_file(source) as image:
        _load_pixels(image)
        return ImageProperties(
            format=str(image.format),
            width_px=image.width,
            height_px=image.height,
            mode=image.mode,
            has_alpha=_has_alpha(image),
        )


def check_image(source: str) -> None:
    """Check by its header that an image can be used.

    Raises:
        WeerslagError: It is not of a known format, or has too many pixels.
    """
    with _open_file(source) as image:
        _check_size(image)


def read_upright_size(source: str) -> tuple[int, int]:
    """Read width and height after rotation by Exif; only the header is read.

    Raises:
        WeerslagError: It is not an image.
    """
    with _open_file(source) as image:
        is_rotated = image.getexif().get(_ORIENTATION, 1) in _ROTATED
        return (image.height, image.width) if is_rotated else image.size


def read_print_size(source: str) -> tuple[float, float]:
    """Read width and height in inches by the resolution in the header; 96 ppi if there is none.

    Raises:
        WeerslagError: It is not an image.
    """
    with _open_file(source) as image:
        ppi = [float(value) if float(value) > 1 else 96.0 for value in image.info.get("dpi", (96, 96))]
        return image.width / ppi[0], image.height / ppi[1]


def open_image(source: str, *, max_px: int | None = None) -> Image.Image:
    """Decode an image: upright, sRGB, with an alpha channel only if the file has one.

    Args:
        source: The file.
        max_px: A very large JPEG may be decoded at half its size or less, if its longer side stays
            at least that long.

    Raises:
        WeerslagError: It is not an image, or has too many pixels.
    """
    with _open_file(source) as image:
        if max_px and image.width * image.height > _MAX_PIXELS:
            image.draft(image.mode, (max_px, max_px))
        _load_pixels(image)
        ImageOps.exif_transpose(image, in_place=True)  # a copy of the largest cover would take 36 MB
        return _convert_to_srgb(_reduce_to_8_bits(image))


def open_grey_pages(source: str) -> Iterator[Image.Image]:
    """Decode each page of a scan in grey: one of a photo, several of a TIFF.

    Raises:
        WeerslagError: It is not an image, or has too many pixels.
    """
    with _open_file(source) as image:
        for page in ImageSequence.Iterator(image):
            _load_pixels(page)
            yield flatten_alpha(_convert_to_srgb(_reduce_to_8_bits(page))).convert("L")


def crop_image(source: str, left: float, top: float, right: float, bottom: float) -> bytes:
    """Cut off the margins of an image, each a part of its width or height as stored; below 0 counts as 0.

    Returns:
        The rest, lossless (PNG, or TIFF if it was no PNG), with the orientation of the source.

    Raises:
        WeerslagError: It is not an image, has too many pixels, or nothing is left.
    """
    with _open_file(source) as image:
        _load_pixels(image)
        box = (
            round(max(0, left) * image.width),
            round(max(0, top) * image.height),
            image.width - round(max(0, right) * image.width),
            image.height - round(max(0, bottom) * image.height),
        )
        visible, exif, content = image.crop(box), image.getexif(), BytesIO()
        kept = Image.Exif()
        if _ORIENTATION in exif:
            kept[_ORIENTATION] = exif[_ORIENTATION]
        visible.save(content, "PNG" if image.format == "PNG" else "TIFF", exif=kept)
    return content.getvalue()


def flatten_alpha(image: Image.Image) -> Image.Image:
    """Replace transparency by white."""
    if image.mode == "RGB":
        return image
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=image.getchannel("A"))
    return background


@contextmanager
def _open_file(source: str) -> Iterator[Image.Image]:
    with _convert_errors(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities in files that can be decoded
        with Image.open(source, formats=_choose_decoders(source)) as image:
            yield image


def _choose_decoders(source: str) -> tuple[str, ...]:
    """Refuse another format with the step that helps, and load the decoder of HEIC for such a file."""
    with Path(source).open("rb") as file:
        head = file.read(2048)
    for pattern, name, hint in _OTHER_FORMATS:
        if re.match(pattern, head, re.IGNORECASE | re.DOTALL):
            raise WeerslagError(
                fill("this is {name}, not a picture that can be printed", name=make_message(name)),
                where=source,
                hint=hint,
            )
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIF_BRANDS:
        return _FORMATS
    from pi_heif import register_heif_opener  # noqa: PLC0415  # only such files need it

    register_heif_opener()
    return ("HEIF",)


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > (_MAX_JPEG_PIXELS if image.format == "JPEG" else _MAX_PIXELS):
        raise Image.DecompressionBombError(f"{image.width} × {image.height}")


def _load_pixels(image: Image.Image) -> None:
    _check_size(image)
    image.load()


def _reduce_to_8_bits(image: Image.Image) -> Image.Image:
    """Scale 16 bits of grey to 8; Pillow's own conversion would clip almost all of them to white."""
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _convert_to_srgb(image: Image.Image) -> Image.Image:
    """Convert by the ICC profile of the image if possible, else without one."""
    has_alpha = _has_alpha(image)
    profile = image.info.get("icc_profile")
    if profile and not has_alpha:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # the profile does not fit the image: ignore it, as image viewers do
        if converted:
            return converted
    mode = "RGBA" if has_alpha else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _encode_png(image: Image.Image) -> bytes:
    content = BytesIO()
    _remove_metadata(image).save(content, "PNG", optimize=True)
    return content.getvalue()


def _remove_metadata(image: Image.Image) -> Image.Image:
    """Return an image without ``info``; a copy, if it has any.

    Pillow would write its comment, profile and EXIF into the new file.
    """
    if not image.info:
        return image
    bare = image.copy()
    bare.info = {}
    return bare


@contextmanager
def _convert_errors(source: str) -> Iterator[None]:
    """Convert what Pillow's decoders raise on damaged files; the list was found by fuzzing."""
    try:
        yield
    except (Image.DecompressionBombError, MemoryError) as error:
        hint = fill(
            "Reduce it to less than {max_pixels} megapixels, or save it as JPEG.", max_pixels=_MAX_PIXELS // 1_000_000
        )
        raise WeerslagError("the image has too many pixels to open safely", where=source, hint=hint) from error
    except FileNotFoundError as error:
        raise WeerslagError("there is no such image", where=source) from error
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error) as error:
        hint = "Save it again as JPEG or PNG."
        raise WeerslagError("the image cannot be read", where=source, hint=hint) from error
