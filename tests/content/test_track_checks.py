"""The microphones of one talk, as `tracks:` in episode.md names them."""

import pytest

from pipeline.builder.recording_checks import check_recordings
from pipeline.content import load_files
from pipeline.model import Track

EPISODE = "episodes/01-burger-centraal/episode.md"


def add_tracks(content, tracks):
    """Add tracks on line 18 of episode.md."""
    content.change(EPISODE, "teasers: [", f"tracks: {tracks}\nteasers: [")


@pytest.mark.parametrize(("tracks", "expected", "message"), [
    ("[{file: recording/part 9.WAV}, {file: recording/part 2.WAV}]", "missing-file@18:17", "no file `recording/part 9.WAV`"),
    ("[{file: part 2.WAV}, {file: recording/part 10.wav}]", "missing-file@18:17", "no file `part 2.WAV`"),
    ("[{file: recording/part 2.WAV}, {file: recording/part 2.WAV}]", "duplicate@18:47", "two tracks have the file"),
    ("[{file: recording/part 2.WAV}]", "one-track@18:10", "a single track is an ordinary recording"),
    ("[{speaker: Anna}, {file: recording/part 2.WAV}]", "missing-key@18:10", "required key `file` is missing"),
    ("[{file: recording/part 2.WAV, sprekr: A}, {file: recording/part 10.wav}]", "unknown-key@18:39", "`sprekr`"),
    ("[{file: recording/part 2.WAV, offset: laat}, {file: recording/part 10.wav}]", "wrong-type@18:47", "a number"),
])  # fmt: skip
def test_impossible_track_is_reported_with_location(content, tracks, expected, message):
    add_tracks(content, tracks)

    errors = content.load_errors()

    assert expected == " ".join(f"{error.code}@{error.location.line}:{error.location.column}" for error in errors)
    assert message in errors[0].message
    assert errors[0].hint or "required" in message or "number" in message


def test_tracks_have_a_speaker_and_an_offset_where_they_are_given(content):
    add_tracks(content, "[{file: recording/part 2.WAV, speaker: Anna, offset: -12.9}, {file: recording/part 10.wav}]")

    tracks = next(one for one in content.load().episodes if one.slug == "01-burger-centraal").tracks

    assert (
        Track(file="recording/part 2.WAV", speaker="Anna", offset_s=-12.9),
        Track(file="recording/part 10.wav"),
    ) == tracks


@pytest.mark.parametrize(("tracks", "expected"), [("[]", ()), ("", None)])
def test_an_empty_list_says_parts_and_no_list_says_nothing(content, tracks, expected):
    add_tracks(content, tracks)

    assert expected == next(one for one in content.load().episodes if one.slug == "01-burger-centraal").tracks


def test_audio_file_that_is_no_track_is_a_warning(content):
    content.write("episodes/01-burger-centraal/recording/mix.wav", "sound")
    add_tracks(content, "[{file: recording/part 2.WAV}, {file: recording/part 10.wav}]")

    warnings = [one for one in check_recordings(load_files(content.root), content.root) if one.severity == "warning"]

    assert [("unnamed-track", 18, 1)] == [(one.code, one.location.line, one.location.column) for one in warnings]
    assert "mix.wav" in warnings[0].message
