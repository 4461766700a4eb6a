"""Finds mains hum as a defect of a recording; removal uses ``processing.restoration.estimate_hum``."""

from dataclasses import dataclass

import numpy as np

from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.media.samples import BoolArray, Float64Array

_WINDOW_S = 4.0  # resolves a quarter of a hertz
_HARMONICS = 6
_MIN_PROMINENCE_DB = 15.0  # above the adjacent noise floor; noise reaches 8
_SINGLE_PROMINENCE_DB = 25.0  # for the fundamental without harmonics
_MIN_POWER = 10 ** (-80 / 10)  # of full scale; softer hum is not reported
_MIN_SHARE = 0.6  # of the quiet windows

_LINES_HZ = tuple(mains * harmonic for mains in (50, 60) for harmonic in range(1, _HARMONICS + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsHum:
    """Mains hum, and where it starts."""

    mains_hz: int
    level_dbfs: float
    at_s: float


class HumDetector:
    """Analyses one channel at about 1500 samples per second, in windows of 4 s."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Prepare the analysis."""
        self._size = round(_WINDOW_S * sample_rate_hz)
        self._hann = np.hanning(self._size + 1)[:-1]
        bin_hz = sample_rate_hz / self._size
        lines = np.array([[round(line / bin_hz)] for line in _LINES_HZ])
        near, far, edge = round(0.75 / bin_hz), round(2.5 / bin_hz), round(9 / bin_hz)
        self._line_bins = lines + np.arange(-near, near + 1)
        self._floor_bins = lines + np.concatenate([np.arange(-edge, -far), np.arange(far + 1, edge + 1)])
        self._waiting = np.zeros(0)
        self._windows = HopBuffer(np.float32)  # of each, the total power; then of each line, and of the adjacent floor

    def process(self, samples: Float64Array) -> None:
        """Process the next samples, shape (samples,), float64, full scale is 1.0."""
        waiting = np.concatenate([self._waiting, samples])
        while len(waiting) >= self._size:
            self._windows.append(self._analyse_window(waiting[: self._size]).astype(np.float32))
            waiting = waiting[self._size :]
        self._waiting = waiting

    def _analyse_window(self, samples: Float64Array) -> Float64Array:
        power = np.abs(np.fft.rfft((samples - samples.mean()) * self._hann)) ** 2 / (self._hann.sum() ** 2 / 2)
        numbers = np.empty(1 + 2 * len(_LINES_HZ))
        numbers[0] = power.sum()
        numbers[1::2] = power[self._line_bins].max(axis=1)
        floor = power[self._floor_bins]
        numbers[2::2] = np.partition(floor, floor.shape[1] // 2, axis=1)[:, floor.shape[1] // 2]
        return numbers

    def detect_hum(self) -> MainsHum | None:
        """Find the hum that most of the quiet windows have.

        ``None``: none, or too little signal.
        """
        analysed = self._windows.view().reshape(-1, 1 + 2 * len(_LINES_HZ)).astype(np.float64)
        windows = analysed[analysed[:, 0] > 0]
        if len(windows) < 2:
            return None
        quiet = windows[:, 0] <= np.quantile(windows[:, 0], 0.4)
        lines = windows[:, 1::2].reshape(-1, 2, _HARMONICS)
        floors = windows[:, 2::2].reshape(lines.shape)
        has_hum = _detect(10 * np.log10(np.maximum(lines, 1e-20) / np.maximum(floors, 1e-20)), lines)
        shares = has_hum[quiet].mean(axis=0)
        mains = int(shares.argmax())
        if shares[mains] < _MIN_SHARE:
            return None
        level = float(np.median(lines[quiet & has_hum[:, mains], mains].max(axis=1)))
        sounding = np.flatnonzero(analysed[:, 0] > 0)
        first = int(sounding[np.flatnonzero(has_hum[:, mains])[0]])
        return MainsHum(mains_hz=(50, 60)[mains], level_dbfs=10 * np.log10(level), at_s=first * _WINDOW_S)


def _detect(prominence_db: Float64Array, lines: Float64Array) -> BoolArray:
    """Decide which windows have hum, for both mains frequencies, shape (windows, 2)."""
    prominent = (prominence_db > _MIN_PROMINENCE_DB) & (lines > _MIN_POWER / 100)
    has_comb = prominent.sum(axis=2) >= 3
    has_fundamental = prominence_db[:, :, 0] > _SINGLE_PROMINENCE_DB
    return np.asarray((has_comb | has_fundamental) & (lines.max(axis=2) > _MIN_POWER))
