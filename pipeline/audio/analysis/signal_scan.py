"""Scans whole seconds of a signal for all defect detectors at once, independent of what is before and after."""

import math
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from pipeline.audio.analysis import clipping
from pipeline.media.samples import Float32Array, Float64Array, PlanarBlock

WINDOWS_PER_SECOND = 4  # in which channels are compared

_ROWS_PER_SECOND = 1500  # about: the harmonics of mains hum are below half of that
_LAG_ROWS = 16  # 10 ms or so: a microphone 3 m further away
_MIN_SCALE = 1e-9
_MAX_POLARITY_CHANNELS = 8  # of more, 28 pairs and many more, it would take too long
_LEAST_ROWS_PER_SECOND, _MOST_ROWS_PER_SECOND = 1200, 2100


class ScanGrid:
    """How a signal is divided: rows within windows within seconds.

    A second has as many samples as the rate where that can be divided, and else almost as many.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        """Choose the sizes for a rate."""
        self.sample_rate_hz = sample_rate_hz
        self.row = _choose_row(sample_rate_hz)  # samples
        self.window_rows = max(1, round(sample_rate_hz / WINDOWS_PER_SECOND / self.row))
        self.second_rows = WINDOWS_PER_SECOND * self.window_rows
        self.window, self.second = self.window_rows * self.row, self.second_rows * self.row  # samples
        self.row_s, self.window_s = self.row / sample_rate_hz, self.window / sample_rate_hz


def _choose_row(sample_rate_hz: int) -> int:
    """Choose a divisor of a quarter of a second near two thirds of a millisecond, if there is one."""
    low, high = sample_rate_hz // _MOST_ROWS_PER_SECOND + 1, sample_rate_hz // _LEAST_ROWS_PER_SECOND
    ideal = max(1, sample_rate_hz // _ROWS_PER_SECOND)
    fitting = [row for row in range(low, high + 1) if sample_rate_hz % (WINDOWS_PER_SECOND * row) == 0]
    return min(fitting, key=lambda row: abs(row - ideal), default=ideal)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalScan:
    """What detectors need of some seconds of a signal; all arrays are float32 unless noted."""

    samples: int
    peak: float
    sums: Float64Array  # of the samples of each channel, shape (channels,), float64
    moments: Float32Array  # covariance of the channels in each window, shape (windows, channels, channels)
    polarity: Float32Array  # of each pair of channels in each window, see ``measure_polarity``; shape as ``moments``
    row_power: Float32Array  # mean square of each row, shape (channels, rows)
    row_means: Float32Array  # shape (channels, rows)
    clipped: clipping.ClippedRuns
    flat_tops: tuple[clipping.FlatTopSecond, ...]


def scan_signal(samples: PlanarBlock, grid: ScanGrid, *, at: int, step: float) -> SignalScan:
    """Scan some seconds of a signal.

    Args:
        samples: Shape (channels, samples), float32, full scale is 1.0; whole seconds of the grid,
            unless it is the end of the signal.
        grid: Divides it.
        at: Number of the first sample in the signal.
        step: Quantisation step of the samples.
    """
    firsts = range(0, samples.shape[1], grid.second)
    seconds = [scan_second(samples[:, at_s : at_s + grid.second], grid, at=at + at_s, step=step) for at_s in firsts]
    return seconds[0] if len(seconds) == 1 else join_scans(seconds)


def scan_second(samples: PlanarBlock, grid: ScanGrid, *, at: int, step: float) -> SignalScan:
    """Scan at most one second; see ``scan_signal``."""
    count = samples.shape[1] // grid.row
    rows = samples[:, : count * grid.row].reshape(len(samples), count, grid.row)
    power, sums = np.einsum("crs,crs->cr", rows, rows), np.einsum("crs->cr", rows)
    tops = samples.max(axis=1), -samples.min(axis=1)
    peak = float(max(tops[0].max(), tops[1].max()))
    clipped = clipping.ClippedRuns()
    if peak >= clipping.CLIPPING_LEVEL:
        clipped = clipping.find_clipped_runs(samples, at=at)
    return SignalScan(
        samples=samples.shape[1],
        peak=peak,
        sums=sums.sum(axis=1, dtype=np.float64),
        moments=_compute_moments(samples, power, sums, grid),
        polarity=_measure_polarities(sums, grid),
        row_power=power / np.float32(grid.row),
        row_means=sums / np.float32(grid.row),
        clipped=clipped,
        flat_tops=clipping.find_flat_seconds(
            samples, power, tops=tops, row=grid.row, at=at, rate=grid.sample_rate_hz, step=step
        ),
    )


def join_scans(scans: list[SignalScan]) -> SignalScan:
    """Join the scans of successive seconds."""
    return SignalScan(
        samples=sum(scan.samples for scan in scans),
        peak=max(scan.peak for scan in scans),
        sums=np.sum([scan.sums for scan in scans], axis=0),
        moments=np.concatenate([scan.moments for scan in scans]),
        polarity=np.concatenate([scan.polarity for scan in scans]),
        row_power=np.concatenate([scan.row_power for scan in scans], axis=1),
        row_means=np.concatenate([scan.row_means for scan in scans], axis=1),
        clipped=clipping.join_clipped_runs([scan.clipped for scan in scans]),
        flat_tops=tuple(second for scan in scans for second in scan.flat_tops),
    )


def _compute_moments(samples: PlanarBlock, power: Float32Array, sums: Float32Array, grid: ScanGrid) -> Float32Array:
    """Compute the covariance of the channels in each window."""
    channels, count = sums.shape
    firsts = np.arange(0, count, grid.window_rows)
    if not count:
        return np.zeros((0, channels, channels), np.float32)
    edges = [*(firsts * grid.row).tolist(), count * grid.row]
    moments = np.zeros((len(firsts), channels, channels))
    for number, (first, last) in enumerate(pairwise(edges)):
        for one, other in combinations(range(channels), 2):
            moments[number, one, other] = np.dot(samples[one, first:last], samples[other, first:last])
    moments += moments.transpose(0, 2, 1)
    diagonal = np.arange(channels)
    moments[:, diagonal, diagonal] = np.add.reduceat(power, firsts, axis=1, dtype=np.float64).T
    sizes = np.diff(edges)[:, np.newaxis]
    means = np.add.reduceat(sums, firsts, axis=1, dtype=np.float64).T / sizes
    moments /= sizes[:, np.newaxis]
    moments -= means[:, :, np.newaxis] * means[:, np.newaxis, :]
    return moments.astype(np.float32)


def _measure_polarities(sums: Float32Array, grid: ScanGrid) -> Float32Array:
    """Measure the polarity of each pair of channels in each window, shape (windows, channels, channels)."""
    channels, count = sums.shape
    polarity = np.zeros((-(-count // grid.window_rows), channels, channels), np.float32)
    if channels > _MAX_POLARITY_CHANNELS:
        return polarity
    for number, first in enumerate(range(0, count, grid.window_rows)):
        steps = np.diff(sums[:, first : first + grid.window_rows], axis=1)  # hum and rumble hardly count
        for one, other in combinations(range(channels), 2):
            polarity[number, one, other] = polarity[number, other, one] = measure_polarity(steps[one], steps[other])
    return polarity


def measure_polarity(one: Float32Array, other: Float32Array) -> float:
    """Measure how much stronger the highest correlation at any lag is than the lowest.

    One sound has opposite polarity in two channels if the extreme is negative; after a delay it is
    positive, although the correlation without lag may be negative.

    Args:
        one: Shape (rows,), float32.
        other: The same of the other channel.

    Returns:
        Positive: same polarity; negative: opposite polarity; near 0: different sounds.
    """
    if len(one) <= 4 * _LAG_ROWS:
        return 0.0
    scale = math.sqrt(float(np.dot(one, one)) * float(np.dot(other, other)))
    if scale < _MIN_SCALE:
        return 0.0
    correlation = np.correlate(one, other[_LAG_ROWS:-_LAG_ROWS], "valid")
    return float(correlation.max() + correlation.min()) / scale
