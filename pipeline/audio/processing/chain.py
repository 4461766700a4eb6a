"""Processing chain: analyse a recording, plan the stages, predict the gain, render."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.analysis_pass import AnalysisPass, SpeechAnalysis
from pipeline.audio.io.cuts import SplicedReader
from pipeline.audio.io.recording_reader import RangeReader
from pipeline.audio.metering.chunk_buffer import join_blocks
from pipeline.audio.metering.curves import count_speech_levels
from pipeline.audio.metering.hop_buffer import iter_chunks
from pipeline.audio.metering.loudness import compute_gated_lufs, compute_integrated_lufs, sum_tenths
from pipeline.audio.processing import leveller, redaction, restoration
from pipeline.audio.processing.gain_envelope import apply_gain_envelope
from pipeline.audio.processing.hum_removal import SETTLING as HUM_SETTLING
from pipeline.audio.processing.hum_removal import HumComb
from pipeline.audio.processing.jingles import JinglePlan, plan_jingles
from pipeline.audio.processing.leveller import LevellerPlan
from pipeline.audio.processing.limiter import CONTEXT as LIMITER_CONTEXT
from pipeline.audio.processing.limiter import compute_limiter_ceiling, limit_block
from pipeline.audio.processing.redaction import RedactedReader, collect_room_tone
from pipeline.audio.processing.restoration import CONTEXT as NOISE_CONTEXT
from pipeline.audio.processing.restoration import FRAME_SAMPLES, sample_mains
from pipeline.audio.tasks import MasterTask
from pipeline.errors import AudioError
from pipeline.media.samples import RATE, Block, BoolArray, Float16Array, Float32Array, Float64Array
from pipeline.model import SoundTarget

AUDIBLE_NOISE_SNR_DB = 42.0  # between talk and noise floor: with less, the noise is audible
MIN_LEVELLER_GAIN_DB = 1.0  # smaller gains are not worth applying

_MIN_REDUCTION_DB, _MAX_REDUCTION_DB = 6.0, 12.0
_BLEEP_BELOW_TALK_DB = 6.0
_GRID = 960  # samples: where filters can begin
_SETTLING = RATE  # samples after which the high-pass has the same output as from the start


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkAnalysis:
    """The analysis of a talk without its hum and rumble."""

    speech: SpeechAnalysis
    hum: HumComb | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingPlan:
    """The stages to apply to the talk: only those that it needs and that are not switched off."""

    hum: HumComb | None = None
    noise_spectrum: Float64Array | None = None  # mean power per FFT bin; see ``estimate_noise_spectrum``
    noise_reduction_db: float = 0.0
    snr_db: float = 0.0  # between talk and noise floor after levelling; infinite: digital silence in the pauses
    leveller: LevellerPlan | None = None
    speech: BoolArray = field(default_factory=lambda: np.zeros(0, bool))  # shape (hops,): speech
    bleep_amplitude: float = 0.0  # full scale is 1.0
    removable: tuple[tuple[int, int], ...] = ()  # before the talk and after it, in hops; see ``LevellerPlan``


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingChain:
    """A planned chain, ready to render.

    Energies and peaks are predictions for the whole master before the final gain.
    """

    task: MasterTask
    talk: RangeReader  # the edited recording
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
    def samples(self) -> int:
        """Length of the master."""
        return self.jingles.samples

    def render_range(self, first: int, last: int, gain_db: float) -> Block:
        """Render a range of the master with that gain, limited to the ceiling.

        Ranges that adjoin have no seam: where a filter begins has faded before the range does.

        Returns:
            Shape (last - first, channels), float32, full scale is 1.0.
        """
        start, stop = max(0, first - LIMITER_CONTEXT), min(self.samples, last + LIMITER_CONTEXT)
        block = self.jingles.mix_range(self._render_talk, start, stop)
        block *= np.float32(10 ** (gain_db / 20))
        return limit_block(block, ceiling_dbtp=self.ceiling_dbtp)[first - start : last - start]

    def _render_talk(self, first: int, last: int) -> Block:
        task, plan = self.task, self.plan
        low = max(0, first - NOISE_CONTEXT) // FRAME_SAMPLES * FRAME_SAMPLES  # its frames are those of the whole talk
        start = max(0, low - (HUM_SETTLING if plan.hum else _SETTLING)) // _GRID * _GRID
        stop = min(self.talk.samples, last + NOISE_CONTEXT)
        blocks = restoration.apply_filters(
            self._iter_talk(start, stop), high_pass_hz=task.target.high_pass_hz, hum=plan.hum
        )
        blocks = _slice_blocks(blocks, low - start, stop - start)
        if plan.noise_spectrum is not None:
            blocks = restoration.reduce_noise(blocks, plan.noise_spectrum, by_db=plan.noise_reduction_db)
        blocks = _slice_blocks(blocks, first - low, last - low)
        if plan.leveller:
            blocks = apply_gain_envelope(blocks, plan.leveller.envelope, first=first)
        if task.bleeps:
            spans = redaction.map_to_samples_after_cuts(task.bleeps, task.cuts)
            blocks = redaction.add_bleeps(blocks, spans, amplitude=plan.bleep_amplitude, first=first)
        return join_blocks(blocks)

    def _iter_talk(self, first: int, last: int) -> Iterator[Block]:
        for start in range(first, last, RATE):
            yield self.talk.read_range(start, min(start + RATE, last))


def build_chain(task: MasterTask, recording: RangeReader, *, channels: int) -> ProcessingChain:
    """Plan the chain for a recording.

    Args:
        task: The recording and its target.
        recording: Its audio.
        channels: Of it; 1 also where both would be the same.

    Raises:
        AudioError: The recording is too short or too quiet, or cannot be read.
    """
    redactions = (*task.mutes, *task.bleeps)
    talk: RangeReader = SplicedReader(RedactedReader(recording, redactions, None), task.cuts)
    room_tone = collect_room_tone(talk, channels) if redactions else None
    talk = SplicedReader(RedactedReader(recording, redactions, room_tone), task.cuts)
    return plan_chain(task, talk, analyse_talk(talk, channels, task.target), channels=channels)


def plan_chain(task: MasterTask, talk: RangeReader, found: TalkAnalysis, *, channels: int) -> ProcessingChain:
    """Plan the chain for a talk that is analysed.

    Args:
        task: The recording and its target.
        talk: The edited recording.
        found: Its analysis; its arrays are overwritten.
        channels: Of the talk.

    Raises:
        AudioError: It is too short or too quiet.
    """
    plan = _plan_stages(task, found)
    before = compute_integrated_lufs(found.speech.energies)
    speech_levels = count_speech_levels(found.speech.energies, plan.speech)
    energies, peaks = _predict_levelled(found.speech, plan)
    after = compute_integrated_lufs(energies)
    loudness = _require(before if after is None else after, task)
    jingles = plan_jingles(task, channels=channels, loudness_lufs=loudness, talk_samples=talk.samples)
    energies, peaks = jingles.predict(energies, peaks)
    return ProcessingChain(
        task=task,
        talk=talk,
        channels=channels,
        plan=plan,
        jingles=jingles,
        speech_levels=speech_levels,
        energies=energies,
        peaks=peaks,
    )


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


def find_hum(talk: RangeReader, target: SoundTarget) -> HumComb | None:
    """Find the hum to remove; ``None``: there is none, or it is to stay."""
    return restoration.estimate_hum(sample_mains(talk)) if target.hum == "auto" else None


def analyse_talk(talk: RangeReader, channels: int, target: SoundTarget) -> TalkAnalysis:
    """Find the hum of a talk, and analyse what is left without it.

    Args:
        talk: The edited recording.
        channels: Of it.
        target: Says which stages are switched off.
    """
    hum = find_hum(talk, target)
    analysis = AnalysisPass(talk, channels, high_pass_hz=target.high_pass_hz, hum=hum)
    return TalkAnalysis(speech=analysis.run(), hum=hum)


def _plan_stages(task: MasterTask, analysis: TalkAnalysis) -> ProcessingPlan:
    talk, target = analysis.speech, task.target
    energies = talk.energies
    possible_db = _MAX_REDUCTION_DB if target.noise_reduction == "auto" else 0.0
    levels = leveller.plan_leveller(energies, talk.profile, noise_reduction_db=possible_db)
    noise_spectrum, noise_reduction_db, snr_db = _plan_noise_reduction(task, talk, levels)
    needed = target.levelling != "off" and levels is not None and levels.envelope.reaches_gain(MIN_LEVELLER_GAIN_DB)
    loudness = compute_integrated_lufs(energies)
    talk_lufs = levels.speech_lufs if levels else loudness if loudness is not None else -70.0
    return ProcessingPlan(
        hum=analysis.hum,
        noise_spectrum=noise_spectrum,
        noise_reduction_db=noise_reduction_db,
        snr_db=snr_db,
        leveller=levels if needed else None,
        speech=levels.speech if levels else np.zeros(0, bool),
        removable=levels.removable if levels else (),
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
    if snr_db >= AUDIBLE_NOISE_SNR_DB:
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
