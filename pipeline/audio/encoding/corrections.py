"""Corrections to a master before it is encoded: a gain with a limiter, and attenuated peaks."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.audio.encoding.decoded_measurement import PEAK_WINDOW, ExcessPeak
from pipeline.audio.encoding.sample_encoding import Read
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.metering.chunk_buffer import join_blocks
from pipeline.audio.processing.limiter import CONTEXT, limit_block
from pipeline.media.samples import RATE, Block, Span

_MARGIN_DB, _MARGIN = 0.15, 1.5  # a peak is attenuated by more than its excess: the encoder adds to it again
_FADE = RATE // 100  # samples before such a peak in which the gain falls, and after it in which it rises


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingAttempt:
    """Corrections to the master before encoding: a gain with a limiter, and attenuated peaks."""

    gain_db: float = 0.0
    ceiling_dbtp: float | None = None
    attenuated: tuple[ExcessPeak, ...] = ()

    def find_differences(self, other: "EncodingAttempt") -> tuple[ExcessPeak, ...] | None:
        """Find the places where the audio of two attempts differs; ``None``: everywhere."""
        if (self.gain_db, self.ceiling_dbtp) != (other.gain_db, other.ceiling_dbtp):
            return None
        ours, others = Counter(self.attenuated), Counter(other.attenuated)
        return (*(ours - others), *(others - ours))

    def add_gain(self, gain_db: float) -> "EncodingAttempt":
        """Change the gain; what is attenuated keeps its level."""
        attenuated = tuple(replace(peak, excess_db=peak.excess_db + gain_db / _MARGIN) for peak in self.attenuated)
        return replace(self, gain_db=self.gain_db + gain_db, attenuated=attenuated)


UNCHANGED = EncodingAttempt()


def open_corrected(master: PcmReader, attempt: EncodingAttempt) -> Read:
    """Open a master for reading ranges of shape (samples, channels), with the corrections of an attempt."""
    return lambda first, last: join_blocks(read_corrected(master, attempt, first, last))


def read_corrected(master: PcmReader, attempt: EncodingAttempt, first: int, last: int) -> Iterator[Block]:
    """Read a range of a master, with the corrections of an attempt: blocks of shape (samples, channels)."""
    blocks = _limit_range(master, attempt, first, last) if attempt.ceiling_dbtp else _read_range(master, first, last)
    return lower_peaks(blocks, attempt.attenuated, first=first)


def _read_range(master: PcmReader, first: int, last: int) -> Iterator[Block]:
    for start in range(first, last, RATE):
        yield master.read_range(start, min(start + RATE, last))


def _limit_range(master: PcmReader, attempt: EncodingAttempt, first: int, last: int) -> Iterator[Block]:
    """Apply gain and limiter to a range, with what the limiter needs around it."""
    gain = np.float32(10 ** (attempt.gain_db / 20))
    for start in range(first, last, RATE):
        stop, begin = min(start + RATE, last), max(0, start - CONTEXT)
        louder = master.read_range(begin, min(stop + CONTEXT, master.samples)) * gain
        yield limit_block(louder, ceiling_dbtp=attempt.ceiling_dbtp or 0.0)[start - begin : stop - begin]


def find_span(peak: ExcessPeak) -> Span:
    """Return the samples that attenuating ``peak`` changes."""
    return peak.start - _FADE, peak.start + PEAK_WINDOW + _FADE


def lower_peaks(blocks: Iterable[Block], peaks: Iterable[ExcessPeak], *, first: int = 0) -> Iterator[Block]:
    """Lower the gain around peaks, with fades of 10 ms.

    Args:
        blocks: Shape (samples, channels) each, float32.
        peaks: Places of 40 ms, and by how many dB each is too high.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """
    places = [(find_span(peak), _MARGIN * peak.excess_db + _MARGIN_DB) for peak in peaks]
    spans = np.array([span for span, _ in places], np.int64).reshape(-1, 2)
    start = first
    for block in blocks:
        stop = start + len(block)
        inside = np.flatnonzero((spans[:, 0] < stop) & (spans[:, 1] > start)).tolist()
        down_db = np.zeros(len(block) if inside else 0)
        for (begin, end), excess_db in (places[number] for number in inside):
            low, high = max(begin, start), min(end, stop)
            at = np.arange(low, high) + 0.5
            edge = np.clip(np.minimum(at - begin, end - at) / _FADE, 0, 1)
            down_db[low - start : high - start] += excess_db * np.sin(edge * math.pi / 2) ** 2
        yield (block * (10 ** (-down_db / 20))[:, np.newaxis]).astype(np.float32) if inside else block
        start = stop
