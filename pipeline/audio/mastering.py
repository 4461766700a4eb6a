"""From a recording to its master: edited, cleaned where it asks for it, levelled, at the target's loudness and under its ceiling."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.audio import clips, editing, ffmpeg, headers, levelling, recording, restoration, telling
from pipeline.audio.curves import curve, extremes, talk_time
from pipeline.audio.ffmpeg import RATE, Block
from pipeline.audio.jobs import Mastered, MasterJob
from pipeline.audio.levelling import Levels, Truths
from pipeline.audio.limiter import limit
from pipeline.audio.loudness import HOP, Floats, Meter, integrated_lufs, trace
from pipeline.audio.restoration import Hum
from pipeline.audio.survey import Survey, Surveyed
from pipeline.audio.telling import CALM_DB, EVEN_DB
from pipeline.errors import AudioError
from pipeline.model import Defect, SoundTarget, sentence

HEADROOM_DB = 0.5  # below the target's true peak: lossy encoders overshoot by up to 0.45

_ROUNDS = 3  # limiting lowers loudness, so the gain is corrected
_NEAR_LU = 0.05
_FLAC = ("-c:a", "flac", "-compression_level", "5", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")

_LEAST_CALM_DB = 10.0  # nearer than that it may be music, or talk without a pause: nobody can learn noise from it
_GENTLY_DB, _FIRMLY_DB = 6.0, 12.0  # by how much it is turned down then
_BLEEP_UNDER_DB = 6.0  # the talk


def master(job: MasterJob) -> Mastered:
    """Make the master of a recording, in constant memory.

    Raises:
        AudioError: the sound is too short or too quiet to be brought to a level, or cannot be read.
    """
    chain = _chain(job)
    gain_db = chain.gain_for(job.target.loudness_lufs, ceiling_dbtp=_ceiling(job.target))
    meter = chain.render(gain_db, job)
    for _ in range(_ROUNDS - 1):
        missed = job.target.loudness_lufs - _loudness(meter, job)
        if abs(missed) <= _NEAR_LU:
            break
        gain_db += missed
        meter = chain.render(gain_db, job)
    return _mastered(job, chain, meter, gain_db)


def _mastered(job: MasterJob, chain: "_Chain", meter: Meter, gain_db: float) -> Mastered:
    loudness, peak = _loudness(meter, job), meter.true_peak_dbtp()
    duration_s, energies = meter.samples / RATE, meter.energies()
    missed = abs(loudness - job.target.loudness_lufs) > 2 * _NEAR_LU
    told = sentence(
        "the target of {target} LUFS was not reached: the peaks stand too far out",
        target=f"{job.target.loudness_lufs:g}",
    )
    done = _done(job, chain, gain_db)
    low, high = extremes(chain.plan.levels.gains_db) if chain.plan.levels else ((), ())
    return Mastered(
        duration_s=duration_s,
        offset_ms=(len(chain.intro) - chain.overlap) * 1000 // RATE,
        integrated_lufs=loudness,
        true_peak_dbtp=peak if peak is not None else _ceiling(job.target),
        gain_db=gain_db,
        trace=trace(energies, duration_s=duration_s),
        defects=(Defect(code="loudness-missed", message=told),) if missed else (),
        steps=telling.steps_of(done),
        left_alone=telling.left_alone(done),
        curve_lufs=curve(energies),
        gains_low_db=low,
        gains_high_db=high,
        talk=talk_time(chain.heard, energies[(len(chain.intro) - chain.overlap) // HOP :], chain.plan.speech),
    )


def _done(job: MasterJob, chain: "_Chain", gain_db: float) -> telling.Done:
    plan = chain.plan
    return telling.Done(
        job=job,
        channels=chain.width,
        hum=plan.hum,
        noise_db=plan.noise_db if plan.noise is not None else 0.0,
        calm_db=plan.calm_db,
        levels=plan.levels,
        spoken=bool(plan.speech.any()),
        intro=telling.Clip(samples=len(chain.intro), gain_db=chain.intro_db, overlap=chain.overlap),
        outro=telling.Clip(samples=len(chain.outro), gain_db=chain.outro_db, overlap=chain.outro_overlap),
        gain_db=gain_db,
        ceiling_dbtp=_ceiling(job.target),
    )


def _ceiling(target: SoundTarget) -> float:
    return target.true_peak_dbtp - HEADROOM_DB


def _loudness(meter: Meter, job: MasterJob) -> float:
    loudness = integrated_lufs(meter.energies())
    if loudness is None:
        raise AudioError(
            "it is too quiet or too short to be brought to a level",
            where=job.parts[0],
            hint="A recording must hold at least half a second above -70 LUFS.",
        )
    return loudness


# ------------------------------------------------------------------------------------------------------------- the chain


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What will be done to the talk: nothing that it does not ask for, and nothing that was switched off."""

    hum: Hum | None = None
    room: editing.RoomTone | None = None
    noise: Floats | None = None
    noise_db: float = 0.0
    calm_db: float = 0.0  # between the talk and its noise, once speakers are levelled
    levels: Levels | None = None
    speech: Truths = field(default_factory=lambda: np.zeros(0, bool))  # each 10 ms: somebody speaks
    bleep: float = 0.0  # amplitude


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """A talk between its intro and outro, made ready for the gain: what was measured on it, and how to hear it again."""

    parts: tuple[headers.Part, ...]
    width: int  # channels worked on: 1 also when both would be the same
    plan: _Plan
    intro: Block
    outro: Block
    intro_db: float
    outro_db: float
    overlap: int  # samples of the intro that are heard under the talk
    outro_overlap: int  # and of the outro
    talk: int  # samples of the talk
    heard: Floats  # energies of the talk, before anything was done to its levels
    energies: Floats  # foretold, of all of it
    peaks: Floats  # sample peaks each 10 ms, in step with the energies

    def gain_for(self, loudness_lufs: float, *, ceiling_dbtp: float) -> float:
        """The gain that gives that loudness after the limiter, foretold from the energies; rendering proves it."""
        plain = integrated_lufs(self.energies)
        low = loudness_lufs - (plain if plain is not None else loudness_lufs)
        high = low + 12.0
        for _ in range(24):
            middle = (low + high) / 2
            foretold = integrated_lufs(self._limited(10 ** (middle / 20), 10 ** (ceiling_dbtp / 20)))
            low, high = (middle, high) if foretold is None or foretold < loudness_lufs else (low, middle)
        return (low + high) / 2

    def _limited(self, gain: float, ceiling: float) -> Floats:
        down = np.minimum(1.0, ceiling / np.maximum(self.peaks * gain, 1e-9))
        return np.asarray(self.energies * (gain * down) ** 2)

    def render(self, gain_db: float, job: MasterJob) -> Meter:
        """Write the master with that gain, and give the meter that heard it."""
        gain = np.float32(10 ** (gain_db / 20))
        loud = (block * gain for block in self._programme(job))
        meter = _meter(self.width)
        channels = 1 if job.target.channels == "mono" else 2
        held = _heard(limit(loud, ceiling_dbtp=_ceiling(job.target)), meter)
        ffmpeg.encode(
            (recording.mixed_to(block, width=channels) for block in held), channels=channels, out=job.out, options=_FLAC
        )
        return meter

    def _programme(self, job: MasterJob) -> Iterator[Block]:
        alone = len(self.intro) - self.overlap
        yield self.intro[:alone]
        talk = clips.laid_under(_talk(job, self.parts, self.width, self.plan), self.intro[alone:])
        under = self.outro[: self.outro_overlap]
        yield from clips.laid_under(talk, under, first=self.talk - len(under))
        yield self.outro[len(under) :]


