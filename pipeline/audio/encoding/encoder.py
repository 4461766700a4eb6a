"""From a master to the file that listeners download; what is said of it was measured on it, decoded again."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.audio.encoding import decoded_measurement, mp3_chunks, mp3_frames
from pipeline.audio.encoding.decoded_measurement import Over
from pipeline.audio.processing.limiter import limit
from pipeline.audio.processing.mastering import HEADROOM_DB, ceiling_of
from pipeline.audio.tasks import Encoded, EncodeJob
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import RATE, Block, Decoding
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

    def beside(self, other: "Attempt") -> tuple[Over, ...] | None:
        """The places in which the two give another sound; ``None``: everywhere."""
        if (self.gain_db, self.ceiling_dbtp) != (other.gain_db, other.ceiling_dbtp):
            return None
        ours, others = Counter(self.overs), Counter(other.overs)
        return (*(ours - others), *(others - ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt."""

    attempt: Attempt
    heard: decoded_measurement.Heard

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
    corrected = f"{job.out}.corrected"
    try:
        outcome = nearest(job.target, _Mastered(job, corrected) if job.format != "mp3" else _mp3_of(job, corrected))
    finally:
        with suppress(OSError):
            Path(corrected).unlink()
    return encoded_as(job.format, job.target, job.out, outcome.heard)


class Deliverable(Protocol):
    """A file that can be written again, in another attempt."""

    def written(self, attempt: Attempt) -> decoded_measurement.Heard:
        """Encode with what ``attempt`` says, and measure what came of it."""

    def overs(self, *, true_peak_dbtp: float) -> tuple[Over, ...]:
        """Where what was written last stands above that peak."""


def nearest(target: SoundTarget, file: Deliverable) -> Outcome:
    """Have ``file`` written until it is at its target, three times at most; what stands there then is what came nearest."""
    outcomes = [Outcome(attempt=Attempt(), heard=file.written(Attempt()))]
    while outcomes[-1].missed(target) and len(outcomes) < _ROUNDS:
        attempt = _corrected(target, file, outcomes[-1])
        outcomes.append(Outcome(attempt=attempt, heard=file.written(attempt)))
    best = min(outcomes, key=lambda outcome: outcome.missed(target))
    if best is not outcomes[-1]:
        file.written(best.attempt)
    return best


def encoded_as(format: str, target: SoundTarget, out: str, heard: decoded_measurement.Heard) -> Encoded:  # noqa: A002  # the word for it
    """What there is to tell of the file at ``out``."""
    duration_s = heard.samples / RATE
    average = round(Path(out).stat().st_size * 8 / duration_s / 1000)
    return Encoded(
        format=format,
        media_type=MEDIA_TYPES[format],
        duration_s=duration_s,
        integrated_lufs=heard.integrated_lufs,
        true_peak_dbtp=heard.true_peak_dbtp,
        bitrate_kbps=mp3_frames.kbps_near(target.bitrate_kbps) if format == "mp3" else average,
    )


# ------------------------------------------------------------------------------------------------------------- one round


class Mp3:
    """An MP3 at ``out``, made in chunks on all cores; of another attempt only those that it changes are made again."""

    def __init__(self, out: str, work: Callable[[Attempt], mp3_chunks.Work]) -> None:
        """``work``: what an attempt makes of the sound, the same each time."""
        self._out, self._work = out, work
        self._last: tuple[Attempt, mp3_chunks.Work] | None = None
        self._made: list[mp3_chunks.Made[decoded_measurement.Stretch]] = []

    def written(self, attempt: Attempt) -> decoded_measurement.Heard:
        """Encode it, and measure it chunk by chunk on the way."""
        work = self._work(attempt)
        places = None if self._last is None else attempt.beside(self._last[0])
        self._made = mp3_chunks.write_mp3(
            work,
            self._out,
            hear=lambda part: decoded_measurement.hear_frames(work, part),
            made=() if places is None else self._made,
            changed=[_place(over) for over in places or ()],
        )
        self._last = attempt, work
        return decoded_measurement.together(work, [one.heard for one in self._made], self._out)

    def overs(self, *, true_peak_dbtp: float) -> tuple[Over, ...]:
        """Where it stands above that peak: only chunks that are known to do so are decoded again."""
        if self._last is None:
            return ()
        work, found = self._last[1], dict[Over, None]()
        for one in self._made:
            if one.heard.true_peak_dbtp is not None and one.heard.true_peak_dbtp > true_peak_dbtp:
                over = decoded_measurement.overs_in_frames(work, one.frames, true_peak_dbtp=true_peak_dbtp)
                found.update(dict.fromkeys(over))  # one on a border is heard twice
        return tuple(found)


