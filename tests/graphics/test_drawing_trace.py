"""The trace: one geometry, one drawing of it in SVG; the inks; the QR codes."""

import itertools
import math
import re
import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
import weasyprint
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageDraw

from pipeline.errors import WeerslagError
from pipeline.graphics import ACCENT, GREY, INK, INKS, PAPER, bars, ink, qr_svg, trace_svg
from pipeline.graphics.waveform import _TINTS
from pipeline.model import Trace

SVG = "{http://www.w3.org/2000/svg}"
TALK = Trace(bar_s=20, heights=tuple(abs(math.sin(n / 7)) if n % 40 else 0.0 for n in range(180)))
traces = st.builds(
    Trace, bar_s=st.floats(0.1, 60), heights=st.lists(st.floats(0, 1), min_size=1, max_size=240).map(tuple)
)


def luminance(colour):
    parts = [part / 255 for part in ImageColor.getrgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.1, contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def thinned(colour, ground, opacity):
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(ground), strict=True)
    return "#" + "".join(f"{round(over * opacity + under * (1 - opacity)):02x}" for over, under in pairs)


@pytest.mark.parametrize("colour", INKS)
def test_white_and_paper_can_be_read_on_each_ink_and_each_ink_on_paper(colour):
    assert contrast("#FFFFFF", colour) >= 4.5
    assert contrast(PAPER, colour) >= 4.5


@pytest.mark.parametrize("colour", INKS)
@pytest.mark.parametrize("tint", _TINTS)
def test_both_tints_of_a_trace_are_seen_on_paper_and_on_ink(colour, tint):
    assert contrast(thinned(colour, PAPER, float(tint)), PAPER) >= 3  # WCAG 2.1, 1.4.11
    assert contrast(thinned(PAPER, colour, float(tint)), colour) >= 3


def test_words_can_be_read_in_ink_and_grey_on_paper_and_in_ink_on_the_accent():
    assert min(contrast(INK, PAPER), contrast(GREY, PAPER), contrast(INK, ACCENT)) >= 4.5


def test_after_the_last_ink_comes_the_first_again():
    assert [INKS[0], INKS[5], INKS[0]] == [ink(1), ink(6), ink(7)]


@given(trace=traces, width=st.floats(10, 3000), height=st.floats(1, 500))
def test_bars_fill_the_width_are_mirrored_and_leave_a_third_of_a_bar_between_them(trace, width, height):
    drawn = bars(trace, width=width, height=height)

    assert len(trace.heights) == len(drawn)
    assert drawn[0].x == 0
    assert all(math.isclose(bar.y + bar.height / 2, height / 2) for bar in drawn)
    assert all(bar.width <= bar.height <= height * 1.000001 for bar in drawn)
    if drawn[0].width < height:
        assert math.isclose(drawn[-1].x + drawn[-1].width, width)
        assert all(math.isclose(b.x - a.x - a.width, a.width / 3) for a, b in itertools.pairwise(drawn))


def test_silence_leaves_a_dot_and_loudness_the_full_height():
    silent, loud = bars(Trace(bar_s=1, heights=(0.0, 1.0)), width=70, height=100)

    assert (silent.width, loud.height) == (silent.height, 100)


def test_each_bar_knows_its_chapter():
    drawn = bars(Trace(bar_s=10, heights=(0.5,) * 6), width=60, height=10, chapters_s=(0, 19, 42), duration_s=60)

    assert [0, 0, 1, 1, 2, 2] == [bar.chapter for bar in drawn]


def test_the_drawing_is_an_image_with_a_title_or_decoration_without_a_word():
    said = ET.fromstring(trace_svg(TALK, width=720, height=96, title='<Spoor> & "zo"'))
    silent = ET.fromstring(trace_svg(TALK, width=720, height=96))

    assert ("img", '<Spoor> & "zo"') == (said.get("role"), said.findtext(f"{SVG}title"))
    assert ("true", None, None) == (silent.get("aria-hidden"), silent.get("role"), silent.find(f"{SVG}title"))


