"""Where two recognisers disagree: places that a person should hear with care. Where they agree, both may be wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.model import SpokenWord

_PAUSE_S = 0.5
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordAlternative:
    """Words of a draft, and what the second model has instead; one of them may be empty."""

    start_s: float
    end_s: float
    words: str = ""
    other: str = ""


def find_alternatives(words: Sequence[SpokenWord], others: Sequence[SpokenWord]) -> tuple[WordAlternative, ...]:
    """Find where the words of two recognisers differ; case, punctuation and spaces do not count.

    Args:
        words: Of the draft, in order of time.
        others: Of the second recogniser, on the same clock.
    """
    return tuple(one for pair in _split_at_pauses(words, others) for one in _compare(*pair))


def _split_at_pauses(
    words: Sequence[SpokenWord], others: Sequence[SpokenWord]
) -> Iterator[tuple[Sequence[SpokenWord], Sequence[SpokenWord]]]:
    """Yield stretches that both can be compared in: comparing all words at once would take minutes."""
    both = sorted(
        [(word.start_s, word.end_s, 0) for word in words] + [(word.start_s, word.end_s, 1) for word in others]
    )
    first, counts, at_s = [0, 0], [0, 0], 0.0
    for start_s, end_s, which in both:
        if start_s - at_s >= _PAUSE_S and counts != first:
            yield words[first[0] : counts[0]], others[first[1] : counts[1]]
            first = list(counts)
        counts[which] += 1
        at_s = max(at_s, end_s)
    yield words[first[0] :], others[first[1] :]


def _compare(words: Sequence[SpokenWord], others: Sequence[SpokenWord]) -> Iterator[WordAlternative]:
    ours, theirs = [_fold(word.word) for word in words], [_fold(word.word) for word in others]
    for code, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if code == "equal" or "".join(ours[i1:i2]) == "".join(theirs[j1:j2]):
            continue
        timed = words[i1:i2] or others[j1:j2]
        yield WordAlternative(
            start_s=timed[0].start_s,
            end_s=timed[-1].end_s,
            words=" ".join(word.word for word in words[i1:i2]),
            other=" ".join(word.word for word in others[j1:j2]),
        )


def _fold(word: str) -> str:
    return _NOT_LETTERS.sub("", word.casefold())
