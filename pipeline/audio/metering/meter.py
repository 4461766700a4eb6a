"""A loudness and true-peak meter for a signal fed in blocks of any size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio.metering import loudness
from pipeline.audio.metering.block_biquad import BlockBiquad
from pipeline.audio.metering.chunk_buffer import CHUNK_SAMPLES, ChunkBuffer
from pipeline.audio.metering.filter_design import build_k_weighting
from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.audio.metering.true_peak import TruePeakMeter
from pipeline.media.samples import RATE, Block, Float32Array, PlanarBlock

# Source: BS.1770-5, annex 1, table 3, in ffmpeg's channel order.
# Any other layout: microphones of equal weight.
_WEIGHTS = {
    "5.0": (1, 1, 1, 1.41, 1.41),
    "5.0(side)": (1, 1, 1, 1.41, 1.41),
    "5.1": (1, 1, 1, 0, 1.41, 1.41),
    "5.1(side)": (1, 1, 1, 0, 1.41, 1.41),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """Readings for a whole signal. ``None``: silence, or too short for that window."""

    duration_s: float
    integrated_lufs: float | None
    loudness_range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    true_peak_dbtp: float | None


def get_channel_weights(layout: str) -> tuple[float, ...] | None:
    """Return the weights of a channel layout as ffmpeg names it.

    ``None``: each channel has weight 1.
    """
    return _WEIGHTS.get(layout)


class Meter:
    """Measures loudness and true peak; the size of the blocks makes no difference."""

    def __init__(self, channels: int, *, weights: Sequence[float] | None = None, sample_rate_hz: int = RATE) -> None:
        """Prepare measuring.

        Args:
            channels: Number of channels of the signal.
            weights: BS.1770 weight of each channel; all 1 by default.
            sample_rate_hz: Rate of the signal.
        """
        self.samples = 0
        self._rate = sample_rate_hz
        self._chunks = ChunkBuffer(channels)
        self._energy = EnergyMeter(weights or [1.0] * channels, sample_rate_hz=sample_rate_hz)
        self._peak = TruePeakMeter(channels)

    def push(self, block: Block) -> None:
        """Process the next samples.

        Args:
            block: Shape (samples, channels), float32, full scale is 1.0.
        """
        self.samples += len(block)
        for chunk in self._chunks.push(np.ascontiguousarray(block.T, np.float32)):
            self._peak.process(chunk)
            self._energy.process(chunk)

    def compute_energies(self) -> Float32Array:
        """Compute the energies so far.

        Energies are additive: those of parts can be joined, and those of cuts left out.

        Returns:
            Mean square of the K-weighted signal per hop of 10 ms, channels weighted and summed,
            shape (hops,), float32; full scale is 1.0.
        """
        return self._energy.compute_energies(self._chunks.get_remainder())

    def compute_true_peak_dbtp(self) -> float | None:
        """Compute the true peak so far; ``None`` for silence."""
        return self._peak.compute_dbtp(self._chunks.get_remainder())

    def read(self, *, correction_lu: float = 0.0) -> MeterReading:
        """Compute all readings so far; ``correction_lu`` is added to each loudness."""
        return build_reading(
            self.compute_energies(),
            duration_s=self.samples / self._rate,
            true_peak_dbtp=self.compute_true_peak_dbtp(),
            correction_lu=correction_lu,
        )


def build_reading(
    energies: Float32Array, *, duration_s: float, true_peak_dbtp: float | None, correction_lu: float = 0.0
) -> MeterReading:
    """Build the reading of a whole signal.

    Args:
        energies: Mean square of the K-weighted signal per hop of 10 ms, channels weighted and
            summed, shape (hops,), float32; full scale is 1.0.
        duration_s: Duration of the signal.
        true_peak_dbtp: Its true peak; ``None``: silence.
        correction_lu: Added to each loudness.
    """

    def correct(lufs: float | None) -> float | None:
        return None if lufs is None else lufs + correction_lu

    return MeterReading(
        duration_s=duration_s,
        integrated_lufs=correct(loudness.compute_integrated_lufs(energies)),
        loudness_range_lu=loudness.compute_loudness_range_lu(energies),
        momentary_max_lufs=correct(loudness.find_max_lufs(energies, loudness.MOMENTARY_HOPS)),
        short_term_max_lufs=correct(loudness.find_max_lufs(energies, loudness.SHORT_TERM_HOPS)),
        true_peak_dbtp=true_peak_dbtp,
    )


class EnergyMeter:
    """Measures the energies of a signal fed in chunks.

    The filter state is carried from chunk to chunk.
    """

    def __init__(self, weights: Sequence[float], *, sample_rate_hz: int) -> None:
        """Prepare measuring.

        Args:
            weights: BS.1770 weight of each channel.
            sample_rate_hz: Rate of the signal.
        """
        self._weights = np.array(weights, np.float64)
        self._rate = sample_rate_hz
        self._filter = BlockBiquad(build_k_weighting(sample_rate_hz))
        self._state = np.zeros((len(self._weights), self._filter.state_count))
        self._rest = np.zeros((len(self._weights), 0), np.float32)  # weighted already, and less than a hop
        self._energies = HopBuffer(np.float32)
        self._hops = 0

    def process(self, chunk: PlanarBlock) -> None:
        """Process the next samples.

        Args:
            chunk: Shape (channels, CHUNK_SAMPLES), float32, full scale is 1.0.
        """
        weighted = self._filter.filter_channels(chunk, self._state)
        if self._rest.size:
            weighted = np.concatenate([self._rest, weighted], axis=1)
        energies, used = self._sum_hops(weighted)
        self._energies.append(energies)
        self._hops += len(energies)
        self._rest = weighted[:, used:].copy()

    def compute_energies(self, remainder: PlanarBlock) -> Float32Array:
        """Compute the energies so far, without changing the state.

        Args:
            remainder: The samples after the last chunk, shape (channels, samples), float32.

        Returns:
            Mean square per hop of 10 ms, channels weighted and summed, shape (hops,), float32; full
            scale is 1.0.
        """
        padded = np.pad(remainder, ((0, 0), (0, -remainder.shape[1] % CHUNK_SAMPLES)))
        weighted = self._filter.filter_channels(padded, self._state.copy())[:, : remainder.shape[1]]
        last, _ = self._sum_hops(np.concatenate([self._rest, weighted], axis=1))
        return np.concatenate([self._energies.view(), last])

    def _sum_hops(self, weighted: PlanarBlock) -> tuple[Float32Array, int]:
        """Compute the energies of all complete hops, and count their samples."""
        if self._rate % 100 == 0:
            hop = self._rate // 100
            count = weighted.shape[1] // hop
            hops = weighted[:, : count * hop].reshape(len(weighted), count, hop)
            power = self._weights @ np.einsum("chs,chs->ch", hops, hops).astype(np.float64) / hop
            return power.astype(np.float32), count * hop
        # 22.05 kHz and the like: hops of 220 and 221 samples alternate
        first = self._hops * self._rate // 100
        edges = (
            np.arange(self._hops, self._hops + weighted.shape[1] * 100 // self._rate + 2) * self._rate // 100 - first
        )
        edges = edges[edges <= weighted.shape[1]]
        if len(edges) < 2:
            return np.zeros(0, np.float32), 0
        sums = np.add.reduceat(weighted[:, : edges[-1]].astype(np.float64) ** 2, edges[:-1], axis=1)
        return (self._weights @ sums / np.diff(edges)).astype(np.float32), int(edges[-1])
