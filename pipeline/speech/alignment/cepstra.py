"""Mel-frequency cepstra, which describe what is said more than who says it.

Source: ETSI ES 201 108, section 4.2 (mel filters, cosine transform); here without its noise reduction.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from pipeline.media.samples import BoolArray, Float32Array

HOPS_PER_S = 100
_WINDOW_S = 0.025
_FILTERS, _COEFFICIENTS = 26, 13
_LOW_HZ, _HIGH_HZ = 100.0, 7000.0
_BLOCK_HOPS = 4096
_FLOOR = 1e-9  # of the energy in a filter
_SILENCE_DB = -100.0
_MIN_ABOVE_NOISE_DB = 6.0
_NOISE_PERCENTILE, _SPEECH_PERCENTILE = 10, 95
_THRESHOLD = 0.25  # of the way from noise to speech, in decibels
_MAX_CLOSURE_HOPS = 12  # a shorter silence is the closure of a plosive


@dataclass(frozen=True, slots=True, kw_only=True)
class Cepstra:
    """The sound of every 10 ms."""

    values: Float32Array  # shape (hops, 13)
    is_sound: BoolArray  # shape (hops,); False in pauses


def compute_cepstra(samples: Float32Array, *, sample_rate_hz: int) -> Cepstra:
    """Compute cepstra and pauses.

    Args:
        samples: Shape (samples,), float32, full scale is 1.0.
        sample_rate_hz: Their rate, at least 14 kHz.
    """
    return find_pauses(*compute_block(samples, sample_rate_hz=sample_rate_hz))


def compute_block(samples: Float32Array, *, sample_rate_hz: int) -> tuple[Float32Array, Float32Array]:
    """Compute cepstra of shape (hops, 13), and levels in dBFS of shape (hops,).

    Blocks of a recording give the same as the whole, but for rounding, if each overlaps the next one by
    ``get_overlap``.
    """
    window, hop, size = round(_WINDOW_S * sample_rate_hz), sample_rate_hz // HOPS_PER_S, _get_fft_size(sample_rate_hz)
    count = max(0, (len(samples) - window) // hop + 1)
    cepstra = np.zeros((count, _COEFFICIENTS), np.float32)
    levels = np.full(count, _SILENCE_DB, np.float32)
    if not count:
        return cepstra, levels
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop][:count]
    taper = np.hamming(window).astype(np.float32)
    for first in range(0, count, _BLOCK_HOPS):
        block = slice(first, first + _BLOCK_HOPS)
        energy = np.square(np.abs(np.fft.rfft(frames[block] * taper, size))).astype(np.float32)
        cepstra[block] = np.log(energy @ _build_filters(sample_rate_hz).T + _FLOOR) @ _build_cosines().T
        levels[block] = 10 * np.log10(np.square(frames[block]).mean(axis=1) + 1e-10)
    return cepstra, levels


def get_overlap(sample_rate_hz: int) -> int:
    """Return by how many samples a block must overlap the next one."""
    return round(_WINDOW_S * sample_rate_hz) - sample_rate_hz // HOPS_PER_S


def find_pauses(values: Float32Array, levels: Float32Array) -> Cepstra:
    """Find where nobody speaks: the level is near that of the noise."""
    if not len(levels):
        return Cepstra(values=values, is_sound=np.zeros(0, bool))
    noise_db, speech_db = np.percentile(levels, (_NOISE_PERCENTILE, _SPEECH_PERCENTILE))
    above_db = max(_THRESHOLD * (speech_db - noise_db), _MIN_ABOVE_NOISE_DB)
    is_sound = np.asarray(levels > min(noise_db + above_db, speech_db))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_sound, [False]]).astype(np.int8)))
    for end, start in zip(edges[1:-1:2], edges[2::2], strict=True):
        if start - end < _MAX_CLOSURE_HOPS:
            is_sound[end:start] = True
    return Cepstra(values=values, is_sound=is_sound)


def _get_fft_size(sample_rate_hz: int) -> int:
    return 1 << (round(_WINDOW_S * sample_rate_hz) - 1).bit_length()


@cache
def _build_filters(sample_rate_hz: int) -> Float32Array:
    """Build triangular filters, evenly spaced on the mel scale, shape (26, bins)."""
    size = _get_fft_size(sample_rate_hz)
    edges_mel = np.linspace(_to_mel(_LOW_HZ), _to_mel(_HIGH_HZ), _FILTERS + 2)
    edges = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0) * size / sample_rate_hz
    bins = np.arange(size // 2 + 1)
    rows = [np.interp(bins, edges[n : n + 3], (0.0, 1.0, 0.0), left=0.0, right=0.0) for n in range(_FILTERS)]
    return np.stack(rows).astype(np.float32)


def _to_mel(frequency_hz: float) -> float:
    return 2595.0 * float(np.log10(1.0 + frequency_hz / 700.0))


@cache
def _build_cosines() -> Float32Array:
    angles = np.pi / _FILTERS * np.outer(np.arange(_COEFFICIENTS), np.arange(_FILTERS) + 0.5)
    return np.cos(angles).astype(np.float32)
