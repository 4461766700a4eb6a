"""What a recording asks for, and nothing else: the chain of all that is done to a talk, its gain foretold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis import recording
from pipeline.audio.analysis.analysis_pass import Overheard, listen
from pipeline.audio.io import cuts, pcm, probe
from pipeline.audio.metering.block_biquad import Floats, Halves, Singles
from pipeline.audio.metering.curves import spoken_at
from pipeline.audio.metering.hop_buffer import Truths, stretches, tenths
from pipeline.audio.metering.loudness import gated_lufs, integrated_lufs
from pipeline.audio.processing import leveller, noise_reduction, redaction
from pipeline.audio.processing.jingles import Music, music_of
from pipeline.audio.processing.leveller import Levels
from pipeline.audio.processing.limiter import limit
from pipeline.audio.processing.noise_reduction import Hum
from pipeline.audio.processing.processing_report import CALM_DB, EVEN_DB
from pipeline.audio.tasks import MasterJob
from pipeline.errors import AudioError
from pipeline.media.ffmpeg import Block

_LEAST_CALM_DB = 10.0  # nearer than that it may be music, or talk without a pause: nobody can learn noise from it
_GENTLY_DB, _FIRMLY_DB = 6.0, 12.0  # by how much it is turned down then
_BLEEP_UNDER_DB = 6.0  # the talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done to the talk: nothing that it does not ask for, and nothing that was switched off."""

    hum: Hum | None = None
    room: redaction.RoomTone | None = None
    noise: Floats | None = None
    noise_db: float = 0.0
    calm_db: float = 0.0  # between the talk and its noise, once speakers are levelled
    levels: Levels | None = None
    speech: Truths = field(default_factory=lambda: np.zeros(0, bool))  # each 10 ms: somebody speaks
    bleep: float = 0.0  # amplitude


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A talk with its music, made ready for the gain: what was measured on it, and how to hear it again."""

    parts: tuple[probe.Part, ...]
    job: MasterJob
    width: int  # channels worked on: 1 also when both would be the same
    plan: Plan
    music: Music
    spoken: NDArray[np.intp]  # ``curves.spoken_at``, before anything was done to its levels
    energies: Singles  # foretold, of all of it
    peaks: Halves  # sample peaks each 10 ms, in step with the energies

    def gain_for(self, loudness_lufs: float, *, ceiling_dbtp: float) -> float:
        """The gain that gives that loudness after the limiter, foretold from the energies; rendering proves it."""
        plain, ceiling = integrated_lufs(self.energies), 10 ** (ceiling_dbtp / 20)
        low = loudness_lufs - (plain if plain is not None else loudness_lufs)
        high = low + 12.0
        for _ in range(24):
            middle = (low + high) / 2
            gain = 10 ** (middle / 20)
            limited = [tenths(self._limited(part, gain, ceiling)) for part in stretches(len(self.energies))]
            foretold = gated_lufs(np.concatenate([np.zeros(0), *limited]))
            low, high = (middle, high) if foretold is None or foretold < loudness_lufs else (low, middle)
        return (low + high) / 2

    def _limited(self, part: slice, gain: float, ceiling: float) -> Singles:
        down = self.peaks[part] * np.float32(gain)
        np.maximum(down, np.float32(1e-9), out=down)
        np.divide(np.float32(ceiling), down, out=down)
        np.minimum(down, np.float32(1), out=down)
        down *= np.float32(gain)
        down *= down
        down *= self.energies[part]
        return down

    def held(self, gain_db: float, *, ceiling_dbtp: float, first: int = 0) -> Iterator[Block]:
        """The sound with that gain and under that ceiling, from sample ``first`` on.

        A chain that begins in the middle (``can_begin_anywhere``) comes within 4 s to what it would be from the beginning.
        """
        gain = np.float32(10 ** (gain_db / 20))
        sound = self._talk(first) if first else self.music.around(self._talk(0))
        return limit((block * gain for block in sound), ceiling_dbtp=ceiling_dbtp)

    @property
    def can_begin_anywhere(self) -> bool:
        """Whether it is one plain file, whole and with nothing around it."""
        job = self.job
        around = job.cuts or job.mutes or job.bleeps or job.intro or job.outro or job.jingles
        return not around and len(self.parts) == 1 and pcm.is_plain_at_house_rate(self.parts[0])

    def _talk(self, first: int) -> Iterator[Block]:
        job, plan = self.job, self.plan
        sound = recording.sound(self.parts, width=self.width, take=job.facts.take, first=first)
        blocks = noise_reduction.filtered(
            _kept(job, sound, plan.room), high_pass_hz=job.target.high_pass_hz, hum=plan.hum
        )
        if plan.noise is not None:
            blocks = noise_reduction.denoised(blocks, plan.noise, by_db=plan.noise_db)
        if plan.levels:
            blocks = leveller.levelled(blocks, plan.levels.ride, first=first)
        if job.bleeps:
            blocks = redaction.bleeped(blocks, redaction.spans_after(job.bleeps, job.cuts), amplitude=plan.bleep)
        return blocks


def chain_of(job: MasterJob, heard: Overheard | None = None, *, parts: tuple[probe.Part, ...] | None = None) -> Chain:
    """The chain that a recording asks for; ``heard``: it was heard already, just as it is; ``parts``: opened already.

    Raises:
        AudioError: the sound is too short or too quiet to be brought to a level, or cannot be read.
    """
    parts = parts or tuple(probe.open_part(path) for path in job.parts)
    width = width_for(parts, job)
    listened = _hear(job, parts, width, heard)
    plan = _plan(job, listened)
    spoken, plain = spoken_at(listened.talk.energies, plan.speech), integrated_lufs(listened.talk.energies)
    energies, peaks = _foretold(listened, plan)
    foretold = integrated_lufs(energies)
    loudness = _loud_enough(plain if foretold is None else foretold, job)
    music = music_of(job, width=width, loudness_lufs=loudness, talk=listened.talk.samples)
    energies, peaks = music.foretold(energies, peaks)
    return Chain(
        parts=parts, job=job, width=width, plan=plan, music=music, spoken=spoken, energies=energies, peaks=peaks
    )


def width_for(parts: Sequence[probe.Part], job: MasterJob) -> int:
    """The channels to work on: one, where both would be the same."""
    alone = recording.width_of(parts) == 1 or job.facts.take != "all" or job.target.channels == "mono"
    return 1 if alone else 2


def level_of(energies: Floats | Singles, job: MasterJob) -> float:
    """Loudness of the whole.

    Raises:
        AudioError: nothing in it is loud enough.
    """
    return _loud_enough(integrated_lufs(energies), job)


def _loud_enough(loudness: float | None, job: MasterJob) -> float:
    if loudness is None:
        raise AudioError(
            "it is too quiet or too short to be brought to a level",
            where=job.parts[0],
            hint="A recording must hold at least half a second above -70 LUFS.",
        )
    return loudness


# ------------------------------------------------------------------------------------------------------- what it asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The talk, heard once: without rumble and hum, and silent where it will be muted."""

    talk: Overheard
    hum: Hum | None
    room: redaction.RoomTone


