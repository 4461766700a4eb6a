"""Rules for the times in the front matter of an episode, and between those and its transcript.

All times are positions in the recording. Its length is known only during a build, which checks the
rest.
"""

import html
from collections.abc import Iterator
from itertools import combinations

from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.errors import ValidationError, fill, make_message
from pipeline.model import Cue, Cut, classify_overlap, is_within_words, merge_cuts, shift_ms
from pipeline.model.time_codes import format_position, format_timestamp, parse_position

_RANGE_KEYS = {"cuts": "cut", "mutes": "mute", "bleeps": "bleep"}  # key, and the noun for one item
_MIN_TEASER_MS, _MAX_TEASER_MS = 15_000, 60_000


def check_times(yaml: LocatedYaml, transcript: tuple[Cue, ...]) -> Iterator[ValidationError]:
    """Yield an error at each time that is not possible."""
    yield from _check_chapter_order(yaml)
    yield from _check_ranges(yaml)
    yield from _check_partly_hidden_cues(yaml, transcript)
    yield from _check_jingles(yaml, transcript)
    yield from _check_teasers(yaml, transcript)


def iter_time_ranges(yaml: LocatedYaml, key: str) -> Iterator[tuple[Loc, Cut]]:
    """Yield each item of the list ``key`` that has two valid times, in whichever order."""
    for loc, _ in yaml.find(key, None):
        from_ms, to_ms = _parse_time(yaml, (*loc, "from")), _parse_time(yaml, (*loc, "to"))
        if from_ms is not None and to_ms is not None:
            yield loc, Cut(from_ms=from_ms, to_ms=to_ms)


def _parse_time(yaml: LocatedYaml, loc: Loc) -> int | None:
    value = yaml.get(loc)
    return parse_position(value.strip()) if isinstance(value, str) else None


def _check_chapter_order(yaml: LocatedYaml) -> Iterator[ValidationError]:
    previous_ms = -1
    for loc, _ in yaml.find("chapters", None, "start"):
        start_ms = _parse_time(yaml, loc)
        if start_ms is not None and start_ms <= previous_ms:
            message = "this chapter does not start after the previous one"
            yield yaml.create_error("out-of-order", loc, message, "sort the chapters by time")
        previous_ms = max(previous_ms, -1 if start_ms is None else start_ms)


def _check_ranges(yaml: LocatedYaml) -> Iterator[ValidationError]:
    for key, noun in _RANGE_KEYS.items():
        for loc, cut in (cuts := list(iter_time_ranges(yaml, key))):
            if cut.to_ms <= cut.from_ms:
                yield yaml.create_error(
                    "ends-first", (*loc, "to"), fill("this {noun} ends before it begins", noun=make_message(noun))
                )
            elif any(loc > other_loc and _overlap(cut, other) for other_loc, other in cuts):
                message = fill("this {noun} overlaps an earlier one", noun=make_message(noun))
                yield yaml.create_error(
                    "overlap", (*loc, "from"), message, fill("combine them into one {noun}", noun=make_message(noun))
                )


def _overlap(one: Cut, other: Cut) -> bool:
    return other.from_ms < other.to_ms and one.from_ms < other.to_ms and other.from_ms < one.to_ms


def _check_partly_hidden_cues(yaml: LocatedYaml, transcript: tuple[Cue, ...]) -> Iterator[ValidationError]:
    """Reject a range that hides part of a cue.

    Only a person knows which of its words are removed.
    """
    for key, noun in _RANGE_KEYS.items():
        for loc, cut in iter_time_ranges(yaml, key):
            for cue in transcript:
                if cut.from_ms < cut.to_ms and classify_overlap(cue, cut) == "some":
                    message = fill(
                        "this {noun} covers only part of a cue of the transcript, {range}",
                        noun=make_message(noun),
                        range=_format_range(cue),
                    )
                    hint = fill(
                        "write instead of that cue in transcript.vtt, with the right words in each:\n\n{split_cue}",
                        split_cue=_split_cue(cue, cut),
                    )
                    yield yaml.create_error("cut-through-cue", (*loc, "from"), message, hint)


