"""A ``.ref`` file takes the place of recordings that are in a store."""

import pytest

from pipeline.content.loader import list_recording
from pipeline.content.recording_files import find_stored_sound, parse_reference

SHA256 = "ab" * 32


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "episodes/01-gesprek/recording"
    path.mkdir(parents=True)
    return path


def test_each_line_names_a_file_and_comments_are_skipped():
    sounds = parse_reference(f"# van de recorder\n\n{SHA256} 12 Nieuwe opname 2.m4a\n{SHA256}  0\tdeel: 1.wav\n")

    assert [(12, "Nieuwe opname 2.m4a"), (0, "deel: 1.wav")] == [(one.size_bytes, one.name) for one in sounds]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "bad",
        f"{SHA256[:-1]} 12 a.wav",
        f"{SHA256.upper()} 12 a.wav",
        f"{SHA256} -1 a.wav",
        f"{SHA256} 12",
        f"{SHA256} 12 notes.txt",
        f"{SHA256} 12 ../../a.wav",
        f"{SHA256} 12 /etc/a.wav",
        f"{SHA256} 12 a\\b.wav",
        f"{SHA256} 12 .a.wav",
        f"{SHA256} 12 a.wav\n{SHA256} 12 a.wav",
        f"{SHA256} 12 a.wav\nbad",
    ],
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match="not a reference"):
        parse_reference(text)


def test_stored_and_local_parts_are_in_one_order(folder, tmp_path):
    (folder / "opname 2.wav").write_bytes(b"RIFF")
    (folder / "archief.ref").write_text(f"{SHA256} 12 opname 10.wav\n{SHA256} 13 opname 1.wav\n")

    names = [path.rpartition("/")[2] for path in list_recording(tmp_path, "01-gesprek")]

    assert ["opname 1.wav", "opname 2.wav", "opname 10.wav"] == names


def test_a_file_that_is_here_too_is_read_here(folder, tmp_path):
    (folder / "a.wav").write_bytes(b"RIFF")
    (folder / "a.ref").write_text(f"{SHA256} 12 a.wav\n")

    assert ("episodes/01-gesprek/recording/a.wav",) == list_recording(tmp_path, "01-gesprek")


def test_references_are_found_by_path_and_wrong_ones_skipped(folder, tmp_path):
    (folder / "a.ref").write_text(f"{SHA256} 12 a.wav\n")
    (folder / "b.ref").write_bytes(b"\xff\xfe")

    assert {folder / "a.wav": SHA256} == {path: one.sha256 for path, one in find_stored_sound(tmp_path).items()}
