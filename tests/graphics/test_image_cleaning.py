"""Images from outside, and the covers that programmes supply."""

import struct
import subprocess
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from pipeline.errors import WeerslagError
from pipeline.graphics.image_cleaning import check_image, clean_image, fit_cover
from pipeline.graphics.tasks import CleanImageTask, FitCoverTask
from tests.graphics.conftest import is_near, open_image

CANARY = b"Jan de Vries, 52.0907 N"


def make_photo(format_, *, size=(64, 32)):
    """An image with red on its left half.

    A name and a place in each kind of metadata of its format.
    """
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, CANARY.decode()  # rotate to the right; a description
    exif.get_ifd(0x8825)[29] = CANARY.decode()  # GPS
    content = BytesIO()
    options = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    if format_ == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        chunks.add_text("Comment", CANARY.decode(), zip=False)
        options["pnginfo"] = chunks
    if format_ == "JPEG":
        options |= {"comment": CANARY, "quality": 95}
    if format_ in {"JPEG", "WEBP"}:
        options["xmp"] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + CANARY + b"</x:xmpmeta>"
    image.save(content, format_, **options)
    return content.getvalue()


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_image_is_rotated_and_loses_its_metadata(tmp_path, format_, suffix):
    source, out = tmp_path / "photo", tmp_path / f"out.{suffix}"
    source.write_bytes(make_photo(format_))
    assert CANARY in source.read_bytes()

    result = clean_image(CleanImageTask(source=str(source), out=str(out)))

    content = out.read_bytes()
    image = open_image(out)
    assert (32, 64, len(content)) == (result.width_px, result.height_px, result.size_bytes)
    assert is_near(image.convert("RGB").getpixel((16, 10)), (255, 0, 0), by=40)  # the left half is on top now
    assert not any(word in content for word in (CANARY, b"Exif", b"xmp", b"ICC", b"iCC", b"tEXt", b"iTXt"))


