"""Aligns the files of a recording: which are tracks of one talk, and where each is on the clock of the take.

The clock is that of the reference, and starts with the first track, so no word is lost.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.audio.io.probe import open_part
from pipeline.audio.tracks.features import SourceChannel, TrackSignal, extract_features
from pipeline.audio.tracks.file_placement import place_group
from pipeline.audio.tracks.recognition import FileRelation, collect_groups, relate_files
from pipeline.audio.tracks.take_assembly import build_take
from pipeline.audio.tracks.track_names import are_numbered_parts
from pipeline.errors import AudioError, fill
from pipeline.model import TakeAlignment, Track


def align_files(
    files: Sequence[str], tracks: Sequence[Track] = (), *, is_take: bool, scratch: str, workers: int | None = None
) -> TakeAlignment:
    """Recognise tracks of one talk, and align them.

    Args:
        files: The files of a recording, in the order of their parts.
        tracks: What a person said of each file; empty: nothing.
        is_take: They are tracks of one talk, not parts of it.
        scratch: An existing folder with 124 MB free for each hour and file; it is left empty.
        workers: Number of workers; the number of cores by default. The result does not depend on it.

    Returns:
        No tracks: the files are parts, one after the other.

    Raises:
        AudioError: A file cannot be read; or sound cannot tell, and the hint says what to do.
    """
    names = [Path(file).name for file in files]
    if not is_take and all(are_numbered_parts(*pair) for pair in combinations(names, 2)):  # also a single file
        return TakeAlignment()
    with TemporaryDirectory(dir=scratch) as folder:
        sources = [source for number in range(len(files)) for source in _open_channels(files, tracks, number)]
        signals = extract_features(sources, Path(folder), workers=workers)
        relations = relate_files(signals, is_take=is_take, workers=workers)
        offsets_s = {
            number: offset_s
            for number, source in enumerate(sources)
            if tracks and (offset_s := tracks[source.file].offset_s) is not None
        }
        if offsets_s:
            offsets_s.setdefault(0, 0.0)  # others count from the start of the first track
        groups = _group_files(signals, relations, offsets_s, is_take=is_take)
        if all(len(group) == 1 for group in groups):
            return TakeAlignment()
        placed = [place_group(signals, relations, group, offsets_s, workers=workers) for group in groups]
        return build_take(signals, placed, tracks)


def _open_channels(files: Sequence[str], tracks: Sequence[Track], number: int) -> list[SourceChannel]:
    """Open a file; each of more than two channels is a track of its own, unless a person named the file."""
    part = open_part(files[number])
    if part.channels <= 2 or (tracks and tracks[number].speaker):
        return [SourceChannel(part=part, file=number)]
    return [SourceChannel(part=part, channel=channel, file=number) for channel in range(part.channels)]


def _group_files(
    signals: Sequence[TrackSignal],
    relations: Sequence[FileRelation],
    offsets_s: Mapping[int, float],
    *,
    is_take: bool,
) -> list[list[int]]:
    """Group files by talk.

    Raises:
        AudioError: Sound cannot tell.
    """
    numbers = range(len(signals))
    if is_take:
        return [list(numbers)]
    links = [(one.shorter, one.longer) for one in relations if one.verdict == "same"]
    groups = collect_groups(numbers, [*links, *((min(offsets_s), number) for number in offsets_s)])
    for relation in relations:
        pair = {relation.shorter, relation.longer}
        if relation.verdict == "doubtful" and not any(pair <= set(group) for group in groups):
            other = signals[relation.longer].source.name
            raise AudioError(
                fill(
                    "only {overlap_s:.0f} s in common with {other}: too little to tell tracks from parts",
                    overlap_s=relation.overlap_s,
                    other=other,
                ),
                where=signals[relation.shorter].source.part.path,
                hint="Two microphones of one talk: name them in `tracks:` of episode.md, with `offset:`. "
                "Two parts: write `tracks: []` there.",
            )
    return groups
