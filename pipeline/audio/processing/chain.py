"""Processing chain: analyse a recording, plan the stages, predict the gain, render."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.analysis_pass import SpeechAnalysis, analyse_speech
from pipeline.audio.io import cuts, pcm, probe
from pipeline.audio.io.recording_reader import choose_channel_count, read_recording
from pipeline.audio.metering.curves import count_speech_levels
from pipeline.audio.metering.hop_buffer import iter_chunks
from pipeline.audio.metering.loudness import compute_gated_lufs, compute_integrated_lufs, sum_tenths
from pipeline.audio.processing import leveller, redaction, restoration
from pipeline.audio.processing.jingles import JinglePlan, plan_jingles
from pipeline.audio.processing.leveller import LevellerPlan
from pipeline.audio.processing.limiter import compute_limiter_ceiling, limit_true_peak
from pipeline.audio.processing.restoration import HumComb
from pipeline.audio.tasks import MasterTask
from pipeline.errors import AudioError
from pipeline.media.samples import RATE, Block, BoolArray, Float16Array, Float32Array, Float64Array

AUDIBLE_NOISE_SNR_DB = 42.0  # between talk and noise floor: with less, the noise is audible
MIN_LEVELLER_GAIN_DB = 1.0  # smaller gains are not worth applying

_MIN_SNR_DB = 10.0  # with less it may be music, or talk without a pause: no noise can be learnt from it
_MIN_REDUCTION_DB, _MAX_REDUCTION_DB = 6.0, 12.0
_BLEEP_BELOW_TALK_DB = 6.0
_SEEK_GRID = 4 * RATE  # samples: whole MP3 frames, filter rows and seconds; rendering may begin at any multiple
_SETTLING = RATE  # samples after which a chain that began there has the same output as from the start


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingPlan:
    """The stages to apply to the talk: only those that it needs and that are not switched off."""

    hum: HumComb | None = None
    room_tone: redaction.RoomTone | None = None
    noise_spectrum: Float64Array | None = None  # mean power per FFT bin; see ``estimate_noise_spectrum``
    noise_reduction_db: float = 0.0
    snr_db: float = 0.0  # between talk and noise floor after levelling; infinite: digital silence in the pauses
    leveller: LevellerPlan | None = None
    speech: BoolArray = field(default_factory=lambda: np.zeros(0, bool))  # shape (hops,): speech
    bleep_amplitude: float = 0.0  # full scale is 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingChain:
    """A planned chain, ready to render.

    Energies and peaks are predictions for the whole master before the final gain.
    """

    parts: tuple[probe.RecordingPart, ...]
    task: MasterTask
    channels: int  # processed: 1 also where both would be the same
    plan: ProcessingPlan
    jingles: JinglePlan
    speech_levels: NDArray[np.intp]  # see ``count_speech_levels``; before levelling
    energies: Float32Array  # K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0
    peaks: Float16Array  # sample peak per hop, shape (hops,)

    @property
    def ceiling_dbtp(self) -> float:
        """Ceiling of the limiter."""
        return compute_limiter_ceiling(self.task.target)

    def predict_gain(self) -> float:
        """Predict the gain in dB that reaches the loudness target after the limiter."""
        loudness_lufs, ceiling = self.task.target.loudness_lufs, 10 ** (self.ceiling_dbtp / 20)
        unlimited = compute_integrated_lufs(self.energies)
        low = loudness_lufs - (unlimited if unlimited is not None else loudness_lufs)
        high = low + 12.0
        for _ in range(24):
            middle = (low + high) / 2
            gain = 10 ** (middle / 20)
            limited = [
                sum_tenths(self._predict_limited(part, gain, ceiling)) for part in iter_chunks(len(self.energies))
            ]
            predicted = compute_gated_lufs(np.concatenate([np.zeros(0), *limited]))
            low, high = (middle, high) if predicted is None or predicted < loudness_lufs else (low, middle)
        return (low + high) / 2

    def _predict_limited(self, part: slice, gain: float, ceiling: float) -> Float32Array:
        """Predict the energies after gain and limiter: one array, worked on in place."""
        factors = self.peaks[part] * np.float32(gain)
        np.maximum(factors, np.float32(1e-9), out=factors)
        np.divide(np.float32(ceiling), factors, out=factors)
        np.minimum(factors, np.float32(1), out=factors)
        factors *= np.float32(gain)
        factors *= factors
        factors *= self.energies[part]
        return factors

    def drop_predictions(self) -> "ProcessingChain":
        """Free energies and peaks, which take megabytes per hour."""
        return replace(self, energies=self.energies[:0].copy(), peaks=self.peaks[:0].copy())

    @property
    def is_seekable(self) -> bool:
        """Whether rendering can begin anywhere: one plain file, without edits and jingles."""
        task = self.task
        edits = task.cuts or task.mutes or task.bleeps or task.intro or task.outro or task.jingles
        return not edits and len(self.parts) == 1 and pcm.is_plain_at_working_rate(self.parts[0])

    def render(self, gain_db: float) -> Iterator[Block]:
        """Render the whole master with that gain, limited to the ceiling.

        Yields:
            Blocks of shape (samples, channels), float32, full scale is 1.0.
        """
        return _limit(self.jingles.mix_with(self._render_talk(0)), gain_db, self.ceiling_dbtp)

    def render_range(self, first: int, last: int, gain_db: float) -> Iterator[Block]:
        """Render a range of samples of a seekable chain, equal to that of the whole master.

        Yields:
            Blocks of shape (samples, channels), float32, full scale is 1.0.
        """
        start = max(0, first - _SETTLING) // _SEEK_GRID * _SEEK_GRID
        blocks = _limit(self._render_talk(start), gain_db, self.ceiling_dbtp)
        return _slice_blocks(blocks, first - start, last - start)

    def _render_talk(self, first: int) -> Iterator[Block]:
        task, plan = self.task, self.plan
        blocks = restoration.apply_filters(
            _read_edited(task, self.parts, self.channels, room_tone=plan.room_tone, first=first),
            high_pass_hz=task.target.high_pass_hz,
            hum=plan.hum,
        )
        if plan.noise_spectrum is not None:
            blocks = restoration.reduce_noise(blocks, plan.noise_spectrum, by_db=plan.noise_reduction_db)
        if plan.leveller:
            blocks = leveller.apply_gain_envelope(blocks, plan.leveller.envelope, first=first)
        if task.bleeps:
            spans = redaction.map_to_samples_after_cuts(task.bleeps, task.cuts)
            blocks = redaction.add_bleeps(blocks, spans, amplitude=plan.bleep_amplitude)
        return blocks


def build_chain(
    task: MasterTask, analysis: SpeechAnalysis | None = None, *, parts: tuple[probe.RecordingPart, ...] | None = None
) -> ProcessingChain:
    """Plan the chain for a recording.

    Args:
        task: The recording and its target.
        analysis: Of the recording without edits, if it was analysed before; its arrays are
            overwritten.
        parts: The files of the recording, if they were opened before.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    parts = parts or tuple(probe.open_part(path) for path in task.parts)
    channels = count_processing_channels(parts, task)
    talk, hum, room_tone = _analyse_talk(task, parts, channels, analysis)
    plan = _plan_stages(task, talk, hum, room_tone)
    before = compute_integrated_lufs(talk.energies)
    speech_levels = count_speech_levels(talk.energies, plan.speech)
    energies, peaks = _predict_levelled(talk, plan)
    after = compute_integrated_lufs(energies)
    loudness = _require(before if after is None else after, task)
    jingles = plan_jingles(task, channels=channels, loudness_lufs=loudness, talk_samples=talk.samples)
    energies, peaks = jingles.predict(energies, peaks)
    return ProcessingChain(
        parts=parts,
        task=task,
        channels=channels,
        plan=plan,
        jingles=jingles,
        speech_levels=speech_levels,
        energies=energies,
        peaks=peaks,
    )


