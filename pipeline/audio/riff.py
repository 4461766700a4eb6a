"""What the header of a WAV promises, against what the file holds. Reads RIFF, RF64, BW64 and W64, and changes nothing."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.audio.promise import MOST_CHUNKS, UNKNOWN, Doubt, Promise, tail_is_known

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"  # Sony's: names of 16 bytes, sizes of 8
_TRIES = 16  # names of chunks looked at there: a file of nothing but names would keep us for hours
_NEAR = 2**20  # bytes in which the sound begins, where a chunk before it says to be larger than the file
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
            return _walk_w64(file, size)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE":
            return None
        return _walk(file, size)


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
        if at + length > size:
            return _found_behind(file, size, at, form)
        at += length + length % 2
    return None


def _found_behind(file: BinaryIO, size: int, at: int, form: bytes) -> Promise | None:
    """The promise of what stands behind a chunk that says to be larger than the file."""
    file.seek(at)
    near = file.read(_NEAR)
    forms = [(0, form)] if form else [(place, near[place + 8 : place + 48]) for place in _places(near, b"fmt ", 0)]
    for begin, one in forms:
        for place in _places(near, b"data", begin):
            declared = int.from_bytes(near[place + 4 : place + 8], "little")
            found = _promise(file, size, at + place + 8, declared, one)
            if found is not None and found.readable:
                return replace(found, doubt=found.doubt or Doubt.CHUNK)
    return None


def _places(near: bytes, name: bytes, begin: int) -> Iterator[int]:
    place = near.find(name, begin)
    for _ in range(_TRIES):
        if place < 0:
            return
        yield place
        place = near.find(name, place + 1)


def _walk_w64(file: BinaryIO, size: int) -> Promise | None:
    form, at = b"", 40
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return None
        name, length = struct.unpack("<4s12xQ", head)
        body = length - 24  # its sizes count their own head
        at += 24
        if name == b"data":
            return _promise_w64(file, size, at, body, form)
        if name == b"fmt ":
            form = file.read(min(max(0, body), 40))
        if body < 0 or at + body > size:
            return None
        at += body + -length % 8
    return None


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
