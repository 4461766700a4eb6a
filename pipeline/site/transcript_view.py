"""The transcript for a page: sections per chapter, turns per speaker, and an anchor for each second."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pipeline.model import Chapter, Cue

_MAX_PARAGRAPH_CHARACTERS = 700  # a longer turn gets a new paragraph after the next full stop
_FULL_STOPS = (".", "!", "?", "…", "”", "’", '"')


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptCue:
    """One cue; ``anchor`` is the id for ``#t=``, or empty if an earlier element has the anchor of that second."""

    start_s: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTurn:
    """A paragraph of one speaker."""

    speaker: str  # empty: the same as in the previous turn, or unknown
    start_s: int
    cues: tuple[TranscriptCue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptSection:
    """The turns of one chapter; before the first chapter ``title`` is empty."""

    title: str
    start_s: float
    anchor: str
    turns: tuple[SpeakerTurn, ...]


def build_sections(cues: Sequence[Cue], chapters: Sequence[Chapter]) -> tuple[TranscriptSection, ...]:
    """Divide the cues into sections; a cue belongs to the chapter in which it starts.

    Each second gets one anchor, such as ``t=41``, on the first element that starts in it.

    Args:
        cues: The transcript on the timeline of the enclosure, in order.
        chapters: The chapters on the same timeline, in order; each becomes a section, also without cues.

    Returns:
        The sections in order.
    """
    taken: set[int] = set()
    starts_ms = [chapter.start_ms for chapter in chapters]
    groups = groupby(cues, key=lambda cue: bisect_right(starts_ms, cue.start_ms))
    by_number = {number: list(group) for number, group in groups}  # 0: before the first chapter
    untitled = [(0, Chapter(start_ms=0, title=""))] if 0 in by_number else []
    return tuple(
        TranscriptSection(
            title=chapter.title,
            start_s=chapter.start_ms / 1000,
            anchor=_claim_anchor(chapter.start_ms, taken) if chapter.title else "",
            turns=tuple(_build_turns(by_number.get(number, []), taken)),
        )
        for number, chapter in [*untitled, *enumerate(chapters, start=1)]
    )


def _build_turns(cues: Sequence[Cue], taken: set[int]) -> Iterable[SpeakerTurn]:
    for speaker, group in groupby(cues, key=lambda cue: cue.speaker):
        for number, paragraph in enumerate(_split_paragraphs(list(group))):
            turn_cues = tuple(
                TranscriptCue(start_s=cue.start_ms / 1000, anchor=_claim_anchor(cue.start_ms, taken), text=cue.text)
                for cue in paragraph
            )
            yield SpeakerTurn(speaker="" if number else speaker, start_s=paragraph[0].start_ms // 1000, cues=turn_cues)


def _split_paragraphs(cues: Sequence[Cue]) -> Iterable[list[Cue]]:
    paragraph: list[Cue] = []
    for cue in cues:
        paragraph.append(cue)
        if sum(len(each.text) for each in paragraph) > _MAX_PARAGRAPH_CHARACTERS and cue.text.rstrip().endswith(
            _FULL_STOPS
        ):
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _claim_anchor(start_ms: int, taken: set[int]) -> str:
    second = start_ms // 1000
    if second in taken:
        return ""
    taken.add(second)
    return f"t={second}"
