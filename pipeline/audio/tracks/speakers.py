"""Who speaks when, as spans, talk time per track, and JSON."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pipeline.audio.metering.curves import MAX_POINTS
from pipeline.audio.metering.hop_buffer import HOPS_PER_S
from pipeline.audio.metering.sliding_window import close_gaps, find_runs
from pipeline.audio.tracks.attribution import Attribution
from pipeline.media.samples import BoolArray, Float32Array
from pipeline.model import SpeakerSpan, to_json

_PAUSE_HOPS = 51  # half a second: a shorter pause does not end a span
_MIN_SPAN_HOPS = 25  # shorter: a cough, not a speaker
_MIN_CONFIDENCE = 0.5  # of a span that names anyone


def find_own_talk(attribution: Attribution) -> BoolArray:
    """Find the hops in which the speaker of each track speaks, as far as known; shape (tracks, hops)."""
    return np.asarray(
        (attribution.winners == np.arange(len(attribution.posterior))[:, np.newaxis]) & attribution.speech
    )


def list_spans(attribution: Attribution, speakers: Sequence[str], recorded: BoolArray) -> tuple[SpeakerSpan, ...]:
    """List who speaks when, in order of time; short pauses are part of a span.

    Args:
        attribution: Who speaks per hop.
        speakers: Name of each track.
        recorded: Whether each track has sound, shape (tracks, hops). Where one has none, its
            speaker is heard through another, so confidence is lower by this speaker's share.
    """
    talk = find_own_talk(attribution)
    shares = talk.sum(axis=1) / np.maximum(recorded.sum(axis=1), 1)
    shares /= max(float(shares.sum()), 1e-9)
    anyone: BoolArray = np.asarray(talk.any(axis=0))
    known = attribution.posterior * (shares @ recorded)
    spans = [
        span
        for number, speaker in enumerate(speakers)
        for span in _iter_spans(talk[number], anyone, known[number], speaker)
    ]
    return tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s, span.speaker)))


def _iter_spans(own: BoolArray, anyone: BoolArray, posterior: Float32Array, speaker: str) -> Iterator[SpeakerSpan]:
    others = anyone & ~own
    for first, last in find_runs(close_gaps(own, _PAUSE_HOPS) & ~others):
        spoken = np.flatnonzero(own[first:last])
        if len(spoken) < _MIN_SPAN_HOPS:
            continue
        start, end = first + int(spoken[0]), first + int(spoken[-1]) + 1
        confidence = float(posterior[start:end][own[start:end]].mean())
        if confidence < _MIN_CONFIDENCE:
            continue
        yield SpeakerSpan(
            start_s=start / HOPS_PER_S, end_s=end / HOPS_PER_S, speaker=speaker, confidence=round(confidence, 3)
        )


def summarise_activity(own: BoolArray) -> tuple[float, ...]:
    """Compute the share of own speech in at most 240 intervals of equal length; ``own`` has shape (hops,)."""
    count = min(MAX_POINTS, -(-len(own) // HOPS_PER_S))
    edges = np.arange(count + 1) * len(own) // max(1, count)
    return tuple(round(float(own[first:last].mean()), 3) for first, last in pairwise(edges))


def format_speakers(spans: Sequence[SpeakerSpan]) -> str:
    """Format spans as JSON, one a line."""
    lines = (json.dumps(to_json(span), ensure_ascii=False) for span in spans)
    return "[\n" + ",\n".join(lines) + "\n]\n"
