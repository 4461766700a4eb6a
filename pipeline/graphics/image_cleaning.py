"""Cleans pictures from outside: upright, in sRGB, nothing of what a camera or a person wrote into them. The doorway to Pillow."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from pipeline.errors import WeerslagError

COVER_PX = 3000
COVER_MIN_PX = 1400  # Apple and Spotify refuse less

_MOST_PIXELS = 80_000_000
_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)  # Exif 2.32, 4.6.4
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_COVER_BYTES = 1_000_000  # a photograph needs more than a drawing; the tag of an episode takes a smaller one
_QUALITIES = (90, 84, 76, 66, 54)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureJob:
    """A picture from outside, and where its clean copy goes (.png stays PNG, anything else becomes JPEG)."""

    source: str
    out: str
    max_px: int = COVER_PX  # of the longer side


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """What came out: upright, sRGB, without metadata."""

    width_px: int
    height_px: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FitJob:
    """A programme's own cover, as it came."""

    source: str
    out: str  # a .jpg
    size_px: int = COVER_PX  # at most


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverFacts:
    """What came out: a square JPEG in RGB, without metadata."""

    width_px: int
    size_bytes: int


def clean_picture(job: PictureJob) -> PictureFacts:
    """The picture itself and nothing else: upright, in sRGB, at most ``max_px``; no EXIF, XMP, comment or profile.

    Raises:
        WeerslagError: it is no JPEG, PNG or WebP, is broken or too large, or the copy cannot be written.
    """
    image = opened(job.source)
    image.thumbnail((job.max_px, job.max_px))
    return write_clean(image, job.out)


def fit_cover(job: FitJob) -> CoverFacts:
    """The middle square of the picture as a clean JPEG, between the 1400 px that directories want and ``size_px``.

    Raises:
        WeerslagError: as ``clean_picture``, or it is smaller than 1400 px.
    """
    image = opened(job.source)
    side = min(image.size)
    if side < COVER_MIN_PX:
        raise WeerslagError(
            f"the cover is {image.width} × {image.height} px, and podcast directories want {COVER_MIN_PX} at least",
            where=job.source,
            hint="Give a larger picture (3000 × 3000 is best), or none: then a cover is drawn from the sound.",
        )
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    square.thumbnail((job.size_px, job.size_px))
    content = jpeg_bytes(on_white(square), most_bytes=_MOST_COVER_BYTES)
    write_picture(job.out, content)
    return CoverFacts(width_px=square.width, size_bytes=len(content))


def jpeg_bytes(image: Image.Image, *, most_bytes: int | None = None) -> bytes:
    """A bare JPEG, as good as fits in ``most_bytes``.

    Baseline, since some players in cars show no other; no colour is thinned out, so that words stay sharp.
    """
    bare = _bare(image)
    for quality in _QUALITIES:
        held = BytesIO()
        bare.save(held, "JPEG", quality=quality, subsampling=0, optimize=True)
        if most_bytes is None or held.tell() <= most_bytes:
            break
    return held.getvalue()


def write_clean(image: Image.Image, out: str) -> PictureFacts:
    """The pixels and nothing else: a .png as PNG, anything else as JPEG.

    Raises:
        WeerslagError: it cannot be written.
    """
    content = _png_bytes(image) if out.endswith(".png") else jpeg_bytes(on_white(image))
    write_picture(out, content)
    return PictureFacts(width_px=image.width, height_px=image.height, size_bytes=len(content))


def write_picture(out: str, content: bytes) -> None:
    """Write a picture that is whole already.

    Raises:
        WeerslagError: it cannot be written.
    """
    try:
        Path(out).write_bytes(content)
    except OSError as error:
        raise WeerslagError(f"the picture cannot be written: {error.strerror}", where=out) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLook:
    """A picture as it lies there: nothing is turned, converted or written."""

    form: str  # JPEG, PNG, WEBP
    width_px: int
    height_px: int
    mode: str  # Pillow's word: RGB, L, CMYK, P …
    has_alpha: bool


def looked_at(source: str) -> PictureLook:
    """What a picture is, decoded to its last pixel.

    Raises:
        WeerslagError: it is none, or has too many pixels.
    """
    with _as_our_error(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(source, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Image.DecompressionBombError(f"{image.width} × {image.height}")
            image.load()
            alpha = "A" in image.getbands() or "transparency" in image.info
            return PictureLook(
                form=str(image.format), width_px=image.width, height_px=image.height, mode=image.mode, has_alpha=alpha
            )


def upright_px(source: str) -> tuple[int, int]:
    """Width and height of a picture as people see it; only its head is read.

    Raises:
        WeerslagError: it is none.
    """
    with _as_our_error(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(source, formats=_FORMATS) as image:
            turned = image.getexif().get(_ORIENTATION, 1) in _ON_ITS_SIDE
            return (image.height, image.width) if turned else image.size


def opened(source: str) -> Image.Image:
    """Decoded, upright, in sRGB, with an alpha channel only if the file has one."""
    with _as_our_error(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is odd in a file that comes out whole all the same
        with Image.open(source, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise Image.DecompressionBombError(f"{image.width} × {image.height}")
            image.load()
            return _in_srgb(ImageOps.exif_transpose(image))


def _in_srgb(image: Image.Image) -> Image.Image:
    """By the picture's own colour profile if that can be used, else by Pillow's plain conversion."""
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if profile and not has_alpha:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile that does not fit its picture: go on without, as viewers do
        if converted:
            return converted
    return image.convert("RGBA" if has_alpha else "RGB")


def on_white(image: Image.Image) -> Image.Image:
    """Without an alpha channel: what was transparent is white."""
    if image.mode == "RGB":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _png_bytes(image: Image.Image) -> bytes:
    held = BytesIO()
    _bare(image).save(held, "PNG", optimize=True)
    return held.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """The pixels alone: Pillow would carry a comment, a profile or EXIF from the old file into the new one."""
    bare = image.copy()
    bare.info = {}
    return bare


@contextmanager
def _as_our_error(source: str) -> Iterator[None]:
    """Whatever Pillow raises about a broken file becomes one sentence; the list is what its decoders really raise."""
    try:
        yield
    except (Image.DecompressionBombError, MemoryError) as error:
        hint = f"Make it smaller than {_MOST_PIXELS // 1_000_000} megapixels."
        raise WeerslagError("the picture has too many pixels to open safely", where=source, hint=hint) from error
    except FileNotFoundError as error:
        raise WeerslagError("there is no such picture", where=source) from error
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, zlib.error) as error:
        hint = "Save it again as JPEG, PNG or WebP."
        raise WeerslagError("this is no picture that can be read", where=source, hint=hint) from error
