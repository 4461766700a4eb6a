"""Loudness from energies: integrated, momentary, short-term, and loudness range.

Energies are the mean square of the K-weighted signal per hop of 10 ms, channels weighted and
summed; full scale is 1.0.
Source: ITU-R BS.1770-5; EBU Tech 3341 (momentary, short-term, integrated) and 3342 (range).
"""

import math

import numpy as np

from pipeline.audio.metering.hop_buffer import iter_chunks
from pipeline.audio.metering.sliding_window import compute_window_sums
from pipeline.media.samples import Float32Array, Float64Array

DUAL_MONO_LU = 10 * math.log10(2)  # one channel played by two loudspeakers
MOMENTARY_HOPS, SHORT_TERM_HOPS = 40, 300  # 400 ms and 3 s

_TENTH_HOPS = 10


def to_lufs(power: Float64Array | float) -> Float64Array:
    """Convert K-weighted power to LUFS.

    Args:
        power: Mean square, any shape (…); full scale is 1.0.

    Returns:
        The same shape (…), float64; silence is -200.7.
    """
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-20)))


def to_power(lufs: float) -> float:
    """Convert LUFS to K-weighted power: a mean square, full scale is 1.0."""
    return float(10 ** ((lufs + 0.691) / 10))


def sum_tenths(energies: Float64Array | Float32Array) -> Float64Array:
    """Sum the energies of each complete tenth of a second.

    Args:
        energies: Shape (hops,).

    Returns:
        Shape (hops // 10,), float64.
    """
    count = len(energies) // _TENTH_HOPS
    total = np.zeros(count)
    for offset in range(_TENTH_HOPS):
        total += energies[offset : count * _TENTH_HOPS : _TENTH_HOPS]
    return total


def compute_integrated_lufs(energies: Float64Array | Float32Array) -> float | None:
    """Compute the integrated loudness, gated at -70 LUFS and 10 LU below itself.

    Args:
        energies: Shape (hops,).

    Returns:
        LUFS; ``None`` if nothing is above the gate.

    Source: BS.1770-5, annex 1: blocks of 400 ms every 100 ms, an incomplete last one dropped.
    """
    return compute_gated_lufs(sum_tenths(energies))


def compute_gated_lufs(tenths: Float64Array) -> float | None:
    """Compute the integrated loudness from tenths of a second.

    Args:
        tenths: What ``sum_tenths`` returns, shape (tenths,).

    Returns:
        LUFS; ``None`` if nothing is above the gate.
    """
    gated = _gate_windows(tenths, MOMENTARY_HOPS, below_lu=10)
    return float(to_lufs(gated.mean())) if len(gated) else None


def compute_loudness_range_lu(energies: Float64Array | Float32Array) -> float | None:
    """Compute the loudness range.

    10th to 95th percentile of short-term loudness, gated at -70 LUFS and 20 LU below the mean.

    Args:
        energies: Shape (hops,).

    Returns:
        LU; ``None`` if nothing is above the gate.

    Source: EBU Tech 3342.
    """
    return compute_gated_range_lu(sum_tenths(energies))


def compute_gated_range_lu(tenths: Float64Array) -> float | None:
    """Compute the loudness range from tenths of a second.

    Args:
        tenths: What ``sum_tenths`` returns, shape (tenths,).

    Returns:
        LU; ``None`` if nothing is above the gate.
    """
    levels = np.sort(to_lufs(_gate_windows(tenths, SHORT_TERM_HOPS, below_lu=20)))
    last = len(levels) - 1
    return float(levels[round(last * 0.95)] - levels[round(last * 0.10)]) if len(levels) else None


def _gate_windows(tenths: Float64Array, hops: int, *, below_lu: float) -> Float64Array:
    """Return the power of windows above -70 LUFS, and above so much below the mean of these."""
    windows = compute_window_sums(tenths, hops // _TENTH_HOPS) / hops
    loud = windows[to_lufs(windows) > -70]
    return loud[to_lufs(loud) > to_lufs(loud.mean()) - below_lu] if len(loud) else loud


def find_max_lufs(energies: Float64Array | Float32Array, hops: int) -> float | None:
    """Find the highest loudness over any window, without a gate.

    Args:
        energies: Shape (hops,).
        hops: Length of a window: ``MOMENTARY_HOPS`` or ``SHORT_TERM_HOPS``.

    Returns:
        LUFS; ``None`` for silence, or if the signal is shorter than a window.

    Source: EBU Tech 3341, 2.2.
    """
    count = max(0, len(energies) - hops + 1)
    windows = (energies[part.start : part.stop + hops - 1].astype(np.float64) for part in iter_chunks(count))
    power = max((float(compute_window_sums(window, hops).max()) / hops for window in windows), default=0.0)
    return float(to_lufs(power)) if power > 1e-15 else None
