"""Encodes one long MP3 in chunks side by side, so that frame for frame it is what one encoder would have written.

With the bit reservoir off a frame holds all of itself; what LAME remembers from one frame to the next fades within
some sixty. So each chunk begins a while before its place, and is believed only where it meets its neighbour frame for
frame (decision 0030).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import ffmpeg, frames, lame
from pipeline.audio.beside import side_by_side
from pipeline.audio.ffmpeg import Block
from pipeline.audio.frames import SAMPLES
from pipeline.errors import AudioError

SHORTEST, LONGEST = 1250, 12_500  # frames in a chunk: half a minute, five minutes

_CHUNKS = 8  # of a file whose chunks would be neither too short nor too long
_WARM = 128  # frames encoded before a chunk's own: twice what was ever needed, and more than a seam
_WARMER = 4 * _WARM  # after a seam that did not fit
_AFTER = 16  # frames encoded after a chunk's own, so that the last ones see what follows
_AT_ONCE = 2500  # frames joined at a time: a minute
_SEAM = 8  # frames to each side of a border that two neighbours must agree on

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be encoded: ``samples`` at 48 kHz."""

    samples: int
    channels: int
    kbps: int
    blocks: Callable[[int, int], Iterable[Block]]  # from one sample up to another, the same each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Bare frames in a file: from byte ``start`` on, of which the first is frame ``begin`` of the whole.

    Those from ``first`` up to ``last`` (``None``: the end) are what is delivered; the others only lead up to them.
    """

    path: str
    start: int
    begin: int
    first: int
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Frames ``first`` to ``last`` of the whole; ``warm`` more were encoded before them. The final one has no ``last``."""

    number: int
    first: int
    last: int | None
    warm: int

    @property
    def begin(self) -> int:
        """The frame with which its encoder begins."""
        return max(0, self.first - self.warm)

    def frames(self, path: str) -> Frames:
        """Those that an encoder wrote to ``path``."""
        return Frames(path=path, start=0, begin=self.begin, first=self.first, last=self.last)


def write_mp3(work: Work, out: str, *, hear: Callable[[Frames], R], workers: int | None = None) -> list[R]:
    """Encode ``work`` to ``out``: an Info frame of our own, and the frames; and what ``hear`` says of each chunk of them.

    A chunk is heard beside the encoding of others. Neither bytes nor answers depend on ``workers``.

    Raises:
        AudioError: ffmpeg gave up, or some of the sound was lost; nothing stands at ``out`` that did not stand there before.
    """
    plan = _plan(work.samples)
    with ffmpeg.replacing(out) as partial:

        def made(chunk: _Chunk) -> R:
            _encode(work, chunk, partial)
            return hear(chunk.frames(_part(partial, chunk.number)))

        try:
            heard = _joined(work, plan, partial, made, workers=workers)
            return heard or _joined(
                work, _planned([0]), partial, made, workers=1
            )  # never seen: one encoder does it all
        finally:
            for number in range(len(plan)):
                with suppress(OSError):
                    Path(_part(partial, number)).unlink()