def _hear(job: MasterJob, parts: tuple[probe.Part, ...], width: int, heard: Overheard | None) -> _Heard:
    room = redaction.RoomTone(width)
    if heard is None:
        kept = _kept(job, recording.sound(parts, width=width, take=job.facts.take))
        kept = room.listen(kept) if job.mutes or job.bleeps else kept
        heard = listen(kept, width, high_pass_hz=job.target.high_pass_hz)
    hum = noise_reduction.hum_in(heard.survey) if job.target.hum == "auto" else None
    if hum:  # noise and levels can only be judged without it: hear it once more
        kept = _kept(job, recording.sound(parts, width=width, take=job.facts.take))
        clean = noise_reduction.filtered(kept, high_pass_hz=job.target.high_pass_hz, hum=hum)
        heard = listen(clean, width, high_pass_hz=0)
    return _Heard(talk=heard, hum=hum, room=room)


def _kept(job: MasterJob, sound: Iterable[Block], room: redaction.RoomTone | None = None) -> Iterable[Block]:
    """What mutes, bleeps and cuts leave of it; ``room``: how it sounds under a mute."""
    whole = redaction.hidden(sound, (*job.mutes, *job.bleeps), room)
    return cuts.without(whole, job.cuts)


def _plan(job: MasterJob, heard: _Heard) -> Plan:
    energies = heard.talk.energies
    reduced_db = _FIRMLY_DB if job.target.noise_reduction == "auto" else 0.0
    levels = leveller.levels_of(energies, heard.talk.survey, reduced_db=reduced_db)
    noise, noise_db, calm_db = _noise(job, heard, levels)
    even = levels is None or not levels.ride.reaches(EVEN_DB)
    loudness = integrated_lufs(energies)
    talk = levels.speech_lufs if levels else loudness if loudness is not None else -70.0
    return Plan(
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
    return (
        noise_reduction.noise_of(heard.talk.survey),
        float(np.clip(CALM_DB - calm_db, _GENTLY_DB, _FIRMLY_DB)),
        calm_db,
    )


def _foretold(heard: _Heard, plan: Plan) -> tuple[Singles, Halves]:
    """Energies and peaks of the talk as the plan will leave it, in the place of those that were heard: each is megabytes."""
    energies, peaks = heard.talk.energies, heard.talk.peaks
    if plan.levels:
        for part in stretches(len(energies)):
            gains = plan.levels.ride.factors(part.start, part.stop)
            energies[part] *= gains**2
            peaks[part] *= gains
    return energies, peaks
