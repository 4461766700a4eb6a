"""Sliding windows against those of scipy."""

import numpy as np
import pytest
from scipy.ndimage import binary_closing, maximum_filter1d, minimum_filter1d, uniform_filter1d

from pipeline.audio.metering.sliding_window import (
    close_gaps,
    compute_moving_maximum,
    compute_moving_mean,
    compute_moving_minimum,
    compute_short_moving_mean,
)

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("count", [5, 6, 25, 100, 1447])
@pytest.mark.parametrize("width", [1, 3, 11, 483])
def test_minimum_maximum_and_mean_equal_those_of_scipy_up_to_both_ends(count, width):
    numbers = RANDOM.standard_normal(count)

    assert np.array_equal(compute_moving_minimum(numbers, width), minimum_filter1d(numbers, width))
    assert np.array_equal(compute_moving_maximum(numbers, width), maximum_filter1d(numbers, width))
    assert compute_moving_mean(numbers, width) == pytest.approx(uniform_filter1d(numbers, width), abs=1e-12)


def test_windows_slide_along_the_first_axis():
    numbers = RANDOM.standard_normal((94, 513)).astype(np.float32)

    assert np.array_equal(compute_moving_maximum(numbers, 3), maximum_filter1d(numbers, 3, axis=0))
    assert compute_short_moving_mean(numbers, 5) == pytest.approx(uniform_filter1d(numbers, 5, axis=0), abs=1e-6)
    assert compute_short_moving_mean(numbers.T, 5).T == pytest.approx(uniform_filter1d(numbers, 5, axis=1), abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 12, 40, 3000])
def test_short_gaps_are_closed_and_long_ones_stay(count):
    flags = RANDOM.random(count) > 0.9

    assert np.array_equal(close_gaps(flags, 25), binary_closing(flags, np.ones(25, bool)))
