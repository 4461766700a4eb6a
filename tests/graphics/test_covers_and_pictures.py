"""Covers that are drawn, and pictures that come from outside."""

import random
import struct
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageColor, PngImagePlugin

from pipeline.errors import WeerslagError
from pipeline.graphics import (
    INKS,
    PAPER,
    CoverJob,
    FitJob,
    PictureJob,
    ShareJob,
    clean_picture,
    draw_cover,
    draw_share,
    fit_cover,
)
from pipeline.graphics.covers import TITLE_ROOM
from pipeline.graphics.text_layout import Words
from pipeline.model import Trace, from_plain, to_plain
from pipeline.typesetting import templates_folder

FONTS = str(templates_folder() / "fonts")
LONG = "Het lef om het kleinschalig en menselijk te houden in een grote organisatie vol kinderopvangtoeslagaffaires"


def talk(seed):
    chance = random.Random(seed)
    return Trace(bar_s=20, heights=tuple(round(chance.uniform(0.1, 1), 3) for _ in range(180)))


def job(tmp_path, **changes):
    given = {
        "kind": "episode",
        "traces": (talk(1),),
        "inks": (2,),
        "title": "Burger centraal",
        "label": "1",
        "size_px": 600,
    }
    return CoverJob(**given | {"fonts": FONTS, "out": str(tmp_path / "cover.jpg")} | changes)


def programme(tmp_path, **changes):
    four = {"kind": "programme", "traces": tuple(map(talk, range(4))), "inks": (1, 2, 3, 4), "label": "Leerprogramma"}
    return job(tmp_path, **four | {"title": "Ambtenaar van Nu"} | changes)


def segments(content):
    """The markers of a JPEG up to its picture data (ITU T.81, annex B)."""
    place, found = 2, []
    while content[place + 1] != 0xDA:
        found.append(content[place + 1])
        place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
    return found


def opened(file):
    return Image.open(BytesIO(Path(file).read_bytes()))


def near(one, other, *, by=12):
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def test_a_full_cover_is_what_directories_ask_for(tmp_path):
    facts = draw_cover(programme(tmp_path, size_px=3000))

    content = (tmp_path / "cover.jpg").read_bytes()
    image = Image.open(BytesIO(content))
    assert ("JPEG", "RGB", (3000, 3000)) == (image.format, image.mode, image.size)
    assert (3000, len(content)) == (facts.width_px, facts.size_bytes)
    assert len(content) <= 500_000
    assert {0xE0, 0xDB, 0xC0, 0xC4} == set(segments(content))  # JFIF, tables, baseline; no EXIF, no comment, no profile
    assert not image.info.get("exif")


@pytest.mark.parametrize("title", ["Burger centraal", LONG], ids=["short", "long"])
def test_nothing_is_drawn_in_the_lowest_fifth(tmp_path, title):
    draw_cover(job(tmp_path, title=title, label="12"))

    foot = opened(tmp_path / "cover.jpg").crop((0, 480, 600, 600))
    assert all(near(colour, ImageColor.getrgb(INKS[1])) for _, colour in foot.getcolors(100_000))


def test_a_programme_shows_each_trace_in_its_ink_on_paper_and_its_title_in_the_left_two_thirds(tmp_path):
    draw_cover(programme(tmp_path))

    image = opened(tmp_path / "cover.jpg")
    seen = [colour for _, colour in image.getcolors(500_000)]
    assert all(any(near(colour, ImageColor.getrgb(wanted)) for colour in seen) for wanted in INKS[:4])
    right = image.crop((402, 340, 600, 600))
    assert all(near(colour, ImageColor.getrgb(PAPER)) for _, colour in right.getcolors(100_000))


@given(title=st.text(st.characters(codec="latin-1", categories=["L", "P", "Zs"]), max_size=200) | st.just("a" * 300))
@settings(max_examples=60)
def test_no_title_is_smaller_than_nine_percent_or_wider_than_the_cover(title):
    words = Words(title, folder=FONTS, font="SourceSerif4-Semibold.ttf.woff2")

    size, lines = words.fitted(TITLE_ROOM)

    assert 0.09 == min(TITLE_ROOM.sizes) <= size
    assert len(lines) <= 5
    assert all(words.width(line, size) <= 0.93 for line in lines)


def test_a_long_word_breaks_at_its_soft_hyphen(tmp_path):
    words = Words("Kinderopvang\u00adtoeslagaffaires", folder=FONTS, font="SourceSerif4-Semibold.ttf.woff2")

    assert ["Kinderopvang-", "toeslagaffaires"] == words.fitted(TITLE_ROOM)[1]


def test_the_same_job_gives_the_same_bytes_and_travels_as_json(tmp_path):
    asked = job(tmp_path)
    draw_cover(asked)
    first = (tmp_path / "cover.jpg").read_bytes()

    draw_cover(from_plain(CoverJob, to_plain(asked)))

    assert first == (tmp_path / "cover.jpg").read_bytes()


