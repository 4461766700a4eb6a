"""Leveller: finds who speaks when, and plans gains that bring all speakers to one level.

Noise, breaths and applause are never raised. Planning needs the energies and the speech profile,
not the samples.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis.voice_activity import SpeechProfile
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES, iter_chunks, map_chunks
from pipeline.audio.metering.loudness import compute_integrated_lufs, to_lufs
from pipeline.audio.metering.sliding_window import (
    close_gaps,
    compute_moving_mean,
    compute_window_means,
    compute_window_sums,
    find_runs,
    pad_range,
)
from pipeline.audio.processing.gain_envelope import REACH_HOPS, GainEnvelope, build_gain_envelope, limit_gain
from pipeline.media.samples import Block, BoolArray, Float32Array, Float64Array

MAX_GAIN_DB = 12.0  # up or down

# speech detection; lengths in hops of 10 ms
_ABOVE_FLOOR_DB = 6.0  # speech is that much louder than the noise floor
_BELOW_INTEGRATED_DB = 30.0  # and at most that much below the loudness of the whole talk
_VOICED_SHARE = 0.2  # of 600 ms: noise has the pitch of a voice now and then
_CLOSED_GAP = 25  # a shorter pause belongs to the phrase
_SHORTEST_PHRASE = REACH_HOPS  # anything shorter is a knock
_FLOOR_WINDOW = 16

# splitting of phrases
_LONGEST_PART, _SHORTEST_PART = 250, 100
_SPLIT_WINDOW = 11

# phrases that near and that similar in level count as one speaker, whose emphasis stays
_NEAR_S, _SIMILAR_DB = 12.0, 4.0
_NEIGHBOURS = 40
_OTHERS_WEIGHT = 0.04  # of other phrases near by: one soft remark alone is not yet another speaker
_NOISE_BELOW_TALK_DB = 20.0  # noise is raised no further than that

# applause and other loud sounds
_APPLAUSE_WINDOW = 40
_APPLAUSE_ABOVE_FLOOR_DB = 10.0
_APPLAUSE_BELOW_TALK_DB = 3.0

_BATCH = 6000  # hops whose gains are computed together
_RAMP = np.arange(HOP_SAMPLES, dtype=np.float32) / np.float32(HOP_SAMPLES)  # interpolation within a hop


@dataclass(frozen=True, slots=True, kw_only=True)
class LevellerPlan:
    """A gain envelope, and the measurements behind it."""

    envelope: GainEnvelope
    speech: BoolArray  # shape (hops,): speech
    noise_floor_lufs: float  # -inf: digital silence between words
    speech_lufs: float  # mean level of all phrases, weighted by duration
    lowest_db: float = 0.0  # gain of any phrase
    highest_db: float = 0.0
    applause_db: float = 0.0  # gain of the loudest other sound


def plan_leveller(
    energies: Float32Array, profile: SpeechProfile, *, noise_reduction_db: float = 0.0
) -> LevellerPlan | None:
    """Plan how to bring the speakers of a talk to one level.

    Args:
        energies: K-weighted mean square per hop of 10 ms, shape (hops,), full scale is 1.0.
        profile: Speech profile of the same talk.
        noise_reduction_db: How much its noise can be reduced first.

    Returns:
        The plan; ``None`` without speech.
    """
    floor = _estimate_noise_floor(energies)
    speech = _find_speech(energies, profile.voiced, floor)
    phrases = [part for phrase in _find_phrases(speech) for part in _split_phrase(energies, phrase)]
    if not phrases:
        return None
    levels = np.array([_measure_phrase(energies[first:last]) for first, last in phrases])
    lengths = np.array([last - first for first, last in phrases], np.float64)
    middles_s = np.array([(first + last) / 200 for first, last in phrases])
    speakers = _estimate_speaker_levels(levels, lengths, middles_s)
    talk_lufs = float((speakers * lengths).sum() / lengths.sum())
    floor_lufs = float(to_lufs(floor)) if floor > 0 else -np.inf
    highest = min(MAX_GAIN_DB, max(0.0, talk_lufs - _NOISE_BELOW_TALK_DB - floor_lufs + noise_reduction_db))
    gains = np.clip(talk_lufs - speakers, -MAX_GAIN_DB, highest)
    applause = _find_applause(energies, speech, floor)
    caps = [min(0.0, talk_lufs - _APPLAUSE_BELOW_TALK_DB - loudest) for _, loudest in applause]
    envelope = build_gain_envelope(phrases, gains, len(energies))
    return LevellerPlan(
        envelope=limit_gain(envelope, [span for span, _ in applause], caps),
        speech=speech,
        noise_floor_lufs=floor_lufs,
        speech_lufs=talk_lufs,
        lowest_db=float(gains.min()),
        highest_db=float(gains.max()),
        applause_db=min(caps, default=0.0),
    )


def apply_gain_envelope(blocks: Iterable[Block], envelope: GainEnvelope, *, first: int = 0) -> Iterator[Block]:
    """Apply the gains, interpolated linearly within each hop.

    Args:
        blocks: Shape (samples, channels) each, float32 at 48 kHz.
        envelope: The gains.
        first: Number of the first sample of ``blocks``.

    Yields:
        Blocks of the same shapes.
    """
    at = first
    gains, begin = np.zeros(0, np.float32), 0
    for block in blocks:
        low, high = at // HOP_SAMPLES, (at + len(block)) // HOP_SAMPLES + 2
        if high > begin + len(gains):
            gains, begin = envelope.compute_factors(low, max(high, low + _BATCH)), low
        near = gains[low - begin : high - begin]
        if float(np.ptp(near)) < 1e-9:
            yield block * np.float32(near[0])
        else:
            interpolated = near[:-1, np.newaxis] + np.diff(near)[:, np.newaxis] * _RAMP
            gain = interpolated.ravel()[at - low * HOP_SAMPLES :][: len(block)]
            yield block * gain[:, np.newaxis]
        at += len(block)


# Detection


def _estimate_noise_floor(energies: Float32Array) -> float:
    """Estimate the power between words; digital silence does not count."""
    quietest: list[float] = []
    for part in iter_chunks(len(energies)):
        near = pad_range(energies, part, _FLOOR_WINDOW, mode="edge")
        smooth = compute_window_sums(np.where(near > 1e-13, near, np.inf), _FLOOR_WINDOW) / _FLOOR_WINDOW
        quietest += [float(smooth[at : at + 100].min()) for at in range(0, len(smooth), 100)]
    powers = [power for power in quietest if np.isfinite(power)]
    return float(np.quantile(powers, 0.1)) if powers else 0.0


def _find_speech(energies: Float32Array, voiced: BoolArray, floor: float) -> BoolArray:
    """Find hops with a voice above the floor, and the consonants and short breaths around it."""
    count = len(energies)
    whole = compute_integrated_lufs(energies)
    threshold = 10 ** (((whole if whole is not None else -70.0) - _BELOW_INTEGRATED_DB + 0.691) / 10)
    threshold = max(floor * 10 ** (_ABOVE_FLOOR_DB / 10), threshold)
    loud = map_chunks(count, lambda part: compute_window_means(energies, part, 5, mode="symmetric") > threshold)
    by_hop = np.repeat(voiced, 2)[:count]
    voice = np.pad(by_hop, (0, count - len(by_hop))) & loud
    often = map_chunks(count, lambda part: compute_window_means(voice, part, 60, mode="symmetric") > _VOICED_SHARE)
    return close_gaps(_extend(voice & often) & loud, _CLOSED_GAP)


def _extend(mask: BoolArray) -> BoolArray:
    """Extend each run of true values by ``REACH_HOPS`` to both sides."""
    width = 2 * REACH_HOPS + 1
    return map_chunks(len(mask), lambda part: compute_window_means(mask, part, width, mode="symmetric") > 0)


def _find_phrases(mask: BoolArray) -> list[tuple[int, int]]:
    return [(first, last) for first, last in find_runs(mask) if last - first >= _SHORTEST_PHRASE]


def _split_phrase(energies: Float32Array, phrase: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Split a long phrase where it is quietest, for two may speak without a pause between them.

    No part is shorter than ``_SHORTEST_PART``: the end of a sentence is soft, and is not another
    speaker.
    """
    first, last = phrase
    while last - first > _LONGEST_PART + _SHORTEST_PART:
        smooth = compute_moving_mean(energies[first : first + _LONGEST_PART], _SPLIT_WINDOW)
        at = first + _SHORTEST_PART + int(smooth[_SHORTEST_PART:].argmin())
        yield first, at
        first = at
    yield first, last


