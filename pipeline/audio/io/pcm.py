"""Reads PCM samples straight from a WAV file; ffmpeg decodes everything else."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

import numpy as np

from pipeline.audio.io.declared_header import DeclaredHeader
from pipeline.audio.io.probe import RecordingPart
from pipeline.errors import AudioError, fill
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block, PlanarBlock

USUAL_RATES_HZ = range(8_000, 384_001)  # processed as they are; a header may say anything

_MAX_AMPLITUDE = 1e6  # times full scale: more is not audio
_CONVERTED_SAMPLES = 2**16  # at once: they fit in the processor's cache
_SAMPLE_TYPES = {  # ffmpeg's name of the codec: numpy's type, bytes per sample, full scale
    "pcm_s16le": ("<i2", 2, 2.0**15),
    "pcm_s32le": ("<i4", 4, 2.0**31),
    "pcm_f32le": ("<f4", 4, 1.0),
    "pcm_s24le": ("u1", 3, 2.0**23),
}


class PcmReader:
    """Iterates over the samples of a PCM WAV at its own rate, in blocks of about one second."""

    error_messages: tuple[str, ...] = ()

    def __init__(self, part: RecordingPart) -> None:
        """Prepare reading a part for which ``is_plain_pcm`` holds."""
        header = part.header
        if header is None:
            raise ValueError("a PCM part has a header")
        self.sample_rate_hz = header.sample_rate_hz
        self.channels = header.channels
        self._path, self._start = part.path, header.start
        self.samples = _count_audio_bytes(part, header) // header.frame_bytes
        self._type, self._width, self._full_scale = _SAMPLE_TYPES[part.stream.codec]
        self.is_integer = self._full_scale != 1  # so every sample is finite

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks, shape (samples, channels), float32.

        Each channel is contiguous in memory.

        Raises:
            AudioError: The file cannot be read.
        """
        return self.iter_blocks(0)

    def iter_blocks(self, first: int) -> Iterator[Block]:
        """Yield the blocks from sample ``first`` on.

        Returns:
            Blocks of shape (samples, channels), float32, full scale is 1.0.

        Raises:
            AudioError: The file cannot be read.
        """
        with self._open() as file:
            for start in range(first, self.samples, self.sample_rate_hz):
                yield self._read(file, start, self.sample_rate_hz)

    def read_range(self, first: int, last: int) -> Block:
        """Read samples ``first`` up to ``last``, or as many of them as exist.

        Returns:
            A block of shape (samples, channels), float32, full scale is 1.0.

        Raises:
            AudioError: The file cannot be read.
        """
        with self._open() as file:
            return self._read(file, first, last - first)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        try:
            with Path(self._path).open("rb") as file:
                yield file
        except OSError as error:
            raise AudioError(fill("cannot be read: {strerror}", strerror=error.strerror), where=self._path) from error

    def _read(self, file: IO[bytes], first: int, count: int) -> Block:
        frame_bytes = self._width * self.channels
        file.seek(self._start + first * frame_bytes)
        size = max(0, min(count, self.samples - first)) * frame_bytes
        raw = file.read(size)
        if len(raw) < size:
            hint = "Wait until it is copied, and try again."
            raise AudioError("the file became shorter while it was read", where=self._path, hint=hint)
        if self._width == 3:
            return _convert_24_bits(raw, self.channels).T
        samples = np.frombuffer(raw, self._type).reshape(-1, self.channels).T.astype(np.float32, order="C")
        if self.is_integer:
            samples *= np.float32(1 / self._full_scale)
        return samples.T


def _count_audio_bytes(part: RecordingPart, header: DeclaredHeader) -> int:
    if part.byte_range:
        return part.byte_range[1] - part.byte_range[0]
    to_end = part.ffmpeg_options or not header.declared_bytes
    return header.available_bytes if to_end else min(header.available_bytes, header.declared_bytes or 0)


def _convert_24_bits(raw: bytes, channels: int) -> PlanarBlock:
    """Convert 24-bit samples, exact in float32: 32 bits that begin a byte early, without that byte."""
    count = len(raw) // (3 * channels)
    samples = np.empty((channels, count), np.float32)
    early = np.ndarray(samples.shape, "<i4", b"\0" + raw, 0, (3, 3 * channels)) if count else samples
    for first in range(0, count, _CONVERTED_SAMPLES):
        part = slice(first, first + _CONVERTED_SAMPLES)
        samples[:, part] = np.right_shift(early[:, part], 8)
        samples[:, part] *= np.float32(2**-23)
    return samples


def silence_invalid(source: PcmReader | Decoder, block: Block) -> Block:
    """Replace invalid samples by silence: a single NaN corrupts the state of a filter for good.

    Args:
        source: Origin of the block; integer samples are always valid.
        block: Shape (samples, channels), float32, full scale is 1.0.

    Returns:
        ``block`` itself if all samples are valid, else a copy of the same shape.
    """
    if isinstance(source, PcmReader) and source.is_integer:
        return block
    flat = block.ravel(order="K")
    if np.einsum("s,s->", flat, flat) < _MAX_AMPLITUDE**2:  # then each is below the limit; and NaN compares as False
        return block
    invalid = find_invalid(block)
    return np.where(invalid, np.float32(0), block) if invalid.any() else block


def find_invalid(block: Block) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Find samples that are NaN, infinite, or far beyond full scale.

    Args:
        block: Shape (samples, channels), float32, full scale is 1.0.

    Returns:
        Booleans, shape (samples, channels).
    """
    return ~(np.abs(block) < _MAX_AMPLITUDE)


def is_plain_pcm(part: RecordingPart) -> bool:
    """Whether the samples of a part are PCM in a WAV, laid out as its header says."""
    header, sample_type = part.header, _SAMPLE_TYPES.get(part.stream.codec)
    if header is None or header.more_audio or sample_type is None or part.stream.container not in ("wav", "w64"):
        return False
    matches = (header.channels, header.sample_rate_hz) == (part.channels, part.stream.sample_rate_hz)
    return matches and header.frame_bytes == sample_type[1] * part.channels


def is_plain_at_working_rate(part: RecordingPart) -> bool:
    """Whether a part is plain PCM that needs no resampling."""
    return part.stream.sample_rate_hz == RATE and is_plain_pcm(part)


def open_at_native_rate(part: RecordingPart) -> AbstractContextManager[PcmReader | Decoder]:
    """Open a part at its own rate; or at 48 kHz if its own rate is unusual."""
    usual = part.stream.sample_rate_hz in USUAL_RATES_HZ
    if usual and is_plain_pcm(part):
        return nullcontext(PcmReader(part))
    return _open_decoder(part, None if usual else RATE)


def open_at_working_rate(part: RecordingPart) -> AbstractContextManager[PcmReader | Decoder]:
    """Open a part at 48 kHz."""
    return nullcontext(PcmReader(part)) if is_plain_at_working_rate(part) else _open_decoder(part, RATE)


def _open_decoder(part: RecordingPart, sample_rate_hz: int | None) -> Decoder:
    return Decoder(
        part.path,
        sample_rate_hz=sample_rate_hz,
        options=part.ffmpeg_options,
        byte_range=part.byte_range,
        streams=part.streams,
    )
