"""What the header of a WAV promises, against what the file holds. Reads RIFF, RF64, BW64 and W64, and changes nothing."""

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

_UNKNOWN = 0xFFFFFFFF  # what a recorder writes while it is still running
_MOST_CHUNKS = 10_000  # before the sound; a file of nothing but chunks would keep us for hours
_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"  # Sony's: names of 16 bytes, sizes of 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The chunks up to the sound, and what comes after it. Sizes in bytes, as far as they are known."""

    start: int  # where the sound begins in the file
    channels: int
    sample_rate_hz: int
    frame: int  # bytes of one sample of all channels
    bytes_per_s: int
    declared: int | None  # how long the header says the sound is; None: it does not say
    present: int  # from the start of the sound to the end of the file
    tail_known: bool  # what follows the declared sound is nothing, or a chunk

    def seconds(self, size: int) -> float:
        """How long so many bytes sound."""
        return size / self.bytes_per_s if self.bytes_per_s else 0.0


def read_promise(path: Path) -> Promise | None:
    """The promise of ``path``; ``None``: it is no WAV, or breaks off before any sound."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(40)
        if head[:16] == _W64:
            return _walk_w64(file, size)
        file.seek(12)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE":
            return None
        return _walk(file, size)


def _walk(file: BinaryIO, size: int) -> Promise | None:
    form, long_size = b"", None
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = struct.unpack("<4sI", head)
        at = file.tell()
        if name == b"data":
            return _promise(file, size, at, long_size if long_size is not None and length == _UNKNOWN else length, form)
        if name == b"fmt ":
            form = file.read(min(length, 40))
        if name == b"ds64" and length >= 16:
            long_size = struct.unpack("<8xQ", file.read(16))[0]
        file.seek(min(size, at + length + length % 2))
    return None


def _walk_w64(file: BinaryIO, size: int) -> Promise | None:
    form = b""
    for _ in range(_MOST_CHUNKS):
        head = file.read(24)
        if len(head) < 24:
            return None
        name, length = struct.unpack("<4s12xQ", head)
        at, body = file.tell(), length - 24  # its sizes count their own head
        if body < 0 or (name == b"data" and body == 0):
            return None  # ffmpeg judges, and knows no way round such a header
        if name == b"data":
            return replace(promise, tail_known=True) if (promise := _promise(file, size, at, body, form)) else None
        if name == b"fmt ":
            form = file.read(min(body, 40))
        file.seek(min(size, at + body + -length % 8))
    return None


def _promise(file: BinaryIO, size: int, at: int, declared: int, form: bytes) -> Promise | None:
    if len(form) < 16:
        return None
    tag, channels, rate, told, frame, _bits = struct.unpack("<HHIIHH", form[:16])
    plain = tag in (1, 3, 0xFFFE)  # for PCM the frame decides; the field beside it is often wrong
    return Promise(
        start=at,
        channels=channels,
        sample_rate_hz=rate,
        frame=frame,
        bytes_per_s=frame * rate if plain else told,
        declared=None if declared == _UNKNOWN else declared,
        present=size - at,
        tail_known=_tail_known(file, size, at + declared + declared % 2),
    )


def _tail_known(file: BinaryIO, size: int, after: int) -> bool:
    if after >= size:
        return True
    file.seek(after)
    head = file.read(8)
    if len(head) < 8:
        return True  # a few loose bytes are no sound
    name, length = struct.unpack("<4sI", head)
    if name == b"RIFF":
        return False  # another recording, put behind this one by somebody: no chunk of it
    return all(0x20 <= byte < 0x7F for byte in name) and after + 8 + length <= size + 1
