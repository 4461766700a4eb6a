"""Aligns one file to another: coarse lags, fine lags, drift and steps become stretches with one lag each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.coarse_lag import LagHit, find_lags
from pipeline.audio.tracks.drift import ACOUSTIC_S, MAX_DRIFT, ClockFit, estimate_drift, fit_clock
from pipeline.audio.tracks.features import COMPARISON_HZ, TrackSignal
from pipeline.audio.tracks.fine_lag import REACH_S, FineLag, PredictLag, correlate, measure_lag

CHUNKS = 24
_CHUNK_S = 40.0  # of long files

_MIN_CHUNK_S = 8.0
_COARSE_NOISE_S = 0.004
_BISECT_S = 5.0  # two coarse lags this close need none between them
_BISECT_CHUNK_S = 4.0
_SURE_RATIO = 3.0
_MIN_RATIO = 1.4
_FINE_S, _FINE_STEP_S, _FINE_MIN_STEP_S = 3.0, 6.0, 1.0
_FINE_COUNT = 150  # windows, where a file is shorter than a quarter of an hour
_MIN_Z = 8.0
_MIN_FINE = 8
_BLOCK = 25  # windows a worker takes together
_PLACE_STEP_S, _PLACE_MARGIN_S = 0.1, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSegment:
    """A stretch of a file that was recorded without interruption, and its place on another clock."""

    first_s: float  # by the clock of the file
    last_s: float
    at_s: float  # of ``first_s``, by the other clock
    rate: float  # seconds by the other clock in a second of the file

    def to_other(self, time_s: float) -> float:
        """Convert a time in the file to the other clock."""
        return self.at_s + (time_s - self.first_s) * self.rate

    @property
    def end_s(self) -> float:
        """Its end by the other clock."""
        return self.to_other(self.last_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAlignment:
    """Where a file is on the clock of another."""

    segments: tuple[FileSegment, ...]
    confidence: float  # 0 to 1: share of windows whose lag was found and fits
    polarity: int = 1  # -1: one of the files is inverted


def choose_chunks(duration_s: float, *, count: int = CHUNKS) -> list[tuple[float, float]]:
    """Choose evenly spaced chunks of a file, the first and the last seconds among them."""
    length = max(min(_CHUNK_S, duration_s / 6), min(_MIN_CHUNK_S, duration_s - 0.1))
    starts = np.linspace(0, max(0.0, duration_s - length - 0.05), count)
    return [(float(start), float(start) + length) for start in dict.fromkeys(starts.tolist())]


def select_hits(hits: Sequence[LagHit]) -> list[LagHit]:
    """Select the hits that are sure, or that another one agrees with up to drift."""
    good = [hit for hit in hits if hit.ratio >= _MIN_RATIO]
    return [
        hit
        for hit in good
        if hit.ratio >= _SURE_RATIO or any(other is not hit and are_on_line(hit, other) for other in good)
    ]


def are_on_line(one: LagHit, other: LagHit) -> bool:
    """Whether two lags differ by no more than drift and acoustic delays."""
    return abs(one.lag_s - other.lag_s) <= ACOUSTIC_S + MAX_DRIFT * abs(one.at_s - other.at_s)


def align_file(
    signal: TrackSignal, other: TrackSignal, hits: Sequence[LagHit], *, workers: int | None = None
) -> FileAlignment | None:
    """Align a file to another one.

    Args:
        signal: The file.
        other: The file whose clock counts.
        hits: Coarse lags of ``signal`` in ``other``.
        workers: Number of workers; the number of cores by default.

    Returns:
        ``None``: too little sound in common.
    """
    coarse = _fill_in(signal, other, sorted(select_hits(hits), key=lambda hit: hit.at_s))
    if not coarse:
        return None
    times, lags = np.array([hit.at_s for hit in coarse]), np.array([hit.lag_s for hit in coarse])
    drift = estimate_drift(times, lags, noise_s=_COARSE_NOISE_S)
    windows = _choose_windows(signal, other, coarse)
    fine = _measure_windows(signal, other, windows, coarse, drift, workers)
    good = [lag for lag in fine if lag.z >= _MIN_Z]
    if len(good) < min(_MIN_FINE, len(windows) / 2):
        return None
    fit = fit_clock([lag.at_s for lag in good], [lag.lag_s for lag in good])
    places = map_parallel(
        lambda step: _place_step(signal, other, fit, step), range(len(fit.shifts_s) - 1), workers=workers
    )
    return FileAlignment(
        segments=_build_segments(fit, (0.0, *places, signal.duration_s)),
        confidence=round(len(good) / len(fine) * fit.share, 3),
        polarity=1 if sum(lag.polarity * lag.z for lag in good) >= 0 else -1,
    )


def _fill_in(signal: TrackSignal, other: TrackSignal, hits: list[LagHit]) -> list[LagHit]:
    """Search between hits with different lags, until it is known where the lag changes."""
    filled = hits[:1]
    for before, after in pairwise(hits):
        filled += [*_bisect(signal, other, before, after), after]
    return filled


def _bisect(signal: TrackSignal, other: TrackSignal, before: LagHit, after: LagHit) -> list[LagHit]:
    if are_on_line(before, after) or after.at_s - before.at_s <= _BISECT_S:
        return []
    middle = (before.at_s + after.at_s) / 2
    chunk = (middle - _BISECT_CHUNK_S / 2, middle + _BISECT_CHUNK_S / 2)
    low, high = sorted((before.lag_s, after.lag_s))
    found = select_bisected(
        find_lags(signal, [chunk], other, lags_s=(low - 2 * ACOUSTIC_S, high + 2 * ACOUSTIC_S)), before, after
    )
    if not found:
        return []
    hit = found[0]
    return [*_bisect(signal, other, before, hit), hit, *_bisect(signal, other, hit, after)]


def select_bisected(found: Sequence[LagHit], before: LagHit, after: LagHit) -> list[LagHit]:
    """Keep hits that are clear, or that lie on one of the two lines."""
    return [hit for hit in found if hit.ratio >= _MIN_RATIO or are_on_line(hit, before) or are_on_line(hit, after)]


def _choose_windows(signal: TrackSignal, other: TrackSignal, coarse: Sequence[LagHit]) -> list[float]:
    """Choose the middles of the windows to compare, where both files have sound."""
    first = max(0.0, -coarse[0].lag_s) + _FINE_S / 2 + REACH_S
    last = min(signal.duration_s, other.duration_s - coarse[-1].lag_s) - _FINE_S / 2 - REACH_S
    step = min(_FINE_STEP_S, max(_FINE_MIN_STEP_S, (last - first) / _FINE_COUNT))
    return np.arange(first, last, step).tolist()


def _measure_windows(
    signal: TrackSignal,
    other: TrackSignal,
    windows: Sequence[float],
    coarse: Sequence[LagHit],
    drift: float,
    workers: int | None,
) -> list[FineLag]:
    blocks = [windows[start : start + _BLOCK] for start in range(0, len(windows), _BLOCK)]

    def measure(block: Sequence[float]) -> list[FineLag]:
        return [
            max(
                (
                    measure_lag(signal, other, at_s=at_s, duration_s=_FINE_S, predict=_build_line(hit, drift))
                    for hit in _choose_neighbours(coarse, at_s)
                ),
                key=lambda lag: lag.z,
            )
            for at_s in block
        ]

    return [lag for block in map_parallel(measure, blocks, workers=workers) for lag in block]


def _choose_neighbours(coarse: Sequence[LagHit], at_s: float) -> list[LagHit]:
    """Choose the coarse lags before and after a time, or only the nearer one if both agree."""
    before = [hit for hit in coarse if hit.at_s <= at_s][-1:]
    after = [hit for hit in coarse if hit.at_s > at_s][:1]
    if before and after and abs(before[0].lag_s - after[0].lag_s) < ACOUSTIC_S / 2:
        return [min((*before, *after), key=lambda hit: abs(hit.at_s - at_s))]
    return [*before, *after]


def _build_line(hit: LagHit, drift: float) -> PredictLag:
    return lambda at_s: hit.lag_s + drift * (at_s - hit.at_s)


def _place_step(signal: TrackSignal, other: TrackSignal, fit: ClockFit, step: int) -> float:
    """Find where in the file the lag changes: before it one lag fits better, after it the other."""
    first, last = fit.stops_s[step] - _PLACE_MARGIN_S, fit.starts_s[step] + _PLACE_MARGIN_S
    lost_s = fit.shifts_s[step] - fit.shifts_s[step + 1]
    if lost_s < 0:  # the file lost time
        return _find_change(signal, other, [fit.get_line(step), fit.get_line(step + 1)], fit.modes_s, first, last)
    first, last = first + fit.predict(first, step), last + fit.predict(last, step + 1)
    lines = [fit.get_inverse_line(step), fit.get_inverse_line(step + 1)]
    at_s = _find_change(other, signal, lines, tuple(-mode for mode in fit.modes_s), first, last)
    return at_s + lines[1](at_s)


def _find_change(
    signal: TrackSignal,
    other: TrackSignal,
    lines: Sequence[PredictLag],
    modes_s: Sequence[float],
    first: float,
    last: float,
) -> float:
    """Return the time in ``signal`` up to which the first lag fits better than the second."""
    times = np.arange(max(first, 0.5), min(last, signal.duration_s - 0.5), _PLACE_STEP_S)
    if not len(times):
        return (first + last) / 2
    matches = [[_match_modes(signal, other, line, modes_s, at_s) for line in lines] for at_s in times.tolist()]
    gains = np.cumsum([old - new for old, new in matches])
    best = int(np.argmax(np.concatenate([[0.0], gains])))
    return float(times[0] + (best - 0.5) * _PLACE_STEP_S)


def _match_modes(
    signal: TrackSignal, other: TrackSignal, line: PredictLag, modes_s: Sequence[float], at_s: float
) -> float:
    """Return how well sound around a time matches at one lag, from whichever seat."""
    correlation = correlate(signal, other, at_s=at_s, duration_s=1.0, predict=line)
    middle, reach = len(correlation) // 2, round(0.0005 * COMPARISON_HZ)
    correlation = np.abs(correlation)
    places = [middle + round(mode * COMPARISON_HZ) for mode in modes_s if abs(mode) < REACH_S - 0.001]
    peaks = [correlation[place - reach : place + reach + 1].max() for place in places]
    return float(max(peaks, default=0.0) / (correlation.std() + 1e-9))


def _build_segments(fit: ClockFit, places: Sequence[float]) -> tuple[FileSegment, ...]:
    return tuple(
        FileSegment(first_s=first, last_s=last, at_s=first + fit.predict(first, number), rate=1 + fit.drift)
        for number, (first, last) in enumerate(pairwise(places))
    )
