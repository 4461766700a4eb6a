"""Holds a sound under a ceiling of true peak, by turning it down in time and gently; nothing else is touched."""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from pipeline.audio.ffmpeg import RATE, Block
from pipeline.audio.loudness import BOUND, REACH, Floats, interpolated

RECIPE = 1
LOOK = RATE // 200 | 1  # 5 ms, odd: how far ahead it sees a peak coming

_CHUNK = (
    RATE  # worked on at once, counted from the first sample: so the size of the caller's blocks makes no difference
)
_PIECE = 1024  # oversampled or not
_CONTEXT = 2 * LOOK + 2 * REACH  # what one sample's gain depends on, to either side


def limit(blocks: Iterable[Block], *, ceiling_dbtp: float) -> Iterator[Block]:
    """The same sound with no true peak above the ceiling, as long as it was and in step with it."""
    ceiling = 10 ** (ceiling_dbtp / 20)
    for sound, first, last in _with_context(blocks):
        if np.abs(sound).max(initial=0.0) * BOUND <= ceiling:
            yield sound[first:last]
        else:
            gain = _gain(sound, ceiling)[first:last]
            yield (sound[first:last] * gain[:, np.newaxis]).astype(np.float32)


def _with_context(blocks: Iterable[Block]) -> Iterator[tuple[Block, int, int]]:
    """Chunks with the sound around them, and where in it the chunk itself lies."""
    held: list[Block] = []
    size = before = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        while size >= before + _CHUNK + _CONTEXT:
            sound = np.concatenate(held)
            yield sound[: before + _CHUNK + _CONTEXT], before, before + _CHUNK
            rest = sound[before + _CHUNK - _CONTEXT :]
            held, size, before = [rest], len(rest), _CONTEXT
    if size > before:
        yield np.concatenate(held), before, size


def _gain(sound: Block, ceiling: float) -> Floats:
    """One gain a sample: down before a peak comes and up after it, never above what the peak allows."""
    wanted = np.minimum(1.0, ceiling / np.maximum(_envelope(sound, ceiling), 1e-9))
    lowest = minimum_filter1d(wanted, 2 * LOOK + 1)
    smooth = uniform_filter1d(uniform_filter1d(lowest, LOOK), LOOK)  # reaches 2·LOOK - 1: stays below the lowest
    return np.asarray(np.minimum(smooth, 1.0))


def _envelope(sound: Block, ceiling: float) -> Floats:
    """The true peak around each sample; only the pieces that could pass the ceiling are oversampled."""
    peaks: Floats = np.abs(sound).max(axis=1).astype(np.float64)
    padded = np.pad(sound, ((REACH + 1, REACH), (0, 0)))
    for start in range(0, len(sound), _PIECE):
        stop = min(len(sound), start + _PIECE)
        near = padded[start : stop + 2 * REACH + 1]
        if np.abs(near).max() * BOUND > ceiling:
            fine = interpolated(near)  # from the sample before `start`, so that both sides of each sample count
            peaks[start:stop] = np.maximum(fine[:-1], fine[1:])
    return peaks
