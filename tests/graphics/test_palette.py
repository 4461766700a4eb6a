"""The contrast of the colours."""

import pytest
from PIL import ImageColor

from pipeline.graphics.palette import ACCENT, EVENT_COLOURS, GREY, INK, PAPER, get_event_colour
from pipeline.graphics.waveform_svg import _OPACITIES


def compute_luminance(colour):
    parts = [part / 255 for part in ImageColor.getrgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(one, other):
    """The contrast ratio of WCAG 2.1."""
    dark, light = sorted((compute_luminance(one), compute_luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def blend(colour, background, opacity):
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(background), strict=True)
    return "#" + "".join(f"{round(over * opacity + under * (1 - opacity)):02x}" for over, under in pairs)


@pytest.mark.parametrize("colour", EVENT_COLOURS)
def test_white_and_paper_are_legible_on_event_colours(colour):
    assert compute_contrast("#FFFFFF", colour) >= 4.5
    assert compute_contrast(PAPER, colour) >= 4.5


@pytest.mark.parametrize("colour", EVENT_COLOURS)
@pytest.mark.parametrize("opacity", _OPACITIES)
def test_both_tints_of_a_waveform_are_visible(colour, opacity):
    assert compute_contrast(blend(colour, PAPER, float(opacity)), PAPER) >= 3  # WCAG 2.1, 1.4.11
    assert compute_contrast(blend(PAPER, colour, float(opacity)), colour) >= 3


def test_ink_and_grey_are_legible_on_paper_and_ink_on_the_accent():
    assert min(compute_contrast(INK, PAPER), compute_contrast(GREY, PAPER), compute_contrast(INK, ACCENT)) >= 4.5


def test_event_colours_repeat():
    assert [EVENT_COLOURS[0], EVENT_COLOURS[5], EVENT_COLOURS[0]] == [get_event_colour(n) for n in (1, 6, 7)]
