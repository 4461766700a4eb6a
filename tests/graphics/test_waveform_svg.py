"""The geometry of waveforms, and their drawing as SVG."""

import itertools
import math
import re
import subprocess
import xml.etree.ElementTree as ET

import weasyprint
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from pipeline.graphics.palette import EVENT_COLOURS
from pipeline.graphics.waveform_svg import compute_bars, draw_waveform_svg
from pipeline.model import Waveform

SVG = "{http://www.w3.org/2000/svg}"
WAVEFORM = Waveform(bar_s=20, heights=tuple(abs(math.sin(n / 7)) if n % 40 else 0.0 for n in range(180)))
waveforms = st.builds(
    Waveform, bar_s=st.floats(0.1, 60), heights=st.lists(st.floats(0, 1), min_size=1, max_size=240).map(tuple)
)


@given(waveform=waveforms, width=st.floats(10, 3000), height=st.floats(1, 500))
def test_bars_fill_the_width_are_mirrored_and_have_gaps_of_a_third(waveform, width, height):
    bars = compute_bars(waveform, width=width, height=height)

    assert len(waveform.heights) == len(bars)
    assert bars[0].x == 0
    assert all(math.isclose(bar.y + bar.height / 2, height / 2) for bar in bars)
    assert all(bar.width <= bar.height <= height * 1.000001 for bar in bars)
    if bars[0].width < height:
        assert math.isclose(bars[-1].x + bars[-1].width, width)
        assert all(math.isclose(b.x - a.x - a.width, a.width / 3) for a, b in itertools.pairwise(bars))


def test_silence_is_a_dot_and_full_level_the_full_height():
    silent, loud = compute_bars(Waveform(bar_s=1, heights=(0.0, 1.0)), width=70, height=100)

    assert (silent.width, loud.height) == (silent.height, 100)


def test_bars_know_their_chapter():
    waveform = Waveform(bar_s=10, heights=(0.5,) * 6)

    bars = compute_bars(waveform, width=60, height=10, chapters_s=(0, 19, 42), duration_s=60)

    assert [0, 0, 1, 1, 2, 2] == [bar.chapter for bar in bars]


def test_svg_is_an_image_with_a_title_or_decorative_without():
    titled = ET.fromstring(draw_waveform_svg(WAVEFORM, width=720, height=96, title='<Spoor> & "zo"'))
    decorative = ET.fromstring(draw_waveform_svg(WAVEFORM, width=720, height=96))

    assert ("img", '<Spoor> & "zo"') == (titled.get("role"), titled.findtext(f"{SVG}title"))
    assert ("true", None, None) == (
        decorative.get("aria-hidden"),
        decorative.get("role"),
        decorative.find(f"{SVG}title"),
    )


def test_chapters_alternate_in_tint_and_all_but_the_first_have_a_tick():
    chapters_s = (0, 600, 1800, 2400)
    root = ET.fromstring(draw_waveform_svg(WAVEFORM, width=720, height=96, chapters_s=chapters_s, duration_s=3600))
    paths = root.findall(f"{SVG}path")

    assert ["even", "odd", "even", "odd", "ticks"] == [path.get("class") for path in paths]
    assert len(WAVEFORM.heights) == sum(path.get("d").count("M") for path in paths[:-1])
    assert ["120", "360", "480"] == re.findall(r"M(\S+) ", paths[-1].get("d"))


def test_svg_is_small_and_allowed_by_a_strict_content_security_policy():
    svg = draw_waveform_svg(WAVEFORM, width=720, height=96, chapters_s=(0, 600), duration_s=3600, title="Spoor")

    assert len(svg) < 30 * len(WAVEFORM.heights)
    assert "style" not in svg
    assert not re.search(r"\d\.\d{3}", svg)


def test_waveform_without_bars_is_an_empty_image():
    svg = draw_waveform_svg(Waveform(bar_s=1, heights=()), width=10, height=10, chapters_s=(0, 5), duration_s=10)

    assert [] == list(ET.fromstring(svg))


def rasterise(html, tmp_path):
    pdf = weasyprint.HTML(string=html).write_pdf()
    (tmp_path / "page.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "96", "-png", "-singlefile", "page.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    return Image.open(tmp_path / "page.png").convert("RGB")


def test_weasyprint_prints_the_colour(tmp_path):
    svg = draw_waveform_svg(Waveform(bar_s=1, heights=(1.0,) * 3), width=70, height=20, colour=EVENT_COLOURS[1])

    page = rasterise(
        f"<style>@page{{size:80px 30px;margin:5px}}body{{margin:0}}svg{{display:block}}</style>{svg}", tmp_path
    )

    assert ImageColor.getrgb(EVENT_COLOURS[1]) == page.getpixel((5 + 10, 5 + 10))
    assert (255, 255, 255) == page.getpixel((5 + 24, 5 + 10))  # the gap