def _chain(job: MasterJob) -> _Chain:
    parts = tuple(headers.open_part(path) for path in job.parts)
    alone = recording.width_of(parts) == 1 or job.facts.take != "all" or job.target.channels == "mono"
    width = 1 if alone else 2
    heard = _hear(job, parts, width)
    plan = _plan(job, heard)
    energies, peaks = _foretold(heard, plan)
    loudness = integrated_lufs(energies)
    if loudness is None:
        loudness = _loudness(heard.meter, job)
    intro, intro_db, overlap = _intro(job, width, loudness, talk=heard.meter.samples)
    outro, outro_db, outro_overlap = _outro(job, width, loudness, talk=heard.meter.samples)
    (before, before_peaks), (after, after_peaks) = (
        _ledger(intro[: len(intro) - overlap], width),
        _ledger(outro[outro_overlap:], width),
    )
    return _Chain(
        parts=parts,
        width=width,
        plan=plan,
        intro=intro,
        outro=outro,
        intro_db=intro_db,
        outro_db=outro_db,
        overlap=overlap,
        outro_overlap=outro_overlap,
        talk=heard.meter.samples,
        heard=heard.meter.energies(),
        energies=np.concatenate([before, energies, after]),
        peaks=np.concatenate([before_peaks, peaks, after_peaks]),
    )


