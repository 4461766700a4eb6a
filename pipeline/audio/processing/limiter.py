"""Holds a sound under a ceiling of true peak, by turning it down in time and gently; nothing else is touched."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.metering.block_biquad import Floats, Sound
from pipeline.audio.metering.loudness import REACH, finely_above
from pipeline.audio.metering.sliding_window import lowest, mean
from pipeline.media.ffmpeg import RATE, Block

RECIPE = 1
LOOK = RATE // 200 | 1  # 5 ms, odd: how far ahead it sees a peak coming

_CHUNK = (
    RATE  # worked on at once, counted from the first sample: so the size of the caller's blocks makes no difference
)
_CONTEXT = 2 * LOOK + 2 * REACH  # what one sample's gain depends on, to either side


def limit(blocks: Iterable[Block], *, ceiling_dbtp: float) -> Iterator[Block]:
    """The same sound with no true peak above the ceiling, as long as it was and in step with it."""
    ceiling = 10 ** (ceiling_dbtp / 20)
    for sound, first, last in _with_context(blocks):
        held = sound[first:last]
        envelope = finely_above(sound, ceiling)
        over = np.flatnonzero(envelope > ceiling)
        if len(over):
            held = held.copy(order="K")
            for start, stop in _near(over, len(sound)):
                low, high = max(start, first), min(stop, last)
                if low < high:
                    gain = _gain(envelope[start:stop], ceiling)[low - start : high - start]
                    held[low - first : high - first] *= gain.astype(np.float32)[:, np.newaxis]
        yield held


def _with_context(blocks: Iterable[Block]) -> Iterator[tuple[Block, int, int]]:
    """Chunks with the sound around them, and where in it the chunk itself lies."""
    held: list[Sound] = []  # each channel by itself in memory, so that it stays so
    size = before = 0
    for block in blocks:
        held.append(block.T)
        size += len(block)
        while size >= before + _CHUNK + _CONTEXT:
            sound = np.concatenate(held, axis=1)
            yield sound[:, : before + _CHUNK + _CONTEXT].T, before, before + _CHUNK
            rest = sound[:, before + _CHUNK - _CONTEXT :]
            held, size, before = [rest], rest.shape[1], _CONTEXT
    if size > before:
        yield np.concatenate(held, axis=1).T, before, size


def _near(over: NDArray[np.intp], length: int) -> Iterator[tuple[int, int]]:
    """Stretches around peaks, wide enough that the gain is 1 at both of their ends (where the sound goes on)."""
    reach = 3 * LOOK
    parted = np.flatnonzero(np.diff(over) > 2 * reach) + 1
    for group in np.split(over, parted):
        yield max(0, int(group[0]) - reach), min(length, int(group[-1]) + reach)


def _gain(envelope: NDArray[np.float32], ceiling: float) -> Floats:
    """One gain a sample: down before a peak comes and up after it, never above what the peak allows."""
    wanted = np.minimum(1.0, ceiling / np.maximum(envelope.astype(np.float64), 1e-9))
    smooth = mean(mean(lowest(wanted, 2 * LOOK + 1), LOOK), LOOK)  # reaches 2·LOOK - 1: stays below the lowest
    return np.asarray(np.minimum(smooth, 1.0))
