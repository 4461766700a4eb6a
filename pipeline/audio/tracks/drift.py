"""Fits the clock of one recorder to that of another: drift, and steps where one of them lost time.

Where a person sits moves the lag by milliseconds, so lags form modes: one a person. A step shifts
all modes alike, and for good. The fit therefore has one drift, one shift a segment between steps,
and one constant a mode.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.media.samples import BoolArray, Float64Array

MAX_DRIFT = 400e-6
_USUAL_DRIFT = 100e-6  # where seats and drift cannot be told apart, in a short overlap
MIN_STEP_S = 0.010  # less cannot be told from people in other seats
_SAFE_STEP_S = 0.018  # 6 m: less is a step only if several people moved alike
ACOUSTIC_S = 0.060  # more cannot be the way of sound in a room

_NOISE_S = 0.0003  # of one lag
_PAIR_NOISE_S = 0.0001  # of two lags of one mode
_MODE_WIDTHS_S = (0.00025, 0.0008, 0.003)  # of people who sit still, and of heads that move
_ROUNDS = 5
_MIN_MODE_SHARE = 0.06
_BESIDE_STEP_S = 90.0  # on both sides of a step: several people speak
_MIN_BESIDE_STEP = 15  # lags
_MATCH_S = 0.0015
_MIN_RUN = 4  # lags between two losses
_CANDIDATES = 6
_OUTLIER_COST, _STEP_COST = 1.0, 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFit:
    """Lag of a file at any time: ``drift`` · time + the shift of the segment. Acoustic delays are centred."""

    drift: float  # seconds of lag a second
    starts_s: tuple[float, ...]  # of the segments but the first: between which two lags each step is
    stops_s: tuple[float, ...]
    shifts_s: tuple[float, ...]  # one a segment
    modes_s: tuple[float, ...]  # acoustic delays around the shifts
    share: float  # of the lags that fit

    def predict(self, at_s: float, segment: int) -> float:
        """Return the lag at one time in seconds."""
        return self.drift * at_s + self.shifts_s[segment]

    def get_line(self, segment: int) -> Callable[[float], float]:
        """Return the lag of one segment as a function of the time in the file."""
        return lambda at_s: self.predict(at_s, segment)

    def get_inverse_line(self, segment: int) -> Callable[[float], float]:
        """Return what to add to a time by the other clock, for the time in the file."""
        return lambda at_s: -self.predict((at_s - self.shifts_s[segment]) / (1 + self.drift), segment)


def estimate_drift(times_s: Float64Array, lags_s: Float64Array, *, noise_s: float = _PAIR_NOISE_S) -> float:
    """Estimate the drift from all pairs of lags: those without a step between them, of one mode, agree.

    Args:
        times_s: Shape (lags,), ascending.
        lags_s: Shape (lags,).
        noise_s: Deviation of one lag.

    Returns:
        Seconds of lag a second; 0 if there are too few lags.
    """
    if len(times_s) < 3:
        return 0.0
    span_s = float(times_s[-1] - times_s[0])
    rows, columns = np.triu_indices(len(times_s), 1)
    distances = times_s[columns] - times_s[rows]
    used = (distances > 0.1 * min(span_s, 1200.0)) & (distances < 1800.0)
    slopes = (lags_s[columns] - lags_s[rows])[used] / distances[used]
    widths = 1.5 * noise_s / distances[used]
    near = np.abs(slopes) <= MAX_DRIFT
    if near.sum() < 2:
        return 0.0
    slopes, widths = slopes[near], widths[near]
    step = float(np.quantile(widths, 0.25)) / 2
    grid = np.arange(-MAX_DRIFT, MAX_DRIFT + step, step)
    edges = np.concatenate([slopes - 2 * widths, slopes + 2 * widths])  # each pair votes for an interval
    votes = np.concatenate([1 / widths, -1 / widths])
    places = np.searchsorted(grid, edges)
    density = np.cumsum(np.bincount(places, votes, len(grid) + 1))[: len(grid)]
    best = grid[int(np.argmax(density / (1 + (grid / _USUAL_DRIFT) ** 2)))]
    agreeing = np.abs(slopes - best) < 2 * widths
    return float(np.average(slopes[agreeing], weights=widths[agreeing] ** -2)) if agreeing.any() else float(best)


def fit_clock(times_s: Sequence[float], lags_s: Sequence[float]) -> ClockFit:
    """Fit drift and steps.

    Args:
        times_s: Times in the file, ascending.
        lags_s: Lag at each.
    """
    times, lags = np.asarray(times_s, float), np.asarray(lags_s, float)
    drift = estimate_drift(times, lags)
    labels, inliers = _find_plateaus(lags - drift * times)
    labels = _split_plateaus(times, lags - drift * times, labels, inliers)
    drift, shifts, modes, residuals = _fit_modes(times, lags, labels, inliers, drift)
    split = _split_at_steps(lags - drift * times, labels, residuals, inliers)
    if split[-1] > labels[-1]:
        labels = split
        drift, shifts, modes, residuals = _fit_modes(times, lags, labels, inliers, drift)
    fits = inliers & (np.abs(residuals) < 5 * _NOISE_S)
    steps = [number for number in range(1, len(times)) if labels[number] != labels[number - 1]]
    return ClockFit(
        drift=drift,
        stops_s=tuple(float(times[number - 1]) for number in steps),
        starts_s=tuple(float(times[number]) for number in steps),
        shifts_s=tuple(shifts),
        modes_s=tuple(modes),
        share=float(np.mean(fits)),
    )


def _find_plateaus(levels: Float64Array) -> tuple[np.ndarray, BoolArray]:
    """Find stretches of one lag, apart from acoustic delays: the cheapest path through candidates.

    Returns:
        The number of the stretch of each lag, ascending; and whether the lag belongs to it.
    """
    order = np.sort(levels)
    groups = np.split(order, np.flatnonzero(np.diff(order) > ACOUSTIC_S / 2) + 1)
    candidates = np.array([np.median(group) for group in groups])
    costs = (np.abs(levels[:, None] - candidates) > ACOUSTIC_S) * _OUTLIER_COST
    total, back = costs[0].copy(), np.zeros(costs.shape, int)
    for number in range(1, len(costs)):
        cheapest = int(np.argmin(total))
        changes = total[cheapest] + _STEP_COST < total
        back[number] = np.where(changes, cheapest, np.arange(len(candidates)))
        total = np.where(changes, total[cheapest] + _STEP_COST, total) + costs[number]
    path = [int(np.argmin(total))]
    for number in range(len(costs) - 1, 0, -1):
        path.append(int(back[number, path[-1]]))
    states = np.array(path[::-1])
    labels = np.concatenate([[0], np.cumsum(np.diff(states) != 0)])
    return labels, costs[np.arange(len(states)), states] == 0


def _split_plateaus(times: Float64Array, levels: Float64Array, labels: np.ndarray, inliers: BoolArray) -> np.ndarray:
    """Split plateaus where all modes shift alike, for good."""
    steps = np.zeros(len(levels), bool)
    for label in range(labels[-1] + 1):
        members = np.flatnonzero((labels == label) & inliers)
        steps[[members[place] for place in _find_shifts(times[members], levels[members])]] = True
    return np.asarray(labels + np.cumsum(steps))


def _find_shifts(times: Float64Array, levels: Float64Array) -> list[int]:
    """Find where lags no longer agree with earlier ones, but would after one shift.

    Returns:
        Numbers of the first lags after each step.
    """
    count = len(levels)
    if count < 12:
        return []
    beside = min(max(_MIN_BESIDE_STEP, round(_BESIDE_STEP_S / float(np.median(np.diff(times))))), count // 3)
    scores = np.zeros(count)
    least = min(_MIN_BESIDE_STEP, beside)  # near the ends
    for place in range(least, count - least + 1):
        before, after = levels[max(0, place - beside) : place], levels[place : place + beside]
        shift = find_shift(before, after)
        if abs(shift) >= _SAFE_STEP_S or (abs(shift) >= MIN_STEP_S and _share_seats(before, after - shift)):
            scores[place] = _match(before, after - shift) - _match(before, after)
    found = []
    while scores.any() and scores.max() > 0.6:
        best = int(np.argmax(scores))
        found.append(best)
        scores[max(0, best - beside) : best + beside + 1] = 0
    return sorted(found)


def _split_at_steps(
    levels: Float64Array, labels: np.ndarray, residuals: Float64Array, inliers: BoolArray
) -> np.ndarray:
    """Split off short runs beside a step that fit neither side: two losses soon after each other."""
    odd = inliers & (residuals >= 3 * _MATCH_S)
    borders = np.zeros(len(labels), bool)
    for step in (np.flatnonzero(np.diff(labels)) + 1).tolist():
        after = step + int(np.argmin(np.append(odd[step:], False)))
        before = step - int(np.argmin(np.append(odd[:step][::-1], False)))
        for first, last, border in ((step, after, after), (before, step, before)):
            rest = (labels == labels[first]) & inliers
            rest[first:last] = False
            if last - first >= _MIN_RUN and labels[first] == labels[last - 1] and rest.any():
                borders[border] |= abs(find_shift(levels[first:last], levels[rest])) >= _SAFE_STEP_S
    return np.asarray(labels + np.cumsum(borders))


def find_shift(before: Float64Array, after: Float64Array) -> float:
    """Find the shift after which two sets of lags agree best, in seconds.

    Of the differences that many pairs have, it is the one that leaves the fewest lags without a
    counterpart: from one seat to another many pairs agree too, but others are left over.
    """
    remaining = np.sort((after[:, None] - before[None, :]).ravel())
    candidates: list[float] = []
    while len(remaining) and len(candidates) < _CANDIDATES:
        upper = np.searchsorted(remaining, remaining + _MATCH_S)
        best = int(np.argmax(upper - np.arange(len(remaining))))
        candidates.append(float(np.mean(remaining[best : upper[best]])))
        remaining = np.concatenate([remaining[:best], remaining[upper[best] :]])
    return max(candidates, key=lambda shift: round(_match(before, after - shift), 2))


def _share_seats(before: Float64Array, after: Float64Array) -> bool:
    """Whether two sets of lags agree in more than one mode: in one, it may be another seat."""
    common = before[(np.abs(before[:, None] - after) < _MATCH_S).any(axis=1)]
    return bool(len(common) and np.ptp(common) > 2 * _MATCH_S)


def _match(before: Float64Array, after: Float64Array) -> float:
    """Return which share of both sets has a close counterpart in the other."""
    close = np.abs(after[:, None] - before[None, :]) < _MATCH_S
    return float(min(close.any(axis=0).mean(), close.any(axis=1).mean()))


def _fit_modes(
    times: Float64Array, lags: Float64Array, labels: np.ndarray, inliers: BoolArray, drift: float
) -> tuple[float, list[float], list[float], Float64Array]:
    """Fit one drift, a shift for each segment, and a constant for each mode, by weighted least squares."""
    count = int(labels[-1]) + 1
    levels = lags - drift * times
    shifts = [0.0]
    for one, other in pairwise(range(count)):
        before = levels[(labels == one) & inliers][-4 * _MIN_BESIDE_STEP :]
        after = levels[(labels == other) & inliers][: 4 * _MIN_BESIDE_STEP]
        shifts.append(shifts[-1] + (find_shift(before, after) if len(before) and len(after) else 0.0))
    offsets = np.array(shifts)
    residuals = np.zeros(len(times))
    middle = float(times.mean())
    modes = np.zeros(1)
    for _ in range(_ROUNDS):
        around = lags - drift * times - offsets[labels]
        modes = _choose_modes(around[inliers])
        nearest = np.argmin(np.abs(around[:, None] - modes), axis=1)
        residuals = around - modes[nearest]
        weights = np.sqrt(inliers / (1 + (residuals / _NOISE_S) ** 2))
        design = np.zeros((len(times), 1 + count + len(modes)))
        design[:, 0] = (times - middle) / 1000
        design[np.arange(len(times)), 1 + labels] = 1
        design[np.arange(len(times)), 1 + count + nearest] = 1
        target = lags - drift * times - offsets[labels] - modes[nearest]
        ridge = 1e-3 * np.eye(design.shape[1])  # a segment without a common mode stays where it is
        rows = np.concatenate([design * weights[:, None], ridge])
        solution = np.linalg.lstsq(rows, np.concatenate([target * weights, np.zeros(len(ridge))]), rcond=None)[0]
        drift += float(solution[0]) / 1000
        offsets = offsets + solution[1 : 1 + count] - solution[0] / 1000 * middle
    around = lags - drift * times - offsets[labels]
    modes = _choose_modes(around[inliers])
    residuals = np.min(np.abs(around[:, None] - modes), axis=1)
    centre = (modes.min() + modes.max()) / 2
    return drift, (offsets + centre).tolist(), (modes - centre).tolist(), residuals


def _choose_modes(values: Float64Array) -> Float64Array:
    """Find the narrowest modes that are real; if a wide one breaks up into many, people moved."""
    *narrow, wide = (_find_modes(values, width_s) for width_s in _MODE_WIDTHS_S)
    return next((modes for modes in narrow if len(modes) <= 1.5 * len(wide) + 1), wide)


def _find_modes(values: Float64Array, width_s: float) -> Float64Array:
    """Find the modes of lags: where many are within a width; the strongest first, at least one."""
    remaining = np.sort(values)
    modes: list[float] = []
    while len(remaining) and (not modes or len(modes) < 12):
        upper = np.searchsorted(remaining, remaining + width_s)
        best = int(np.argmax(upper - np.arange(len(remaining))))
        members = remaining[best : upper[best]]
        if modes and len(members) < max(3, _MIN_MODE_SHARE * len(values)):
            break
        modes.append(float(np.mean(members)))
        remaining = np.concatenate([remaining[:best], remaining[upper[best] :]])
    return np.array(modes or [0.0])
