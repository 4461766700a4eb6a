"""Measures encoded files by decoding: any file, or our own MP3 in ranges on all cores."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.audio.encoding import mp3_chunks, mp3_frames, mpg123
from pipeline.audio.encoding.mp3_frames import SAMPLES_PER_FRAME
from pipeline.audio.metering.chunk_buffer import iter_with_context
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.metering.loudness import compute_integrated_lufs
from pipeline.audio.metering.meter import Meter
from pipeline.audio.metering.true_peak import CONTEXT, compute_true_peaks_above
from pipeline.errors import AudioError
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block, Float32Array, Float64Array

PEAK_WINDOW = 4 * HOP_SAMPLES  # 40 ms: the resolution with which a peak is located

_SETTLING = RATE  # samples before a range, in which the meter's filters settle
_FADE = RATE // 4  # samples outside a range for fades: a hard edge would add a peak
_DECODER_WARM_UP = 4  # frames before the first that counts: a decoder remembers one
_READ_BYTES = 2**14
_PEAK_CHUNK = 25 * PEAK_WINDOW
_DECODER_DELAY = mp3_frames.DELAY + mp3_frames.LATENCY  # samples before the first of the sound


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedMeasurement:
    """Measurements of a decoded file, or of a master while it is rendered; one channel as dual mono."""

    samples: int
    integrated_lufs: float
    true_peak_dbtp: float
    pieces: tuple[Float32Array, ...] = field(compare=False, repr=False)  # of ``energies``

    @property
    def energies(self) -> Float32Array:
        """K-weighted mean square per hop of 10 ms, shape (hops,); joined at each call."""
        return np.concatenate(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcessPeak:
    """A window of 40 ms in which the true peak is too high."""

    start: int  # sample
    excess_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesMeasurement:
    """Measurements of a range of frames."""

    energies: Float32Array  # shape (hops,)
    true_peak_dbtp: float | None  # of the surroundings too
    peaks: tuple[ExcessPeak, ...] = ()  # those that touch it


def measure_decoded(path: str, *, peaks_above_dbtp: float = math.inf) -> tuple[DecodedMeasurement, list[ExcessPeak]]:
    """Decode and measure a whole file, block by block, and find the peaks above ``peaks_above_dbtp``.

    Raises:
        AudioError: It cannot be decoded, or is silent.
    """
    with Decoder(path) as decoder:
        meter = _open_meter(decoder.channels)
        peaks = list(_find_excess_peaks(_push_all(decoder, meter), peaks_above_dbtp))
    whole = FramesMeasurement(energies=meter.compute_energies(), true_peak_dbtp=meter.compute_true_peak_dbtp())
    return combine_measurements(meter.samples, [whole], path), peaks


def _push_all(blocks: Iterable[Block], meter: Meter) -> Iterator[Block]:
    for block in blocks:
        meter.push(block)
        yield block


def measure_frames(
    source: mp3_chunks.Mp3Source, frames: mp3_chunks.FrameRange, *, peaks_above_dbtp: float = math.inf
) -> FramesMeasurement:
    """Measure a range of frames of our own MP3, and find its peaks; the next range begins where this one ends.

    Raises:
        AudioError: It cannot be decoded, or samples are missing.
    """
    decoder = _open_range(source, frames)
    meter = _open_meter(source.channels)
    start = -(-decoder.begin // PEAK_WINDOW) * PEAK_WINDOW  # the windows are those of the whole file
    blocks = _skip(_push_all(decoder.fade(decoder.decode()), meter), start - decoder.begin)
    peaks = list(_find_excess_peaks(blocks, peaks_above_dbtp, first=start))
    if meter.samples != decoder.end - decoder.begin:
        raise AudioError("the encoder lost samples", where=frames.path, hint="Check disk space, then build again.")
    before, count = (decoder.first - decoder.begin) // HOP_SAMPLES, (decoder.last - decoder.first) // HOP_SAMPLES
    energies = meter.compute_energies()[before : before + count]
    return FramesMeasurement(
        energies=energies,
        true_peak_dbtp=meter.compute_true_peak_dbtp(),
        peaks=tuple(peak for peak in peaks if decoder.first - PEAK_WINDOW < peak.start < decoder.last),
    )


def _skip(blocks: Iterable[Block], samples: int) -> Iterator[Block]:
    for block in blocks:
        yield block[samples:]
        samples = max(0, samples - len(block))


def combine_measurements(samples: int, measurements: Sequence[FramesMeasurement], path: str) -> DecodedMeasurement:
    """Combine the measurements of all ranges of a file of so many samples, in order.

    Raises:
        AudioError: It is silence.
    """
    pieces = tuple(measurement.energies for measurement in measurements)
    peaks = [one.true_peak_dbtp for one in measurements if one.true_peak_dbtp is not None]
    loudness = compute_integrated_lufs(np.concatenate(pieces))
    if loudness is None or not peaks:
        raise AudioError("the encoded file is silent", where=path)
    return DecodedMeasurement(samples=samples, integrated_lufs=loudness, true_peak_dbtp=max(peaks), pieces=pieces)


def find_excess_peaks(path: str, *, true_peak_dbtp: float) -> tuple[ExcessPeak, ...]:
    """Find where the decoded file is above that true peak."""
    with Decoder(path) as blocks:
        return tuple(_find_excess_peaks(blocks, true_peak_dbtp))


# Frame ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class _FrameRangeDecoder:
    """Decodes samples ``first`` up to ``last`` and their surroundings."""

    source: mp3_chunks.Mp3Source
    frames: mp3_chunks.FrameRange
    first: int  # on the meter's grid
    last: int

    @property
    def begin(self) -> int:
        warm = self.frames.begin + _DECODER_WARM_UP
        decodable = -(-warm * SAMPLES_PER_FRAME // HOP_SAMPLES) * HOP_SAMPLES if self.frames.begin else 0
        return max(decodable, self.first - _SETTLING)

    @property
    def end(self) -> int:
        return min(self.source.samples, self.last + _FADE)

    def decode(self) -> Iterator[Block]:
        """Decode from ``begin`` up to ``end``; shape (samples, channels) each."""
        size = mp3_frames.compute_frame_size(self.source.kbps)
        first = max(self.frames.begin, (self.begin + _DECODER_DELAY) // SAMPLES_PER_FRAME - _DECODER_WARM_UP)
        last = -(-(self.end + _DECODER_DELAY) // SAMPLES_PER_FRAME) + 1  # the demuxer needs one more frame
        skip = self.begin + _DECODER_DELAY - first * SAMPLES_PER_FRAME
        left = self.end - self.begin
        span = [self.frames.start + (frame - self.frames.begin) * size for frame in (first, last)]
        with decode_bytes(self.frames.path, span[0], span[1], channels=self.source.channels) as blocks:
            for block in blocks:
                inside = block[skip : skip + left]
                skip, left = max(0, skip - len(block)), left - len(inside)
                if len(inside):
                    yield inside

    def fade(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Fade in and out outside the range; blocks have shape (samples, channels)."""
        at = self.begin
        for block in blocks:
            start, at = at, at + len(block)
            rises = self.begin > 0 and start < self.begin + _FADE
            falls = self.end < self.source.samples and at > self.last
            if not rises and not falls:
                yield block
                continue
            places, gain = np.arange(start, at) + 0.5, np.ones(len(block))
            if rises:
                gain *= _compute_fade((places - self.begin) / _FADE)
            if falls:
                gain *= _compute_fade((self.end - places) / _FADE)
            yield (block * gain[:, np.newaxis]).astype(np.float32)


