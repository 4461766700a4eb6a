"""MP3 headers that state something else than the frames contain; files are written by ffmpeg and LAME."""

import struct
import subprocess

import pytest

from pipeline.lint.mp3_headers import check_mp3_headers, read_mp3_frames
from pipeline.lint.rules import load_rules

SOUND = "sine=frequency=300:duration=5[tone];anoisesrc=duration=5:amplitude=0.3[noise];[tone][noise]concat=v=0:a=1"


def encode(file, *options, rate=48000):
    arguments = ["-f", "lavfi", "-i", SOUND, "-ar", str(rate), *options, "-f", "mp3", str(file)]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True)
    return file


def decode_duration(file):
    """Decode with ffmpeg, which drops nothing if it skips no header: the duration in seconds."""
    command = ["ffmpeg", "-v", "error", "-flags2", "+skip_manual", "-i", str(file), "-f", "s16le", "-ac", "1", "-"]
    rate = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=sample_rate", "-of", "csv=p=0", str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    return len(subprocess.run(command, check=True, capture_output=True).stdout) / 2 / int(rate.stdout)


def find_codes(file):
    return [code for code, _, _ in check_mp3_headers(file)]


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        (("-b:a", "64k"), 48000),
        (("-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0"), 44100),
        (("-q:a", "2"), 44100),
        (("-q:a", "5", "-ac", "2", "-metadata", "title=Proef", "-write_id3v1", "1"), 48000),
        (("-q:a", "5"), 22050),
        (("-b:a", "32k", "-ac", "2"), 8000),
    ],
    ids=["constant", "constant without header", "variable", "tags, stereo", "MPEG 2", "MPEG 2.5"],
)
def test_a_correct_file_has_no_problems_and_its_frames_last_as_long_as_decoded(tmp_path, options, rate):
    file = encode(tmp_path / "a.mp3", *options, rate=rate)

    assert [] == find_codes(file)
    assert abs(read_mp3_frames(file).duration_s - decode_duration(file)) < 0.15


def write_frame_count(file, factor):
    """Multiply the number of frames in the Xing header."""
    content = bytearray(file.read_bytes())
    at = max(content.find(b"Xing"), content.find(b"Info")) + 8
    (count,) = struct.unpack_from(">I", content, at)
    struct.pack_into(">I", content, at, int(count * factor))
    file.write_bytes(content)


@pytest.mark.parametrize(("factor", "stated"), [(0.5, "0:05.0"), (2, "0:20.1")])
def test_a_header_with_another_duration_is_found(tmp_path, factor, stated):
    file = encode(tmp_path / "a.mp3", "-q:a", "5")
    write_frame_count(file, factor)

    ((code, message, _),) = check_mp3_headers(file)

    assert "mp3-duration" == code
    assert message == f"the Xing header states {stated}, but the frames last 0:10.0"


def test_variable_bit_rate_without_header_is_found(tmp_path):
    assert ["mp3-no-vbr-header"] == find_codes(encode(tmp_path / "a.mp3", "-q:a", "5", "-write_xing", "0"))


@pytest.mark.parametrize(
    "options",
    [("-q:a", "5", "-write_id3v1", "1"), ("-b:a", "64k", "-id3v2_version", "0"), ("-b:a", "64k", "-write_xing", "0")],
    ids=["headers and tags", "only headers", "only tags"],
)
def test_joined_files_are_found_with_their_place(tmp_path, options):
    one = encode(tmp_path / "a.mp3", *options).read_bytes()
    (tmp_path / "joined.mp3").write_bytes(one * 3)

    ((code, message, _),) = check_mp3_headers(tmp_path / "joined.mp3")

    assert "mp3-joined" == code
    assert "begin at 0:10." in message
    assert ", 0:20." in message


@pytest.mark.parametrize("code", ["mp3-duration", "mp3-no-vbr-header", "mp3-joined"])
def test_the_hint_of_each_rule_repairs_the_file(tmp_path, code):
    file = encode(tmp_path / "a.mp3", "-q:a", "5", *(("-write_xing", "0") if code == "mp3-no-vbr-header" else ()))
    if code == "mp3-duration":
        write_frame_count(file, 0.5)
    if code == "mp3-joined":
        file.write_bytes(file.read_bytes() * 2)
    assert [code] == find_codes(file)

    options = load_rules()[code].hint.rpartition("ffmpeg -i old.mp3 ")[2].split()
    assert "new.mp3" == options[-1]
    command = ["ffmpeg", "-v", "fatal", "-nostdin", "-i", str(file), *options[:-1], str(tmp_path / "new.mp3")]
    subprocess.run(command, check=True)

    assert [] == find_codes(tmp_path / "new.mp3")
    assert read_mp3_frames(tmp_path / "new.mp3").duration_s >= 9.9


def test_noise_between_frames_is_skipped(tmp_path):
    content = encode(tmp_path / "a.mp3", "-b:a", "64k", "-id3v2_version", "0").read_bytes()
    (tmp_path / "b.mp3").write_bytes(b"\xff\xfb junk " * 50 + content + b"APETAGEX" + bytes(500))

    assert [] == find_codes(tmp_path / "b.mp3")
    assert abs(read_mp3_frames(tmp_path / "b.mp3").duration_s - 10) < 0.15


@pytest.mark.parametrize("content", [b"", b"no MP3", b"ID3", b"\xff" * 5000, b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"TAG"])
def test_a_file_without_frames_has_no_problems(tmp_path, content):
    (tmp_path / "a.mp3").write_bytes(content)

    assert [] == find_codes(tmp_path / "a.mp3")
