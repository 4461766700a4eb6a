"""The loudness of a sound from beginning to end, in few enough points to draw."""

import math

import numpy as np

from pipeline.audio.loudness import lufs
from pipeline.audio.rows import Floats, Singles

POINTS = 240  # at most
FLOOR_LUFS = -70.0  # silence, and all that is softer than the meter's own gate

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
