"""The part of a processing report about the tracks of a take."""

from typing import Any

from pipeline.graphics.track_lanes import render_track_lane
from pipeline.model import MixedTrack, Take, to_display_json

_RATE = 48_000  # of the samples that bound a segment


def build_track_rows(take: Take | None) -> list[dict[str, Any]]:
    """Build what the page shows of each track, in the order of the files."""
    if take is None:
        return []
    total_s = sum(track.talk_s for track in take.tracks) or 1.0
    return [
        {
            "name": track.alignment.name,
            "speaker": track.alignment.speaker,
            "role": track.alignment.role,
            "talk_s": track.talk_s,
            "percent": round(100 * track.talk_s / total_s),
            "notes": track.notes,
            "lane": render_track_lane(_list_recorded(track), track.activity, duration_s=take.duration_s),
        }
        for track in take.tracks
    ]


def _list_recorded(track: MixedTrack) -> list[tuple[float, float]]:
    return [(segment.first / _RATE, segment.last / _RATE) for segment in track.alignment.segments]


def build_take_data(take: Take | None) -> dict[str, Any] | None:
    """Build the JSON of a take; ``None`` if the recording is not one."""
    if take is None:
        return None
    return {
        "duration_s": take.duration_s,
        "reference": take.tracks[take.reference].alignment.name,
        "tracks": [_build_track_data(track) for track in take.tracks],
        "speakers": [to_display_json(span) for span in take.spans],
    }


def _build_track_data(track: MixedTrack) -> dict[str, Any]:
    alignment = to_display_json(track.alignment)
    names = ("name", "speaker", "role", "offset_s", "drift_ppm", "confidence", "gaps")
    return {
        **{name: alignment[name] for name in names},
        "gain_db": track.gain_db,
        "talk_s": track.talk_s,
        "notes": [str(note) for note in track.notes],
    }
