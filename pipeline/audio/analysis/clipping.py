"""Finds clipping: sound that stands still at full scale, and peaks that were cut off flat below it, before they came here."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Singles, Sound
from pipeline.media.ffmpeg import Block

FULL = 0.9985  # of full scale: clipped samples stand still here
_STILL = 4  # so many samples in a row …
_OFTEN = 10  # … and so often

# A peak that was cut off: a few samples at the top of their second that hardly differ, with a cliff to either side. What turns
# round by itself falls away from its top as it came: twice as far from it, four times as deep.
_NEAR_TOP = 0.98
_CALM = 0.005  # from one sample to the next, of the top
_CLIFF, _CLIFF_TO_CALM = 0.03, 6.0  # how far it falls in two samples: of the top, and of all that moved on the flat
_COARSE = 12  # steps of the samples that a cliff must have: what is rounded is flat by itself
_AUDIBLE = 0.02  # tops below that have too few steps of 16 bits
_TOGETHER = 2  # in one second of one channel: one may be chance
_SAME = 1.04  # levels that differ by less are one
_TONE = 0.95  # of the power of its top: a square wave, which somebody made so
_LOOKED_AT = 24  # rows of each top, the strongest: so that a tone costs no more than talk
_AROUND = 8  # samples on both sides of a row

FINE = 2.0**-15  # the step of 16 bits
_COARSER = {"pcm_u8": 2.0**-7, "pcm_s8": 2.0**-7, "pcm_alaw": 2.0**-5, "pcm_mulaw": 2.0**-5}


def coarseness(codec: str) -> float:
    """The widest step between two numbers that samples of a codec, as ffmpeg names it, can have."""
    return _COARSER.get(codec, FINE)


class Clipping:
    """Counts how often a sound stands still at full scale; loud sound touches it, and only clipped sound stays there."""

    def __init__(self, sample_rate_hz: int) -> None:
        """Nothing heard yet."""
        self._rate = sample_rate_hz
        self._begin: float | None = None
        self._runs = 0

    def listen(self, sound: Sound, *, at: int) -> None:
        """Take a stretch that begins at sample ``at``."""
        for channel in np.abs(sound):
            still = (channel[1:] >= FULL) & (np.abs(np.diff(channel)) < 1e-6)
            edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]])))
            starts, lengths = edges[::2], np.diff(edges)[::2]
            long = starts[lengths >= _STILL - 1]
            self._runs += len(long)
            if len(long):
                at_s = (at + int(long[0])) / self._rate
                self._begin = at_s if self._begin is None else min(self._begin, at_s)

    def at_s(self) -> float | None:
        """The second at which it begins, if it happens often enough to be clipping."""
        return self._begin if self._runs >= _OFTEN else None


def clipped_at(blocks: Iterable[Block], *, rate: int) -> float | None:
    """The second at which clipping begins, if there is any."""
    clipping = Clipping(rate)
    at = 0
    for block in blocks:
        if block.size and np.abs(block).max() >= FULL:
            clipping.listen(np.ascontiguousarray(block.T), at=at)
        at += len(block)
    return clipping.at_s()


# ------------------------------------------------------------------------------------------------------ below full scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Peaks cut off flat at one level, and the seconds in which that happens."""

    level: float  # of full scale
    at_s: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Second:
    at_s: float
    level: float
    count: int


