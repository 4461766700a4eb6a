"""One number per hop of 10 ms, for hours of audio, processed in chunks of ten minutes."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import RATE, BoolArray

HOPS_PER_S = 100
HOP_SAMPLES = RATE // HOPS_PER_S
CHUNK_HOPS = 60_000  # ten minutes; no result depends on it

_MIN_CAPACITY = 1024

N = TypeVar("N", bound=np.generic)


class HopBuffer(Generic[N]):
    """A growing array: thousands of small arrays would fragment the memory."""

    def __init__(self, dtype: type[N], *, capacity: int = 0) -> None:
        """Start empty, with room for ``capacity`` numbers."""
        self._numbers: NDArray[N] = np.empty(max(capacity, _MIN_CAPACITY), dtype)
        self._count = 0

    def append(self, numbers: NDArray[N]) -> None:
        """Append numbers, shape (hops,)."""
        count = self._count + len(numbers)
        if count > len(self._numbers):
            grown = np.empty(max(count, len(self._numbers) * 5 // 4), self._numbers.dtype)
            grown[: self._count] = self._numbers[: self._count]
            self._numbers = grown
        self._numbers[self._count : count] = numbers
        self._count = count

    def view(self) -> NDArray[N]:
        """Return all numbers as a view, shape (hops,)."""
        return self._numbers[: self._count]


def iter_chunks(count: int) -> Iterator[slice]:
    """Divide ``count`` hops into chunks of at most ``CHUNK_HOPS``."""
    for first in range(0, count, CHUNK_HOPS):
        yield slice(first, min(first + CHUNK_HOPS, count))


def map_chunks(count: int, function: Callable[[slice], BoolArray]) -> BoolArray:
    """Apply a function to each chunk.

    Args:
        count: Number of hops.
        function: Returns booleans for the hops of a slice, shape (hops,).

    Returns:
        The results joined, shape (count,).
    """
    result = np.empty(count, bool)
    for chunk in iter_chunks(count):
        result[chunk] = function(chunk)
    return result
