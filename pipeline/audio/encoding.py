"""From a master to the file that listeners download; what is said of it was measured on it, decoded again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.audio import ffmpeg
from pipeline.audio.ffmpeg import RATE, Block, Decoding
from pipeline.audio.jobs import Encoded, EncodeJob
from pipeline.audio.limiter import limit
from pipeline.audio.loudness import Meter, integrated_lufs
from pipeline.audio.mastering import HEADROOM_DB
from pipeline.errors import AudioError
from pipeline.model import SoundTarget

MEDIA_TYPES = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}

_ROUNDS = 3
_NEAR_LU = 0.1
_MP3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG-1 layer III has these and no other
_SLACK = 2400  # samples: ffmpeg 5.1 decodes an m4a 512 too long


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What the master was given before encoding, and what came out of the file."""

    gain_db: float
    ceiling_dbtp: float | None
    samples: int = 0
    integrated_lufs: float = 0.0
    true_peak_dbtp: float = 0.0

    def missed(self, target: SoundTarget) -> float:
        """How far from the target, in dB beyond what is tolerated; 0: met."""
        loudness = abs(self.integrated_lufs - target.loudness_lufs) - _NEAR_LU
        return max(0.0, loudness) + max(0.0, self.true_peak_dbtp - target.true_peak_dbtp)


def encode(job: EncodeJob) -> Encoded:
    """Encode, decode, measure; where the target was missed, correct and encode again, three times at most.

    What cannot be met is delivered as near as it came, with its real figures.

    Raises:
        AudioError: the master cannot be read, or the encoder lost some of it.
    """
    attempts = [_attempted(job, _Attempt(gain_db=0.0, ceiling_dbtp=None))]
    while attempts[-1].missed(job.target) and len(attempts) < _ROUNDS:
        attempts.append(_attempted(job, _corrected(attempts[-1], job.target)))
    best = min(attempts, key=lambda attempt: attempt.missed(job.target))
    if best is not attempts[-1]:
        _attempted(job, best)
    return _encoded(job, best)


def _encoded(job: EncodeJob, best: _Attempt) -> Encoded:
    duration_s = best.samples / RATE
    average = round(Path(job.out).stat().st_size * 8 / duration_s / 1000)
    return Encoded(
        format=job.format,
        media_type=MEDIA_TYPES[job.format],
        duration_s=duration_s,
        integrated_lufs=best.integrated_lufs,
        true_peak_dbtp=best.true_peak_dbtp,
        bitrate_kbps=_mp3_kbps(job.target) if job.format == "mp3" else average,
    )


def _corrected(last: _Attempt, target: SoundTarget) -> _Attempt:
    over = last.true_peak_dbtp - target.true_peak_dbtp
    ceiling = target.true_peak_dbtp - HEADROOM_DB if last.ceiling_dbtp is None else last.ceiling_dbtp
    return _Attempt(
        gain_db=last.gain_db + target.loudness_lufs - last.integrated_lufs,
        ceiling_dbtp=ceiling - over - 0.05 if over > 0 else ceiling,
    )


def _attempted(job: EncodeJob, attempt: _Attempt) -> _Attempt:
    """Encode with what ``attempt`` says, and measure what came of it."""
    with Decoding(job.master) as master:
        if not master.channels:
            raise AudioError(
                "the master holds no sound", where=job.master, hint="Delete it; the next build makes it again."
            )
        counted = _Counted()
        blocks = (block * np.float32(10 ** (attempt.gain_db / 20)) for block in counted.passing(master))
        held = blocks if attempt.ceiling_dbtp is None else limit(blocks, ceiling_dbtp=attempt.ceiling_dbtp)
        undo = np.float32(1 / _level(job))
        ffmpeg.encode((block * undo for block in held), channels=master.channels, out=job.out, options=_options(job))
    measured = _measured(job.out, attempt)
    if abs(measured.samples - counted.samples) > _SLACK:
        raise AudioError("the encoder lost some of the sound", where=job.out, hint="Is the disk full? Build again.")
    return measured


def _measured(path: str, attempt: _Attempt) -> _Attempt:
    with Decoding(path) as blocks:
        meter = Meter(max(1, blocks.channels), weights=(2.0,) if blocks.channels == 1 else None)
        for block in blocks:
            meter.push(block)
    loudness, peak = integrated_lufs(meter.energies()), meter.true_peak_dbtp()
    if loudness is None or peak is None:
        raise AudioError("what came out of the encoder is silence", where=path)
    return replace(attempt, samples=meter.samples, integrated_lufs=loudness, true_peak_dbtp=peak)


class _Counted:
    """Counts the samples that pass."""

    def __init__(self) -> None:
        self.samples = 0

    def passing(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            self.samples += len(block)
            yield block


def _options(job: EncodeJob) -> tuple[str, ...]:
    if job.format == "mp3":  # level 5: below it LAME has a fault in stereo, and ffmpeg's default is below
        rate = f"{_mp3_kbps(job.target)}k"
        return ("-c:a", "libmp3lame", "-b:a", rate, "-compression_level", "5", "-id3v2_version", "0", "-f", "mp3")
    if job.format == "m4a":
        return ("-c:a", "aac", "-b:a", f"{job.target.bitrate_kbps}k", "-movflags", "+faststart", "-f", "ipod")
    return ("-c:a", "libopus", "-b:a", f"{max(32, job.target.bitrate_kbps // 2)}k", "-f", "opus")


def _mp3_kbps(target: SoundTarget) -> int:
    return min(_MP3_KBPS, key=lambda kbps: abs(kbps - target.bitrate_kbps))


def _level(job: EncodeJob) -> float:
    """What LAME multiplies constant bit rates by, unasked: the ``scale`` column of its ``abr_switch_map``."""
    if job.format != "mp3" or _mp3_kbps(job.target) >= 224:
        return 1.0
    return 0.95 if _mp3_kbps(job.target) <= 160 else 0.97
