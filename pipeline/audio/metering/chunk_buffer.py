"""Cuts a signal into chunks of a fixed size: results do not depend on the caller's blocks."""

from collections.abc import Iterable, Iterator

import numpy as np

from pipeline.audio.metering.block_biquad import ROW_SAMPLES
from pipeline.media.samples import Block, PlanarBlock

CHUNK_SAMPLES = 1500 * ROW_SAMPLES  # one second at 48 kHz


class ChunkBuffer:
    """Cuts blocks of any size into chunks of ``CHUNK_SAMPLES``, and keeps the remainder."""

    def __init__(self, channels: int) -> None:
        """Start empty."""
        self._waiting: list[PlanarBlock] = []
        self._size = 0
        self._channels = channels

    def push(self, block: PlanarBlock) -> Iterator[PlanarBlock]:
        """Append samples, and yield the chunks that they complete.

        Args:
            block: Shape (channels, samples), float32.

        Returns:
            Chunks of shape (channels, CHUNK_SAMPLES), float32.
        """
        self._waiting.append(block)
        self._size += block.shape[1]
        if self._size < CHUNK_SAMPLES:
            return
        joined = np.concatenate(self._waiting, axis=1) if len(self._waiting) > 1 else block
        for start in range(0, self._size - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            yield joined[:, start : start + CHUNK_SAMPLES]
        self._size %= CHUNK_SAMPLES
        self._waiting = [joined[:, joined.shape[1] - self._size :].copy()]  # a view would keep everything

    def get_remainder(self) -> PlanarBlock:
        """Return the samples after the last chunk, shape (channels, samples), float32."""
        return np.concatenate([np.zeros((self._channels, 0), np.float32), *self._waiting], axis=1)


def iter_with_context(
    blocks: Iterable[Block], size: int, *, before: int, after: int
) -> Iterator[tuple[PlanarBlock, int, int]]:
    """Cut a signal into chunks, each with the samples around it.

    Chunks are counted from the first sample; the last one has up to ``size + after`` samples.

    Args:
        blocks: Shape (samples, channels) each, float32.
        size: Samples of a chunk, more than ``before``.
        before: Samples before a chunk, or as many as exist.
        after: Samples after a chunk; the last has none.

    Yields:
        A chunk with its context, shape (channels, samples), each channel contiguous; and where in
        it the chunk begins and ends.
    """
    waiting: list[PlanarBlock] = []
    count = first = 0
    for block in blocks:
        waiting.append(np.ascontiguousarray(block.T))
        count += len(block)
        while count >= first + size + after:
            sound = np.concatenate(waiting, axis=1) if len(waiting) > 1 else waiting[0]
            yield sound[:, : first + size + after], first, first + size
            done = first + size - before
            waiting, count, first = [sound[:, done:]], count - done, before
    if count > first:
        yield np.concatenate(waiting, axis=1), first, count


def join_blocks(blocks: Iterable[Block]) -> Block:
    """Join blocks of shape (samples, channels); in the result, each channel is contiguous in memory."""
    planes = [block.T for block in blocks]
    return (np.concatenate(planes, axis=1) if len(planes) > 1 else np.ascontiguousarray(planes[0])).T
