"""Reads plain samples straight from a WAV, as quick as the disk; whatever is not plain and in order is ffmpeg's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from pipeline.audio.io import probe
from pipeline.audio.io.declared_header import Promise
from pipeline.audio.metering.block_biquad import Sound
from pipeline.audio.metering.loudness import USUAL_RATES, finite
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import RATE, Block, Decoding

_PLAIN = {  # ffmpeg's name of the codec: how numpy reads it, how many bytes it has, what full scale is
    "pcm_s16le": ("<i2", 2, 2.0**15),
    "pcm_s32le": ("<i4", 4, 2.0**31),
    "pcm_f32le": ("<f4", 4, 1.0),
    "pcm_s24le": ("u1", 3, 2.0**23),
}


class Plain:
    """The sound of a plain WAV at its own rate, as an iterator of blocks of about one second, in constant memory."""

    complaints: tuple[str, ...] = ()

    def __init__(self, part: probe.Part) -> None:
        """``part`` is one that ``is_plain`` knows."""
        promise = part.promise
        if promise is None:
            raise ValueError("a plain part has a promise")
        self.sample_rate_hz = promise.sample_rate_hz
        self.channels = promise.channels
        self._path, self._start = part.path, promise.start
        self.samples = _length(part, promise) // promise.frame
        self._kind, self._width, self._full = _PLAIN[part.probe.codec]
        self.counts = self._full != 1  # in whole numbers, all of which are sound

    def __iter__(self) -> Iterator[Block]:
        """The blocks; each channel lies by itself in memory.

        Raises:
            AudioError: the disk gave up.
        """
        return self.blocks_from(0)

    def blocks_from(self, first: int) -> Iterator[Block]:
        """The blocks from sample ``first`` on.

        Raises:
            AudioError: the disk gave up.
        """
        try:
            with Path(self._path).open("rb") as file:
                for done in range(first, self.samples, self.sample_rate_hz):
                    yield self._read(file, done, self.sample_rate_hz)
        except OSError as error:
            raise AudioError(f"it cannot be read: {error.strerror}", where=self._path) from error

    def stretch(self, first: int, last: int) -> Block:
        """Samples ``first`` to ``last``, or as many of them as there are.

        Raises:
            AudioError: the disk gave up.
        """
        try:
            with Path(self._path).open("rb") as file:
                return self._read(file, first, last - first)
        except OSError as error:
            raise AudioError(f"it cannot be read: {error.strerror}", where=self._path) from error

    def _read(self, file: IO[bytes], first: int, count: int) -> Block:
        frame = self._width * self.channels
        file.seek(self._start + first * frame)
        raw = file.read(max(0, min(count, self.samples - first)) * frame)
        return self._as_block(raw[: len(raw) // frame * frame])

    def _as_block(self, raw: bytes) -> Block:
        if self._width == 3:
            return _of_24_bits(raw, self.channels).T
        sound = np.frombuffer(raw, self._kind).reshape(-1, self.channels).T.astype(np.float32, order="C")
        if self._full != 1:
            sound *= np.float32(1 / self._full)
        return sound.T


def _length(part: probe.Part, promise: Promise) -> int:
    if part.span:
        return part.span[1] - part.span[0]
    all_of_it = part.options or not promise.declared
    return promise.present if all_of_it else min(promise.present, promise.declared or 0)


def _of_24_bits(raw: bytes, channels: int) -> Sound:
    """Each sample from its upper byte and the two below: three quick steps, exact in float32."""
    shape, strides = (channels, len(raw) // (3 * channels)), (3, 3 * channels)
    if not shape[1]:
        return np.zeros(shape, np.float32)
    sound = np.ndarray(shape, "i1", raw, 2, strides).astype(np.float32, order="C")
    sound *= np.float32(2**16)
    sound += np.ndarray(shape, "<u2", raw, 0, strides)
    sound *= np.float32(2**-23)
    return sound


def sane(source: Plain | Decoding, block: Block) -> Block:
    """``block`` of that source, with silence for what is no number."""
    return block if isinstance(source, Plain) and source.counts else finite(block)


def is_plain(part: probe.Part) -> bool:
    """Whether the samples of ``part`` lie one after the other as its header says."""
    promise, known = part.promise, _PLAIN.get(part.probe.codec)
    if promise is None or known is None or part.probe.format not in ("wav", "w64"):
        return False
    in_order = (promise.channels, promise.sample_rate_hz) == (part.channels, part.probe.sample_rate_hz)
    return in_order and promise.frame == known[1] * part.channels


@contextmanager
def as_it_is(part: probe.Part) -> Iterator[Plain | Decoding]:
    """The sound of ``part`` on the shortest way, at its own rate; or at 48 kHz if its own is none that sound has."""
    usual = part.probe.sample_rate_hz in USUAL_RATES
    if usual and is_plain(part):
        yield Plain(part)
    else:
        with Decoding(
            part.path, sample_rate_hz=None if usual else RATE, options=part.options, span=part.span
        ) as decoding:
            yield decoding


def is_plain_at_house_rate(part: probe.Part) -> bool:
    """Whether it is plain and needs no other rate."""
    return part.probe.sample_rate_hz == RATE and is_plain(part)


@contextmanager
def at_house_rate(part: probe.Part) -> Iterator[Plain | Decoding]:
    """The sound of ``part`` on the shortest way, at 48 kHz."""
    if is_plain_at_house_rate(part):
        yield Plain(part)
    else:
        with Decoding(part.path, options=part.options, span=part.span) as decoding:
            yield decoding
