"""Finds where short pieces of one file are in another: a lag in seconds, right to a few milliseconds.

Normalised correlation of spectral flux in 12 bands, by overlap-save.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.tracks.features import FRAMES_PER_S, TrackSignal
from pipeline.media.samples import Float32Array

_FFT_SIZE = 16_384
_EXCLUDED_S = 1.0  # around a peak: its neighbours are not its rivals
_BIN = FRAMES_PER_S // 2  # a maximum is kept for each half second
_CHANCE = 0.17  # highest correlation of other speech with a chunk of a second; falls with the square root
_QUIET = 0.1  # of the mean energy: what is quieter correlates by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class LagHit:
    """Where one chunk of a file is in another file."""

    at_s: float  # middle of the chunk, by the clock of its file
    lag_s: float  # to add to a time in the file, for the time in the other
    ratio: float  # of the highest correlation to the best one elsewhere; 1: no better than chance


def find_lags(
    signal: TrackSignal,
    chunks: Sequence[tuple[float, float]],
    other: TrackSignal,
    *,
    lags_s: tuple[float, float] | None = None,
) -> list[LagHit]:
    """Find chunks of one file in another.

    Args:
        signal: The file that the chunks are of.
        chunks: Start and end of each in seconds; all of one duration.
        other: The file to search.
        lags_s: Lowest and highest lag; all of ``other`` by default.

    Returns:
        One hit a chunk with sound; a chunk that does not fit into the range is left out.
    """
    length = round((chunks[0][1] - chunks[0][0]) * FRAMES_PER_S) if chunks else 0
    starts = [round(start * FRAMES_PER_S) for start, _ in chunks]
    pieces = [signal.read_features(start, start + length) for start in starts]
    usable = [number for number, piece in enumerate(pieces) if _has_sound(piece)]
    if not usable or other.frames < length:
        return []
    spectra = np.stack([np.fft.rfft(pieces[number], _FFT_SIZE).conj() for number in usable])
    norms = [float(np.sqrt(np.sum(pieces[number] ** 2))) for number in usable]
    first, last = 0, other.frames - length
    if lags_s:
        first = max(first, starts[usable[0]] + round(lags_s[0] * FRAMES_PER_S))
        last = min(last, starts[usable[-1]] + round(lags_s[1] * FRAMES_PER_S))
    peaks = [_PeakSearch() for _ in usable]
    for block in range(first, last + 1, _FFT_SIZE - length):
        features = other.read_features(block, block + _FFT_SIZE)
        count = min(_FFT_SIZE - length, last - block + 1)
        scale = _measure_norms(features, length, count)
        reference = np.fft.rfft(features)
        for spectrum, norm, search in zip(spectra, norms, peaks, strict=True):
            correlation = np.fft.irfft(np.einsum("bf,bf->f", spectrum, reference), _FFT_SIZE)[:count]
            search.add(correlation / (scale * np.float32(norm)), block)
    hits = [
        search.find_hit(start=starts[number], length=length)
        for number, search in zip(usable, peaks, strict=True)
        if search.is_used
    ]
    return [hit for hit in hits if lags_s is None or lags_s[0] <= hit.lag_s <= lags_s[1]]


def _has_sound(features: Float32Array) -> bool:
    return float(np.mean(features**2)) > _QUIET  # over a whole file the mean is 1


def _measure_norms(features: Float32Array, length: int, count: int) -> Float32Array:
    """Measure the norm of each stretch of ``length`` frames, shape (count,)."""
    energies = np.concatenate([[0.0], np.cumsum(np.sum(features**2, axis=0, dtype=np.float64))])
    stretches = energies[length : length + count] - energies[:count]
    norms: Float32Array = np.sqrt(np.maximum(stretches, _QUIET * length * features.shape[0])).astype(np.float32)
    return norms


class _PeakSearch:
    """Collects the correlation of one chunk block by block, and keeps a maximum for each half second."""

    def __init__(self) -> None:
        self._heights: list[Float32Array] = []
        self._places: list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = []
        self._best, self._best_at = -1.0, 0.0
        self.is_used = False

    def add(self, correlation: Float32Array, first: int) -> None:
        bins = np.pad(correlation, (0, -len(correlation) % _BIN), constant_values=-1).reshape(-1, _BIN)
        self._heights.append(bins.max(axis=1))
        self._places.append(first + np.arange(len(bins)) * _BIN + bins.argmax(axis=1))
        top = int(correlation.argmax())
        if correlation[top] > self._best:
            self._best, self._best_at = float(correlation[top]), first + top + find_vertex(correlation, top)
        self.is_used = True

    def find_hit(self, *, start: int, length: int) -> LagHit:
        heights, places = np.concatenate(self._heights), np.concatenate(self._places)
        elsewhere = np.abs(places - self._best_at) > _EXCLUDED_S * FRAMES_PER_S
        by_chance = _CHANCE / (length / FRAMES_PER_S) ** 0.5  # a short range has few rivals
        rival = max(float(heights[elsewhere].max(initial=0.0)), by_chance)
        return LagHit(
            at_s=(start + length / 2) / FRAMES_PER_S,
            lag_s=(self._best_at - start) / FRAMES_PER_S,
            ratio=self._best / rival,
        )


def find_vertex(values: Float32Array, top: int) -> float:
    """Return how far the vertex of a parabola through three values is from the middle one."""
    if not 0 < top < len(values) - 1:
        return 0.0
    left, middle, right = (float(value) for value in values[top - 1 : top + 2])
    curvature = left - 2 * middle + right
    return 0.5 * (left - right) / curvature if curvature < 0 else 0.0
