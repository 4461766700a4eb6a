"""Time in a recording and in its enclosure, after cuts removed parts of it and music was inserted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.model.task import InputFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A part of a recording that is removed, or hidden."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jingle:
    """Music that is inserted into a recording."""

    at_ms: int  # in the recording
    sound: InputFile  # relative to the programme


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedJingle:
    """A jingle whose duration is known, because its file was decoded."""

    at_ms: int  # in the recording
    length_ms: int


def merge_cuts(cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    """Sort cuts, and merge those that touch or overlap."""
    result: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.from_ms, cut.to_ms)):
        if result and cut.from_ms <= result[-1].to_ms:
            result[-1] = Cut(from_ms=result[-1].from_ms, to_ms=max(result[-1].to_ms, cut.to_ms))
        else:
            result.append(cut)
    return tuple(result)


def shift_ms(at_ms: int, *, cuts: Sequence[Cut]) -> int:
    """Map a time in a recording to the recording after its cuts; a time within a cut maps to the end of the cut.

    Args:
        at_ms: Time in the recording, in milliseconds.
        cuts: Cuts that do not overlap.
    """
    return at_ms - sum(min(at_ms, cut.to_ms) - cut.from_ms for cut in cuts if cut.from_ms < at_ms)


def restore_ms(at_ms: int, *, cuts: Sequence[Cut]) -> int:
    """Map a time in a recording after its cuts to the recording; the place of a cut maps to the end of the cut.

    Args:
        at_ms: Time after the cuts, in milliseconds.
        cuts: May overlap, and be in any order.
    """
    for cut in merge_cuts(cuts):
        if cut.from_ms <= at_ms:
            at_ms += cut.to_ms - cut.from_ms
    return at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePart:
    """A part of the cut recording without a jingle in it."""

    from_ms: int  # in the cut recording
    to_ms: int
    enclosure_ms: int  # its start in the enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Maps times in a recording to its enclosure. Cuts may overlap, and be in any order."""

    cuts: tuple[Cut, ...] = ()
    offset_ms: int = 0  # where the recording begins: after the intro
    timed_jingles: tuple[TimedJingle, ...] = ()
    _merged_cuts: tuple[Cut, ...] = field(init=False, repr=False, compare=False)
    _jingles: tuple[tuple[int, int], ...] = field(
        init=False, repr=False, compare=False
    )  # after the cuts: time, duration

    def __post_init__(self) -> None:
        """Sort cuts and jingles once: a transcript maps thousands of times."""
        cuts = merge_cuts(self.cuts)
        jingles = sorted((shift_ms(one.at_ms, cuts=cuts), one.length_ms) for one in self.timed_jingles)
        object.__setattr__(self, "_merged_cuts", cuts)
        object.__setattr__(self, "_jingles", tuple(jingles))

    def map_ms(self, at_ms: int) -> int:
        """Map the start of something: after a jingle at the same time."""
        return self._insert_music_ms(shift_ms(at_ms, cuts=self._merged_cuts), after_jingle=True)

    def map_end_ms(self, at_ms: int) -> int:
        """Map the end of something, and the start of a chapter: before a jingle at the same time."""
        return self._insert_music_ms(shift_ms(at_ms, cuts=self._merged_cuts), after_jingle=False)

    def map_span_ms(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """Map a span, without the jingles at its ends.

        A jingle within it splits it. The longer side counts; of two equal sides the later one.
        """
        first, last = shift_ms(from_ms, cuts=self._merged_cuts), shift_ms(to_ms, cuts=self._merged_cuts)
        for jingle_ms, _ in self._jingles:
            if first < jingle_ms < last and jingle_ms - first <= last - jingle_ms:
                first = jingle_ms
            elif first < jingle_ms < last:
                last = jingle_ms
        return self._insert_music_ms(first, after_jingle=True), self._insert_music_ms(last, after_jingle=False)

    def split_at_jingles(self, end_ms: int) -> tuple["TimelinePart", ...]:
        """Split the recording before ``end_ms`` at its jingles."""
        last_ms = shift_ms(end_ms, cuts=self._merged_cuts)
        edges = [0, *(jingle_ms for jingle_ms, _ in self._jingles if 0 < jingle_ms < last_ms), last_ms]
        return tuple(
            TimelinePart(from_ms=first, to_ms=last, enclosure_ms=self._insert_music_ms(first, after_jingle=True))
            for first, last in pairwise(edges)
        )

    def _insert_music_ms(self, cut_ms: int, *, after_jingle: bool) -> int:
        """Map a time in the cut recording to the enclosure: after or before a jingle at the same time."""
        end_ms = cut_ms + after_jingle
        return cut_ms + self.offset_ms + sum(length_ms for jingle_ms, length_ms in self._jingles if jingle_ms < end_ms)
