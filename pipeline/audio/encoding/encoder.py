"""Encodes a master to its target: encode, decode, measure, correct."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.audio.encoding import decoded_measurement, mp3_chunks, mp3_frames
from pipeline.audio.encoding.decoded_measurement import DecodedMeasurement, ExcessPeak
from pipeline.audio.processing.limiter import HEADROOM_DB, compute_limiter_ceiling, limit_true_peak
from pipeline.audio.tasks import EncodeResult, EncodeTask, MasterFileTask
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.media.decoder import Decoder
from pipeline.media.flac import read_flac_length
from pipeline.media.samples import RATE, Block
from pipeline.model import SoundTarget

_MEDIA_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg", "flac": "audio/flac"}

_MAX_ATTEMPTS = 3
_TOLERANCE_LU = 0.1
_LENGTH_TOLERANCE = 2400  # samples: ffmpeg 5.1 decodes an m4a 512 too long
_MARGIN_DB = 0.15  # attenuation margin below the ceiling for encoder overshoots
_FADE = RATE // 100  # samples before such a peak in which the gain falls, and after it in which it rises


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingAttempt:
    """Corrections to the master before encoding: a gain with a limiter, and attenuated peaks."""

    gain_db: float = 0.0
    ceiling_dbtp: float | None = None
    attenuated: tuple[ExcessPeak, ...] = ()

    def find_differences(self, other: "EncodingAttempt") -> tuple[ExcessPeak, ...] | None:
        """Find the places where the audio of two attempts differs; ``None``: everywhere."""
        if (self.gain_db, self.ceiling_dbtp) != (other.gain_db, other.ceiling_dbtp):
            return None
        ours, others = Counter(self.attenuated), Counter(other.attenuated)
        return (*(ours - others), *(others - ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """What the decoded file of an attempt measures."""

    attempt: EncodingAttempt
    measurement: DecodedMeasurement

    def compute_deviation(self, target: SoundTarget) -> float:
        """Compute the deviation from the target in dB beyond the tolerance; 0 if it is met."""
        loudness = abs(self.measurement.integrated_lufs - target.loudness_lufs) - _TOLERANCE_LU
        return max(0.0, loudness) + max(0.0, self.measurement.true_peak_dbtp - target.true_peak_dbtp)


def encode_master(task: EncodeTask) -> EncodeResult:
    """Encode a master, measure the decoded file, and correct it where the target is missed.

    If the target is not met after three attempts, the nearest attempt is the result, with its real
    measurements. An MP3 is encoded on all cores, and has the same bytes as on one.

    Raises:
        AudioError: The master cannot be read, or the encoder lost samples.
    """
    corrected = f"{task.out}.corrected"
    file = _TranscodedFile(task, corrected) if task.format != "mp3" else _open_chunked_mp3(task, corrected)
    try:
        result = encode_to_target(task.target, file)
    finally:
        with suppress(OSError):
            Path(corrected).unlink()
    return describe_encoded(task, result.measurement)


def encode_to_target(target: SoundTarget, file: "ChunkedMp3 | _TranscodedFile") -> AttemptResult:
    """Write ``file`` until it meets its target, at most three times.

    Returns:
        The attempt that came nearest; ``out`` contains that attempt.
    """
    results = [AttemptResult(attempt=EncodingAttempt(), measurement=file.write(EncodingAttempt()))]
    while results[-1].compute_deviation(target) and len(results) < _MAX_ATTEMPTS:
        attempt = _correct(target, file, results[-1])
        results.append(AttemptResult(attempt=attempt, measurement=file.write(attempt)))
    best = min(results, key=lambda result: result.compute_deviation(target))
    if best is not results[-1]:
        file.write(best.attempt)
    return best


def describe_encoded(task: EncodeTask | MasterFileTask, measurement: DecodedMeasurement) -> EncodeResult:
    """Describe the file that a task wrote."""
    duration_s = measurement.samples / RATE
    average = round(Path(task.out).stat().st_size * 8 / duration_s / 1000)
    return EncodeResult(
        format=task.format,
        media_type=_MEDIA_TYPES[task.format],
        duration_s=duration_s,
        integrated_lufs=measurement.integrated_lufs,
        true_peak_dbtp=measurement.true_peak_dbtp,
        bitrate_kbps=mp3_frames.find_nearest_bitrate(task.target.bitrate_kbps) if task.format == "mp3" else average,
    )


# One attempt


class ChunkedMp3:
    """An MP3, encoded in chunks; a new attempt encodes only the chunks that it changes."""

    def __init__(self, out: str, open_source: Callable[[EncodingAttempt], mp3_chunks.Mp3Source]) -> None:
        """Write to ``out`` the audio that ``open_source`` returns: the same each time."""
        self._out, self._open_source = out, open_source
        self._last: EncodingAttempt | None = None
        self._chunks: list[mp3_chunks.MeasuredChunk[decoded_measurement.FramesMeasurement]] = []

    def write(self, attempt: EncodingAttempt) -> DecodedMeasurement:
        """Encode and measure, chunk by chunk."""
        source = self._open_source(attempt)
        differences = None if self._last is None else attempt.find_differences(self._last)
        self._chunks = mp3_chunks.write_mp3(
            source,
            self._out,
            measure=lambda part: decoded_measurement.measure_frames(source, part),
            previous=() if differences is None else self._chunks,
            changed=[_find_span(peak) for peak in differences or ()],
        )
        self._last, self._source = attempt, source
        measurements = [chunk.measurement for chunk in self._chunks]
        return decoded_measurement.combine_measurements(source.samples, measurements, self._out)

    def find_excess_peaks(self, *, true_peak_dbtp: float) -> tuple[ExcessPeak, ...]:
        """Find peaks above ``true_peak_dbtp``: only chunks known to have one are decoded again."""
        found: dict[ExcessPeak, None] = {}
        for chunk in self._chunks:
            if chunk.measurement.true_peak_dbtp is not None and chunk.measurement.true_peak_dbtp > true_peak_dbtp:
                peaks = decoded_measurement.find_excess_peaks_in_frames(
                    self._source, chunk.frames, true_peak_dbtp=true_peak_dbtp
                )
                found.update(dict.fromkeys(peaks))  # one on a border is found twice
        return tuple(found)


class _TranscodedFile:
    """An M4A or Opus file, encoded from a FLAC by one ffmpeg process."""

    def __init__(self, task: EncodeTask, corrected: str) -> None:
        self._task, self._corrected = task, corrected

    def write(self, attempt: EncodingAttempt) -> DecodedMeasurement:
        task, source = self._task, _write_corrected(self._corrected, self._task.master, attempt)
        length = read_flac_length(source)
        with ffmpeg.write_atomically(task.out) as partial:
            ffmpeg.transcode(source, partial, options=_choose_options(task))
        measurement = decoded_measurement.measure_decoded(task.out)
        if abs(measurement.samples - length.samples) > _LENGTH_TOLERANCE:
            raise AudioError("the encoder lost samples", where=task.out, hint="Check disk space, then build again.")
        return measurement

    def find_excess_peaks(self, *, true_peak_dbtp: float) -> tuple[ExcessPeak, ...]:
        return decoded_measurement.find_excess_peaks(self._task.out, true_peak_dbtp=true_peak_dbtp)


def _open_chunked_mp3(task: EncodeTask, corrected: str) -> ChunkedMp3:
    kbps = mp3_frames.find_nearest_bitrate(task.target.bitrate_kbps)

    @lru_cache(maxsize=1)  # while gain and ceiling stay the same, so does the file at ``corrected``
    def correct(attempt: EncodingAttempt) -> str:
        return _write_corrected(corrected, task.master, attempt)

    def open_source(attempt: EncodingAttempt) -> mp3_chunks.Mp3Source:
        return open_mp3_source(correct(replace(attempt, attenuated=())), kbps=kbps, attenuated=attempt.attenuated)

    return ChunkedMp3(task.out, open_source)


def open_mp3_source(flac: str, *, kbps: int, attenuated: tuple[ExcessPeak, ...] = ()) -> mp3_chunks.Mp3Source:
    """Open a master for the MP3 encoder, with some peaks attenuated.

    Raises:
        AudioError: It is not a FLAC at 48 kHz, or holds no samples.
    """
    length, gain = read_flac_length(flac), np.float32(compute_lame_gain(kbps))

    def read_blocks(first: int, last: int) -> Iterator[Block]:
        """Decode and correct a range: blocks of shape (samples, channels)."""
        # whole microseconds, for chunks are whole frames of 24 ms; but the last sample may be
        # anywhere
        begin = () if first == 0 else ("-ss", f"{first / RATE:.6f}")
        end = () if last == length.samples else ("-t", f"{(last - first) / RATE:.6f}")
        with Decoder(flac, options=(*begin, *end)) as decoder:
            yield from lower_peaks((block * gain for block in decoder), attenuated, first=first)

    return mp3_chunks.Mp3Source(samples=length.samples, channels=length.channels, kbps=kbps, read_blocks=read_blocks)


def _choose_options(task: EncodeTask) -> tuple[str, ...]:
    kbps = task.target.bitrate_kbps
    if task.format == "m4a":  # the other coder of ffmpeg 5.1 puts peaks 3 dB above those of the master
        return ("-c:a", "aac", "-b:a", f"{kbps}k", "-aac_coder", "fast", *ffmpeg.MP4_OPTIONS)
    return ("-c:a", "libopus", "-sample_fmt", "flt", "-b:a", f"{max(32, kbps // 2)}k", "-f", "opus")


def compute_lame_gain(kbps: int) -> float:
    """Compute the factor that compensates LAME's attenuation of constant bit rates.

    Source: the ``scale`` column of LAME's ``abr_switch_map``.
    """
    if kbps >= 224:
        return 1.0
    return 1 / (0.95 if kbps <= 160 else 0.97)


# Correction


def _correct(target: SoundTarget, file: ChunkedMp3 | _TranscodedFile, last: AttemptResult) -> EncodingAttempt:
    """Choose the next attempt: a gain, and attenuation where the encoder put peaks too high."""
    missing_db = target.loudness_lufs - last.measurement.integrated_lufs
    if abs(missing_db) <= _TOLERANCE_LU:  # met: another gain would only move the peaks
        missing_db = 0.0
    ceiling = compute_limiter_ceiling(target) if missing_db else last.attempt.ceiling_dbtp
    found: tuple[ExcessPeak, ...] = ()
    if abs(missing_db) < HEADROOM_DB:  # otherwise the limiter changes the peaks anyway
        found = file.find_excess_peaks(true_peak_dbtp=target.true_peak_dbtp - max(0.0, missing_db))
    return EncodingAttempt(
        gain_db=last.attempt.gain_db + missing_db,
        ceiling_dbtp=ceiling,
        attenuated=(*last.attempt.attenuated, *found),
    )


def _write_corrected(out: str, source: str, attempt: EncodingAttempt) -> str:
    """Write the corrected master to ``out``; return its path, or that of an uncorrected master."""
    if attempt == EncodingAttempt():
        return source
    gain = np.float32(10 ** (attempt.gain_db / 20))
    with Decoder(source) as master:
        blocks: Iterable[Block] = (block * gain for block in master)
        if attempt.ceiling_dbtp is not None:
            blocks = limit_true_peak(blocks, ceiling_dbtp=attempt.ceiling_dbtp)
        blocks = lower_peaks(blocks, attempt.attenuated)
        ffmpeg.encode(blocks, channels=master.channels, out=out, options=ffmpeg.TEMPORARY_FLAC_OPTIONS)
    return out


def _find_span(peak: ExcessPeak) -> mp3_chunks.Span:
    """Return the samples that attenuating ``peak`` changes."""
    return peak.start - _FADE, peak.start + decoded_measurement.PEAK_WINDOW + _FADE


def lower_peaks(blocks: Iterable[Block], peaks: Iterable[ExcessPeak], *, first: int = 0) -> Iterator[Block]:
    """Lower the gain around peaks, with fades of 10 ms.

    Args:
        blocks: Shape (samples, channels) each, float32.
        peaks: Places of 40 ms, and by how many dB each is too high.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """
    spans = [(*_find_span(peak), peak.excess_db + _MARGIN_DB) for peak in peaks]
    start = first
    for block in blocks:
        stop = start + len(block)
        down_db = np.zeros(len(block) if spans else 0)
        for begin, end, excess_db in spans:
            low, high = max(begin, start), min(end, stop)
            if low < high:
                at = np.arange(low, high) + 0.5
                edge = np.clip(np.minimum(at - begin, end - at) / _FADE, 0, 1)
                down_db[low - start : high - start] += excess_db * np.sin(edge * math.pi / 2) ** 2
        yield (block * (10 ** (-down_db / 20))[:, np.newaxis]).astype(np.float32) if down_db.any() else block
        start = stop
