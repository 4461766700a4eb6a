"""Decides for each stretch of a part which channels carry sound, and how they become one or two.

Every decision is made on windows of a quarter of a second: on the power of each channel, and on the
correlation of each pair.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.io.channel_plan import Weights
from pipeline.audio.metering.sliding_window import find_runs
from pipeline.media.samples import BoolArray, Float32Array, Float64Array

SILENT_POWER = 1e-8  # -80 dB
NEARLY_SILENT_RATIO = 10 ** (-35 / 10)  # to the other channel; bleed between two microphones is louder than this

_SOFT_POWER = 10 ** (-65 / 10)  # softer sound of a channel is not speech
_CLEAR = 100.0  # 20 dB above the noise floor
_ABOVE_FLOOR = 8.0  # speech is 9 dB above the noise floor of its channel; noise stays within 3 dB
_MIN_FLOOR = 1e-9
_FLOOR_SHARE, _MIN_SOUNDING_SHARE = 0.1, 0.2
_LOUD_SHARE, _LOUD_RATIO = 0.9, 10 ** (-25 / 10)  # louder than this, sound without pauses may be music
_STEADY_RATIO = 2.0  # between loud and soft windows; no music is as steady
_BLEED_RATIO = 10 ** (-20 / 10)  # softer than this, a channel holds what another one holds

# A microphone for each voice: in most windows one channel is louder, and not by panning.
_SEPARATE_RATIO, _SEPARATE_CORRELATION = 10 ** (9 / 10), 0.6
_FAR_RATIO = 10 ** (18 / 10)  # no coincident pair does that
_MIN_SEPARATE_SHARE, _MIN_SEPARATE_WINDOWS = 0.6, 2

# Costs of a window in each state; a switch costs ``_SWITCH``, so that a state lasts about three seconds or more,
# except where a voice would be lost otherwise: then two windows suffice.
_SWITCH, _LOST, _SILENT, _WEAK, _BLEED, _UNUSED = 6.0, 8.0, 1.0, 0.3, 0.1, 0.05
_MIN_OPPOSITE, _MAX_OPPOSITE, _POLARITY_COST = -0.12, -0.25, 4.0  # different sounds stay within 0.1
_MARGIN_WINDOWS = 2  # before and after a voice

# Of many microphones, those are chosen that together hold every voice best.
_MIN_USE_WINDOWS = 3
_MAX_SNR, _WORSE_SNR, _WORSE_LEVEL = 1e4, 0.1, 10 ** (-6 / 10)


class PairState(IntEnum):
    """How a pair of channels is used for some time."""

    BOTH = 0
    INVERTED = 1  # both, the second with opposite polarity
    FIRST = 2
    SECOND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRun:
    """Windows of a part with one state."""

    first: int
    last: int
    state: PairState
    below_db: float = 0.0  # of a channel that is not used, to the other; infinite: it is silent
    is_noise: bool = False  # a channel that is not used holds sound of its own, but no voice


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUse:
    """How the channels of one part are used.

    With two channels in use, ``runs`` says how; with more, all are added with the sign of ``signs``.
    """

    channels: int
    windows: int
    used: tuple[int, ...]
    silent: tuple[int, ...] = ()  # throughout
    noisy: tuple[int, ...] = ()  # only noise throughout
    signs: tuple[int, ...] = ()
    separate: bool = False  # two microphones, a voice in each
    runs: tuple[StateRun, ...] = ()

    def list_weights(self) -> list[tuple[int, Weights]]:
        """List the first window and the weights of each stretch."""
        if self.runs:
            return [(run.first, self._weigh_pair(run.state)) for run in self.runs]
        row = [0.0] * self.channels
        for channel, sign in zip(self.used, self.signs, strict=True):
            row[channel] = float(sign)
        return [(0, (tuple(row), tuple(row)))]

    def _weigh_pair(self, state: PairState) -> Weights:
        first, second = self.used
        left, right = [0.0] * self.channels, [0.0] * self.channels
        if state != PairState.SECOND:
            left[first] = 1.0
        if state != PairState.FIRST:
            right[second] = -1.0 if state == PairState.INVERTED else 1.0
        if self.separate or state in (PairState.FIRST, PairState.SECOND):
            left = right = [one + other for one, other in zip(left, right, strict=True)]
        return tuple(left), tuple(right)


def find_channel_use(moments: Float32Array, polarity: Float32Array) -> ChannelUse:
    """Decide how the channels of a part are used.

    Args:
        moments: Covariance of the channels in each window, shape (windows, channels, channels),
            float32; full scale is 1.0.
        polarity: Of each pair of channels in each window, the same shape; see ``measure_polarity``.
    """
    windows, channels, _ = moments.shape
    if channels == 1 or not windows:
        return ChannelUse(channels=channels, windows=windows, used=tuple(range(channels)), signs=(1,) * channels)
    power = np.maximum(np.einsum("tcc->tc", moments), 0).astype(np.float64)
    floors = _find_floors(power)
    relevant = _find_relevant(power, floors)
    silent = np.flatnonzero(~(power >= SILENT_POWER).any(axis=0)).tolist() if power.max() > _SOFT_POWER else []
    if channels == 2:
        return _find_pair_use(moments, polarity, relevant, floors, (0, 1))
    own = relevant & (power > _BLEED_RATIO * power.max(axis=1, keepdims=True))
    used = np.flatnonzero(own.sum(axis=0) >= _MIN_USE_WINDOWS).tolist() or [int(power.mean(axis=0).argmax())]
    noisy = sorted(set(range(channels)) - {*used, *silent})
    if len(used) > 2:
        used = _choose_microphones(power, floors, relevant, used)
    if len(used) == 2:
        use = _find_pair_use(moments, polarity, relevant, floors, (used[0], used[1]))
    else:
        signs = _find_signs(polarity, power, used)
        use = ChannelUse(channels=channels, windows=windows, used=tuple(used), signs=signs)
    return replace(use, silent=tuple(silent), noisy=tuple(noisy))


def _find_floors(power: Float64Array) -> Float64Array:
    """Find the noise floor of each channel: silence counts only where there is hardly anything else."""
    floors = np.full(power.shape[1], _MIN_FLOOR)
    for number, channel in enumerate(power.T):
        sounding = channel[channel > _MIN_FLOOR]
        if len(sounding) > _MIN_SOUNDING_SHARE * len(channel):
            floors[number] = np.quantile(sounding, _FLOOR_SHARE)
    return floors


def _find_relevant(power: Float64Array, floors: Float64Array) -> BoolArray:
    """Find where a channel holds a voice, or a sound so loud that it may be music.

    A steady sound is noise, unless there is nothing else.
    """
    heard = (power > _ABOVE_FLOOR * floors) & (power > _SOFT_POWER)
    high = np.quantile(power, _LOUD_SHARE, axis=0)
    steady = high < _STEADY_RATIO * floors
    loud = (power > max(_SOFT_POWER, _LOUD_RATIO * high.max())) & (~steady | steady.all())
    return np.asarray(heard | loud)


# Two channels


@dataclass(frozen=True, slots=True, kw_only=True)
class PairWindows:
    """Two channels in each window: shape (windows,) each."""

    first: Float64Array  # power
    second: Float64Array
    correlation: Float64Array
    polarity: Float32Array
    only_first: BoolArray  # the other channel holds nothing, or bleed
    only_second: BoolArray
    both: BoolArray
    clear: BoolArray  # far above the noise floor, so that ratio and correlation are those of a voice

    @property
    def active(self) -> BoolArray:
        """Where there is sound."""
        return self.only_first | self.only_second | self.both

    def is_separate(self) -> bool:
        """Whether these are two microphones, each with a voice of its own."""
        low = np.abs(self.correlation) < _SEPARATE_CORRELATION
        ratios = np.where(low, _SEPARATE_RATIO, _FAR_RATIO)
        more_first = int((self.clear & (self.first > ratios * self.second)).sum())
        more_second = int((self.clear & (self.second > ratios * self.first)).sum())
        enough = more_first + more_second >= _MIN_SEPARATE_SHARE * self.clear.sum()
        return bool(enough and min(more_first, more_second) >= _MIN_SEPARATE_WINDOWS)

    def compute_costs(self, *, separate: bool) -> Float64Array:
        """Compute what each state costs in each window, shape (windows, states)."""
        both, polarity = self.both, self.polarity
        costs = np.zeros((len(both), len(PairState)))
        costs[both, PairState.BOTH] = np.clip((_MIN_OPPOSITE - polarity[both]) * _POLARITY_COST, 0, 1)
        costs[both, PairState.INVERTED] = np.clip((polarity[both] - _MAX_OPPOSITE) * _POLARITY_COST, 0.02, 1)
        costs[both, PairState.FIRST] = costs[both, PairState.SECOND] = _LOST
        for only, own, other, lost in (
            (self.only_first, self.first, self.second, PairState.SECOND),
            (self.only_second, self.second, self.first, PairState.FIRST),
        ):
            if separate:
                costs[only, PairState.BOTH] = _UNUSED
            else:
                costs[only, PairState.BOTH] = np.where(other < NEARLY_SILENT_RATIO * own, _WEAK, _BLEED)[only]
                costs[only & (other < SILENT_POWER), PairState.BOTH] = _SILENT
            costs[only, PairState.INVERTED] = costs[only, PairState.BOTH] + _UNUSED
            costs[only, lost] = _LOST
        return costs


def _find_pair_use(
    moments: Float32Array,
    polarity: Float32Array,
    relevant: BoolArray,
    floors: Float64Array,
    pair: tuple[int, int],
) -> ChannelUse:
    one, other = pair
    first, second = moments[:, one, one].astype(np.float64), moments[:, other, other].astype(np.float64)
    is_first, is_second = relevant[:, one], relevant[:, other]
    only_first = is_first & (~is_second | (second < _BLEED_RATIO * first))
    only_second = is_second & (~is_first | (first < _BLEED_RATIO * second))
    scale = np.sqrt(np.maximum(first * second, _MIN_FLOOR**2))
    windows = PairWindows(
        first=first,
        second=second,
        correlation=np.clip(moments[:, one, other] / scale, -1.0, 1.0),
        polarity=polarity[:, one, other],
        only_first=only_first,
        only_second=only_second,
        both=(is_first | is_second) & ~only_first & ~only_second,
        clear=(is_first & (first > _CLEAR * floors[one])) | (is_second & (second > _CLEAR * floors[other])),
    )
    separate = windows.is_separate()
    states = _find_states(windows.compute_costs(separate=separate), windows)
    edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    return ChannelUse(
        channels=moments.shape[1],
        windows=len(moments),
        used=pair,
        separate=separate,
        runs=tuple(_describe_run(windows, start, stop, PairState(states[start])) for start, stop in pairwise(edges)),
    )


def _describe_run(windows: PairWindows, start: int, stop: int, state: PairState) -> StateRun:
    run = StateRun(first=start, last=stop, state=state)
    if state not in (PairState.FIRST, PairState.SECOND):
        return run
    own, other = windows.first[start:stop], windows.second[start:stop]
    only = windows.only_first[start:stop]
    if state == PairState.SECOND:
        own, other, only = other, own, windows.only_second[start:stop]
    if not only.any() or not (other[only] >= SILENT_POWER).any():
        return replace(run, below_db=math.inf)
    below_db = 10 * math.log10(own[only].mean() / max(other[only].mean(), _MIN_FLOOR))
    same = np.median(np.abs(windows.correlation[start:stop][only])) >= _SEPARATE_CORRELATION
    late = np.median(np.abs(windows.polarity[start:stop][only])) >= -_MIN_OPPOSITE  # the same sound, but delayed
    return replace(run, below_db=below_db, is_noise=not (same or late))


def _find_states(costs: Float64Array, windows: PairWindows) -> NDArray[np.int8]:
    """Find the cheapest sequence of states.

    Windows without sound take the state of the nearest one with sound. A state with both channels
    begins before the first sound of the other channel, and ends after its last.
    """
    places = np.flatnonzero(windows.active)
    if not len(places):
        return np.zeros(len(costs), np.int8)
    sequence = _minimise_costs(costs[places])
    states = sequence[np.searchsorted((places[1:] + places[:-1] + 1) // 2, np.arange(len(costs)), side="right")]
    hushed = np.minimum(windows.first, windows.second) < SILENT_POWER
    for first, last in find_runs(states <= PairState.INVERTED):
        before, after = np.arange(max(0, first - _MARGIN_WINDOWS), first), np.arange(last, last + _MARGIN_WINDOWS)
        after = after[after < len(states)]
        states[before[~hushed[before]]] = states[first]
        states[after[~hushed[after]]] = states[last - 1]
    return states


def _minimise_costs(costs: Float64Array) -> NDArray[np.int8]:
    """Find the sequence with the least sum of costs and switches (Viterbi)."""
    count = costs.shape[1]
    origins = np.empty(costs.shape, np.int8)
    totals = [0.0] * count
    for number, row in enumerate(costs.tolist()):
        best = totals.index(min(totals))
        switched = totals[best] + _SWITCH
        for state in range(count):
            stays = totals[state] <= switched
            origins[number, state] = state if stays else best
            totals[state] = (totals[state] if stays else switched) + row[state]
    sequence = np.empty(len(costs), np.int8)
    state = totals.index(min(totals))
    for number in reversed(range(len(costs))):
        sequence[number] = state
        state = int(origins[number, state])
    return sequence


# More than two channels


def _choose_microphones(
    power: Float64Array, floors: Float64Array, relevant: BoolArray, used: Sequence[int]
) -> list[int]:
    """Choose the fewest microphones of which one at least is good in each window.

    A microphone is good where its signal-to-noise ratio and its level, compared to its own loud
    moments, are close to those of the best.
    """
    quality = np.minimum(power[:, used] / np.maximum(floors[used], _MIN_FLOOR), _MAX_SNR)
    level = power[:, used] / np.maximum(np.quantile(power[:, used], _LOUD_SHARE, axis=0), SILENT_POWER)
    heard = relevant[:, used] & (power[:, used] > _ABOVE_FLOOR * floors[used])
    good = heard if heard.any() else relevant[:, used]  # music may never be far above its softest moment
    good = good & (quality >= _WORSE_SNR * quality.max(axis=1, keepdims=True))
    good = good & (level >= _WORSE_LEVEL * np.where(good, level, 0).max(axis=1, keepdims=True))
    chosen: list[int] = []
    open_windows = good.any(axis=1)
    loudness = power[:, used].mean(axis=0)
    while True:
        gained = np.logical_and(good, open_windows[:, np.newaxis])
        best = int(np.lexsort((-loudness, -gained.sum(axis=0)))[0])
        longest = max((last - first for first, last in find_runs(gained[:, best])), default=0)
        if longest < _MIN_USE_WINDOWS and chosen:  # the tail of a room is shorter than a word
            return sorted(used[number] for number in chosen)
        chosen.append(best)
        open_windows &= ~good[:, best]


def _find_signs(polarity: Float32Array, power: Float64Array, used: Sequence[int]) -> tuple[int, ...]:
    """Find the polarity of each microphone, relative to those before it."""
    signs = [1]
    for number, channel in enumerate(used[1:], 1):
        votes = 0.0
        for other, sign in zip(used[:number], signs, strict=True):
            loud = np.minimum(power[:, channel], power[:, other]) > _SOFT_POWER
            pair = polarity[loud, channel, other]
            votes += sign * float((pair > -_MIN_OPPOSITE).sum() - 1.0 * (pair < _MIN_OPPOSITE).sum())
        signs.append(-1 if votes <= -_MIN_USE_WINDOWS else 1)
    return tuple(signs)