def grid(length: int) -> int:
    """How many frames a chunk has, for a sound of so many."""
    return min(LONGEST, max(SHORTEST, -(-length // _CHUNKS)))


# --------------------------------------------------------------------------------------------------------------- within


def _plan(samples: int) -> list[_Chunk]:
    length = -(-samples // SAMPLES)
    size = grid(length)
    return _planned([0, *(first for first in range(size, length, size) if length - first >= size // 2)])


def _planned(firsts: Sequence[int]) -> list[_Chunk]:
    lasts: list[int | None] = [*firsts[1:], None]
    return [
        _Chunk(number=number, first=first, last=last, warm=_WARM)
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def _encode(work: Work, chunk: _Chunk, partial: str) -> None:
    first = chunk.begin * SAMPLES
    last = work.samples if chunk.last is None else min((chunk.last + _AFTER) * SAMPLES, work.samples)
    blocks = work.blocks(first, last)
    lame.encode(blocks, channels=work.channels, kbps=work.kbps, out=_part(partial, chunk.number))


def _joined(
    work: Work, plan: Sequence[_Chunk], partial: str, made: Callable[[_Chunk], R], *, workers: int | None
) -> list[R]:
    """Have all chunks made, and join each while others are still at it; nothing, where two of them do not meet at all."""
    heard: list[R] = []
    with Path(partial).open("wb") as file, closing(side_by_side(made, plan, workers=workers)) as answers:
        joining = _Joining(work, file)
        before: _Chunk | None = None
        for chunk, answer in zip(plan, answers, strict=True):
            if before and not _goes_on(work, before, chunk, partial):
                chunk, answer = (again := replace(chunk, warm=_WARMER)), made(again)  # noqa: PLW2901
                if not _same(work, before, chunk, partial):
                    return []
            for some in _frames_of(work, chunk, partial):
                joining.add(some)
            heard.append(answer)
            before = chunk
        joining.end()
    return heard


def _frames_of(work: Work, chunk: _Chunk, partial: str) -> Iterator[NDArray[np.uint8]]:
    """What ``chunk`` delivers, some at a time."""
    there = chunk.begin + Path(_part(partial, chunk.number)).stat().st_size // frames.size_of(work.kbps)
    last = there if chunk.last is None else chunk.last
    for first in range(chunk.first, last, _AT_ONCE):
        yield _taken(work, chunk, first, min(first + _AT_ONCE, last), partial)


def _goes_on(work: Work, before: _Chunk, chunk: _Chunk, partial: str) -> bool:
    """Whether it proves to go on as the one before it does; silence proves nothing."""
    return _same(work, before, chunk, partial) and not _silent(_around(work, chunk, chunk.first, partial))


def _same(work: Work, before: _Chunk, chunk: _Chunk, partial: str) -> bool:
    return np.array_equal(_around(work, before, chunk.first, partial), _around(work, chunk, chunk.first, partial))


def _silent(seam: NDArray[np.uint8]) -> bool:
    return bool((seam == seam[0]).all())


def _around(work: Work, chunk: _Chunk, border: int, partial: str) -> NDArray[np.uint8]:
    """The frames to both sides of a border, as ``chunk`` has them."""
    return _taken(work, chunk, border - _SEAM, border + _SEAM, partial)


def _taken(work: Work, chunk: _Chunk, first: int, last: int | None, partial: str) -> NDArray[np.uint8]:
    """Frames ``first`` to ``last`` of the whole, out of what ``chunk`` has."""
    path, size = _part(partial, chunk.number), frames.size_of(work.kbps)
    with Path(path).open("rb") as file:
        file.seek((first - chunk.begin) * size)
        raw = file.read(-1 if last is None else (last - first) * size)
    taken = frames.frames_in(raw, kbps=work.kbps, where=path)
    if last is not None and len(taken) != last - first:
        raise AudioError("the encoder lost some of the sound", where=path, hint="Is the disk full? Build again.")
    return taken


class _Joining:
    """Writes frames one chunk after the other, and before them an Info frame that counts them all."""

    def __init__(self, work: Work, file: IO[bytes]) -> None:
        self._work, self._file = work, file
        self._count = self._crc = 0
        file.write(bytes(frames.info_size(work.kbps, channels=work.channels)))

    def add(self, taken: NDArray[np.uint8]) -> None:
        raw = taken.tobytes()
        self._file.write(raw)
        self._count += len(taken)
        self._crc = frames.crc16(raw, before=self._crc)

    def end(self) -> None:
        work = self._work
        told = frames.Stream(
            kbps=work.kbps, channels=work.channels, frames=self._count, samples=work.samples, crc=self._crc
        )
        self._file.seek(0)
        self._file.write(frames.info_frame(told))


def _part(partial: str, number: int) -> str:
    return f"{partial}.{number}"
