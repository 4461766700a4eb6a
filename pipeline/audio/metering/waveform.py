"""The waveform drawing of an episode, from its energies."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.loudness import MOMENTARY_HOPS, to_lufs
from pipeline.media.samples import Float32Array, Float64Array
from pipeline.model import Waveform


def build_waveform(energies: Float64Array | Float32Array, *, duration_s: float) -> Waveform:
    """Build a waveform of 120 to 240 bars of whole seconds; of halves, quarters … for short audio.

    The height of a bar is the loudness of its middle second, from -40 to -10 LUFS, raised to a
    power that separates loud from soft talk. A longer window would make levelled talk look uniform
    (decision 0009).

    Args:
        energies: Mean square of the K-weighted signal per hop of 10 ms, shape (hops,); full scale
            is 1.0.
        duration_s: Duration of the audio.
    """
    bar_s = float(math.ceil(duration_s / 240)) if duration_s > 120 else _choose_short_bar(duration_s)
    count = max(1, math.ceil(duration_s / bar_s)) if duration_s > 0 else 0
    half = min(max(bar_s * 100, MOMENTARY_HOPS), 100) / 2
    middles = (np.arange(count) + 0.5) * bar_s * 100
    first = np.clip(np.floor(middles - half), 0, len(energies)).astype(int)
    last = np.clip(np.ceil(middles + half), 0, len(energies)).astype(int)
    heights = np.clip((to_lufs(_compute_means(energies, first, last)) + 40) / 30, 0, 1) ** 1.5
    return Waveform(bar_s=bar_s, heights=tuple(round(float(height), 4) for height in heights))


def _compute_means(
    energies: Float64Array | Float32Array, firsts: NDArray[np.intp], lasts: NDArray[np.intp]
) -> Float64Array:
    """Compute the mean of each range; 0 for an empty one."""
    ranges = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return np.array([energies[first:last].sum(dtype=np.float64) / max(1, last - first) for first, last in ranges])


def _choose_short_bar(duration_s: float) -> float:
    bar_s = 1.0
    while duration_s / bar_s < 120 and bar_s > 2**-20:
        bar_s /= 2
    return bar_s
