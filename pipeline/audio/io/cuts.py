"""Removes cuts from a stream of blocks, and crossfades what remains."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

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
    angle = (np.arange(2 * side, dtype=np.float32)[:, np.newaxis] + 0.5) * np.float32(math.pi / 4 / side)
    end, start = one[-side:], other[:side]
    both = np.concatenate([end, end[::-1]]) * np.cos(angle) + np.concatenate([start[::-1], start]) * np.sin(angle)
    return np.concatenate([one[:-side], both[:side]]), np.concatenate([both[side:], other[side:]])


def _fade_in(piece: Block) -> Block:
    positions = np.arange(len(piece), dtype=np.float32)[:, np.newaxis] + 0.5
    return np.asarray(piece * np.minimum(1, positions / _FADE), np.float32)


def _fade_out(piece: Block) -> Block:
    return np.ascontiguousarray(_fade_in(piece[::-1])[::-1])
