"""The estimated character widths against those of the font."""

import string

from fontTools.ttLib import TTFont

from pipeline.graphics.font_metrics import estimate_text_width
from tests.graphics.conftest import FONTS


def test_estimated_widths_are_close_to_those_of_the_font():
    font = TTFont(f"{FONTS}/SourceSerif4-Regular.ttf.woff2")
    glyphs, advances, units = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    widths = {char: advances[glyphs[ord(char)]][0] * 1000 / units for char in string.ascii_letters + string.digits}

    differences = {char: abs(width - estimate_text_width(char)) for char, width in widths.items()}

    assert {} == {char: round(difference) for char, difference in differences.items() if difference > 25}
