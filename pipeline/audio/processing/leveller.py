"""Leveller: plans gains that bring all speakers of a talk to one level.

Noise, breaths, applause, babble and music are never raised against the talk. Planning needs the
energies and the speech profile, not the samples.
"""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.audio.analysis.sound_classes import find_applause, find_removable_ends
from pipeline.audio.analysis.speaker_levels import estimate_speaker_levels
from pipeline.audio.analysis.speech_phrases import find_phrases
from pipeline.audio.analysis.voice_activity import SpeechProfile
from pipeline.audio.metering.hop_buffer import iter_chunks
from pipeline.audio.metering.loudness import to_lufs
from pipeline.audio.processing.gain_envelope import GainEnvelope, build_gain_envelope, limit_gain
from pipeline.media.samples import BoolArray, Float32Array, Float64Array

MAX_GAIN_DB = 12.0  # up: the rest of the difference between two speakers is taken from the louder one
MAX_CUT_DB = 24.0

_MIN_RATING = 0.01  # babble and music hardly count when speakers are compared
_SHORTEST_SPEAKER_HOPS = 100  # who speaks for less does not lower everybody else
_EXTRA_CUT, _MAX_EXTRA_CUT_DB = 1.5, 6.0  # of long pauses: per dB that short ones are raised, and at most
_MAX_EXTRA_CUTS = 4
_POWER_UNIT = 2**24
_NOISE_BELOW_TALK_DB = 14.0  # noise is raised no further than that
_APPLAUSE_BELOW_TALK_DB = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LevellerPlan:
    """A gain envelope, and the measurements behind it."""

    envelope: GainEnvelope
    speech: BoolArray  # shape (hops,): speech
    noise_floor_lufs: float  # -inf: digital silence between words
    speech_lufs: float  # the level that all speakers are brought to
    lowest_db: float = 0.0  # gain of any phrase
    highest_db: float = 0.0
    applause_db: float = 0.0  # gain of the loudest other sound; 0.0: none needs less than the pauses
    removable: tuple[tuple[int, int], ...] = ()  # before the talk and after it: first hop and end


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
    phrases = find_phrases(energies, profile)
    if not len(phrases.spans):
        return None
    ratings = phrases.rate_speakers()
    weights = phrases.lengths * np.maximum(ratings, _MIN_RATING)
    speakers = estimate_speaker_levels(phrases, profile, weights)
    talk_lufs = _choose_talk_level(speakers, weights)
    floor_lufs = float(to_lufs(phrases.floor)) if phrases.floor > 0 else -np.inf
    highest = min(MAX_GAIN_DB, max(0.0, talk_lufs - _NOISE_BELOW_TALK_DB - floor_lufs + noise_reduction_db))
    gains = np.clip(talk_lufs - speakers, -MAX_CUT_DB, highest)
    talk_gain_db = _compute_talk_gain(phrases.levels, gains, weights)
    rest_db = min(0.0, talk_gain_db)
    gains = np.asarray(np.round(gains - (1 - ratings) * np.maximum(gains - rest_db, 0), 2), np.float64)
    applause = find_applause(energies, phrases)
    caps = [talk_lufs - _APPLAUSE_BELOW_TALK_DB - loudest for _, loudest in applause]
    envelope = build_gain_envelope(phrases.spans, gains, len(energies), rest_db=rest_db)
    lowest_db = rest_db - _MAX_EXTRA_CUT_DB
    for _ in range(_MAX_EXTRA_CUTS):  # short pauses of raised speakers: the long ones make up for it
        excess_db = _compute_pause_gain(envelope, phrases.speech) - talk_gain_db
        if excess_db <= 0 or rest_db <= lowest_db:
            break
        rest_db = max(lowest_db, rest_db - round(_EXTRA_CUT * excess_db, 2))
        envelope = build_gain_envelope(phrases.spans, gains, len(energies), rest_db=rest_db)
    return LevellerPlan(
        envelope=limit_gain(envelope, [span for span, _ in applause], [min(rest_db, cap) for cap in caps]),
        speech=phrases.speech,
        noise_floor_lufs=floor_lufs,
        speech_lufs=talk_lufs,
        lowest_db=float(gains.min()),
        highest_db=float(gains.max()),
        applause_db=min([cap for cap in caps if cap < rest_db], default=0.0),
        removable=tuple(find_removable_ends(phrases, ratings, [span for span, _ in applause], len(energies))),
    )


def _choose_talk_level(speakers: Float64Array, weights: Float64Array) -> float:
    """Choose the level in LUFS that all speakers are brought to: near the mean, within reach of the softest."""
    order = np.argsort(speakers, kind="stable")
    softest = speakers[order][
        np.searchsorted(np.cumsum(weights[order]), _SHORTEST_SPEAKER_HOPS).clip(max=len(order) - 1)
    ]
    return min(float((speakers * weights).sum() / weights.sum()), float(softest) + MAX_GAIN_DB)


def _compute_talk_gain(levels: Float64Array, gains: Float64Array, weights: Float64Array) -> float:
    """Compute how much louder the talk becomes in dB: what is raised by more than that is raised against it."""
    before, after = (float((weights * 10 ** (one / 10)).sum()) for one in (levels, levels + gains))
    return round(10 * math.log10(after / before), 2)


def _compute_pause_gain(envelope: GainEnvelope, speech: BoolArray) -> float:
    """Compute how much louder an even background becomes between the phrases, in dB."""
    power, count = 0, 0  # whole numbers: the same sum for chunks of any size
    for part in iter_chunks(len(speech)):
        gains = envelope.compute_db(part.start, part.stop)[~speech[part]].astype(np.float64)
        power, count = power + int((_POWER_UNIT * 10 ** (gains / 10)).astype(np.int64).sum()), count + len(gains)
    return round(10 * math.log10(power / _POWER_UNIT / count), 2) if power else -np.inf