def test_image_is_shrunk_and_never_enlarged(tmp_path):
    (tmp_path / "in.png").write_bytes(make_photo("PNG", size=(400, 200)))

    results = [
        clean_image(CleanImageTask(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg"), max_px=max_px))
        for max_px in (100, 4000)
    ]

    assert [(50, 100), (200, 400)] == [(result.width_px, result.height_px) for result in results]


def test_transparency_becomes_white_in_jpeg_and_is_preserved_in_png(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "in.png")
    for name in ("out.jpg", "out.png"):
        clean_image(CleanImageTask(source=str(tmp_path / "in.png"), out=str(tmp_path / name)))

    assert (255, 255, 255) == open_image(tmp_path / "out.jpg").getpixel((4, 4))
    assert open_image(tmp_path / "out.png").getpixel((4, 4))[3] == 0


def test_cmyk_is_converted_to_rgb(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "in.jpg")

    clean_image(CleanImageTask(source=str(tmp_path / "in.jpg"), out=str(tmp_path / "out.jpg")))

    assert is_near(open_image(tmp_path / "out.jpg").getpixel((8, 8)), (255, 0, 0), by=40)


def test_supplied_cover_becomes_its_central_square(tmp_path):
    image = Image.new("RGB", (2000, 1500), "white")
    image.paste("green", (250, 0, 1750, 1500))
    image.save(tmp_path / "in.png")

    result = fit_cover(FitCoverTask(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg")))

    cover = open_image(tmp_path / "out.jpg")
    assert ((1500, 1500), 1500, "JPEG") == (cover.size, result.width_px, cover.format)
    assert is_near(cover.getpixel((3, 3)), (0, 128, 0))
    assert is_near(cover.getpixel((1496, 1496)), (0, 128, 0))


def test_cover_below_1400_px_is_rejected(tmp_path):
    Image.new("RGB", (3000, 1399)).save(tmp_path / "in.png")

    with pytest.raises(WeerslagError, match="3000 × 1399 px; podcast directories require at least 1400"):
        fit_cover(FitCoverTask(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg")))


def make_huge_png():
    """A PNG whose header declares 400 million pixels, in a hundred bytes."""
    content = make_photo("PNG")
    return content[:16] + struct.pack(">II", 20_000, 20_000) + content[24:]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe EPSF",
        make_photo("JPEG")[:300],
        make_huge_png(),
    ],
    ids=["empty", "svg", "eps", "truncated", "huge"],
)
def test_unusable_file_is_an_error_and_writes_nothing(tmp_path, content):
    (tmp_path / "in.jpg").write_bytes(content)

    with pytest.raises(WeerslagError) as error:
        clean_image(CleanImageTask(source=str(tmp_path / "in.jpg"), out=str(tmp_path / "out.jpg")))

    assert str(tmp_path / "in.jpg") == error.value.where
    assert not (tmp_path / "out.jpg").exists()


def test_missing_file_and_folder_are_errors(tmp_path):
    for source in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(WeerslagError, match="image"):
            clean_image(CleanImageTask(source=str(source), out=str(tmp_path / "out.jpg")))


SEEDS = [make_photo(format_) for format_ in ("JPEG", "PNG", "WEBP")]


@given(seed=st.sampled_from(SEEDS), hits=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=12))
@settings(max_examples=300)
def test_damaged_bytes_raise_only_weerslag_errors(seed, hits, tmp_path_factory):
    damaged = bytearray(seed)
    for offset, value in hits:
        damaged[offset % len(damaged)] = value
    source = tmp_path_factory.getbasetemp() / "damaged.jpg"
    source.write_bytes(damaged)

    with suppress(WeerslagError):
        result = clean_image(CleanImageTask(source=str(source), out=f"{source}.png"))
        assert open_image(f"{source}.png").size == (result.width_px, result.height_px)


def test_16_bits_of_grey_keep_their_tones(tmp_path):
    source, out = tmp_path / "grey.png", tmp_path / "out.png"
    steps = struct.pack("<256H", *(257 * value for value in range(256)))
    Image.frombytes("I;16", (256, 1), steps).save(source)

    clean_image(CleanImageTask(source=str(source), out=str(out)))

    found = open_image(out).convert("L")
    assert all(abs(found.getpixel((value, 0)) - value) <= 1 for value in range(256))


@pytest.mark.parametrize(("format_", "mode"), [("TIFF", "RGB"), ("TIFF", "CMYK"), ("GIF", "P"), ("GIF", "L")])
def test_tiff_and_gif_can_be_used(tmp_path, format_, mode):
    source, out = tmp_path / "photo", tmp_path / "out.jpg"
    Image.new("RGB", (40, 30), "red").convert(mode).save(source, format_)

    clean_image(CleanImageTask(source=str(source), out=str(out)))

    image = open_image(out)
    red = image.convert("RGB").getpixel((20, 15))
    assert ("JPEG", (40, 30)) == (image.format, image.size)
    assert is_near(red, (76, 76, 76) if mode == "L" else (255, 0, 0), by=30)


@pytest.mark.external
def test_heic_photo_can_be_used(tmp_path):
    Image.new("RGB", (160, 120), "red").save(tmp_path / "photo.png")
    run = ["heif-enc", "-o", str(tmp_path / "photo.heic"), str(tmp_path / "photo.png")]
    subprocess.run(run, check=True, capture_output=True)  # of the Debian package libheif-examples

    clean_image(CleanImageTask(source=str(tmp_path / "photo.heic"), out=str(tmp_path / "out.jpg")))

    image = open_image(tmp_path / "out.jpg")
    assert (160, 120) == image.size
    assert is_near(image.getpixel((80, 60)), (255, 0, 0), by=40)


def test_photo_of_a_hundred_megapixels_is_reduced(tmp_path):
    source, out = tmp_path / "photo.jpg", tmp_path / "out.jpg"
    Image.new("L", (12_000, 9_000), 128).save(source, quality=30)

    result = clean_image(CleanImageTask(source=str(source), out=str(out)))

    assert (3000, 2250) == (result.width_px, result.height_px)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing", "as PNG"),
        (b"%PDF-1.7\n", "a PDF", "as PNG"),
        (b"8BPS\0\1", "a Photoshop file", "as JPEG or PNG"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "raw camera image", "as JPEG"),
        (b"PK\x03\x04" + bytes(40), "a zip file or a document", "Save the picture in it"),
        (b"<!DOCTYPE html><html>", "a web page", "Download the picture itself"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "cannot be read", "as JPEG or PNG"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_other_format_is_refused_with_the_step_that_helps(tmp_path, content, message, hint):
    (tmp_path / "picture").write_bytes(content)

    with pytest.raises(WeerslagError, match=message) as caught:
        check_image(str(tmp_path / "picture"))

    assert hint in caught.value.hint