def count_processing_channels(parts: Sequence[probe.RecordingPart], task: MasterTask) -> int:
    """Count the channels to process: one, where both would be the same."""
    selected = task.facts.channel_selection != "all" or task.target.channels == "mono"
    return 1 if selected or choose_channel_count(parts) == 1 else 2


def require_loudness(energies: Float64Array | Float32Array, task: MasterTask) -> float:
    """Compute integrated loudness in LUFS from K-weighted mean squares per 10 ms, shape (hops,).

    Raises:
        AudioError: Nothing is above the meter's gate.
    """
    return _require(compute_integrated_lufs(energies), task)


def _require(loudness: float | None, task: MasterTask) -> float:
    if loudness is None:
        raise AudioError(
            "the recording is too quiet or too short for loudness normalisation",
            where=task.parts[0],
            hint="A recording must hold at least half a second above -70 LUFS.",
        )
    return loudness


def _limit(blocks: Iterable[Block], gain_db: float, ceiling_dbtp: float) -> Iterator[Block]:
    gain = np.float32(10 ** (gain_db / 20))
    return limit_true_peak((block * gain for block in blocks), ceiling_dbtp=ceiling_dbtp)


def _slice_blocks(blocks: Iterable[Block], first: int, last: int) -> Iterator[Block]:
    at = 0
    for block in blocks:
        inside = block[max(0, first - at) : max(0, last - at)]
        at += len(block)
        if len(inside):
            yield inside
        if at >= last:
            return