def _split_cue(cue: Cue, cut: Cut) -> str:
    """Write a cue as two or three in WebVTT, split where ``cut`` begins and ends; words are shared out by time."""
    edges_ms = [cue.start_ms, *(at for at in (cut.from_ms, cut.to_ms) if cue.start_ms < at < cue.end_ms), cue.end_ms]
    words = cue.text.split()
    places = [round(len(words) * (at - cue.start_ms) / (cue.end_ms - cue.start_ms)) for at in edges_ms]
    voice = f"<v {html.escape(cue.speaker, quote=False)}>" if cue.speaker else ""
    return "\n\n".join(
        f"{format_timestamp(start_ms)} --> {format_timestamp(end_ms)}\n"
        f"{voice}{html.escape(' '.join(words[first:last]), quote=False) or '…'}"
        for start_ms, end_ms, first, last in zip(edges_ms, edges_ms[1:], places, places[1:], strict=False)
    )


def _check_jingles(yaml: LocatedYaml, transcript: tuple[Cue, ...]) -> Iterator[ValidationError]:
    """Require audio before each jingle and between two, and no cue, cut or bleep around one."""
    cuts = merge_cuts([cut for _, cut in iter_time_ranges(yaml, "cuts") if cut.from_ms < cut.to_ms])
    used: set[int] = set()
    for loc, at_ms in _iter_jingles(yaml):
        shifted_ms = shift_ms(at_ms, cuts=cuts)
        if not shifted_ms:
            hint = "use `intro` under `sound` in programme.yaml: it is played before each episode"
            yield yaml.create_error("at-the-start", loc, "there is no audio before this jingle", hint)
        elif errors := list(_check_jingle_in_range(yaml, loc, at_ms)):
            yield from errors
        elif shifted_ms in used:
            yield yaml.create_error(
                "overlap", loc, "there is no audio between this jingle and another", "remove one of them"
            )
        else:
            yield from _check_jingle_in_cue(yaml, loc, at_ms, transcript)
        used.add(shifted_ms)


def _iter_jingles(yaml: LocatedYaml) -> Iterator[tuple[Loc, int]]:
    for loc, _ in yaml.find("jingles", None, "at"):
        if (at_ms := _parse_time(yaml, loc)) is not None:
            yield loc, at_ms


def _check_jingle_in_range(yaml: LocatedYaml, loc: Loc, at_ms: int) -> Iterator[ValidationError]:
    for key, noun in (("cuts", "cut"), ("bleeps", "bleep")):
        for _, cut in iter_time_ranges(yaml, key):
            if cut.from_ms < at_ms < cut.to_ms:
                first, last = format_position(cut.from_ms), format_position(cut.to_ms)
                hint = fill(
                    "move it to {first} or {last}, or change the {noun}",
                    first=first,
                    last=last,
                    noun=make_message(noun),
                )
                yield yaml.create_error(
                    f"in-a-{noun}",
                    loc,
                    fill(
                        "this jingle is inside a {noun}, {first}–{last}",
                        noun=make_message(noun),
                        first=first,
                        last=last,
                    ),
                    hint,
                )


def _check_jingle_in_cue(
    yaml: LocatedYaml, loc: Loc, at_ms: int, transcript: tuple[Cue, ...]
) -> Iterator[ValidationError]:
    """Reject a jingle in the middle of speech.

    Cues that are cut or muted do not count; simultaneous cues count once.
    """
    hidden = [cut for key in ("cuts", "mutes") for _, cut in iter_time_ranges(yaml, key)]
    audible = [cue for cue in transcript if not any(classify_overlap(cue, cut) == "all" for cut in hidden)]
    interrupted = {(cue.start_ms, cue.end_ms): cue for cue in audible if is_within_words(at_ms, cue)}
    for cue in interrupted.values():
        message = fill("this jingle is in the middle of a cue of the transcript, {range}", range=_format_range(cue))
        first, last = format_position(cue.start_ms), format_position(cue.end_ms)
        hint = fill("move it to {first} or {last}, or split that cue in transcript.vtt", first=first, last=last)
        yield yaml.create_error("jingle-through-cue", loc, message, hint)


