"""A gain envelope in compact form: only the steps, from which any gain is computed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.hop_buffer import iter_chunks
from pipeline.audio.metering.sliding_window import compute_moving_minimum
from pipeline.media.samples import Float32Array, Float64Array

REACH_HOPS = 15  # a gain begins so long before its phrase and lasts so long after it: fades in and out are soft

_TRANSITION = 31  # hops that a change takes, as a raised cosine
_HALF = _TRANSITION // 2
_LOOK_AROUND = 2  # hops to either side, of which the lowest gain counts: nothing is raised before its time
_SHAPE = np.hanning(_TRANSITION + 2)[1:-1]
_SHAPE /= _SHAPE.sum()


@dataclass(frozen=True, slots=True, kw_only=True)
class GainEnvelope:
    """A gain for each hop of 10 ms: some bytes per phrase, instead of megabytes per hour."""

    hops: int
    starts: NDArray[np.int32]  # shape (steps,): hops from which each gain holds; the first is 0, all are different
    gains_db: Float64Array  # shape (steps,)

    def compute_db(self, first: int, last: int) -> Float32Array:
        """Compute the gains of hops ``first`` up to ``last``; beyond the end, the last one.

        Returns:
            Gains in dB, shape (last - first,); each change is a raised cosine.
        """
        begin, end = self._clamp(first), self._clamp(last - 1)
        low, high = self._clamp(begin - _HALF), self._clamp(end + _HALF)
        steps = self._expand(low - _LOOK_AROUND, high + _LOOK_AROUND)
        lowest = compute_moving_minimum(steps, 2 * _LOOK_AROUND + 1)[_LOOK_AROUND:-_LOOK_AROUND]
        padded = np.pad(lowest, (_HALF - (begin - low), _HALF - (high - end)), mode="edge")
        smooth: Float32Array = np.convolve(padded, _SHAPE, mode="valid").astype(np.float32)
        return smooth[np.clip(np.arange(first, last), begin, end) - begin]

    def compute_factors(self, first: int, last: int) -> Float32Array:
        """Compute the same as amplitude factors, shape (last - first,)."""
        return np.asarray(np.power(np.float32(10), self.compute_db(first, last) / np.float32(20)))

    def reaches_gain(self, db: float) -> bool:
        """Whether the gain is anywhere that high, or that low."""
        return any(float(np.abs(self.compute_db(part.start, part.stop)).max()) >= db for part in iter_chunks(self.hops))

    def _clamp(self, hop: int) -> int:
        return min(max(hop, 0), self.hops - 1)

    def _expand(self, first: int, last: int) -> Float64Array:
        """Return the step gains of hops ``first`` to ``last``; beyond both ends, the nearest."""
        hops = np.clip(np.arange(first, last + 1), 0, self.hops - 1)
        return self.gains_db[np.searchsorted(self.starts, hops, side="right") - 1]


def build_gain_envelope(phrases: Sequence[tuple[int, int]], gains_db: Float64Array, hops: int) -> GainEnvelope:
    """Build an envelope from phrases; between two, the lower gain holds, so no pause is raised.

    Args:
        phrases: First hop and end of each, in order, none shorter than ``REACH_HOPS``; at least
            one.
        gains_db: Shape (phrases,).
        hops: Length of the envelope.
    """
    firsts, lasts = np.array(phrases).T
    pause_starts, pause_ends = np.concatenate([[0], lasts]), np.concatenate([firsts, [hops]])
    before, after = np.concatenate([[0.0], gains_db]), np.concatenate([gains_db, [0.0]])
    # before the first phrase and after the last, nothing is raised, and only one gain has a reach
    releases = np.concatenate([[0], lasts + REACH_HOPS])
    attacks = np.concatenate([firsts - REACH_HOPS, [hops]])
    low = np.maximum(pause_starts, np.minimum(releases, attacks))
    high = np.minimum(pause_ends, np.maximum(releases, attacks))
    starts = np.stack([pause_starts, low, high])
    steps = np.stack([before, np.minimum(before, after), after])
    return _build(starts.T.ravel(), steps.T.ravel(), hops)


def limit_gain(envelope: GainEnvelope, spans: Sequence[tuple[int, int]], max_db: Sequence[float]) -> GainEnvelope:
    """Limit the gain in each span of hops to the value at the same position in ``max_db``."""
    if not spans:
        return envelope
    starts = np.unique(np.concatenate([envelope.starts, np.array(spans).ravel()]))
    gains = envelope.gains_db[np.searchsorted(envelope.starts, starts, side="right") - 1]
    for (first, last), most in zip(spans, max_db, strict=True):
        low, high = np.searchsorted(starts, [first, last])
        gains[low:high] = np.minimum(gains[low:high], most)
    return _build(starts, gains, envelope.hops)


def _build(starts: NDArray[np.int64], gains_db: Float64Array, hops: int) -> GainEnvelope:
    """Leave out steps of no length, and those that change nothing."""
    lengths = np.diff(starts, append=hops)
    long = np.flatnonzero(lengths > 0)
    changes = long[np.flatnonzero(np.diff(gains_db[long], prepend=np.nan) != 0)]
    return GainEnvelope(hops=hops, starts=starts[changes].astype(np.int32), gains_db=gains_db[changes])
