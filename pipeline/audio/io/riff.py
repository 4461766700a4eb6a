"""What the header of a WAV promises, against what the file holds. Reads RIFF, RF64, BW64 and W64, and changes nothing."""

import struct
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.audio.io.chunk_scan import Chunks, Spot, sought
from pipeline.audio.io.declared_header import (
    MOST_CHANNELS,
    MOST_CHUNKS,
    RATES_HZ,
    UNKNOWN,
    Doubt,
    Promise,
    tail_is_known,
)

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"  # Sony's: names of 16 bytes, sizes of 8
_W64_CHUNK = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"  # what the names of its chunks end in
_NEAR = 2**20  # bytes of sound that show of which kind it is
_WHOLE, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE  # codings of samples that lie one after the other
_CODECS = {
    _WHOLE: {1: "u8", 2: "s16le", 3: "s24le", 4: "s32le"},
    _FLOAT: {4: "f32le", 8: "f64le"},
}
_ENDLESS = 2**62  # bytes: what a W64 says that never got a size
_LARGEST = 2.0**25  # of floats that count in steps of 24 bits, with room above full scale


def read_promise(path: Path) -> Promise | None:
    """The promise of ``path``; ``None``: it is no WAV, or breaks off before any sound."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(40)
        if head[:16] == _W64:
            return _walk_w64(file, size) or _sought_w64(file, size)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE":
            return None
        return _walk(file, size) or _sought(file, size)


def _walk(file: BinaryIO, size: int) -> Promise | None:
    form, long_size, at = b"", None, 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = struct.unpack("<4sI", head)
        at += 8
        if name == b"data":
            return _promise(file, size, at, long_size if long_size is not None and length == UNKNOWN else length, form)
        if name == b"fmt ":
            form = file.read(min(length, 40))
        if name == b"ds64" and length >= 16:
            long_size = struct.unpack("<8xQ", file.read(16))[0]
        at += length + length % 2
    return None


def _sought(file: BinaryIO, size: int) -> Promise | None:
    return sought(
        file, size, Chunks(form_name=b"fmt ", sound_name=b"data", form=_form, promise=partial(_at, file, size))
    )


def _form(after: bytes, *, size_bytes: int = 4) -> bytes | None:
    """The body of a chunk that tells what samples are like, if they can be like that."""
    form = after[size_bytes : size_bytes + 40]
    if len(form) < 16:
        return None
    tag, channels, rate, told, frame, bits = struct.unpack("<HHIIHH", form[:16])
    can_be = tag in (_WHOLE, _FLOAT, _EXTENSIBLE) and 0 < channels <= MOST_CHANNELS and rate in RATES_HZ
    return form if can_be and _width(channels, rate, told, frame, bits)[0] else None


def _at(file: BinaryIO, size: int, spot: Spot, form: bytes) -> Promise | None:
    declared = int.from_bytes(spot.after[:4], "little")
    long_size = _long_size(file) if declared == UNKNOWN else None
    return _promise(file, size, spot.at + 8, declared if long_size is None else long_size, form)


def _long_size(file: BinaryIO) -> int | None:
    """How long the sound is by the chunk that must stand first in a file of more than 4 GB. Source: EBU Tech 3306."""
    file.seek(0)
    head = file.read(36)
    return int.from_bytes(head[28:], "little") if head[12:16] == b"ds64" and len(head) == 36 else None


def _walk_w64(file: BinaryIO, size: int) -> Promise | None:
    form, at = b"", 40
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return None
        name, length = struct.unpack("<16sQ", head)
        body = length - 24  # its sizes count their own head
        at += 24
        if name == b"data" + _W64_CHUNK:
            return _promise_w64(file, size, at, body, form)
        if name == b"fmt " + _W64_CHUNK:
            form = file.read(min(max(0, body), 40))
        if body < 0 or at + body > size:
            return None
        at += body + -length % 8
    return None


def _sought_w64(file: BinaryIO, size: int) -> Promise | None:
    names = {"form_name": b"fmt " + _W64_CHUNK, "sound_name": b"data" + _W64_CHUNK}
    form = partial(_form, size_bytes=8)
    return sought(file, size, Chunks(**names, form=form, promise=partial(_at_w64, file, size)))


def _at_w64(file: BinaryIO, size: int, spot: Spot, form: bytes) -> Promise | None:
    body = int.from_bytes(spot.after[:8], "little") - 24
    return _promise_w64(file, size, spot.at + 24, body, form)


def _promise_w64(file: BinaryIO, size: int, at: int, body: int, form: bytes) -> Promise | None:
    declared = UNKNOWN if body >= _ENDLESS else max(0, body)
    promise = _promise(file, size, at, declared, form)
    if promise is None:
        return None
    after = at + declared + -declared % 8
    known = after >= size or _is_w64_chunk(file, size, after)
    return replace(promise, format="w64", tail_known=known)


def _is_w64_chunk(file: BinaryIO, size: int, at: int) -> bool:
    file.seek(at)
    head = file.read(24)
    if len(head) < 24:
        return True  # a few loose bytes are no sound
    length = int.from_bytes(head[16:], "little")
    return all(0x20 <= byte < 0x7F for byte in head[:4]) and 24 <= length <= size + 8 - at


def _promise(file: BinaryIO, size: int, at: int, declared: int, form: bytes) -> Promise | None:
    if len(form) < 16:
        return None
    tag, channels, rate, told, frame, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == _EXTENSIBLE and len(form) >= 26:
        tag = int.from_bytes(form[24:26], "little")
    known = _CODECS.get(tag, {})
    width, doubt = _width(channels, rate, told, frame, bits) if known and channels and rate else (0, "")
    if width == 4 and bits == 24 and tag == _WHOLE and _are_floats(file, at):
        known, doubt = {}, ""  # as an old editor wrote them; ffmpeg knows it
    whole = frame if not doubt else width * channels
    plain = tag in (_WHOLE, _FLOAT, _EXTENSIBLE)  # for PCM the frame decides; the field beside it is often wrong
    return Promise(
        format="wav",
        start=at,
        channels=channels,
        sample_rate_hz=rate,
        frame=whole,
        bytes_per_s=whole * rate if plain else told,
        declared=None if declared == UNKNOWN else declared,
        present=size - at,
        tail_known=tail_is_known(file, size, at + declared + declared % 2),
        codec=known.get(width, ""),
        doubt=doubt,
        bits_said=bits,
    )


def _width(channels: int, rate: int, told: int, frame: int, bits: int) -> tuple[int, str]:
    """Bytes of a sample, which a header tells in three ways: two of a kind are believed."""
    by_bits, by_frame, by_rate = -(-bits // 8), frame / channels, told / (rate * channels)
    if by_bits == by_frame:
        return by_bits, ""
    if by_rate in (by_frame, by_bits) and by_rate > 0:
        return int(by_rate), Doubt.BITS
    return 0, Doubt.NOBODY_KNOWS


def _are_floats(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    raw = file.read(_NEAR)
    values = np.abs(np.frombuffer(raw[: len(raw) // 4 * 4], "<f4"))
    with np.errstate(invalid="ignore"):
        return bool((values < _LARGEST).all())
