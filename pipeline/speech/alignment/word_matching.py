"""Matches a known text with recognised words: which sentences were spoken, and what was spoken that the text lacks.

Source: S. Needleman, C. Wunsch, J. Mol. Biol. 48 (1970): global alignment with a constant cost of gaps.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.model import SpokenWord

_SIMILAR, _DIFFERENT, _GAP = 0.4, 1.3, 0.6  # two gaps are better than two words that are not alike
_PREFIX = 4  # letters that two similar words share
_BAND = 8000  # words around the diagonal: half an hour of talk
_MIN_LOOSE_WORDS, _MIN_LOOSE_S = 4, 2.0
_MAX_GAP_S = 0.2  # between words of a sentence
_NEAR_S = 0.3  # around a sentence, as far as its times may be wrong
_TEXT_GAP, _WORD_GAP = 1, 2  # steps; 0 is the diagonal
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseWords:
    """Words that were spoken, and are not in the text."""

    before: int  # index of the sentence that follows
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordMatch:
    """How a text and recognised words fit."""

    shares: tuple[float, ...]  # of the words of each sentence that were recognised
    spans_s: tuple[tuple[float, float] | None, ...]  # when each sentence was recognised
    share: float  # of all words
    loose: tuple[LooseWords, ...]  # in order of time


def split_words(text: str) -> list[str]:
    """Split a text into words without punctuation, in lower case."""
    return [unicodedata.normalize("NFC", word.casefold()) for word in _WORD.findall(text)]


def match_words(texts: Sequence[str], words: Sequence[SpokenWord]) -> WordMatch:
    """Match sentences with recognised words.

    Args:
        texts: The sentences, in order.
        words: In order of time.
    """
    sentences = [split_words(text) for text in texts]
    known = [word for sentence in sentences for word in sentence]
    owners = [index for index, sentence in enumerate(sentences) for _ in sentence]
    spoken = [(split_words(word.word) or [""])[0] for word in words]
    partners = _align(known, spoken)
    hits = np.zeros(len(texts))
    for owner, partner in zip(owners, partners, strict=True):
        hits[owner] += partner >= 0
    shares = tuple(float(hits[n]) / len(sentence) if sentence else 1.0 for n, sentence in enumerate(sentences))
    loose = tuple(_find_loose(words, owners, partners, len(texts)))
    spans_s = tuple(_find_spans(words, owners, partners, len(texts)))
    return WordMatch(shares=shares, spans_s=spans_s, share=float(hits.sum()) / max(1, len(known)), loose=loose)


def measure_likeness(text: str, words: Sequence[SpokenWord], start_s: float, end_s: float) -> float:
    """Measure how alike the letters of a text and of the words at a place are: misheard words have most letters.

    Returns:
        From 0 to 1; 1: the same letters.
    """
    near = "".join(word.word for word in words if word.end_s > start_s - _NEAR_S and word.start_s < end_s + _NEAR_S)
    ours, theirs = ("".join(split_words(one)) for one in (text, near))
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _align(known: Sequence[str], spoken: Sequence[str]) -> list[int]:
    """Return for each known word the index of its spoken one, or -1."""
    if not known or not spoken:
        return [-1] * len(known)
    ids: dict[str, int] = {}
    ours, theirs = (_number(words, ids, 0) for words in (known, spoken))
    our_starts, their_starts = (_number([word[:_PREFIX] for word in words], ids, _PREFIX) for words in (known, spoken))
    band = min(len(spoken) + 1, _BAND)
    starts = np.clip(np.linspace(0, len(spoken) + 1, len(known) + 1).astype(int) - band // 2, 0, len(spoken) + 1 - band)
    ramp = np.float32(_GAP) * np.arange(band, dtype=np.float32)
    costs, steps = ramp + np.float32(_GAP) * starts[0], np.full((len(known) + 1, band), _WORD_GAP, np.uint8)
    for row in range(1, len(known) + 1):
        start, offset = int(starts[row]), int(starts[row] - starts[row - 1])
        columns = np.arange(start - 1, start + band - 1)  # the spoken word of each cell
        similar = (their_starts[columns] == our_starts[row - 1]) & (our_starts[row - 1] >= 0)
        local = np.where(similar, _SIMILAR, _DIFFERENT).astype(np.float32)
        local[theirs[columns] == ours[row - 1]] = 0
        above = np.concatenate([costs[offset:], np.full(offset, 1e9, np.float32)])
        diagonal = np.concatenate([costs[offset - 1 : offset] if offset else [np.float32(1e9)], above[:-1]]) + local
        if start == 0:
            diagonal[0] = 1e9
        best = np.minimum(diagonal, above + np.float32(_GAP))
        gapped = np.minimum.accumulate(best - ramp) + ramp
        steps[row] = np.where(
            gapped < best - 1e-4, _WORD_GAP, np.where(diagonal <= above + np.float32(_GAP), 0, _TEXT_GAP)
        )
        costs = np.minimum(best, gapped)
    return _trace(steps, starts, len(spoken), known, spoken)


def _number(words: Sequence[str], ids: dict[str, int], length: int) -> IntArray:
    """Return a number for each word; -1 if it is shorter than ``length``."""
    return np.array([ids.setdefault(word, len(ids)) if len(word) >= length else -1 for word in words], np.int32)


def _trace(
    steps: NDArray[np.uint8], starts: NDArray[np.int64], column: int, known: Sequence[str], spoken: Sequence[str]
) -> list[int]:
    partners = [-1] * len(known)
    row = len(known)
    while row > 0:
        step = steps[row, min(max(column - int(starts[row]), 0), steps.shape[1] - 1)]
        if step == _WORD_GAP and column > 0:
            column -= 1
            continue
        row -= 1
        if step == 0:
            column -= 1
            if known[row][:_PREFIX] == spoken[column][:_PREFIX]:
                partners[row] = column
    return partners


def _find_spans(
    words: Sequence[SpokenWord], owners: Sequence[int], partners: Sequence[int], sentences: int
) -> Iterator[tuple[float, float] | None]:
    """Yield when each sentence was recognised: free words before its first match are its own, up to a pause."""
    first_places = np.searchsorted(owners, np.arange(sentences + 1))
    used = -1  # the last word that an earlier sentence has
    for begin, end in pairwise(first_places.tolist()):
        matched = [place for place in range(begin, end) if partners[place] >= 0]
        if not matched:
            yield None
            continue
        first = partners[matched[0]]
        earliest = max(used + 1, first - (matched[0] - begin))
        while first > earliest and words[first].start_s - words[first - 1].end_s < _MAX_GAP_S:
            first -= 1
        used = partners[matched[-1]]
        yield words[first].start_s, words[used].end_s


def _find_loose(
    words: Sequence[SpokenWord], owners: Sequence[int], partners: Sequence[int], sentences: int
) -> Iterator[LooseWords]:
    """Yield runs of spoken words between two matched words, beyond what the text has there."""
    matched = [(place, partner) for place, partner in enumerate(partners) if partner >= 0]
    for (place, first), (next_place, last) in pairwise([(-1, -1), *matched, (len(partners), len(words))]):
        run = words[first + 1 : last]
        unmatched = next_place - place - 1  # words of the text, which may be what was recognised wrongly
        if len(run) - unmatched < _MIN_LOOSE_WORDS or run[-1].end_s - run[0].start_s < _MIN_LOOSE_S:
            continue
        text = " ".join(word.word.strip() for word in run)
        before = owners[next_place] if next_place < len(owners) else sentences
        yield LooseWords(before=before, start_s=run[0].start_s, end_s=run[-1].end_s, text=text)
