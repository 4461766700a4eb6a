"""Dynamic time warping of two sequences of vectors, within a band around a guess.

Source: H. Sakoe, S. Chiba, "Dynamic programming algorithm optimization for spoken word recognition",
IEEE Trans. ASSP 26 (1978): slope constraint P = 1, steps (1, 1), (1, 2) and (2, 1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import BoolArray, Float32Array

IntArray = NDArray[np.int64]
_ROWS = 128  # whose distances are computed at once
_TINY = np.float32(1e-4)
_INFINITE = np.float32(1e9)
_LONG_STEP = 1.5  # weight of a step over two vectors of the recording at once: half of both distances
_FAST, _SLOW, _TEXT_SKIPPED = 1, 2, 3  # steps; 0 is the diagonal
_RECORDING_SKIPPED = 8  # added to a step: more of the recording follows that is not in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class WarpingPath:
    """Which vector of the recording belongs to each vector of the text."""

    indices: IntArray  # shape (text vectors,), ascending
    is_skipped: BoolArray  # shape (text vectors,); True: it is not in the recording
    mean_distance: float  # of all pairs, skipped ones at their cost; 0: equal, 2: opposite


def warp(
    text: Float32Array, recording: Float32Array, *, centres: Float32Array, band: int, skip_cost: float
) -> WarpingPath:
    """Find the cheapest path from the first to the last vectors of both.

    Args:
        text: Vectors of length 1, shape (rows, dimensions), float32.
        recording: Likewise, shape (columns, dimensions).
        centres: For each row the guessed column, ascending, shape (rows,).
        band: How many columns around it are searched. Memory is rows × band bytes.
        skip_cost: Of a vector of either that has no counterpart in the other.
    """
    rows, columns = len(text), len(recording)
    band = min(band, columns)
    starts = np.clip(np.round(centres).astype(np.int64) - band // 2, 0, columns - band)
    starts = np.maximum.accumulate(starts)
    starts[0], starts[-1] = 0, columns - band
    steps = np.zeros((rows, band), np.uint8)
    front = _Front(band, np.float32(skip_cost))
    for first in range(0, rows, _ROWS):
        last = min(rows, first + _ROWS)
        low, high = int(starts[first]), int(starts[last - 1]) + band
        distances = np.float32(1) - text[first:last] @ recording[low:high].T
        for row in range(first, last):
            begin = int(starts[row]) - low
            steps[row] = front.advance(distances[row - first, begin : begin + band], int(starts[row]))
    indices, is_skipped = _trace_back(steps, starts, columns - 1)
    distances = np.float32(1) - np.einsum("ij,ij->i", text, recording[indices])
    mean = float(np.where(is_skipped, np.float32(skip_cost), distances).mean())
    return WarpingPath(indices=indices, is_skipped=is_skipped, mean_distance=mean)


class _Front:
    """The costs of the last two rows."""

    def __init__(self, band: int, skip_cost: np.float32) -> None:
        self._band, self._row, self._skip_cost = band, 0, skip_cost
        self._ramp = skip_cost * np.arange(band, dtype=np.float32)
        self._costs = [np.full(band, _INFINITE, np.float32)] * 2  # of the previous row, and the one before
        self._starts = [0, 0]
        self._distances = np.zeros(band, np.float32)

    def advance(self, distances: Float32Array, start: int) -> NDArray[np.uint8]:
        """Add a row.

        Args:
            distances: Between this frame of the text and those of the recording, float32, shape (band,).
            start: The frame of the recording in the first column.

        Returns:
            The step by which each column is reached, uint8, shape (band,).
        """
        before = np.concatenate([distances[:1], distances[:-1]])
        options = np.stack(
            [
                self._shift(0, start, 1) + distances,
                self._shift(0, start, 2) + np.float32(_LONG_STEP / 2) * (distances + before),
                self._shift(1, start, 1) + distances + self._align(self._distances, 0, start, 0),
                self._shift(0, start, 0) + self._skip_cost,
            ]
        )
        chosen: NDArray[np.uint8] = options.argmin(axis=0).astype(np.uint8)
        costs = options[chosen, np.arange(self._band)]
        if self._row == 0:
            costs = distances + self._ramp
        skipping = np.minimum.accumulate(costs - self._ramp) + self._ramp
        chosen[skipping < costs - _TINY] += _RECORDING_SKIPPED
        costs = np.minimum(costs, skipping)
        self._costs = [costs, self._costs[0]]
        self._starts = [start, self._starts[0]]
        self._distances, self._row = distances, self._row + 1
        return chosen

    def _shift(self, age: int, start: int, columns: int) -> Float32Array:
        return self._align(self._costs[age], age, start, columns)

    def _align(self, values: Float32Array, age: int, start: int, columns: int) -> Float32Array:
        """Return ``values`` of an earlier row, ``columns`` to the left of the columns of this one."""
        offset = start - self._starts[age] - columns
        shifted = np.full(self._band, _INFINITE, np.float32)
        low, high = max(0, -offset), min(self._band, self._band - offset)
        if low < high:
            shifted[low:high] = values[low + offset : high + offset]
        return shifted


def _trace_back(steps: NDArray[np.uint8], starts: IntArray, column: int) -> tuple[IntArray, BoolArray]:
    rows, band = steps.shape
    indices, is_skipped = np.zeros(rows, np.int64), np.zeros(rows, bool)
    row = rows - 1
    while row >= 0:
        first = int(starts[row])
        column = min(max(column, first), first + band - 1)
        while steps[row, column - first] >= _RECORDING_SKIPPED and column > first:
            column -= 1
        indices[row] = column
        step = int(steps[row, column - first]) % _RECORDING_SKIPPED
        is_skipped[row] = step == _TEXT_SKIPPED
        if step == _SLOW and row:
            row -= 1
            indices[row] = column
        column -= (1, 2, 1, 0)[step]
        row -= 1
    return np.minimum.accumulate(indices[::-1])[::-1], is_skipped
