"""Reads boxes of an MP4, M4A or MOV file: how its time stamps are stored, and when it was created."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_MAX_BOXES = 100_000  # a recorder writes one every second or so
_TIME_TABLE = (b"mdia", b"minf", b"stbl", b"stts")
_TABLE_BYTES = 24  # of a table: version, number of entries, and the first two
_BRANDED = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # what a file may begin with


def is_fragmented(path: Path) -> bool:
    """Whether the audio comes in fragments, whose time stamps may start anywhere.

    Source: ISO/IEC 14496-12, 8.8 (movie fragments).
    """
    with path.open("rb") as file:
        return any(name == b"mvex" for name, _, _ in _iter_movie_boxes(file, path.stat().st_size))


def has_steady_time_stamps(path: Path) -> bool:
    """Whether all packets of every audio track follow each other from 0:00 on, so that nothing can be missing.

    Phones write such files; reading two tables is faster than listing all packets.
    Source: ISO/IEC 14496-12, 8.6.1.2 (decoding times) and 8.6.6 (edit list).
    """
    with path.open("rb") as file:
        boxes = list(_iter_movie_boxes(file, path.stat().st_size))
        tracks = [(at, end) for name, at, end in boxes if name == b"trak"]
        fragmented = any(name == b"mvex" for name, _, _ in boxes)
        return bool(tracks) and not fragmented and all(_is_steady(file, at, end) for at, end in tracks)


def _is_steady(file: BinaryIO, at: int, end: int) -> bool:
    if _read_box(file, at, end, b"mdia", b"hdlr")[8:12] != b"soun":
        return True
    edits, times = _read_box(file, at, end, b"edts", b"elst"), _read_box(file, at, end, *_TIME_TABLE)
    entries, runs = int.from_bytes(edits[4:8], "big"), int.from_bytes(times[4:8], "big")
    first = edits[16:24] if edits[:1] == b"\1" else edits[12:16]  # media time; -1: an empty edit
    if entries > 1 or (entries and first[:1] >= b"\x80"):
        return False
    return runs == 1 or (runs == 2 and int.from_bytes(times[16:20], "big") == 1)  # the last packet may be shorter


def _read_box(file: BinaryIO, at: int, end: int, *names: bytes) -> bytes:
    """Read the start of a box inside other boxes; empty if it does not exist."""
    for wanted in names:
        found = next((box for box in _iter_boxes(file, at, end) if box[0] == wanted), None)
        if found is None:
            return b""
        _, at, end = found
    file.seek(at)
    return file.read(min(_TABLE_BYTES, end - at))


def read_mp4_creation_time(path: Path) -> datetime | None:
    """Read when a recording was started, as the recorder's clock had it.

    Source: ISO/IEC 14496-12, 8.2.2 (movie header).

    Returns:
        The time in UTC; ``None`` if it is not an MP4, or the recorder did not fill it in.
    """
    with path.open("rb") as file:
        if file.read(8)[4:] not in _BRANDED:
            return None
        for name, at, _ in _iter_movie_boxes(file, path.stat().st_size):
            if name == b"mvhd":
                file.seek(at)
                head = file.read(12)
                seconds = int.from_bytes(head[4:12] if head[:1] == b"\1" else head[4:8], "big")
                return _EPOCH + timedelta(seconds=seconds) if 0 < seconds < 2**32 else None
    return None


def _iter_movie_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes directly inside the movie box."""
    for name, at, end in _iter_boxes(file, 0, size):
        if name == b"moov":
            yield from _iter_boxes(file, at, end)
            return


def _iter_boxes(file: BinaryIO, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, offset of the body and end of each box."""
    for _ in range(_MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if at + 8 > stop or len(head) < 8:
            return
        length, name = struct.unpack(">I4s", head[:8])
        body = 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), 16
        end = stop if length == 0 else at + length
        if end < at + body:
            return
        yield name, at + body, end
        at = end
