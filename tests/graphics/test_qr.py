"""QR codes as SVG."""

import re
import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pipeline.errors import WeerslagError
from pipeline.graphics.qr import draw_qr_svg

SVG = "{http://www.w3.org/2000/svg}"
ADDRESSES = st.sampled_from(
    ["https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=41", "http://x.nl", "é"]
)


def read_modules(root):
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", root.find(f"{SVG}path").get("d"))
    return {(int(x) + n, int(y)) for x, y, length in runs for n in range(int(length))}


@given(address=ADDRESSES | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200))
def test_code_has_finder_patterns_a_quiet_zone_and_a_title(address):
    root = ET.fromstring(draw_qr_svg(address, title="Luister: 00:41"))
    side = int(root.get("width"))
    modules = read_modules(root)

    assert ("img", "Luister: 00:41") == (root.get("role"), root.findtext(f"{SVG}title"))
    assert (side - 8 - 17) % 4 == 0  # ISO/IEC 18004: 17 + 4 × version
    assert all(4 <= x < side - 4 and 4 <= y < side - 4 for x, y in modules)
    assert {(4, 4), (10, 10), (side - 5, 4), (4, side - 5)} <= modules


@pytest.mark.external
def test_scanner_reads_the_address():
    address = "https://example.org/ambtenaar-van-nu/episodes/01-burger-centraal/#t=41"
    root = ET.fromstring(draw_qr_svg(address, title="Luister"))
    image = Image.new("L", (int(root.get("width")) * 5,) * 2, 255)
    for x, y in read_modules(root):
        ImageDraw.Draw(image).rectangle((x * 5, y * 5, x * 5 + 4, y * 5 + 4), fill=0)
    content = BytesIO()
    image.save(content, "PNG")

    scanned = subprocess.run(  # zbarimg: apt-get install zbar-tools
        ["zbarimg", "--quiet", "--raw", "png:-"], input=content.getvalue(), capture_output=True, check=True, timeout=60
    )

    assert address == scanned.stdout.decode().strip()


def test_address_that_is_too_long_is_an_error():
    with pytest.raises(WeerslagError, match="4000 characters"):
        draw_qr_svg("x" * 4000, title="Luister")