class _Mastered:
    """A file of another format, made of a master in one go."""

    def __init__(self, job: EncodeJob, corrected: str) -> None:
        self._job, self._corrected = job, corrected

    def written(self, attempt: Attempt) -> decoded_measurement.Heard:
        job, source = self._job, _corrected_in(self._corrected, self._job.master, attempt)
        length = ffmpeg.flac_length(source)
        with ffmpeg.replacing(job.out) as partial:
            ffmpeg.transcode(source, partial, options=_options(job))
        heard = decoded_measurement.hear(job.out)
        if abs(heard.samples - length.samples) > _SLACK:
            raise AudioError("the encoder lost some of the sound", where=job.out, hint="Is the disk full? Build again.")
        return heard

    def overs(self, *, true_peak_dbtp: float) -> tuple[Over, ...]:
        return decoded_measurement.overs(self._job.out, true_peak_dbtp=true_peak_dbtp)


def _mp3_of(job: EncodeJob, corrected: str) -> Mp3:
    kbps = mp3_frames.kbps_near(job.target.bitrate_kbps)

    @lru_cache(maxsize=1)  # as long as gain and ceiling stay, what stands at ``corrected`` is it
    def source(attempt: Attempt) -> str:
        return _corrected_in(corrected, job.master, attempt)

    def work(attempt: Attempt) -> mp3_chunks.Work:
        return work_of(source(replace(attempt, overs=())), kbps=kbps, overs=attempt.overs)

    return Mp3(job.out, work)


def work_of(source: str, *, kbps: int, overs: tuple[Over, ...] = ()) -> mp3_chunks.Work:
    """A master, to be encoded as an MP3, turned down in some places.

    Raises:
        AudioError: it is no FLAC at 48 kHz, or holds no sound.
    """
    length, gain = ffmpeg.flac_length(source), np.float32(gain_before(kbps))

    def blocks(first: int, last: int) -> Iterator[Block]:
        # whole microseconds, for chunks are whole frames of 24 ms; but the last sample stands anywhere
        begin = () if first == 0 else ("-ss", f"{first / RATE:.6f}")
        end = () if last == length.samples else ("-t", f"{(last - first) / RATE:.6f}")
        with Decoding(source, options=(*begin, *end)) as decoding:
            yield from turned_down((block * gain for block in decoding), overs, first=first)

    return mp3_chunks.Work(samples=length.samples, channels=length.channels, kbps=kbps, blocks=blocks)


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


def _corrected(target: SoundTarget, file: Deliverable, last: Outcome) -> Attempt:
    """What to try after ``last``: a gain, and where the encoder put peaks too high, less of the sound just there."""
    missing_db = target.loudness_lufs - last.heard.integrated_lufs
    if abs(missing_db) <= _NEAR_LU:  # met: another gain would only put peaks elsewhere
        missing_db = 0.0
    ceiling = ceiling_of(target) if missing_db else last.attempt.ceiling_dbtp
    found: tuple[Over, ...] = ()
    if abs(missing_db) < HEADROOM_DB:  # else the limiter has to work first, and the peaks will be others
        found = file.overs(true_peak_dbtp=target.true_peak_dbtp - max(0.0, missing_db))
    return Attempt(gain_db=last.attempt.gain_db + missing_db, ceiling_dbtp=ceiling, overs=(*last.attempt.overs, *found))


def _corrected_in(out: str, source: str, attempt: Attempt) -> str:
    """The master as ``attempt`` wants it: itself, or what is written to ``out`` then."""
    if attempt.plain:
        return source
    gain = np.float32(10 ** (attempt.gain_db / 20))
    with Decoding(source) as master:
        louder = (block * gain for block in master)
        held = louder if attempt.ceiling_dbtp is None else limit(louder, ceiling_dbtp=attempt.ceiling_dbtp)
        ffmpeg.encode(turned_down(held, attempt.overs), channels=master.channels, out=out, options=_FLAC)
    return out


def _place(over: Over) -> mp3_chunks.Span:
    """The samples that are other ones once it was turned down."""
    return over.start - _EDGE, over.start + decoded_measurement.PIECE + _EDGE


def turned_down(blocks: Iterable[Block], overs: Iterable[Over], *, first: int = 0) -> Iterator[Block]:
    """``blocks``, which begin with sample ``first``, lower where peaks were too high: 10 ms to go down, and 10 ms to come up."""
    places = [(*_place(over), over.over_db + _BELOW_DB) for over in overs]
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
