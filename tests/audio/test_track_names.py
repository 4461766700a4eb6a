"""File names: what they say about tracks and parts, and that nothing is read where they say enough."""

import pytest

from pipeline.audio.tracks.alignment import align_files
from pipeline.audio.tracks.track_names import are_named_as_parts, are_numbered_parts
from pipeline.errors import AudioError
from pipeline.model import TakeAlignment


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("deel 1.wav", "deel 2.wav"),
        ("Gesprek-Deel1.WAV", "gesprek_deel2.m4a"),
        ("deel 1 van 2.m4a", "deel 2 van 2.m4a"),
        ("eerste deel.wav", "tweede deel.wav"),
        ("1e deel.wav", "2de deel.wav"),
        ("avond pt.1.wav", "avond pt.2.wav"),
        ("Teil I.wav", "Teil II.wav"),
        ("partie_1.mp3", "partie_10.mp3"),
        ("dl1.wav", "dl2.wav"),
        ("part one.wav", "part two.wav"),
        ("13-10-2026 14.00 deel 1 opening.wav", "13-10-2026 15.10 deel 2 gesprek.wav"),
    ],
)
def test_names_that_say_part_in_words_are_parts(one, other):
    assert are_numbered_parts(one, other)
    assert are_numbered_parts(other, one)
    assert are_named_as_parts(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna deel 1.wav", "bram deel 2.wav"),  # perhaps two recorders
        ("anna deel 1.wav", "bram deel 1.wav"),
        ("deel 1.wav", "deel 1.m4a"),
        ("deelnemer 1.wav", "deelnemer 2.wav"),
        ("participant 1.wav", "participant 2.wav"),
        ("ZOOM0001_Tr1.WAV", "ZOOM0001_Tr2.WAV"),
        ("Nieuwe opname.m4a", "Nieuwe opname 2.m4a"),
    ],
)
def test_other_names_leave_it_to_the_sound(one, other):
    assert not are_numbered_parts(one, other)


def test_files_named_as_parts_are_not_read_unless_a_person_says_that_they_are_tracks(tmp_path):
    files = [str(tmp_path / name) for name in ("deel 1.wav", "deel 2.wav", "deel 3.wav")]

    assert TakeAlignment() == align_files(files, is_take=False, scratch=str(tmp_path))
    with pytest.raises(AudioError, match="file not found"):
        align_files(files, is_take=True, scratch=str(tmp_path))
