"""From a master to the file that listeners download; what is said of it was measured on it, decoded again."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.audio import chunks, delivered, ffmpeg, frames
from pipeline.audio.delivered import Over
from pipeline.audio.ffmpeg import RATE, Block, Decoding
from pipeline.audio.jobs import Encoded, EncodeJob
from pipeline.audio.limiter import limit
from pipeline.audio.mastering import HEADROOM_DB, ceiling_of
from pipeline.errors import AudioError
from pipeline.model import SoundTarget

MEDIA_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}

_ROUNDS = 3
_NEAR_LU = 0.1
_SLACK = 2400  # samples: ffmpeg 5.1 decodes an m4a 512 too long
_BELOW_DB = 0.15  # how far under the target a peak is brought that the encoder had put above it
_EDGE = RATE // 100  # in which the sound goes down before such a place, and up after it
_FLAC = ("-c:a", "flac", "-compression_level", "0", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What the master is given before encoding: nothing at all, or a gain under a ceiling, and some places turned down."""

    gain_db: float = 0.0
    ceiling_dbtp: float | None = None
    overs: tuple[Over, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether the master is encoded as it is."""
        return self == Attempt()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt."""

    attempt: Attempt
    heard: delivered.Heard

    def missed(self, target: SoundTarget) -> float:
        """How far from the target, in dB beyond what is tolerated; 0: met."""
        loudness = abs(self.heard.integrated_lufs - target.loudness_lufs) - _NEAR_LU
        return max(0.0, loudness) + max(0.0, self.heard.true_peak_dbtp - target.true_peak_dbtp)


def encode(job: EncodeJob) -> Encoded:
    """Encode, decode, measure; where the target was missed, correct and encode again, three times at most.

    What cannot be met is delivered as near as it came, with its real figures. A long MP3 is encoded on all cores, and is
    the same bytes on one.

    Raises:
        AudioError: the master cannot be read, or the encoder lost some of it.
    """
    outcome = nearest(job.target, job.out, lambda attempt: _tried(job, attempt))
    return encoded_as(job.format, job.target, job.out, outcome.heard)


def nearest(target: SoundTarget, out: str, written: Callable[[Attempt], delivered.Heard]) -> Outcome:
    """Have ``out`` written until it is at its target, three times at most; what stands there then is what came nearest."""
    outcomes = [Outcome(attempt=Attempt(), heard=written(Attempt()))]
    while outcomes[-1].missed(target) and len(outcomes) < _ROUNDS:
        attempt = _corrected(target, out, outcomes[-1])
        outcomes.append(Outcome(attempt=attempt, heard=written(attempt)))
    best = min(outcomes, key=lambda outcome: outcome.missed(target))
    if best is not outcomes[-1]:
        written(best.attempt)
    return best


def encoded_as(format: str, target: SoundTarget, out: str, heard: delivered.Heard) -> Encoded:  # noqa: A002  # the word for it
    """What there is to tell of the file at ``out``."""
    duration_s = heard.samples / RATE
    average = round(Path(out).stat().st_size * 8 / duration_s / 1000)
    return Encoded(
        format=format,
        media_type=MEDIA_TYPES[format],
        duration_s=duration_s,
        integrated_lufs=heard.integrated_lufs,
        true_peak_dbtp=heard.true_peak_dbtp,
        bitrate_kbps=frames.kbps_near(target.bitrate_kbps) if format == "mp3" else average,
    )


# ------------------------------------------------------------------------------------------------------------- one round


def _tried(job: EncodeJob, attempt: Attempt) -> delivered.Heard:
    """Encode with what ``attempt`` says, and measure what came of it."""
    if attempt.plain:
        return _written(job, job.master)
    corrected = f"{job.out}.corrected"
    try:
        _correct(job.master, corrected, attempt)
        return _written(job, corrected)
    finally:
        with suppress(OSError):
            Path(corrected).unlink()


def _written(job: EncodeJob, source: str) -> delivered.Heard:
    length = ffmpeg.flac_length(source)
    if job.format == "mp3":
        return heard_mp3(work_of(source, kbps=frames.kbps_near(job.target.bitrate_kbps)), job.out)
    with ffmpeg.replacing(job.out) as partial:
        ffmpeg.transcode(source, partial, options=_options(job))
    heard = delivered.hear(job.out)
    if abs(heard.samples - length.samples) > _SLACK:
        raise AudioError("the encoder lost some of the sound", where=job.out, hint="Is the disk full? Build again.")
    return heard


def work_of(source: str, *, kbps: int) -> chunks.Work:
    """A master, to be encoded as an MP3.

    Raises:
        AudioError: it is no FLAC at 48 kHz, or holds no sound.
    """
    length, gain = ffmpeg.flac_length(source), np.float32(gain_before(kbps))

    def blocks(first: int, last: int) -> Iterator[Block]:
        # whole microseconds, for chunks are whole frames of 24 ms; but the last sample stands anywhere
        begin = () if first == 0 else ("-ss", f"{first / RATE:.6f}")
        end = () if last == length.samples else ("-t", f"{(last - first) / RATE:.6f}")
        with Decoding(source, options=(*begin, *end)) as decoding:
            for block in decoding:
                yield block * gain

    return chunks.Work(samples=length.samples, channels=length.channels, kbps=kbps, blocks=blocks)


def heard_mp3(work: chunks.Work, out: str) -> delivered.Heard:
    """Encode it on all cores, and measure it chunk by chunk on the way."""
    stretches = chunks.write_mp3(work, out, hear=lambda part: delivered.hear_frames(work, part))
    return delivered.together(work, stretches, out)


def _options(job: EncodeJob) -> tuple[str, ...]:
    if job.format == "m4a":  # the other coder of ffmpeg 5.1 puts peaks 3 dB above those of the master
        rate = ("-b:a", f"{job.target.bitrate_kbps}k", "-aac_coder", "fast")
        return ("-c:a", "aac", *rate, *ffmpeg.MP4)
    return ("-c:a", "libopus", "-sample_fmt", "flt", "-b:a", f"{max(32, job.target.bitrate_kbps // 2)}k", "-f", "opus")


def gain_before(kbps: int) -> float:
    """What makes good what LAME multiplies constant bit rates by, unasked: the ``scale`` column of its ``abr_switch_map``."""
    if kbps >= 224:
        return 1.0
    return 1 / (0.95 if kbps <= 160 else 0.97)


# ------------------------------------------------------------------------------------------------------------ correcting


def _corrected(target: SoundTarget, out: str, last: Outcome) -> Attempt:
    """What to try after ``last``: a gain, and where the encoder put peaks too high, less of the sound just there."""
    missing_db = target.loudness_lufs - last.heard.integrated_lufs
    if abs(missing_db) <= _NEAR_LU:  # met: another gain would only put peaks elsewhere
        missing_db = 0.0
    ceiling = ceiling_of(target) if missing_db else last.attempt.ceiling_dbtp
    found: tuple[Over, ...] = ()
    if abs(missing_db) < HEADROOM_DB:  # else the limiter has to work first, and the peaks will be others
        found = delivered.overs(out, true_peak_dbtp=target.true_peak_dbtp - max(0.0, missing_db))
    return Attempt(gain_db=last.attempt.gain_db + missing_db, ceiling_dbtp=ceiling, overs=(*last.attempt.overs, *found))


def _correct(source: str, out: str, attempt: Attempt) -> None:
    gain = np.float32(10 ** (attempt.gain_db / 20))
    with Decoding(source) as master:
        louder = (block * gain for block in master)
        held = louder if attempt.ceiling_dbtp is None else limit(louder, ceiling_dbtp=attempt.ceiling_dbtp)
        ffmpeg.encode(turned_down(held, attempt.overs), channels=master.channels, out=out, options=_FLAC)


def turned_down(blocks: Iterable[Block], overs: Iterable[Over], *, first: int = 0) -> Iterator[Block]:
    """``blocks``, which begin with sample ``first``, lower where peaks were too high: 10 ms to go down, and 10 ms to come up."""
    places = [(over.start - _EDGE, over.start + delivered.PIECE + _EDGE, over.over_db + _BELOW_DB) for over in overs]
    start = first
    for block in blocks:
        stop = start + len(block)
        down_db = np.zeros(len(block) if places else 0)
        for begin, end, over_db in places:
            low, high = max(begin, start), min(end, stop)
            if low < high:
                at = np.arange(low, high) + 0.5
                edge = np.clip(np.minimum(at - begin, end - at) / _EDGE, 0, 1)
                down_db[low - start : high - start] += over_db * np.sin(edge * math.pi / 2) ** 2
        yield (block * (10 ** (-down_db / 20))[:, np.newaxis]).astype(np.float32) if down_db.any() else block
        start = stop