@pytest.mark.parametrize("traces", [(), (Trace(bar_s=1, heights=()),), (Trace(bar_s=1, heights=(0.0,)),)])
def test_a_cover_can_do_without_sound(tmp_path, traces):
    assert draw_cover(programme(tmp_path, traces=traces, inks=(1,) * len(traces))).width_px == 600


def test_a_missing_font_and_a_missing_folder_are_told(tmp_path):
    with pytest.raises(WeerslagError, match="font cannot be read"):
        draw_cover(job(tmp_path, fonts=str(tmp_path)))
    with pytest.raises(WeerslagError, match="cannot be written"):
        draw_cover(job(tmp_path, out=str(tmp_path / "none" / "cover.jpg")))


# ------------------------------------------------------------------------------------------------------------- pictures

CANARY = b"Jan de Vries, 52.0907 N"


def photo(form, *, size=(64, 32)):
    """A picture with red on its left half, and a name and a place in every corner where a file can keep one."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, CANARY.decode()  # to be turned to the right; a description
    exif.get_ifd(0x8825)[29] = CANARY.decode()  # GPS
    held = BytesIO()
    named = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    if form == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        told.add_text("Comment", CANARY.decode(), zip=False)
        named["pnginfo"] = told
    if form == "JPEG":
        named |= {"comment": CANARY, "quality": 95}
    if form in {"JPEG", "WEBP"}:
        named["xmp"] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + CANARY + b"</x:xmpmeta>"
    image.save(held, form, **named)
    return held.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_comes_out_upright_and_says_nothing_but_itself(tmp_path, form, suffix):
    source, out = tmp_path / "photo", tmp_path / f"out.{suffix}"
    source.write_bytes(photo(form))
    assert CANARY in source.read_bytes()

    facts = clean_picture(PictureJob(source=str(source), out=str(out)))

    content = out.read_bytes()
    image = opened(out)
    assert (32, 64, len(content)) == (facts.width_px, facts.height_px, facts.size_bytes)
    assert near(image.convert("RGB").getpixel((16, 10)), (255, 0, 0), by=40)  # what was left is on top now
    assert not any(word in content for word in (CANARY, b"Exif", b"xmp", b"ICC", b"iCC", b"tEXt", b"iTXt"))


def test_a_picture_is_made_smaller_but_never_larger(tmp_path):
    (tmp_path / "in.png").write_bytes(photo("PNG", size=(400, 200)))

    facts = [
        clean_picture(PictureJob(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg"), max_px=most))
        for most in (100, 4000)
    ]

    assert [(50, 100), (200, 400)] == [(fact.width_px, fact.height_px) for fact in facts]


def test_what_shines_through_is_white_in_a_jpeg_and_stays_so_in_a_png(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "in.png")
    for name in ("out.jpg", "out.png"):
        clean_picture(PictureJob(source=str(tmp_path / "in.png"), out=str(tmp_path / name)))

    assert (255, 255, 255) == opened(tmp_path / "out.jpg").getpixel((4, 4))
    assert opened(tmp_path / "out.png").getpixel((4, 4))[3] == 0


def test_a_picture_in_printing_inks_comes_out_in_rgb(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "in.jpg")

    clean_picture(PictureJob(source=str(tmp_path / "in.jpg"), out=str(tmp_path / "out.jpg")))

    assert near(opened(tmp_path / "out.jpg").getpixel((8, 8)), (255, 0, 0), by=40)


def test_a_given_cover_becomes_its_middle_square(tmp_path):
    image = Image.new("RGB", (2000, 1500), "white")
    image.paste("green", (250, 0, 1750, 1500))
    image.save(tmp_path / "in.png")

    facts = fit_cover(FitJob(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg")))

    cover = opened(tmp_path / "out.jpg")
    assert ((1500, 1500), 1500, "JPEG") == (cover.size, facts.width_px, cover.format)
    assert near(cover.getpixel((3, 3)), (0, 128, 0))
    assert near(cover.getpixel((1496, 1496)), (0, 128, 0))


def test_a_cover_that_directories_would_refuse_is_refused(tmp_path):
    Image.new("RGB", (3000, 1399)).save(tmp_path / "in.png")

    with pytest.raises(WeerslagError, match="3000 × 1399 px, and podcast directories want 1400"):
        fit_cover(FitJob(source=str(tmp_path / "in.png"), out=str(tmp_path / "out.jpg")))


def huge_png():
    """A PNG that promises 400 million pixels in a hundred bytes."""
    whole = photo("PNG")
    return whole[:16] + struct.pack(">II", 20_000, 20_000) + whole[24:]


def gif():
    held = BytesIO()
    Image.new("P", (4, 4)).save(held, "GIF")
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe EPSF", gif(), photo("JPEG")[:300], huge_png()],
    ids=["empty", "svg", "eps", "gif", "cut", "huge"],
)
def test_what_is_no_picture_is_told_and_nothing_is_written(tmp_path, content):
    (tmp_path / "in.jpg").write_bytes(content)

    with pytest.raises(WeerslagError) as told:
        clean_picture(PictureJob(source=str(tmp_path / "in.jpg"), out=str(tmp_path / "out.jpg")))

    assert str(tmp_path / "in.jpg") == told.value.where
    assert not (tmp_path / "out.jpg").exists()


def test_a_picture_that_is_not_there_and_a_folder_are_told(tmp_path):
    for source in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(WeerslagError, match="picture"):
            clean_picture(PictureJob(source=str(source), out=str(tmp_path / "out.jpg")))


SEEDS = [photo(form) for form in ("JPEG", "PNG", "WEBP")]


@given(seed=st.sampled_from(SEEDS), hits=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=12))
@settings(max_examples=300)
def test_whatever_the_bytes_only_our_error_leaves_the_doorway(seed, hits, tmp_path_factory):
    broken = bytearray(seed)
    for place, value in hits:
        broken[place % len(broken)] = value
    source = tmp_path_factory.getbasetemp() / "broken.jpg"
    source.write_bytes(broken)

    with suppress(WeerslagError):
        facts = clean_picture(PictureJob(source=str(source), out=f"{source}.png"))
        assert opened(f"{source}.png").size == (facts.width_px, facts.height_px)


def share(tmp_path, **changes):
    given = {"traces": (talk(1),), "inks": (2,), "on_ink": True, "title": "Burger centraal", "label": "Aflevering 1"}
    return ShareJob(**given | {"fonts": FONTS, "out": str(tmp_path / "share.png")} | changes)


def drawn_share(asked):
    facts = draw_share(asked)
    with Image.open(asked.out) as image:
        image.load()
        return facts, image


def rows_of(image, colour):
    """The rows of ``image`` in which that very colour stands."""
    wanted = ImageColor.getrgb(colour)
    return [
        y
        for y in range(image.height)
        if wanted in {pixel for _, pixel in image.crop((0, y, image.width, y + 1)).getcolors(2000)}
    ]


def test_a_shared_picture_is_a_png_of_the_size_that_channels_want_and_light(tmp_path):
    facts, image = drawn_share(share(tmp_path))

    assert (1200, 630, "PNG", "RGB", {}) == (*image.size, image.format, image.mode, image.info)
    assert facts.size_bytes == (tmp_path / "share.png").stat().st_size < 150_000


def test_a_shared_picture_of_an_event_is_paper_on_its_ink_and_of_a_programme_ink_on_paper(tmp_path):
    _, event = drawn_share(share(tmp_path))
    _, programme = drawn_share(share(tmp_path, on_ink=False, traces=tuple(map(talk, range(3))), inks=(1, 2, 3)))

    assert ImageColor.getrgb(INKS[1]) == event.getpixel((5, 5))
    assert ImageColor.getrgb(PAPER) == programme.getpixel((5, 5))
    tops = [rows_of(programme, ink)[0] for ink in INKS[:3]]
    assert tops == sorted(tops)
    assert rows_of(programme, INKS[0])[-1] < tops[1]


@pytest.mark.parametrize("title", ["X", "Hoe creëer je vertrouwen tussen burger en ambtenaar?", LONG * 3, "a" * 400])
def test_the_words_of_a_shared_picture_stay_inside_it_and_over_the_trace(tmp_path, title):
    _, silent = drawn_share(share(tmp_path, title=title, traces=()))
    _, image = drawn_share(share(tmp_path, title=title))
    ground = ImageColor.getrgb(INKS[1])
    edges = [silent.crop(box).getcolors() for box in ((0, 0, 55, 300), (1145, 0, 1200, 300), (0, 0, 1200, 50))]
    words, dots = _stretches(rows_of(silent, PAPER))[:-1], _stretches(rows_of(silent, PAPER))[-1]

    assert [[ground]] * 3 == [[colour for _, colour in found] for found in edges]
    assert words[-1][1] < dots[0]  # air between the last line and what stands for the trace
    assert max(rows_of(image, PAPER)) <= 630 * 0.93
    assert 24 > dots[1] - dots[0]  # of which nothing was heard


def _stretches(rows):
    """First and last of each run of neighbours."""
    ends = [row for row in rows if row + 1 not in rows]
    return list(zip([row for row in rows if row - 1 not in rows], ends, strict=True))


def test_the_same_share_gives_the_same_bytes_and_travels_as_json(tmp_path):
    asked = share(tmp_path)
    draw_share(asked)
    first = (tmp_path / "share.png").read_bytes()

    draw_share(from_plain(ShareJob, to_plain(asked)))

    assert first == (tmp_path / "share.png").read_bytes()
