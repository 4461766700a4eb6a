"""Files with several audio streams, formats of phones and meetings, and WAVs with chunks in odd places."""

import struct
import subprocess

import numpy as np
import pytest

from pipeline.audio.analysis.recording import inspect_file
from pipeline.audio.io.creation_time import find_order_contradiction, find_order_defects
from pipeline.audio.io.pcm import open_at_working_rate
from pipeline.audio.io.probe import open_part
from pipeline.audio.io.stream_choice import select_streams
from pipeline.audio.tasks import InspectTask
from pipeline.errors import AudioError
from pipeline.media.stream_info import AudioStream
from tests.audio.sounds import RATE, libebur128, samples, speech, wav

pytestmark = pytest.mark.slow

TALK = speech(8.0) * np.float32(0.4)
FIRST, SECOND = TALK.copy(), TALK.copy()
FIRST[4 * RATE :], SECOND[: 4 * RATE] = 0, 0  # two people, each at an own microphone


def convert_streams(out, sounds, *options, picture=True):
    """Write a file with a picture and one audio stream for each sound."""
    inputs, maps = ["-f", "lavfi", "-i", "color=black:s=16x16:r=5:d=8"], ["-map", "0:v", "-c:v", "mpeg4"]
    for number, sound in enumerate(sounds, start=1):
        source = out.with_name(f"source{number}.wav")
        source.write_bytes(wav(sound))
        inputs, maps = [*inputs, "-i", source], [*maps, "-map", f"{number}:a"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, *maps, *options, out], check=True)
    return out


def read(path):
    with open_at_working_rate(open_part(str(path))) as blocks:
        return np.concatenate(list(blocks))


def inspect(path):
    return inspect_file(InspectTask(path=str(path)))


def find_message(path, code="several-streams"):
    (message,) = [str(defect.message) for defect in inspect(path).defects if defect.code == code]
    return message.partition(": ")[2]


@pytest.mark.parametrize("default", ["-disposition:a:1 default -disposition:a:0 0", "-disposition:a:0 default"])
def test_silent_stream_is_left_out_wherever_it_is(tmp_path, default):
    silence = np.zeros((len(TALK), 2), np.float32)
    file = convert_streams(tmp_path / "a.mp4", [silence, TALK], "-c:a", "aac", *default.split())

    assert inspect(file).integrated_lufs == pytest.approx(libebur128(TALK)[0], abs=0.3)
    assert find_message(file) == "2 audio streams; stream 2 is used, since the others are silent"


def test_noise_of_an_unused_input_is_no_talk(tmp_path):
    """The first stream is the default; nothing is connected to it."""
    noise = np.random.default_rng(3).normal(0, 0.004, (len(TALK), 2)).astype(np.float32)
    file = convert_streams(tmp_path / "a.mov", [noise, TALK], "-c:a", "pcm_s16le")

    np.testing.assert_allclose(read(file), TALK, atol=2**-14)


def test_two_mono_microphones_are_both_read(tmp_path):
    file = convert_streams(tmp_path / "a.mov", [FIRST, SECOND], "-c:a", "pcm_s16le")

    sound = read(file)

    expected = np.concatenate([FIRST, SECOND], axis=1)
    np.testing.assert_allclose(sound, expected, atol=2**-14)
    assert find_message(file) == "2 audio streams; 1, 2 have sound and are used together"


