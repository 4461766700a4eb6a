"""Recordings as recorders write them, intact and damaged; and that they are never changed."""

import hashlib
import json
import os
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.analysis.recording import inspect_file, measure_recording
from pipeline.audio.io.channel_plan import ChannelPlan
from pipeline.audio.tasks import InspectTask, MeasureTask, RecordingFacts
from pipeline.errors import AudioError, WeerslagError
from pipeline.model import Cut, from_json, to_json
from tests.audio.sounds import RATE, convert, libebur128, samples, speech, tone, wav

pytestmark = pytest.mark.slow

TALK = speech(5.0) * np.float32(0.4)
STEREO = np.repeat(TALK, 2, axis=1)


def measure(*parts, cuts=()):
    return measure_recording(MeasureTask(parts=tuple(str(part) for part in parts), cuts=cuts))


def get_codes(found):
    return {defect.code for defect in found.defects}


@pytest.fixture
def write_file(tmp_path):
    def write(raw, name="opname.wav"):
        file = tmp_path / name
        file.write_bytes(raw)
        return file

    return write


# Readable recordings


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", ["-c:a", "pcm_s24le"]),
        ("bwf.wav", ["-write_bext", "1", "-metadata", "time_reference=1"]),
        ("rf64.wav", ["-rf64", "always"]),
        ("a.w64", []),
        ("a.flac", []),
        ("a.aiff", []),
        ("a.mp3", ["-b:a", "256k"]),
        ("a.m4a", ["-c:a", "aac", "-b:a", "128k"]),
        ("a.ogg", ["-c:a", "libvorbis"]),
        ("a.opus", ["-c:a", "libopus"]),
        ("44.wav", ["-ar", "44100", "-c:a", "pcm_f32le"]),
        ("96.wav", ["-ar", "96000", "-c:a", "pcm_s24le"]),
        ("8bit.wav", ["-c:a", "pcm_u8"]),
    ],
)
def test_every_format_of_recorders_is_read_completely(write_file, tmp_path, name, options):
    source = write_file(wav(STEREO), "source.wav")
    integrated, *_ = libebur128(STEREO)

    found = measure(convert(source, tmp_path / name, *options))

    assert found.duration_s == pytest.approx(5.0, abs=0.03)  # ffmpeg 5.1 decodes an m4a a little too long
    assert found.integrated_lufs == pytest.approx(integrated, abs=0.2)
    assert (found.channels, found.channel_plan, get_codes(found)) == (2, ChannelPlan(), set())


@pytest.mark.parametrize("channels", [1, 2])
def test_plain_file_is_measured_in_pieces_as_another_from_start_to_end(write_file, tmp_path, channels):
    sound = np.tile(TALK, (11, 2))[: 53 * RATE + 77, :channels]  # more than a piece
    sound = sound * np.array([1, 0.5], np.float32)[:channels]
    sound[20 * RATE : 20 * RATE + 900] = 0
    plain = write_file(wav(sound, kind="s24"))

    found, other = measure(plain), measure(convert(plain, tmp_path / "opname.flac"))

    assert found.integrated_lufs == pytest.approx(other.integrated_lufs, abs=1e-5)
    assert found.true_peak_dbtp == pytest.approx(other.true_peak_dbtp, abs=1e-5)
    assert (found.loudness_range_lu, found.duration_s) == (pytest.approx(other.loudness_range_lu), other.duration_s)
    assert (found.curve_lufs, found.defects) == (pytest.approx(other.curve_lufs, abs=0.1001), other.defects)
    assert found.channel_plan == other.channel_plan


def test_facts_survive_json(write_file):
    found = measure(write_file(wav(STEREO, data_size=0)))

    assert from_json(RecordingFacts, json.loads(json.dumps(to_json(found)))) == found


def test_parts_are_measured_as_one_recording(write_file):
    whole = write_file(wav(STEREO), "whole.wav")
    parts = [write_file(wav(STEREO[start : start + 80_003]), f"{start}.wav") for start in range(0, len(STEREO), 80_003)]

    one, many = measure(whole), measure(*parts)

    assert (many.duration_s, many.integrated_lufs, many.true_peak_dbtp) == (
        one.duration_s,
        one.integrated_lufs,
        one.true_peak_dbtp,
    )


