"""Takes stretches out of a sound, and joins what is left: one side fades into the other, and nothing of a cut is heard."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import Cut

_SIDE = RATE // 100  # 10 ms: how much of either side takes part in a join
_EDGE = RATE // 250  # 4 ms: a fade where a cut leaves nothing to join to

_Span = tuple[int, int | None]  # samples; without an end: to where the sound ends


def without(blocks: Iterable[Block], cuts: Sequence[Cut]) -> Iterator[Block]:
    """``blocks`` without what is cut, to the sample.

    At a join each side goes on for 10 ms as its own mirror image under the other: the room does not stop for a moment, the
    length is what the cuts leave, and not a sample of what was cut is heard.
    """
    if not cuts:
        yield from blocks
        return
    spans, before, at = _kept(cuts), None, -1
    for number, piece in _large(_pieces(blocks, spans)):
        if before is None:
            before, at = _risen(piece) if spans[number][0] else piece, number
            continue
        last, before = (before, piece) if number == at else _joined(before, piece)
        yield last
        at = number
    if before is not None:
        yield before if spans[at][1] is None else _fallen(before)


def _kept(cuts: Sequence[Cut]) -> list[_Span]:
    """The stretches that stay; the last has no end."""
    stretches: list[_Span] = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: cut.from_ms):
        first, last = cut.from_ms * RATE // 1000, cut.to_ms * RATE // 1000
        if first > at:
            stretches.append((at, first))
        at = max(at, last)
    return [*stretches, (at, None)]


def _pieces(blocks: Iterable[Block], spans: Sequence[_Span]) -> Iterator[tuple[int, Block]]:
    """What lies in the spans, each piece with the number of its own."""
    start = 0
    for block in blocks:
        stop = start + len(block)
        for number, (first, last) in enumerate(spans):
            low, high = max(first, start), stop if last is None else min(last, stop)
            if low < high:
                yield number, block[low - start : high - start]
        start = stop


def _large(pieces: Iterable[tuple[int, Block]]) -> Iterator[tuple[int, Block]]:
    """The same, each large enough to be joined at both ends, or all that its span has."""
    for number, of_one in groupby(pieces, key=itemgetter(0)):
        held: Block | None = None
        for _, piece in of_one:
            if held is None:
                held = piece
            elif min(len(held), len(piece)) < 2 * _SIDE:
                held = np.concatenate([held, piece])
            else:
                yield number, held
                held = piece
        if held is not None:
            yield number, held


def _joined(one: Block, other: Block) -> tuple[Block, Block]:
    """Both, with the end of the one and the beginning of the other faded into each other: noise keeps its power."""
    side = min(_SIDE, len(one) // 2, len(other) // 2)
    if not side:
        return one, other
    turn = (np.arange(2 * side, dtype=np.float32)[:, np.newaxis] + 0.5) * np.float32(math.pi / 4 / side)
    end, begin = one[-side:], other[:side]
    both = np.concatenate([end, end[::-1]]) * np.cos(turn) + np.concatenate([begin[::-1], begin]) * np.sin(turn)
    return np.concatenate([one[:-side], both[:side]]), np.concatenate([both[side:], other[side:]])


def _risen(piece: Block) -> Block:
    places = np.arange(len(piece), dtype=np.float32)[:, np.newaxis] + 0.5
    return np.asarray(piece * np.minimum(1, places / _EDGE), np.float32)


def _fallen(piece: Block) -> Block:
    return np.ascontiguousarray(_risen(piece[::-1])[::-1])
