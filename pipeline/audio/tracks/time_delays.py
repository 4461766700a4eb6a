"""Time delays between microphones: which of them a sound reaches first.

Generalised cross-correlation with phase transform (GCC-PHAT) of windows of 0.4 s. Tracks are read
on the clock of their take, whose errors of a few milliseconds are found first.
Source: C. H. Knapp, G. C. Carter, "The Generalized Correlation Method for Estimation of Time Delay",
IEEE Trans. ASSP 24 (1976).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.fft import irfft, rfft
from numpy.typing import NDArray

from pipeline.audio.metering.sliding_window import average_arrays
from pipeline.audio.parallel import map_parallel
from pipeline.media.samples import RATE, Float32Array, Float64Array

FRAME_SAMPLES = RATE // 10  # one delay each
WINDOW_SAMPLES = 4 * FRAME_SAMPLES  # around the middle of a frame
MARGIN_SAMPLES = (WINDOW_SAMPLES - FRAME_SAMPLES) // 2  # before the first frame and after the last

_STEP = 3  # decimation to 16 kHz
_FFT_SIZE = 8192
_LOW_BIN, _HIGH_BIN = 102, 1792  # 200 to 3500 Hz
_LAGS_PER_S = 8000  # the inverse transform is of the lower half of the band
_LAGS = _FFT_SIZE // 2
_NOISE = (2 / (_HIGH_BIN - _LOW_BIN)) ** 0.5  # standard deviation of the correlation of unrelated sounds
_BATCH = 32  # windows whose transforms fit in the processor's cache

_MAX_ERROR_S = 0.012  # of a clock, each way
_MAX_DELAY_S = 0.012  # 4 m
_SURE_Z = 6.0  # correlation, in standard deviations of noise
_MIN_SHARE = 0.06  # of all sure windows: what is rarer is a reflection
_SAMPLE_CHUNKS, _SAMPLE_FRAMES = 60, 100  # evenly spaced pieces from which clock errors are found: ten minutes

Complex64Array = NDArray[np.complex64]
ReadTrack = Callable[[int, int, int], Float32Array]  # number, first and last sample; zeros outside

_HANN: Float32Array = np.hanning(WINDOW_SAMPLES // _STEP + 1)[:-1].astype(np.float32)


def find_clock_errors(read: ReadTrack, tracks: Sequence[int], samples: int) -> tuple[int, ...]:
    """Find the constant errors that alignment leaves, from the delays of all speakers.

    The delay between two microphones is longest when the speaker sits at one of them. So the middle
    between the longest delays in both directions is the error of their clocks.

    Args:
        read: Reads samples of a track on the clock of the take.
        tracks: Numbers of the microphones.
        samples: Length of the take at 48 kHz.

    Returns:
        Samples at 48 kHz by which each track is late; their sum is about 0.
    """
    frames = samples // FRAME_SAMPLES
    pairs = list(combinations(range(len(tracks)), 2))
    if not pairs or not frames:
        return (0,) * len(tracks)
    count = min(_SAMPLE_CHUNKS, -(-frames // _SAMPLE_FRAMES))
    spacing = max(frames - _SAMPLE_FRAMES, 0) / max(1, count - 1)
    firsts = [round(number * spacing) for number in range(count)]

    def find_peaks(first: int) -> tuple[Float32Array, Float32Array]:
        spectra = _compute_spectra(read, tracks, first, min(frames, first + _SAMPLE_FRAMES), (0,) * len(tracks))
        return _find_pair_peaks(spectra, pairs)

    results = list(map_parallel(find_peaks, firsts))
    delays_s, heights = (np.concatenate([one[side] for one in results], axis=1) for side in (0, 1))
    middles_s = [_find_middle_s(delay[height > _SURE_Z]) for delay, height in zip(delays_s, heights, strict=True)]
    known = [number for number, middle_s in enumerate(middles_s) if middle_s is not None]
    equations, right = np.zeros((len(known) + 1, len(tracks))), np.zeros(len(known) + 1)
    equations[-1] = 1
    for row, number in enumerate(known):
        one, other = pairs[number]
        equations[row, one], equations[row, other], right[row] = 1, -1, middles_s[number]
    errors_s = np.linalg.lstsq(equations, right, rcond=None)[0]
    return tuple(round(float(error_s) * RATE) for error_s in errors_s)


def _find_pair_peaks(spectra: Complex64Array, pairs: Sequence[tuple[int, int]]) -> tuple[Float32Array, Float32Array]:
    """Find the delay in seconds and the height of the highest peak, each of shape (pairs, frames)."""
    reach = round((_MAX_DELAY_S + _MAX_ERROR_S) * _LAGS_PER_S)
    delays, heights = (np.empty((len(pairs), spectra.shape[1]), np.float32) for _ in range(2))
    for number, (one, other) in enumerate(pairs):
        lags = _correlate(spectra[one], spectra[other], reach)
        delays[number] = (lags.argmax(axis=1) - reach) / _LAGS_PER_S
        heights[number] = lags.max(axis=1)
    return delays, heights


def _find_middle_s(delays_s: Float32Array) -> float | None:
    """Find the middle between the outermost frequent delays; ``None`` if only one is frequent."""
    reach = round((_MAX_DELAY_S + _MAX_ERROR_S) * _LAGS_PER_S)
    counts = np.bincount(np.rint(delays_s * _LAGS_PER_S).astype(int) + reach, minlength=2 * reach + 1)
    near = np.convolve(counts, np.ones(5), "same")  # within 0.25 ms
    is_mode = (near >= _MIN_SHARE * max(20, len(delays_s))) & (near == _compute_local_maxima(near))
    modes = np.flatnonzero(is_mode)
    if len(modes) < 2 or modes[-1] - modes[0] < 4:  # half a millisecond
        return None
    centres = [
        np.average(np.arange(mode - 2, mode + 3), weights=counts[mode - 2 : mode + 3]) for mode in modes[[0, -1]]
    ]
    return float(np.mean(centres) - reach) / _LAGS_PER_S


def _compute_local_maxima(counts: Float64Array) -> Float64Array:
    padded = np.pad(counts, 4)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 9).max(axis=1))


# Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayScores:
    """What delays say about a stretch of a take."""

    scores: Float32Array  # the sound reached this track first, in standard deviations; shape (tracks, frames)
    coherence: Float32Array  # height of the highest correlation of any pair, likewise; shape (frames,)


def score_delays(
    read: ReadTrack, tracks: Sequence[int], first: int, last: int, clock_errors: Sequence[int]
) -> DelayScores:
    """Score which microphone the sound of each frame reached first.

    Args:
        read: Reads samples of a track on the clock of the take.
        tracks: Numbers of the microphones.
        first: Number of the first frame of 0.1 s.
        last: The frame after the last one.
        clock_errors: From ``find_clock_errors``.
    """
    spectra = _compute_spectra(read, tracks, first, last, clock_errors)
    scores, coherence = np.zeros(spectra.shape[:2], np.float32), np.zeros(last - first, np.float32)
    reach = round(_MAX_DELAY_S * _LAGS_PER_S)
    for one, other in combinations(range(len(tracks)), 2):
        lags = _correlate(spectra[one], spectra[other], reach)
        earlier, later = lags[:, : reach - 1].max(axis=1), lags[:, reach + 2 :].max(axis=1)  # at ``one``
        scores[one] += earlier - later
        scores[other] += later - earlier
        np.maximum(coherence, lags.max(axis=1), out=coherence)
    return DelayScores(scores=scores / np.float32(max(1, len(tracks) - 1)), coherence=coherence)


def _compute_spectra(
    read: ReadTrack, tracks: Sequence[int], first: int, last: int, clock_errors: Sequence[int]
) -> Complex64Array:
    """Compute the phase of each window in the band, shape (tracks, frames, bins)."""
    start, stop = first * FRAME_SAMPLES - MARGIN_SAMPLES, last * FRAME_SAMPLES + MARGIN_SAMPLES
    spectra = np.empty((len(tracks), last - first, _HIGH_BIN - _LOW_BIN), np.complex64)
    for number, (track, error) in enumerate(zip(tracks, clock_errors, strict=True)):
        samples = read(track, start + error, stop + error)
        slow = average_arrays(list(samples.reshape(-1, _STEP).T))
        windows = np.lib.stride_tricks.sliding_window_view(slow, len(_HANN))[:: FRAME_SAMPLES // _STEP]
        for at in range(0, last - first, _BATCH):
            spectrum = rfft(windows[at : at + _BATCH] * _HANN, _FFT_SIZE)[:, _LOW_BIN:_HIGH_BIN]
            size = np.abs(spectrum)
            spectra[number, at : at + _BATCH] = spectrum / np.maximum(size, np.float32(1e-9))
    return spectra


def _correlate(one: Complex64Array, other: Complex64Array, reach: int) -> Float32Array:
    """Correlate the windows of two tracks.

    Returns:
        In standard deviations of noise, shape (frames, 2 * reach + 1): the middle is no delay, and
        after it ``one`` is late.
    """
    result = np.empty((len(one), 2 * reach + 1), np.float32)
    padded = np.zeros((_BATCH, _LAGS // 2 + 1), np.complex64)
    for at in range(0, len(one), _BATCH):
        count = min(_BATCH, len(one) - at)
        padded[:count, _LOW_BIN:_HIGH_BIN] = one[at : at + count] * other[at : at + count].conj()
        lags = irfft(padded[:count], _LAGS)
        result[at : at + count, reach:] = lags[:, : reach + 1]
        result[at : at + count, :reach] = lags[:, -reach:]
    result *= np.float32(_LAGS / 2 / (_HIGH_BIN - _LOW_BIN) / _NOISE)
    return result
