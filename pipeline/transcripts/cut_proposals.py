"""Proposes cuts from a transcript: long silences, and sentences that somebody began twice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.model import Cue, Cut

_MIN_SILENCE_MS = 6_000
_KEPT_MS = 1_000  # of a silence, at each side of the cut
_MIN_REPEATED_WORDS = 3
_MAX_FALSE_START_MS = 12_000
_ENDS = (".", "!", "?")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCut:
    """A part of the recording that an editor may want to remove."""

    cut: Cut
    kind: str  # silence | false start
    text: str = ""  # what is said in it


def propose_cuts(cues: Sequence[Cue]) -> tuple[ProposedCut, ...]:
    """Propose cuts between the first and the last cue; none cuts through a cue.

    Args:
        cues: The transcript, in order of time.
    """
    found = [*_find_silences(cues), *_find_false_starts(cues)]
    return tuple(sorted(found, key=lambda one: one.cut.from_ms))


def _find_silences(cues: Sequence[Cue]) -> Iterator[ProposedCut]:
    spoken_until_ms = cues[0].end_ms if cues else 0
    for cue in cues[1:]:
        if cue.start_ms - spoken_until_ms >= _MIN_SILENCE_MS:
            cut = Cut(from_ms=spoken_until_ms + _KEPT_MS, to_ms=cue.start_ms - _KEPT_MS)
            yield ProposedCut(cut=cut, kind="silence")
        spoken_until_ms = max(spoken_until_ms, cue.end_ms)


def _find_false_starts(cues: Sequence[Cue]) -> Iterator[ProposedCut]:
    """Yield each unfinished cue whose first words return at once in the next cue of the same speaker."""
    for number, (cue, following) in enumerate(pairwise(cues)):
        first, second = (_WORD.findall(one.text.casefold())[:_MIN_REPEATED_WORDS] for one in (cue, following))
        is_again = len(first) == _MIN_REPEATED_WORDS and first == second and cue.speaker == following.speaker
        is_finished = cue.text.rstrip().endswith(_ENDS) and not cue.text.rstrip().endswith("...")
        is_alone = not number or cues[number - 1].end_ms <= cue.start_ms
        if is_again and not is_finished and is_alone and cue.end_ms - cue.start_ms <= _MAX_FALSE_START_MS:
            yield ProposedCut(
                cut=Cut(from_ms=cue.start_ms, to_ms=following.start_ms), kind="false start", text=cue.text
            )