# ------------------------------------------------------------------------------------------------------- what it asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The talk, heard once: without rumble and hum, and silent where it will be muted."""

    meter: Meter
    peaks: Floats
    survey: Surveyed
    hum: Hum | None
    room: editing.RoomTone


def _hear(job: MasterJob, parts: tuple[headers.Part, ...], width: int, hum: Hum | None = None) -> _Heard:
    meter, peaks, survey, room = _meter(width), _Peaks(), Survey(), editing.RoomTone(width)
    for block in _filtered(job, parts, width, hum=hum, listener=room):
        meter.push(block)
        peaks.push(block)
        survey.push(block)
    surveyed = survey.result()
    found = restoration.hum_in(surveyed) if job.target.hum == "auto" and hum is None else None
    if found:  # noise and levels can only be judged without it: hear it once more
        return _hear(job, parts, width, found)
    return _Heard(meter=meter, peaks=peaks.whole(), survey=surveyed, hum=hum, room=room)


def _plan(job: MasterJob, heard: _Heard) -> _Plan:
    energies = heard.meter.energies()
    reduced_db = _FIRMLY_DB if job.target.noise_reduction == "auto" else 0.0
    levels = levelling.levels_of(energies, heard.survey, reduced_db=reduced_db)
    noise, noise_db, calm_db = _noise(job, heard, levels)
    even = levels is None or float(np.abs(levels.gains_db).max(initial=0.0)) < EVEN_DB
    loudness = integrated_lufs(energies)
    talk = levels.speech_lufs if levels else loudness if loudness is not None else -70.0
    return _Plan(
        hum=heard.hum,
        room=heard.room if job.mutes or job.bleeps else None,
        noise=noise,
        noise_db=noise_db,
        calm_db=calm_db,
        levels=None if even or job.target.levelling == "off" else levels,
        speech=levels.speech if levels else np.zeros(0, bool),
        bleep=10
        ** ((talk - _BLEEP_UNDER_DB) / 20),  # a sine at 1 kHz on two loudspeakers: as many LUFS as dB to full scale
    )


def _noise(job: MasterJob, heard: _Heard, levels: Levels | None) -> tuple[Floats | None, float, float]:
    if job.target.noise_reduction == "off" or levels is None or not np.isfinite(levels.floor_lufs):
        return None, 0.0, np.inf
    raised = max(0.0, levels.highest_db) if job.target.levelling == "auto" else 0.0
    calm_db = levels.speech_lufs - levels.floor_lufs - raised
    if not _LEAST_CALM_DB <= calm_db < CALM_DB:
        return None, 0.0, calm_db
    return restoration.noise_of(heard.survey), float(np.clip(CALM_DB - calm_db, _GENTLY_DB, _FIRMLY_DB)), calm_db


def _foretold(heard: _Heard, plan: _Plan) -> tuple[Floats, Floats]:
    """Energies and peaks of the talk as the plan will leave it."""
    energies, peaks = heard.meter.energies(), heard.peaks
    gains = 10 ** (plan.levels.gains_db / 20) if plan.levels else np.ones(len(energies))
    return energies * gains**2, peaks[: len(gains)] * gains


