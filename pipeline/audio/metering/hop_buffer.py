"""One number each 10 ms of a sound that may last for hours: kept in few bytes, and worked on ten minutes at a time.

What is asked of a stretch is the same to the bit wherever the stretch begins: sums are taken of each place anew, in one order.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Singles

STRETCH = 60_000  # hops of 10 ms: ten minutes, and whole seconds; no result depends on it

Truths = NDArray[np.bool_]
Edge = Literal["edge", "symmetric"]  # what lies beyond both ends: the last one again, or all that came, backwards

_TENTH = 10  # hops
_ROOM = 1024

N = TypeVar("N", bound=np.generic)


class Ledger(Generic[N]):
    """Numbers that come a few at a time, kept side by side: thousands of small arrays would leave holes in the memory."""

    def __init__(self, kind: type[N], *, room: int = 0) -> None:
        """``room``: for how many, where that is known."""
        self._numbers: NDArray[N] = np.empty(max(room, _ROOM), kind)
        self._count = 0

    def add(self, numbers: NDArray[N]) -> None:
        """Take the next ones."""
        count = self._count + len(numbers)
        if count > len(self._numbers):
            grown = np.empty(max(count, len(self._numbers) * 5 // 4), self._numbers.dtype)
            grown[: self._count] = self._numbers[: self._count]
            self._numbers = grown
        self._numbers[self._count : count] = numbers
        self._count = count

    def all(self) -> NDArray[N]:
        """All that came so far, where they are kept."""
        return self._numbers[: self._count]


def stretches(count: int) -> Iterator[slice]:
    """So many hops, some minutes at a time."""
    for first in range(0, count, STRETCH):
        yield slice(first, min(first + STRETCH, count))


def by_stretch(count: int, answer: Callable[[slice], Truths]) -> Truths:
    """What ``answer`` says of so many hops, asked stretch by stretch."""
    whole = np.empty(count, bool)
    for part in stretches(count):
        whole[part] = answer(part)
    return whole


def around(numbers: Floats | Singles | Truths, part: slice, width: int, *, beyond: Edge) -> Floats:
    """``part`` of them with so many neighbours that each has ``width`` around it; of an even width, one more before it."""
    low, high = part.start - width // 2, part.stop + (width - 1) // 2
    near = numbers[max(0, low) : min(high, len(numbers))].astype(np.float64)
    if low >= 0 and high <= len(numbers):
        return near
    return np.pad(near, (max(0, -low), max(0, high - len(numbers))), mode=beyond)


def means(numbers: Floats | Singles | Truths, part: slice, width: int, *, beyond: Edge) -> Floats:
    """The mean of ``width`` numbers around each of ``part``."""
    return sums(around(numbers, part, width, beyond=beyond), width) / width


def sums(numbers: Floats, width: int) -> Floats:
    """The sum of each ``width`` that stand side by side, infinite ones too; shape (numbers - width + 1,).

    A running sum would carry the rounding of all before it along, and an infinite one for ever.
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


def tenths(energies: Floats | Singles) -> Floats:
    """The sum of each whole tenth of a second."""
    count = len(energies) // _TENTH
    total = np.zeros(count)
    for place in range(_TENTH):
        total += energies[place : count * _TENTH : _TENTH]
    return total


def means_between(energies: Floats | Singles, firsts: NDArray[np.intp], lasts: NDArray[np.intp]) -> Floats:
    """The mean from each of the first hops up to the last that stands beside it; 0 where nothing lies between them."""
    spans = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return np.array([energies[first:last].sum(dtype=np.float64) / max(1, last - first) for first, last in spans])
