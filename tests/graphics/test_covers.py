"""Covers of programmes and episodes."""

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from pipeline.errors import WeerslagError
from pipeline.graphics.covers import TITLE_BOX, draw_cover
from pipeline.graphics.palette import EVENT_COLOURS, PAPER
from pipeline.graphics.tasks import CoverTask
from pipeline.graphics.text_layout import TextBlock
from pipeline.model import Waveform, from_json, to_json
from tests.graphics.conftest import FONTS, LONG_TITLE, is_near, make_waveform, open_image


def make_task(tmp_path, **changes):
    fields = {
        "kind": "episode",
        "waveforms": (make_waveform(1),),
        "colours": (2,),
        "title": "Burger centraal",
        "label": "1",
        "size_px": 600,
    }
    return CoverTask(**fields | {"fonts": FONTS, "out": str(tmp_path / "cover.jpg")} | changes)


def make_programme_task(tmp_path, **changes):
    waveforms = tuple(map(make_waveform, range(4)))
    fields = {"kind": "programme", "waveforms": waveforms, "colours": (1, 2, 3, 4), "label": "Leerprogramma"}
    return make_task(tmp_path, **fields | {"title": "Ambtenaar van Nu"} | changes)


def list_jpeg_segments(content):
    """The markers of a JPEG up to its image data (ITU T.81, annex B)."""
    offset, found = 2, []
    while content[offset + 1] != 0xDA:
        found.append(content[offset + 1])
        offset += 2 + struct.unpack(">H", content[offset + 2 : offset + 4])[0]
    return found


def test_cover_meets_the_requirements_of_directories(tmp_path):
    result = draw_cover(make_programme_task(tmp_path, size_px=3000))

    content = (tmp_path / "cover.jpg").read_bytes()
    image = Image.open(BytesIO(content))
    assert ("JPEG", "RGB", (3000, 3000)) == (image.format, image.mode, image.size)
    assert (3000, len(content)) == (result.width_px, result.size_bytes)
    assert len(content) <= 500_000
    assert {0xE0, 0xDB, 0xC0, 0xC4} == set(list_jpeg_segments(content))  # baseline; no EXIF, comment or profile
    assert not image.info.get("exif")


@pytest.mark.parametrize("title", ["Burger centraal", LONG_TITLE], ids=["short", "long"])
def test_lowest_fifth_stays_empty(tmp_path, title):
    draw_cover(make_task(tmp_path, title=title, label="12"))

    foot = open_image(tmp_path / "cover.jpg").crop((0, 480, 600, 600))
    assert all(is_near(colour, ImageColor.getrgb(EVENT_COLOURS[1])) for _, colour in foot.getcolors(100_000))


def test_programme_cover_has_coloured_waveforms_and_its_title_in_the_left_two_thirds(tmp_path):
    draw_cover(make_programme_task(tmp_path))

    image = open_image(tmp_path / "cover.jpg")
    seen = [colour for _, colour in image.getcolors(500_000)]
    assert all(any(is_near(colour, ImageColor.getrgb(expected)) for colour in seen) for expected in EVENT_COLOURS[:4])
    right = image.crop((402, 340, 600, 600))
    assert all(is_near(colour, ImageColor.getrgb(PAPER)) for _, colour in right.getcolors(100_000))


@given(title=st.text(st.characters(codec="latin-1", categories=["L", "P", "Zs"]), max_size=200) | st.just("a" * 300))
@settings(max_examples=60)
def test_title_is_at_least_nine_percent_high_and_fits_the_width(title):
    text = TextBlock(title, folder=FONTS, font="SourceSerif4-Semibold.ttf.woff2")

    size, lines = text.fit_box(TITLE_BOX)

    assert 0.09 == min(TITLE_BOX.sizes) <= size
    assert len(lines) <= 5
    assert all(text.measure_width(line, size) <= 0.93 for line in lines)


def test_long_word_breaks_at_its_soft_hyphen():
    text = TextBlock("Kinderopvang\u00adtoeslagaffaires", folder=FONTS, font="SourceSerif4-Semibold.ttf.woff2")

    assert ["Kinderopvang-", "toeslagaffaires"] == text.fit_box(TITLE_BOX)[1]


def test_same_task_produces_the_same_bytes_after_a_json_round_trip(tmp_path):
    task = make_task(tmp_path)
    draw_cover(task)
    first = (tmp_path / "cover.jpg").read_bytes()

    draw_cover(from_json(CoverTask, to_json(task)))

    assert first == (tmp_path / "cover.jpg").read_bytes()


@pytest.mark.parametrize("waveforms", [(), (Waveform(bar_s=1, heights=()),), (Waveform(bar_s=1, heights=(0.0,)),)])
def test_cover_without_audio_is_drawn(tmp_path, waveforms):
    task = make_programme_task(tmp_path, waveforms=waveforms, colours=(1,) * len(waveforms))

    assert draw_cover(task).width_px == 600


def test_missing_font_and_missing_folder_are_errors(tmp_path):
    with pytest.raises(WeerslagError, match="font cannot be read"):
        draw_cover(make_task(tmp_path, fonts=str(tmp_path)))
    with pytest.raises(WeerslagError, match="cannot be written"):
        draw_cover(make_task(tmp_path, out=str(tmp_path / "none" / "cover.jpg")))
