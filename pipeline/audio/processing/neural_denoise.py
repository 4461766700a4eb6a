"""Neural noise reduction: where it is needed, where it must not act, and what it did.

The network takes music and applause for noise, and now and then a voice. So it acts only where the
noise asks for it, and is bypassed where it would lower speech.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.analysis.sound_classes import SoundClass, classify_hops
from pipeline.audio.analysis.voice_activity import SpeechProfile, compute_power, find_quietest
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES, iter_chunks, map_chunks
from pipeline.audio.metering.loudness import to_lufs
from pipeline.audio.metering.sliding_window import (
    close_gaps,
    compute_moving_maximum,
    compute_moving_mean,
    compute_moving_minimum,
    compute_window_means,
    compute_window_sums,
    find_runs,
    pad_range,
)
from pipeline.audio.processing.leveller import plan_leveller
from pipeline.media.samples import Block, BoolArray, Float32Array, Float64Array
from pipeline.model import Sentence, sentence

SHARE = 0.75  # of the network's output; the rest stays as it was, so pauses never become digital silence

_MAX_SNR_DB = 36.0  # between the softest speaker and the noise around: with more, the network does harm only
_SECOND = 100  # hops
_NEAR_S = 31  # whose quiet moments are the noise of a place
_QUIET_WINDOW = 16  # hops
_QUIET_RANK = 3  # of the quietest moments of these seconds: single ones may be dropouts
_SHORTEST_NOISE_S, _LONGEST_GAP_S = 5, 21  # seconds

# applause and music
_APPLAUSE_BELOW_SPEECH_DB = 15.0
_SHORTEST_APPLAUSE = 50
_TONAL_MUSIC = 0.5
_MOMENT_FRAMES = 8
_MOMENT_BAND = slice(24, 640)  # 150 Hz to 4 kHz, in bins of 6.25 Hz
_LINE_REACH, _LINE_ABOVE = 16, 10.0  # bins to either side, and how far a line is above their median

# speech that the network would lower
_SOFTENED_WINDOW = 150
_SOFTENED_SHARE = 0.3  # of a window: speech
_CLEAR = 4.0  # times the noise: softer words cannot be measured
_TAIL = 10.0  # times softer than the words around it
SPEECH_BAND_HZ = 300  # and above: no hum and rumble, which the network removes too
MAX_SOFTENED_DB = 3.0

_FADE = 31  # hops
_SHOWN = 300  # hops: what is shorter is 0.0 minutes in a report

_RAMP = np.arange(HOP_SAMPLES, dtype=np.float32) / np.float32(HOP_SAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoisePlan:
    """Where the network acts. Arrays have one value per hop of 10 ms, shape (hops,)."""

    speech: BoolArray
    noisy: BoolArray  # the noise is audible
    other: BoolArray  # applause, music and the like
    snr_db: float  # between the softest speaker and the noise of the whole talk; infinite: digital silence
    speech_lufs: float

    @property
    def wanted(self) -> BoolArray:
        """Where the network acts, unless it lowers speech."""
        return self.noisy & ~self.other


def measure_quiet_moment(second: Float32Array) -> tuple[float, float]:
    """Measure the quietest 160 ms of a second: how much of it are tones, and how loud it is.

    Args:
        second: One channel, shape (samples,), at 48 kHz.

    Returns:
        Share of the power from 150 Hz to 4 kHz in lines that stand out (music has 0.9 and more,
        a crowd 0.15, noise 0.05), and mean power; both NaN: digital silence.
    """
    quiet = find_quietest(second, _MOMENT_FRAMES)
    if quiet is None:
        return np.nan, np.nan
    moment = second[quiet]
    power = compute_power(np.fft.rfft(moment * np.hanning(len(moment))))[_MOMENT_BAND]
    near = np.lib.stride_tricks.sliding_window_view(np.pad(power, _LINE_REACH, mode="reflect"), 2 * _LINE_REACH + 1)
    lines = power > _LINE_ABOVE * np.median(near, axis=1)
    share = float(power[lines].sum() / max(float(power.sum()), 1e-20))
    return share, float(np.square(moment).mean(dtype=np.float64))


def plan_denoising(energies: Float32Array, profile: SpeechProfile, moments: Float64Array) -> DenoisePlan | None:
    """Plan where the network acts.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.
        profile: Speech profile of the same talk.
        moments: ``measure_quiet_moment`` of each of its seconds, shape (seconds, 2).

    Returns:
        The plan; ``None`` without speech.
    """
    levels = plan_leveller(energies, profile)
    if levels is None:
        return None
    softest_lufs = levels.speech_lufs - max(0.0, levels.highest_db)
    noise = _estimate_local_noise(energies)
    seconds = softest_lufs - to_lufs(np.maximum(noise, 1e-20)) < _MAX_SNR_DB
    noisy = np.repeat(_close_and_open(seconds), _SECOND)[: len(energies)]
    classes = classify_hops(energies, profile)
    speech = classes == SoundClass.SPEECH
    applause = _find_applause(energies, classes, levels.speech_lufs - _APPLAUSE_BELOW_SPEECH_DB)
    return DenoisePlan(
        speech=speech,
        noisy=noisy,
        other=applause | _find_music(moments, len(energies)),
        snr_db=softest_lufs - levels.noise_floor_lufs,
        speech_lufs=levels.speech_lufs,
    )


def _estimate_local_noise(energies: Float32Array) -> Float64Array:
    """Estimate the noise around each second from its quiet moments; 0.0: digital silence.

    Returns:
        Power, shape (seconds,).
    """
    quietest: list[float] = []
    for part in iter_chunks(len(energies)):
        near = pad_range(energies, part, _QUIET_WINDOW, mode="edge")
        smooth = compute_window_sums(np.where(near > 1e-13, near, np.inf), _QUIET_WINDOW) / _QUIET_WINDOW
        quietest += [float(smooth[at : at + _SECOND].min()) for at in range(0, len(smooth), _SECOND)]
    around = np.pad(np.array(quietest), _NEAR_S // 2, constant_values=np.inf)
    noise = np.sort(np.lib.stride_tricks.sliding_window_view(around, _NEAR_S), axis=1)[:, _QUIET_RANK - 1]
    return np.where(np.isfinite(noise), noise, 0.0)


def _close_and_open(seconds: BoolArray) -> BoolArray:
    """Close short gaps, and drop what is short after that."""
    reach = _LONGEST_GAP_S
    closed = close_gaps(np.pad(seconds, reach, mode="edge"), _LONGEST_GAP_S)[reach:-reach]
    result = closed.copy()
    for first, last in find_runs(closed):
        if last - first < min(_SHORTEST_NOISE_S, len(closed)):
            result[first:last] = False
    return result


def _find_applause(energies: Float32Array, classes: NDArray[np.uint8], min_lufs: float) -> BoolArray:
    """Find applause, laughter and the like that is not far softer than speech, with its soft ends."""
    found = np.zeros(len(classes), bool)
    for first, last in find_runs(classes == SoundClass.APPLAUSE):
        if last - first >= _SHORTEST_APPLAUSE and to_lufs(float(energies[first:last].mean())) > min_lufs:
            found[max(0, first - _SHORTEST_APPLAUSE) : last + _SHORTEST_APPLAUSE] = True
    return np.asarray(found & (classes != SoundClass.SPEECH))


def _find_music(moments: Float64Array, hops: int) -> BoolArray:
    """Find where music goes on behind the words: there, the quiet moments consist of tones."""
    if not len(moments):
        return np.zeros(hops, bool)
    padded = np.pad(moments, ((_NEAR_S // 2, _NEAR_S // 2), (0, 0)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, _NEAR_S, axis=0)
    shares, powers = around[:, 0], around[:, 1]
    least = np.nanmin(np.where(np.isnan(powers), np.inf, powers), axis=1, keepdims=True)
    background = powers < 4 * least  # a louder moment is a word
    counts = background.sum(axis=1)
    sums = np.where(background, shares, 0).sum(axis=1)
    music = (counts > 0) & (sums > _TONAL_MUSIC * counts)
    found = np.repeat(music, _SECOND)[:hops]
    return np.asarray(np.pad(found, (0, hops - len(found)), mode="edge"), bool)


# What the network did


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiseOutcome:
    """Where the network's output is used, and what that changes."""

    wet: Float32Array  # 0.0 to 1.0, shape (hops,): 1.0 is ``SHARE`` of the network's output
    softened: BoolArray  # bypassed, since speech would be softer; shape (hops,)
    pauses_db: float  # how much quieter pauses are

    @property
    def is_effective(self) -> bool:
        """Whether anything changes."""
        return bool(self.wet.any())


