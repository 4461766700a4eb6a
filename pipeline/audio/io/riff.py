"""Reads the header of a WAV file (RIFF, RF64, BW64 and W64) without changing the file."""

import re
import struct
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.audio.io.chunk_scan import ChunkLayout, scan_for_header, walk_chunks
from pipeline.audio.io.declared_header import UNKNOWN_SIZE, DeclaredHeader, HeaderDefect, is_chunk_or_end, is_plausible

_W64_ID = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"  # Sony's: names of 16 bytes, sizes of 8
_W64_CHUNK = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"  # the end of each chunk name
_FMT_BYTES = 40  # that count
_PROBE_BYTES = 2**20  # of audio that show whether samples are floats
_INTEGER, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE  # format tags of PCM
_CODECS = {
    _INTEGER: {1: "u8", 2: "s16le", 3: "s24le", 4: "s32le"},
    _FLOAT: {4: "f32le", 8: "f64le"},
}
_W64_UNFINISHED = 2**62  # bytes: the declared size of a W64 that never got one
_TRAILER_BYTES = 2**20  # in which the chunks after the audio begin
_TRAILING = re.compile(
    rb"iXML|bext|LIST|id3 |ID3 |axml|chna|cue |plst|smpl|inst|_PMX|umid|fact|JUNK|PAD |minf|elm1|regn"
)
_BEXT_TIME = slice(320, 338)  # date and time in a bext chunk: yyyy-mm-ddhh:mm:ss
_FIRST_YEAR = 1990  # before it a clock was never set
_MAX_FLOAT = 2.0**25  # of floats that count in steps of 24 bits, with headroom


def read_wav_header(path: Path) -> DeclaredHeader | None:
    """Read the header of a WAV file.

    Returns:
        The header, or ``None`` if the file is not a WAV or ends before any audio.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(40)
        if head[:16] == _W64_ID:
            layout = _W64
        elif head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
            layout = _RIFF
        else:
            return None
        return _walk(file, size, layout) or scan_for_header(file, size, layout)


def read_origination_time(path: Path) -> datetime | None:
    """Read when a broadcast WAV was started, by the recorder's clock.

    Source: EBU Tech 3285, 2.3 (OriginationDate, OriginationTime).

    Returns:
        The time without a zone; ``None`` if the file is no WAV, or does not say.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
            return None
        for name, _, length in walk_chunks(file, size, _RIFF):
            if name == b"bext" and length >= _BEXT_TIME.stop:
                return _parse_origination(file.read(_BEXT_TIME.stop)[_BEXT_TIME])
    return None


def _parse_origination(raw: bytes) -> datetime | None:
    """Parse a date and a time; what separates their numbers differs between recorders."""
    found = re.fullmatch(rb"(\d{4}).(\d\d).(\d\d)(\d\d).(\d\d).(\d\d)", raw)
    if found is None or int(found[1]) < _FIRST_YEAR:
        return None
    try:
        return datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*(part.decode() for part in found.groups())))
    except ValueError:
        return None


def _walk(file: BinaryIO, size: int, layout: ChunkLayout[bytes]) -> DeclaredHeader | None:
    fmt, header, more = b"", None, list[tuple[int, int]]()
    for name, at, length in walk_chunks(file, size, layout):
        if header:
            if name == layout.audio_name:
                stop = min(size, at + length)
                more.append((at, stop - (stop - at) % max(1, header.frame_bytes)))
        elif name == layout.audio_name:
            header = layout.build_header(file, size, at, length, fmt)
            if header is None or not header.ends_cleanly or not header.declared_bytes:
                return header
        elif name == layout.format_name:
            fmt = file.read(min(max(0, length), _FMT_BYTES))
    return replace(header, more_audio=tuple(more)) if header else None


def _parse_format(body: bytes) -> bytes | None:
    """Return the body of a format chunk, if its values are plausible."""
    fmt = body[:_FMT_BYTES]
    if len(fmt) < 16:
        return None
    tag, channels, rate, byte_rate, frame, bits = struct.unpack("<HHIIHH", fmt[:16])
    plausible = tag in (_INTEGER, _FLOAT, _EXTENSIBLE) and channels > 0 and is_plausible(channels, rate)
    return fmt if plausible and _find_width(channels, rate, byte_rate, frame, bits)[0] else None


def _build_riff_header(file: BinaryIO, size: int, start: int, length: int, fmt: bytes) -> DeclaredHeader | None:
    long_size = _read_long_size(file) if length == UNKNOWN_SIZE else None
    header = _build_header(file, size, start, length if long_size is None else long_size, fmt)
    if header is None or header.declared_bytes:
        return header
    stop = _find_trailing_chunks(file, size, start)
    if stop is None or stop == start:
        return header
    return replace(header, available_bytes=stop - start, defect=header.defect or HeaderDefect.UNFINISHED)


