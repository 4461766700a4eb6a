"""Splits the lines of a text into sentences, each of which becomes a cue."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_END = re.compile(r"(?<=[.!?…])[\"”’')]*\s+(?=[\"“‘'(]*[A-ZÀ-Þ0-9])")
_CLAUSE = re.compile(r"(?<=[,;:–])\s+")
_MAX_CHARACTERS = 160
_MIN_CHARACTERS = 20  # a shorter sentence stays with the next one: "Ja. Dat klopt."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSentence:
    """A sentence, or a part of a long one."""

    line: int  # of the file, from 1
    speaker: str
    text: str


def split_sentences(lines: Sequence[tuple[int, str, str]]) -> tuple[TextSentence, ...]:
    """Split lines into sentences.

    Args:
        lines: Number of the line, speaker and text of each.
    """
    return tuple(
        TextSentence(line=line, speaker=speaker, text=part)
        for line, speaker, text in lines
        for sentence in _join_short(_END.split(" ".join(text.split())))
        for part in _split_long(sentence)
    )


def _join_short(parts: Sequence[str]) -> Iterator[str]:
    held = ""
    for part in parts:
        held = f"{held} {part}".strip()
        if len(held) >= _MIN_CHARACTERS:
            yield held
            held = ""
    if held:
        yield held


def _split_long(sentence: str) -> Iterator[str]:
    """Split a long sentence at the clauses nearest to equal parts."""
    pieces = _CLAUSE.split(sentence)
    held = ""
    for piece in pieces:
        if held and len(held) + len(piece) > _MAX_CHARACTERS:
            yield held
            held = ""
        held = f"{held} {piece}".strip()
    if held:
        yield held
