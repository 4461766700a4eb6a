"""What a report draws of a sound: loudness, the leveller's gain, talk by level; in few enough points."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.loudness import lufs
from pipeline.audio.rows import Floats, Singles
from pipeline.model import TalkTime

POINTS = 240  # at most
FLOOR_LUFS = -70.0  # silence, and all that is softer than the meter's own gate

_MOMENT = 40  # hops: over 400 ms a voice has a level
_CLASS_LU = 2
_QUIETEST_LUFS, _LOUDEST_LUFS = -60, 0
_WORTH = 0.01  # of all talk: classes with less of it at either end are no news
_HALF = 150  # hops of 10 ms: half a short-term window


def curve(energies: Floats | Singles) -> tuple[float, ...]:
    """Short-term loudness at evenly spread moments, one a second or fewer; at both ends of what is there."""
    count = min(POINTS, math.ceil(len(energies) / 100))
    total = np.concatenate([[0.0], np.cumsum(energies, dtype=np.float64)])
    middles = (np.arange(count) + 0.5) * len(energies) / max(1, count)
    first = np.maximum(0, np.floor(middles - _HALF)).astype(int)
    last = np.minimum(len(energies), np.ceil(middles + _HALF)).astype(int)
    levels = lufs((total[last] - total[first]) / np.maximum(1, last - first))
    return tuple(round(max(FLOOR_LUFS, float(level)), 1) for level in levels)


def extremes(values: Floats | Singles) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The lowest and the highest of ``values`` in each of so many even stretches, as ``curve`` has points."""
    count = min(POINTS, math.ceil(len(values) / 100))
    pieces = np.array_split(values, count) if count else []
    return tuple(round(float(one.min()), 1) for one in pieces), tuple(round(float(one.max()), 1) for one in pieces)


def talk_time(before: Floats | Singles, after: Floats | Singles, speech: NDArray[np.bool_]) -> tuple[TalkTime, ...]:
    """How long somebody spoke at which level, in classes of 2 LU, from the softest with a hundredth of it to the loudest.

    All three are per 10 ms of the same talk.
    """
    length = min(len(before), len(after), len(speech))
    if not speech[:length].any():
        return ()
    edges = np.arange(_QUIETEST_LUFS, _LOUDEST_LUFS + 1, _CLASS_LU)
    counts = [
        np.histogram(
            np.clip(lufs(_over_moments(energies[:length]))[speech[:length]], edges[0], edges[-1] - 1e-6),
            edges,
        )[0]
        for energies in (before, after)
    ]
    used = np.flatnonzero(np.maximum(*counts) >= _WORTH * speech[:length].sum())
    return tuple(
        TalkTime(
            from_lufs=int(edges[place]),
            before_s=round(counts[0][place] / 100, 2),
            after_s=round(counts[1][place] / 100, 2),
        )
        for place in range(used[0], used[-1] + 1)
    )


def _over_moments(energies: Floats | Singles) -> Floats:
    """The mean of 400 ms around each hop; beyond the ends it goes back as it came."""
    half = _MOMENT // 2
    total = np.cumsum(np.pad(energies, (half + 1, half - 1), mode="symmetric"), dtype=np.float64)
    return (total[_MOMENT:] - total[:-_MOMENT]) / _MOMENT
