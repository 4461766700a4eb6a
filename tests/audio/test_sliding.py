"""Windows that slide, held against scipy's."""

import numpy as np
import pytest
from scipy.ndimage import binary_closing, maximum_filter1d, minimum_filter1d, uniform_filter1d

from pipeline.audio.metering.sliding_window import closed, highest, lowest, mean, short_mean

DICE = np.random.default_rng(7)


@pytest.mark.parametrize("count", [5, 6, 25, 100, 1447])
@pytest.mark.parametrize("width", [1, 3, 11, 483])
def test_a_window_that_slides_gives_what_scipy_gives_at_every_place_and_at_both_ends(count, width):
    numbers = DICE.standard_normal(count)

    assert np.array_equal(lowest(numbers, width), minimum_filter1d(numbers, width))
    assert np.array_equal(highest(numbers, width), maximum_filter1d(numbers, width))
    assert mean(numbers, width) == pytest.approx(uniform_filter1d(numbers, width), abs=1e-12)


def test_of_a_picture_windows_slide_along_the_first_axis():
    numbers = DICE.standard_normal((94, 513)).astype(np.float32)

    assert np.array_equal(highest(numbers, 3), maximum_filter1d(numbers, 3, axis=0))
    assert short_mean(numbers, 5) == pytest.approx(uniform_filter1d(numbers, 5, axis=0), abs=1e-6)
    assert short_mean(numbers.T, 5).T == pytest.approx(uniform_filter1d(numbers, 5, axis=1), abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 12, 40, 3000])
def test_short_gaps_are_closed_and_long_ones_stay(count):
    truths = DICE.random(count) > 0.9

    assert np.array_equal(closed(truths, 25), binary_closing(truths, np.ones(25, bool)))
