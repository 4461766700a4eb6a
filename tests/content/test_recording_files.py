"""What lies in `recording/`: read in the order people mean, ignored and listed, or refused with the step that helps."""

import pytest

from pipeline.media.part_order import order_parts

RECORDING = "episodes/00-trailer/recording"


def load_parts(content):
    (episode,) = [one for one in content.load().episodes if one.slug == "00-trailer"]
    return [part.rpartition("/")[2] for part in episode.recording]


def list_ignored(content):
    (episode,) = [one for one in content.load_files().episodes if one.file.slug == "00-trailer"]
    return episode.ignored


def test_files_of_systems_and_programs_are_ignored_and_listed(content):
    for name in (
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "._a.wav",
        "ZOOM0001.hprj",
        "notities.txt",
        "poster.pdf",
        "zaal.jpg",
    ):
        content.write(f"{RECORDING}/{name}", "x")
    content.write(f"{RECORDING}/FALSE_TAKES/b.wav", "sound")
    content.write(f"{RECORDING}/a.wav", "sound")

    assert load_parts(content) == ["a.wav"]
    expected = ("Thumbs.db", "ZOOM0001.hprj", "desktop.ini", "notities.txt", "poster.pdf", "zaal.jpg", "FALSE_TAKES/")
    assert list_ignored(content) == expected  # hidden files are not worth a line


@pytest.mark.parametrize(
    "name",
    [
        "a.mp4",
        "a.MOV",
        "a.m4b",
        "a.webm",
        "a.mkv",
        "a.wma",
        "a.ts",
        "a.ac3",
        "a.avi",
        "a.3gp",
        "a.amr",
        "a.aifc",
        "a.opus",
    ],
)
def test_files_of_phones_cameras_and_meetings_are_recordings(content, name):
    content.write(f"{RECORDING}/{name}", "sound")

    assert load_parts(content) == [name]


@pytest.mark.parametrize("head", ["RIFF\0\0\0\0WAVE", "fLaC", "OggS", "ID3\3", "\0\0\0 ftypM4A "])
def test_audio_without_extension_is_a_recording(content, head):
    content.write(f"{RECORDING}/opname", head)

    assert load_parts(content) == ["opname"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("DM240001.DS2", "convert it to WAV"),
        ("opname.zip", "unpack it"),
        ("opname.wav.crdownload", "wait for the download"),
        ("opname.aup3", "export the audio"),
    ],
)
def test_talk_that_cannot_be_read_is_an_error_with_the_step_that_helps(content, name, hint):
    content.write(f"{RECORDING}/{name}", "x")

    (error,) = content.load_errors()

    assert (error.code, error.location.file) == ("no-sound", f"{RECORDING}/{name}")
    assert error.hint.startswith(hint)


def test_project_beside_its_audio_is_ignored(content):
    content.write(f"{RECORDING}/opname.aup3", "x")
    content.write(f"{RECORDING}/opname.wav", "sound")

    assert (load_parts(content), list_ignored(content)) == (["opname.wav"], ("opname.aup3",))


def test_file_in_which_nothing_is_is_an_error_beside_a_good_one(content):
    content.write(f"{RECORDING}/a.wav", "sound")
    content.write(f"{RECORDING}/b.wav", "")

    (error,) = content.load_errors()

    assert error.location.file.endswith("recording/b.wav")
    assert (error.code, error.message) == ("no-sound", "the file is empty")
    assert "Copy the file" in error.hint


def test_folder_without_audio_says_what_is_in_it(content):
    content.write(f"{RECORDING}/Thumbs.db", "x")
    content.write(f"{RECORDING}/notities.txt", "x")

    (error,) = content.load_errors()

    assert error.message == "the folder has no audio files, only Thumbs.db, notities.txt"


def test_audio_one_folder_deeper_is_found(content):
    content.write(f"{RECORDING}/ZOOM0001/ZOOM0001_LR.WAV", "sound")

    (error,) = content.load_errors()

    assert error.hint == "the audio is in ZOOM0001/: move the files up"


@pytest.mark.parametrize("name", ["opname", "Recording", "recordings", "Opnames 13 juni", "Audio"])
def test_folder_with_another_name_is_suggested(content, name):
    content.write(f"episodes/00-trailer/{name}/a.wav", "sound")

    (error,) = content.load_errors()

    assert (error.code, error.location.file) == ("misnamed", f"episodes/00-trailer/{name}")
    assert error.hint == "did you mean `recording`? Rename the folder"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("transcript.docx", "convert it"),
        ("Transcript.vtt", "did you mean `transcript.vtt`"),
        ("transcript.srt", "convert it to `transcript.vtt`: weerslag transcribe 00-trailer --import"),
    ],
)
def test_transcript_with_another_name_is_suggested(content, name, hint):
    content.write(f"episodes/00-trailer/{name}", "WEBVTT\n")

    (error,) = content.load_errors()

    assert (error.code, error.location.file) == ("misnamed", f"episodes/00-trailer/{name}")
    assert error.hint.startswith(hint)


ORDERS = [
    ["Nieuwe opname.m4a", "Nieuwe opname 2.m4a", "Nieuwe opname 10.m4a"],
    ["opname.wav", "opname (2).wav", "opname (10).wav"],
    ["opname.wav", "opname-2.wav", "Opname-3.WAV"],
    ["REC.wav", "REC+1.wav", "REC+2.wav"],
    ["Zaal.wav", "Zaal - deel 2.wav", "Zaal - deel 10.wav"],
    ["1.wav", "2.wav", "10.wav"],
    ["STE-000.wav", "STE-001.wav", "STE-010.wav"],
    ["DJI_99_20240613_101500.WAV", "DJI_01_20240613_103000.WAV"],
    ["MIC001_20240613_235959_orig.wav", "MIC002_20240614_000500_orig.wav"],
    ["ZOOM0001_LR.WAV", "ZOOM0001_LR-0002.WAV", "ZOOM0010_LR.WAV"],
    ["240613_0930.mp3", "240613_0930_01.mp3", "240613_1010.mp3"],
    ["GOPR0123.MP4", "GP010123.MP4", "GP020123.MP4", "GOPR0124.MP4"],
    ["GH010123.MP4", "GH020123.MP4", "GH010124.MP4"],
    ["opname 13-6-2024.wav", "opname 1-7-2024.wav"],
    ["13 juni 2024.wav", "2 juli 2024.wav"],
    ["WhatsApp Audio 2024-06-13 at 9.15.30 AM.opus", "WhatsApp Audio 2024-06-13 at 1.05.30 PM.opus"],
    ["deel een.mp3", "deel twee.mp3", "deel drie.mp3", "deel tien.mp3"],
    ["deel I.mp3", "deel II.mp3", "deel IV.mp3", "deel IX.mp3"],
    ["eerste helft.mp3", "tweede helft.mp3"],
]


@pytest.mark.parametrize("names", ORDERS)
def test_parts_are_in_the_order_people_mean(content, names):
    for name in names:
        content.write(f"{RECORDING}/{name}", "sound")

    assert load_parts(content) == names
    assert order_parts(reversed(names)) == tuple(names)
