"""Breaks of words that are too long for a line. The only module that imports Pyphen."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pyphen
from markupsafe import Markup

ADDED_HYPHEN = "-\u2060"  # the invisible word joiner tells it from a hyphen of the word itself
_MIN_LETTERS = 3  # before and after a hyphen
_LETTERS = re.compile(r"[^\W\d_]{6,}")
_DIAERESES = frozenset("ëïöü")
_HEADING_LETTERS = 11  # the largest heading has room for ten on a screen of 320 px
_HEADING_WORD = re.compile(rf"[^\W\d_]{{{_HEADING_LETTERS},}}")
_BREAK_AFTER = re.compile(r"(?<=[\w)][/?&=_-])(?=\w)")  # no hyphen is added there


def split_long_word(word: str, fits: Callable[[str], bool], *, language: str = "nl") -> tuple[str, ...]:
    """Split a word into pieces that each fit on a line, with `ADDED_HYPHEN` where syllables are parted.

    A piece is as long as possible. A word that fits, or that cannot be split, is returned whole.

    Args:
        word: A word without spaces.
        fits: Whether a piece, with its hyphen, fits on a line.
        language: Its language; without hyphenation patterns, words are split at slashes and hyphens only.
    """
    if fits(word):
        return (word,)
    pieces, start, last = [], 0, (0, "")  # last: the last break before which the piece fits
    for end, mark in (*sorted(_find_breaks(word, language)), (len(word), "")):
        if not fits(word[start:end] + mark) and last[0] > start:
            pieces.append(word[start : last[0]] + last[1])
            start = last[0]
        last = (end, mark)
    return (*pieces, word[start:])


def insert_soft_hyphens(text: str, *, language: str = "nl", min_letters: int = 18) -> str:
    """Insert a soft hyphen between the syllables of each word of at least ``min_letters`` letters.

    The text may be HTML without tags: entities stay as they are.
    """

    def insert(found: re.Match[str]) -> str:
        word = found[0]
        positions = {end for end, mark in _find_breaks(word, language) if mark}
        return "".join("\u00ad" * (index in positions) + letter for index, letter in enumerate(word))

    return re.sub(rf"(?<![\w&])[^\W\d_]{{{min_letters},}}(?![\w;])", insert, text)


def mark_long_words(text: str, *, language: str = "nl") -> Markup:
    """Mark each word of a heading that can be wider than a narrow column, with soft hyphens between its syllables.

    A soft hyphen alone would also part a word that fits on the next line; the style sheet lays a marked word out as
    one block, so that it is parted only where it is wider than a whole line.

    Args:
        text: Plain text; it is escaped here.
        language: Its language.
    """

    def mark(word: str) -> str:
        if not _HEADING_WORD.search(word):
            return word
        parted = insert_soft_hyphens(word, language=language, min_letters=_HEADING_LETTERS)
        return Markup('<span class="long-word">{}</span>').format(parted)

    return Markup("").join(map(mark, re.split(r"(\s+)", text)))


def _find_breaks(word: str, language: str) -> Iterator[tuple[int, str]]:
    """Find where a word may be broken: the length of the piece before, and the hyphen to add."""
    yield from ((found.start(), "") for found in _BREAK_AFTER.finditer(word))
    dictionary = _load_dictionary(language)
    for run in _LETTERS.finditer(word) if dictionary else ():
        for position in dictionary.positions(run[0]):
            if run[0][position].casefold() not in _DIAERESES:  # after a hyphen Dutch drops it
                yield run.start() + int(position), ADDED_HYPHEN


@cache
def _load_dictionary(language: str) -> Any:
    """Load the patterns of a language; ``None`` if there are none."""
    known = pyphen.language_fallback(language)
    return pyphen.Pyphen(lang=known, left=_MIN_LETTERS, right=_MIN_LETTERS) if known else None
