"""Runs the tasks of a take: align its tracks, then attribute and mix them."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.audio import tasks
from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.metering.hop_buffer import HOP_SAMPLES
from pipeline.audio.parallel import retain_freed_memory
from pipeline.audio.tracks.alignment import align_files
from pipeline.audio.tracks.attribution import Attribution, attribute_speech
from pipeline.audio.tracks.corrected_tracks import open_take
from pipeline.audio.tracks.mix import compute_gain_curves, compute_track_gains_db, mix_tracks
from pipeline.audio.tracks.simultaneous_talk import list_simultaneous_spans
from pipeline.audio.tracks.speakers import find_own_talk, format_speakers, list_spans, summarise_activity
from pipeline.audio.tracks.time_delays import ReadTrack
from pipeline.audio.tracks.track_notes import describe_track
from pipeline.errors import AudioError
from pipeline.media.samples import RATE, BoolArray
from pipeline.model import MixedTrack, Take, TakeAlignment, TrackAlignment, to_json

_EDGE_HOPS = 2  # beside a gap, whose place is known to some milliseconds


def align(task: tasks.AlignTracksTask) -> TakeAlignment:
    """Align the tracks of a take; without tracks in the result, the files are parts.

    Raises:
        AudioError: A file cannot be read, or it is not clear what the files are; the hint says what
            to do.
    """
    retain_freed_memory()
    with tempfile.TemporaryDirectory(prefix="tracks-", dir=Path(task.out).parent) as scratch:
        alignment = align_files(task.files, task.tracks, is_take=task.is_take, scratch=scratch)
    if task.is_take and not alignment.tracks:
        hint = "Name microphones of one talk. Files that follow each other are parts: leave out tracks."
        raise AudioError("not tracks of one talk", where=Path(task.files[0]).name, hint=hint)
    Path(task.out).write_text(json.dumps(to_json(alignment)), encoding="utf-8")
    return alignment


def mix(task: tasks.MixTracksTask) -> Take:
    """Mix the tracks of a take to one channel, and write who speaks when.

    Raises:
        AudioError: No track has speech, or one cannot be read.
    """
    retain_freed_memory()
    alignment = task.alignment
    with (
        tempfile.TemporaryDirectory(prefix="tracks-", dir=Path(task.out).parent) as scratch,
        open_take(alignment, task.files, scratch) as source,
    ):
        take = _mix_to_file(source.read, alignment, task.out)
    Path(task.speakers_out).write_text(format_speakers(take.spans), encoding="utf-8")
    return take


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrackGroup:
    """Tracks between which the mix chooses, and the result."""

    numbers: tuple[int, ...]
    recorded: BoolArray  # shape (tracks, hops)
    attribution: Attribution
    gains_db: tuple[float | None, ...]


def _mix_to_file(read: ReadTrack, alignment: TakeAlignment, out: str) -> Take:
    recorded = np.stack([_find_recorded(track, alignment.samples) for track in alignment.tracks])
    groups = [_attribute(read, alignment, recorded, role="microphone")]
    recorded[:, groups[0].recorded.any(axis=0)] = False
    if any(recorded[number].any() for number in _list_numbers(alignment, "room")):  # no microphone ran yet, or any more
        groups.append(_attribute(read, alignment, recorded, role="room"))
    if all(gain_db is None for group in groups for gain_db in group.gains_db):
        hint = "Listen to the tracks; leave out those without speech."
        raise AudioError("no speech on any track", where=alignment.tracks[0].name, hint=hint)
    mix_tracks(
        read,
        [number for group in groups for number in group.numbers],
        np.concatenate([compute_gain_curves(one.attribution, one.gains_db, one.recorded) for one in groups]),
        file=WavFile(out, channels=1, samples=alignment.samples),
        clock_errors=[error for group in groups for error in group.attribution.clock_errors],
    )
    return _describe(alignment, groups)


def _list_numbers(alignment: TakeAlignment, role: str) -> tuple[int, ...]:
    return tuple(number for number, track in enumerate(alignment.tracks) if track.role == role)


def _attribute(read: ReadTrack, alignment: TakeAlignment, recorded: BoolArray, *, role: str) -> _TrackGroup:
    numbers = _list_numbers(alignment, role)
    own = recorded[list(numbers)]
    attribution = attribute_speech(read, numbers, alignment.samples, own)
    return _TrackGroup(
        numbers=numbers, recorded=own, attribution=attribution, gains_db=compute_track_gains_db(attribution)
    )


def _find_recorded(track: TrackAlignment, samples: int) -> BoolArray:
    """Find the hops in which a recorder ran, shape (hops,)."""
    recorded = np.zeros(-(-samples // HOP_SAMPLES), bool)
    for segment in track.segments:
        first, last = -(-segment.first // HOP_SAMPLES), segment.last // HOP_SAMPLES
        recorded[first + _EDGE_HOPS * (first > 0) : max(0, last - _EDGE_HOPS * (last < samples // HOP_SAMPLES))] = True
    return recorded


def _describe(alignment: TakeAlignment, groups: Sequence[_TrackGroup]) -> Take:
    mixed = {
        number: MixedTrack(
            alignment=alignment.tracks[number],
            gain_db=None if gain_db is None else round(gain_db, 2),
            talk_s=float(own.sum()) * HOP_SAMPLES / RATE,
            activity=summarise_activity(own),
        )
        for group in groups
        for number, gain_db, own in zip(group.numbers, group.gains_db, find_own_talk(group.attribution), strict=True)
    }
    microphones = groups[0]  # the room names nobody
    names = [alignment.tracks[number].speaker or alignment.tracks[number].name for number in microphones.numbers]
    return Take(
        duration_s=alignment.samples / RATE,
        reference=alignment.reference,
        tracks=tuple(
            replace(track, notes=describe_track(track, is_reference=number == alignment.reference))
            for number, track in enumerate(
                mixed.get(n, MixedTrack(alignment=one)) for n, one in enumerate(alignment.tracks)
            )
        ),
        spans=list_spans(microphones.attribution, names, microphones.recorded),
        simultaneous=list_simultaneous_spans(microphones.attribution, names),
    )
