"""Proposes chapters for a transcript: where the words change, with titles from the words of the speakers.

Source: M. Hearst, "TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages", Computational
Linguistics 23 (1997): similarity of the words before and after each gap, and the depth of its valleys.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipeline.model import Chapter, Cue

_WINDOW_WORDS = 120  # before and after a gap
_MIN_LETTERS = 4
_MAX_CUE_SHARE = 0.15  # a word in more cues than this says nothing about the topic
_MIN_CHAPTER_MS = 150_000
_MAX_CHAPTER_MS = 900_000
_TITLE_MS = 90_000  # a title is taken from the beginning of a chapter
_MIN_TITLE_CHARACTERS, _MAX_TITLE_CHARACTERS = 12, 60
_QUESTION_BONUS, _SPEAKER_BONUS = 1.5, 0.1
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def propose_chapters(cues: Sequence[Cue]) -> tuple[Chapter, ...]:
    """Propose chapters, none shorter than 2.5 minutes.

    Args:
        cues: The transcript, in order of time.

    Returns:
        The chapters in order, the first at the beginning; empty if the transcript is too short.
    """
    words = _list_topic_words(cues)
    edges = [0, *sorted(_choose_edges(cues, words)), len(cues)]
    if len(edges) < 3:
        return ()
    rarity = _compute_rarity(words)
    return tuple(
        Chapter(
            start_ms=cues[first].start_ms // 1000 * 1000 if first else 0, title=_find_title(cues[first:last], rarity)
        )
        for first, last in pairwise(edges)
    )


def _list_topic_words(cues: Sequence[Cue]) -> list[list[str]]:
    """List for each cue the words that may tell its topic: long enough, and not in every other cue."""
    words = [[word.casefold() for word in _WORD.findall(cue.text) if len(word) >= _MIN_LETTERS] for cue in cues]
    counts = Counter(word for one in words for word in set(one))
    common = {word for word, count in counts.items() if count > max(3, _MAX_CUE_SHARE * len(cues))}
    return [[word for word in one if word not in common] for one in words]


def _choose_edges(cues: Sequence[Cue], words: Sequence[Sequence[str]]) -> list[int]:
    """Choose the cues with which chapters begin: the deepest valleys that are far enough apart."""
    scores = _score_gaps(cues, words)
    limit = sum(scores.values()) / max(1, len(scores))
    chosen: list[int] = []
    for index in sorted(scores, key=lambda one: (-scores[one], one)):
        starts_ms = [0, cues[-1].end_ms, *(cues[one].start_ms for one in chosen)]
        distance_ms = min(abs(cues[index].start_ms - start_ms) for start_ms in starts_ms)
        is_needed = distance_ms > _MAX_CHAPTER_MS
        if distance_ms >= _MIN_CHAPTER_MS and (scores[index] > limit or is_needed):
            chosen.append(index)
    return chosen


def _score_gaps(cues: Sequence[Cue], words: Sequence[Sequence[str]]) -> dict[int, float]:
    """Score the gap before each cue: how deep the similarity falls there, and whether somebody else begins."""
    similarities = [_compare(_collect(words, index, -1), _collect(words, index, 1)) for index in range(1, len(cues))]
    scores = {}
    for place, similarity in enumerate(similarities):
        left = max(similarities[max(0, place - 20) : place + 1])
        right = max(similarities[place : place + 21])
        index = place + 1
        is_turn = cues[index].speaker != cues[index - 1].speaker
        scores[index] = left + right - 2 * similarity + _SPEAKER_BONUS * is_turn
    return scores


def _collect(words: Sequence[Sequence[str]], index: int, direction: int) -> Counter[str]:
    """Count the words before (-1) or after (1) a gap, up to the size of the window."""
    counts: Counter[str] = Counter()
    total, at = 0, index - 1 if direction < 0 else index
    while 0 <= at < len(words) and total < _WINDOW_WORDS:
        counts.update(words[at])
        total += len(words[at])
        at += direction
    return counts


def _compare(one: Counter[str], other: Counter[str]) -> float:
    """Return the cosine similarity of two counts."""
    product = sum(count * other[word] for word, count in one.items())
    lengths = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return product / lengths if lengths else 0.0


def _compute_rarity(words: Sequence[Sequence[str]]) -> dict[str, float]:
    counts = Counter(word for one in words for word in set(one))
    return {word: math.log(1 + len(words) / count) for word, count in counts.items() if count > 1}


def _find_title(cues: Sequence[Cue], rarity: dict[str, float]) -> str:
    """Find the sentence near the beginning that tells the topic best: its words return in the chapter."""
    counts = Counter(word.casefold() for cue in cues for word in _WORD.findall(cue.text))
    opening = " ".join(cue.text for cue in cues if cue.start_ms < cues[0].start_ms + _TITLE_MS)
    sentences = _SENTENCE_END.split(opening)
    clauses = [re.split(r"[,;:–]", sentence)[0].strip() for sentence in sentences]
    begun = opening[:_MAX_TITLE_CHARACTERS].rpartition(" ")[0] + " …"
    candidates = _select_fitting(sentences) or _select_fitting(clauses) or [begun]

    def rate(sentence: str) -> float:
        known = {word.casefold() for word in _WORD.findall(sentence)}
        weight = sum(rarity.get(word, 0.0) * min(counts[word], 5) for word in known) / math.sqrt(len(known) + 1)
        return weight * (_QUESTION_BONUS if sentence.endswith("?") else 1.0)

    title = max(candidates, key=rate)
    return title[:1].upper() + title[1:].rstrip(".,;: ")


def _select_fitting(parts: Sequence[str]) -> list[str]:
    return [part for part in parts if _MIN_TITLE_CHARACTERS <= len(part) <= _MAX_TITLE_CHARACTERS]
