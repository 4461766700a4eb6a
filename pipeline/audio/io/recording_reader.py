"""Reads the parts of a recording as one signal at 48 kHz, mixed to one or two channels."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.audio.io.pcm import PcmReader, is_plain_at_working_rate, open_at_working_rate, silence_invalid
from pipeline.audio.io.probe import RecordingPart, open_part
from pipeline.audio.io.wav_file import WavFile
from pipeline.media.samples import Block


def choose_channel_count(parts: Sequence[RecordingPart]) -> int:
    """Return 2 if a part has exactly two channels.

    Else 1, since many microphones are mixed to mono.
    """
    return 2 if any(part.channels == 2 for part in parts) else 1


class RangeReader(Protocol):
    """A signal at 48 kHz, of which any range can be read, from any process."""

    @property
    def samples(self) -> int:
        """Its length."""

    def read_range(self, first: int, last: int) -> Block:
        """Read samples ``first`` up to ``last``, all of which exist.

        Returns:
            A new block of shape (samples, channels), float32, full scale is 1.0.
        """


class RecordingReader:
    """Reads ranges of a recording: its parts one after the other, mixed as the plan says."""

    def __init__(self, parts: Sequence[PcmReader], plan: ChannelPlan | None) -> None:
        """Prepare reading parts at 48 kHz; without a plan, they are mixed already."""
        self._parts, self._plan = parts, plan
        self._starts = [0, *accumulate(part.samples for part in parts)]
        self.samples = self._starts[-1]

    def read_range(self, first: int, last: int) -> Block:
        """Read samples ``first`` up to ``last``; invalid ones are silence.

        Raises:
            AudioError: A file cannot be read.
        """
        blocks = []
        for number, (part, start) in enumerate(zip(self._parts, self._starts, strict=False)):
            low, high = max(first, start) - start, min(last - start, part.samples)
            if low < high:
                block = silence_invalid(part, part.read_range(low, high))
                blocks.append(self._plan.mix(block, part=number, first=low) if self._plan else block)
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


@contextmanager
def open_recording(parts: Sequence[RecordingPart], plan: ChannelPlan, *, scratch: str) -> Iterator[RecordingReader]:
    """Open a recording for reading any range.

    Plain PCM at 48 kHz is read where it is. If a part is anything else, all parts are decoded once, to
    a temporary file of 32-bit floats, mixed as the plan says.

    Args:
        parts: The parts in order of time.
        plan: How their channels become one or two.
        scratch: Name for the temporary file, which is deleted at the end.

    Raises:
        AudioError: A part cannot be read.
        StorageError: The disk is full.
    """
    if all(is_plain_at_working_rate(part) for part in parts):
        yield RecordingReader([PcmReader(part) for part in parts], plan)
        return
    try:
        file = WavFile(scratch, channels=plan.channels, samples=0, is_float=True)
        file.create()
        for block in read_mixed(parts, plan):
            file.append(block)
        file.finish()
        yield RecordingReader([PcmReader(open_part(scratch))], None)
    finally:
        with suppress(OSError):
            Path(scratch).unlink()


def read_mixed(parts: Sequence[RecordingPart], plan: ChannelPlan) -> Iterator[Block]:
    """Read all parts, one after the other, mixed as the plan says; invalid samples are silence.

    Returns:
        Blocks of shape (samples, channels), float32, full scale is 1.0, at 48 kHz.

    Raises:
        AudioError: A part cannot be read.
    """
    for number, part in enumerate(parts):
        at = 0
        with open_at_working_rate(part) as blocks:
            for block in blocks:
                yield plan.mix(silence_invalid(blocks, block), part=number, first=at)
                at += len(block)


def read_recording(parts: Iterable[RecordingPart], *, channels: int) -> Iterator[Block]:
    """Read all parts, one after the other.

    Args:
        parts: The parts in order of time.
        channels: Number of channels of the result.

    Returns:
        Blocks of shape (samples, channels), float32, full scale is 1.0; invalid samples are
        silence.

    Raises:
        AudioError: A part cannot be read.
    """
    for part in parts:
        with open_at_working_rate(part) as blocks:
            for block in blocks:
                yield mix_channels(silence_invalid(blocks, block), channels=channels)


def mix_channels(block: Block, *, channels: int) -> Block:
    """Mix a block to another number of channels: each gets the mean of all.

    Args:
        block: Shape (samples, channels), float32.
        channels: Number of channels of the result.

    Returns:
        Shape (samples, channels), float32.
    """
    if block.shape[1] == channels:
        return block
    mono = block.mean(axis=1, keepdims=True, dtype=np.float32)
    return np.repeat(mono, channels, axis=1)
