"""A gain envelope in compact form: only the steps, from which any gain is computed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.speech_phrases import REACH_HOPS  # before and after a phrase: fades in and out are soft
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES, iter_chunks
from pipeline.audio.metering.sliding_window import compute_moving_minimum
from pipeline.media.samples import Block, Float32Array, Float64Array

_TRANSITION = 31  # hops that a change takes, as a raised cosine
_HALF = _TRANSITION // 2
_LOOK_AROUND = 2  # hops to either side, of which the lowest gain counts: nothing is raised before its time
_SHAPE = np.hanning(_TRANSITION + 2)[1:-1]
_SHAPE /= _SHAPE.sum()
_BATCH = 6000  # hops whose gains are computed together
_RAMP = np.arange(HOP_SAMPLES, dtype=np.float32) / np.float32(HOP_SAMPLES)  # interpolation within a hop


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


def build_gain_envelope(
    phrases: NDArray[np.int64] | Sequence[tuple[int, int]], gains_db: Float64Array, hops: int, *, rest_db: float = 0.0
) -> GainEnvelope:
    """Build an envelope from phrases; between two, the lower gain holds, so no pause is raised.

    Args:
        phrases: First hop and end of each, in order, none shorter than ``REACH_HOPS``; at least
            one; shape (phrases, 2).
        gains_db: Shape (phrases,).
        hops: Length of the envelope.
        rest_db: Gain before the first phrase and after the last, and most in the pauses.
    """
    firsts, lasts = np.array(phrases).T
    pause_starts, pause_ends = np.concatenate([[0], lasts]), np.concatenate([firsts, [hops]])
    before, after = np.concatenate([[rest_db], gains_db]), np.concatenate([gains_db, [rest_db]])
    # before the first phrase and after the last, nothing is raised, and only one gain has a reach
    releases = np.concatenate([[0], lasts + REACH_HOPS])
    attacks = np.concatenate([firsts - REACH_HOPS, [hops]])
    low = np.maximum(pause_starts, np.minimum(releases, attacks))
    high = np.minimum(pause_ends, np.maximum(releases, attacks))
    lower = np.minimum(before, after)
    in_pause = np.where(attacks - releases > _LOOK_AROUND, np.minimum(lower, rest_db), lower)
    starts = np.stack([pause_starts, low, high])
    steps = np.stack([before, in_pause, after])
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


def apply_gain_envelope(blocks: Iterable[Block], envelope: GainEnvelope, *, first: int = 0) -> Iterator[Block]:
    """Apply the gains, interpolated linearly within each hop.

    Args:
        blocks: Shape (samples, channels) each, float32 at 48 kHz.
        envelope: The gains.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """
    at = first
    gains, begin = np.zeros(0, np.float32), 0
    for block in blocks:
        low, high = at // HOP_SAMPLES, (at + len(block)) // HOP_SAMPLES + 2
        if high > begin + len(gains):
            gains, begin = envelope.compute_factors(low, max(high, low + _BATCH)), low
        near = gains[low - begin : high - begin]
        if float(np.ptp(near)) < 1e-9:
            yield block * np.float32(near[0])
        else:
            interpolated = near[:-1, np.newaxis] + np.diff(near)[:, np.newaxis] * _RAMP
            gain = interpolated.ravel()[at - low * HOP_SAMPLES :][: len(block)]
            yield block * gain[:, np.newaxis]
        at += len(block)


def _build(starts: NDArray[np.int64], gains_db: Float64Array, hops: int) -> GainEnvelope:
    """Leave out steps of no length, and those that change nothing."""
    lengths = np.diff(starts, append=hops)
    long = np.flatnonzero(lengths > 0)
    changes = long[np.flatnonzero(np.diff(gains_db[long], prepend=np.nan) != 0)]
    return GainEnvelope(hops=hops, starts=starts[changes].astype(np.int32), gains_db=gains_db[changes])
