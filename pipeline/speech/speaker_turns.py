"""Gives each word the speaker who speaks at its time."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from pipeline.model import SpeakerSpan, SpokenWord

_NEAR_S = 1.0  # a word in silence belongs to a speaker this near


def assign_speakers(words: Sequence[SpokenWord], spans: Sequence[SpeakerSpan]) -> list[SpokenWord]:
    """Give each word the speaker with the most time in it, or the nearest one.

    Args:
        words: In order of time.
        spans: Who speaks when, on the same clock; they may overlap.
    """
    ordered = sorted(spans, key=lambda span: (span.start_s, span.end_s, span.speaker))
    starts_s = [span.start_s for span in ordered]
    longest_s = max((span.end_s - span.start_s for span in ordered), default=0.0)
    assigned = []
    for word in words:
        first = bisect_left(starts_s, word.start_s - longest_s - _NEAR_S)
        near = ordered[first : bisect_left(starts_s, word.end_s + _NEAR_S)]
        assigned.append(replace(word, speaker=_find_speaker(word, near)))
    return assigned


def _find_speaker(word: SpokenWord, spans: Sequence[SpeakerSpan]) -> str:
    shared_s: dict[str, float] = {}
    for span in spans:
        both_s = min(span.end_s, word.end_s) - max(span.start_s, word.start_s)
        if both_s > 0:
            shared_s[span.speaker] = shared_s.get(span.speaker, 0.0) + both_s
    if shared_s:
        return max(shared_s, key=lambda speaker: (shared_s[speaker], speaker))
    distances = [(max(span.start_s - word.end_s, word.start_s - span.end_s), span.speaker) for span in spans]
    nearest_s, speaker = min(distances, default=(_NEAR_S + 1, ""))
    return speaker if nearest_s <= _NEAR_S else ""
