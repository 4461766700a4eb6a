"""Measures ranges of a signal independently; together they read what one meter reads from start to end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.filter_design import build_k_weighting
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.true_peak import REACH, find_true_peak
from pipeline.media.samples import RATE, Float32Array, PlanarBlock

BEFORE = 10 * BATCH_ROWS * ROW_SAMPLES  # samples before a range, in which the filters settle: 200 ms leave 1e-19
AFTER = REACH  # samples after a range, which its last true peak depends on

_BATCH = BATCH_ROWS * ROW_SAMPLES
_STEP = 50 * _BATCH  # samples filtered at once: they fit in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeReading:
    """Readings of a range."""

    energies: Float32Array  # K-weighted mean square per complete hop of 10 ms, channels weighted and summed
    true_peak: float  # amplitude


class RangeMeter:
    """Measures energies and true peak of ranges of whole hops; only the last range may end in between."""

    def __init__(self, weights: Sequence[float]) -> None:
        """Prepare measuring; ``weights`` are the BS.1770 weights of the channels."""
        self._weights = np.array(weights)
        self._filter = BlockBiquad(build_k_weighting(RATE))

    def measure(self, sound: PlanarBlock, *, before: int, after: int) -> RangeReading:
        """Measure a range.

        Args:
            sound: The range with the samples around it, shape (channels, samples), float32.
            before: Samples before the range: ``BEFORE``, or all there are; silence precedes them.
            after: Samples after the range: ``AFTER``, or all there are; silence follows them.
        """
        count = sound.shape[1] - before - after
        missing = (BEFORE - before, AFTER - after + -count % _BATCH)
        padded = np.pad(sound, ((0, 0), missing)) if any(missing) else np.ascontiguousarray(sound)
        energies = [self._measure_channel(channel, count) for channel in padded]
        peaks = [find_true_peak(channel[BEFORE - REACH : BEFORE + count + REACH]) for channel in padded]
        return RangeReading(
            energies=(self._weights @ np.stack(energies)).astype(np.float32), true_peak=max(peaks, default=0.0)
        )

    def _measure_channel(self, channel: Float32Array, count: int) -> Float32Array:
        state = np.zeros(self._filter.state_count)
        self._filter.warm_up(channel[:BEFORE], state)
        hops = np.empty(-(-count // _BATCH) * _BATCH // HOP_SAMPLES, np.float32)
        for start in range(0, count, _STEP):
            stop = min(start + _STEP, -(-count // _BATCH) * _BATCH)
            rows = self._filter.filter_channel(channel[BEFORE + start : BEFORE + stop], state)
            by_hop = rows.reshape(-1, HOP_SAMPLES)
            hops[start // HOP_SAMPLES : stop // HOP_SAMPLES] = np.einsum("hs,hs->h", by_hop, by_hop) / HOP_SAMPLES
        return hops[: count // HOP_SAMPLES]