def test_parts_may_differ_in_rate_and_channels(write_file, tmp_path):
    first = write_file(wav(TALK), "1.wav")
    second = convert(write_file(wav(STEREO), "source.wav"), tmp_path / "2.flac", "-ar", "44100")

    found = measure(first, second)

    assert found.duration_s == pytest.approx(10.0, abs=0.001)
    assert get_codes(found) == {"parts-differ"}


def test_of_eight_equal_channels_the_loudest_is_measured(write_file):
    eight = np.concatenate([STEREO * 0.5, STEREO * 0.25, STEREO, STEREO], axis=1)

    found = measure(write_file(wav(eight, kind="s24")))

    assert (found.channels, get_codes(found)) == (8, {"many-channels"})
    assert np.flatnonzero(found.channel_plan.stretches[0].weights[0]).tolist() == [4]
    assert found.integrated_lufs == pytest.approx(libebur128(TALK)[0], abs=0.05)


@pytest.mark.parametrize(
    "name", ["-y.wav", "a;b.wav", "a|c$(id).wav", "é 😀 שלום.wav", "two\nlines.wav", "concat:a.wav", "%d.wav"]
)
def test_any_file_name_is_accepted(write_file, tmp_path, monkeypatch, name):
    write_file(wav(TALK), name)
    monkeypatch.chdir(tmp_path)

    assert measure(name).duration_s == 5.0


def test_recording_is_never_changed(write_file):
    file = write_file(wav(STEREO, data_size=0))
    os.utime(file, ns=(10**18, 10**18))
    before = hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns
    file.chmod(0o444)

    measure(file)

    assert (hashlib.sha256(file.read_bytes()).digest(), file.stat().st_mtime_ns) == before
    assert [file] == list(file.parent.iterdir())


# Damaged recordings

HALF = len(samples(STEREO)) // 2
WITH_NAN = TALK.copy()
WITH_NAN[RATE : RATE + 100] = np.nan
WITH_NAN[RATE * 2] = np.inf


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (wav(STEREO), set()),
        (wav(STEREO, tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), set()),
        (wav(STEREO, tail=b"\xff\x00\xfe" * 100), set()),
        (wav(STEREO, data_size=0), {"header-unfinished"}),
        (wav(STEREO, data_size=0xFFFFFFFF), {"header-unfinished"}),
        (wav(STEREO, data_size=HALF * 4), {"ends-early"}),
        (wav(STEREO, data_size=HALF), {"header-too-small"}),
        (wav(STEREO)[: HALF + 44], {"ends-early"}),
        (wav(STEREO)[:-1], {"incomplete-sample"}),
        (wav(WITH_NAN, kind="f32"), {"not-a-number"}),
        (wav(TALK + 0.3), {"dc-offset"}),
        (wav(np.clip(tone((0, 5)) * 6, -1, 1)), {"clipping"}),
        (wav(np.concatenate([TALK, 0 * TALK], axis=1)), {"dead-channel"}),
        (wav(np.concatenate([TALK, -TALK], axis=1)), {"anti-phase"}),
    ],
    ids=[
        *("good", "chunk after", "garbage after", "size 0", "size unknown", "size too large", "size half", "truncated"),
        *("odd byte", "nan", "dc", "clipped", "dead", "opposed"),
    ],
)
def test_damaged_recording_is_read_and_the_damage_reported(write_file, raw, expected):
    found = measure(write_file(raw))

    assert get_codes(found) == expected
    assert found.duration_s == pytest.approx(2.5 if raw == wav(STEREO)[: HALF + 44] else 5.0, abs=0.001)
    assert found.integrated_lufs > -30


def test_time_of_a_defect_counts_from_the_start_of_the_recording(write_file):
    found = measure(write_file(wav(TALK), "1.wav"), write_file(wav(WITH_NAN, kind="f32"), "2.wav"))

    (defect,) = found.defects
    assert (defect.code, defect.at_s) == ("not-a-number", 6.0)
    assert "101 samples" in str(defect.message)


