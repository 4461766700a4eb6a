"""Who says which word: the speaker at its time, and the turns of people who speak at the same time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
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


def sort_by_time(words: Iterable[SpokenWord]) -> list[SpokenWord]:
    """Sort words of several people by time."""
    return sorted(words, key=lambda word: (word.start_s, word.end_s, word.speaker))


def order_turns(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Order words by turn, where several people speak at the same time.

    A turn ends when another says a word in a pause of it; turns are in order of their starts.

    Args:
        words: In order of time.

    Returns:
        The same words; their order is the same if nobody speaks at the same time as another.
    """
    by_speaker: dict[str, list[SpokenWord]] = {}
    for word in words:
        by_speaker.setdefault(word.speaker, []).append(word)
    if len(by_speaker) < 2:
        return list(words)
    middles_s = {name: [(one.start_s + one.end_s) / 2 for one in own] for name, own in by_speaker.items()}
    turns: list[list[SpokenWord]] = []
    for name, own in by_speaker.items():
        others = [times for other, times in middles_s.items() if other != name]
        for number, word in enumerate(own):
            ended_s = own[number - 1].end_s if number else 0.0
            if not number or any(bisect_left(times, word.start_s) > bisect_right(times, ended_s) for times in others):
                turns.append([])
            turns[-1].append(word)
    turns.sort(key=lambda turn: (turn[0].start_s, turn[0].end_s, turn[0].speaker))
    return [word for turn in turns for word in turn]
