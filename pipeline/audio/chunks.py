"""Encodes one long MP3 in chunks side by side, so that frame for frame it is what one encoder would have written.

With the bit reservoir off a frame holds all of itself; what LAME remembers from one frame to the next fades within
some sixty. So each chunk begins a while before its place, and is believed only where it meets its neighbour frame for
frame (decision 0030).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import ffmpeg, frames
from pipeline.audio.beside import side_by_side
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.audio.frames import SAMPLES
from pipeline.errors import AudioError

SHORTEST, LONGEST = 1250, 12_500  # frames in a chunk: half a minute, five minutes

_CHUNKS = 8  # of a file whose chunks would be neither too short nor too long
_WARM = 128  # frames encoded before a chunk's own: twice what was ever needed, and more than a seam
_WARMER = 4 * _WARM  # after a seam that did not fit
_AFTER = 16  # frames encoded after a chunk's own, so that the last ones see what follows
_SEAM = 8  # frames to each side of a border that two neighbours must agree on

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be encoded: ``samples`` at 48 kHz, of a FLAC and each times ``gain``, or as ``blocks`` gives them."""

    source: str = ""
    samples: int
    channels: int
    gain: float = 1.0
    kbps: int
    blocks: Callable[[int, int], Iterable[Block]] | None = None  # from one sample up to another, the same each time


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
            heard = side_by_side(made, plan, workers=workers)
            bad = _unfit(work, plan, partial)
            for number in bad:
                plan[number] = replace(plan[number], warm=_WARMER)
            for number, again in zip(
                bad, side_by_side(made, [plan[number] for number in bad], workers=workers), strict=True
            ):
                heard[number] = again
            if not all(_same(work, plan, partial, chunk.number) for chunk in plan[1:]):
                plan = _planned([0])  # never seen: then one encoder does it all
                heard = [made(plan[0])]
            _join(work, plan, partial)
        finally:
            for number in range(len(_plan(work.samples))):
                with suppress(OSError):
                    Path(_part(partial, number)).unlink()
    return heard


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
    rate = ("-b:a", f"{work.kbps}k", "-compression_level", "5", "-reservoir", "0")
    bare = ("-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")
    options = ("-c:a", "libmp3lame", "-sample_fmt", "fltp", *rate, *bare)
    first, out = chunk.begin * SAMPLES, _part(partial, chunk.number)
    last = None if chunk.last is None else (chunk.last + _AFTER) * SAMPLES
    if work.blocks is not None:
        blocks = work.blocks(first, work.samples if last is None else min(last, work.samples))
        ffmpeg.encode(blocks, channels=work.channels, out=out, options=options)
        return
    ffmpeg.transcode(
        work.source,
        out,
        options=options,
        gain=work.gain,
        start_s=first / RATE,
        stop_s=None if last is None else last / RATE,
    )


def _unfit(work: Work, plan: Sequence[_Chunk], partial: str) -> list[int]:
    """The chunks that do not prove to go on as the one before them does; silence proves nothing."""
    return [
        chunk.number
        for chunk in plan[1:]
        if not _same(work, plan, partial, chunk.number) or _silent(_around(work, chunk, chunk.first, partial))
    ]


def _same(work: Work, plan: Sequence[_Chunk], partial: str, number: int) -> bool:
    before, chunk = plan[number - 1], plan[number]
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


def _join(work: Work, plan: Sequence[_Chunk], partial: str) -> None:
    """Write the Info frame's place, all frames, and then the Info frame."""
    count = crc = 0
    with Path(partial).open("wb") as file:
        file.write(bytes(frames.info_size(work.kbps, channels=work.channels)))
        for raw in _frames_of(work, plan, partial):
            file.write(raw)
            count += len(raw) // frames.size_of(work.kbps)
            crc = frames.crc16(raw, before=crc)
        file.seek(0)
        file.write(_info(work, count=count, crc=crc))


def _frames_of(work: Work, plan: Iterable[_Chunk], partial: str) -> Iterator[bytes]:
    for chunk in plan:
        yield _taken(work, chunk, chunk.first, chunk.last, partial).tobytes()


def _info(work: Work, *, count: int, crc: int) -> bytes:
    return frames.info_frame(
        frames.Stream(kbps=work.kbps, channels=work.channels, frames=count, samples=work.samples, crc=crc)
    )


def _part(partial: str, number: int) -> str:
    return f"{partial}.{number}"
