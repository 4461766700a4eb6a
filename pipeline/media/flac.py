"""Reads the length of a FLAC file from its header."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import AudioError
from pipeline.media.samples import RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class FlacLength:
    """Length and channels that a FLAC header declares."""

    samples: int
    channels: int


def read_flac_length(path: str) -> FlacLength:
    """Read the declared length of a master; only decoding proves it.

    Source: RFC 9639, 8.2 (streaminfo).

    Raises:
        AudioError: The file is not a FLAC at 48 kHz, or holds no audio.
    """
    hint = "Delete the file; the next build creates it again."
    try:
        with Path(path).open("rb") as file:
            header = file.read(26)
    except OSError as error:
        raise AudioError(f"cannot open the master: {error.strerror}", where=path, hint=hint) from error
    packed = int.from_bytes(header[18:26], "big")  # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples
    if len(header) < 26 or header[:4] != b"fLaC" or packed >> 44 != RATE:
        raise AudioError("the master is not a FLAC file at 48 kHz", where=path, hint=hint)
    length = FlacLength(samples=packed & (1 << 36) - 1, channels=(packed >> 41 & 7) + 1)
    if not length.samples:
        raise AudioError("the master holds no audio", where=path, hint=hint)
    return length
