"""Walks the chunks of a file; where sizes are wrong, finds the audio by chunk names."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Generic, TypeVar

from pipeline.audio.io.declared_header import MAX_CHUNKS, DeclaredHeader, HeaderDefect

_HEAD_BYTES = 2**24  # in which the audio starts, pictures and text before it included
_TAIL_BYTES = 2**20  # at the end, where a few recorders write the sample format
_NEAR_BYTES = 2**16  # within which two matches may both be meant; a later one occurs in the samples by chance
_MAX_MATCHES = 1000  # a file of nothing but names would take hours
_FOLLOWING_BYTES = 64  # looked at after a name

F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkLayout(Generic[F]):
    """How one kind of container lays out its chunks, and what to do with two of them."""

    head: struct.Struct  # name and size
    first: int  # offset of the first chunk
    padding: int = 2  # chunks are padded to a multiple of so many bytes
    own_bytes: int = 0  # bytes of the head that the size includes
    format_name: bytes
    audio_name: bytes
    parse_format: Callable[[bytes], F | None]  # body of the format chunk → sample format; None: implausible
    build_header: Callable[[BinaryIO, int, int, int, F], DeclaredHeader | None]  # file, its size; offset, size of audio


def walk_chunks(file: BinaryIO, size: int, layout: ChunkLayout[F]) -> Iterator[tuple[bytes, int, int]]:
    """Walk the chunks as long as their sizes lead to the next; leave the file at each body.

    Args:
        file: The open file.
        size: Its size in bytes.
        layout: The kind of container.

    Returns:
        Name, offset of the body, and size of the body; the last may be wrong.
    """
    head, at = layout.head, layout.first
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        raw = file.read(head.size)
        if len(raw) < head.size:
            return
        name, declared = head.unpack(raw)
        at, length = at + head.size, declared - layout.own_bytes
        yield name, at, length
        if length < 0 or at + length > size:
            return
        at += length + -length % layout.padding


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkMatch:
    """Where the name of a chunk occurs in the file, and the bytes after it."""

    offset: int
    following: bytes
    inside_text: bool  # the name is a word, and a letter or a space precedes it

    @property
    def is_text(self) -> bool:
        """Whether letters follow, where a chunk has its size."""
        return all(0x20 <= letter < 0x7F for letter in self.following[:4])


def scan_for_header(file: BinaryIO, size: int, layout: ChunkLayout[F]) -> DeclaredHeader | None:
    """Find the audio without relying on the order and sizes of chunks.

    Nothing is guessed: both chunks exist by name, and their values are plausible. A format chunk
    without audio results in ``HeaderDefect.NO_AUDIO``: ffmpeg would decode text as audio.

    Returns:
        The header, or ``None`` if there is no known sample format.
    """
    windows, head = _read_windows(file, size), layout.head
    for match in _find_matches(windows, layout.format_name):
        sample_format = layout.parse_format(match.following[head.size - len(layout.format_name) :])
        if sample_format is None:
            continue
        candidates = []
        for one in _find_matches(windows[:1], layout.audio_name):
            _, length = head.unpack((layout.audio_name + one.following).ljust(head.size, b"\0")[: head.size])
            start = one.offset + head.size
            header = layout.build_header(file, size, start, length - layout.own_bytes, sample_format)
            if header and header.is_readable:
                candidates.append((one, header))
        if best := _choose(candidates):
            return _limit_to(best, match.offset)
        empty = layout.build_header(file, size, size + head.size, 0, sample_format)
        return replace(empty, available_bytes=0, defect=HeaderDefect.NO_AUDIO) if empty else None
    return None


def _read_windows(file: BinaryIO, size: int) -> list[tuple[int, bytes]]:
    """Read the start of the first recording, and the end of the file; each with its offset."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    another = head.find(head[:4], 12)
    while another >= 0 and head[another + 8 : another + 12] != head[8:12]:
        another = head.find(head[:4], another + 1)
    if another >= 0:  # two recordings in one file: the header of the second says nothing about the first
        return [(0, head[:another])]
    tail = max(len(head), size - _TAIL_BYTES)
    file.seek(tail)
    return [(0, head), (tail, file.read(_TAIL_BYTES))]


def _find_matches(windows: Sequence[tuple[int, bytes]], name: bytes) -> Iterator[ChunkMatch]:
    for start, raw in windows:
        at = raw.find(name)
        for _ in range(_MAX_MATCHES):
            if at < 0:
                break
            stop, before = at + len(name), raw[max(0, at - 1) : at]
            inside_text = name.isalpha() and name.islower() and (before == b" " or before.isalnum())
            following = raw[stop : stop + _FOLLOWING_BYTES]
            yield ChunkMatch(offset=start + at, following=following, inside_text=inside_text)
            at = raw.find(name, at + 1)


def _choose(candidates: Sequence[tuple[ChunkMatch, DeclaredHeader]]) -> DeclaredHeader | None:
    """Choose audio that ends where the file ends or a chunk starts.

    Otherwise choose the only plausible one: of two, one is noise.
    """
    by_trust = sorted(candidates, key=lambda one: (one[0].is_text, one[1].defect == HeaderDefect.DATA_OFFSET))
    for _, header in by_trust:
        if _is_consistent(header):
            return header
    others = [header for match, header in candidates if not (match.is_text or match.inside_text)]
    near = [header for header in others if header.start < others[0].start + _NEAR_BYTES]
    return near[0] if len(near) == 1 else None


def _is_consistent(header: DeclaredHeader) -> bool:
    return 0 < (header.declared_bytes or 0) <= header.available_bytes and header.ends_cleanly


def _limit_to(header: DeclaredHeader, format_offset: int) -> DeclaredHeader:
    """Mark a header as found by scanning.

    Audio ends at the format chunk, if that is written after it.
    """
    found = replace(header, defect=header.defect or HeaderDefect.CHUNK_SIZES)
    if format_offset < header.start or _is_consistent(header):
        return found
    return replace(
        found, declared_bytes=format_offset - header.start, ends_cleanly=True, defect=HeaderDefect.CHUNK_SIZES
    )
