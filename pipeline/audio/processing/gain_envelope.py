"""The gain that rides a talk, kept as the few places at which it is moved: the gain of any 10 ms follows from those around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Singles
from pipeline.audio.metering.hop_buffer import stretches
from pipeline.audio.metering.sliding_window import lowest

REACH = 15  # hops that a gain takes hold before a phrase, and keeps after it: beginnings and ends are soft

_SETTLE = 31  # hops that a change takes, as a raised cosine
_HALF = _SETTLE // 2
_EARLY = 2  # hops to either side: the lowest gain of these comes first, so that nothing is raised before its time
_SHAPE = np.hanning(_SETTLE + 2)[1:-1]
_SHAPE /= _SHAPE.sum()

Hops = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A gain for each hop of 10 ms: some bytes a phrase, where the gains themselves would take megabytes an hour."""

    hops: int
    starts: Hops  # where each gain begins to hold; the first is 0, and none stand twice
    held_db: Floats

    def db(self, first: int, last: int) -> Singles:
        """The gains from one hop up to another: each change a raised cosine; beyond the end, the last one."""
        begin, end = self._inside(first), self._inside(last - 1)
        low, high = self._inside(begin - _HALF), self._inside(end + _HALF)
        calm = lowest(self._held(low - _EARLY, high + _EARLY), 2 * _EARLY + 1)[_EARLY:-_EARLY]
        padded = np.pad(calm, (_HALF - (begin - low), _HALF - (high - end)), mode="edge")
        settled: Singles = np.convolve(padded, _SHAPE, mode="valid").astype(np.float32)
        return settled[np.clip(np.arange(first, last), begin, end) - begin]

    def factors(self, first: int, last: int) -> Singles:
        """The same as amplitudes."""
        return np.asarray(np.power(np.float32(10), self.db(first, last) / np.float32(20)))

    def reaches(self, db: float) -> bool:
        """Whether it is moved by so much anywhere, up or down."""
        return any(float(np.abs(self.db(part.start, part.stop)).max()) >= db for part in stretches(self.hops))

    def _inside(self, hop: int) -> int:
        return min(max(hop, 0), self.hops - 1)

    def _held(self, first: int, last: int) -> Floats:
        """What is held from one hop up to another and with it; beyond both ends, what is held there."""
        places = np.clip(np.arange(first, last + 1), 0, self.hops - 1)
        return self.held_db[np.searchsorted(self.starts, places, side="right") - 1]


def ride_of(phrases: Sequence[tuple[int, int]], gains_db: Floats, hops: int) -> Ride:
    """The gain of each phrase a little before and after it; between two, the lower of both: pauses are never raised.

    ``phrases``: first and last hop of each, in order, none shorter than ``REACH``; at least one.
    """
    firsts, lasts = np.array(phrases).T
    pause, talk = np.concatenate([[0], lasts]), np.concatenate([firsts, [hops]])  # where each pause begins, and ends
    after, before = np.concatenate([[0.0], gains_db]), np.concatenate([gains_db, [0.0]])
    kept = np.concatenate([[0], lasts + REACH])  # before the first word and after the last, nothing is raised …
    taken = np.concatenate([firsts - REACH, [hops]])  # … and there, one gain alone has a reach
    low, high = np.maximum(pause, np.minimum(kept, taken)), np.minimum(talk, np.maximum(kept, taken))
    starts = np.stack([pause, low, high])
    held = np.stack([after, np.minimum(after, before), before])
    return _ride(starts.T.ravel(), held.T.ravel(), hops)


def lowered(ride: Ride, spans: Sequence[tuple[int, int]], most_db: Sequence[float]) -> Ride:
    """``ride``, no higher in each of ``spans`` than is said beside it."""
    if not spans:
        return ride
    starts = np.unique(np.concatenate([ride.starts, np.array(spans).ravel()]))
    held = ride.held_db[np.searchsorted(ride.starts, starts, side="right") - 1]
    for (first, last), most in zip(spans, most_db, strict=True):
        low, high = np.searchsorted(starts, [first, last])
        held[low:high] = np.minimum(held[low:high], most)
    return _ride(starts, held, ride.hops)


def _ride(starts: NDArray[np.int64], held_db: Floats, hops: int) -> Ride:
    """Without those that hold for no time at all, and those that change nothing."""
    lengths = np.diff(starts, append=hops)
    own = np.flatnonzero(lengths > 0)
    kept = own[np.flatnonzero(np.diff(held_db[own], prepend=np.nan) != 0)]
    return Ride(hops=hops, starts=starts[kept].astype(np.int32), held_db=held_db[kept])
