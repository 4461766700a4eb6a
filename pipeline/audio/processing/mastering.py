"""From a recording to its master: edited, cleaned where it asks for it, levelled, at the target's loudness and under its ceiling."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis import recording
from pipeline.audio.metering.block_biquad import Singles
from pipeline.audio.metering.curves import extremes, outline_of, spoken_at, talk_time
from pipeline.audio.metering.loudness import Meter, trace
from pipeline.audio.parallel import beside
from pipeline.audio.processing import processing_report
from pipeline.audio.processing.chain import Chain, chain_of, level_of
from pipeline.audio.tasks import Mastered, MasterJob
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import RATE, Block
from pipeline.model import SoundTarget

HEADROOM_DB = 0.5  # below the target's true peak: lossy encoders overshoot by up to 0.45

_ROUNDS = 3  # limiting lowers loudness, so the gain is corrected
_NEAR_LU = 0.05
_FLAC = ("-c:a", "flac", "-compression_level", "5", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")


def master(job: MasterJob) -> Mastered:
    """Make the master of a recording, in constant memory.

    Raises:
        AudioError: the sound is too short or too quiet to be brought to a level, or cannot be read.
    """
    chain = chain_of(job)
    gain_db = chain.gain_for(job.target.loudness_lufs, ceiling_dbtp=ceiling_of(job.target))
    for left in reversed(range(_ROUNDS)):
        meter = _rendered(chain, gain_db)
        missed = job.target.loudness_lufs - level_of(meter.energies(), job)
        if abs(missed) <= _NEAR_LU or not left:
            break
        gain_db += missed
    heard = Sounded(energies=meter.energies(), true_peak_dbtp=meter.true_peak_dbtp(), samples=meter.samples)
    return mastered(chain, heard, gain_db)


def _rendered(chain: Chain, gain_db: float) -> Meter:
    """Write the master with that gain, and give the meter that heard it."""
    job, width = chain.job, chain.width
    meter = Meter(width, weights=(2.0,) if width == 1 else None)  # one channel is heard from two loudspeakers
    channels = 1 if job.target.channels == "mono" else 2
    with beside(meter.push) as push:
        held = _passed_on(chain.held(gain_db, ceiling_dbtp=ceiling_of(job.target)), push)
        ffmpeg.encode(
            (in_24_bits(block, channels=channels) for block in held), channels=channels, out=job.out, options=_FLAC
        )
    return meter


def in_24_bits(block: Block, *, channels: int, gain: float = 1.0) -> Block:
    """``block`` as a master of 24 bits has it, times ``gain``."""
    steps = recording.mixed_to(block, width=channels) * np.float32(2**23)
    np.rint(steps, out=steps)
    steps *= np.float32(gain) * np.float32(2**-23)
    return steps


def _passed_on(blocks: Iterable[Block], push: Callable[[Block], None]) -> Iterator[Block]:
    for block in blocks:
        push(block)
        yield block


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounded:
    """What the master, or the file made of it, sounds like."""

    energies: Singles
    true_peak_dbtp: float | None
    samples: int


def mastered(chain: Chain, heard: Sounded, gain_db: float) -> Mastered:
    """What there is to tell of a master that came out of ``chain`` with that gain."""
    job, levels, music = chain.job, chain.plan.levels, chain.music
    loudness, duration_s = level_of(heard.energies, job), heard.samples / RATE
    missed = abs(loudness - job.target.loudness_lufs) > 2 * _NEAR_LU
    done = _done(chain, gain_db)
    low, high = extremes(levels.ride.hops, levels.ride.db) if levels else ((), ())
    return Mastered(
        duration_s=duration_s,
        offset_ms=music.begin * 1000 // RATE,
        integrated_lufs=loudness,
        true_peak_dbtp=heard.true_peak_dbtp if heard.true_peak_dbtp is not None else ceiling_of(job.target),
        gain_db=gain_db,
        trace=trace(heard.energies, duration_s=duration_s),
        defects=(processing_report.missed(done),) if missed else (),
        steps=processing_report.steps_of(done),
        left_alone=processing_report.left_alone(done),
        curve_lufs=outline_of(heard.energies).curve(),
        gains_low_db=low,
        gains_high_db=high,
        talk=talk_time(chain.spoken, spoken_at(music.talk_in(heard.energies), chain.plan.speech)),
        interludes=music.interludes(),
    )


def _done(chain: Chain, gain_db: float) -> processing_report.Done:
    plan = chain.plan
    return processing_report.Done(
        job=chain.job,
        channels=chain.width,
        hum=plan.hum,
        noise_db=plan.noise_db if plan.noise is not None else 0.0,
        calm_db=plan.calm_db,
        levels=plan.levels,
        spoken=bool(plan.speech.any()),
        music=chain.music,
        gain_db=gain_db,
        ceiling_dbtp=ceiling_of(chain.job.target),
    )


def ceiling_of(target: SoundTarget) -> float:
    """What the limiter holds, so that the delivered file stays under the target's true peak."""
    return target.true_peak_dbtp - HEADROOM_DB
