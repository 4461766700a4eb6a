"""Builds readable cues from words: at most two lines of 42 characters, which end where a phrase ends.

Source: Dutch subtitling practice (NPO/Code of good subtitling practice): two lines, at least a
second, lines broken at phrases.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.model import Cue, SpokenWord
from pipeline.speech.speaker_turns import order_turns
from pipeline.transcripts.line_breaks import LINE_CHARACTERS, break_lines, rate_end

_MAX_CHARACTERS = 2 * LINE_CHARACTERS + 1
_MAX_DURATION_S = 7.0
_MIN_DURATION_S = 1.0
_MAX_PAUSE_S = 1.0  # inside a cue
_CHARACTERS_PER_S = 17.0  # that people read
_MAX_LINGER_S = 1.0  # of a cue after its last word
_SENTENCE_ENDS = (".", "?", "!", "…")
# costs of a division into cues; only their proportions matter
_CUE_COST, _SHORT_COST, _INNER_COST = 2.0, 3.0, 1.5
_SHORT_CHARACTERS = 16


def build_cues(words: Sequence[SpokenWord]) -> list[Cue]:
    """Divide words into cues, of one speaker each, at the lowest total cost.

    Args:
        words: In order of time.

    Returns:
        Cues in order; their text is one line, which ``break_lines`` breaks into at most two. Those of
        people who speak at the same time overlap.
    """
    words = order_turns(words)
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost of the words so far, and the first word of the last cue
    for end in range(1, len(words) + 1):
        options = [(best[first][0] + cost, first) for first, cost in _iter_last_cues(words, end)]
        best.append(min(options))
    edges = [len(words)]
    while edges[-1]:
        edges.append(best[edges[-1]][1])
    edges.reverse()
    return [_build_cue(words, first, last) for first, last in pairwise(edges)]


def _iter_last_cues(words: Sequence[SpokenWord], end: int) -> Iterator[tuple[int, float]]:
    """Yield the first word of each cue that can end before word ``end``, and the cost of that cue."""
    last, length, inner = words[end - 1], -1, 0
    pause_s = words[end].start_s - last.end_s if end < len(words) else _MAX_PAUSE_S
    changes = end == len(words) or words[end].speaker != last.speaker
    end_cost = 0.0 if changes else rate_end(last.word, pause_s=pause_s)
    for first in range(end - 1, -1, -1):
        word = words[first]
        length += 1 + len(word.word)
        inner += first < end - 1 and word.word.endswith(_SENTENCE_ENDS)
        if first < end - 1:
            gap_s = words[first + 1].start_s - word.end_s
            is_long = length > _MAX_CHARACTERS or last.end_s - word.start_s > _MAX_DURATION_S
            if is_long or gap_s > _MAX_PAUSE_S or word.speaker != last.speaker:
                return
            if length > LINE_CHARACTERS and len(_join_lines(words[first:end])) > 2:
                continue
        is_short = length < _SHORT_CHARACTERS or last.end_s - word.start_s < _MIN_DURATION_S
        yield first, _CUE_COST + end_cost + _INNER_COST * inner + _SHORT_COST * is_short


def _join_lines(words: Sequence[SpokenWord]) -> list[str]:
    return break_lines(" ".join(word.word for word in words))


def _build_cue(words: Sequence[SpokenWord], first: int, last: int) -> Cue:
    text = " ".join(word.word for word in words[first:last])
    start_s, end_s = words[first].start_s, words[last - 1].end_s
    read_s = max(_MIN_DURATION_S, len(text) / _CHARACTERS_PER_S)
    next_s = words[last].start_s if last < len(words) else end_s + _MAX_LINGER_S
    end_s = max(end_s, min(start_s + read_s, end_s + _MAX_LINGER_S, next_s), start_s + 0.001)
    return Cue(start_ms=round(start_s * 1000), end_ms=round(end_s * 1000), speaker=words[first].speaker, text=text)
