"""From a recording to its master: edited, cleaned where it asks for it, levelled, at the target's loudness and under its ceiling."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio import ffmpeg, recording
from pipeline.audio.beside import beside
from pipeline.audio.chain import EVEN_DB, Chain, chain_of, level_of
from pipeline.audio.curves import curve
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.audio.jobs import Mastered, MasterJob
from pipeline.audio.loudness import Meter, trace
from pipeline.audio.rows import Floats
from pipeline.model import Defect, SoundTarget

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
    """``block`` as a master of 24 bits has it, times ``gain``, with its channels side by side as encoders want them."""
    whole = recording.mixed_to(block, width=channels)
    steps = whole * np.float32(2**23)
    np.rint(steps, out=steps)
    out = np.empty(whole.shape, np.float32)
    for channel, told in zip(steps.T, out.T, strict=True):
        np.multiply(channel, np.float32(gain) * np.float32(2**-23), out=told)
    return out


def _passed_on(blocks: Iterable[Block], push: Callable[[Block], None]) -> Iterator[Block]:
    for block in blocks:
        push(block)
        yield block


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounded:
    """What the master, or the file made of it, sounds like."""

    energies: Floats
    true_peak_dbtp: float | None
    samples: int


def mastered(chain: Chain, heard: Sounded, gain_db: float) -> Mastered:
    """What there is to tell of a master that came out of ``chain`` with that gain."""
    job = chain.job
    loudness, duration_s = level_of(heard.energies, job), heard.samples / RATE
    missed = abs(loudness - job.target.loudness_lufs) > 2 * _NEAR_LU
    told = f"the target of {job.target.loudness_lufs:g} LUFS was not reached: the peaks stand too far out"
    return Mastered(
        duration_s=duration_s,
        offset_ms=(len(chain.intro) - chain.overlap) * 1000 // RATE,
        integrated_lufs=loudness,
        true_peak_dbtp=heard.true_peak_dbtp if heard.true_peak_dbtp is not None else ceiling_of(job.target),
        gain_db=gain_db,
        trace=trace(heard.energies, duration_s=duration_s),
        defects=(Defect(code="loudness-missed", message=told),) if missed else (),
        steps=_steps(job, chain, gain_db),
        curve_lufs=curve(heard.energies),
    )


def ceiling_of(target: SoundTarget) -> float:
    """What the limiter holds, so that the delivered file stays under the target's true peak."""
    return target.true_peak_dbtp - HEADROOM_DB


def _steps(job: MasterJob, chain: Chain, gain_db: float) -> tuple[str, ...]:
    steps = []
    if job.facts.take != "all":
        steps.append(f"only the {job.facts.take} channel used: the two together would not be right")
    steps += _edits(job)
    steps += _repairs(job, chain)
    steps += _clips_told(job, chain)
    steps.append(f"gain of {gain_db:+.1f} dB to {job.target.loudness_lufs:g} LUFS")
    steps.append(f"true peaks held under {ceiling_of(job.target):g} dBTP")
    if job.target.channels == "mono":
        steps.append("one channel, held to the target as dual mono: what two loudspeakers would give")
    elif chain.width == 1:
        steps.append("one voice on both channels")
    return tuple(steps)


def _edits(job: MasterJob) -> Iterator[str]:
    for count, word, done in (
        (len(job.cuts), "cut", "made"),
        (len(job.mutes), "stretch", "muted, under the tone of the room"),
        (len(job.bleeps), "stretch", "bleeped"),
    ):
        if count:
            yield f"{count} {word if count == 1 else word + ('es' if word == 'stretch' else 's')} {done}"


def _repairs(job: MasterJob, chain: Chain) -> Iterator[str]:
    plan = chain.plan
    if job.target.high_pass_hz:
        hz = job.target.high_pass_hz
        yield f"high-pass at {hz} Hz, 12 dB per octave; what stood off the middle is gone with it"
    if plan.hum:
        lines = ", ".join(f"{number * round(plan.hum.hz)}" for number in plan.hum.lines)
        yield f"hum of {plan.hum.hz:.2f} Hz taken out at {lines} Hz; it stood out by {plan.hum.stands_out_db:.0f} dB"
    if plan.noise is not None:
        yield f"noise turned down by {plan.noise_db:.0f} dB: it lay only {plan.calm_db:.0f} dB below the talk"
    if plan.levels:
        low, high = plan.levels.lowest_db, plan.levels.highest_db
        yield f"speakers brought to one level, with gains from {low:+.1f} to {high:+.1f} dB"
        if plan.levels.applause_db < -EVEN_DB:
            yield f"applause and other loud sounds kept below the talk, by up to {-plan.levels.applause_db:.1f} dB"


def _clips_told(job: MasterJob, chain: Chain) -> Iterator[str]:
    if job.intro:
        under = f", its last {chain.overlap / RATE:.1f} s under the first words" if chain.overlap else ""
        yield f"intro of {len(chain.intro) / RATE:.1f} s, as loud as the talk ({chain.intro_db:+.1f} dB){under}"
    if job.outro:
        yield f"outro of {len(chain.outro) / RATE:.1f} s, as loud as the talk ({chain.outro_db:+.1f} dB)"
