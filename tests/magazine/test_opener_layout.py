"""The left page of an event with a picture: it keeps its shape, and theme and waveform stay above it."""

import pytest

from pipeline.magazine.opener_layout import lay_out_opener
from pipeline.magazine.page_geometry import PAGE
from pipeline.model import Picture

THEME_TOP_MM = 34.0


def make_picture(width_px, height_px, **changes):
    return Picture(file="zaal.jpg", alt="Een zaal", width_px=width_px, height_px=height_px, **changes)


@pytest.mark.parametrize("bleed_mm", [0.0, 3.0, 5.0])
@pytest.mark.parametrize("size", [(3000, 2000), (4000, 3000), (1920, 1080), (5000, 1500), (2000, 2000), (2000, 3000)])
def test_parts_of_an_opener_do_not_overlap(size, bleed_mm):
    layout = lay_out_opener(make_picture(*size), bleed_mm)

    assert layout.picture_mm[0] / layout.picture_mm[1] == pytest.approx(size[0] / size[1], rel=1e-3)
    assert layout.theme_mm >= 50
    assert THEME_TOP_MM + layout.theme_mm < layout.waveform_top_mm
    assert layout.waveform_top_mm + layout.waveform_mm < layout.picture_top_mm
    assert layout.picture_top_mm + layout.picture_mm[1] <= PAGE.height + bleed_mm + 0.01


def test_wide_picture_runs_into_the_bleed_of_three_sides():
    layout = lay_out_opener(make_picture(3000, 2000), 3.0)

    assert (-3.0, 216.0) == (layout.picture_left_mm, layout.picture_mm[0])
    assert PAGE.height + 3.0 == pytest.approx(layout.picture_top_mm + layout.picture_mm[1])


def test_high_picture_stands_inside_the_margins():
    layout = lay_out_opener(make_picture(2000, 3000), 3.0)

    assert (15.0, (100.0, 150.0)) == (layout.picture_left_mm, layout.picture_mm)
    assert PAGE.height - 15.0 == layout.picture_top_mm + layout.picture_mm[1]


def test_crop_has_the_shape_of_its_width():
    layout = lay_out_opener(make_picture(3000, 3000, fit="crop", width="full"), 0.0)

    assert (210.0, 118.12) == layout.picture_mm


def test_without_a_picture_the_waveform_is_large():
    assert lay_out_opener(None, 3.0).waveform_mm > 100