def judge_denoising(plan: DenoisePlan, before: Float32Array, after: Float32Array) -> DenoiseOutcome:
    """Judge the output of the network by the level of speech, and plan where it is used.

    Args:
        plan: Where the network acted.
        before: Energies of the talk from ``SPEECH_BAND_HZ`` on, shape (hops,).
        after: Those with ``SHARE`` of the network's output everywhere, shape (hops,).
    """
    softened = _find_softened_speech(plan.speech, before, after) & plan.wanted
    used = plan.wanted & ~softened
    wet = compute_moving_mean(compute_moving_minimum(used, _FADE).astype(np.float64), _FADE)
    pauses = (wet == 1.0) & ~plan.speech & (before > 0)
    means = [
        float(np.mean(energies[pauses], dtype=np.float64)) if pauses.any() else 0.0 for energies in (before, after)
    ]
    pauses_db = 10 * float(np.log10(means[0] / means[1])) if min(means) > 0 else 0.0
    return DenoiseOutcome(wet=wet.astype(np.float32), softened=softened, pauses_db=pauses_db)


def _find_softened_speech(speech: BoolArray, before: Float32Array, after: Float32Array) -> BoolArray:
    """Find speech that is softer than without its noise; tails of words are not judged."""
    noises = [_estimate_local_noise(energies) for energies in (before, after)]
    spoken = [np.where(speech, energies, np.float32(0)) for energies in (before, after)]

    def find(part: slice) -> BoolArray:
        near = slice(max(0, part.start - _SOFTENED_WINDOW), min(len(speech), part.stop + _SOFTENED_WINDOW))
        seconds = np.arange(near.start, near.stop) // _SECOND
        share = np.maximum(compute_window_means(speech, near, _SOFTENED_WINDOW, mode="symmetric"), 1e-9)
        one, other = (
            compute_window_means(energies, near, _SOFTENED_WINDOW, mode="symmetric") / share - noise[seconds]
            for energies, noise in zip(spoken, noises, strict=True)
        )
        enough = share > _SOFTENED_SHARE
        loudest = compute_moving_maximum(np.where(enough, one, 0), 2 * _SOFTENED_WINDOW + 1)
        judged = enough & (one > _CLEAR * noises[0][seconds]) & (one > loudest / _TAIL)
        softened = judged & (other < one * 10 ** (-MAX_SOFTENED_DB / 10))
        return np.asarray(softened[part.start - near.start : part.stop - near.start])

    found = map_chunks(len(speech), find)
    return map_chunks(
        len(found), lambda part: compute_window_means(found, part, _SOFTENED_WINDOW, mode="symmetric") > 0
    )


