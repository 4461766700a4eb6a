"""Sliding windows: sums, means, minima and maxima around each position.

A result does not depend on where a chunk begins: each sum is recomputed, in one order.
"""

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import BoolArray, Float32Array, Float64Array

PadMode = Literal["edge", "symmetric"]  # beyond both ends: the last number repeated, or the numbers mirrored

N = TypeVar("N", np.float32, np.float64, np.bool_)


def compute_window_sums(numbers: Float64Array, width: int) -> Float64Array:
    """Sum each window of ``width`` numbers.

    Infinite numbers affect only the windows that contain them.

    Args:
        numbers: Shape (numbers,).
        width: Length of a window.

    Returns:
        Shape (numbers - width + 1,), float64; empty if there are fewer numbers than ``width``.
    """
    count = max(0, len(numbers) - width + 1)
    total, done, power, reach = np.zeros(count), 0, numbers, 1
    while True:
        if width & reach:
            total += power[done : done + count]
            done += reach
        if done == width:
            return total
        power, reach = power[reach:] + power[:-reach], 2 * reach


def compute_window_means(
    numbers: Float64Array | Float32Array | BoolArray, part: slice, width: int, *, mode: PadMode
) -> Float64Array:
    """Compute the mean of ``width`` numbers around each position of a range.

    Args:
        numbers: Shape (numbers,).
        part: The range of positions.
        width: Length of a window; an even window has one number more before its position.
        mode: How numbers continue beyond both ends.

    Returns:
        One mean per position, shape (part.stop - part.start,), float64.
    """
    return compute_window_sums(pad_range(numbers, part, width, mode=mode), width) / width


def pad_range(
    numbers: Float64Array | Float32Array | BoolArray, part: slice, width: int, *, mode: PadMode
) -> Float64Array:
    """Return a range with the neighbours that windows of ``width`` around its positions need.

    Args:
        numbers: Shape (numbers,).
        part: The range of positions.
        width: Length of a window; an even window has one number more before its position.
        mode: How numbers continue beyond both ends.

    Returns:
        Shape (part.stop - part.start + width - 1,), float64.
    """
    low, high = part.start - width // 2, part.stop + (width - 1) // 2
    near = numbers[max(0, low) : min(high, len(numbers))].astype(np.float64)
    if low >= 0 and high <= len(numbers):
        return near
    return np.pad(near, (max(0, -low), max(0, high - len(numbers))), mode=mode)


def compute_moving_mean(numbers: Float64Array | Float32Array, width: int) -> Float64Array:
    """Compute the mean of ``width`` numbers around each position, edges mirrored.

    Args:
        numbers: Shape (numbers,).
        width: Length of a window.

    Returns:
        Shape (numbers,), float64.
    """
    return compute_window_means(numbers, slice(0, len(numbers)), width, mode="symmetric")


def compute_short_moving_mean(numbers: Float32Array, width: int) -> Float32Array:
    """Compute the mean of few numbers around each position along the first axis, edges mirrored.

    Args:
        numbers: Shape (numbers, …), at least ``width`` long.
        width: Length of a window, a small odd number.

    Returns:
        The same shape (numbers, …), float32.
    """
    count, padded = len(numbers), _mirror_edges(numbers, width // 2)
    return average_arrays([padded[offset : offset + count] for offset in range(width)])


def average_arrays(arrays: Sequence[Float32Array]) -> Float32Array:
    """Compute the mean of a few arrays of the same shape (…), in the same shape (…), float32."""
    total = arrays[0] + arrays[1]
    for array in arrays[2:]:
        total += array
    total *= np.float32(1 / len(arrays))
    return np.asarray(total)


def compute_moving_minimum(numbers: NDArray[N], width: int) -> NDArray[N]:
    """Find the minimum around each position along the first axis, edges mirrored.

    Args:
        numbers: Shape (numbers, …).
        width: Length of a window, an odd number.

    Returns:
        The same shape (numbers, …) and dtype.
    """
    return _reduce_windows(numbers, width, np.minimum)


def compute_moving_maximum(numbers: NDArray[N], width: int) -> NDArray[N]:
    """Find the maximum around each position along the first axis, edges mirrored.

    Args:
        numbers: Shape (numbers, …).
        width: Length of a window, an odd number.

    Returns:
        The same shape (numbers, …) and dtype.
    """
    return _reduce_windows(numbers, width, np.maximum)


def close_gaps(flags: BoolArray, width: int) -> BoolArray:
    """Set runs of False that are shorter than ``width``.

    What is nearer than half of that to an end becomes False.

    Args:
        flags: Shape (positions,).
        width: Length of a window, an odd number.

    Returns:
        Shape (positions,).
    """
    reach = width // 2
    grown = compute_moving_maximum(flags, width)
    return np.asarray(compute_moving_minimum(np.pad(grown, reach), width)[reach : reach + len(flags)])


def find_runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Find runs of True: first position and end of each.

    Args:
        flags: Shape (positions,).
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _reduce_windows(numbers: NDArray[N], width: int, ufunc: np.ufunc) -> NDArray[N]:
    """Reduce in steps that double: each result is that of two windows that overlap or adjoin."""
    padded, reach = _mirror_edges(numbers, width // 2), 1
    while reach < width and padded.size:
        step = min(reach, width - reach)
        padded = ufunc(padded[step:], padded[:-step])
        reach += step
    return padded


def _mirror_edges(numbers: NDArray[N], reach: int) -> NDArray[N]:
    if not reach or not numbers.size:
        return numbers
    if reach <= len(numbers):  # numpy's pad takes as long as the sums of a short window
        return np.concatenate([numbers[:reach][::-1], numbers, numbers[len(numbers) - reach :][::-1]])
    return np.pad(numbers, [(reach, reach), *[(0, 0)] * (numbers.ndim - 1)], mode="symmetric")