def _measure_phrase(phrase: Float32Array) -> float:
    """Measure the level in LUFS of the louder hops, so that breaths do not count."""
    energies = phrase.astype(np.float64)
    return float(to_lufs(energies[energies >= energies.mean() / 10].mean()))


def _estimate_speaker_levels(levels: Float64Array, lengths: Float64Array, middles_s: Float64Array) -> Float64Array:
    """Estimate for each phrase the level of its speaker: the mean of similar phrases around it."""
    result = levels.copy()
    for _ in range(2):
        total, weights = np.zeros(len(levels)), np.zeros(len(levels))
        for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1):
            ours = slice(max(0, -step), len(levels) - max(0, step))
            theirs = slice(max(0, step), len(levels) - max(0, -step))
            if ours.start >= ours.stop:
                continue
            near = np.exp(-np.abs(middles_s[theirs] - middles_s[ours]) / _NEAR_S)
            similar = np.exp(-(((levels[theirs] - result[ours]) / _SIMILAR_DB) ** 2) / 2)
            weight = lengths[theirs] * near * np.maximum(similar, _OTHERS_WEIGHT)
            total[ours] += weight * levels[theirs]
            weights[ours] += weight
        result = total / np.maximum(weights, 1e-30)
    return result


def _find_applause(energies: Float32Array, speech: BoolArray, floor: float) -> list[tuple[tuple[int, int], float]]:
    """Find loud sounds that are not speech: span in hops, level in LUFS of the loudest 400 ms."""
    quiet = ~_extend(speech)
    threshold = max(floor * 10 ** (_APPLAUSE_ABOVE_FLOOR_DB / 10), 1e-9)
    smooth = functools.partial(compute_window_means, energies, width=_APPLAUSE_WINDOW, mode="edge")
    loud = map_chunks(len(energies), lambda part: quiet[part] & (smooth(part) > threshold))
    return [
        ((first, last), _find_loudest(smooth, first, last))
        for first, last in _find_phrases(close_gaps(loud, _CLOSED_GAP))
    ]


def _find_loudest(smooth: Callable[[slice], Float64Array], first: int, last: int) -> float:
    parts = (slice(first + part.start, first + part.stop) for part in iter_chunks(last - first))
    return float(to_lufs(max(float(smooth(part).max()) for part in parts)))
