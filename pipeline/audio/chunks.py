"""Encodes one long MP3 in chunks side by side, so that frame for frame it is what one encoder would have written.

With the bit reservoir off a frame holds all of itself; what LAME remembers from one frame to the next fades within
some sixty. So each chunk begins a while before its place, and is believed only where it meets its neighbour frame for
frame (decision 0030).
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import ffmpeg, frames
from pipeline.audio.ffmpeg import RATE
from pipeline.audio.frames import SAMPLES
from pipeline.errors import AudioError

SHORTEST, LONGEST = 1250, 12_500  # frames in a chunk: half a minute, five minutes

_CHUNKS = 8  # of a file whose chunks would be neither too short nor too long
_WARM = 128  # frames encoded before a chunk's own: twice what was ever needed, and more than a seam
_WARMER = 4 * _WARM  # after a seam that did not fit
_AFTER = 16  # frames encoded after a chunk's own, so that the last ones see what follows
_SEAM = 8  # frames to each side of a border that two neighbours must agree on

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be encoded: ``samples`` of FLAC at 48 kHz, each times ``gain``."""

    source: str
    samples: int
    channels: int
    gain: float
    kbps: int


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


def write_mp3(work: Work, out: str, *, workers: int | None = None) -> None:
    """Encode ``work`` to ``out``: an Info frame of our own, and the frames. The bytes do not depend on ``workers``.

    Raises:
        AudioError: ffmpeg gave up, or some of the sound was lost; nothing stands at ``out`` that did not stand there before.
    """
    plan = _plan(work.samples)
    with ffmpeg.replacing(out) as partial:
        try:
            side_by_side(lambda chunk: _encode(work, chunk, partial), plan, workers=workers)
            if not _all_fit(work, plan, partial, workers):
                plan = _planned([0])  # never seen: then one encoder does it all
                _encode(work, plan[0], partial)
            _join(work, plan, partial)
        finally:
            for number in range(len(_plan(work.samples))):
                with suppress(OSError):
                    Path(_part(partial, number)).unlink()


def side_by_side(function: Callable[[T], R], items: Sequence[T], *, workers: int | None = None) -> list[R]:
    """``function`` of each item, in order, on all cores: what it does must be done by children or by numpy."""
    with ThreadPoolExecutor(workers or cores()) as pool:
        return list(pool.map(function, items))


def cores() -> int:
    """How many processors this process may use. Nothing that is written may depend on it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    ffmpeg.transcode(
        work.source,
        _part(partial, chunk.number),
        options=("-c:a", "libmp3lame", "-sample_fmt", "fltp", *rate, *bare),
        gain=work.gain,
        start_s=chunk.begin * SAMPLES / RATE,
        stop_s=None if chunk.last is None else (chunk.last + _AFTER) * SAMPLES / RATE,
    )


def _all_fit(work: Work, plan: list[_Chunk], partial: str, workers: int | None) -> bool:
    """Whether all seams fit; chunks that did not were encoded once more in ``plan``, from further back."""
    bad = _unfit(work, plan, partial)
    for number in bad:
        plan[number] = replace(plan[number], warm=_WARMER)
    side_by_side(lambda number: _encode(work, plan[number], partial), bad, workers=workers)
    return all(_same(work, plan, partial, chunk.number) for chunk in plan[1:])


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
