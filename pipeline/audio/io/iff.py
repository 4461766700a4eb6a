"""Reads the header of an AIFF, AIFC or CAF file without changing the file."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from pipeline.audio.io.chunk_scan import ChunkLayout, scan_for_header, walk_chunks
from pipeline.audio.io.declared_header import UNKNOWN_SIZE, DeclaredHeader, HeaderDefect, is_chunk_or_end, is_plausible

_AIFF = {1: "s8", 2: "s16be", 3: "s24be", 4: "s32be"}
_SOWT = {1: "s8", 2: "s16le", 3: "s24le", 4: "s32le"}
_AIFC = {  # compression type → codec, where that does not depend on the sample width
    b"in24": "s24be", b"in32": "s32be", b"fl32": "f32be", b"FL32": "f32be", b"fl64": "f64be", b"FL64": "f64be",
}  # fmt: skip
_BY_WIDTH = {b"NONE": _AIFF, b"twos": _AIFF, b"sowt": _SOWT}
_MAX_BLOCK_BYTES = 2**16  # disks and tapes were read in smaller blocks
_COMM_BYTES = 22  # that count, whatever size the chunk declares; the last four only in AIFC
_FLOAT, _LITTLE_ENDIAN = 1, 2  # flags of linear PCM in CAF


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFormat:
    """What a file declares about its samples."""

    channels: int
    sample_rate_hz: int
    frame_bytes: int
    codec: str
    frames: int = 0  # samples of all channels; 0: unknown
    codecs: Mapping[int, str] = field(default_factory=dict)  # bytes per sample → codec, where another width is possible
    bits: int = 0  # per sample, as declared


def read_iff_header(path: Path) -> DeclaredHeader | None:
    """Read the header of an AIFF, AIFC or CAF file.

    Returns:
        The header, or ``None`` if the file is none of these, has no audio, or its audio is not PCM.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return _walk_aiff(file, size, aifc=head[8:12] == b"AIFC")
        return _walk_caf(file, size) if head[:6] == b"caff\0\x01" else None


def _walk_aiff(file: BinaryIO, size: int, *, aifc: bool) -> DeclaredHeader | None:
    """Walk the chunks, which may be in any order.

    Where their sizes do not lead to the next chunk, scan for it.
    """
    layout = ChunkLayout(
        head=struct.Struct(">4sI"),
        first=12,
        format_name=b"COMM",
        audio_name=b"SSND",
        parse_format=lambda body: _require_plausible(_parse_comm(body, aifc=aifc)),
        build_header=_build_aiff_header,
    )
    comm, audio = b"", None
    for name, at, length in walk_chunks(file, size, layout):
        if name == b"COMM" and length < (_COMM_BYTES if aifc else _COMM_BYTES - 4):
            break  # ffmpeg would stop reading here
        if name == b"COMM":
            comm = file.read(_COMM_BYTES)
        if name == b"SSND":
            audio = at, length
        if comm and audio:
            declared = _parse_comm(comm, aifc=aifc)
            return _build_aiff_header(file, size, *audio, declared) if declared else None
    return scan_for_header(file, size, layout)


def _require_plausible(declared: SampleFormat | None) -> SampleFormat | None:
    return declared if declared and is_plausible(declared.channels, declared.sample_rate_hz) else None


