"""Words of a cue with their times: those of the recogniser where the text still has them, else by their length."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from pipeline.model import Cue, SpokenWord

LOW_CONFIDENCE = 1
NAME = 2

_LOW_CONFIDENCE = 0.5  # marks 45 % of the errors of Whisper base; unmarked words may be wrong, too
_MARGIN_S = 0.3  # a word may begin before its cue
_PUNCTUATION = ".,;:?!…\"'“”‘’()«»–-"
_SENTENCE_ENDS = (".", "?", "!", "…", ":")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of a cue, when it begins, and its marks: ``LOW_CONFIDENCE``, ``NAME``."""

    text: str
    start_ms: int
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTimer:
    """Finds the times of the words of any cue of one transcript."""

    spoken: Sequence[SpokenWord] = ()  # in order of time
    names: frozenset[str] = frozenset()  # words that are marked also at the start of a sentence
    _starts_s: list[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the words by time."""
        object.__setattr__(self, "_starts_s", [word.start_s for word in self.spoken])

    def find_words(self, cue: Cue) -> list[TimedWord]:
        """Return the words of a cue with their times and marks."""
        texts = cue.text.split()
        first = bisect_left(self._starts_s, cue.start_ms / 1000 - _MARGIN_S)
        last = bisect_left(self._starts_s, cue.end_ms / 1000)
        spoken = self.spoken[first:last]
        starts, confidences = _match_words(texts, spoken, cue)
        return [
            TimedWord(text, start_ms, self._find_marks(texts, number, confidences.get(number)))
            for number, (text, start_ms) in enumerate(zip(texts, starts, strict=True))
        ]

    def _find_marks(self, texts: Sequence[str], number: int, confidence: float | None) -> int:
        text = texts[number].strip(_PUNCTUATION)
        is_first = number == 0 or texts[number - 1].endswith(_SENTENCE_ENDS)
        is_name = text in self.names or (text[:1].isupper() and not is_first)
        is_low = confidence is not None and confidence < _LOW_CONFIDENCE
        return LOW_CONFIDENCE * is_low + NAME * is_name


def _match_words(texts: Sequence[str], spoken: Sequence[SpokenWord], cue: Cue) -> tuple[list[int], dict[int, float]]:
    """Return the start of each word in milliseconds, and by number the confidence of those that were recognised."""
    ours = [text.strip(_PUNCTUATION).casefold() for text in texts]
    theirs = [word.word.strip(_PUNCTUATION).casefold() for word in spoken]
    known: dict[int, int] = {}
    confidences: dict[int, float] = {}
    for one, other, size in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for offset in range(size):
            word = spoken[other + offset]
            known[one + offset] = min(max(round(word.start_s * 1000), cue.start_ms), cue.end_ms)
            confidences[one + offset] = word.confidence
    return _interpolate(texts, known, cue), confidences


def _interpolate(texts: Sequence[str], known: dict[int, int], cue: Cue) -> list[int]:
    """Place the words without a time between those with one, by their number of characters."""
    starts: list[int] = []
    anchors = {0: cue.start_ms, **known, len(texts): cue.end_ms}
    places = sorted(anchors)
    for first, last in pairwise(places):
        lengths = [len(text) + 1 for text in texts[first:last]]
        before = 0
        for length in lengths:
            starts.append(anchors[first] + round((anchors[last] - anchors[first]) * before / sum(lengths)))
            before += length
    return starts
