"""Finds defects of one part: clipping, dropouts, mains hum, DC offset, invalid samples."""

import math
from collections.abc import Sequence

import numpy as np

from pipeline.audio.analysis import clipping
from pipeline.audio.analysis.dropouts import DropoutDetector
from pipeline.audio.analysis.mains_hum import HumDetector
from pipeline.audio.analysis.signal_scan import ScanGrid, SignalScan, scan_signal
from pipeline.audio.io.pcm import find_invalid
from pipeline.audio.metering.hop_buffer import HopBuffer
from pipeline.media.samples import RATE, Block, Float32Array, PlanarBlock
from pipeline.model import Defect, sentence
from pipeline.model.time_codes import format_time_code

_MAX_TIMES = 5  # listed in a message; of the others, the number
_BELOW_FULL_SCALE = 0.9
_MIN_DC_OFFSET = 0.01
_FILLED_TOLERANCE_S = 0.01


class DefectDetector:
    """Analyses one part in little memory: block by block, or from scans of it that were made elsewhere."""

    def __init__(self, sample_rate_hz: int = RATE, *, step: float = clipping.STEP_16_BIT) -> None:
        """Prepare the analysis.

        Args:
            sample_rate_hz: Rate of the signal.
            step: Quantisation step of the samples; full scale is 1.0.
        """
        self.grid = ScanGrid(sample_rate_hz)
        self.samples = 0
        self.channels = 0
        self.peak = 0.0
        self.step = step
        self._waiting: list[PlanarBlock] = []  # less than a second
        self._sums = np.zeros(0)
        self._moments, self._polarity = HopBuffer(np.float32), HopBuffer(np.float32)
        self._clipped = clipping.ClippedRuns()
        self._flat_tops: list[clipping.FlatTopSecond] = []
        self._invalid = 0
        self._invalid_at_s: float | None = None

    @property
    def duration_s(self) -> float:
        """Duration of the processed signal."""
        return self.samples / self.grid.sample_rate_hz

    def get_moments(self) -> Float32Array:
        """Return the covariance of the channels in each window of the grid.

        Returns:
            Shape (windows, channels, channels), float32.
        """
        return self._moments.view().reshape(-1, self.channels, self.channels)

    def get_polarity(self) -> Float32Array:
        """Return the polarity of each pair of channels in each window of the grid; see ``measure_polarity``.

        Returns:
            Shape (windows, channels, channels), float32.
        """
        return self._polarity.view().reshape(-1, self.channels, self.channels)

    def process(self, block: Block, valid: Block) -> None:
        """Process the next block; call ``finish`` after the last one.

        Args:
            block: As it was read, shape (samples, channels), float32, full scale is 1.0.
            valid: The same with invalid samples silenced, shape (samples, channels); ``block``
                itself if there are none.
        """
        waiting = sum(one.shape[1] for one in self._waiting)
        if valid is not block:
            self.add_invalid(*count_invalid(block, at=self.samples + waiting))
        self._waiting.append(np.ascontiguousarray(valid.T, np.float32))
        if waiting + len(block) < self.grid.second:
            return
        joined = np.concatenate(self._waiting, axis=1) if len(self._waiting) > 1 else self._waiting[0]
        whole = joined.shape[1] // self.grid.second * self.grid.second
        self._waiting = [joined[:, whole:].copy()]
        self.add(scan_signal(joined[:, :whole], self.grid, at=self.samples, step=self.step))

    def finish(self) -> None:
        """Process what is left."""
        rest = np.concatenate(self._waiting, axis=1) if self._waiting else np.zeros((0, 0), np.float32)
        self._waiting = []
        if rest.size:
            self.add(scan_signal(rest, self.grid, at=self.samples, step=self.step))

    def add_invalid(self, count: int, first: int) -> None:
        """Add invalid samples: how many, and the number of the first one."""
        self._invalid += count
        if self._invalid_at_s is None and count:
            self._invalid_at_s = first / self.grid.sample_rate_hz

    def add(self, scan: SignalScan) -> None:
        """Add the scan of the next seconds."""
        if not self.samples:
            self._start(len(scan.sums))
        self.samples += scan.samples
        self.peak = max(self.peak, scan.peak)
        self._sums += scan.sums
        self._moments.append(scan.moments.ravel())
        self._polarity.append(scan.polarity.ravel())
        self._clipped = clipping.join_clipped_runs([self._clipped, scan.clipped])
        self._flat_tops += scan.flat_tops
        self._dropouts.process(scan.row_power)
        for detector, means in zip(self._hum, scan.row_means, strict=True):
            detector.process(means.astype(np.float64))

    def _start(self, channels: int) -> None:
        self.channels = channels
        self._sums = np.zeros(channels)
        self._dropouts = DropoutDetector(channels, row_s=self.grid.row_s)
        self._hum = tuple(HumDetector(1 / self.grid.row_s) for _ in range(channels))

    def find_clipping_start_s(self) -> float | None:
        """Find where clipping at full scale starts, in seconds; ``None``: there is none."""
        start = self._clipped.find_start()
        return None if start is None else start / self.grid.sample_rate_hz

    def find_clipped_peaks(self) -> clipping.ClippedPeaks | None:
        """Find peaks cut off below full scale; ``None``: there are none."""
        return clipping.find_clipped_peaks(self._flat_tops)

    def describe_defects(self, start_s: float, *, filled: Sequence[tuple[float, float]] = ()) -> list[Defect]:
        """Describe the defects found.

        Args:
            start_s: Where this part starts in the recording, in seconds; added to the time of each
                defect.
            filled: Start and end of silence that replaces lost audio, in seconds of this part: no dropouts.
        """
        defects = []
        if self._invalid_at_s is not None:
            message = sentence(
                "{number} samples are invalid (not finite, or far over full scale); replaced by silence",
                number=self._invalid,
            )
            defects.append(Defect(code="not-a-number", at_s=round(start_s + self._invalid_at_s, 2), message=message))
        offset = float(np.abs(self._sums / max(1, self.samples)).max(initial=0.0))
        if offset > _MIN_DC_OFFSET:
            message = sentence(
                "DC offset of {percent} % of full scale; mastering removes it", percent=f"{100 * offset:.0f}"
            )
            defects.append(Defect(code="dc-offset", message=message))
        if self.samples:
            defects += [*self._describe_dropouts(start_s, filled), *self._describe_hum(start_s)]
        return defects

    def _describe_dropouts(self, start_s: float, filled: Sequence[tuple[float, float]]) -> list[Defect]:
        dropouts = [
            one
            for one in self._dropouts.get_dropouts()
            if not any(start - _FILLED_TOLERANCE_S <= one[0] <= stop for start, stop in filled)
        ]
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


def count_invalid(block: Block, *, at: int) -> tuple[int, int]:
    """Count invalid samples.

    Args:
        block: Shape (samples, channels), float32, full scale is 1.0.
        at: Number of its first sample.

    Returns:
        The count, and the number of the first one.
    """
    invalid = find_invalid(block).any(axis=1)
    return int(invalid.sum()), at + int(invalid.argmax())


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
