"""Measures a file as it is delivered, on its decoded sound; an MP3 of ours in stretches, on all cores at once."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio import chunks, frames
from pipeline.audio.ffmpeg import RATE, Block, Decoding
from pipeline.audio.frames import SAMPLES
from pipeline.audio.loudness import BOUND, HOP, REACH, Floats, Meter, integrated_lufs, interpolated
from pipeline.errors import AudioError

PIECE = 4 * HOP  # 40 ms: how exactly a peak is placed

_AHEAD = RATE  # heard before a stretch begins, for the meter's filters to settle
_FADE = RATE // 4  # in which sound begins and ends outside a stretch: cut off flat, it would have a peak of its own
_DECODING = 4  # frames before the first that counts: a decoder remembers one
_SKIPPED = frames.DELAY + frames.LATENCY  # samples that come out of a decoder before the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came out of the decoder. One channel counts as two (dual mono): that is how it is heard."""

    samples: int
    integrated_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A place of 40 ms where the true peak is too high, and by how much."""

    start: int  # sample
    over_db: float


def hear(path: str) -> Heard:
    """Decode all of ``path``, one second after the other.

    Raises:
        AudioError: it cannot be decoded, or is silent.
    """
    with Decoding(path) as blocks:
        meter = _meter(blocks.channels)
        for block in blocks:
            meter.push(block)
    return _heard(meter.samples, meter.energies(), [meter.true_peak_dbtp()], path)


def hear_mp3(work: chunks.Work, path: str, *, workers: int | None = None) -> Heard:
    """The same of an MP3 that was made of ``work``, stretch by stretch; what is said does not depend on ``workers``.

    Raises:
        AudioError: it cannot be decoded, is silent, or is not as long as ``work``.
    """
    size = chunks.grid(-(-work.samples // SAMPLES)) * SAMPLES // HOP * HOP
    starts = range(0, work.samples, size)
    stretches = [_Stretch(work=work, first=start, last=min(work.samples, start + size)) for start in starts]
    found = chunks.side_by_side(lambda stretch: stretch.heard(path), stretches, workers=workers)
    energies = np.concatenate([energies for energies, _ in found])
    return _heard(work.samples, energies, [peak for _, peak in found], path)


def overs(path: str, *, true_peak_dbtp: float) -> tuple[Over, ...]:
    """Where the decoded sound of ``path`` stands above that true peak."""
    allowed = 10 ** (true_peak_dbtp / 20)
    found = []
    with Decoding(path) as blocks:
        for start, piece in _pieces(blocks):
            if np.abs(piece).max() * BOUND > allowed and (peak := float(interpolated(piece).max())) > allowed:
                found.append(Over(start=start, over_db=20 * math.log10(peak / allowed)))
    return tuple(found)


# --------------------------------------------------------------------------------------------------------------- within


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Samples ``first`` to ``last`` of the sound, ``first`` on the meter's grid."""

    work: chunks.Work
    first: int
    last: int

    @property
    def begin(self) -> int:
        return max(0, self.first - _AHEAD)

    @property
    def end(self) -> int:
        return min(self.work.samples, self.last + _FADE)

    def heard(self, path: str) -> tuple[Floats, float | None]:
        """The energies of this stretch alone, and the highest true peak in it (or in what was heard around it)."""
        meter = _meter(self.work.channels)
        for block in self._faded(self._decoded(path)):
            meter.push(block)
        if meter.samples != self.end - self.begin:
            raise AudioError("the encoder lost some of the sound", where=path, hint="Is the disk full? Build again.")
        before, count = (self.first - self.begin) // HOP, (self.last - self.first) // HOP
        return meter.energies()[before : before + count], meter.true_peak_dbtp()

    def _decoded(self, path: str) -> Iterator[Block]:
        """What lies between begin and end: the frames around it, decoded without the rest of the file."""
        size, head = frames.size_of(self.work.kbps), frames.info_size(self.work.kbps, channels=self.work.channels)
        first = max(0, (self.begin + _SKIPPED) // SAMPLES - _DECODING)
        last = -(-(self.end + _SKIPPED) // SAMPLES)
        skip, left = self.begin + _SKIPPED - first * SAMPLES, self.end - self.begin
        with Decoding(path, options=("-f", "mp3"), span=(head + first * size, head + last * size)) as blocks:
            for block in blocks:
                kept = block[skip : skip + left]
                skip, left = max(0, skip - len(block)), left - len(kept)
                if len(kept):
                    yield kept

    def _faded(self, blocks: Iterable[Block]) -> Iterator[Block]:
        at = self.begin
        for block in blocks:
            places = np.arange(at, at + len(block)) + 0.5
            at += len(block)
            gain = np.ones(len(block))
            if self.begin > 0 and places[0] < self.begin + _FADE:
                gain *= _ramp((places - self.begin) / _FADE)
            if self.end < self.work.samples and places[-1] > self.last:
                gain *= _ramp((self.end - places) / _FADE)
            yield (block * gain[:, np.newaxis]).astype(np.float32)


def _ramp(part: Floats) -> Floats:
    return np.asarray(np.sin(np.clip(part, 0, 1) * math.pi / 2) ** 2)


def _meter(channels: int) -> Meter:
    return Meter(max(1, channels), weights=(2.0,) if channels == 1 else None)


def _heard(samples: int, energies: Floats, peaks: Iterable[float | None], path: str) -> Heard:
    loudness, known = integrated_lufs(energies), [peak for peak in peaks if peak is not None]
    if loudness is None or not known:
        raise AudioError("what came out of the encoder is silence", where=path)
    return Heard(samples=samples, integrated_lufs=loudness, true_peak_dbtp=max(known))


def _pieces(blocks: Iterable[Block]) -> Iterator[tuple[int, Block]]:
    """Pieces of 40 ms with what the interpolator sees around them, and where they begin; a last one may be shorter."""
    start, held = 0, None
    for block in blocks:
        held = np.concatenate([np.zeros((REACH, block.shape[1]), np.float32) if held is None else held, block])
        while len(held) >= PIECE + 2 * REACH:
            yield start, held[: PIECE + 2 * REACH]
            start, held = start + PIECE, held[PIECE:]
    if held is not None and len(held) > REACH:
        yield start, np.pad(held, ((0, REACH), (0, 0)))
