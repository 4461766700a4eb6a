"""Removal of mains hum: notches at its harmonics, applied to a slow copy of the signal.

Hum lies below 1 kHz. So its lines are filtered out of the signal at 3 kHz, brought back to 48 kHz and
subtracted: as exact as notch filters, and some ten times faster.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.fft import irfft, rfft

from pipeline.audio.metering.chunk_buffer import iter_with_context
from pipeline.media.samples import RATE, Block, Float32Array, Float64Array

HIGHEST_HZ = 900  # higher lines are a buzz, and removing them would hurt voices
SETTLING = 2 * RATE  # samples after which the narrowest notch has forgotten where it began, to 2⁻²⁵

_STEP = 16  # decimation to 3 kHz
_REACH = 6  # steps to either side of the low-pass filter
_CONTEXT = 2 * _REACH * _STEP  # samples after a chunk that decimation and interpolation need
_CHUNK = 20 * RATE
_ROWS = 480  # of 16 samples: products so small that BLAS starts no threads


@dataclass(frozen=True, slots=True, kw_only=True)
class HumComb:
    """Mains hum: its fundamental and the harmonics that are clearly present."""

    hz: float
    harmonics: tuple[int, ...]  # multiples of ``hz``
    prominence_db: float  # of the clearest one


def remove_hum(blocks: Iterable[Block], hum: HumComb) -> Iterator[Block]:
    """Remove the lines of a hum, without latency.

    Args:
        blocks: Shape (samples, channels) each, float32 at 48 kHz.
        hum: The hum.

    Yields:
        Blocks of the same total length.
    """
    for sound, first, last in iter_with_context(blocks, _CHUNK, before=SETTLING, after=_CONTEXT):
        clean = np.empty((len(sound), last - first), np.float32)
        for channel, out in zip(sound, clean, strict=True):
            np.subtract(channel[first:last], _extract_hum(channel, hum)[first:last], out=out)
        yield clean.T


def _extract_hum(channel: Float32Array, hum: HumComb) -> Float32Array:
    """Extract the hum of one channel, shape (samples,); before and after it, the signal is constant."""
    rows = -(-len(channel) // (_STEP * _ROWS)) * _ROWS
    before, after = _REACH * _STEP, (rows + _REACH) * _STEP - len(channel)
    padded = np.pad(channel, (before, after), mode="edge")
    slow = _filter_lines(_decimate(padded.reshape(-1, _STEP), rows), hum)
    return _interpolate(slow).ravel()[: len(channel)]


def _decimate(padded: Float32Array, rows: int) -> Float32Array:
    """Compute one sample per row, of the low-passed signal; ``_REACH`` rows stand at either end."""
    # the product of each row with each part of the filter, then sums along the diagonals
    products = np.empty((2 * _REACH + 1, len(padded)), np.float32)
    for first in range(0, len(padded), _ROWS):
        np.matmul(_LOW_PASS, padded[first : first + _ROWS].T, out=products[:, first : first + _ROWS])
    slow = products[0, :rows].copy()
    for number in range(1, 2 * _REACH + 1):
        slow += products[number, number : number + rows]
    return slow


def _interpolate(slow: Float32Array) -> Float32Array:
    """Compute the 16 samples of each row, shape (rows, _STEP)."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(slow, _REACH), 2 * _REACH + 1)
    fast = np.empty((len(slow), _STEP), np.float32)
    for first in range(0, len(slow), _ROWS):
        np.matmul(windows[first : first + _ROWS], _INTERPOLATOR, out=fast[first : first + _ROWS])
    return fast


def _filter_lines(slow: Float32Array, hum: HumComb) -> Float32Array:
    """Keep what notch filters would remove: their response, multiplied in the frequency domain.

    In 64 bits, so that where a chunk begins makes no difference.
    """
    size = -(-(len(slow) + SETTLING // _STEP) // 4096) * 4096  # what a filter adds at the end must not wrap around
    response = _compute_response(size, hum)
    changes = slow.astype(np.float64) - float(slow[0])  # a constant is no hum
    return np.asarray(irfft(rfft(changes, size) * response, size)[: len(slow)], np.float32)


@lru_cache(maxsize=4)
def _compute_response(size: int, hum: HumComb) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Compute what all notches in series remove, per bin of a spectrum of ``size`` samples at 3 kHz.

    Each notch is 3 dB down at the edges of its band. The band is 2.5 Hz wide and widens with
    frequency, since the drift of the mains frequency is multiplied at its harmonics.
    """
    rate = RATE / _STEP
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)  # by one sample
    passed = np.ones(len(delay), np.complex128)
    for number in hum.harmonics:
        hz = number * hum.hz
        gain, turn = 1 / (1 + math.tan(math.pi * (2.5 + hz / 100) / rate)), -2 * math.cos(2 * math.pi * hz / rate)
        passed *= gain * (1 + turn * delay + delay**2) / (1 + gain * turn * delay + (2 * gain - 1) * delay**2)
    return np.asarray(1 - passed)


def _build_low_pass() -> Float64Array:
    """Build a symmetric low-pass: flat up to ``HIGHEST_HZ``, and 70 dB down where that would fold."""
    reach = _REACH * _STEP
    taps = np.sinc(np.arange(-reach, reach + 1) / _STEP) * np.kaiser(2 * reach + 1, 6.8)
    return np.asarray(np.pad(taps / taps.sum(), (0, _STEP - 1)))


_LOW_PASS: Float32Array = _build_low_pass().reshape(-1, _STEP).astype(np.float32)
_INTERPOLATOR: Float32Array = np.ascontiguousarray(_LOW_PASS[::-1]) * np.float32(_STEP)
