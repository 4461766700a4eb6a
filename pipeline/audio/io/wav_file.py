"""Writes a PCM WAV at 48 kHz in ranges, so that several processes can write one file."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StorageError, fill
from pipeline.media.samples import RATE, Block

_DATA_START = 80  # bytes: RIFF, a chunk for 64-bit sizes, the format, the name of the data
_MAX_SIZE = 2**32 - 1  # in 32 bits
_FLOAT, _INTEGER = 3, 1  # format tags


class WavFile:
    """A WAV of a known length: 24-bit integers, or 32-bit floats."""

    def __init__(self, path: str, *, channels: int, samples: int, is_float: bool = False) -> None:
        """Describe the file; ``create`` creates it."""
        self.path, self.channels, self.samples, self.is_float = path, channels, samples, is_float
        self._frame_bytes = channels * (4 if is_float else 3)

    def create(self) -> None:
        """Create the file at its full length; the samples follow in any order.

        Raises:
            StorageError: It cannot be written.
        """
        with self._open("wb") as file:
            file.write(self._build_header())
            file.truncate(_DATA_START + self._count_bytes())

    def append(self, block: Block) -> None:
        """Lengthen the file by a block; ``finish`` declares the length in its header.

        Raises:
            StorageError: The disk is full.
        """
        self.write(block, self.samples)
        self.samples += len(block)

    def finish(self) -> None:
        """Write the header again."""
        with self._open("r+b") as file:
            file.write(self._build_header())

    def write(self, block: Block, first: int) -> None:
        """Write samples from number ``first`` on, as they are or rounded to 24 bits.

        Args:
            block: Shape (samples, channels), float32, full scale is 1.0.
            first: Number of the first sample.

        Raises:
            StorageError: The disk is full.
        """
        raw = np.ascontiguousarray(block, "<f4") if self.is_float else round_to_24_bits(block)
        with self._open("r+b") as file:
            file.seek(_DATA_START + first * self._frame_bytes)
            file.write(raw.data.cast("B"))

    @contextmanager
    def _open(self, mode: str) -> Iterator[IO[bytes]]:
        try:
            with Path(self.path).open(mode) as file:
                yield file
        except OSError as error:
            raise StorageError(
                fill("cannot be written: {strerror}", strerror=error.strerror), where=self.path
            ) from error

    def _count_bytes(self) -> int:
        """Count the bytes of the samples, and one that makes them even."""
        size = self.samples * self._frame_bytes
        return size + size % 2

    def _build_header(self) -> bytes:
        """Build the header; that of more than 4 GiB has 64-bit sizes.

        Source: EBU Tech 3306 (RF64).
        """
        size, riff = self.samples * self._frame_bytes, _DATA_START - 8 + self._count_bytes()
        is_long = riff > _MAX_SIZE
        sizes = struct.pack("<QQQI", riff, size, self.samples, 0) if is_long else bytes(28)
        tag, bits = (_FLOAT, 32) if self.is_float else (_INTEGER, 24)
        fmt = struct.pack("<HHIIHH", tag, self.channels, RATE, RATE * self._frame_bytes, self._frame_bytes, bits)
        return b"".join((
            b"RF64" if is_long else b"RIFF", struct.pack("<I", _MAX_SIZE if is_long else riff), b"WAVE",
            b"ds64" if is_long else b"JUNK", struct.pack("<I", len(sizes)), sizes,
            b"fmt ", struct.pack("<I", len(fmt)), fmt,
            b"data", struct.pack("<I", _MAX_SIZE if is_long else size),
        ))  # fmt: skip


def round_to_24_bits(block: Block) -> NDArray[np.uint8]:
    """Round to the nearest of 24 bits; what exceeds full scale is clipped.

    Returns:
        Little-endian integers, shape (samples, channels, 3), uint8.
    """
    packed = np.empty((*block.shape, 3), np.uint8)
    for channel, out in zip(block.T, packed.transpose(1, 0, 2), strict=True):  # numpy is slow at copying three by three
        steps = channel * np.float32(2**23)
        np.rint(steps, out=steps)
        np.clip(steps, -(2**23), 2**23 - 1, out=steps)
        for number, column in enumerate(steps.astype("<i4").view(np.uint8).reshape(-1, 4).T[:3]):
            out[:, number] = column
    return packed
