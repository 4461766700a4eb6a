"""Encodes an MP3 in parallel chunks, frame for frame as a single encoder would.

With the bit reservoir off each frame is self-contained, and LAME's own state fades within some
sixty frames. So each chunk begins early, and is accepted only if it agrees with its neighbour frame
for frame (decision 0015).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import IO, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.encoding import lame, mp3_frames
from pipeline.audio.encoding.mp3_frames import SAMPLES_PER_FRAME
from pipeline.audio.parallel import map_parallel
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.media.samples import Block, Span

MIN_CHUNK_FRAMES, MAX_CHUNK_FRAMES = 1250, 12_500  # half a minute, five minutes

_SHARE_DIVISOR = 3  # a chunk is a third of what remains: the last ones are short, so that all cores finish together
_WARM_UP_FRAMES = 96  # encoded before a chunk's own: 1.5 × the observed maximum, and more than a seam
_LONG_WARM_UP_FRAMES = 4 * _WARM_UP_FRAMES  # after a seam that did not match
_LOOKAHEAD_FRAMES = 16  # encoded after a chunk's own: look-ahead for its last frames
_BATCH_FRAMES = 2500  # joined at a time: a minute
_OVERLAP_FRAMES = 8  # on each side of a border; two neighbours must agree on them
_BEFORE_CHANGE_FRAMES = (
    _LOOKAHEAD_FRAMES + 12
)  # encoded again before a change: a measurement looks ahead by a quarter second
_AFTER_CHANGE_FRAMES = _WARM_UP_FRAMES  # and after it, until the encoder has forgotten it
_MIN_KEPT_FRAMES = 2 * _WARM_UP_FRAMES  # between two changes; to keep fewer would save nothing

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mp3Source:
    """Audio to encode, at 48 kHz."""

    samples: int
    channels: int
    kbps: int
    read_blocks: Callable[[int, int], Iterable[Block]]  # from one sample up to another; deterministic


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRange:
    """Bare frames in a file: byte ``start`` is that of frame ``begin``.

    Those from ``first`` up to ``last`` (``None``: the end) belong to the result; the others are
    warm-up and look-ahead.
    """

    path: str
    start: int
    begin: int
    first: int
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredChunk(Generic[R]):
    """The frames of a chunk in the finished file, and their measurement."""

    frames: FrameRange
    measurement: R


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mp3Chunk:
    """Frames ``first`` up to ``last`` (``None``: the end), after ``warm_up`` other frames; or ``kept`` ones."""

    number: int
    first: int
    last: int | None
    warm_up: int = _WARM_UP_FRAMES
    kept: FrameRange | None = None

    @property
    def begin(self) -> int:
        """The first frame that is encoded."""
        return max(0, self.first - self.warm_up)

    def find_span(self, source: Mp3Source) -> Span:
        """Return the samples that are encoded."""
        last = (
            source.samples
            if self.last is None
            else min((self.last + _LOOKAHEAD_FRAMES) * SAMPLES_PER_FRAME, source.samples)
        )
        return self.begin * SAMPLES_PER_FRAME, last

    def locate(self, partial: str) -> FrameRange:
        """Locate its frames, in the file that its encoder writes or where they are kept."""
        if self.kept:
            return self.kept
        path = _name_chunk_file(partial, self.number)
        return FrameRange(path=path, start=0, begin=self.begin, first=self.first, last=self.last)

    def locate_joined(self, source: Mp3Source, path: str) -> FrameRange:
        """Locate its frames in the finished file."""
        start = mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)
        return FrameRange(path=path, start=start, begin=0, first=self.first, last=self.last)


def write_mp3(
    source: Mp3Source,
    out: str,
    *,
    measure: Callable[[FrameRange], R],
    previous: Sequence[MeasuredChunk[R]] = (),
    changed: Sequence[Span] = (),
    workers: int | None = None,
) -> list[MeasuredChunk[R]]:
    """Encode ``source`` to ``out``: an Info frame of our own, then the frames.

    Args:
        source: The audio.
        out: The file to write.
        measure: Called for each chunk once it is encoded, in parallel with the encoding of others.
        previous: The chunks now at ``out``, if an earlier call wrote them; unchanged ones are
            reused.
        changed: Samples in which ``source`` differs from that of the earlier call.
        workers: Number of workers; the result does not depend on it.

    Returns:
        All chunks in order.

    Raises:
        AudioError: The encoder failed or lost samples; ``out`` is unchanged.
    """
    plan = list(_plan_changes(source, previous, changed)) if previous else _plan_chunks(source.samples)
    count, known = len(plan), {one.frames: one.measurement for one in previous}
    with ffmpeg.write_atomically(out) as partial:

        def encode(chunk: _Mp3Chunk) -> R:
            frames = chunk.locate(partial)
            if not chunk.kept:
                blocks = source.read_blocks(*chunk.find_span(source))
                lame.encode_frames(blocks, channels=source.channels, kbps=source.kbps, out=frames.path)
            return measure(frames)

        try:
            measurements = _encode_and_join(source, plan, partial, encode, known=known, workers=workers)
            if not measurements:  # fallback, never observed: one encoder for the whole file
                plan = [_Mp3Chunk(number=0, first=0, last=None, warm_up=0)]
                measurements = _encode_and_join(source, plan, partial, encode, known={}, workers=1)
        finally:
            for number in range(count):
                with suppress(OSError):
                    Path(_name_chunk_file(partial, number)).unlink()
    return [
        MeasuredChunk(frames=chunk.locate_joined(source, out), measurement=measurement)
        for chunk, measurement in zip(plan, measurements, strict=True)
    ]


# Planning


def _iter_borders(length: int) -> Iterator[int]:
    """Yield the first frame of each chunk; the last may be half as long again as the one before."""
    first = size = 0
    while first == 0 or length - first >= size // 2:
        yield first
        size = min(MAX_CHUNK_FRAMES, max(MIN_CHUNK_FRAMES, -(-(length - first) // _SHARE_DIVISOR)))
        first += size


def _plan_chunks(samples: int) -> list[_Mp3Chunk]:
    firsts = list(_iter_borders(-(-samples // SAMPLES_PER_FRAME)))
    return [
        _Mp3Chunk(number=number, first=first, last=last)
        for number, (first, last) in enumerate(zip_longest(firsts, firsts[1:]))
    ]


def _plan_changes(
    source: Mp3Source, previous: Sequence[MeasuredChunk[R]], changed: Sequence[Span]
) -> Iterator[_Mp3Chunk]:
    """Plan chunks of the frames that changes affect; between them, earlier chunks are kept, or parts of them."""
    affected = _join_affected(source, changed)
    borders = {edge for span in affected for edge in span}
    borders |= {one.frames.first for one in previous if not _is_inside(one.frames.first, affected)}
    firsts = sorted(borders - {-(-source.samples // SAMPLES_PER_FRAME)})
    for number, (first, last) in enumerate(zip_longest(firsts, firsts[1:])):
        chunk = _Mp3Chunk(number=number, first=first, last=last)
        if not _is_inside(first, affected):
            whole = next(one.frames for one in reversed(previous) if one.frames.first <= first)
            chunk = replace(chunk, kept=replace(whole, first=first, last=last))
        yield chunk


def _join_affected(source: Mp3Source, changed: Sequence[Span]) -> list[Span]:
    """Join the frames that changes affect where hardly any others are between them."""
    joined: list[Span] = []
    end = -(-source.samples // SAMPLES_PER_FRAME)
    for begin, stop in sorted(changed):
        first = begin // SAMPLES_PER_FRAME - _BEFORE_CHANGE_FRAMES
        last = stop // SAMPLES_PER_FRAME + 1 + _AFTER_CHANGE_FRAMES
        if joined and first - joined[-1][1] < _MIN_KEPT_FRAMES:
            first, last = joined[-1][0], max(last, joined.pop()[1])
        joined.append((first if first >= _MIN_KEPT_FRAMES else 0, last if end - last >= _MIN_KEPT_FRAMES else end))
    return joined


def _is_inside(frame: int, spans: Sequence[Span]) -> bool:
    return any(first <= frame < last for first, last in spans)


# Joining


def _encode_and_join(
    source: Mp3Source,
    plan: Sequence[_Mp3Chunk],
    partial: str,
    encode: Callable[[_Mp3Chunk], R],
    *,
    known: Mapping[FrameRange, R],
    workers: int | None,
) -> list[R]:
    """Encode chunks in parallel and join them; return nothing if two neighbours never agree."""
    measurements: list[R] = []
    needed = [chunk for chunk in plan if chunk.kept not in known]
    with Path(partial).open("wb") as file, closing(map_parallel(encode, needed, workers=workers)) as results:
        writer = _Mp3Writer(source, file)
        before: FrameRange | None = None
        for chunk in plan:
            frames = chunk.locate(partial)
            measurement = known[frames] if frames in known else next(results)
            if before and not _is_continuation(source, before, frames):
                again = replace(chunk, warm_up=_LONG_WARM_UP_FRAMES, kept=None)
                measurement, frames = encode(again), again.locate(partial)
                if not _matches(source, before, frames):
                    return []
            for batch in _iter_batches(source, frames):
                writer.append(batch)
            measurements.append(measurement)
            before = frames
        writer.finish()
    return measurements


def _iter_batches(source: Mp3Source, frames: FrameRange) -> Iterator[NDArray[np.uint8]]:
    size = mp3_frames.compute_frame_size(source.kbps)
    end = frames.begin + (Path(frames.path).stat().st_size - frames.start) // size
    last = end if frames.last is None else frames.last
    for first in range(frames.first, last, _BATCH_FRAMES):
        yield _read_frames(source, frames, first, min(first + _BATCH_FRAMES, last))


def _is_continuation(source: Mp3Source, before: FrameRange, frames: FrameRange) -> bool:
    """Whether it provably continues the chunk before it; a silent overlap cannot confirm continuity."""
    if before.path == frames.path:
        return True
    seam = _read_seam(source, frames, frames.first)
    return _matches(source, before, frames) and bool((seam != seam[0]).any())


def _matches(source: Mp3Source, before: FrameRange, frames: FrameRange) -> bool:
    return np.array_equal(_read_seam(source, before, frames.first), _read_seam(source, frames, frames.first))


def _read_seam(source: Mp3Source, frames: FrameRange, border: int) -> NDArray[np.uint8]:
    """Read the frames on both sides of a border, as ``frames`` has them."""
    return _read_frames(source, frames, border - _OVERLAP_FRAMES, border + _OVERLAP_FRAMES)


def _read_frames(source: Mp3Source, frames: FrameRange, first: int, last: int) -> NDArray[np.uint8]:
    """Read frames ``first`` up to ``last``, numbered as in the finished file."""
    size = mp3_frames.compute_frame_size(source.kbps)
    with Path(frames.path).open("rb") as file:
        file.seek(frames.start + (first - frames.begin) * size)
        raw = file.read((last - first) * size)
    found = mp3_frames.parse_frames(raw, kbps=source.kbps, where=frames.path)
    if len(found) != last - first:
        raise AudioError("the encoder lost samples", where=frames.path, hint="Check disk space, then build again.")
    return found


class _Mp3Writer:
    """Writes frames in order, and before them an Info frame that counts them."""

    def __init__(self, source: Mp3Source, file: IO[bytes]) -> None:
        self._source, self._file = source, file
        self._count = self._crc = 0
        file.write(bytes(mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)))

    def append(self, frames: NDArray[np.uint8]) -> None:
        """Append frames: shape (frames, bytes per frame)."""
        raw = frames.tobytes()
        self._file.write(raw)
        self._count += len(frames)
        self._crc = mp3_frames.compute_crc16(raw, before=self._crc)

    def finish(self) -> None:
        source = self._source
        info = mp3_frames.build_info_frame(
            kbps=source.kbps, channels=source.channels, frames=self._count, samples=source.samples, crc=self._crc
        )
        self._file.seek(0)
        self._file.write(info)


def _name_chunk_file(partial: str, number: int) -> str:
    return f"{partial}.{number}"
