"""Words of a cue with their times: those of the recogniser where the text still has them, else by their length.

Where a second model has other words, those are beside them.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from pipeline.model import Cue, SpokenWord
from pipeline.speech.comparison import WordAlternative

LOW_CONFIDENCE = 1
NAME = 2

_LOW_CONFIDENCE = 0.5  # marks 45 % of the errors of Whisper base; unmarked words may be wrong, too
_MARGIN_S = 0.3  # a word may begin before its cue
_LONGEST_S = 30.0  # of words that differ, which are between two pauses
_PUNCTUATION = ".,;:?!…\"'“”‘’()«»–-"
_SENTENCE_ENDS = (".", "?", "!", "…", ":")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word of a cue, when it begins, and its marks: ``LOW_CONFIDENCE``, ``NAME``."""

    text: str
    start_ms: int
    marks: int
    spoken: int = -1  # index of the recognised word; -1: it is not one


@dataclass(frozen=True, slots=True)
class OtherWording:
    """What a second model has instead of the words of a cue from ``first`` to before ``last``."""

    first: int
    last: int  # equal to ``first``: it has words that are not in the cue
    text: str  # empty: it has no words there


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTimer:
    """Finds the times of the words of any cue of one transcript."""

    spoken: Sequence[SpokenWord] = ()  # in order of time
    names: frozenset[str] = frozenset()  # words that are marked also at the start of a sentence
    alternatives: Sequence[WordAlternative] = ()  # in order of time
    _starts_s: list[float] = field(init=False, repr=False, compare=False)
    _folded: list[str] = field(init=False, repr=False, compare=False)
    _alternatives_s: list[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the words and the alternatives by time."""
        object.__setattr__(self, "_starts_s", [word.start_s for word in self.spoken])
        object.__setattr__(self, "_folded", [_fold(word.word) for word in self.spoken])
        object.__setattr__(self, "_alternatives_s", [one.start_s for one in self.alternatives])

    def find_words(self, cue: Cue) -> list[TimedWord]:
        """Return the words of a cue with their times and marks."""
        texts = cue.text.split()
        first = bisect_left(self._starts_s, cue.start_ms / 1000 - _MARGIN_S)
        last = bisect_left(self._starts_s, cue.end_ms / 1000)
        spoken = self.spoken[first:last]
        known = _match_words([_fold(text) for text in texts], self._folded[first:last])
        starts = _place_words(texts, {number: spoken[index].start_s for number, index in known.items()}, cue)
        return [
            TimedWord(
                text,
                start_ms,
                self._find_marks(texts, number, spoken[known[number]].confidence if number in known else None),
                spoken=first + known[number] if number in known else -1,
            )
            for number, (text, start_ms) in enumerate(zip(texts, starts, strict=True))
        ]

    def find_other_wordings(self, cue: Cue, words: Sequence[TimedWord]) -> list[OtherWording]:
        """Return where a second model has other words, as long as nobody changed the words of the first one there.

        Words that go on in the next cue have the whole text of the second model in both.
        """
        numbers = {word.spoken: number for number, word in enumerate(words) if word.spoken >= 0}
        found = []
        for one in self._find_near(cue):
            before = bisect_left(self._starts_s, one.start_s)
            own = [index for index in range(before, before + len(one.words.split())) if self._is_in(cue, index)]
            if own and all(index in numbers for index in own):
                found.append(OtherWording(numbers[own[0]], numbers[own[-1]] + 1, one.other))
            elif not one.words and before - 1 in numbers:
                place = numbers[before - 1] + 1
                found.append(OtherWording(place, place, one.other))
        return found

    def _is_in(self, cue: Cue, index: int) -> bool:
        word = self.spoken[index]
        return cue.start_ms <= (word.start_s + word.end_s) * 500 < cue.end_ms

    def _find_near(self, cue: Cue) -> Sequence[WordAlternative]:
        first = bisect_left(self._alternatives_s, cue.start_ms / 1000 - _LONGEST_S)
        return self.alternatives[first : bisect_left(self._alternatives_s, cue.end_ms / 1000)]

    def _find_marks(self, texts: Sequence[str], number: int, confidence: float | None) -> int:
        text = texts[number].strip(_PUNCTUATION)
        is_first = number == 0 or texts[number - 1].endswith(_SENTENCE_ENDS)
        is_name = text in self.names or (text[:1].isupper() and not is_first)
        is_low = confidence is not None and confidence < _LOW_CONFIDENCE
        return LOW_CONFIDENCE * is_low + NAME * is_name


def _fold(word: str) -> str:
    return word.strip(_PUNCTUATION).casefold()


def _match_words(ours: list[str], theirs: list[str]) -> dict[int, int]:
    """Return the index of the recognised word of each word of a cue that still has one."""
    surplus = len(theirs) - len(ours)
    if surplus >= 0 and theirs[surplus:] == ours:  # nobody edited the cue
        return {number: surplus + number for number in range(len(ours))}
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return {one + offset: other + offset for one, other, size in blocks for offset in range(size)}


def _place_words(texts: Sequence[str], known_s: Mapping[int, float], cue: Cue) -> list[int]:
    """Return the start of each word in milliseconds; those without a time stand between those with one, by their length."""
    known = {number: min(max(round(at_s * 1000), cue.start_ms), cue.end_ms) for number, at_s in known_s.items()}
    if len(known) == len(texts):
        return [known[number] for number in range(len(texts))]
    starts: list[int] = []
    anchors = {0: cue.start_ms, **known, len(texts): cue.end_ms}
    for first, last in pairwise(sorted(anchors)):
        lengths = [len(text) + 1 for text in texts[first:last]]
        before = 0
        for length in lengths:
            starts.append(anchors[first] + round((anchors[last] - anchors[first]) * before / sum(lengths)))
            before += length
    return starts
