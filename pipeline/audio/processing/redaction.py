"""Hides stretches of a recording: under the tone of its own room, or under a bleep. Nothing of what was there is heard."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.audio.analysis.voice_activity import VOICE, quietest
from pipeline.audio.metering.block_biquad import Floats
from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import Cut, joined, moved_ms

BLEEP_HZ = 1000
_FADE = RATE // 125  # 8 ms outside a stretch: no click, and not one sample of it
_STRETCH = 20  # of 20 ms: a piece of room tone
_PIECES = 8
_GRAIN = RATE // 5
_STEP = 0.6180339887  # of the golden section: places as far apart as they can be, and the same each time

_GRAIN_FADE = np.sin(np.pi * (np.arange(_GRAIN) + 0.5) / _GRAIN).astype(np.float32)[:, np.newaxis]  # of one power


class RoomTone:
    """Learns how the room sounds while nobody speaks, from the quietest stretches of a talk, and plays it for any length."""

    def __init__(self, width: int) -> None:
        """Nothing heard yet: silence."""
        self._width = width
        self._pieces: list[tuple[float, int, Block]] = []
        self._count = 0

    def listen(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Pass ``blocks`` on, and keep what is quietest in them; digital silence is no room."""
        for block in blocks:
            mono = block.mean(axis=1, dtype=np.float32)
            if (quiet := quietest(mono, _STRETCH)) is not None:
                power = float(np.square(mono[quiet]).mean(dtype=np.float64))
                self._count += 1
                self._pieces.append((power, self._count, block[quiet].copy()))
                calm = sorted(self._pieces, key=lambda piece: piece[:2])[:_PIECES]
                self._pieces = [kept for kept in calm if kept[0] <= 2 * calm[0][0]]  # the others may hold a voice
            yield block

    def play(self, first: int, last: int) -> Block:
        """It, from one sample up to another: grains of 200 ms from all over the pieces, each fading into the next."""
        half = _GRAIN // 2
        out = np.zeros((last - first + 2 * _GRAIN, self._width), np.float32)
        for number in range(first // half - 1, last // half + 1) if self._pieces else ():
            piece = self._pieces[number % len(self._pieces)][2]
            start = int(number * _STEP % 1.0 * (_STRETCH * VOICE - _GRAIN))
            at = number * half - first + _GRAIN
            out[at : at + _GRAIN] += piece[start : start + _GRAIN] * _GRAIN_FADE
        return out[_GRAIN : _GRAIN + last - first]


def hidden(blocks: Iterable[Block], stretches: Sequence[Cut], room: RoomTone | None) -> Iterator[Block]:
    """``blocks`` with room tone (``None``: silence) in place of each stretch, to the sample; the fades lie outside."""
    spans = [(cut.from_ms * RATE // 1000 - _FADE, -(-cut.to_ms * RATE // 1000) + _FADE) for cut in joined(stretches)]
    at = 0
    for block in blocks:
        replaced = block
        for first, last in spans:
            low, high = max(at, first), min(at + len(block), last)
            if low < high:
                heard = _fade(last - first, low - first, high - first)
                tone = room.play(low - first, high - first) if room else np.zeros((high - low, 1), np.float32)
                replaced = _replaced(replaced, tone, low - at, heard)
        at += len(block)
        yield replaced


def _fade(length: int, first: int, last: int) -> Floats:
    """How much of what was there is heard."""
    places = np.arange(first, last) + 0.5
    return np.asarray(np.clip(np.maximum(1 - places / _FADE, 1 - (length - places) / _FADE), 0, 1))


def _replaced(block: Block, tone: Block, at: int, heard: Floats) -> Block:
    share = heard.astype(np.float32)[:, np.newaxis]
    result = block.copy()
    near = slice(at, at + len(tone))
    result[near] = result[near] * share + tone * np.sqrt(1 - share**2)
    return result


def bleeped(blocks: Iterable[Block], spans: Sequence[tuple[int, int]], *, amplitude: float) -> Iterator[Block]:
    """``blocks`` with a tone over each span of samples, faded in and out within it."""
    at = 0
    for block in blocks:
        heard = block
        for first, last in spans:
            low, high = max(at, first), min(at + len(block), last)
            if low < high:
                places = np.arange(low, high)
                fade = np.clip(np.minimum(places - first, last - 1 - places) / _FADE, 0, 1)
                tone = amplitude * fade * np.sin(2 * np.pi * BLEEP_HZ / RATE * (places - first))
                heard = heard.copy()
                heard[low - at : high - at] += tone.astype(np.float32)[:, np.newaxis]
        at += len(block)
        yield heard


def spans_after(stretches: Sequence[Cut], cuts: Sequence[Cut]) -> list[tuple[int, int]]:
    """Where the stretches lie once the cuts are made, in samples; those cut out are gone."""
    gone = joined(cuts)
    ends = [(moved_ms(cut.from_ms, cuts=gone), moved_ms(cut.to_ms, cuts=gone)) for cut in joined(stretches)]
    return [(first * RATE // 1000, last * RATE // 1000) for first, last in ends if last > first]
