"""Data for the processing report: loudness and gain curves, and talk time by level."""

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering import loudness
from pipeline.audio.metering.hop_buffer import HopBuffer, iter_chunks
from pipeline.audio.metering.sliding_window import compute_window_means
from pipeline.media.samples import BoolArray, Float32Array, Float64Array
from pipeline.model import TalkTime

MAX_POINTS = 240
FLOOR_LUFS = -70.0  # silence, and everything below the gate of a meter

_EDGES_LUFS = np.arange(-60, 1, 2)  # classes of 2 LU
_MIN_SHARE = 0.01  # of all talk: classes with less at either end are not shown
_HALF_WINDOW = loudness.SHORT_TERM_HOPS // 2


class LoudnessSummary:
    """Integrated loudness, range and curve of a signal whose energies arrive in parts.

    One number is kept for ten energies.
    """

    def __init__(self, hops: int) -> None:
        """Prepare for ``hops`` energies."""
        self._tenths = HopBuffer(np.float64, capacity=hops // 10)
        self._rest, self._count = np.zeros(0, np.float32), 0
        points = min(MAX_POINTS, math.ceil(hops / 100))
        middles = (np.arange(points) + 0.5) * hops / max(1, points)
        self._firsts = np.maximum(0, np.floor(middles - _HALF_WINDOW)).astype(int)
        self._lasts = np.minimum(hops, np.ceil(middles + _HALF_WINDOW)).astype(int)
        self._totals = np.zeros(points)

    def add(self, energies: Float32Array) -> None:
        """Add the next energies, shape (hops,), float32, full scale is 1.0."""
        start = np.searchsorted(self._lasts, self._count, side="right")
        stop = np.searchsorted(self._firsts, self._count + len(energies))
        for point in range(start, stop):
            first, last = max(0, self._firsts[point] - self._count), self._lasts[point] - self._count
            self._totals[point] += energies[first:last].sum(dtype=np.float64)
        self._count += len(energies)
        joined = np.concatenate([self._rest, energies])
        self._tenths.append(loudness.sum_tenths(joined))
        self._rest = joined[len(joined) // 10 * 10 :]

    def compute_integrated_lufs(self) -> float | None:
        """Compute the integrated loudness; see ``loudness.compute_integrated_lufs``."""
        return loudness.compute_gated_lufs(self._tenths.view())

    def compute_loudness_range_lu(self) -> float | None:
        """Compute the loudness range; see ``loudness.compute_loudness_range_lu``."""
        return loudness.compute_gated_range_lu(self._tenths.view())

    def compute_curve(self) -> tuple[float, ...]:
        """Compute short-term loudness in LUFS at evenly spaced times, at most one per second."""
        levels = loudness.to_lufs(self._totals / np.maximum(1, self._lasts - self._firsts))
        return tuple(round(max(FLOOR_LUFS, float(level)), 1) for level in levels)


def summarise_loudness(energies: Float32Array) -> LoudnessSummary:
    """Summarise the loudness of a whole signal.

    Args:
        energies: Mean square of the K-weighted signal per hop of 10 ms, shape (hops,), float32;
            full scale is 1.0.
    """
    summary = LoudnessSummary(len(energies))
    summary.add(energies)
    return summary


def find_extremes(
    count: int, get_values: Callable[[int, int], Float32Array]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Find minimum and maximum in each of as many intervals as a loudness curve has points.

    Args:
        count: Number of values.
        get_values: Returns the values from one index up to another, shape (values,).

    Returns:
        The minima and the maxima.
    """
    points = min(MAX_POINTS, math.ceil(count / 100))
    size, longer = divmod(count, max(1, points))
    edges = [number * size + min(number, longer) for number in range(points + 1)]
    intervals = [get_values(first, last) for first, last in itertools.pairwise(edges)]
    minima = tuple(round(float(values.min()), 1) for values in intervals)
    return minima, tuple(round(float(values.max()), 1) for values in intervals)


def count_speech_levels(energies: Float64Array | Float32Array, speech: BoolArray) -> NDArray[np.intp]:
    """Count the hops with speech by level.

    Args:
        energies: Mean square of the K-weighted signal per hop of 10 ms, shape (hops,); full scale
            is 1.0.
        speech: Whether there is speech, shape (hops,) or shorter.

    Returns:
        Number of hops per class of 2 LU, shape (classes,).
    """
    counts = np.zeros(len(_EDGES_LUFS) - 1, np.intp)
    for part in iter_chunks(min(len(energies), len(speech))):
        levels = loudness.to_lufs(
            compute_window_means(energies[: len(speech)], part, loudness.MOMENTARY_HOPS, mode="symmetric")
        )
        levels = np.clip(levels[speech[part]], _EDGES_LUFS[0], _EDGES_LUFS[-1] - 1e-6)
        counts += np.histogram(levels, _EDGES_LUFS)[0]
    return counts


def compute_talk_time(before: NDArray[np.intp], after: NDArray[np.intp]) -> tuple[TalkTime, ...]:
    """Compute the talk time by level, before and after processing.

    Args:
        before: What ``count_speech_levels`` returns, shape (classes,).
        after: The same after processing, shape (classes,).

    Returns:
        From the softest class with a hundredth of the talk to the loudest.
    """
    if not after.any():
        return ()
    used = np.flatnonzero(np.maximum(before, after) >= _MIN_SHARE * after.sum())
    return tuple(
        TalkTime(
            from_lufs=int(_EDGES_LUFS[number]),
            before_s=round(int(before[number]) / 100, 2),
            after_s=round(int(after[number]) / 100, 2),
        )
        for number in range(used[0], used[-1] + 1)
    )
