"""What the header of an AIFF or a CAF promises, against what the file holds. Changes nothing."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

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

_AIFF = {1: "s8", 2: "s16be", 3: "s24be", 4: "s32be"}
_SOWT = {1: "s8", 2: "s16le", 3: "s24le", 4: "s32le"}
_AIFC = {  # coding → what its samples are called, where that does not depend on their width
    b"in24": "s24be", b"in32": "s32be", b"fl32": "f32be", b"FL32": "f32be", b"fl64": "f64be", b"FL64": "f64be",
}  # fmt: skip
_BY_WIDTH = {b"NONE": _AIFF, b"twos": _AIFF, b"sowt": _SOWT}
_LARGEST_BLOCK = 2**16  # bytes; a disk or a tape was read in less
_COMM = 22  # bytes that count in it, whatever size it says; the last four only in an AIFC
_FLOAT, _LITTLE = 1, 2  # flags of a CAF's linear PCM


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a file says of its samples."""

    channels: int
    sample_rate_hz: int
    frame: int
    codec: str
    frames: int = 0  # samples of all channels; 0: it does not say
    codecs: Mapping[int, str] = field(default_factory=dict)  # what they would be called with another number of bytes
    bits: int = 0  # of a sample, as it says


def read_promise(path: Path) -> Promise | None:
    """The promise of ``path``; ``None``: it is neither, has no sound in it, or holds another coding than samples."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return _walk_aiff(file, size, coded=head[8:12] == b"AIFC")
        return _walk_caf(file, size) if head[:6] == b"caff\0\x01" else None


def _walk_aiff(file: BinaryIO, size: int, *, coded: bool) -> Promise | None:
    """Its chunks may stand in any order, if their sizes lead from one to the next; else they are looked for."""
    form, sound, at = b"", None, 12
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = struct.unpack(">4sI", head)
        at += 8
        if name == b"COMM" and length < (_COMM if coded else _COMM - 4):
            break  # ffmpeg would not read on behind it
        if name == b"COMM":
            form = file.read(_COMM)
        if name == b"SSND":
            sound = at, length
        if form and sound:
            known = _aiff_form(form, coded=coded)
            return _aiff_promise(file, size, *sound, known) if known else None
        at += length + length % 2
    chunks = Chunks(form_name=b"COMM", sound_name=b"SSND", form=partial(_aiff_form_sought, coded=coded),
                    promise=partial(_aiff_at, file, size))  # fmt: skip
    return sought(file, size, chunks)


def _aiff_form_sought(after: bytes, *, coded: bool) -> _Form | None:
    form = _aiff_form(after[4:], coded=coded)
    return form if form and form.sample_rate_hz in RATES_HZ and form.channels <= MOST_CHANNELS else None


def _aiff_at(file: BinaryIO, size: int, spot: Spot, form: _Form) -> Promise:
    return _aiff_promise(file, size, spot.at + 8, int.from_bytes(spot.after[:4], "big"), form)


def _aiff_form(raw: bytes, *, coded: bool) -> _Form | None:
    if len(raw) < (22 if coded else 18):
        return None
    channels, frames, bits = struct.unpack(">hIh", raw[:8])
    coding, width = raw[18:22] if coded else b"NONE", -(-bits // 8)
    codecs = _BY_WIDTH.get(coding, {})
    codec = codecs.get(width, "") if codecs else _AIFC.get(coding, "")
    if channels < 1 or not (codec or codecs):
        return None
    return _Form(
        channels=channels,
        sample_rate_hz=_rate(raw[8:18]),
        frame=channels * _bytes_of(codec),
        codec=codec,
        frames=0 if frames == UNKNOWN else frames,
        codecs=codecs,
        bits=bits,
    )


def _rate(raw: bytes) -> int:
    """The whole number nearest to a float of 80 bits; 0: it is none that sound can have."""
    exponent, fraction = struct.unpack(">HQ", raw)
    plain = fraction >> 63 and 16383 <= exponent < 16383 + 31
    return round(fraction * 2.0 ** (exponent - 16383 - 63)) if plain else 0


def _bytes_of(codec: str) -> int:
    return int(codec.strip("sufble") or 0) // 8


def _aiff_promise(file: BinaryIO, size: int, at: int, length: int, told: _Form) -> Promise:
    start, misplaced = _sound_begins(file, size, at, length, told)
    by_chunk = 0 if length == UNKNOWN else max(0, length - (start - at))
    form = _in_samples_that_fit(file, size, start, by_chunk, told)
    whole = form.frames * form.frame
    known = [one for one in (by_chunk, whole) if one and start + one <= size and _tail(file, size, start + one)]
    sizes = [one for one in (by_chunk, whole) if one and (by_chunk or start + one > size)]
    doubt = Doubt.SIZES if known and by_chunk != known[0] else ""
    return _promise(
        form,
        container="aiff",
        start=start,
        declared=known[0] if known else max(sizes, default=None),
        size=size,
        tail_known=bool(known),
        doubt=_first_doubt(form, misplaced=misplaced, sizes=doubt if by_chunk else Doubt.UNFINISHED, told=told),
    )


def _first_doubt(form: _Form, *, told: _Form, misplaced: bool, sizes: str) -> str:
    if not form.codec:
        return Doubt.NOBODY_KNOWS
    return Doubt.BITS if form.codec != told.codec else Doubt.PLACE if misplaced else sizes


def _in_samples_that_fit(file: BinaryIO, size: int, start: int, by_chunk: int, form: _Form) -> _Form:
    """``form``, or the same with samples of another width, if both the size of the sound and their number tell that.

    Twice or half the width may as well be half or twice the number; then the width is believed.
    """
    whole, width = form.frames * form.channels, _bytes_of(form.codec)
    there = by_chunk // whole if whole and by_chunk % whole == 0 else 0
    codec = form.codecs.get(there, "")
    if not codec or (width and max(there, width) % min(there, width) == 0):
        return form
    if start + by_chunk > size or not _tail(file, size, start + by_chunk):
        return form
    return replace(form, codec=codec, frame=by_chunk // form.frames)


def _sound_begins(file: BinaryIO, size: int, at: int, length: int, form: _Form) -> tuple[int, bool]:
    """Where the first sample is, and whether the chunk says another place.

    Samples may begin some bytes into their first block, if the chunk says blocks of that size; so less than one block.
    Source: AIFF 1.3, "Sound Data Chunk".
    """
    file.seek(at)
    offset, block = int.from_bytes(file.read(4), "big"), int.from_bytes(file.read(4), "big")
    said, first, whole = at + 8 + offset, at + 8, form.frames * form.frame
    if offset == 0:
        return first, False
    ends = (at + length, size)  # of the chunk, and of the file
    if whole and first + whole in ends:
        return first, True
    end = at + length if length > 0 and at + length <= size else size
    in_step = said <= end and (form.frame == 0 or (end - said) % form.frame == 0)
    believed = (whole and said + whole in ends) or (in_step and offset < block <= _LARGEST_BLOCK)
    return (said, False) if believed else (first, True)


def _tail(file: BinaryIO, size: int, after: int) -> bool:
    return tail_is_known(file, size, after + after % 2, big=True)


def _walk_caf(file: BinaryIO, size: int) -> Promise | None:
    form, at = b"", 8
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            break
        name, length = struct.unpack(">4sq", head)
        at += 12
        if name == b"desc":
            form = file.read(32)
        if name == b"data" and form:
            known = _caf_form(form)
            return _caf_promise(file, size, at, length, known) if known else None
        if length < 0 or at + length > size:
            break
        at += length
    chunks = Chunks(form_name=b"desc", sound_name=b"data", form=_caf_form_sought, promise=partial(_caf_at, file, size))
    return sought(file, size, chunks)


def _caf_form_sought(after: bytes) -> _Form | None:
    form = _caf_form(after[8:40])
    return form if form and form.sample_rate_hz in RATES_HZ and form.channels <= MOST_CHANNELS else None


def _caf_at(file: BinaryIO, size: int, spot: Spot, form: _Form) -> Promise:
    return _caf_promise(file, size, spot.at + 12, int.from_bytes(spot.after[:8], "big", signed=True), form)


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
        bits_said=form.bits,
    )
