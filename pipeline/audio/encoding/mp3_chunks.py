"""Encodes one long MP3 in chunks side by side, so that frame for frame it is what one encoder would have written.

With the bit reservoir off a frame holds all of itself; what LAME remembers from one frame to the next fades within
some sixty. So each chunk begins a while before its place, and is believed only where it meets its neighbour frame for
frame (decision 0030).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.encoding import lame, mp3_frames
from pipeline.audio.encoding.mp3_frames import SAMPLES
from pipeline.audio.parallel import side_by_side
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import Block

SHORTEST, LONGEST = 1250, 12_500  # frames in a chunk: half a minute, five minutes

_SHARE = 4  # part of what is left that a chunk has: small ones last, so that nobody waits long for the last of them
_CHUNKS = 8  # of a file none of which would be too short; where it is long, the last ones are two minutes and shorter
_WARM = 128  # frames encoded before a chunk's own: twice what was ever needed, and more than a seam
_WARMER = 4 * _WARM  # after a seam that did not fit
_AFTER = 16  # frames encoded after a chunk's own, so that the last ones see what follows
_AT_ONCE = 2500  # frames joined at a time: a minute
_SEAM = 8  # frames to each side of a border that two neighbours must agree on

R = TypeVar("R")
Span = tuple[int, int]  # samples, from and up to


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
class Made(Generic[R]):
    """Some frames as they stand in the file that was written, and what was heard of them."""

    frames: Frames
    heard: R


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

    def samples(self, work: Work) -> Span:
        """What its encoder is given."""
        last = work.samples if self.last is None else min((self.last + _AFTER) * SAMPLES, work.samples)
        return self.begin * SAMPLES, last

    def part(self, partial: str) -> Frames:
        """What its encoder writes, while ``partial`` is made."""
        return Frames(path=_part(partial, self.number), start=0, begin=self.begin, first=self.first, last=self.last)

    def delivered(self, work: Work, path: str) -> Frames:
        """Its frames in the whole file."""
        start = mp3_frames.info_size(work.kbps, channels=work.channels)
        return Frames(path=path, start=start, begin=0, first=self.first, last=self.last)


def write_mp3(
    work: Work,
    out: str,
    *,
    hear: Callable[[Frames], R],
    made: Sequence[Made[R]] = (),
    changed: Sequence[Span] = (),
    workers: int | None = None,
) -> list[Made[R]]:
    """Encode ``work`` to ``out``: an Info frame of our own, and the frames; and what ``hear`` says of each chunk of them.

    A chunk is heard beside the encoding of others. Neither bytes nor answers depend on ``workers``, nor on ``made`` and
    ``changed``: what an earlier call made of a sound that differs in those places alone, and that stands at ``out``. Only
    the chunks that see such a place are made again then.

    Raises:
        AudioError: ffmpeg gave up, or some of the sound was lost; nothing stands at ``out`` that did not stand there before.
    """
    plan = _plan(work.samples)
    kept = _kept(work, plan, made, changed)
    with ffmpeg.replacing(out) as partial:

        def encoded(chunk: _Chunk) -> R:
            first, last = chunk.samples(work)
            part = chunk.part(partial)
            lame.encode(work.blocks(first, last), channels=work.channels, kbps=work.kbps, out=part.path)
            return hear(part)

        try:
            heard = _joined(work, plan, partial, encoded, kept=kept, workers=workers)
            if not heard:  # never seen: one encoder does it all
                plan = _planned([0])
                heard = _joined(work, plan, partial, encoded, kept={}, workers=1)
        finally:
            for number in range(len(_plan(work.samples))):
                with suppress(OSError):
                    Path(_part(partial, number)).unlink()
    return [Made(frames=chunk.delivered(work, out), heard=one) for chunk, one in zip(plan, heard, strict=True)]


# --------------------------------------------------------------------------------------------------------------- within


def _plan(samples: int) -> list[_Chunk]:
    return _planned(list(_borders(-(-samples // SAMPLES))))


def _borders(length: int) -> Iterator[int]:
    """With which frames chunks begin, of so many; the last chunk may be half as long again as the one before it."""
    shortest = min(2 * SHORTEST, max(SHORTEST, -(-length // _CHUNKS)))
    first = size = 0
    while first == 0 or length - first >= size // 2:
        yield first
        size = min(LONGEST, max(shortest, -(-(length - first) // _SHARE)))
        first += size


def _planned(firsts: Sequence[int]) -> list[_Chunk]:
    lasts: list[int | None] = [*firsts[1:], None]
    return [
        _Chunk(number=number, first=first, last=last, warm=_WARM)
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=True))
    ]


def _kept(work: Work, plan: Sequence[_Chunk], made: Sequence[Made[R]], changed: Sequence[Span]) -> dict[int, Made[R]]:
    """Of the chunks with these numbers nothing would come out otherwise."""
    if [chunk.first for chunk in plan] != [one.frames.first for one in made]:
        return {}
    spans = [chunk.samples(work) for chunk in plan]
    return {
        chunk.number: one
        for chunk, (first, last), one in zip(plan, spans, made, strict=True)
        if not any(begin < last and first < end for begin, end in changed)
    }


def _joined(
    work: Work,
    plan: Sequence[_Chunk],
    partial: str,
    made: Callable[[_Chunk], R],
    *,
    kept: Mapping[int, Made[R]],
    workers: int | None,
) -> list[R]:
    """Have the chunks made, and join each while others are still at it; nothing, where two of them do not meet at all."""
    heard: list[R] = []
    wanted = [chunk for chunk in plan if chunk.number not in kept]
    with Path(partial).open("wb") as file, closing(side_by_side(made, wanted, workers=workers)) as answers:
        joining = _Joining(work, file)
        before: Frames | None = None
        for chunk in plan:
            one = kept.get(chunk.number) or Made(heard=next(answers), frames=chunk.part(partial))
            if before and not _goes_on(work, before, one.frames):
                again = replace(chunk, warm=_WARMER)
                one = Made(heard=made(again), frames=again.part(partial))
                if not _same(work, before, one.frames):
                    return []
            for some in _frames_of(work, one.frames):
                joining.add(some)
            heard.append(one.heard)
            before = one.frames
        joining.end()
    return heard


def _frames_of(work: Work, part: Frames) -> Iterator[NDArray[np.uint8]]:
    """What is delivered of them, some at a time."""
    there = part.begin + (Path(part.path).stat().st_size - part.start) // mp3_frames.size_of(work.kbps)
    last = there if part.last is None else part.last
    for first in range(part.first, last, _AT_ONCE):
        yield _taken(work, part, first, min(first + _AT_ONCE, last))


def _goes_on(work: Work, before: Frames, part: Frames) -> bool:
    """Whether it proves to go on as the one before it does; silence proves nothing, and one file always does."""
    if before.path == part.path:
        return True
    return _same(work, before, part) and not _silent(_around(work, part, part.first))


def _same(work: Work, before: Frames, part: Frames) -> bool:
    return np.array_equal(_around(work, before, part.first), _around(work, part, part.first))


def _silent(seam: NDArray[np.uint8]) -> bool:
    return bool((seam == seam[0]).all())


def _around(work: Work, part: Frames, border: int) -> NDArray[np.uint8]:
    """The frames to both sides of a border, as ``part`` has them."""
    return _taken(work, part, border - _SEAM, border + _SEAM)


def _taken(work: Work, part: Frames, first: int, last: int) -> NDArray[np.uint8]:
    """Frames ``first`` to ``last`` of the whole, out of a file that has them."""
    size = mp3_frames.size_of(work.kbps)
    with Path(part.path).open("rb") as file:
        file.seek(part.start + (first - part.begin) * size)
        raw = file.read((last - first) * size)
    taken = mp3_frames.frames_in(raw, kbps=work.kbps, where=part.path)
    if len(taken) != last - first:
        raise AudioError("the encoder lost some of the sound", where=part.path, hint="Is the disk full? Build again.")
    return taken


class _Joining:
    """Writes frames one chunk after the other, and before them an Info frame that counts them all."""

    def __init__(self, work: Work, file: IO[bytes]) -> None:
        self._work, self._file = work, file
        self._count = self._crc = 0
        file.write(bytes(mp3_frames.info_size(work.kbps, channels=work.channels)))

    def add(self, taken: NDArray[np.uint8]) -> None:
        raw = taken.tobytes()
        self._file.write(raw)
        self._count += len(taken)
        self._crc = mp3_frames.crc16(raw, before=self._crc)

    def end(self) -> None:
        work = self._work
        told = mp3_frames.Stream(
            kbps=work.kbps, channels=work.channels, frames=self._count, samples=work.samples, crc=self._crc
        )
        self._file.seek(0)
        self._file.write(mp3_frames.info_frame(told))


def _part(partial: str, number: int) -> str:
    return f"{partial}.{number}"
