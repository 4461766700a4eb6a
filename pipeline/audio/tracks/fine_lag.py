"""Measures the lag between two files near a known one, right to a tenth of a millisecond.

Generalised cross-correlation with phase transform (GCC-PHAT), averaged over windows of a second.
Source: C. H. Knapp, G. C. Carter, "The Generalized Correlation Method for Estimation of Time Delay",
IEEE Trans. ASSP 24 (1976).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.audio.tracks.coarse_lag import find_vertex
from pipeline.audio.tracks.features import COMPARISON_HZ, TrackSignal
from pipeline.media.samples import Float32Array

REACH_S = 0.096  # of the search, each way

_FFT_SIZE = 9600  # more than a window and the search on both sides, and quick to transform
_WINDOW = COMPARISON_HZ  # samples: one second
_REACH = round(REACH_S * COMPARISON_HZ)
_BAND = slice(200 * _FFT_SIZE // COMPARISON_HZ, 3500 * _FFT_SIZE // COMPARISON_HZ)
_RAMP = 2 * np.pi * np.fft.rfftfreq(_FFT_SIZE, 1 / COMPARISON_HZ)[_BAND]
_HANN: Float32Array = np.hanning(_WINDOW).astype(np.float32)

PredictLag = Callable[[float], float]  # time in a file → lag in seconds, to a tenth of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class FineLag:
    """The lag of one file against another at one time."""

    at_s: float  # by the clock of the file
    lag_s: float  # to add to a time in the file, for the time in the other
    z: float  # peak of the correlation in standard deviations: above 8 it is no accident
    polarity: int  # -1: one of the files is inverted


def measure_lag(
    signal: TrackSignal, other: TrackSignal, *, at_s: float, duration_s: float, predict: PredictLag
) -> FineLag:
    """Measure the lag at one time.

    Args:
        signal: The file.
        other: The other file.
        at_s: Middle of the stretch to compare, in ``signal``.
        duration_s: Its duration.
        predict: The expected lag; drift in it keeps the peak of a long stretch sharp.
    """
    correlation = correlate(signal, other, at_s=at_s, duration_s=duration_s, predict=predict)
    top = int(np.argmax(np.abs(correlation)))
    polarity = 1 if correlation[top] >= 0 else -1
    shift_s = (top - _REACH + find_vertex(correlation * polarity, top)) / COMPARISON_HZ
    z = float(abs(correlation[top]) / (correlation.std() + 1e-9))
    return FineLag(at_s=at_s, lag_s=predict(at_s) + shift_s, z=z, polarity=polarity)


def correlate(
    signal: TrackSignal, other: TrackSignal, *, at_s: float, duration_s: float, predict: PredictLag
) -> Float32Array:
    """Correlate two files around an expected lag.

    Returns:
        Shape (2 · 768 + 1,), float32: lags of ±96 ms around the expected one, in steps of 1/8000 s.
    """
    count = max(1, round(2 * (duration_s - 1) + 1))  # half overlapping
    first = round((at_s - (count + 1) / 4) * COMPARISON_HZ)
    places = _WINDOW // 2 * np.arange(count)
    expected = np.array([predict((first + place + _WINDOW / 2) / COMPARISON_HZ) for place in places]) * COMPARISON_HZ
    whole = np.round(expected).astype(int)
    start = first + int(np.min(whole + places)) - _REACH
    stop = first + int(np.max(whole + places)) + _REACH + _WINDOW
    ours, theirs = signal.read(first, first + int(places[-1]) + _WINDOW), other.read(start, stop)
    our_windows = np.stack([ours[place : place + _WINDOW] for place in places]) * _HANN
    starts = first + whole + places - _REACH - start
    their_windows = np.stack([theirs[place : place + _WINDOW + 2 * _REACH] for place in starts])
    product = np.fft.rfft(their_windows, _FFT_SIZE)[:, _BAND] * np.fft.rfft(our_windows, _FFT_SIZE)[:, _BAND].conj()
    product /= np.abs(product) + np.float32(1e-12)
    phases = np.exp(1j * np.outer((expected - whole) / COMPARISON_HZ, _RAMP)).astype(np.complex64)
    spectrum = np.zeros(_FFT_SIZE // 2 + 1, np.complex64)
    spectrum[_BAND] = np.einsum("wf,wf->f", product, phases)
    correlation: Float32Array = np.fft.irfft(spectrum, _FFT_SIZE)[: 2 * _REACH + 1].astype(np.float32)
    return correlation
