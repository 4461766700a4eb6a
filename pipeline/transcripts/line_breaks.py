"""Breaks the text of a cue into lines that end where a phrase ends.

Source: Dutch subtitling practice (NPO/Code of good subtitling practice): lines broken at phrases.
"""

from collections.abc import Sequence

LINE_CHARACTERS = 42

_SHORT_PAUSE_S = 0.25  # marks the end of a phrase
_SENTENCE_ENDS, _CLAUSE_ENDS = (".", "?", "!", "…"), (",", ";", ":", "–")
_BOUND_TEXT = (  # words that belong to the word after them
    "de het een en of maar want dat die dit deze wie wat in op van voor met bij naar uit over aan door om te tot als ik je "
    "we ze hij zij jij u mijn jouw zijn haar ons onze hun geen niet heel zo the a an and or but that which who of in on for "
    "with at to from by as if i you we they he she it my your his her our their not very"
)
_BOUND_WORDS = frozenset(_BOUND_TEXT.split())
# costs of the end of a line; only their proportions matter
_PHRASE_COST, _CLAUSE_COST, _OPEN_COST, _BOUND_COST = 1.0, 1.5, 7.0, 4.0


def break_lines(text: str) -> list[str]:
    """Break a text into one line, or two of at most 42 characters at the end of a phrase.

    A longer text has more lines: only words that were corrected by hand can need that.
    """
    if len(text) <= LINE_CHARACTERS:
        return [text]
    words = text.split(" ")
    options = []
    for number in range(1, len(words)):
        lines = [" ".join(words[:number]), " ".join(words[number:])]
        if max(map(len, lines)) <= LINE_CHARACTERS:
            cost = rate_end(words[number - 1], pause_s=0.0) + abs(len(lines[0]) - len(lines[1])) / 8
            options.append((cost, lines))
    return min(options)[1] if options else _wrap(words)


def rate_end(word: str, *, pause_s: float) -> float:
    """Rate how badly a line or cue ends after a word; 0: a sentence ends."""
    if word.endswith(_SENTENCE_ENDS):
        return 0.0
    if word.endswith(_CLAUSE_ENDS):
        return _CLAUSE_COST
    if pause_s >= _SHORT_PAUSE_S:
        return _PHRASE_COST
    return _OPEN_COST + _BOUND_COST * (word.lower() in _BOUND_WORDS)


def _wrap(words: Sequence[str]) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= LINE_CHARACTERS:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
