"""The transcript as people read it: passages under their chapters, turns of one speaker, each line with its address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.model import Chapter, Cue

_LONG_TURN = 700  # characters after which a speaker who goes on gets a new paragraph, at the next full stop
_FULL_STOPS = (".", "!", "?", "…", "”", "’", '"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One cue; ``anchor`` is the id that ``#t=`` finds without a script, or empty where that second was taken."""

    start_s: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker says until another begins, or until it grows too long for one paragraph."""

    speaker: str  # empty: the same as before, or unknown
    start_s: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The turns of one chapter; ``title`` is empty before the first chapter."""

    title: str
    start_s: float
    anchor: str
    turns: tuple[Turn, ...]


def passages(cues: Sequence[Cue], chapters: Sequence[Chapter]) -> tuple[Passage, ...]:
    """The whole transcript; a cue belongs to the chapter in which it begins, and every chapter is there.

    Each second gets one anchor, ``t=41``, at the first thing that begins in it.
    """
    taken: set[int] = set()
    heads = [*_before_the_first(cues, chapters), *chapters]
    ends = [*(head.start_ms for head in heads[1:]), None]
    return tuple(
        Passage(
            title=head.title,
            start_s=head.start_ms / 1000,
            anchor=_anchor(head.start_ms, taken) if head.title else "",
            turns=tuple(_turns([cue for cue in cues if _within(cue, head.start_ms, end_ms)], taken)),
        )
        for head, end_ms in zip(heads, ends, strict=True)
    )


def _before_the_first(cues: Sequence[Cue], chapters: Sequence[Chapter]) -> list[Chapter]:
    first_ms = chapters[0].start_ms if chapters else None
    early = any(first_ms is None or cue.start_ms < first_ms for cue in cues)
    return [Chapter(start_ms=0, title="")] if early else []


def _within(cue: Cue, start_ms: int, end_ms: int | None) -> bool:
    return start_ms <= cue.start_ms and (end_ms is None or cue.start_ms < end_ms)


def _turns(cues: Sequence[Cue], taken: set[int]) -> Iterable[Turn]:
    for speaker, spoken in groupby(cues, key=lambda cue: cue.speaker):
        for nth, paragraph in enumerate(_paragraphs(list(spoken))):
            lines = tuple(
                Line(start_s=cue.start_ms / 1000, anchor=_anchor(cue.start_ms, taken), text=cue.text)
                for cue in paragraph
            )
            yield Turn(speaker="" if nth else speaker, start_s=paragraph[0].start_ms // 1000, lines=lines)


def _paragraphs(cues: Sequence[Cue]) -> Iterable[list[Cue]]:
    paragraph: list[Cue] = []
    for cue in cues:
        paragraph.append(cue)
        if sum(len(each.text) for each in paragraph) > _LONG_TURN and cue.text.rstrip().endswith(_FULL_STOPS):
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _anchor(start_ms: int, taken: set[int]) -> str:
    second = start_ms // 1000
    if second in taken:
        return ""
    taken.add(second)
    return f"t={second}"
