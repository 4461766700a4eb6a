"""Finds who speaks while another has the turn: attribution names one speaker in each moment.

While only one speaks, every other microphone is softer than the own one by much the same. Where one
is clearly less soft than that, its own speaker speaks, too. With automatic gain control of all
microphones there is no such difference, and nothing is found.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.audio.metering.hop_buffer import HOPS_PER_S
from pipeline.audio.metering.sliding_window import close_gaps, compute_moving_mean, find_runs
from pipeline.audio.tracks.attribution import Attribution
from pipeline.media.samples import BoolArray, Float32Array
from pipeline.model import SpeakerSpan

_LEVEL_HOPS = 21
_MIN_DIFFERENCE_DB = 16.0  # of two microphones, between the turns of both speakers: less tells nothing
_BELOW_SPEECH_DB = 15.0  # the median of own speech
_MIN_TURN_HOPS = 100  # of others, from which the difference is learned
_GAP_HOPS, _MIN_HOPS = 31, 25  # pauses that are joined, and what is too short to be a word


def find_simultaneous_talk(attribution: Attribution) -> BoolArray:
    """Find the hops in which the speaker of a track speaks while another has the turn.

    Args:
        attribution: Who has the turn, and the energy of each track.

    Returns:
        Shape (tracks, hops).
    """
    levels_db = _measure_levels(attribution.energies)
    found = np.zeros(levels_db.shape, bool)
    turns = [attribution.speech & (attribution.winners == number) for number in range(len(levels_db))]
    for own, level_db in enumerate(levels_db):
        if turns[own].sum() < _MIN_TURN_HOPS:
            continue
        speech_db = float(np.median(level_db[turns[own]]))
        for other, turn in enumerate(turns):
            if other == own or turn.sum() < _MIN_TURN_HOPS:
                continue
            lead_db = level_db - levels_db[other]
            softer_db = float(np.median(lead_db[turns[own]]) - np.median(lead_db[turn]))
            if softer_db > _MIN_DIFFERENCE_DB:
                limit_db = float(np.median(lead_db[turn])) + softer_db / 4  # half of the way to equal levels
                found[own] |= turn & (lead_db > limit_db) & (level_db > speech_db - _BELOW_SPEECH_DB)
    return np.stack([_join(row) for row in found]) if len(found) else found


def list_simultaneous_spans(attribution: Attribution, speakers: Sequence[str]) -> tuple[SpeakerSpan, ...]:
    """List who speaks while another has the turn, in order of time.

    Args:
        attribution: Who has the turn, and the energy of each track.
        speakers: Name of each track.
    """
    spans = [
        SpeakerSpan(start_s=first / HOPS_PER_S, end_s=last / HOPS_PER_S, speaker=speaker, confidence=1.0)
        for speaker, row in zip(speakers, find_simultaneous_talk(attribution), strict=True)
        for first, last in find_runs(row)
    ]
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s, span.speaker)))


def _measure_levels(energies: Float32Array) -> Float32Array:
    smooth = [compute_moving_mean(row, _LEVEL_HOPS) for row in energies]
    return (10 * np.log10(np.maximum(smooth, 1e-12))).astype(np.float32)


def _join(talk: BoolArray) -> BoolArray:
    """Join over short pauses, and leave out what is too short for a word."""
    joined = close_gaps(talk, _GAP_HOPS)
    for first, last in find_runs(joined):
        joined[first:last] = last - first >= _MIN_HOPS
    return joined
