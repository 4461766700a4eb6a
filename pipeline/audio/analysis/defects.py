"""What an ear would notice in one part besides its loudness: clipping, dropouts, hum, offset, values that are no sound."""

import math

import numpy as np

from pipeline.audio.analysis.clipping import FINE, FULL, Clipping, Cut, FlatTops
from pipeline.audio.analysis.dropouts import Gaps
from pipeline.audio.analysis.mains_hum import HumSeeker
from pipeline.audio.metering.block_biquad import Floats, Sound
from pipeline.audio.metering.hop_buffer import Ledger
from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import Defect, sentence

_NAMED = 5  # places told by their time; of the others the number
_BELOW_FULL = 0.9


class Ear:
    """Takes note of one part while it passes; sums, and a few numbers each second, so any length fits."""

    def __init__(self, sample_rate_hz: int = RATE, *, step: float = FINE) -> None:
        """Nothing heard yet; ``step``: between two numbers that the samples can have, of full scale."""
        self.samples = 0
        self.channels = 0
        self.peak = 0.0
        self.sums = np.zeros(0)
        self.products = np.zeros((0, 0))
        self._seconds = Ledger(np.float64)
        self.clipping = Clipping(sample_rate_hz)
        self.flat_tops = FlatTops(sample_rate_hz, step=step)
        self._rate = sample_rate_hz
        self._row = max(1, sample_rate_hz // 1500)
        self._left = np.zeros((0, 0), np.float32)
        self._bad = 0
        self._bad_at_s: float | None = None

    @property
    def duration_s(self) -> float:
        """How long it has listened."""
        return self.samples / self._rate

    def seconds(self) -> tuple[Floats, Floats]:
        """When each block begins, and the products of its channels, a sample; shape (blocks, channels, channels)."""
        rows = self._seconds.all().reshape(-1, 1 + self.channels**2)
        return rows[:, 0], rows[:, 1:].reshape(-1, self.channels, self.channels)

    def listen(self, block: Block, sane: Block) -> None:
        """Take the next block, as it was and as it was repaired."""
        sound = np.ascontiguousarray(sane.T, np.float32)
        if not self.samples:
            self._begin(len(sound))
        if sane is not block:
            self._note_bad(block)
        rows, at = self._in_rows(sound)
        power, sums = np.einsum("crs,crs->cr", rows, rows), np.einsum("crs->cr", rows)
        self._note_moments(rows, power, sums)
        self._note_peak(rows, power)
        if self.peak >= FULL:
            self.clipping.listen(sound, at=self.samples)
        self.flat_tops.listen(rows.reshape(len(rows), -1), power, row=self._row, at=at)
        self._gaps.take(power / np.float32(self._row))
        for seeker, some in zip(self._hums, sums, strict=True):
            seeker.take(some.astype(np.float64) / self._row)
        self.samples += sound.shape[1]

    def _begin(self, channels: int) -> None:
        self.channels = channels
        self.sums, self.products = np.zeros(channels), np.zeros((channels, channels))
        self._left = np.zeros((channels, 0), np.float32)
        self._gaps = Gaps(channels, row_s=self._row / self._rate)
        self._hums = tuple(HumSeeker(self._rate / self._row) for _ in range(channels))

    def _note_bad(self, block: Block) -> None:
        bad = (~(np.abs(block) < 1e6)).any(axis=1)
        self._bad += int(bad.sum())
        if self._bad_at_s is None:
            self._bad_at_s = (self.samples + int(bad.argmax())) / self._rate

    def _in_rows(self, sound: Sound) -> tuple[Sound, int]:
        """Rows of two thirds of a millisecond, most of which need no second look; and the sample at which they begin."""
        whole = np.concatenate([self._left, sound], axis=1) if self._left.size else sound
        at = self.samples + sound.shape[1] - whole.shape[1]
        count = whole.shape[1] // self._row
        self._left = whole[:, count * self._row :].copy()
        return whole[:, : count * self._row].reshape(len(whole), count, self._row), at

    def _note_moments(self, rows: Sound, power: Sound, sums: Sound) -> None:
        """Offset, the power of each channel, and what the two of a pair have in common."""
        products = np.diag(power.sum(axis=1, dtype=np.float64))
        if len(rows) == 2:
            products[0, 1] = products[1, 0] = np.einsum("rs,rs->r", *rows).sum(dtype=np.float64)
        self.sums += sums.sum(axis=1, dtype=np.float64)
        self.products += products
        self._seconds.add(np.append(self.samples / self._rate, products / max(1, rows[0].size)))

    def _note_peak(self, rows: Sound, power: Sound) -> None:
        higher = power * 1.001 > self.peak**2
        if higher.any():
            self.peak = max(self.peak, float(np.abs(rows[higher]).max()))
        self.peak = max(self.peak, float(np.abs(self._left).max(initial=0.0)))

    def defects(self, start_s: float) -> list[Defect]:
        """What this part alone tells; times on the clock of the whole recording, which has come to ``start_s``."""
        defects = []
        if self._bad_at_s is not None:
            told = sentence(
                "{number} samples are no number that sound could have; they were silenced", number=self._bad
            )
            defects.append(Defect(code="not-a-number", at_s=round(start_s + self._bad_at_s, 2), message=told))
        offset = float(np.abs(self.sums / max(1, self.samples)).max(initial=0.0))
        if offset > 0.01:
            told = sentence(
                "the sound stands off the middle by {percent} % of full scale; mastering takes that out",
                percent=f"{100 * offset:.0f}",
            )
            defects.append(Defect(code="dc-offset", message=told))
        if self.samples:
            defects += [*self._gaps_told(start_s), *self._hum_told(start_s)]
        return defects

    def _gaps_told(self, start_s: float) -> list[Defect]:
        gaps = self._gaps.found()
        if not gaps:
            return []
        places = ", ".join(f"{clock(start_s + at_s)} ({1000 * length_s:.0f} ms)" for at_s, length_s in gaps[:_NAMED])
        told = sentence("the sound drops out for a moment: {places}", places=places)
        if len(gaps) > _NAMED:
            told = sentence(
                "the sound drops out for a moment: {places} and {more} more", places=places, more=len(gaps) - _NAMED
            )
        return [Defect(code="dropout", at_s=round(start_s + gaps[0][0], 2), message=told)]

    def _hum_told(self, start_s: float) -> list[Defect]:
        hums = [hum for seeker in self._hums if (hum := seeker.found()) is not None]
        if not hums:
            return []
        hum = max(hums, key=lambda hum: hum.level_dbfs)
        told = sentence(
            "mains hum of {mains} Hz is in it, at {level} dB", mains=hum.mains_hz, level=f"{hum.level_dbfs:.0f}"
        )
        return [Defect(code="hum", at_s=round(start_s + hum.at_s, 2), message=told)]


def clipping_told(full_at_s: float | None, cut: Cut | None, start_s: float) -> list[Defect]:
    """Clipping at full scale that begins at a second, and peaks cut off below it: one thing if both are at the same level."""
    defects = []
    if full_at_s is not None:
        told = sentence("the recording is clipped: it was louder than the recorder could take")
        defects.append(Defect(code="clipping", at_s=round(start_s + full_at_s, 2), message=told))
    if cut is not None and (full_at_s is None or cut.level < _BELOW_FULL):
        level = f"{20 * math.log10(cut.level):.1f}"
        places = ", ".join(clock(start_s + at_s) for at_s in cut.at_s[:_NAMED])
        told = sentence(
            "peaks are cut off at {level} dBFS: it was clipped before it came to this level ({places})",
            level=level,
            places=places,
        )
        if len(cut.at_s) > _NAMED:
            told = sentence(
                "peaks are cut off at {level} dBFS: it was clipped before it came to this level ({places} and {more} more)",
                level=level,
                places=places,
                more=len(cut.at_s) - _NAMED,
            )
        defects.append(Defect(code="clipping", at_s=round(start_s + cut.at_s[0], 2), message=told))
    return defects


def clock(at_s: float) -> str:
    """Minutes and seconds, as people read them: 12:34, 1:02:03."""
    minutes, seconds = divmod(int(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