def test_truncated_mp3_reports_how_much_is_missing(write_file, tmp_path):
    whole = convert(write_file(wav(STEREO)), tmp_path / "a.mp3", "-b:a", "128k").read_bytes()

    found = measure(write_file(whole[: len(whole) // 4], "b.mp3"))

    (defect,) = found.defects
    assert (defect.code, round(defect.at_s)) == ("ends-early", 1)
    assert "5.0 s declared" in str(defect.message)


@pytest.mark.parametrize("name", ["a.w64", "a.aiff", "a.flac"])
def test_truncated_file_is_reported(write_file, tmp_path, name):
    whole = convert(write_file(wav(STEREO)), tmp_path / name).read_bytes()

    found = measure(write_file(whole[: len(whole) // 2], f"half-{name}"))

    (defect,) = found.defects
    assert (defect.code, defect.at_s) == ("ends-early", pytest.approx(found.duration_s, abs=0.02))
    assert 1.5 < found.duration_s < 3


def test_corruption_inside_a_flac_is_reported(write_file, tmp_path):
    raw = bytearray(convert(write_file(wav(STEREO)), tmp_path / "a.flac").read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 200] = bytes(200)

    assert get_codes(measure(write_file(raw, "rot.flac"))) <= {"ends-early", "damaged"} != set()


def test_wrong_extension_is_reported_and_the_audio_used(write_file, tmp_path):
    mp3 = convert(write_file(wav(STEREO), "source.wav"), tmp_path / "a.mp3", "-b:a", "128k")

    assert get_codes(measure(write_file(mp3.read_bytes(), "b.wav"))) == {"misnamed"}


# Refused files


@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("a.wav", b"", "empty"),
        ("a.wav", wav(TALK)[:30], "header is truncated"),
        ("a.wav", wav(TALK[:0]), "contains no audio"),
        ("a.wav", wav(TALK[:0], tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), "contains no audio"),
        ("a.wav", wav(TALK * 0), "only silence"),
        ("a.wav", wav(TALK, channels=0), "0 channels"),
        ("a.wav", wav(TALK, rate=0), "sample rate of 0"),
        ("a.wav", wav(TALK, tag=0x7777, bits=0), "cannot be|no audio"),
        ("a.wav", wav(TALK, tag=0x11, bits=4), "cannot be decoded"),
        ("a.mp3", b"<!DOCTYPE html><html><body>Not found</body></html>" * 20, "web page"),
        ("a.wav", b"ffconcat version 1.0\nfile /etc/passwd\n", "text"),
        ("a.wav", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n", "text"),
        ("a.wav", np.random.default_rng(1).bytes(50_000), "audio"),
        ("a.m4a", struct.pack(">I", 24) + b"ftypM4A \0\0\0\0M4A isom" + struct.pack(">I", 99) + b"mdat" + bytes(5000), "never finished"),
    ],
)  # fmt: skip
def test_file_without_audio_is_refused_with_a_hint(write_file, name, raw, sentence):
    file = write_file(raw, name)

    with pytest.raises(AudioError, match=sentence) as refused:
        measure(file)

    assert (refused.value.where, bool(refused.value.hint)) == (str(file), True)
    assert "0x" not in refused.value.message


def test_missing_part_is_named(tmp_path):
    with pytest.raises(AudioError, match=r"2\.wav: file not found"):
        measure(tmp_path / "2.wav")


@settings(max_examples=12)  # a process each
@given(junk=st.binary(max_size=200), at=st.integers(0, 60))
def test_random_header_raises_only_audio_errors(tmp_path_factory, junk, at):
    raw = bytearray(wav(TALK[:4800]))
    raw[at : at + len(junk)] = junk[: len(raw) - at]
    file = tmp_path_factory.mktemp("junk") / "a.wav"
    file.write_bytes(raw)

    with suppress(WeerslagError):
        assert measure(file).duration_s > 0


# Cuts


def test_cuts_are_not_measured(write_file):
    loud = np.concatenate([tone((-30, 4)), tone((-6, 2)), tone((-30, 4))])

    found = measure(write_file(wav(loud, kind="f32")), cuts=(Cut(from_ms=4000, to_ms=6000),))

    assert found.duration_s == 10.0
    assert found.integrated_lufs == pytest.approx(-30, abs=0.1)


def test_duration_is_reported_when_cuts_remove_everything(write_file):
    found = measure(write_file(wav(TALK)), cuts=(Cut(from_ms=0, to_ms=9000),))

    assert (found.duration_s, found.integrated_lufs, found.true_peak_dbtp) == (len(TALK) / RATE, None, None)


def test_cut_after_the_end_is_reported(write_file):
    assert get_codes(measure(write_file(wav(TALK)), cuts=(Cut(from_ms=6000, to_ms=9000),))) == {"cut-outside"}


def test_silence_has_no_readings_and_is_reported(write_file):
    found = inspect_file(InspectTask(path=str(write_file(wav(TALK * 0)))))

    assert (found.integrated_lufs, found.true_peak_dbtp, get_codes(found)) == (None, None, {"silence"})