# Planning


def _analyse_talk(
    task: MasterTask, parts: tuple[probe.RecordingPart, ...], channels: int, analysis: SpeechAnalysis | None
) -> tuple[SpeechAnalysis, HumComb | None, redaction.RoomTone]:
    """Analyse the edited talk, without rumble and hum; find the hum, and collect room tone."""
    room_tone = redaction.RoomTone(channels)
    if analysis is None:
        talk = _read_edited(task, parts, channels)
        talk = room_tone.collect(talk) if task.mutes or task.bleeps else talk
        analysis = analyse_speech(talk, channels, high_pass_hz=task.target.high_pass_hz)
    hum = restoration.estimate_hum(analysis.profile) if task.target.hum == "auto" else None
    if hum:  # noise and levels can only be measured without it: a second pass
        talk = restoration.apply_filters(
            _read_edited(task, parts, channels), high_pass_hz=task.target.high_pass_hz, hum=hum
        )
        analysis = analyse_speech(talk, channels, high_pass_hz=0)
    return analysis, hum, room_tone


def _read_edited(
    task: MasterTask,
    parts: tuple[probe.RecordingPart, ...],
    channels: int,
    *,
    room_tone: redaction.RoomTone | None = None,
    first: int = 0,
) -> Iterable[Block]:
    """Read the recording without cuts, and with room tone in place of mutes and bleeps."""
    blocks = read_recording(parts, channels=channels, selection=task.facts.channel_selection, first=first)
    redacted = redaction.replace_with_room_tone(blocks, (*task.mutes, *task.bleeps), room_tone)
    return cuts.remove_cuts(redacted, task.cuts)


def _plan_stages(
    task: MasterTask, talk: SpeechAnalysis, hum: HumComb | None, room_tone: redaction.RoomTone
) -> ProcessingPlan:
    energies, target = talk.energies, task.target
    possible_db = _MAX_REDUCTION_DB if target.noise_reduction == "auto" else 0.0
    levels = leveller.plan_leveller(energies, talk.profile, noise_reduction_db=possible_db)
    noise_spectrum, noise_reduction_db, snr_db = _plan_noise_reduction(task, talk, levels)
    needed = target.levelling != "off" and levels is not None and levels.envelope.reaches_gain(MIN_LEVELLER_GAIN_DB)
    loudness = compute_integrated_lufs(energies)
    talk_lufs = levels.speech_lufs if levels else loudness if loudness is not None else -70.0
    return ProcessingPlan(
        hum=hum,
        room_tone=room_tone if task.mutes or task.bleeps else None,
        noise_spectrum=noise_spectrum,
        noise_reduction_db=noise_reduction_db,
        snr_db=snr_db,
        leveller=levels if needed else None,
        speech=levels.speech if levels else np.zeros(0, bool),
        # a sine at 1 kHz on two loudspeakers: as many LUFS as dB to full scale
        bleep_amplitude=10 ** ((talk_lufs - _BLEEP_BELOW_TALK_DB) / 20),
    )


def _plan_noise_reduction(
    task: MasterTask, talk: SpeechAnalysis, levels: LevellerPlan | None
) -> tuple[Float64Array | None, float, float]:
    """Decide on noise reduction: spectrum (``None``: not needed), reduction in dB, SNR in dB."""
    if task.target.noise_reduction == "off" or levels is None or not np.isfinite(levels.noise_floor_lufs):
        return None, 0.0, np.inf
    raised_db = max(0.0, levels.highest_db) if task.target.levelling == "auto" else 0.0
    snr_db = levels.speech_lufs - levels.noise_floor_lufs - raised_db
    if not _MIN_SNR_DB <= snr_db < AUDIBLE_NOISE_SNR_DB:
        return None, 0.0, snr_db
    reduction_db = float(np.clip(AUDIBLE_NOISE_SNR_DB - snr_db, _MIN_REDUCTION_DB, _MAX_REDUCTION_DB))
    spectrum = restoration.estimate_noise_spectrum(talk.profile)
    return spectrum, reduction_db if spectrum is not None else 0.0, snr_db


def _predict_levelled(talk: SpeechAnalysis, plan: ProcessingPlan) -> tuple[Float32Array, Float16Array]:
    """Apply the leveller's gains to energies and peaks, in place: each takes megabytes."""
    energies, peaks = talk.energies, talk.peaks
    if plan.leveller:
        for part in iter_chunks(len(energies)):
            gains = plan.leveller.envelope.compute_factors(part.start, part.stop)
            energies[part] *= gains**2
            peaks[part] *= gains
    return energies, peaks
