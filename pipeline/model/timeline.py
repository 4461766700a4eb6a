"""Two clocks: that of a recording, and that of what listeners hear, once stretches were cut out of it and music came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A stretch of a recording that nobody will hear."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jingle:
    """A sound that is heard between two parts of a talk: after what stands before ``at_ms``, and before the rest."""

    at_ms: int  # on the clock of the recording
    sound: str  # a file, relative to the programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlude:
    """For how long a jingle stops the talk; only who opens its file knows."""

    at_ms: int  # on the clock of the recording
    length_ms: int


def joined(stretches: Sequence[Cut]) -> tuple[Cut, ...]:
    """The same stretches in order, with no two that touch or overlap: what two of them take out is gone once."""
    result: list[Cut] = []
    for cut in sorted(stretches, key=lambda cut: (cut.from_ms, cut.to_ms)):
        if result and cut.from_ms <= result[-1].to_ms:
            result[-1] = Cut(from_ms=result[-1].from_ms, to_ms=max(result[-1].to_ms, cut.to_ms))
        else:
            result.append(cut)
    return tuple(result)


def moved_ms(at_ms: int, *, cuts: Sequence[Cut], offset_ms: int = 0) -> int:
    """Where a place of a recording lies once it is cut: what was cut before is gone; inside a cut, its end counts."""
    gone = sum(min(at_ms, cut.to_ms) - cut.from_ms for cut in cuts if cut.from_ms < at_ms)
    return at_ms - gone + offset_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of what the cuts leave, counted from its first word, that is heard without a jingle in it."""

    from_ms: int
    to_ms: int
    heard_ms: int  # when it begins, on the clock of the enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """From the clock of a recording to that of its enclosure. Cuts may overlap, and stand in any order."""

    cuts: tuple[Cut, ...] = ()
    offset_ms: int = 0  # where the recording begins: an intro stands before it
    interludes: tuple[Interlude, ...] = ()
    _left: "_Left" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put cuts and jingles in order once: a transcript asks thousands of times."""
        cuts = joined(self.cuts)
        jingles = sorted((moved_ms(one.at_ms, cuts=cuts), one.length_ms) for one in self.interludes)
        object.__setattr__(self, "_left", _Left(cuts=cuts, offset_ms=self.offset_ms, jingles=tuple(jingles)))

    def heard_ms(self, at_ms: int) -> int:
        """When a listener hears what begins at ``at_ms`` in the recording: behind a jingle that stands at that very place."""
        left = self._left
        return left.music_ms(left.place_ms(at_ms) + 1) + left.place_ms(at_ms)

    def ended_ms(self, at_ms: int) -> int:
        """When a listener has heard what ends at ``at_ms``, and a jingle at that place begins: so does its chapter."""
        left = self._left
        return left.music_ms(left.place_ms(at_ms)) + left.place_ms(at_ms)

    def span_ms(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """When a listener hears what lies between two places, a jingle at either of them left out.

        One that stands within it parts it: then it is the longer side, of two as long the later one.
        """
        left = self._left
        first, last = left.place_ms(from_ms), left.place_ms(to_ms)
        for place_ms, _ in left.jingles:
            if first < place_ms < last and place_ms - first <= last - place_ms:
                first = place_ms
            elif first < place_ms < last:
                last = place_ms
        return left.music_ms(first + 1) + first, left.music_ms(last) + last

    def parts_ms(self, end_ms: int) -> tuple["Part", ...]:
        """The stretches in which what lies before ``end_ms`` is heard, from one jingle to the next."""
        left = self._left
        last_ms = left.place_ms(end_ms)
        edges = [0, *(place_ms for place_ms, _ in left.jingles if 0 < place_ms < last_ms), last_ms]
        return tuple(
            Part(from_ms=first, to_ms=last, heard_ms=left.music_ms(first + 1) + first)
            for first, last in pairwise(edges)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What the cuts leave of a recording, and the jingles between it: each by its place, counted from the first word."""

    cuts: tuple[Cut, ...]
    offset_ms: int
    jingles: tuple[tuple[int, int], ...]  # place and length

    def place_ms(self, at_ms: int) -> int:
        return moved_ms(at_ms, cuts=self.cuts)

    def music_ms(self, place_ms: int) -> int:
        """How much music is heard until a place, jingles that stand there not counted."""
        return self.offset_ms + sum(length_ms for at_ms, length_ms in self.jingles if at_ms < place_ms)
