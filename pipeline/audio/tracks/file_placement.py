"""Places all files of one talk on the clock of a reference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from pipeline.audio.parallel import map_parallel
from pipeline.audio.tracks.coarse_lag import LagHit
from pipeline.audio.tracks.copies import choose_original, find_mix, is_copy
from pipeline.audio.tracks.drift import MIN_STEP_S
from pipeline.audio.tracks.features import TrackSignal
from pipeline.audio.tracks.file_alignment import FileAlignment, FileSegment, align_file
from pipeline.audio.tracks.recognition import FileRelation, collect_groups
from pipeline.audio.tracks.track_names import is_named_as_room
from pipeline.errors import AudioError, fill
from pipeline.model import Sentence, sentence

_SILENCE = 2**-15  # below one step of 16 bits
_SAME_PLACE_S = 2.0  # of a step that several tracks show
_REFERENCE_BONUS = 3.0  # aligning to the reference is more exact than to another track

Segments = tuple[FileSegment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRole:
    """What a file is in its take."""

    role: str = "microphone"  # microphone | room | mix | backup | left-out
    reason: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFile:
    """A file on the clock of the reference."""

    number: int
    segments: Segments
    confidence: float = 1.0
    polarity: int = 1
    role: str = "microphone"
    reason: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedGroup:
    """The files of one talk."""

    reference: int
    files: tuple[PlacedFile, ...]


def place_group(
    signals: Sequence[TrackSignal],
    relations: Sequence[FileRelation],
    group: Sequence[int],
    offsets_s: Mapping[int, float],
    *,
    workers: int | None = None,
) -> PlacedGroup:
    """Choose the reference of a talk, and place all its files on that clock.

    Args:
        signals: All files.
        relations: All pairs.
        group: The files of this talk.
        offsets_s: Starts that a person gave, on a common clock.
        workers: Number of workers; the number of cores by default.

    Raises:
        AudioError: A file has too little in common with the others.
    """
    own = [one for one in relations if one.verdict != "other" and {one.shorter, one.longer} <= set(group)]
    clusters = collect_groups(group, [(one.shorter, one.longer) for one in own if one.is_rigid])
    roles = _find_roles(signals, own, clusters)
    reference = _choose_reference(own, clusters, roles)
    cluster_of = {number: place for place, cluster in enumerate(clusters) for number in cluster}
    placed = {cluster_of[reference]: FileAlignment(segments=(_cover(signals[reference]),), confidence=1.0)}
    while len(placed) < len(clusters):
        bridges = _choose_bridges(own, cluster_of, placed, cluster_of[reference])
        if not bridges:
            _place_by_hand(signals, clusters, placed, offsets_s)
        for bridge, found in zip(bridges, _align_bridges(signals, bridges, workers), strict=True):
            placed[cluster_of[bridge.number]] = compose(found, placed[cluster_of[bridge.other]])
    segments_of = _insert_reference_gaps({place: one.segments for place, one in placed.items()}, cluster_of[reference])
    files = []
    for number in group:
        place, role = cluster_of[number], roles[number]
        files.append(
            PlacedFile(
                number=number,
                segments=segments_of[place],
                confidence=placed[place].confidence,
                polarity=placed[place].polarity,
                role=role.role,
                reason=role.reason,
            )
        )
    return PlacedGroup(reference=reference, files=tuple(files))


def _cover(signal: TrackSignal) -> FileSegment:
    return FileSegment(first_s=0.0, last_s=signal.duration_s, at_s=0.0, rate=1.0)


def _find_roles(
    signals: Sequence[TrackSignal], relations: Sequence[FileRelation], clusters: Sequence[Sequence[int]]
) -> dict[int, FileRole]:
    """Find silent files, copies, mixes and rooms; all others are microphones."""
    numbers = [number for cluster in clusters for number in cluster]
    roles = dict.fromkeys(numbers, FileRole())
    for number in numbers:
        if signals[number].peak < _SILENCE:
            roles[number] = FileRole(role="left-out", reason=sentence("contains only silence"))
        elif is_named_as_room(Path(signals[number].source.part.path).name):
            roles[number] = FileRole(role="room", reason=sentence("records the room, not one person"))
    copies = [
        (one.shorter, one.longer)
        for one in relations
        if (one.hits or one.is_rigid) and is_copy(signals[one.shorter], signals[one.longer], _find_median_lag(one.hits))
    ]
    for same in collect_groups(numbers, copies):
        original = choose_original(signals, same)
        name = signals[original].source.name
        copy = FileRole(role="backup", reason=sentence("a copy of {name}", name=name))
        roles |= {number: copy for number in same if number != original}
    for cluster in clusters:
        while True:
            mix = find_mix(signals, [number for number in cluster if roles[number].role in ("microphone", "room")])
            if mix is None:
                break
            reason = sentence("the recorder's own mix of the other tracks")
            roles[mix] = FileRole(role="mix", reason=reason)
    return roles


def _find_median_lag(hits: Sequence[LagHit]) -> float:
    lags = sorted(hit.lag_s for hit in hits)
    return lags[len(lags) // 2] if lags else 0.0


def _choose_reference(
    relations: Sequence[FileRelation],
    clusters: Sequence[Sequence[int]],
    roles: Mapping[int, FileRole],
) -> int:
    """Choose the file that correlates best with those of other recorders: mostly a room microphone or a mix."""
    places = {number: place for place, cluster in enumerate(clusters) for number in cluster}
    candidates = [number for number in places if roles[number].role not in ("backup", "left-out")]
    strengths: dict[int, dict[int, float]] = {number: {} for number in places}
    for relation in relations:
        for one, other in ((relation.shorter, relation.longer), (relation.longer, relation.shorter)):
            best = strengths[one].get(places[other], 0.0)
            strengths[one][places[other]] = max(best, relation.strength if places[one] != places[other] else 0.0)

    def rate(number: int) -> tuple[float, bool, int, int]:
        hears_all = roles[number].role in ("room", "mix")
        return round(sum(strengths[number].values()), 3), hears_all, len(clusters[places[number]]), -number

    return max(candidates or places, key=rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bridge:
    """A file that is aligned to another one."""

    number: int
    other: int
    relation: FileRelation


def _choose_bridges(
    relations: Sequence[FileRelation], cluster_of: Mapping[int, int], placed: Iterable[int], first: int
) -> list[_Bridge]:
    """Choose how all clusters that are related to placed ones are aligned, the strongest relation first."""
    known, chosen = set(placed), []
    while bridges := [
        one for one in relations if (cluster_of[one.shorter] in known) != (cluster_of[one.longer] in known)
    ]:
        best = max(bridges, key=lambda one: _rate_bridge(one, cluster_of, first))
        number, other = sorted((best.shorter, best.longer), key=lambda one: cluster_of[one] in known)
        chosen.append(_Bridge(number=number, other=other, relation=best))
        known.add(cluster_of[number])
    return chosen


def _rate_bridge(relation: FileRelation, cluster_of: Mapping[int, int], first: int) -> float:
    numbers = (relation.shorter, relation.longer)
    bonus = _REFERENCE_BONUS if first in {cluster_of[number] for number in numbers} else 1.0
    return relation.strength * bonus


def _align_bridges(
    signals: Sequence[TrackSignal], bridges: Sequence[_Bridge], workers: int | None
) -> Iterable[FileAlignment]:
    """Align several files at once, or one on all cores."""
    inner = workers if len(bridges) == 1 else 1
    return map_parallel(lambda bridge: _align_bridge(signals, bridge, inner), bridges, workers=workers)


def _align_bridge(signals: Sequence[TrackSignal], bridge: _Bridge, workers: int | None) -> FileAlignment:
    relation = bridge.relation
    hits = relation.hits if bridge.number == relation.shorter else tuple(_turn(hit) for hit in relation.hits)
    found = align_file(signals[bridge.number], signals[bridge.other], hits, workers=workers)
    if found is None:
        names = [signals[one].source.name for one in (bridge.number, bridge.other)]
        raise AudioError(
            fill("too little sound in common with {name} to align both", name=names[1]),
            where=signals[bridge.number].source.part.path,
            hint="Give its start by hand: `offset:` in `tracks:` of episode.md. Or leave it out.",
        )
    return found


def _turn(hit: LagHit) -> LagHit:
    """Express a lag by the clock of the other file."""
    return LagHit(at_s=hit.at_s + hit.lag_s, lag_s=-hit.lag_s, ratio=hit.ratio)


def _place_by_hand(
    signals: Sequence[TrackSignal],
    clusters: Sequence[Sequence[int]],
    placed: dict[int, FileAlignment],
    offsets_s: Mapping[int, float],
) -> None:
    """Place one more recorder where a person said.

    Raises:
        AudioError: Nobody said where.
    """
    known = [(place, number) for place in placed for number in clusters[place] if number in offsets_s]
    for place, cluster in enumerate(clusters):
        number = next((one for one in cluster if one in offsets_s), None)
        if place not in placed and number is not None and known:
            base, other = known[0]
            start_s = offsets_s[number] - offsets_s[other] + placed[base].segments[0].at_s
            placed[place] = FileAlignment(segments=(replace(_cover(signals[number]), at_s=start_s),), confidence=1.0)
            return
    lost = next(cluster[0] for place, cluster in enumerate(clusters) if place not in placed)
    raise AudioError(
        "has no sound in common with the other tracks",
        where=signals[lost].source.part.path,
        hint="Say in `tracks:` of episode.md where it starts after the first track: `offset:`. Or leave it out.",
    )


def compose(alignment: FileAlignment, base: FileAlignment) -> FileAlignment:
    """Convert an alignment to the clock that the other file is aligned to.

    Args:
        alignment: Of one file, to another.
        base: Of that other file.
    """
    result = []
    for segment in alignment.segments:
        for place, lower in enumerate(base.segments):
            start = segment.at_s if place == 0 else max(segment.at_s, lower.first_s)
            end = segment.end_s if place == len(base.segments) - 1 else min(segment.end_s, lower.last_s)
            if start < end:
                first_s = segment.first_s + (start - segment.at_s) / segment.rate
                last_s = segment.first_s + (end - segment.at_s) / segment.rate
                at_s, rate = lower.to_other(start), segment.rate * lower.rate
                result.append(FileSegment(first_s=first_s, last_s=last_s, at_s=at_s, rate=rate))
    polarity = alignment.polarity * base.polarity
    return FileAlignment(segments=tuple(result), confidence=alignment.confidence, polarity=polarity)


def _insert_reference_gaps(segments_of: Mapping[int, Segments], reference: int) -> dict[int, Segments]:
    """Find where the reference itself lost time: there all other recorders seem to go back.

    Returns:
        All segments on a clock without these losses.
    """
    steps = [
        (after.at_s, before.end_s - after.at_s, place)
        for place, segments in segments_of.items()
        for before, after in pairwise(segments)
        if before.end_s - after.at_s >= MIN_STEP_S
    ]
    losses: list[tuple[float, float]] = []
    for at_s in sorted(step[0] for step in steps):
        if losses and at_s - losses[-1][0] < _SAME_PLACE_S:
            continue
        near = [step for step in steps if 0 <= step[0] - at_s < _SAME_PLACE_S]
        running = {place for place, one in segments_of.items() if one[0].at_s < at_s < one[-1].end_s}
        if running <= {place for _, _, place in near} | {reference}:
            losses.append((sum(step[0] for step in near) / len(near), sum(step[1] for step in near) / len(near)))
    result = dict(segments_of)
    for at_s, loss_s in reversed(losses):
        result = {place: _insert_gap(segments, at_s, loss_s) for place, segments in result.items()}
    return result


def _insert_gap(segments: Segments, at_s: float, loss_s: float) -> Segments:
    """Move what comes after a loss of the reference; a segment that runs through it is cut."""
    for place, (before, after) in enumerate(pairwise(segments)):
        if before.end_s - after.at_s >= MIN_STEP_S and abs(after.at_s - at_s) < _SAME_PLACE_S:
            moved = [
                replace(segment, at_s=segment.at_s + before.end_s - after.at_s) for segment in segments[place + 1 :]
            ]
            return (*segments[:place], replace(before, last_s=moved[0].last_s), *moved[1:])
    result: list[FileSegment] = []
    for segment in segments:
        if segment.at_s < at_s < segment.end_s:
            cut_s = segment.first_s + (at_s - segment.at_s) / segment.rate
            result += [replace(segment, last_s=cut_s), replace(segment, first_s=cut_s, at_s=at_s + loss_s)]
        else:
            result.append(segment if segment.at_s < at_s else replace(segment, at_s=segment.at_s + loss_s))
    return tuple(result)
