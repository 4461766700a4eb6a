"""Encodes a master to its target: encode, decode, measure, correct."""

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from pipeline.audio.encoding import decoded_measurement, lame, mp3_chunks, mp3_frames, sample_encoding
from pipeline.audio.encoding.corrections import UNCHANGED, EncodingAttempt, find_span, open_corrected, read_corrected
from pipeline.audio.encoding.decoded_measurement import DecodedMeasurement, ExcessPeak
from pipeline.audio.io.pcm import PcmReader, is_plain_at_working_rate
from pipeline.audio.io.probe import open_part
from pipeline.audio.parallel import release_memory, retain_freed_memory
from pipeline.audio.processing.limiter import HEADROOM_DB, compute_limiter_ceiling
from pipeline.audio.tasks import EncodeResult, EncodeTask
from pipeline.errors import AudioError, fill
from pipeline.media import ffmpeg
from pipeline.media.decoder import Decoder
from pipeline.media.samples import RATE, Block
from pipeline.model import SoundTarget

_MEDIA_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg", "flac": "audio/flac"}

_MAX_ATTEMPTS = 4
_TOLERANCE_LU = 0.1
_MAX_LOSS_DB = 2.0
_LOWER_CEILINGS_DB = {"m4a": 0.5, "opus": 0.5}  # below that of the master and MP3 (decision 0017)
_MAX_OVERSHOOT_DB = 2.5  # of Opus: a lower peak hardly ever gets above the target
_COMPENSATIONS = 6  # rounds
_COMPENSATED_DB = 0.01
_LENGTH_TOLERANCE = 2400  # samples: ffmpeg 5.1 decodes an m4a 512 too long
_NEAR_MARGIN_DB, _NEAR = 1.5, 5 * RATE  # noise such as applause comes out anew each time, and other peaks get too high


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

    If the target is not met after four attempts, the nearest attempt is the result, with its real
    measurements. An MP3 is encoded on all cores, and has the same bytes as on one.

    Raises:
        AudioError: The master cannot be read, or the encoder lost samples.
    """
    release_memory()  # of the task that ran here before
    master = open_master(task.master)
    file = _ChunkedMp3(task, master) if task.format == "mp3" else _TranscodedFile(task, master)
    measurement = _encode_to_target(task, file, _plan_first_attempt(task, file, master)).measurement
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


def open_master(path: str) -> PcmReader:
    """Open a master for reading.

    Raises:
        AudioError: It is not a PCM WAV at 48 kHz, or holds no audio.
    """
    hint = "Delete the file; the next build creates it again."
    try:
        part = open_part(path)
    except AudioError as error:
        raise AudioError(
            fill("cannot open the master: {message}", message=error.message), where=path, hint=hint
        ) from error
    if not is_plain_at_working_rate(part):
        raise AudioError("the master is not a PCM WAV at 48 kHz", where=path, hint=hint)
    return PcmReader(part)


def _encode_to_target(task: EncodeTask, file: "_ChunkedMp3 | _TranscodedFile", first: EncodingAttempt) -> AttemptResult:
    """Write ``file`` until it meets its target, at most four times.

    Returns:
        The attempt that came nearest; ``out`` contains that attempt.
    """
    target, results = task.target, [AttemptResult(attempt=first, measurement=file.write(first))]
    while results[-1].compute_deviation(target) and len(results) < _MAX_ATTEMPTS:
        attempt = _correct(task, file, results[-1])
        results.append(AttemptResult(attempt=attempt, measurement=file.write(attempt)))
    best = min(results, key=lambda result: result.compute_deviation(target))
    if best is not results[-1]:
        file.write(best.attempt)
    return best


def _plan_first_attempt(task: EncodeTask, file: "_ChunkedMp3 | _TranscodedFile", master: PcmReader) -> EncodingAttempt:
    """Compensate in advance what the encoder does to loudness and peaks, so that it seldom has to encode all again.

    Of loudness it takes noise and high frequencies: most from applause, little from voices.
    """
    if task.master_lufs is None or not task.sampled:
        return UNCHANGED
    sample = f"{task.out}.sample"
    factors = sample_encoding.level_windows(master.read_range, task.sampled)

    def estimate_loss(read: sample_encoding.Read) -> float:
        loss_db = sample_encoding.estimate_loss(file.write_sample, file.open_sample, read, sample, factors=factors)
        return min(max(loss_db, 0.0), _MAX_LOSS_DB)

    loss_db = estimate_loss(master.read_range)
    gain_db = task.target.loudness_lufs - task.master_lufs + loss_db
    if task.format == "mp3" and abs(gain_db) <= _TOLERANCE_LU / 3:
        return UNCHANGED
    ceiling = _choose_ceiling(task)
    attempt = EncodingAttempt(gain_db=gain_db, ceiling_dbtp=ceiling)
    if task.format not in _LOWER_CEILINGS_DB:
        return attempt
    target_dbtp = task.target.true_peak_dbtp
    loud = sample_encoding.find_loud_places(master, above_dbtp=target_dbtp - _MAX_OVERSHOOT_DB - gain_db)
    excess = sample_encoding.predict_excess_peaks(
        file.write_sample,
        partial(read_corrected, master, attempt),
        {start: min(peak_dbtp + gain_db, ceiling) for start, peak_dbtp in loud.items()},
        sample,
        samples=master.samples,
        true_peak_dbtp=target_dbtp,
    )
    wanted = sample_encoding.sum_windows(master.read_range, master.samples) * 10 ** (gain_db / 10)
    attempt = _compensate(master, replace(attempt, attenuated=excess), wanted)
    calmer_db = estimate_loss(open_corrected(master, attempt)) - loss_db  # the encoder takes less from limited peaks
    return _compensate(master, attempt, wanted * 10 ** (calmer_db / 10))


def _compensate(master: PcmReader, attempt: EncodingAttempt, wanted: float) -> EncodingAttempt:
    """Change the gain until the sampled windows of the corrected audio have the K-weighted energy ``wanted``."""
    for _ in range(_COMPENSATIONS if wanted else 0):  # the limiter takes some of each gain again
        now = sample_encoding.sum_windows(open_corrected(master, attempt), master.samples)
        missing_db = 10 * math.log10(wanted / now)
        if abs(missing_db) < _COMPENSATED_DB:
            break
        attempt = attempt.add_gain(missing_db)
    return attempt


def _choose_ceiling(task: EncodeTask) -> float:
    """Choose the ceiling of the limiter in dBTP, lower for formats that put peaks higher."""
    return compute_limiter_ceiling(task.target) - _LOWER_CEILINGS_DB.get(task.format, 0.0)


# One attempt


class _ChunkedMp3:
    """An MP3, encoded in chunks; a new attempt encodes only what it changes."""

    peak_margin_db = 0.0  # how far below the target peaks are attenuated; what is not attenuated stays as it was

    def __init__(self, task: EncodeTask, master: PcmReader) -> None:
        self._out, self._master, self._target_dbtp = task.out, master, task.target.true_peak_dbtp
        self._kbps = mp3_frames.find_nearest_bitrate(task.target.bitrate_kbps)
        self._last: EncodingAttempt | None = None
        self._chunks: list[mp3_chunks.MeasuredChunk[decoded_measurement.FramesMeasurement]] = []

    def write(self, attempt: EncodingAttempt) -> DecodedMeasurement:
        source = open_mp3_source(self._master, kbps=self._kbps, attempt=attempt)
        differences = None if self._last is None else attempt.find_differences(self._last)
        self._chunks = mp3_chunks.write_mp3(
            source,
            self._out,
            measure=lambda part: decoded_measurement.measure_frames(source, part, peaks_above_dbtp=self._target_dbtp),
            previous=() if differences is None else self._chunks,
            changed=[find_span(peak) for peak in differences or ()],
        )
        self._last = attempt
        measurements = [chunk.measurement for chunk in self._chunks]
        return decoded_measurement.combine_measurements(source.samples, measurements, self._out)

    def write_sample(self, blocks: Iterable[Block], path: str) -> None:
        """Encode a sample: blocks of shape (samples, channels), float32 at 48 kHz."""
        gain = np.float32(compute_lame_gain(self._kbps))
        louder = (block * gain for block in blocks)
        lame.encode_frames(louder, channels=self._master.channels, kbps=self._kbps, out=path)

    def open_sample(self, path: str) -> AbstractContextManager[Iterable[Block]]:
        """Decode a sample: blocks of shape (samples, channels)."""
        return decoded_measurement.decode_bytes(path, 0, Path(path).stat().st_size, channels=self._master.channels)

    def find_excess_peaks(self, *, true_peak_dbtp: float) -> tuple[ExcessPeak, ...]:
        """Find the peaks above the target, by how much they are above ``true_peak_dbtp``."""
        found: dict[int, float] = {}
        for peak in chain.from_iterable(chunk.measurement.peaks for chunk in self._chunks):
            excess_db = peak.excess_db + self._target_dbtp - true_peak_dbtp
            found[peak.start] = max(found.get(peak.start, 0.0), excess_db)  # one on a border is found twice
        return tuple(ExcessPeak(start=start, excess_db=excess_db) for start, excess_db in found.items())


class _TranscodedFile:
    """A file that one ffmpeg process encodes: from the master, or from what we correct."""

    peak_margin_db = 0.5  # as much as other peaks change when all is encoded again

    def __init__(self, task: EncodeTask, master: PcmReader) -> None:
        self._task, self._master = task, master
        self._peaks_above_dbtp = task.target.true_peak_dbtp - _NEAR_MARGIN_DB - _TOLERANCE_LU
        self._peaks: list[ExcessPeak] = []

    def write(self, attempt: EncodingAttempt) -> DecodedMeasurement:
        retain_freed_memory()
        task, master, options = self._task, self._master, _choose_options(self._task)
        if attempt == UNCHANGED:
            with ffmpeg.write_atomically(task.out) as partial:
                ffmpeg.transcode(task.master, partial, options=options)
        else:
            blocks = read_corrected(master, attempt, 0, master.samples)
            ffmpeg.encode(blocks, channels=master.channels, out=task.out, options=options)
        measurement, self._peaks = decoded_measurement.measure_decoded(
            task.out, peaks_above_dbtp=self._peaks_above_dbtp
        )
        if abs(measurement.samples - master.samples) > _LENGTH_TOLERANCE:
            raise AudioError("the encoder lost samples", where=task.out, hint="Check disk space, then build again.")
        return measurement

    def write_sample(self, blocks: Iterable[Block], path: str) -> None:
        """Encode a sample: blocks of shape (samples, channels), float32 at 48 kHz."""
        ffmpeg.encode(blocks, channels=self._master.channels, out=path, options=_choose_options(self._task))

    def open_sample(self, path: str) -> AbstractContextManager[Iterable[Block]]:
        """Decode a sample: blocks of shape (samples, channels)."""
        return Decoder(path)

    def find_excess_peaks(self, *, true_peak_dbtp: float) -> tuple[ExcessPeak, ...]:
        """Find peaks above ``true_peak_dbtp``; within seconds of a peak that is too high, lower ones too."""
        over_db = self._task.target.true_peak_dbtp - self._peaks_above_dbtp
        high = np.array([peak.start for peak in self._peaks if peak.excess_db > over_db])
        found = []
        for peak in self._peaks:
            is_near = len(high) and np.abs(high - peak.start).min() < _NEAR
            least_db = min(true_peak_dbtp - self._peaks_above_dbtp, _TOLERANCE_LU if is_near else math.inf)
            if peak.excess_db > least_db:
                found.append(replace(peak, excess_db=peak.excess_db - least_db))
        return tuple(found)


def open_mp3_source(master: PcmReader, *, kbps: int, attempt: EncodingAttempt = UNCHANGED) -> mp3_chunks.Mp3Source:
    """Open a master for the MP3 encoder, corrected as ``attempt`` says."""
    gain = np.float32(compute_lame_gain(kbps))

    def read_blocks(first: int, last: int) -> Iterator[Block]:
        """Read and correct a range: blocks of shape (samples, channels)."""
        return (block * gain for block in read_corrected(master, attempt, first, last))

    return mp3_chunks.Mp3Source(samples=master.samples, channels=master.channels, kbps=kbps, read_blocks=read_blocks)


def _choose_options(task: EncodeTask) -> tuple[str, ...]:
    kbps = task.target.bitrate_kbps
    if task.format == "flac":
        return ffmpeg.FLAC_OPTIONS
    if task.format == "m4a":  # ffmpeg's other coder puts peaks 3 dB higher, and its intensity stereo some by 1 dB
        return ("-c:a", "aac", "-b:a", f"{kbps}k", "-aac_coder", "fast", "-aac_is", "0", *ffmpeg.MP4_OPTIONS)
    return ("-c:a", "libopus", "-sample_fmt", "flt", "-b:a", f"{max(32, kbps // 2)}k", "-f", "opus")


def compute_lame_gain(kbps: int) -> float:
    """Compute the factor that compensates LAME's attenuation of constant bit rates.

    Source: the ``scale`` column of LAME's ``abr_switch_map``.
    """
    if kbps >= 224:
        return 1.0
    return 1 / (0.95 if kbps <= 160 else 0.97)


# Correction


def _correct(task: EncodeTask, file: _ChunkedMp3 | _TranscodedFile, last: AttemptResult) -> EncodingAttempt:
    """Choose the next attempt: a gain, and attenuation where the encoder put peaks too high."""
    target = task.target
    missing_db = target.loudness_lufs - last.measurement.integrated_lufs
    if abs(missing_db) <= _TOLERANCE_LU:  # met: another gain would only move the peaks
        missing_db = 0.0
    ceiling = _choose_ceiling(task) if missing_db else last.attempt.ceiling_dbtp
    found: tuple[ExcessPeak, ...] = ()
    if abs(missing_db) < HEADROOM_DB:  # otherwise the limiter changes the peaks anyway
        lower_db = file.peak_margin_db + max(0.0, missing_db)
        found = file.find_excess_peaks(true_peak_dbtp=target.true_peak_dbtp - lower_db)
    return EncodingAttempt(
        gain_db=last.attempt.gain_db + missing_db,
        ceiling_dbtp=ceiling,
        attenuated=(*last.attempt.attenuated, *found),
    )