def _check_teasers(yaml: LocatedYaml, transcript: tuple[Cue, ...]) -> Iterator[ValidationError]:
    cuts = [cut for _, cut in iter_time_ranges(yaml, "cuts") if cut.from_ms < cut.to_ms]
    if any(_overlap(one, other) for one, other in combinations(cuts, 2)):
        return  # already reported, and the length after cutting is unknown
    last_ms = max((cue.end_ms for cue in transcript), default=None)
    for loc, teaser in iter_time_ranges(yaml, "teasers"):
        if teaser.to_ms <= teaser.from_ms:
            yield yaml.create_error("ends-first", (*loc, "to"), "this teaser ends before it begins")
        elif last_ms is not None and teaser.from_ms >= last_ms:
            message = fill(
                "this teaser begins after the end of the transcript, {position}", position=format_position(last_ms)
            )
            yield yaml.create_error("beyond", (*loc, "from"), message, "times are positions in the recording")
        elif errors := [*_check_teaser_edges(yaml, loc, teaser, cuts), *_check_teaser_jingles(yaml, loc, teaser)]:
            yield from errors
        else:
            yield from _check_teaser_length(yaml, loc, teaser, cuts)


def _check_teaser_edges(yaml: LocatedYaml, loc: Loc, teaser: Cut, cuts: list[Cut]) -> Iterator[ValidationError]:
    for cut in cuts:
        first, last = format_position(cut.from_ms), format_position(cut.to_ms)
        if cut.from_ms <= teaser.from_ms < cut.to_ms:
            message = fill("this teaser begins inside a cut, {first}–{last}", first=first, last=last)
            yield yaml.create_error("in-a-cut", (*loc, "from"), message, fill("begin it at {last} or later", last=last))
        if cut.from_ms < teaser.to_ms <= cut.to_ms:
            message = fill("this teaser ends inside a cut, {first}–{last}", first=first, last=last)
            yield yaml.create_error(
                "in-a-cut", (*loc, "to"), message, fill("end it at {first} or earlier", first=first)
            )


def _check_teaser_jingles(yaml: LocatedYaml, loc: Loc, teaser: Cut) -> Iterator[ValidationError]:
    """Reject a teaser with a jingle inside.

    The length of the jingle is known only during a build.
    """
    for _, at_ms in _iter_jingles(yaml):
        if teaser.from_ms < at_ms < teaser.to_ms:
            at = format_position(at_ms)
            message = fill("this teaser has a jingle inside, at {at}", at=at)
            hint = fill("end it at {at} or earlier, or begin it there or later", at=at)
            yield yaml.create_error("across-a-jingle", (*loc, "from"), message, hint)


def _check_teaser_length(yaml: LocatedYaml, loc: Loc, teaser: Cut, cuts: list[Cut]) -> Iterator[ValidationError]:
    length_ms = shift_ms(teaser.to_ms, cuts=cuts) - shift_ms(teaser.from_ms, cuts=cuts)
    is_cut = length_ms < teaser.to_ms - teaser.from_ms
    message = f"this teaser lasts {length_ms / 1000:g} s" + (" after cutting" if is_cut else "")
    hint = fill(
        "a teaser lasts {min_teaser_ms} to {max_teaser_ms} s",
        min_teaser_ms=_MIN_TEASER_MS // 1000,
        max_teaser_ms=_MAX_TEASER_MS // 1000,
    )
    if length_ms < _MIN_TEASER_MS:
        yield yaml.create_error("too-short", (*loc, "to"), message, hint)
    elif length_ms > _MAX_TEASER_MS:
        yield yaml.create_error("too-long", (*loc, "to"), message, hint)


def _format_range(cue: Cue) -> str:
    return f"{format_position(cue.start_ms)}–{format_position(cue.end_ms)}"
