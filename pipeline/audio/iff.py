"""What the header of an AIFF or a CAF promises, against what the file holds. Changes nothing."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.audio.promise import MOST_CHUNKS, UNKNOWN, Doubt, Promise, tail_is_known

_AIFF = {1: "s8", 2: "s16be", 3: "s24be", 4: "s32be"}
_AIFC = {  # coding → what its samples are called, where that does not depend on their width
    b"sowt": "s16le", b"in24": "s24be", b"in32": "s32be", b"fl32": "f32be", b"FL32": "f32be", b"fl64": "f64be", b"FL64": "f64be",
}  # fmt: skip
_PLAIN_AIFC = (b"NONE", b"twos")
_FLOAT, _LITTLE = 1, 2  # flags of a CAF's linear PCM


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a file says of its samples."""

    channels: int
    sample_rate_hz: int
    frame: int
    codec: str
    frames: int = 0  # samples of all channels; 0: it does not say


def read_promise(path: Path) -> Promise | None:
    """The promise of ``path``; ``None``: it is neither, breaks off before any sound, or holds another coding than samples."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return _walk_aiff(file, size)
        return _walk_caf(file, size) if head[:6] == b"caff\0\x01" else None


def _walk_aiff(file: BinaryIO, size: int) -> Promise | None:
    form, at = None, 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = struct.unpack(">4sI", head)
        at += 8
        if name == b"COMM":
            form = _aiff_form(file.read(min(length, 64)))
        if name == b"SSND":
            return _aiff_promise(file, size, at, length, form) if form else None
        at += length + length % 2
    return None


def _aiff_form(raw: bytes) -> _Form | None:
    if len(raw) < 18:
        return None
    channels, frames, bits = struct.unpack(">hIh", raw[:8])
    exponent, fraction = struct.unpack(">HQ", raw[8:18])  # a float of 80 bits
    rate = fraction * 2.0 ** (exponent - 16383 - 63) if exponent < 16500 else 0.0
    coding, width = raw[18:22] or b"NONE", -(-bits // 8)
    codec = _AIFF.get(width, "") if coding in _PLAIN_AIFC else _AIFC.get(coding, "")
    if channels < 1 or not codec:
        return None
    return _Form(
        channels=channels,
        sample_rate_hz=round(rate),
        frame=channels * _bytes_of(codec),
        codec=codec,
        frames=0 if frames == UNKNOWN else frames,
    )


def _bytes_of(codec: str) -> int:
    return int(codec.strip("sufble")) // 8


def _aiff_promise(file: BinaryIO, size: int, at: int, length: int, form: _Form) -> Promise:
    offset = int.from_bytes(file.read(4), "big")
    start = at + 8 + (offset if offset <= size - at else 0)
    by_chunk = 0 if length == UNKNOWN else max(0, length - (start - at))
    sizes = [told for told in (by_chunk, form.frames * form.frame) if told]
    known = [told for told in sizes if start + told <= size and _tail(file, size, start + told)]
    doubt = Doubt.SIZES if known and by_chunk != known[0] else ""
    return _promise(
        form,
        container="aiff",
        start=start,
        declared=known[0] if known else max(sizes, default=None),
        size=size,
        tail_known=bool(known),
        doubt=doubt if by_chunk else Doubt.UNFINISHED,
    )


def _tail(file: BinaryIO, size: int, after: int) -> bool:
    return tail_is_known(file, size, after + after % 2, big=True)


def _walk_caf(file: BinaryIO, size: int) -> Promise | None:
    form, at = None, 8
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            return None
        name, length = struct.unpack(">4sq", head)
        at += 12
        if name == b"desc":
            form = _caf_form(file.read(32))
        if name == b"data":
            return _caf_promise(file, size, at, length, form) if form else None
        if length < 0:
            return None
        at += length
    return None


def _caf_form(raw: bytes) -> _Form | None:
    if len(raw) < 32:
        return None
    rate, coding, flags, frame, frames, channels, bits = struct.unpack(">d4s5I", raw)
    width = frame // max(1, channels)
    known = (4, 8) if flags & _FLOAT else (1, 2, 3, 4)
    if coding != b"lpcm" or frames != 1 or width not in known or -(-bits // 8) != width or not 0 < rate < 2**31:
        return None
    order = "" if width == 1 else "le" if flags & _LITTLE else "be"
    codec = f"{'f' if flags & _FLOAT else 's'}{8 * width}{order}"
    return _Form(channels=channels, sample_rate_hz=round(rate), frame=frame, codec=codec)


def _caf_promise(file: BinaryIO, size: int, at: int, length: int, form: _Form) -> Promise:
    start, told = at + 4, length - 4  # a count of edits stands before the sound
    if length == -1:  # as the format has it for a last chunk
        told = size - start
    known = told > 0 and tail_is_known(file, size, start + told, size_bytes=8, big=True)
    declared = told if told > 0 else None
    return _promise(form, container="caf", start=start, declared=declared, size=size, tail_known=known, doubt="")


def _promise(
    form: _Form, *, container: str, start: int, declared: int | None, size: int, tail_known: bool, doubt: str
) -> Promise:
    return Promise(
        format=container,
        start=start,
        channels=form.channels,
        sample_rate_hz=form.sample_rate_hz,
        frame=form.frame,
        bytes_per_s=form.frame * form.sample_rate_hz,
        declared=declared,
        present=max(0, size - start),
        tail_known=tail_known,
        codec=form.codec,
        doubt=doubt,
    )