def mix_denoised(dry: Block, network: Block, wet: Float32Array, *, first: int) -> Block:
    """Mix a range with the network's output.

    Args:
        dry: The range, shape (samples, channels).
        network: Its speech, shape (samples, channels).
        wet: See ``DenoiseOutcome``, shape (hops,); after the end, the last value.
        first: Number of the first sample of the range.

    Returns:
        Shape (samples, channels); where ``wet`` is 0, ``dry`` bit for bit.
    """
    low, high = first // HOP_SAMPLES, -(-(first + len(dry)) // HOP_SAMPLES)
    near = wet[np.minimum(np.arange(low, high + 1), len(wet) - 1)]
    gain = (near[:-1, np.newaxis] + np.diff(near)[:, np.newaxis] * _RAMP).ravel()[first - low * HOP_SAMPLES :]
    return np.asarray(dry + (network - dry) * (np.float32(SHARE) * gain[: len(dry), np.newaxis]), np.float32)


# Report


def describe_outcome(plan: DenoisePlan | None, outcome: DenoiseOutcome | None) -> tuple[list[Sentence], list[Sentence]]:
    """Describe what the network did, and what it skipped and why."""
    if plan is None:
        return [], [sentence("neural noise reduction: no speech found")]
    if outcome is None or not outcome.is_effective:
        return [], list(_explain_bypass(plan, outcome))
    step = sentence(
        "neural noise reduction (DeepFilterNet 3) in {minutes} of {all} minutes; pauses are {by} dB quieter there",
        minutes=_format_minutes(outcome.wet > 0),
        all=f"{len(outcome.wet) / 6000:.1f}",
        by=f"{outcome.pauses_db:.0f}",
    )
    return [step], list(_explain_bypass(plan, outcome))


def _explain_bypass(plan: DenoisePlan, outcome: DenoiseOutcome | None) -> Iterator[Sentence]:
    if not plan.noisy.any():
        if not np.isfinite(plan.snr_db):
            yield sentence("neural noise reduction: the pauses are digital silence")
            return
        snr = f"{plan.snr_db:.0f}"
        yield sentence(
            "neural noise reduction: signal-to-noise ratio of {below} dB, so the noise is inaudible", below=snr
        )
        return
    bypassed = (
        (~plan.noisy, sentence("neural noise reduction: not in {minutes} minutes, where the noise is inaudible")),
        (
            plan.noisy & plan.other,
            sentence("neural noise reduction: not in {minutes} minutes of applause, music and the like"),
        ),
    )
    for hops, message in bypassed:
        if np.count_nonzero(hops) >= _SHOWN:
            yield sentence(message.text, minutes=_format_minutes(hops))
    if outcome is not None and np.count_nonzero(outcome.softened) >= _SHOWN:
        yield sentence(
            "neural noise reduction: not in {minutes} minutes, where it would lower speech by more than {limit} dB",
            minutes=_format_minutes(outcome.softened),
            limit=f"{MAX_SOFTENED_DB:g}",
        )


def _format_minutes(hops: BoolArray) -> str:
    return f"{np.count_nonzero(hops) / (60 * _SECOND):.1f}"