def _filtered(
    job: MasterJob,
    parts: tuple[headers.Part, ...],
    width: int,
    *,
    hum: Hum | None,
    listener: editing.RoomTone | None = None,
    room: editing.RoomTone | None = None,
) -> Iterator[Block]:
    sound = recording.sound(parts, width=width, take=job.facts.take)
    whole = editing.hidden(sound, (*job.mutes, *job.bleeps), room)
    kept = recording.without(whole, job.cuts)
    if listener:
        kept = listener.listen(kept)
    return restoration.filtered(kept, high_pass_hz=job.target.high_pass_hz, hum=hum)


def _talk(job: MasterJob, parts: tuple[headers.Part, ...], width: int, plan: _Plan) -> Iterator[Block]:
    blocks = _filtered(job, parts, width, hum=plan.hum, room=plan.room)
    if plan.noise is not None:
        blocks = restoration.denoised(blocks, plan.noise, by_db=plan.noise_db)
    if plan.levels:
        blocks = levelling.levelled(blocks, plan.levels.gains_db)
    if job.bleeps:
        blocks = editing.bleeped(blocks, editing.spans_after(job.bleeps, job.cuts), amplitude=plan.bleep)
    return blocks


# ------------------------------------------------------------------------------------------------------------ around it


def _intro(job: MasterJob, width: int, loudness_lufs: float, *, talk: int) -> tuple[Block, float, int]:
    """The intro, and how many samples of its end play on under the talk, turned down as far as words need."""
    sound, gain_db = _clip(job.intro, width, loudness_lufs)
    overlap = min(round(job.target.intro_overlap_s * 1000) * RATE // 1000, len(sound), talk) // HOP * HOP
    return clips.ducked(sound, overlap) if overlap else sound, gain_db, overlap


def _outro(job: MasterJob, width: int, loudness_lufs: float, *, talk: int) -> tuple[Block, float, int]:
    """The outro, and how many samples of its beginning are heard under the talk, turned down likewise."""
    sound, gain_db = _clip(job.outro, width, loudness_lufs)
    overlap = min(round(job.target.outro_overlap_s * 1000) * RATE // 1000, len(sound), talk) // HOP * HOP
    return clips.ducked_first(sound, overlap) if overlap else sound, gain_db, overlap


def _clip(path: str, width: int, loudness_lufs: float) -> tuple[Block, float]:
    """A clip made as loud as the talk, and the gain that took."""
    if not path:
        return np.zeros((0, width), np.float32), 0.0
    sound = clips.load(path, width=width)
    own = integrated_lufs(_ledger(sound, width)[0])
    gain_db = loudness_lufs - own if own is not None else 0.0  # too short to measure: left as it is
    return (sound * np.float32(10 ** (gain_db / 20))).astype(np.float32), gain_db


def _ledger(sound: Block, width: int) -> tuple[Floats, Floats]:
    meter, peaks = _meter(width), _Peaks()
    if len(sound):
        meter.push(sound)
        peaks.push(sound)
    return meter.energies(), peaks.whole()


def _meter(width: int) -> Meter:
    return Meter(width, weights=(2.0,) if width == 1 else None)  # one channel is heard from two loudspeakers


def _heard(blocks: Iterable[Block], meter: Meter) -> Iterator[Block]:
    for block in blocks:
        meter.push(block)
        yield block


class _Peaks:
    """Sample peaks each 10 ms, of blocks of any size."""

    def __init__(self) -> None:
        self._left = np.zeros(0)
        self._peaks: list[Floats] = []

    def push(self, block: Block) -> None:
        whole = np.concatenate([self._left, np.abs(block).max(axis=1)])
        count = len(whole) // HOP
        self._peaks.append(whole[: count * HOP].reshape(count, HOP).max(axis=1))
        self._left = whole[count * HOP :]

    def whole(self) -> Floats:
        return np.concatenate(self._peaks) if self._peaks else np.zeros(0)