class FlatTops:
    """Looks for peaks that were cut off at one level below full scale: by an amplifier, or in a file turned down later.

    Of about a second of each channel only the rows with most power are looked at, and only a few numbers are kept.
    """

    def __init__(self, sample_rate_hz: int, *, step: float) -> None:
        """``step``: between two numbers that the samples can have, of full scale."""
        self._rate, self._step = sample_rate_hz, step
        self._seconds: list[_Second] = []

    def listen(self, sound: Sound, power: Sound, *, row: int, at: int) -> None:
        """Take a stretch that begins at sample ``at``; ``power``: the sum of the squares of its rows of so many samples."""
        if power.shape[1] < 3:
            return
        for channel, powers in zip(sound, power, strict=True):
            tops = float(channel.max()), -float(channel.min())
            if float(powers.sum()) > _TONE * len(powers) * row * max(tops) ** 2:
                continue
            places = _flat_tops(channel, powers, row=row, tops=tops, step=self._step)
            if len(places) >= _TOGETHER:
                at_s = (at + int(places.min())) / self._rate
                level = float(np.median(np.abs(channel[places])))
                self._seconds.append(_Second(at_s=at_s, level=level, count=len(places)))

    def found(self) -> Cut | None:
        """The level at which most was cut off, if it happens often enough to be no chance."""
        by_level = sorted(self._seconds, key=lambda second: second.level)
        best: list[_Second] = []
        start = count = most = 0
        for stop, second in enumerate(by_level, 1):
            count += second.count
            while by_level[start].level * _SAME < second.level:
                count -= by_level[start].count
                start += 1
            if count > most:
                most, best = count, by_level[start:stop]
        if most < _OFTEN:
            return None
        level = float(np.median([second.level for second in best]))
        moments = {
            int(second.at_s): second.at_s for second in sorted(best, key=lambda one: -one.at_s)
        }  # the first of each
        return Cut(level=level, at_s=tuple(moments[second] for second in sorted(moments)))


def _flat_tops(
    channel: Singles, powers: Singles, *, row: int, tops: tuple[float, float], step: float
) -> NDArray[np.intp]:
    """Where flat tops begin, as far as they begin in the strongest rows; ``tops``: the highest sample, and the lowest."""
    none = np.zeros(0, np.intp)
    strong = [_strongest(powers, row, top) if top >= _AUDIBLE else none for top in tops]
    rows, around = np.concatenate(strong), min(_AROUND, row)
    tops_of = np.repeat(np.array([tops[0], -tops[1]], np.float32), [len(some) for some in strong])
    seen = channel[(rows * row - around)[:, np.newaxis] + np.arange(row + 2 * around)] / tops_of[:, np.newaxis]
    near = seen >= _NEAR_TOP  # of its own top, which is 1 now
    if np.count_nonzero(near) < _TOGETHER * _STILL:
        return none
    still = (np.abs(np.diff(seen)) <= _CALM) & near[:, 1:] & near[:, :-1]
    numbers, begins = _begins(still, around)
    if not len(begins):
        return none
    flat = _on_the_flat(still, numbers, begins)
    tall = seen[numbers[:, np.newaxis], flat]
    low = tall.min(axis=1)
    cliff = np.maximum(
        _CLIFF_TO_CALM * (tall.max(axis=1) - low), np.maximum(_CLIFF, _COARSE * step / np.abs(tops_of[numbers]))
    )
    stops = flat[:, -1] + 2
    after = seen[numbers, np.minimum(stops, seen.shape[1] - 1)]
    steep = (low - seen[numbers, begins - 2] >= cliff) & ((low - after >= cliff) | (stops >= seen.shape[1]))
    return np.asarray((rows[numbers] * row - around + begins)[steep], np.intp)


def _strongest(powers: Singles, row: int, top: float) -> NDArray[np.intp]:
    """The rows with most power of those in which a flat top may begin; what lies at the edges has no surroundings."""
    inner = powers[1:-1]
    able = 1 + np.flatnonzero((inner > _STILL * (_NEAR_TOP * top) ** 2) & (inner < _TONE * row * top**2))
    if len(able) <= _LOOKED_AT:
        return able
    return able[np.argpartition(powers[able], -_LOOKED_AT)[-_LOOKED_AT:]]


def _begins(still: NDArray[np.bool_], around: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each run of enough calm samples near the top that begins in its row: which row, and where in what is seen of it."""
    runs = still[:, 1:-2] & still[:, 2:-1] & still[:, 3:] & ~still[:, :-3]
    numbers, places = np.nonzero(runs[:, around - 1 : 3 - around])
    return numbers, places + around


def _on_the_flat(still: NDArray[np.bool_], numbers: NDArray[np.intp], begins: NDArray[np.intp]) -> NDArray[np.intp]:
    """The places of the samples of each run, its last one repeated: shape (runs, what is seen)."""
    width = still.shape[1] + 1
    broken = np.where(still, width - 1, np.arange(width - 1))
    ends = np.minimum.accumulate(broken[:, ::-1], axis=1)[:, ::-1]  # of each place, where its run ends
    return np.asarray(
        np.minimum(begins[:, np.newaxis] + np.arange(width), ends[numbers, begins][:, np.newaxis]), np.intp
    )
