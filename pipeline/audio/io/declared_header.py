"""The header of a file of PCM samples: what it declares, compared with what the file holds."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import BinaryIO

UNKNOWN_SIZE = 0xFFFFFFFF  # what a recorder writes while it is still running
MAX_CHUNKS = 10_000  # before the audio; a file of nothing but chunks would take hours
MAX_CHANNELS = 64  # of samples that we locate ourselves
VALID_RATES_HZ = range(1000, 768_001)  # a minute that claims to be a day at one sample per second would take days


class HeaderDefect(Enum):
    """A defect of a header; the samples may still be readable."""

    SAMPLE_WIDTH = auto()  # bits per sample and bytes per frame disagree; a third value decides
    UNKNOWN_WIDTH = auto()  # they disagree, and nothing decides
    CHUNK_SIZES = auto()  # the chunk sizes do not lead to the audio; it was found by its name
    DATA_OFFSET = auto()  # the audio does not start where its own chunk says
    NO_AUDIO = auto()  # a format chunk, and no audio after it
    TWO_LENGTHS = auto()  # two sizes of the audio, of which one fits
    UNFINISHED = auto()  # one of two sizes was never filled in


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredHeader:
    """What a header declares about PCM samples, and where they are. Sizes in bytes."""

    container: str  # as ffmpeg names it: wav, w64, aiff, caf
    start: int  # offset of the first sample in the file
    channels: int
    sample_rate_hz: int
    frame_bytes: int  # one sample of all channels
    bytes_per_s: int
    declared_bytes: int | None  # size of the audio according to the header; None: it does not say
    available_bytes: int  # from the first sample to the end of the file
    ends_cleanly: bool  # the declared audio is followed by nothing, or by a chunk
    codec: str = ""  # as ffmpeg names it, without pcm_: s16le; empty: not a PCM format known here
    defect: HeaderDefect | None = None
    declared_bits: int = 0  # bits per sample, for the message about them
    more_audio: tuple[tuple[int, int], ...] = ()  # first byte and the byte after the last of further audio chunks

    def to_seconds(self, size: int) -> float:
        """Convert a number of bytes to seconds."""
        return size / self.bytes_per_s if self.bytes_per_s else 0.0

    @property
    def is_readable(self) -> bool:
        """Whether the samples can be read without the header."""
        return bool(self.codec and 0 < self.channels <= MAX_CHANNELS and 0 < self.frame_bytes <= self.available_bytes)


def is_plausible(channels: int, sample_rate_hz: int) -> bool:
    """Whether audio may have so many channels and that sample rate."""
    return channels <= MAX_CHANNELS and sample_rate_hz in VALID_RATES_HZ


def is_chunk_or_end(file: BinaryIO, size: int, offset: int, *, size_bytes: int = 4, big_endian: bool = False) -> bool:
    """Whether a chunk, or the end of the file, is at ``offset`` in a file of ``size`` bytes.

    Args:
        file: The open file.
        size: Its size in bytes.
        offset: Where the audio ends.
        size_bytes: Width of the size field of a chunk.
        big_endian: Byte order of that field.
    """
    if offset >= size:
        return True
    file.seek(offset)
    head = file.read(4 + size_bytes)
    if len(head) < 4 + size_bytes:
        return True  # a few trailing bytes are not audio
    name, length = head[:4], int.from_bytes(head[4:], "big" if big_endian else "little")
    if name in (b"RIFF", b"FORM", b"caff"):
        return False  # another recording, appended to this one: no chunk of it
    return all(0x20 <= byte < 0x7F for byte in name) and offset + len(head) + length <= size + 1
