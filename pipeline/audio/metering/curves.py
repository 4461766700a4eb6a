"""What a report draws of a sound: loudness, the leveller's gain, talk by level; in few enough points."""

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Singles
from pipeline.audio.metering.hop_buffer import Ledger, Truths, means, stretches, tenths
from pipeline.audio.metering.loudness import gated_lufs, gated_range_lu, lufs
from pipeline.model import TalkTime

POINTS = 240  # at most
FLOOR_LUFS = -70.0  # silence, and all that is softer than the meter's own gate

_MOMENT = 40  # hops: over 400 ms a voice has a level
_EDGES = np.arange(-60, 1, 2)  # LUFS: classes of 2 LU
_WORTH = 0.01  # of all talk: classes with less of it at either end are no news
_HALF = 150  # hops of 10 ms: half a short-term window


class Outline:
    """What is told of a sound as a whole, while its energies come a few at a time: of ten of them, one number is kept."""

    def __init__(self, hops: int) -> None:
        """``hops``: how many will come."""
        self._tenths = Ledger(np.float64, room=hops // 10)
        self._left, self._at = np.zeros(0, np.float32), 0
        count = min(POINTS, math.ceil(hops / 100))
        middles = (np.arange(count) + 0.5) * hops / max(1, count)
        self._firsts = np.maximum(0, np.floor(middles - _HALF)).astype(int)
        self._lasts = np.minimum(hops, np.ceil(middles + _HALF)).astype(int)
        self._totals = np.zeros(count)

    def take(self, energies: Singles) -> None:
        """Take the next ones."""
        near = slice(
            np.searchsorted(self._lasts, self._at, side="right"),
            np.searchsorted(self._firsts, self._at + len(energies)),
        )
        for point in range(near.start, near.stop):
            first, last = max(0, self._firsts[point] - self._at), self._lasts[point] - self._at
            self._totals[point] += energies[first:last].sum(dtype=np.float64)
        self._at += len(energies)
        whole = np.concatenate([self._left, energies])
        self._tenths.add(tenths(whole))
        self._left = whole[len(whole) // 10 * 10 :]

    def integrated_lufs(self) -> float | None:
        """See ``loudness.integrated_lufs``."""
        return gated_lufs(self._tenths.all())

    def loudness_range_lu(self) -> float | None:
        """See ``loudness.loudness_range_lu``."""
        return gated_range_lu(self._tenths.all())

    def curve(self) -> tuple[float, ...]:
        """Short-term loudness at evenly spread moments, one a second or fewer; at both ends of what is there."""
        levels = lufs(self._totals / np.maximum(1, self._lasts - self._firsts))
        return tuple(round(max(FLOOR_LUFS, float(level)), 1) for level in levels)


def outline_of(energies: Singles) -> Outline:
    """That of a sound all of which is there."""
    outline = Outline(len(energies))
    outline.take(energies)
    return outline


def extremes(count: int, values: Callable[[int, int], Singles]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The lowest and the highest of so many values in each of so many even stretches, as ``Outline.curve`` has points.

    ``values`` from one up to another are asked for stretch by stretch.
    """
    points = min(POINTS, math.ceil(count / 100))
    each, longer = divmod(count, max(1, points))
    edges = [number * each + min(number, longer) for number in range(points + 1)]
    pieces = [values(first, last) for first, last in itertools.pairwise(edges)]
    return tuple(round(float(one.min()), 1) for one in pieces), tuple(round(float(one.max()), 1) for one in pieces)


def spoken_at(energies: Floats | Singles, speech: Truths) -> NDArray[np.intp]:
    """For how many hops somebody spoke at which level, in classes of 2 LU; both are per 10 ms, and speech may end sooner."""
    counts = np.zeros(len(_EDGES) - 1, np.intp)
    for part in stretches(min(len(energies), len(speech))):
        levels = lufs(means(energies[: len(speech)], part, _MOMENT, beyond="symmetric"))
        counts += np.histogram(np.clip(levels[speech[part]], _EDGES[0], _EDGES[-1] - 1e-6), _EDGES)[0]
    return counts


def talk_time(before: NDArray[np.intp], after: NDArray[np.intp]) -> tuple[TalkTime, ...]:
    """How long somebody spoke at which level, from the softest class with a hundredth of it to the loudest.

    Both are what ``spoken_at`` counted of the same talk.
    """
    if not after.any():
        return ()
    used = np.flatnonzero(np.maximum(before, after) >= _WORTH * after.sum())
    return tuple(
        TalkTime(
            from_lufs=int(_EDGES[place]),
            before_s=round(int(before[place]) / 100, 2),
            after_s=round(int(after[place]) / 100, 2),
        )
        for place in range(used[0], used[-1] + 1)
    )
