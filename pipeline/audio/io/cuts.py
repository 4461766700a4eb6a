"""Removes cuts from a stream of blocks, and crossfades what remains."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

import numpy as np

from pipeline.audio.io.recording_reader import RangeReader
from pipeline.media.samples import RATE, Block
from pipeline.model import Cut

_CROSSFADE = RATE // 100  # samples on either side of a join
_FADE = RATE // 250  # samples, where a cut leaves nothing to join to

_Span = tuple[int, int | None]  # samples; None: to the end


def remove_cuts(blocks: Iterable[Block], cuts: Sequence[Cut]) -> Iterator[Block]:
    """Remove cuts, exact to the sample.

    At a join each side continues for 10 ms as its own mirror image under the other. So the
    background does not stop, the duration is what the cuts leave, and no sample of a cut is
    audible.

    Args:
        blocks: Blocks of shape (samples, channels), float32, at 48 kHz.
        cuts: In any order; they may overlap.

    Returns:
        Blocks of shape (samples, channels), float32.
    """
    if not cuts:
        yield from blocks
        return
    spans, before, at = _invert(cuts), None, -1
    for number, piece in _enlarge(_select(blocks, spans)):
        if before is None:
            before, at = _fade_in(piece) if spans[number][0] else piece, number
            continue
        last, before = (before, piece) if number == at else _crossfade(before, piece)
        yield last
        at = number
    if before is not None:
        yield before if spans[at][1] is None else _fade_out(before)


class SplicedReader:
    """Reads ranges of what the cuts leave: the samples that ``remove_cuts`` yields."""

    def __init__(self, recording: RangeReader, cuts: Sequence[Cut]) -> None:
        """Prepare reading a recording without the cuts."""
        spans = ((first, recording.samples if last is None else last, last) for first, last in _invert(cuts))
        kept = [(first, min(stop, recording.samples), last) for first, stop, last in spans if first < recording.samples]
        self._recording = recording
        self._spans = [(first, stop) for first, stop, _ in kept]
        self._starts = [0, *accumulate(stop - first for first, stop in self._spans)]
        self._fades = (bool(kept and kept[0][0]), bool(kept and kept[-1][2] is not None))
        self.samples = self._starts[-1]

    def read_range(self, first: int, last: int) -> Block:
        """Read samples ``first`` up to ``last`` of what is left; see ``RangeReader``."""
        pieces = []
        for (begin, end), start in zip(self._spans, self._starts, strict=False):
            low, high = max(first, start) - start, min(last - start, end - begin)
            if low < high:
                pieces.append(self._recording.read_range(begin + low, begin + high))
        block = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        for (one, other), join in zip(pairwise(self._spans), self._starts[1:], strict=False):
            side = min(_CROSSFADE, (one[1] - one[0]) // 2, (other[1] - other[0]) // 2)
            low, high = max(first, join - side), min(last, join + side)
            if low < high:
                before = self._recording.read_range(one[1] - side, one[1])
                mixed = _mix_join(before, self._recording.read_range(other[0], other[0] + side))
                block[low - first : high - first] = mixed[low - join + side : high - join + side]
        return self._fade(block, first)

    def _fade(self, block: Block, first: int) -> Block:
        """Fade in and out where a cut leaves nothing to join to."""
        rises, falls = self._fades[0] and first < _FADE, self._fades[1] and first + len(block) > self.samples - _FADE
        if not rises and not falls:
            return block
        places = np.arange(first, first + len(block), dtype=np.float32)[:, np.newaxis] + np.float32(0.5)
        if rises:
            block = block * np.minimum(1, places / _FADE)
        if falls:
            block = block * np.minimum(1, (self.samples - places) / _FADE)
        return np.asarray(block, np.float32)


def _invert(cuts: Sequence[Cut]) -> list[_Span]:
    """Return the spans between the cuts; the last has no end."""
    spans: list[_Span] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: cut.from_ms):
        first, last = cut.from_ms * RATE // 1000, cut.to_ms * RATE // 1000
        if first > at:
            spans.append((at, first))
        at = max(at, last)
    return [*spans, (at, None)]


def _select(blocks: Iterable[Block], spans: Sequence[_Span]) -> Iterator[tuple[int, Block]]:
    """Yield the pieces within the spans, each with the number of its span."""
    start = 0
    for block in blocks:
        stop = start + len(block)
        for number, (first, last) in enumerate(spans):
            low, high = max(first, start), stop if last is None else min(last, stop)
            if low < high:
                yield number, block[low - start : high - start]
        start = stop


def _enlarge(pieces: Iterable[tuple[int, Block]]) -> Iterator[tuple[int, Block]]:
    """Join short pieces, so that each can be crossfaded at both ends, or is all of its span."""
    for number, of_span in groupby(pieces, key=itemgetter(0)):
        held: Block | None = None
        for _, piece in of_span:
            if held is None:
                held = piece
            elif min(len(held), len(piece)) < 2 * _CROSSFADE:
                held = np.concatenate([held, piece])
            else:
                yield number, held
                held = piece
        if held is not None:
            yield number, held


def _crossfade(one: Block, other: Block) -> tuple[Block, Block]:
    """Crossfade the end of one piece and the start of the other, with equal power."""
    side = min(_CROSSFADE, len(one) // 2, len(other) // 2)
    if not side:
        return one, other
    both = _mix_join(one[-side:], other[:side])
    return np.concatenate([one[:-side], both[:side]]), np.concatenate([both[side:], other[side:]])


def _mix_join(end: Block, start: Block) -> Block:
    """Mix the samples around a join from those before it and those after it, as many each."""
    side = len(end)
    angle = (np.arange(2 * side, dtype=np.float32)[:, np.newaxis] + 0.5) * np.float32(math.pi / 4 / side)
    mixed = np.concatenate([end, end[::-1]]) * np.cos(angle) + np.concatenate([start[::-1], start]) * np.sin(angle)
    return np.asarray(mixed, np.float32)


def _fade_in(piece: Block) -> Block:
    positions = np.arange(len(piece), dtype=np.float32)[:, np.newaxis] + 0.5
    return np.asarray(piece * np.minimum(1, positions / _FADE), np.float32)


def _fade_out(piece: Block) -> Block:
    return np.ascontiguousarray(_fade_in(piece[::-1])[::-1])
