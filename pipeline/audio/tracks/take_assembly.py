"""Builds a take of placed files: files of one recorder become one track, and the clock starts with the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pipeline.audio.tracks.drift import MIN_STEP_S
from pipeline.audio.tracks.features import TrackSignal
from pipeline.audio.tracks.file_placement import PlacedFile, PlacedGroup
from pipeline.audio.tracks.track_names import are_named_as_parts
from pipeline.media.samples import RATE
from pipeline.model import TakeAlignment, Track, TrackAlignment, TrackGap, TrackSegment

_TOUCH_S = 0.5  # of files of one recorder that are placed one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrackFiles:
    """The files of one track in order of time, each with its start on the clock of the take."""

    files: list[PlacedFile]
    starts_s: list[float]  # of the clock of each file's talk


def build_take(signals: Sequence[TrackSignal], groups: Sequence[PlacedGroup], tracks: Sequence[Track]) -> TakeAlignment:
    """Build the take of one or more talks, one after the other.

    Args:
        signals: All files.
        groups: The talks in order; each is placed on the clock of its own reference.
        tracks: What a person said of each file; may be empty.
    """
    found: list[_TrackFiles] = []
    start_s = 0.0
    for group in groups:
        earliest_s = min(file.segments[0].at_s for file in group.files if file.role != "left-out")
        latest_s = max(file.segments[-1].end_s for file in group.files if file.role != "left-out")
        for file in sorted(group.files, key=lambda one: (one.segments[0].at_s, one.number)):
            _add_file(found, file, start_s - earliest_s, signals, tracks)
        start_s += latest_s - earliest_s
    found.sort(key=lambda one: min(file.number for file in one.files))
    reference = next(n for n, one in enumerate(found) for file in one.files if file.number == groups[0].reference)
    samples = round(start_s * RATE)
    built = tuple(_build_track(one, signals, tracks, samples) for one in found)
    return TakeAlignment(samples=samples, reference=reference, tracks=built)


def _add_file(
    found: list[_TrackFiles],
    file: PlacedFile,
    start_s: float,
    signals: Sequence[TrackSignal],
    tracks: Sequence[Track],
) -> None:
    """Add a file to the track of its recorder, or start a new track."""
    at_s = start_s + file.segments[0].at_s
    for track in found:
        last = track.files[-1]
        is_later = at_s > track.starts_s[-1] + last.segments[-1].end_s - _TOUCH_S
        if is_later and last.role == file.role and _is_one_recorder(signals, tracks, last.number, file.number):
            track.files.append(file)
            track.starts_s.append(start_s)
            return
    found.append(_TrackFiles(files=[file], starts_s=[start_s]))


def _is_one_recorder(signals: Sequence[TrackSignal], tracks: Sequence[Track], one: int, other: int) -> bool:
    """Whether two files that do not overlap are of one recorder."""
    if tracks:
        speakers = [tracks[signals[number].source.file].speaker for number in (one, other)]
        return bool(speakers[0]) and speakers[0] == speakers[1]
    parts = [signals[number].source.part for number in (one, other)]
    formats = {(part.stream.container, part.stream.codec, part.channels, part.stream.sample_rate_hz) for part in parts}
    channels = {signals[number].source.channel for number in (one, other)}
    return len(formats) == len(channels) == 1 and are_named_as_parts(*(Path(part.path).name for part in parts))


def _build_track(
    track: _TrackFiles, signals: Sequence[TrackSignal], tracks: Sequence[Track], samples: int
) -> TrackAlignment:
    segments: list[TrackSegment] = []
    before_s = 0.0
    for file, start_s in zip(track.files, track.starts_s, strict=True):
        for segment in file.segments:
            first = max(0, round((start_s + segment.at_s) * RATE), segments[-1].last if segments else 0)
            last = min(round((start_s + segment.end_s) * RATE), samples)
            track_s = segment.first_s + (first / RATE - start_s - segment.at_s) / segment.rate
            if first < last:
                segments.append(TrackSegment(first=first, last=last, track_s=before_s + track_s, rate=1 / segment.rate))
        before_s += signals[file.number].duration_s
    longest = max(track.files, key=lambda file: signals[file.number].duration_s)
    first_file = track.files[0]
    return TrackAlignment(
        name=signals[first_file.number].source.name,
        files=tuple(signals[file.number].source.file for file in track.files),
        channel=signals[first_file.number].source.channel,
        speaker=tracks[signals[first_file.number].source.file].speaker if tracks else "",
        role=first_file.role,
        reason=first_file.reason,
        offset_s=round(track.starts_s[0] + first_file.segments[0].at_s, 5),
        drift_ppm=round((1 / longest.segments[0].rate - 1) * 1e6, 3),
        confidence=longest.confidence,
        polarity=longest.polarity,
        gaps=tuple(
            TrackGap(at_s=round(one.last / RATE, 2), length_s=round((other.first - one.last) / RATE, 4))
            for one, other in pairwise(segments)
            if other.first - one.last >= MIN_STEP_S * RATE
        ),
        segments=tuple(segments),
    )
