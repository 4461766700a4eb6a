"""True peak by 4 times oversampling, which skips whatever cannot exceed the highest peak so far.

Source: ITU-R BS.1770-5, annex 2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import Block, Float32Array, Float64Array, PlanarBlock

# Bounds on the interpolated signal, which decide what need not be oversampled.
# No true peak exceeds:
# - the sample peak times PEAK_RATIO_LIMIT;
# - the root of the summed squares in the window, times _POWER_BOUND (Cauchy and Schwarz);
# - the gain of the middle taps times the near sample peak, plus that of the other taps times that root.
OVERSAMPLING = 4
REACH = 12  # filter half-length in samples
CONTEXT = REACH + 1  # samples to either side that ``compute_true_peaks_above`` needs: it looks between two samples too
_OFFSETS = np.arange(-OVERSAMPLING * REACH, OVERSAMPLING * REACH + 1)
_FIR: Float64Array = np.sinc(_OFFSETS * 0.98 / OVERSAMPLING) * np.kaiser(len(_OFFSETS), 7)
_FIR *= OVERSAMPLING / _FIR.sum()
_PHASES = [slice(phase, None, OVERSAMPLING) for phase in range(OVERSAMPLING)]
PEAK_RATIO_LIMIT = float(max(np.abs(_FIR[phase]).sum() for phase in _PHASES))
_POWER_BOUND = max(1.0, *((_FIR[phase] ** 2).sum() for phase in _PHASES))
_MIDDLE = 3  # samples to either side, which make three quarters of an output
_IS_MIDDLE = np.abs(_OFFSETS) <= _MIDDLE * OVERSAMPLING
_PEAK_BOUND = float(max(1.0, *(np.abs(_FIR * _IS_MIDDLE)[phase].sum() for phase in _PHASES)))
_REST_BOUND = float(max(np.sqrt(((_FIR * ~_IS_MIDDLE)[phase] ** 2).sum()) for phase in _PHASES))
_ROUNDING = 1.001

_ROW = 16  # samples that are oversampled together, or skipped together
_PRESCAN_SAMPLES = 30 * _ROW  # samples checked together first, by their peak
_OVERLAP_SAMPLES = 3 * _ROW  # samples kept from the previous chunk: more than a chunk leaves out at its end
_MAX_BATCH_ROWS = 96  # rows oversampled at once: few enough that BLAS starts no threads
_BLAS_ROUNDING = 1 - 1e-5  # BLAS adds in an order that depends on the processor and on the number of rows

_WINDOW = _ROW + 2 * REACH
# from the window around a row to its 4 phases: column OVERSAMPLING·sample + phase
_INTERPOLATOR = np.array([
    [_FIR[at] if 0 <= (at := OVERSAMPLING * (2 * REACH + sample - seen) + phase) < len(_FIR) else 0.0
     for sample in range(_ROW) for phase in range(OVERSAMPLING)]
    for seen in range(_WINDOW)
]).astype(np.float32)  # fmt: skip
# the same filter by tap, from the first sample of a window on; shape (2 * REACH + 1, OVERSAMPLING)
_TAPS = np.pad(_FIR, (0, OVERSAMPLING - 1)).reshape(-1, OVERSAMPLING)[::-1].astype(np.float32)


class TruePeakMeter:
    """Measures the true peak of a signal fed in chunks."""

    def __init__(self, channels: int) -> None:
        """Start with silence before the first sample."""
        self._before = np.zeros((channels, _OVERLAP_SAMPLES), np.float32)
        self._peak = 0.0

    @property
    def peak(self) -> float:
        """Amplitude so far, without what depends on samples that follow."""
        return self._peak

    def process(self, chunk: PlanarBlock) -> None:
        """Process the next samples.

        Args:
            chunk: Shape (channels, samples), float32, full scale is 1.0; at least ``3 * 16``
                samples.
        """
        seam = np.concatenate([self._before, chunk[:, : 2 * REACH]], axis=1)
        for part in (seam, chunk):  # across the border, and within the chunk
            if max(float(part.max()), -float(part.min())) * PEAK_RATIO_LIMIT > self._peak:
                for channel in part:
                    self._peak = _find_peak_above(channel, self._peak)
        self._before = chunk[:, -_OVERLAP_SAMPLES:].copy()

    def compute_dbtp(self, remainder: PlanarBlock) -> float | None:
        """Compute the true peak in dBTP, without changing the state; ``None`` for silence.

        Args:
            remainder: The samples after the last chunk, shape (channels, samples), float32; silence
                follows them.
        """
        peak = self._peak
        for channel in np.concatenate([self._before, remainder, np.zeros_like(self._before)], axis=1):
            peak = _find_peak_above(channel, peak)
        return to_dbtp(peak)


def to_dbtp(amplitude: float) -> float | None:
    """Convert an amplitude to dB relative to full scale; ``None`` for silence."""
    return 20 * math.log10(amplitude) if amplitude > 0 else None


def find_true_peak(channel: Float32Array) -> float:
    """Find the true peak from sample ``REACH`` to sample ``-REACH``.

    Args:
        channel: One channel, shape (samples,), float32, full scale is 1.0.

    Returns:
        The amplitude.
    """
    missing = -(len(channel) - 2 * REACH) % _ROW
    return _find_peak_above(np.pad(channel, (0, missing)) if missing else channel, 0.0)


def compute_true_peaks_above(block: Block, ceiling: float) -> Float32Array:
    """Compute the true peak around each sample, of all channels, where it may exceed a ceiling.

    Around a sample: from the sample before it to the sample after it.

    Args:
        block: Shape (samples, channels), float32, full scale is 1.0.
        ceiling: Amplitude.

    Returns:
        Amplitudes, shape (samples,), float32; where the true peak is not above the ceiling, at
        least the magnitude of the sample itself. Those above it do not depend on where a block
        begins.
    """
    peaks = _compute_magnitudes(block)
    if peaks.max(initial=0.0) * PEAK_RATIO_LIMIT <= ceiling:
        return peaks
    between = np.zeros(len(peaks) + _ROW + 1, np.float32)  # peaks between samples, starting before the first
    by_row = between[1 : 1 + -(-len(peaks) // _ROW) * _ROW].reshape(-1, _ROW)
    rows = _find_rows_near(peaks, ceiling)
    before, after = np.zeros(REACH, np.float32), np.zeros(REACH + -len(peaks) % _ROW, np.float32)
    for channel in block.T:
        windows = _view_windows(np.concatenate([before, channel, after]))
        batches = (rows[start : start + _MAX_BATCH_ROWS] for start in range(0, len(rows), _MAX_BATCH_ROWS))
        high = np.concatenate([rows[:0], *(_find_rows_above(batch, windows, ceiling) for batch in batches)])
        if len(high):
            by_row[high] = np.maximum(by_row[high], _compute_true_peaks(windows[high]))
    return np.maximum(peaks, np.maximum(between[:-1], between[1:])[: len(peaks)])


def _find_peak_above(channel: Float32Array, peak: float) -> float:
    """Find the true peak from sample REACH to -REACH, in whole rows; at least ``peak``."""
    own = channel[REACH:-REACH]
    peak = max(peak, float(own.max(initial=0.0)), -float(own.min(initial=0.0)))
    windows, bounds = _select_candidates(channel, peak)
    order = np.argsort(-bounds, kind="stable")  # the highest bound first: it rules out most of the others
    for start in range(0, len(order), _MAX_BATCH_ROWS):
        some = order[start : start + _MAX_BATCH_ROWS]
        some = some[bounds[some] > peak]
        if not len(some):
            break
        peak = max(peak, float(np.abs(windows[some] @ _INTERPOLATOR).max()))
    return peak


def _select_candidates(channel: Float32Array, peak: float) -> tuple[Float32Array, Float32Array]:
    """Select the windows that may exceed ``peak``, with a bound for each; cheap tests first."""
    windows = _view_windows(channel)[_find_loud_rows(channel, peak)]
    power = np.einsum("rs,rs->r", windows, windows)
    possible = np.flatnonzero(power * (_ROUNDING * _POWER_BOUND) > peak**2)
    near = np.abs(windows[possible, REACH - _MIDDLE : REACH + _ROW + _MIDDLE + 1]).max(axis=1, initial=0.0)
    bounds = np.asarray(_ROUNDING * (_PEAK_BOUND * near + _REST_BOUND * np.sqrt(power[possible])), np.float32)
    selected = np.flatnonzero(bounds > peak)
    return windows[possible[selected]], bounds[selected]


def _find_loud_rows(channel: Float32Array, peak: float) -> NDArray[np.intp]:
    """Find the rows near a sample so high that the signal may exceed ``peak``."""
    strips, rows_per_strip = len(channel) // _PRESCAN_SAMPLES, _PRESCAN_SAMPLES // _ROW
    whole, rest = (
        channel[: strips * _PRESCAN_SAMPLES].reshape(strips, _PRESCAN_SAMPLES),
        channel[strips * _PRESCAN_SAMPLES :],
    )
    tops = np.zeros(strips + 2, np.float32)
    tops[:-2] = np.maximum(whole.max(axis=1), -whole.min(axis=1))
    tops[-2] = max(rest.max(initial=0.0), -rest.min(initial=0.0))
    loud = np.flatnonzero(np.maximum(tops[:-1], tops[1:]) * PEAK_RATIO_LIMIT > peak)  # a window reaches the next strip
    rows = (loud[:, np.newaxis] * rows_per_strip + np.arange(rows_per_strip)).ravel()
    return rows[rows < (len(channel) - 2 * REACH) // _ROW]


def _view_windows(channel: Float32Array) -> Float32Array:
    """View the window of each row: the row and the filter half-length on both sides, shape (rows, _WINDOW)."""
    count, step = max(0, len(channel) - 2 * REACH) // _ROW, channel.strides[0]
    return np.lib.stride_tricks.as_strided(channel, (count, _WINDOW), (_ROW * step, step), writeable=False)


def _find_rows_near(peaks: Float32Array, ceiling: float) -> NDArray[np.intp]:
    """Find the rows near a sample so high that the adjacent signal may exceed ``ceiling``."""
    tops = np.concatenate([np.zeros(1, np.float32), _compute_row_maxima(peaks), np.zeros(1, np.float32)])
    highest = np.maximum(np.maximum(tops[:-2], tops[1:-1]), tops[2:])
    return np.flatnonzero(highest * PEAK_RATIO_LIMIT > ceiling)


def _compute_row_maxima(peaks: Float32Array) -> Float32Array:
    """Compute the maximum of each row by shifting: numpy is slow at reducing many short rows."""
    tops, width = np.concatenate([peaks, np.zeros(-len(peaks) % _ROW, np.float32)]), 1
    while width < _ROW:
        tops = np.maximum(tops[:-width], tops[width:])
        width *= 2
    return tops[::_ROW]


def _find_rows_above(rows: NDArray[np.intp], windows: Float32Array, ceiling: float) -> NDArray[np.intp]:
    """Find those of some rows whose true peak is above ``ceiling``, and perhaps some that just reach it."""
    near = windows[rows]
    possible = np.flatnonzero(np.einsum("rs,rs->r", near, near) * (_ROUNDING * _POWER_BOUND) > ceiling**2)
    phases = np.abs(near[possible] @ _INTERPOLATOR)
    return np.asarray(rows[possible[phases.max(axis=1, initial=0.0) > ceiling * _BLAS_ROUNDING]])


def _compute_true_peaks(windows: Float32Array) -> Float32Array:
    """Compute the true peak at each sample: the same bits on any processor, whatever else is computed with it.

    Args:
        windows: Shape (rows, _WINDOW).

    Returns:
        Shape (rows, _ROW), float32.
    """
    by_sample = np.ascontiguousarray(windows.T)
    phases = np.zeros((OVERSAMPLING, _ROW * len(windows)), np.float32)
    for tap in range(2 * REACH + 1):
        phases += np.multiply.outer(_TAPS[tap], by_sample[tap : tap + _ROW].ravel())
    return np.asarray(np.abs(phases).max(axis=0).reshape(_ROW, len(windows)).T)


def _compute_magnitudes(block: Block) -> Float32Array:
    """Compute the magnitude of each sample, the maximum of all channels."""
    magnitudes = np.abs(block[:, 0])
    for channel in block.T[1:]:
        np.maximum(magnitudes, np.abs(channel), out=magnitudes)
    return np.asarray(magnitudes, np.float32)