def _open_range(source: mp3_chunks.Mp3Source, frames: mp3_chunks.FrameRange) -> _FrameRangeDecoder:
    first = frames.first * SAMPLES_PER_FRAME // HOP_SAMPLES * HOP_SAMPLES
    last = source.samples if frames.last is None else frames.last * SAMPLES_PER_FRAME // HOP_SAMPLES * HOP_SAMPLES
    return _FrameRangeDecoder(source=source, frames=frames, first=first, last=min(source.samples, last))


@contextmanager
def decode_bytes(path: str, first: int, last: int, *, channels: int) -> Iterator[Iterable[Block]]:
    """Decode the frames of an MP3 between two bytes: blocks of shape (samples, channels)."""
    if not mpg123.is_available():
        with Decoder(path, options=("-f", "mp3"), byte_range=(first, last)) as decoder:
            yield decoder
        return
    with Path(path).open("rb") as file:
        file.seek(first)
        reads = (file.read(min(_READ_BYTES, last - at)) for at in range(first, last, _READ_BYTES))
        yield mpg123.decode_frames(reads, channels=channels)


def _compute_fade(share: Float64Array) -> Float64Array:
    return np.asarray(np.sin(np.clip(share, 0, 1) * math.pi / 2) ** 2)


# Measuring


def _open_meter(channels: int) -> Meter:
    return Meter(max(1, channels), weights=(2.0,) if channels == 1 else None)


def _find_excess_peaks(blocks: Iterable[Block], true_peak_dbtp: float, *, first: int = 0) -> Iterator[ExcessPeak]:
    ceiling = 10 ** (min(true_peak_dbtp, 100.0) / 20)
    chunks = iter_with_context(blocks, _PEAK_CHUNK, before=CONTEXT, after=CONTEXT)
    for number, (sound, start, stop) in enumerate(chunks):
        peaks = compute_true_peaks_above(sound.T, ceiling)[start:stop]
        by_window = np.pad(peaks, (0, -len(peaks) % PEAK_WINDOW)).reshape(-1, PEAK_WINDOW).max(axis=1)
        for window in np.flatnonzero(by_window > ceiling).tolist():
            place = first + number * _PEAK_CHUNK + window * PEAK_WINDOW
            yield ExcessPeak(start=place, excess_db=20 * math.log10(by_window[window] / ceiling))