def test_microphone_that_starts_later_keeps_its_place(tmp_path):
    convert_streams(tmp_path / "a.mov", [FIRST, SECOND], "-c:a", "aac")
    second = ["-itsoffset", "0.5", "-i", tmp_path / "source2.wav", "-map", "0:a", "-map", "1:a"]
    argv = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-i",
        tmp_path / "source1.wav",
        *second,
        "-c:a",
        "pcm_s16le",
        tmp_path / "b.mkv",
    ]
    subprocess.run(argv, check=True)

    sound = read(tmp_path / "b.mkv")

    assert sound.shape == (len(TALK) + RATE // 2, 2)
    np.testing.assert_allclose(sound[RATE // 2 :, 1], SECOND[:, 0], atol=2**-14)
    np.testing.assert_allclose(sound[: len(TALK), 0], FIRST[:, 0], atol=2**-14)


@pytest.mark.parametrize("description", [True, False])
def test_stream_of_an_unknown_codec_is_passed_over(tmp_path, description):
    """Phones of 2024 write APAC beside AAC."""
    file = convert_streams(tmp_path / "a.mp4", [TALK, TALK], "-c:a", "aac")
    raw = bytearray(file.read_bytes())
    entry = raw.index(b"mp4a", raw.rindex(b"stsd", 0, raw.rindex(b"stsd")))
    raw[entry : entry + 4] = b"apac"
    if not description:
        form = raw.index(b"esds", entry)
        raw[form : form + 4] = b"free"
    file.write_bytes(raw)

    assert inspect(file).duration_s == pytest.approx(8, abs=0.05)
    assert find_message(file) == "2 audio streams; stream 2 is used, since the others cannot be decoded"


def build_stream(index, **changes):
    fields = {"codec": "aac", "channel_layout": "stereo", "channels": 2, "sample_rate_hz": RATE} | changes
    return AudioStream(index=index, **fields)


EVERYWHERE, START, END = np.ones(100, bool), np.arange(100) < 60, np.arange(100) >= 60
CHOICES = {
    "the default has all": ({}, EVERYWHERE, {"is_default": True}, EVERYWHERE, [1]),
    "neither has all": ({}, START, {"is_default": True}, END, [0, 1]),
    "languages": ({"language": "nld", "is_default": True}, START, {"language": "eng"}, EVERYWHERE, [0]),
    "both silent": ({}, ~EVERYWHERE, {}, ~EVERYWHERE, [0]),
    "a click": ({}, np.arange(100) < 2, {}, START, [1]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_streams_are_chosen_by_where_they_have_sound(name):
    first, first_active, second, second_active, expected = CHOICES[name]
    activity = {build_stream(0, **first): first_active, build_stream(1, **second): second_active}

    assert [stream.index for stream in select_streams(activity, total=2).streams] == expected


FORMATS = {
    "a.wma": ["-c:a", "wmav2"],
    "a.ac3": ["-c:a", "ac3"],
    "a.ts": ["-c:a", "aac", "-f", "mpegts"],
    "a.avi": ["-c:a", "pcm_s16le"],
    "a.3gp": ["-c:a", "aac"],
    "a.m4b": ["-c:a", "aac", "-f", "ipod"],
    "a.wv": ["-c:a", "wavpack"],
    "mp3.wav": ["-c:a", "libmp3lame", "-f", "wav"],
    "f64.wav": ["-c:a", "pcm_f64le"],
    "alac.caf": ["-c:a", "alac"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_format_of_phones_cameras_and_meetings_is_read(tmp_path, name):
    source = tmp_path / "source.wav"
    source.write_bytes(wav(TALK))
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *FORMATS[name], tmp_path / name], check=True)

    found = inspect(tmp_path / name)

    assert found.duration_s == pytest.approx(8, abs=0.06)
    assert found.integrated_lufs == pytest.approx(libebur128(TALK)[0], abs=0.6)
    assert found.defects == ()


def test_other_format_is_refused_with_the_step_that_helps(tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(wav(TALK))
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-c:a", "aac", tmp_path / "a.flv"], check=True)

    with pytest.raises(AudioError, match="recordings in this format cannot be read: flv") as refused:
        inspect(tmp_path / "a.flv")

    assert refused.value.hint.startswith("Convert it to WAV or FLAC")


# WAV


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def build_wav(*chunks, frame=2, byte_rate=2 * RATE):
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, byte_rate, frame, 16))
    body = b"WAVE" + form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


DATA = samples(TALK)
XML = chunk(b"iXML", b"<BWFXML>" + b"zaal" * 99)


@pytest.mark.parametrize(
    "pieces",
    [
        [chunk(b"data", DATA[:300_000]), chunk(b"data", DATA[300_000:])],
        [
            chunk(b"data", DATA[:300_000]),
            XML,
            chunk(b"data", DATA[300_000:300_002]),
            chunk(b"data", DATA[300_002:]),
            XML,
        ],
    ],
)
def test_all_audio_chunks_of_a_wav_are_read(tmp_path, pieces):
    (tmp_path / "a.wav").write_bytes(build_wav(*pieces))

    np.testing.assert_array_equal(read(tmp_path / "a.wav")[:, 0], np.frombuffer(DATA, "<i2") / np.float32(2**15))
    assert find_message(tmp_path / "a.wav", "header-wrong").startswith(
        "the file has several audio chunks; all are read"
    )


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
@pytest.mark.parametrize("after", [XML, XML + chunk(b"LIST", b"INFO")])
def test_chunks_after_audio_of_unknown_size_are_no_audio(tmp_path, size, after):
    (tmp_path / "a.wav").write_bytes(build_wav(b"data" + struct.pack("<I", size) + DATA, after))

    np.testing.assert_array_equal(read(tmp_path / "a.wav")[:, 0], np.frombuffer(DATA, "<i2") / np.float32(2**15))
    assert [defect.code for defect in inspect(tmp_path / "a.wav").defects] == ["header-unfinished"]


def test_frame_size_that_was_never_filled_in_is_no_contradiction(tmp_path):
    (tmp_path / "a.wav").write_bytes(build_wav(chunk(b"data", DATA), frame=0, byte_rate=0))

    assert len(read(tmp_path / "a.wav")) == len(TALK)


# The order of parts by their headers


def build_bext(moment):
    return chunk(b"bext", bytes(320) + moment.encode() + bytes(264))


@pytest.mark.parametrize(
    ("first", "second", "contradicts"),
    [
        ("2024-06-1310:00:00", "2024-06-1311:00:00", False),
        ("2024-06-1311:00:00", "2024-06-1310:00:00", True),
        ("2024:06:1311-00-00", "2024:06:1310-00-00", True),  # other separators
        ("2024-06-1310:00:30", "2024-06-1310:00:00", False),  # within a minute
        ("0000-00-0000:00:00", "2024-06-1310:00:00", False),
    ],
)
def test_broadcast_wavs_show_when_they_were_recorded(tmp_path, first, second, contradicts):
    files = [tmp_path / "1.wav", tmp_path / "2.wav"]
    for file, moment in zip(files, (first, second), strict=True):
        file.write_bytes(build_wav(build_bext(moment), chunk(b"data", DATA[:100])))

    assert bool(find_order_contradiction([str(file) for file in files])) == contradicts


def test_phone_recordings_show_when_they_were_recorded(tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(wav(TALK[:RATE]))
    for name, moment in (("opname.m4a", "2024-06-13T11:00:00Z"), ("opname 2.m4a", "2024-06-13T10:00:00Z")):
        options = ["-c:a", "aac", "-metadata", f"creation_time={moment}"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, tmp_path / name], check=True)

    (defect,) = find_order_defects([str(tmp_path / "opname.m4a"), str(tmp_path / "opname 2.m4a")])

    assert str(defect.message) == (
        "opname 2.m4a comes after opname.m4a by its name, but its header says that it was recorded before"
    )


def write_aac_wav(out, source, tag):
    """Write the bytes of an AAC file into a WAV."""
    audio = source.read_bytes()
    fmt = struct.pack("<HHIIHHH", tag, 1, RATE, 8000, 1, 16, 0)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(audio)) + audio
    out.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def test_aac_in_wav_is_read_with_frame_headers_and_refused_without(tmp_path):
    source, adts, raw = (tmp_path / name for name in ("talk.wav", "talk.aac", "raw.wav"))
    source.write_bytes(wav(TALK))
    for out in (adts, raw):
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-c:a", "aac", out], check=True)
    write_aac_wav(tmp_path / "adts.wav", adts, 0x1600)

    assert len(read(tmp_path / "adts.wav")) == pytest.approx(len(TALK), abs=4096)
    with pytest.raises(AudioError, match="AAC without frame headers in a WAV file") as refused:
        inspect(raw)
    assert refused.value.hint == "Export it again as WAV with PCM, or as M4A."
