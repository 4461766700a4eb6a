"""Measures a plain PCM file in parallel pieces: everything that detectors need, loudness and true peak."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.audio.analysis.defects import DefectDetector, count_invalid
from pipeline.audio.analysis.signal_scan import SignalScan, join_scans, scan_signal
from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.audio.io.pcm import PcmReader, silence_invalid
from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.filter_design import build_k_weighting
from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.audio.metering.true_peak import TruePeakMeter, to_dbtp
from pipeline.audio.parallel import map_parallel
from pipeline.media.samples import Float32Array, Float64Array, PlanarBlock

PIECE_S = 48  # counted from the first sample, so that the number of workers makes no difference

_WARM_UP_S = 0.2  # in which the filter settles: of what was before, 1e-19 is left
_BATCH = BATCH_ROWS * ROW_SAMPLES


def can_measure_in_pieces(reader: PcmReader, detector: DefectDetector) -> bool:
    """Whether seconds, rows and hops of 10 ms all have whole numbers of samples at the rate of a file."""
    return detector.grid.second == reader.sample_rate_hz and reader.sample_rate_hz % 100 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPiece:
    """The measurements of a piece."""

    scan: SignalScan
    energies: Float32Array  # mean square of the K-weighted signal per hop of 10 ms, channels weighted and summed
    true_peak: float
    invalid: tuple[int, int]  # number of invalid samples, and the number of the first one in the file


class MeasuringPass:
    """Measures a file on all cores."""

    def __init__(self, reader: PcmReader, plan: ChannelPlan | None, weights: tuple[float, ...], *, step: float) -> None:
        """Prepare measuring.

        Args:
            reader: The file; ``can_measure_in_pieces`` holds.
            plan: Which channels to measure; ``None``: all as they are.
            weights: BS.1770 weight of each of them.
            step: Quantisation step of the samples; full scale is 1.0.
        """
        self._reader, self._plan, self._weights, self._step = reader, plan, weights, step
        self._filter = BlockBiquad(build_k_weighting(reader.sample_rate_hz))
        self._warm_up = -(-int(_WARM_UP_S * reader.sample_rate_hz) // _BATCH) * _BATCH

    def run(self, detector: DefectDetector) -> tuple[Float32Array, float | None]:
        """Measure the whole file, and feed the detector.

        Returns:
            The energies, shape (hops,), float32; and the true peak in dBTP (``None``: silence).

        Raises:
            AudioError: The file cannot be read.
        """
        rate, peak = self._reader.sample_rate_hz, 0.0
        energies = HopBuffer(np.float32, capacity=self._reader.samples * 100 // rate)
        for piece in self._iter_pieces(detector):
            detector.add_invalid(*piece.invalid)
            detector.add(piece.scan)
            energies.append(piece.energies)
            peak = max(peak, piece.true_peak)
        return energies.view(), to_dbtp(peak)

    def _iter_pieces(self, detector: DefectDetector) -> Iterator[MeasuredPiece]:
        count = -(-self._reader.samples // (PIECE_S * self._reader.sample_rate_hz))
        return map_parallel(partial(self._measure, detector), range(count))

    def _measure(self, detector: DefectDetector, number: int) -> MeasuredPiece:
        rate, weights = self._reader.sample_rate_hz, self._weights
        first, last = number * PIECE_S * rate, min((number + 1) * PIECE_S * rate, self._reader.samples)
        step = _BATCH // math.gcd(rate, _BATCH) * rate  # whole batches and whole seconds; 48 s are a multiple of it
        states = np.zeros((len(weights), self._filter.state_count))
        peak, scans, energies, invalid = TruePeakMeter(len(weights)), [], [], (0, 0)
        if first:  # the signal begins in silence
            before, _ = self._read(first - self._warm_up, first)
            peak.process(before)
            for channel, state in zip(before, states, strict=True):
                self._filter.warm_up(channel, state)
        true_peak = 0.0
        for at in range(first, last, step):
            samples, wrong = self._read(at, min(at + step, last))
            invalid = (invalid[0] + wrong[0], invalid[1] if invalid[0] else wrong[1])
            scans.append(scan_signal(samples, detector.grid, at=at, step=self._step))
            energies.append(self._measure_energies(samples, states))
            if at + step < self._reader.samples:
                peak.process(samples)
            else:
                true_peak = _to_amplitude(peak.compute_dbtp(samples))
        return MeasuredPiece(
            scan=scans[0] if len(scans) == 1 else join_scans(scans),
            energies=np.concatenate(energies),
            true_peak=max(true_peak, peak.peak),
            invalid=invalid,
        )

    def _read(self, first: int, last: int) -> tuple[PlanarBlock, tuple[int, int]]:
        """Read a range; return the samples to measure, and the count and place of invalid ones."""
        block = self._reader.read_range(first, last)
        valid = silence_invalid(self._reader, block)
        wrong = (0, 0) if valid is block else count_invalid(block, at=first)
        mixed = valid if self._plan is None else self._plan.mix(valid, part=0, first=first)
        return np.ascontiguousarray(mixed.T), wrong

    def _measure_energies(self, samples: PlanarBlock, states: Float64Array) -> Float32Array:
        """Measure whole hops; only the end of a piece is not whole batches of the filter."""
        hop = self._reader.sample_rate_hz // 100
        hops = samples.shape[1] // hop
        padding = -samples.shape[1] % _BATCH
        padded = np.pad(samples, ((0, 0), (0, padding))) if padding else samples
        by_hop = self._filter.filter_channels(padded, states)[:, : hops * hop].reshape(len(samples), hops, hop)
        power = np.einsum("chs,chs->ch", by_hop, by_hop).astype(np.float64) / hop
        return np.asarray(np.array(self._weights) @ power, np.float32)


def _to_amplitude(level_dbtp: float | None) -> float:
    return 0.0 if level_dbtp is None else 10 ** (level_dbtp / 20)
