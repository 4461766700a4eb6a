"""Corrects near misses of known names and words; each correction keeps what was recognised, so it can be undone."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.model import SpokenWord

_MIN_LETTERS = 5  # shorter words are too often near others
_DISTANCE_SHARE = 0.2  # of the letters that may differ, as they sound
_MIN_SOUNDS = 4
_WORD_SHARE = 0.34  # likewise, of one word of several
_MIN_JOINED_LETTERS = 10  # of a term that was recognised as more words than it has: "maar hij" is not "Marije"
_SPELLINGS = (  # that sound alike in Dutch; in order
    ("sch", "sx"), ("ch", "x"), ("g", "x"), ("ij", "ei"), ("y", "ei"), ("ou", "au"), ("ph", "f"), ("th", "t"), ("dt", "t"),
    ("ck", "k"), ("qu", "kw"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("v", "f"), ("z", "s"), ("ae", "aa"), ("h", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyTerm:
    """A word or name to find."""

    text: str
    letters: str  # folded, without spaces
    sounds: str
    words: int


def collect_terms(names: Iterable[str], words: Iterable[str]) -> tuple[str, ...]:
    """Collect the vocabulary of an episode, without duplicates: full names, their parts, and words.

    Args:
        names: Of people, places and organisations.
        words: As people listed them.
    """
    terms: dict[str, None] = {}
    for name in names:
        terms.setdefault(" ".join(name.split()))
        parts = [part for part in re.split(r"[\s/,()]+", name) if len(part) >= _MIN_LETTERS and part[:1].isupper()]
        terms.update(dict.fromkeys(parts))
    terms.update(dict.fromkeys(" ".join(word.split()) for word in words))
    return tuple(term for term in terms if term)


def correct_words(words: Sequence[SpokenWord], terms: Sequence[str]) -> list[SpokenWord]:
    """Replace near misses of the terms, also where one word was recognised as two.

    Args:
        words: In order of time.
        terms: From ``collect_terms``.

    Returns:
        The words; of a corrected one, ``recognised`` is what was recognised.
    """
    known = sorted((_build_term(term) for term in terms), key=lambda term: (-term.words, -len(term.letters), term.text))
    known = [term for term in known if len(term.letters) >= _MIN_LETTERS]
    exact = {term.letters for term in known}
    corrected: list[SpokenWord] = []
    at = 0
    while at < len(words):
        found = _find_correction(words, at, known, exact)
        if found is None:
            corrected.append(words[at])
            at += 1
        else:
            count, replacement = found
            corrected += replacement
            at += count
    return corrected


def _find_correction(
    words: Sequence[SpokenWord], at: int, known: Sequence[VocabularyTerm], exact: set[str]
) -> tuple[int, list[SpokenWord]] | None:
    """Find the term that begins at a word: how many words it replaces, and by what."""
    best: tuple[float, int, VocabularyTerm] | None = None
    for term in known:
        for count in range(max(1, term.words - 1), term.words + 2):
            span = words[at : at + count]
            if len(span) < count or any(_ends_phrase(word.word) for word in span[:-1]):
                continue
            letters = _fold("".join(word.word for word in span))
            if letters == term.letters and count == term.words:
                return None  # right already
            if count == 1 and letters in exact:
                continue
            distance = _compare_span(span, letters, term)
            if distance is not None and (best is None or (distance, -count) < (best[0], -best[1])):
                best = (distance, count, term)
    if best is None:
        return None
    _, count, term = best
    return count, _replace_words(words[at : at + count], term)


def _compare_span(span: Sequence[SpokenWord], letters: str, term: VocabularyTerm) -> float | None:
    """Compare words with a term: together, and each word where their numbers are equal."""
    if len(span) > term.words and len(term.letters) < _MIN_JOINED_LETTERS and letters != term.letters:
        return None
    if len(span) == term.words > 1:
        pairs = zip(span, term.text.split(), strict=True)
        sounds = [(_simplify(_fold(word.word)), _simplify(_fold(part))) for word, part in pairs]
        if any(own[:1] != part[:1] or _count_edits(own, part) > _WORD_SHARE * len(part) for own, part in sounds):
            return None
    return _compare(letters, term)


def _compare(letters: str, term: VocabularyTerm) -> float | None:
    """Return the share of sounds that differ; ``None``: too many."""
    if letters == term.letters:
        return 0.0
    if abs(len(letters) - len(term.letters)) > len(term.letters) // 2:
        return None
    sounds = _simplify(letters)
    limit = int(len(term.sounds) * _DISTANCE_SHARE)
    if min(len(sounds), len(term.sounds)) < _MIN_SOUNDS or sounds[:1] != term.sounds[:1]:
        return None
    if abs(len(sounds) - len(term.sounds)) > limit:
        return None
    distance = _count_edits(sounds, term.sounds)
    return distance / len(term.sounds) if distance <= limit else None


def _replace_words(span: Sequence[SpokenWord], term: VocabularyTerm) -> list[SpokenWord]:
    """Put the term in place of words: it begins and ends with them."""
    recognised = " ".join(word.word for word in span)
    tail = re.search(r"[^\w\s]*\Z", span[-1].word)
    texts = term.text.split()
    if recognised[:1].isupper():  # it begins a sentence
        texts[0] = texts[0][:1].upper() + texts[0][1:]
    texts[-1] += tail[0] if tail else ""
    start_s, end_s = span[0].start_s, span[-1].end_s
    if len(texts) == len(span):
        pairs = zip(span, texts, strict=True)
        return [
            replace(word, word=text, recognised=word.word if word.word != text else word.recognised)
            for word, text in pairs
        ]
    step = (end_s - start_s) / len(texts)
    confidence = min(word.confidence for word in span)
    return [
        SpokenWord(
            word=text,
            start_s=round(start_s + number * step, 3),
            end_s=round(start_s + (number + 1) * step, 3),
            confidence=confidence,
            speaker=span[0].speaker,
            recognised=recognised,
        )
        for number, text in enumerate(texts)
    ]


def _build_term(text: str) -> VocabularyTerm:
    letters = _fold(text)
    return VocabularyTerm(text=text, letters=letters, sounds=_simplify(letters), words=len(text.split()))


@cache
def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


@cache
def _simplify(letters: str) -> str:
    """Write letters as they sound."""
    letters = f"j{letters[1:]}" if letters.startswith("y") else letters
    for spelling, sound in _SPELLINGS:
        letters = letters.replace(spelling, sound)
    letters = re.sub(r"(.)\1+", r"\1", letters)
    return letters[:-1] + "t" if letters.endswith("d") else letters


def _ends_phrase(word: str) -> bool:
    return word.endswith((".", "?", "!", ",", ";", ":"))


def _count_edits(one: str, other: str) -> int:
    """Count the edits between two texts. Source: Levenshtein (1966)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[:], number
        for place, opposite in enumerate(other, 1):
            row[place] = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != opposite))
    return row[-1]
