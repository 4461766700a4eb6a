"""Measures a file as it is delivered, on its decoded sound; an MP3 of ours in stretches, on all cores at once."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.audio.encoding import mp3_chunks, mp3_frames, mpg123
from pipeline.audio.encoding.mp3_frames import SAMPLES
from pipeline.audio.metering.block_biquad import Floats, Singles
from pipeline.audio.metering.loudness import BOUND, HOP, REACH, Meter, integrated_lufs, interpolated
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import RATE, Block, Decoding

PIECE = 4 * HOP  # 40 ms: how exactly a peak is placed

_AHEAD = RATE  # heard before a stretch begins, for the meter's filters to settle
_FADE = RATE // 4  # in which sound begins and ends outside a stretch: cut off flat, it would have a peak of its own
_DECODING = 4  # frames before the first that counts: a decoder remembers one
_READ = 2**14  # bytes: a second, as it happens
_SKIPPED = mp3_frames.DELAY + mp3_frames.LATENCY  # samples that come out of a decoder before the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came out of the decoder. One channel counts as two (dual mono): that is how it is heard."""

    samples: int
    integrated_lufs: float
    true_peak_dbtp: float
    pieces: tuple[Singles, ...] = field(compare=False, repr=False)  # of ``energies``, one after the other

    @property
    def energies(self) -> Singles:
        """Mean square of the K-weighted sound in hops of 10 ms; put together anew each time: it may be megabytes."""
        return np.concatenate(self.pieces)


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
    return _heard(meter.samples, [meter.energies()], [meter.true_peak_dbtp()], path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What was heard of some frames."""

    energies: Singles
    true_peak_dbtp: float | None  # also of what was heard around them


def hear_frames(work: mp3_chunks.Work, part: mp3_chunks.Frames) -> Stretch:
    """The sound of those frames of an MP3 that is made of ``work``; the next stretch begins where this one ends.

    Raises:
        AudioError: it cannot be decoded, or some of it is missing.
    """
    return _listening(work, part).heard()


def together(work: mp3_chunks.Work, stretches: Iterable[Stretch], path: str) -> Heard:
    """What all stretches are as one.

    Raises:
        AudioError: it is silence.
    """
    found = list(stretches)
    return _heard(
        work.samples, [stretch.energies for stretch in found], [stretch.true_peak_dbtp for stretch in found], path
    )


def overs(path: str, *, true_peak_dbtp: float) -> tuple[Over, ...]:
    """Where the decoded sound of ``path`` stands above that true peak."""
    with Decoding(path) as blocks:
        return tuple(_too_high(blocks, true_peak_dbtp))


def overs_in_frames(work: mp3_chunks.Work, part: mp3_chunks.Frames, *, true_peak_dbtp: float) -> tuple[Over, ...]:
    """Those of them that reach into the sound of these frames, in pieces as of the whole file."""
    listening = _listening(work, part)
    start = -(-listening.begin // PIECE) * PIECE
    found = _too_high(listening.decoded(skipped=start - listening.begin), true_peak_dbtp, first=start)
    return tuple(over for over in found if listening.first - PIECE < over.start < listening.last)


# --------------------------------------------------------------------------------------------------------------- within


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listening:
    """Samples ``first`` to ``last`` of the sound, ``first`` on the meter's grid."""

    work: mp3_chunks.Work
    part: mp3_chunks.Frames
    first: int
    last: int

    @property
    def begin(self) -> int:
        there = -(-(self.part.begin + _DECODING) * SAMPLES // HOP) * HOP if self.part.begin else 0
        return max(there, self.first - _AHEAD)

    @property
    def end(self) -> int:
        return min(self.work.samples, self.last + _FADE)

    def heard(self) -> Stretch:
        meter = _meter(self.work.channels)
        for block in self._faded(self.decoded()):
            meter.push(block)
        if meter.samples != self.end - self.begin:
            raise AudioError(
                "the encoder lost some of the sound", where=self.part.path, hint="Is the disk full? Build again."
            )
        before, count = (self.first - self.begin) // HOP, (self.last - self.first) // HOP
        return Stretch(energies=meter.energies()[before : before + count], true_peak_dbtp=meter.true_peak_dbtp())

    def decoded(self, *, skipped: int = 0) -> Iterator[Block]:
        """What lies between begin, but for so many samples, and end: decoded without the rest of the file."""
        size = mp3_frames.size_of(self.work.kbps)
        first = max(self.part.begin, (self.begin + _SKIPPED) // SAMPLES - _DECODING)
        last = -(-(self.end + _SKIPPED) // SAMPLES) + 1  # the demuxer wants to see a frame beyond
        skip, left = self.begin + skipped + _SKIPPED - first * SAMPLES, self.end - self.begin - skipped
        span = tuple(self.part.start + (frame - self.part.begin) * size for frame in (first, last))
        with _sound_of(self.part.path, span[0], span[1], channels=self.work.channels) as blocks:
            for block in blocks:
                kept = block[skip : skip + left]
                skip, left = max(0, skip - len(block)), left - len(kept)
                if len(kept):
                    yield kept

    def _faded(self, blocks: Iterable[Block]) -> Iterator[Block]:
        at = self.begin
        for block in blocks:
            start, at = at, at + len(block)
            rises = self.begin > 0 and start < self.begin + _FADE
            falls = self.end < self.work.samples and at > self.last
            if not rises and not falls:
                yield block
                continue
            places, gain = np.arange(start, at) + 0.5, np.ones(len(block))
            if rises:
                gain *= _ramp((places - self.begin) / _FADE)
            if falls:
                gain *= _ramp((self.end - places) / _FADE)
            yield (block * gain[:, np.newaxis]).astype(np.float32)


def _listening(work: mp3_chunks.Work, part: mp3_chunks.Frames) -> _Listening:
    first = part.first * SAMPLES // HOP * HOP
    last = work.samples if part.last is None else part.last * SAMPLES // HOP * HOP
    return _Listening(work=work, part=part, first=first, last=min(work.samples, last))


@contextmanager
def _sound_of(path: str, first: int, last: int, *, channels: int) -> Iterator[Iterable[Block]]:
    """The sound of the frames between two bytes."""
    if not mpg123.is_there():
        with Decoding(path, options=("-f", "mp3"), span=(first, last)) as decoding:
            yield decoding
        return
    with Path(path).open("rb") as file:
        file.seek(first)
        reads = (file.read(min(_READ, last - at)) for at in range(first, last, _READ))
        yield mpg123.decoded(reads, channels=channels)


def _ramp(part: Floats) -> Floats:
    return np.asarray(np.sin(np.clip(part, 0, 1) * math.pi / 2) ** 2)


def _meter(channels: int) -> Meter:
    return Meter(max(1, channels), weights=(2.0,) if channels == 1 else None)


def _heard(samples: int, pieces: Iterable[Singles], peaks: Iterable[float | None], path: str) -> Heard:
    kept, known = tuple(pieces), [peak for peak in peaks if peak is not None]
    loudness = integrated_lufs(np.concatenate(kept))
    if loudness is None or not known:
        raise AudioError("what came out of the encoder is silence", where=path)
    return Heard(samples=samples, integrated_lufs=loudness, true_peak_dbtp=max(known), pieces=kept)


def _too_high(blocks: Iterable[Block], true_peak_dbtp: float, *, first: int = 0) -> Iterator[Over]:
    allowed = 10 ** (true_peak_dbtp / 20)
    for start, piece in _pieces(blocks, first):
        if np.abs(piece).max() * BOUND > allowed and (peak := float(interpolated(piece).max())) > allowed:
            yield Over(start=start, over_db=20 * math.log10(peak / allowed))


def _pieces(blocks: Iterable[Block], first: int) -> Iterator[tuple[int, Block]]:
    """Pieces of 40 ms with what the interpolator sees around them, and where they begin; a last one may be shorter."""
    start, held = first, None
    for block in blocks:
        held = np.concatenate([np.zeros((REACH, block.shape[1]), np.float32) if held is None else held, block])
        while len(held) >= PIECE + 2 * REACH:
            yield start, held[: PIECE + 2 * REACH]
            start, held = start + PIECE, held[PIECE:]
    if held is not None and len(held) > REACH:
        yield start, np.pad(held, ((0, REACH), (0, 0)))
