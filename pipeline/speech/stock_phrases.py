"""Finds text that recognisers invent: stock phrases of their training data, and words repeated over and over."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.model import Sentence, SpokenWord, sentence

_PHRASES = (  # in Dutch and English; letters only, as ``_normalise`` leaves them
    r"ondertitel\w*( \w+){0,6} (amara|gemeenschap|npo|tv|vertaling)",
    r"(ondertiteling|ondertitels|vertaling)( \w+){0,3} (door|by)( \w+)?",
    r"amara org",
    r"tv gelderland( \w+)?",
    r"muziek",
    r"bedankt voor het (kijken|luisteren)( \w+){0,4}",
    r"(vergeet niet te )?abonneer\w*( \w+){0,3} kanaal",
    r"thank(s| you)( \w+){0,2} for watching",
    r"(please )?subscribe( \w+){0,4} channel",
    r"subtitles by( \w+){0,5}",
)
_PATTERN = re.compile(rf"(?<!\S)(?:{'|'.join(_PHRASES)})(?!\S)")
_ALONE_S = 0.5  # of silence on both sides: people do say these words, but not as all there is
_MIN_REPEATS, _MAX_REPEATED_WORDS = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectPassage:
    """Words that may have been invented; they stay in the transcript for a person to judge."""

    start_s: float
    end_s: float
    text: str
    reason: Sentence


def find_suspect_passages(words: Sequence[SpokenWord]) -> list[SuspectPassage]:
    """Find passages that a recogniser may have invented, in order of time.

    Args:
        words: In order of time.
    """
    found = [*_find_stock_phrases(words), *_find_repetitions(words)]
    return sorted(found, key=lambda one: (one.start_s, one.end_s))


def _find_stock_phrases(words: Sequence[SpokenWord]) -> Iterator[SuspectPassage]:
    """Find stock phrases that stand alone."""
    bounds = [0, *(n for n in range(1, len(words)) if words[n].start_s - words[n - 1].end_s >= _ALONE_S), len(words)]
    for first, last in pairwise(bounds):
        text = " ".join(filter(None, (_normalise(word.word) for word in words[first:last])))
        if text and _PATTERN.fullmatch(text):
            yield _build_passage(words[first:last], sentence("a stock phrase of speech recognition"))


def _find_repetitions(words: Sequence[SpokenWord]) -> Iterator[SuspectPassage]:
    plain = [_normalise(word.word) for word in words]
    at = 0
    while at < len(plain):
        length, count = max(
            ((length, _count_repeats(plain, at, length)) for length in range(1, _MAX_REPEATED_WORDS + 1)),
            key=lambda pair: (pair[1] >= _MIN_REPEATS, pair[0] * pair[1]),
        )
        if count >= _MIN_REPEATS:
            reason = sentence("the same words {count} times in a row", count=count)
            yield _build_passage(words[at : at + length * count], reason)
            at += length * count
        else:
            at += 1


def _count_repeats(plain: Sequence[str], at: int, length: int) -> int:
    count = 1
    while plain[at + count * length : at + (count + 1) * length] == plain[at : at + length]:
        count += 1
    return count


def _build_passage(words: Sequence[SpokenWord], reason: Sentence) -> SuspectPassage:
    text = " ".join(word.word for word in words)
    return SuspectPassage(start_s=words[0].start_s, end_s=words[-1].end_s, text=text, reason=reason)


def _normalise(word: str) -> str:
    return " ".join(re.findall(r"\w+", word.lower()))
