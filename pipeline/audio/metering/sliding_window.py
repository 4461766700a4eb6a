"""Windows that slide along a sound, or along whatever was measured of it: lowest, highest and mean of each, edges mirrored."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Singles
from pipeline.audio.metering.hop_buffer import Truths, means

N = TypeVar("N", np.float32, np.float64, np.bool_)


def lowest(numbers: NDArray[N], width: int) -> NDArray[N]:
    """The lowest of each ``width``, an odd number, around each place along the first axis."""
    return _extreme(numbers, width, np.minimum)


def highest(numbers: NDArray[N], width: int) -> NDArray[N]:
    """The highest of each ``width``, an odd number, around each place along the first axis."""
    return _extreme(numbers, width, np.maximum)


def mean(numbers: Floats | Singles, width: int) -> Floats:
    """The mean of each ``width`` around each place, of one row of numbers."""
    return means(numbers, slice(0, len(numbers)), width, beyond="symmetric")


def short_mean(numbers: Singles, width: int) -> Singles:
    """The mean of each ``width``, a small odd number, around each place along the first axis of at least as many."""
    count, wide = len(numbers), _mirrored(numbers, width // 2)
    total = wide[:count] + wide[1 : count + 1]
    for place in range(2, width):
        total += wide[place : place + count]
    total *= np.float32(1 / width)
    return np.asarray(total)


def closed(truths: Truths, width: int) -> Truths:
    """Without gaps shorter than ``width``, an odd number; what is nearer than half of that to an end is no longer true."""
    reach = width // 2
    grown = highest(truths, width)
    return np.asarray(lowest(np.pad(grown, reach), width)[reach : reach + len(truths)])


def _extreme(numbers: NDArray[N], width: int, of_two: np.ufunc) -> NDArray[N]:
    """In steps that double: each is the extreme of two windows that overlap, or stand side by side."""
    wide, reach = _mirrored(numbers, width // 2), 1
    while reach < width and wide.size:
        step = min(reach, width - reach)
        wide = of_two(wide[step:], wide[:-step])
        reach += step
    return wide


def _mirrored(numbers: NDArray[N], reach: int) -> NDArray[N]:
    around = [(reach, reach), *[(0, 0)] * (numbers.ndim - 1)]
    return np.pad(numbers, around, mode="symmetric") if reach and numbers.size else numbers