def _parse_comm(raw: bytes, *, aifc: bool) -> SampleFormat | None:
    if len(raw) < (_COMM_BYTES if aifc else _COMM_BYTES - 4):
        return None
    channels, frames, bits = struct.unpack(">hIh", raw[:8])
    compression, width = raw[18:22] if aifc else b"NONE", -(-bits // 8)
    codecs = _BY_WIDTH.get(compression, {})
    codec = codecs.get(width, "") if codecs else _AIFC.get(compression, "")
    if channels < 1 or not (codec or codecs):
        return None
    return SampleFormat(
        channels=channels,
        sample_rate_hz=_parse_rate(raw[8:18]),
        frame_bytes=channels * _get_width(codec),
        codec=codec,
        frames=0 if frames == UNKNOWN_SIZE else frames,
        codecs=codecs,
        bits=bits,
    )


def _parse_rate(raw: bytes) -> int:
    """Round an 80-bit float to a whole number; 0: no sample rate."""
    exponent, fraction = struct.unpack(">HQ", raw)
    plain = fraction >> 63 and 16383 <= exponent < 16383 + 31
    return round(fraction * 2.0 ** (exponent - 16383 - 63)) if plain else 0


def _get_width(codec: str) -> int:
    """Return the bytes per sample of a codec."""
    return int(codec.strip("sufble") or 0) // 8


def _build_aiff_header(file: BinaryIO, size: int, at: int, length: int, declared: SampleFormat) -> DeclaredHeader:
    start, misplaced = _find_first_sample(file, size, at, length, declared)
    by_chunk = 0 if length == UNKNOWN_SIZE else max(0, length - (start - at))
    actual = _correct_width(file, size, start, by_chunk, declared)
    by_frames = actual.frames * actual.frame_bytes
    ends = [one for one in (by_chunk, by_frames) if one and start + one <= size and _ends_at(file, size, start + one)]
    sizes = [one for one in (by_chunk, by_frames) if one and (by_chunk or start + one > size)]
    two_lengths = HeaderDefect.TWO_LENGTHS if ends and by_chunk != ends[0] else None
    if not actual.codec:
        defect: HeaderDefect | None = HeaderDefect.UNKNOWN_WIDTH
    elif actual.codec != declared.codec:
        defect = HeaderDefect.SAMPLE_WIDTH
    elif misplaced:
        defect = HeaderDefect.DATA_OFFSET
    else:
        defect = two_lengths if by_chunk else HeaderDefect.UNFINISHED
    declared_bytes = ends[0] if ends else max(sizes, default=None)
    header = _build_header(actual, "aiff", start, size)
    return replace(header, declared_bytes=declared_bytes, ends_cleanly=bool(ends), defect=defect)


def _correct_width(file: BinaryIO, size: int, start: int, by_chunk: int, declared: SampleFormat) -> SampleFormat:
    """Correct the sample width, if both audio size and number of samples imply another.

    Twice or half the width may as well be half or twice the number of samples; then the declared
    width is used.
    """
    samples, width = declared.frames * declared.channels, _get_width(declared.codec)
    actual = by_chunk // samples if samples and by_chunk % samples == 0 else 0
    codec = declared.codecs.get(actual, "")
    if not codec or (width and max(actual, width) % min(actual, width) == 0):
        return declared
    if start + by_chunk > size or not _ends_at(file, size, start + by_chunk):
        return declared
    return replace(declared, codec=codec, frame_bytes=by_chunk // declared.frames)


def _find_first_sample(file: BinaryIO, size: int, at: int, length: int, declared: SampleFormat) -> tuple[int, bool]:
    """Find the first sample, and whether the chunk declares another offset.

    Samples may begin some bytes into their first block, if the chunk declares blocks of that size;
    so less than one block.
    Source: AIFF 1.3, "Sound Data Chunk".
    """
    file.seek(at)
    offset, block = int.from_bytes(file.read(4), "big"), int.from_bytes(file.read(4), "big")
    with_offset, first, audio_bytes = at + 8 + offset, at + 8, declared.frames * declared.frame_bytes
    if offset == 0:
        return first, False
    ends = (at + length, size)  # of the chunk, and of the file
    if audio_bytes and first + audio_bytes in ends:
        return first, True
    end = at + length if length > 0 and at + length <= size else size
    aligned = with_offset <= end and (declared.frame_bytes == 0 or (end - with_offset) % declared.frame_bytes == 0)
    plausible = (audio_bytes and with_offset + audio_bytes in ends) or (aligned and offset < block <= _MAX_BLOCK_BYTES)
    return (with_offset, False) if plausible else (first, True)


def _ends_at(file: BinaryIO, size: int, offset: int) -> bool:
    return is_chunk_or_end(file, size, offset + offset % 2, big_endian=True)


def _walk_caf(file: BinaryIO, size: int) -> DeclaredHeader | None:
    layout = ChunkLayout(
        head=struct.Struct(">4sq"),
        first=8,
        padding=1,
        format_name=b"desc",
        audio_name=b"data",
        parse_format=lambda body: _require_plausible(_parse_desc(body)),
        build_header=_build_caf_header,
    )
    desc = b""
    for name, at, length in walk_chunks(file, size, layout):
        if name == b"desc":
            desc = file.read(32)
        if name == b"data" and desc:
            declared = _parse_desc(desc)
            return _build_caf_header(file, size, at, length, declared) if declared else None
    return scan_for_header(file, size, layout)


def _parse_desc(raw: bytes) -> SampleFormat | None:
    if len(raw) < 32:
        return None
    rate, coding, flags, frame, frames, channels, bits = struct.unpack(">d4s5I", raw[:32])
    width = frame // max(1, channels)
    widths = (4, 8) if flags & _FLOAT else (1, 2, 3, 4)
    if coding != b"lpcm" or frames != 1 or width not in widths or -(-bits // 8) != width or not 0 < rate < 2**31:
        return None
    order = "" if width == 1 else "le" if flags & _LITTLE_ENDIAN else "be"
    codec = f"{'f' if flags & _FLOAT else 's'}{8 * width}{order}"
    return SampleFormat(channels=channels, sample_rate_hz=round(rate), frame_bytes=frame, codec=codec)


def _build_caf_header(file: BinaryIO, size: int, at: int, length: int, declared: SampleFormat) -> DeclaredHeader:
    start, audio_bytes = at + 4, length - 4  # an edit count precedes the audio
    if length == -1:  # how the format marks a last chunk of open length
        audio_bytes = size - start
    ends = audio_bytes > 0 and is_chunk_or_end(file, size, start + audio_bytes, size_bytes=8, big_endian=True)
    header = _build_header(declared, "caf", start, size)
    return replace(header, declared_bytes=audio_bytes if audio_bytes > 0 else None, ends_cleanly=ends)


def _build_header(sample_format: SampleFormat, container: str, start: int, size: int) -> DeclaredHeader:
    """Build a header of unknown length."""
    return DeclaredHeader(
        container=container,
        start=start,
        channels=sample_format.channels,
        sample_rate_hz=sample_format.sample_rate_hz,
        frame_bytes=sample_format.frame_bytes,
        bytes_per_s=sample_format.frame_bytes * sample_format.sample_rate_hz,
        declared_bytes=None,
        available_bytes=max(0, size - start),
        ends_cleanly=False,
        codec=sample_format.codec,
        declared_bits=sample_format.bits,
    )
