"""What a header promises of samples that lie one after the other, against what the file holds."""

from dataclasses import dataclass
from typing import BinaryIO

UNKNOWN = 0xFFFFFFFF  # what a recorder writes while it is still running
MOST_CHUNKS = 10_000  # before the sound; a file of nothing but chunks would keep us for hours
MOST_CHANNELS = 64  # of samples that we find our own way through
# of any sound: a minute that says to be a day of one sample a second would keep us for days
RATES_HZ = range(1000, 768_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The chunks up to the sound, and what comes after it. Sizes in bytes, as far as they are known."""

    format: str  # ffmpeg's name of the container: wav, w64, aiff, caf
    start: int  # where the sound begins in the file
    channels: int
    sample_rate_hz: int
    frame: int  # bytes of one sample of all channels
    bytes_per_s: int
    declared: int | None  # how long the header says the sound is; None: it does not say
    present: int  # from the start of the sound to the end of the file
    tail_known: bool  # what follows the declared sound is nothing, or a chunk
    codec: str = (
        ""  # ffmpeg's name of samples like these, without its pcm_: s16le; empty: there is another coding in it
    )
    doubt: str = ""  # what in the header is at odds with the rest of it; see ``Doubt``
    bits_said: int = 0  # where that is the doubt

    def seconds(self, size: int) -> float:
        """How long so many bytes sound."""
        return size / self.bytes_per_s if self.bytes_per_s else 0.0

    @property
    def readable(self) -> bool:
        """Whether these samples can be read without a look at the header."""
        return bool(self.codec and 0 < self.channels <= MOST_CHANNELS and 0 < self.frame <= self.present)


class Doubt:
    """What a header may be wrong about, with the samples found nevertheless."""

    BITS = "bits"  # bits of a sample and bytes of a sample do not go together; the third that tells is believed
    NOBODY_KNOWS = "nobody knows"  # … and nothing else tells
    CHUNK = "chunk"  # the sizes of the chunks do not lead to the sound; it was found by its name
    PLACE = "place"  # the sound does not begin where its own chunk says
    BREAKS_OFF = "breaks off"  # there is a form and nowhere a sound
    SIZES = "sizes"  # two sizes of the sound, of which one fits
    UNFINISHED = "unfinished"  # one of two sizes was never filled in


def tail_is_known(file: BinaryIO, size: int, after: int, *, size_bytes: int = 4, big: bool = False) -> bool:
    """Whether nothing, or a chunk, stands at ``after`` in a file of ``size`` bytes."""
    if after >= size:
        return True
    file.seek(after)
    head = file.read(4 + size_bytes)
    if len(head) < 4 + size_bytes:
        return True  # a few loose bytes are no sound
    name, length = head[:4], int.from_bytes(head[4:], "big" if big else "little")
    if name in (b"RIFF", b"FORM", b"caff"):
        return False  # another recording, put behind this one by somebody: no chunk of it
    return all(0x20 <= byte < 0x7F for byte in name) and after + len(head) + length <= size + 1
