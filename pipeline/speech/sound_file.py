"""Reads ranges of the sound for speech recognition."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from pipeline.errors import StorageError, fill
from pipeline.media.samples import Float32Array
from pipeline.speech.tasks import RATE_HZ


class SpeechSoundFile:
    """A WAV of 16 bits and one channel at ``RATE_HZ``, of which any range can be read."""

    def __init__(self, file: wave.Wave_read) -> None:
        """Prepare reading; see ``open_sound``."""
        self._file = file
        self.samples = file.getnframes()

    def read_range(self, first: int, last: int) -> Float32Array:
        """Read samples ``first`` up to ``last``, or to the end: shape (samples,), float32, full scale is 1.0."""
        return np.frombuffer(self.read_bytes(first, last), "<i2").astype(np.float32) / np.float32(32768)

    def read_bytes(self, first: int, last: int) -> bytes:
        """Read the same range as little-endian integers of 16 bits."""
        self._file.setpos(min(first, self.samples))
        return self._file.readframes(max(0, min(last, self.samples) - first))


@contextmanager
def open_sound(path: str) -> Iterator[SpeechSoundFile]:
    """Open the sound for speech recognition.

    Raises:
        StorageError: It cannot be read, or has another format.
    """
    try:
        file = wave.open(path, "rb")  # noqa: SIM115  # closed below, after errors of the caller too
    except (OSError, EOFError, wave.Error) as error:
        raise StorageError(fill("cannot be read: {error}", error=error), where=path) from error
    with file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
            raise StorageError("is not a WAV of 16 bits and one channel at 16 kHz", where=path)
        yield SpeechSoundFile(file)
