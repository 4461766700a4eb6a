"""Finds clipping, at full scale and below it, where the level was lowered afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.samples import Block, BoolArray, Float32Array, PlanarBlock

CLIPPING_LEVEL = 0.9985  # of full scale: clipped samples repeat the same value from here on
_MIN_RUN = 4  # equal samples in a row …
_MIN_COUNT = 10  # … and how often

# A flat top: a few samples at the peak of their second that hardly differ, with steep edges.
# A natural peak falls off gradually: twice as far from it, four times as deep.
_NEAR_TOP = 0.98
_MAX_STEP = 0.005  # from one sample to the next, relative to the peak
_MIN_EDGE = 0.03  # fall within two samples, relative to the peak
_EDGE_TO_RIPPLE = 6.0  # the same, relative to the ripple of the flat top
_MIN_EDGE_STEPS = 12  # quantisation steps: coarse samples are flat anyway
_MIN_PEAK = 0.02  # softer peaks have too few steps of 16 bits
_MIN_PER_SECOND = 2  # in one channel: one may be chance
_SAME_LEVEL = 1.04  # levels whose ratio is less are one level
_SQUARE_WAVE = 0.95  # of the power of its peak: intended
_MAX_ROWS = 24  # of each peak, the strongest: so that a tone costs no more than speech
_CONTEXT = 8  # samples on both sides of a row

STEP_16_BIT = 2.0**-15
_COARSE_STEPS = {"pcm_u8": 2.0**-7, "pcm_s8": 2.0**-7, "pcm_alaw": 2.0**-5, "pcm_mulaw": 2.0**-5}


def get_quantisation_step(codec: str) -> float:
    """Return the largest quantisation step of a codec, as ffmpeg names it; full scale is 1.0."""
    return _COARSE_STEPS.get(codec, STEP_16_BIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedRuns:
    """Runs of equal samples at full scale; loud audio touches it, only clipped audio stays there."""

    count: int = 0
    first: int | None = None  # number of the first sample of the first run

    def find_start(self) -> int | None:
        """Return where clipping starts, as the number of a sample; ``None``: too rare to be clipping."""
        return self.first if self.count >= _MIN_COUNT else None


def find_clipped_runs(block: PlanarBlock, *, at: int) -> ClippedRuns:
    """Find runs of equal samples at full scale.

    Args:
        block: Shape (channels, samples), float32, full scale is 1.0.
        at: Number of its first sample.
    """
    count, firsts = 0, []
    for channel in np.abs(block):
        still = (channel[1:] >= CLIPPING_LEVEL) & (np.abs(np.diff(channel)) < 1e-6)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]])))
        starts, lengths = edges[::2], np.diff(edges)[::2]
        long = starts[lengths >= _MIN_RUN - 1]
        count += len(long)
        firsts += long[:1].tolist()
    return ClippedRuns(count=count, first=at + min(firsts) if firsts else None)


def join_clipped_runs(runs: Sequence[ClippedRuns]) -> ClippedRuns:
    """Join the runs of successive blocks."""
    firsts = [one.first for one in runs if one.first is not None]
    return ClippedRuns(count=sum(one.count for one in runs), first=min(firsts, default=None))


def find_clipping_start(blocks: Iterable[Block], *, rate: int) -> float | None:
    """Find where clipping at full scale starts.

    Args:
        blocks: Blocks of shape (samples, channels), float32, full scale is 1.0.
        rate: Sample rate in Hz.

    Returns:
        Seconds; ``None``: there is no clipping.
    """
    runs, at = [ClippedRuns()], 0
    for block in blocks:
        if block.size and np.abs(block).max() >= CLIPPING_LEVEL:
            runs = [join_clipped_runs([*runs, find_clipped_runs(np.ascontiguousarray(block.T), at=at)])]
        at += len(block)
    start = runs[0].find_start()
    return None if start is None else start / rate


# Below full scale


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedPeaks:
    """Peaks cut off flat at one level, and the seconds in which that happens."""

    level: float  # of full scale
    at_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatTopSecond:
    """A second of one channel with flat tops."""

    at_s: float
    level: float
    count: int


def find_flat_seconds(
    block: PlanarBlock,
    power: PlanarBlock,
    *,
    tops: tuple[Float32Array, Float32Array],
    row: int,
    at: int,
    rate: int,
    step: float,
) -> tuple[FlatTopSecond, ...]:
    """Find peaks cut off below full scale by an amplifier, or before the level was lowered.

    Only the strongest rows are examined.

    Args:
        block: About a second, shape (channels, samples), float32, full scale is 1.0.
        power: Sum of squares of each row of samples, shape (channels, rows), float32.
        tops: The highest sample of each channel, and the negative of its lowest, shape (channels,).
        row: Samples per row.
        at: Number of the first sample.
        rate: Sample rate in Hz.
        step: Quantisation step of the samples; full scale is 1.0.

    Returns:
        At most one for each channel.
    """
    if power.shape[1] < 3:
        return ()
    found = []
    for channel, powers, high, low in zip(block, power, *tops, strict=True):
        if float(powers.sum()) > _SQUARE_WAVE * len(powers) * row * max(high, low) ** 2:
            continue
        places = _find_flat_tops(channel, powers, row=row, tops=(float(high), float(low)), step=step)
        if len(places) >= _MIN_PER_SECOND:
            level = float(np.median(np.abs(channel[places])))
            found.append(FlatTopSecond(at_s=(at + int(places.min())) / rate, level=level, count=len(places)))
    return tuple(found)


def find_clipped_peaks(seconds: Iterable[FlatTopSecond]) -> ClippedPeaks | None:
    """Find the level at which most peaks are flat; ``None``: too few to be more than chance."""
    by_level = sorted(seconds, key=lambda second: second.level)
    best: list[FlatTopSecond] = []
    start = count = most = 0
    for stop, second in enumerate(by_level, 1):
        count += second.count
        while by_level[start].level * _SAME_LEVEL < second.level:
            count -= by_level[start].count
            start += 1
        if count > most:
            most, best = count, by_level[start:stop]
    if most < _MIN_COUNT:
        return None
    level = float(np.median([second.level for second in best]))
    latest_first = sorted(best, key=lambda one: -one.at_s)
    times = {int(second.at_s): second.at_s for second in latest_first}  # the first within each second
    return ClippedPeaks(level=level, at_s=tuple(times[second] for second in sorted(times)))


def _find_flat_tops(
    channel: Float32Array, powers: Float32Array, *, row: int, tops: tuple[float, float], step: float
) -> NDArray[np.intp]:
    """Find where flat tops begin, among the strongest rows.

    ``tops`` are the magnitudes of the highest and the lowest sample.
    """
    none = np.zeros(0, np.intp)
    strong = [_select_strongest(powers, row, top) if top >= _MIN_PEAK else none for top in tops]
    rows, context = np.concatenate(strong), min(_CONTEXT, row)
    row_tops = np.repeat(np.array([tops[0], -tops[1]], np.float32), [len(some) for some in strong])
    windows = channel[(rows * row - context)[:, np.newaxis] + np.arange(row + 2 * context)] / row_tops[:, np.newaxis]
    near = windows >= _NEAR_TOP  # of their own peak, which is 1 now
    if np.count_nonzero(near) < _MIN_PER_SECOND * _MIN_RUN:
        return none
    still = (np.abs(np.diff(windows)) <= _MAX_STEP) & near[:, 1:] & near[:, :-1]
    numbers, starts = _find_runs(still, context)
    if not len(starts):
        return none
    run = _index_runs(still, numbers, starts)
    values = windows[numbers[:, np.newaxis], run]
    low = values.min(axis=1)
    edge = np.maximum(
        _EDGE_TO_RIPPLE * (values.max(axis=1) - low),
        np.maximum(_MIN_EDGE, _MIN_EDGE_STEPS * step / np.abs(row_tops[numbers])),
    )
    stops = run[:, -1] + 2
    after = windows[numbers, np.minimum(stops, windows.shape[1] - 1)]
    falls_before = low - windows[numbers, starts - 2] >= edge
    falls_after = (low - after >= edge) | (stops >= windows.shape[1])
    return np.asarray((rows[numbers] * row - context + starts)[falls_before & falls_after], np.intp)


def _select_strongest(powers: Float32Array, row: int, top: float) -> NDArray[np.intp]:
    """Select the strongest rows in which a flat top may begin.

    Rows at the edges have no context.
    """
    inner = powers[1:-1]
    possible = 1 + np.flatnonzero((inner > _MIN_RUN * (_NEAR_TOP * top) ** 2) & (inner < _SQUARE_WAVE * row * top**2))
    if len(possible) <= _MAX_ROWS:
        return possible
    return possible[np.argpartition(powers[possible], -_MAX_ROWS)[-_MAX_ROWS:]]


def _find_runs(still: BoolArray, context: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find runs of enough flat samples that begin in their row.

    Returns:
        The number of the window of each run, and its position in the window.
    """
    runs = still[:, 1:-2] & still[:, 2:-1] & still[:, 3:] & ~still[:, :-3]
    numbers, places = np.nonzero(runs[:, context - 1 : 3 - context])
    return numbers, places + context


def _index_runs(still: BoolArray, numbers: NDArray[np.intp], starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the sample positions of each run, the last repeated, shape (runs, window)."""
    width = still.shape[1] + 1
    broken = np.where(still, width - 1, np.arange(width - 1))
    ends = np.minimum.accumulate(broken[:, ::-1], axis=1)[:, ::-1]  # where the run of each position ends
    return np.minimum(starts[:, np.newaxis] + np.arange(width), ends[numbers, starts][:, np.newaxis])
