"""Finds defects of one part: clipping, dropouts, mains hum, DC offset, invalid samples."""

import math

import numpy as np

from pipeline.audio.analysis import clipping
from pipeline.audio.analysis.dropouts import DropoutDetector
from pipeline.audio.analysis.mains_hum import HumDetector
from pipeline.audio.io.pcm import find_invalid
from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.media.samples import RATE, Block, Float64Array, PlanarBlock
from pipeline.model import Defect, sentence
from pipeline.model.time_codes import format_time_code

_MAX_TIMES = 5  # listed in a message; of the others, the number
_BELOW_FULL_SCALE = 0.9
_MIN_DC_OFFSET = 0.01


class DefectDetector:
    """Analyses one part block by block, in little memory."""

    def __init__(self, sample_rate_hz: int = RATE, *, step: float = clipping.STEP_16_BIT) -> None:
        """Prepare the analysis.

        Args:
            sample_rate_hz: Rate of the signal.
            step: Quantisation step of the samples; full scale is 1.0.
        """
        self.samples = 0
        self.channels = 0
        self.peak = 0.0
        self.sums = np.zeros(0)  # of the samples of each channel
        self.products = np.zeros((0, 0))  # of the samples of each pair of channels, summed
        self.clipping = clipping.ClippingDetector(sample_rate_hz)
        self.flat_tops = clipping.FlatTopDetector(sample_rate_hz, step=step)
        self._rate = sample_rate_hz
        self._row = max(1, sample_rate_hz // 1500)  # samples
        self._rest = np.zeros((0, 0), np.float32)
        self._block_products = HopBuffer(np.float64)
        self._invalid = 0
        self._invalid_at_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Duration of the processed signal."""
        return self.samples / self._rate

    def get_block_products(self) -> tuple[Float64Array, Float64Array]:
        """Return the statistics of each block.

        Returns:
            The start of each block in seconds, shape (blocks,); and the mean products of its
            channels, shape (blocks, channels, channels).
        """
        rows = self._block_products.view().reshape(-1, 1 + self.channels**2)
        return rows[:, 0], rows[:, 1:].reshape(-1, self.channels, self.channels)

    def process(self, block: Block, valid: Block) -> None:
        """Process the next block.

        Args:
            block: As it was read, shape (samples, channels), float32, full scale is 1.0.
            valid: The same with invalid samples silenced, shape (samples, channels); ``block``
                itself if there are none.
        """
        samples = np.ascontiguousarray(valid.T, np.float32)
        if not self.samples:
            self._start(len(samples))
        if valid is not block:
            self._count_invalid(block)
        rows, at = self._split_into_rows(samples)
        power, sums = np.einsum("crs,crs->cr", rows, rows), np.einsum("crs->cr", rows)
        self._add_moments(rows, power, sums)
        self._update_peak(rows, power)
        if self.peak >= clipping.CLIPPING_LEVEL:
            self.clipping.process(samples, at=self.samples)
        self.flat_tops.process(rows.reshape(len(rows), -1), power, row=self._row, at=at)
        self._dropouts.process(power / np.float32(self._row))
        for detector, channel_sums in zip(self._hum, sums, strict=True):
            detector.process(channel_sums.astype(np.float64) / self._row)
        self.samples += samples.shape[1]

    def _start(self, channels: int) -> None:
        self.channels = channels
        self.sums, self.products = np.zeros(channels), np.zeros((channels, channels))
        self._rest = np.zeros((channels, 0), np.float32)
        self._dropouts = DropoutDetector(channels, row_s=self._row / self._rate)
        self._hum = tuple(HumDetector(self._rate / self._row) for _ in range(channels))

    def _count_invalid(self, block: Block) -> None:
        invalid = find_invalid(block).any(axis=1)
        self._invalid += int(invalid.sum())
        if self._invalid_at_s is None:
            self._invalid_at_s = (self.samples + int(invalid.argmax())) / self._rate

    def _split_into_rows(self, samples: PlanarBlock) -> tuple[PlanarBlock, int]:
        """Split into rows of two thirds of a millisecond; return them and the first sample."""
        joined = np.concatenate([self._rest, samples], axis=1) if self._rest.size else samples
        at = self.samples + samples.shape[1] - joined.shape[1]
        count = joined.shape[1] // self._row
        self._rest = joined[:, count * self._row :].copy()
        return joined[:, : count * self._row].reshape(len(joined), count, self._row), at

    def _add_moments(self, rows: PlanarBlock, power: PlanarBlock, sums: PlanarBlock) -> None:
        """Add up offset and power of each channel, and the correlation of a stereo pair."""
        products = np.diag(power.sum(axis=1, dtype=np.float64))
        if len(rows) == 2:
            products[0, 1] = products[1, 0] = np.einsum("rs,rs->r", *rows).sum(dtype=np.float64)
        self.sums += sums.sum(axis=1, dtype=np.float64)
        self.products += products
        self._block_products.append(np.append(self.samples / self._rate, products / max(1, rows[0].size)))

    def _update_peak(self, rows: PlanarBlock, power: PlanarBlock) -> None:
        higher = power * 1.001 > self.peak**2
        if higher.any():
            self.peak = max(self.peak, float(np.abs(rows[higher]).max()))
        self.peak = max(self.peak, float(np.abs(self._rest).max(initial=0.0)))

    def describe_defects(self, start_s: float) -> list[Defect]:
        """Describe the defects found.

        Args:
            start_s: Where this part starts in the recording, in seconds; added to the time of each
                defect.
        """
        defects = []
        if self._invalid_at_s is not None:
            message = sentence(
                "{number} samples are invalid (not finite, or far over full scale); replaced by silence",
                number=self._invalid,
            )
            defects.append(Defect(code="not-a-number", at_s=round(start_s + self._invalid_at_s, 2), message=message))
        offset = float(np.abs(self.sums / max(1, self.samples)).max(initial=0.0))
        if offset > _MIN_DC_OFFSET:
            message = sentence(
                "DC offset of {percent} % of full scale; mastering removes it", percent=f"{100 * offset:.0f}"
            )
            defects.append(Defect(code="dc-offset", message=message))
        if self.samples:
            defects += [*self._describe_dropouts(start_s), *self._describe_hum(start_s)]
        return defects

    def _describe_dropouts(self, start_s: float) -> list[Defect]:
        dropouts = self._dropouts.get_dropouts()
        if not dropouts:
            return []
        times = [f"{format_time_code(start_s + at_s)} ({1000 * length_s:.0f} ms)" for at_s, length_s in dropouts]
        shown, more = ", ".join(times[:_MAX_TIMES]), len(times) - _MAX_TIMES
        message = sentence("dropouts at {times}", times=shown)
        if more > 0:
            message = sentence("dropouts at {times} and {more} more", times=shown, more=more)
        return [Defect(code="dropout", at_s=round(start_s + dropouts[0][0], 2), message=message)]

    def _describe_hum(self, start_s: float) -> list[Defect]:
        found = [hum for detector in self._hum if (hum := detector.detect_hum()) is not None]
        if not found:
            return []
        hum = max(found, key=lambda hum: hum.level_dbfs)
        message = sentence(
            "mains hum at {mains} Hz, level {level} dBFS", mains=hum.mains_hz, level=f"{hum.level_dbfs:.0f}"
        )
        return [Defect(code="hum", at_s=round(start_s + hum.at_s, 2), message=message)]


def describe_clipping(
    clipping_start_s: float | None, peaks: clipping.ClippedPeaks | None, start_s: float
) -> list[Defect]:
    """Describe clipping at full scale and below it; it is one defect if both are at the same level.

    Args:
        clipping_start_s: Where clipping at full scale starts in this part, in seconds; ``None``:
            nowhere.
        peaks: Peaks that were clipped below full scale.
        start_s: Where this part starts in the recording, in seconds.
    """
    defects = []
    if clipping_start_s is not None:
        message = sentence("clipping: the recording level was too high")
        defects.append(Defect(code="clipping", at_s=round(start_s + clipping_start_s, 2), message=message))
    if peaks is not None and (clipping_start_s is None or peaks.level < _BELOW_FULL_SCALE):
        times = ", ".join(format_time_code(start_s + at_s) for at_s in peaks.at_s[:_MAX_TIMES])
        figures = {"level": f"{20 * math.log10(peaks.level):.1f}", "times": times}
        more = len(peaks.at_s) - _MAX_TIMES
        message = sentence(
            "clipping at {level} dBFS: the signal was clipped before its level was lowered ({times})", **figures
        )
        if more > 0:
            message = sentence(
                "clipping at {level} dBFS: the signal was clipped before its level was lowered ({times} and {more} more)",
                **figures,
                more=more,
            )
        defects.append(Defect(code="clipping", at_s=round(start_s + peaks.at_s[0], 2), message=message))
    return defects