def test_chapters_alternate_in_tint_and_each_but_the_first_has_a_tick():
    root = ET.fromstring(trace_svg(TALK, width=720, height=96, chapters_s=(0, 600, 1800, 2400), duration_s=3600))
    paths = root.findall(f"{SVG}path")

    assert ["even", "odd", "even", "odd", "ticks"] == [path.get("class") for path in paths]
    assert len(TALK.heights) == sum(path.get("d").count("M") for path in paths[:-1])
    assert ["120", "360", "480"] == re.findall(r"M(\S+) ", paths[-1].get("d"))


def test_the_drawing_is_small_and_a_strict_content_security_policy_lets_it_in():
    svg = trace_svg(TALK, width=720, height=96, chapters_s=(0, 600), duration_s=3600, title="Spoor")

    assert len(svg) < 30 * len(TALK.heights)
    assert "style" not in svg
    assert not re.search(r"\d\.\d{3}", svg)


def test_a_trace_without_a_bar_is_an_empty_drawing():
    svg = trace_svg(Trace(bar_s=1, heights=()), width=10, height=10, chapters_s=(0, 5), duration_s=10)

    assert [] == list(ET.fromstring(svg))


def rasterised(html, tmp_path):
    pdf = weasyprint.HTML(string=html).write_pdf()
    (tmp_path / "page.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "96", "-png", "-singlefile", "page.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    return Image.open(tmp_path / "page.png").convert("RGB")


def test_on_paper_the_named_colour_is_what_comes_out(tmp_path):
    svg = trace_svg(Trace(bar_s=1, heights=(1.0,) * 3), width=70, height=20, colour=INKS[1])

    page = rasterised(
        f"<style>@page{{size:80px 30px;margin:5px}}body{{margin:0}}svg{{display:block}}</style>{svg}", tmp_path
    )

    assert ImageColor.getrgb(INKS[1]) == page.getpixel((5 + 10, 5 + 10))
    assert (255, 255, 255) == page.getpixel((5 + 24, 5 + 10))  # the gap


ADDRESSES = st.sampled_from(
    ["https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=41", "http://x.nl", "é"]
)


@given(address=ADDRESSES | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200))
def test_a_qr_code_has_its_finders_its_quiet_zone_and_says_what_it_is(address):
    root = ET.fromstring(qr_svg(address, title="Luister: 00:41"))
    side = int(root.get("width"))
    modules = read_modules(root)

    assert ("img", "Luister: 00:41") == (root.get("role"), root.findtext(f"{SVG}title"))
    assert (side - 8 - 17) % 4 == 0  # ISO/IEC 18004: 17 + 4 × version
    assert all(4 <= x < side - 4 and 4 <= y < side - 4 for x, y in modules)
    assert {(4, 4), (10, 10), (side - 5, 4), (4, side - 5)} <= modules


def read_modules(root):
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", root.find(f"{SVG}path").get("d"))
    return {(int(x) + n, int(y)) for x, y, length in runs for n in range(int(length))}


def test_a_scanner_reads_the_address_from_the_qr_code():
    address = "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=41"
    root = ET.fromstring(qr_svg(address, title="Luister"))
    image = Image.new("L", (int(root.get("width")) * 5,) * 2, 255)
    for x, y in read_modules(root):
        ImageDraw.Draw(image).rectangle((x * 5, y * 5, x * 5 + 4, y * 5 + 4), fill=0)
    held = BytesIO()
    image.save(held, "PNG")

    told = subprocess.run(  # zbarimg: apt-get install zbar-tools
        ["zbarimg", "--quiet", "--raw", "png:-"], input=held.getvalue(), capture_output=True, check=True, timeout=60
    )

    assert address == told.stdout.decode().strip()


def test_an_address_that_fits_in_no_code_is_told():
    with pytest.raises(WeerslagError, match="4000 characters"):
        qr_svg("x" * 4000, title="Luister")