def _find_trailing_chunks(file: BinaryIO, size: int, start: int) -> int | None:
    """Find where chunks after the audio begin, if its size was never filled in; they are no audio.

    Only known names count, and sizes that lead from chunk to chunk exactly to the end of the file.
    """
    first = max(start, size - _TRAILER_BYTES)
    file.seek(first)
    tail = file.read()
    for match in _TRAILING.finditer(tail):
        at = match.start()
        while at + 8 <= len(tail):
            at += 8 + (length := int.from_bytes(tail[at + 4 : at + 8], "little")) + length % 2
        if at in (len(tail), len(tail) + 1):
            return first + match.start()
    return None


def _read_long_size(file: BinaryIO) -> int | None:
    """Read the 64-bit audio size from the first chunk of a file of over 4 GB.

    Source: EBU Tech 3306.
    """
    file.seek(0)
    head = file.read(36)
    return int.from_bytes(head[28:], "little") if head[12:16] == b"ds64" and len(head) == 36 else None


def _build_w64_header(file: BinaryIO, size: int, start: int, body: int, fmt: bytes) -> DeclaredHeader | None:
    declared = UNKNOWN_SIZE if body >= _W64_UNFINISHED else max(0, body)
    header = _build_header(file, size, start, declared, fmt)
    if header is None:
        return None
    end = start + declared + -declared % 8
    return replace(header, container="w64", ends_cleanly=end >= size or _is_w64_chunk(file, size, end))


def _is_w64_chunk(file: BinaryIO, size: int, at: int) -> bool:
    file.seek(at)
    head = file.read(24)
    if len(head) < 24:
        return True  # a few trailing bytes are not audio
    length = int.from_bytes(head[16:], "little")
    return all(0x20 <= byte < 0x7F for byte in head[:4]) and 24 <= length <= size + 8 - at


def _build_header(file: BinaryIO, size: int, start: int, declared: int, fmt: bytes) -> DeclaredHeader | None:
    if len(fmt) < 16:
        return None
    tag, channels, rate, byte_rate, frame, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = int.from_bytes(fmt[24:26], "little")
    codecs = _CODECS.get(tag, {})
    known = codecs and channels and rate
    width, defect = _find_width(channels, rate, byte_rate, frame, bits) if known else (0, None)
    if width == 4 and bits == 24 and tag == _INTEGER and _are_floats(file, start):
        codecs, defect = {}, None  # as an old editor wrote them; ffmpeg knows the format
    frame_bytes = frame if not defect else width * channels
    is_pcm = tag in (_INTEGER, _FLOAT, _EXTENSIBLE)  # for PCM the frame decides; the byte rate is often wrong
    return DeclaredHeader(
        container="wav",
        start=start,
        channels=channels,
        sample_rate_hz=rate,
        frame_bytes=frame_bytes,
        bytes_per_s=frame_bytes * rate if is_pcm else byte_rate,
        declared_bytes=None if declared == UNKNOWN_SIZE else declared,
        available_bytes=size - start,
        ends_cleanly=is_chunk_or_end(file, size, start + declared + declared % 2),
        codec=codecs.get(width, ""),
        defect=defect,
        declared_bits=bits,
    )


def _find_width(channels: int, rate: int, byte_rate: int, frame: int, bits: int) -> tuple[int, HeaderDefect | None]:
    """Find the bytes per sample, which a header declares in three ways: two that agree decide."""
    by_bits, by_frame, by_rate = -(-bits // 8), frame / channels, byte_rate / (rate * channels)
    if frame == byte_rate == 0 and by_bits > 0:
        return by_bits, HeaderDefect.SAMPLE_WIDTH  # fields that were never filled in contradict nothing
    if by_bits == by_frame:
        return by_bits, None
    if by_rate in (by_frame, by_bits) and by_rate > 0:
        return int(by_rate), HeaderDefect.SAMPLE_WIDTH
    return 0, HeaderDefect.UNKNOWN_WIDTH


def _are_floats(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    raw = file.read(_PROBE_BYTES)
    values = np.abs(np.frombuffer(raw[: len(raw) // 4 * 4], "<f4"))
    with np.errstate(invalid="ignore"):
        return bool((values < _MAX_FLOAT).all())


_RIFF = ChunkLayout(
    head=struct.Struct("<4sI"),
    first=12,
    format_name=b"fmt ",
    audio_name=b"data",
    parse_format=_parse_format,
    build_header=_build_riff_header,
)
_W64 = ChunkLayout(
    head=struct.Struct("<16sQ"),
    first=40,
    padding=8,
    own_bytes=24,
    format_name=b"fmt " + _W64_CHUNK,
    audio_name=b"data" + _W64_CHUNK,
    parse_format=_parse_format,
    build_header=_build_w64_header,
)
