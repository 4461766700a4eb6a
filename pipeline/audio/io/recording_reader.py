"""Reads the parts of a recording as one signal at 48 kHz, mixed to one or two channels."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.audio.io.pcm import PcmReader, open_at_working_rate, silence_invalid
from pipeline.audio.io.probe import RecordingPart
from pipeline.media.samples import Block


def choose_channel_count(parts: Sequence[RecordingPart]) -> int:
    """Return 2 if a part has exactly two channels.

    Else 1, since many microphones are mixed to mono.
    """
    return 2 if any(part.channels == 2 for part in parts) else 1


def read_recording(
    parts: Iterable[RecordingPart], *, channels: int, selection: str = "all", first: int = 0
) -> Iterator[Block]:
    """Read all parts, one after the other.

    Args:
        parts: The parts in order of time.
        channels: Number of channels of the result.
        selection: Which of two channels to use: ``all``, ``left`` or ``right``.
        first: Sample at which to start; only for a single part of plain PCM at 48 kHz.

    Returns:
        Blocks of shape (samples, channels), float32, full scale is 1.0; invalid samples are
        silence.

    Raises:
        AudioError: A part cannot be read.
    """
    for part in parts:
        with open_at_working_rate(part) as blocks:
            for block in blocks.iter_blocks(first) if isinstance(blocks, PcmReader) else blocks:
                yield mix_channels(silence_invalid(blocks, block), channels=channels, selection=selection)


def mix_channels(block: Block, *, channels: int, selection: str = "all") -> Block:
    """Mix a block to another number of channels: each gets the mean of all.

    Args:
        block: Shape (samples, channels), float32.
        channels: Number of channels of the result.
        selection: Which of two channels to use: ``all``, ``left`` or ``right``.

    Returns:
        Shape (samples, channels), float32.
    """
    if block.shape[1] == 2 and selection != "all":
        block = block[:, :1] if selection == "left" else block[:, 1:]
    if block.shape[1] == channels:
        return block
    mono = block.mean(axis=1, keepdims=True, dtype=np.float32)
    return np.repeat(mono, channels, axis=1)
