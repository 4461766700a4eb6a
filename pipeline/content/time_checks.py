"""What must hold between the times in the head of an episode, and between those and its transcript.

All of them count on the clock of the recording. How long that is, only the build knows (``build.outside``).
"""

from collections.abc import Iterator
from itertools import combinations

from pipeline.content import dates
from pipeline.content.field_error import WrongError
from pipeline.content.located_yaml import Loc, Marked
from pipeline.errors import Fault
from pipeline.model import Cue, Cut, hidden_share, joined, moved_ms, parts_words

_HIDING = {"cuts": "cut", "mutes": "mute", "bleeps": "bleep"}  # keys of a head, and what one of them is called
_SHORTEST_TEASER_MS, _LONGEST_TEASER_MS = 15_000, 60_000


def impossible(marked: Marked, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """Every time in a head that cannot be meant."""
    yield from _chapters_ascend(marked)
    yield from _cuts_lie_apart(marked)
    yield from _cuts_take_whole_cues(marked, transcript)
    yield from _jingles_stand_between_words(marked, transcript)
    yield from _teasers_can_be_heard(marked, transcript)


def stretches(marked: Marked, key: str) -> Iterator[tuple[Loc, Cut]]:
    """Each stretch of the list ``key`` that has two times, whichever comes first."""
    for loc, _ in marked.find(key, None):
        begins, ends = _clock(marked, (*loc, "from")), _clock(marked, (*loc, "to"))
        if begins is not None and ends is not None:
            yield loc, Cut(from_ms=begins, to_ms=ends)


def ms_of(clock: str) -> int | None:
    """The milliseconds of a clock, where it is one."""
    try:
        return dates.parse_clock(clock.strip())
    except WrongError:
        return None


def _clock(marked: Marked, loc: Loc) -> int | None:
    value = marked.value(loc)
    return ms_of(value) if isinstance(value, str) else None


def _chapters_ascend(marked: Marked) -> Iterator[Fault]:
    before = -1
    for loc, _ in marked.find("chapters", None, "start"):
        start = _clock(marked, loc)
        if start is not None and start <= before:
            yield marked.fault(
                "out-of-order", loc, "this chapter does not begin after the one above it", "put them in order"
            )
        before = max(before, -1 if start is None else start)


def _cuts_lie_apart(marked: Marked) -> Iterator[Fault]:
    for key, word in _HIDING.items():
        for loc, cut in (cuts := list(stretches(marked, key))):
            if cut.to_ms <= cut.from_ms:
                yield marked.fault("ends-first", (*loc, "to"), f"this {word} ends before it begins")
            elif any(loc > other and _overlap(cut, above) for other, above in cuts):
                message, hint = f"this {word} overlaps one above it", f"make one {word} of them"
                yield marked.fault("overlap", (*loc, "from"), message, hint)


def _overlap(one: Cut, other: Cut) -> bool:
    return other.from_ms < other.to_ms and one.from_ms < other.to_ms and other.from_ms < one.to_ms


def _cuts_take_whole_cues(marked: Marked, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """What is not heard must not stay in the transcript, and nobody but a person knows which words those were."""
    for key, word in _HIDING.items():
        for loc, cut in stretches(marked, key):
            for cue in transcript:
                if cut.from_ms < cut.to_ms and hidden_share(cue, cut) == "some":
                    said = f"{dates.clock(cue.start_ms)}–{dates.clock(cue.end_ms)}"
                    through = f"this {word} goes through a cue of the transcript, {said}"
                    message = f"{through}: some of its words are heard, some are not"
                    hint = f"split that cue in transcript.vtt where the {word} begins or ends"
                    yield marked.fault("cut-through-cue", (*loc, "from"), message, hint)


def _jingles_stand_between_words(marked: Marked, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """Each stands between two parts of what is heard, in no word and no bleep, and by itself."""
    cuts = joined([cut for _, cut in stretches(marked, "cuts") if cut.from_ms < cut.to_ms])
    taken: set[int] = set()
    for loc, at_ms in _jingles(marked):
        place_ms = moved_ms(at_ms, cuts=cuts)
        if not place_ms:
            hint = "give programme.yaml an `intro` under `sound`: it stands before each episode"
            yield marked.fault("at-the-start", loc, "no words are heard before this jingle", hint)
        elif within := list(_jingle_within(marked, loc, at_ms)):
            yield from within
        elif place_ms in taken:
            yield marked.fault("overlap", loc, "no words are heard between this jingle and another", "leave one out")
        else:
            yield from _jingle_parts_no_words(marked, loc, at_ms, transcript)
        taken.add(place_ms)


def _jingles(marked: Marked) -> Iterator[tuple[Loc, int]]:
    for loc, _ in marked.find("jingles", None, "at"):
        if (at_ms := _clock(marked, loc)) is not None:
            yield loc, at_ms


def _jingle_within(marked: Marked, loc: Loc, at_ms: int) -> Iterator[Fault]:
    for key, word in (("cuts", "cut"), ("bleeps", "bleep")):
        for _, cut in stretches(marked, key):
            if cut.from_ms < at_ms < cut.to_ms:
                first, last = dates.clock(cut.from_ms), dates.clock(cut.to_ms)
                hint = f"let it stand at {first} or at {last}, or change the {word}"
                yield marked.fault(f"in-a-{word}", loc, f"this jingle stands inside a {word}, {first}–{last}", hint)


def _jingle_parts_no_words(marked: Marked, loc: Loc, at_ms: int, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """Words that are cut or muted as a whole are no words any more; who speaks at the same time is told once."""
    unheard = [cut for key in ("cuts", "mutes") for _, cut in stretches(marked, key)]
    heard = [cue for cue in transcript if not any(hidden_share(cue, cut) == "all" for cut in unheard)]
    for start_ms, end_ms in dict.fromkeys((cue.start_ms, cue.end_ms) for cue in heard if parts_words(at_ms, cue)):
        first, last = dates.clock(start_ms), dates.clock(end_ms)
        message = f"this jingle stands in the middle of a cue of the transcript, {first}–{last}"
        hint = f"let it stand at {first} or at {last}, or split that cue in transcript.vtt where its words part"
        yield marked.fault("jingle-through-cue", loc, message, hint)


def _teasers_can_be_heard(marked: Marked, transcript: tuple[Cue, ...]) -> Iterator[Fault]:
    """How long the recording is, only the build knows; where its last word ends, and what is cut, is known here."""
    cuts = [cut for _, cut in stretches(marked, "cuts") if cut.from_ms < cut.to_ms]
    if any(_overlap(one, other) for one, other in combinations(cuts, 2)):
        return  # that is told, and what they leave cannot be known before
    last = max((cue.end_ms for cue in transcript), default=None)
    for loc, teaser in stretches(marked, "teasers"):
        if teaser.to_ms <= teaser.from_ms:
            yield marked.fault("ends-first", (*loc, "to"), "this teaser ends before it begins")
        elif last is not None and teaser.from_ms >= last:
            message = f"this teaser begins after the last word of the transcript, at {dates.clock(last)}"
            yield marked.fault("beyond", (*loc, "from"), message, "times are those of the recording")
        elif edges := [*_edges_in_cuts(marked, loc, teaser, cuts), *_jingles_in_teaser(marked, loc, teaser)]:
            yield from edges
        else:
            yield from _teaser_lasts(marked, loc, teaser, cuts)


def _edges_in_cuts(marked: Marked, loc: Loc, teaser: Cut, cuts: list[Cut]) -> Iterator[Fault]:
    for cut in cuts:
        gone = f"a cut, {dates.clock(cut.from_ms)}–{dates.clock(cut.to_ms)}: nobody will hear that"
        if cut.from_ms <= teaser.from_ms < cut.to_ms:
            hint = f"let it begin at {dates.clock(cut.to_ms)} or later"
            yield marked.fault("in-a-cut", (*loc, "from"), f"this teaser begins inside {gone}", hint)
        if cut.from_ms < teaser.to_ms <= cut.to_ms:
            hint = f"let it end at {dates.clock(cut.from_ms)} or earlier"
            yield marked.fault("in-a-cut", (*loc, "to"), f"this teaser ends inside {gone}", hint)


def _jingles_in_teaser(marked: Marked, loc: Loc, teaser: Cut) -> Iterator[Fault]:
    """What calls attention is one stretch of talk; and how long a jingle makes it, nobody knows who has not opened that."""
    for _, at_ms in _jingles(marked):
        if teaser.from_ms < at_ms < teaser.to_ms:
            told = dates.clock(at_ms)
            hint = f"let it end at {told} or earlier, or begin there or later"
            yield marked.fault("across-a-jingle", (*loc, "from"), f"this teaser goes across the jingle at {told}", hint)


def _teaser_lasts(marked: Marked, loc: Loc, teaser: Cut, cuts: list[Cut]) -> Iterator[Fault]:
    length_ms = moved_ms(teaser.to_ms, cuts=cuts) - moved_ms(teaser.from_ms, cuts=cuts)
    shorter = length_ms < teaser.to_ms - teaser.from_ms
    told = f"this teaser lasts {length_ms / 1000:g} s" + (" once the cuts are made" if shorter else "")
    hint = f"a teaser lasts {_SHORTEST_TEASER_MS // 1000} to {_LONGEST_TEASER_MS // 1000} s"
    if length_ms < _SHORTEST_TEASER_MS:
        yield marked.fault("too-short", (*loc, "to"), told, hint)
    elif length_ms > _LONGEST_TEASER_MS:
        yield marked.fault("too-long", (*loc, "to"), told, hint)
