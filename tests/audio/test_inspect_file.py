"""Damaged audio files: read with a defect that gives the time, or refused with one sentence."""

import re
import struct
import subprocess
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.audio.analysis.recording import inspect_file
from pipeline.audio.tasks import InspectTask
from pipeline.errors import AudioError
from tests.audio.sounds import RATE, samples, speech, tone, wav

pytestmark = pytest.mark.slow

TALK = speech(12.0) * np.float32(0.4)
STEREO = np.concatenate([TALK, np.roll(TALK, 40) * np.float32(0.9)], axis=1)
HUSH = np.random.default_rng(7).normal(0, 3e-4, STEREO.shape).astype(np.float32)  # the room
SIZE = len(samples(STEREO))
LOUDNESS = {True: -17.4, False: -17.22}  # of all of it, by libebur128, and of its first half
BITS = np.random.default_rng(8).bytes(40_000)


def replace_range(sound, start_s, stop_s, value):
    """Replace a range of ``sound``, given in seconds."""
    other = sound.copy()
    other[round(start_s * RATE) : round(stop_s * RATE)] *= 0
    other[round(start_s * RATE) : round(stop_s * RATE)] += value
    return other


def build_hum(mains, level_db=-50, *, multiples=5, from_s=0.0):
    times = np.arange(len(STEREO)) / RATE
    lines = sum(np.sin(2 * np.pi * mains * k * times + k) / k for k in range(1, multiples + 1))
    return (10 ** (level_db / 20) * lines * (times >= from_s))[:, np.newaxis].astype(np.float32)


def scale_channel(sound, channel, gain, start_s=0.0):
    other = sound.copy()
    other[round(start_s * RATE) :, channel] *= gain
    return other


def build_wav(**fmt):
    return wav(STEREO, **fmt)


def build_rf64(size):
    data = samples(STEREO)
    form = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16)
    chunks = b"ds64" + struct.pack("<IQQQI", 28, len(data) + 72, size, len(STEREO), 0)
    return (
        b"RF64\xff\xff\xff\xffWAVE" + chunks + b"fmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff" + data
    )


def build_24_in_32_bits(*, floats=False):
    """Build a WAV that declares 24 bits, in samples of 32.

    Integers, or floats in steps of 24 bits.
    """
    whole = (STEREO * 2**23).astype("<f4") if floats else (STEREO * 2**23).astype("<i4") << 8
    form = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 8, 8, 24)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", whole.nbytes) + whole.tobytes()
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def build_with_junk(size, *, before_form=False):
    """Build a WAV with a chunk in its header that declares more bytes than the file has."""
    raw = wav(STEREO)
    at = 12 if before_form else 36
    return raw[:at] + b"JUNK" + struct.pack("<I", size) + bytes(28) + raw[at:]


def build_caf(*, channels):
    """Build a CAF with an unknown codec."""
    form = struct.pack(">d4s5I", RATE, b"????", 0, 4, 1, channels, 16)
    return b"caff\0\1\0\0desc" + struct.pack(">Q", 32) + form + b"data" + struct.pack(">Q", 4004) + bytes(4004)


def set_samples(second, *values):
    other = TALK.copy()
    other[round(second * RATE) : round(second * RATE) + len(values), 0] = values
    return other


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Return a function that encodes the sound, once for each name and its options."""
    folder = tmp_path_factory.mktemp("encoded")
    cached = {}

    def encode(name, *options):
        if name not in cached:
            argv = ["ffmpeg", "-v", "error", "-y", "-f", "wav", "-i", "pipe:0", *options, folder / name]
            subprocess.run(argv, input=wav(STEREO), check=True)
            cached[name] = (folder / name).read_bytes()
        return cached[name]

    return encode


def inspect(tmp_path, name, raw):
    file = tmp_path / name
    file.write_bytes(raw)
    return inspect_file(InspectTask(path=str(file)))


# Defects of the signal

SIGNALS = {
    "intact": (lambda: wav(STEREO + HUSH), []),
    "clipped": (lambda: wav(np.clip(tone((0, 5)) * 6, -1, 1)), [("clipping", 0.0)]),
    "clipped from 8 s": (lambda: wav(np.clip(replace_range(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1)), [("clipping", 8.0)]),
    "clipped float": (lambda: wav(np.clip(replace_range(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1), kind="f32"), [("clipping", 8.0)]),
    "clipped 24 bits": (lambda: wav(np.clip(replace_range(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1), kind="s24"), [("clipping", 8.0)]),
    "dropout of 20 ms": (lambda: wav(replace_range(tone((-12, 12)), 5, 5.02, 0)), [("dropout", 5.0)]),
    "dropout in one channel": (lambda: wav(np.concatenate([tone((-12, 5), channels=1), replace_range(tone((-12, 5), channels=1), 2, 2.05, 0)], axis=1)), [("dropout", 2.0)]),
    "dropouts in speech": (lambda: wav(replace_range(replace_range(STEREO + HUSH, 1.0, 1.03, 0), 6.0, 6.05, 0)), [("dropout", 1.0)]),
    "dead right channel": (lambda: wav(scale_channel(STEREO, 1, 0)), [("dead-channel", None)]),
    "dead left channel": (lambda: wav(scale_channel(STEREO, 0, 0)), [("dead-channel", None)]),
    "nearly dead channel": (lambda: wav(scale_channel(STEREO, 1, 0.004), kind="s24"), [("nearly-dead-channel", None)]),
    "channel dies at 1 s": (lambda: wav(scale_channel(STEREO, 1, 0, 1)), [("channel-lost", 1.0)]),
    "out of phase": (lambda: wav(np.concatenate([TALK, -TALK], axis=1)), [("anti-phase", None)]),
    "out of phase from 1 s": (lambda: wav(np.concatenate([tone((-20, 14), channels=1)] * 2, axis=1) * np.where(np.arange(14 * RATE) < 3 * RATE, 1, [[1], [-1]]).T.astype("f4")), [("anti-phase", 3.0)]),
    "DC offset": (lambda: wav(STEREO * 0.5 + 0.2), [("dc-offset", None)]),
    "hum of 50 Hz": (lambda: wav(STEREO + HUSH + build_hum(50), kind="s24"), [("hum", 0.0)]),
    "hum of 60 Hz": (lambda: wav(STEREO + HUSH + build_hum(60), kind="s24"), [("hum", 0.0)]),
    "hum of one line": (lambda: wav(STEREO + HUSH + build_hum(50, -40, multiples=1), kind="s24"), [("hum", 0.0)]),
    "hum of 50 Hz from 4 s": (lambda: wav(STEREO * 0.1 + HUSH + build_hum(50, -45, from_s=4), kind="s24"), [("hum", 4.0)]),
    "NaN": (lambda: wav(set_samples(3, np.nan, np.nan), kind="f32"), [("not-a-number", 3.0)]),
    "infinite": (lambda: wav(set_samples(2, np.inf, -np.inf), kind="f32"), [("not-a-number", 2.0)]),
    "absurd": (lambda: wav(set_samples(2, 3e38), kind="f32"), [("not-a-number", 2.0)]),
    "silence": (lambda: wav(STEREO * 0), [("silence", None)]),
    "very soft": (lambda: wav(STEREO * 1e-6, kind="f32"), [("silence", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNALS)
def test_defect_of_the_signal_is_reported_with_its_time(tmp_path, name):
    make, expected = SIGNALS[name]

    found = inspect(tmp_path, "a.wav", make())

    assert [defect.code for defect in found.defects] == [code for code, _ in expected]
    for defect, (_, at_s) in zip(found.defects, expected, strict=True):
        assert defect.at_s is at_s if at_s is None else defect.at_s == pytest.approx(at_s, abs=0.01), defect


# Damaged files

DAMAGED = {
    "size 0": (lambda: build_wav(data_size=0), 12, "header-unfinished"),
    "size unknown": (lambda: build_wav(data_size=0xFFFFFFFF), 12, "header-unfinished"),
    "size too large": (lambda: build_wav(data_size=SIZE * 3), 12, "ends-early"),
    "size too small": (lambda: build_wav(data_size=SIZE // 3), 12, "header-too-small"),
    "size too small by a little": (lambda: build_wav(data_size=SIZE - 4 * RATE), 12, "header-too-small"),
    "cut in half": (lambda: build_wav()[: 44 + SIZE // 2], 6, "ends-early"),
    "a byte missing": (lambda: build_wav()[:-1], 12, "incomplete-sample"),
    "size 0, 24 bits": (lambda: wav(STEREO, kind="s24", data_size=0), 12, "header-unfinished"),
    "size unknown, float": (lambda: wav(STEREO, kind="f32", data_size=0xFFFFFFFF), 12, "header-unfinished"),
    "8 bits, size 0": (lambda: wav(STEREO, kind="u8", data_size=0), 12, "header-unfinished"),
    "RF64 with size 0": (lambda: build_rf64(0), 12, "header-unfinished"),
    "RF64 that declares twice its size": (lambda: build_rf64(2 * SIZE), 12, "ends-early"),
    "a chunk after it": (lambda: build_wav(tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), 12, None),
    "garbage after it": (lambda: build_wav(tail=b"\xff\x00\xfe" * 100), 12, None),
    "another WAV behind it": (lambda: build_wav() + build_wav(), 24, "header-too-small"),
    "wrong byte rate": (lambda: build_wav()[:28] + struct.pack("<I", 7) + build_wav()[32:], 12, None),
    "16 bits declared as 32": (lambda: build_wav(bits=32), 12, "header-wrong"),
    "16 bits declared as 24": (lambda: build_wav(bits=24), 12, "header-wrong"),
    "16 bits declared as 8": (lambda: build_wav(bits=8), 12, "header-wrong"),
    "16 bits declared as 0": (lambda: build_wav(bits=0), 12, "header-wrong"),
    "24 bits declared as 16": (lambda: wav(STEREO, kind="s24", bits=16), 12, "header-wrong"),
    "32-bit float declared as 64": (lambda: wav(STEREO, kind="f32", bits=64), 12, "header-wrong"),
    "wrong frame size": (lambda: build_wav()[:32] + struct.pack("<H", 3) + build_wav()[34:], 12, "header-wrong"),
    "24 bits in samples of 32": (build_24_in_32_bits, 12, "header-wrong"),
    "24 bits as floats of an old editor": (lambda: build_24_in_32_bits(floats=True), 12, None),
    "JUNK chunk of 2 GB that does not exist": (lambda: build_with_junk(2**31), 12, "header-wrong"),
    "wrong JUNK chunk before the format chunk": (lambda: build_with_junk(10**8, before_form=True), 12, "header-wrong"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_wav_is_read_as_far_as_possible(tmp_path, name):
    make, duration_s, code = DAMAGED[name]

    found = inspect(tmp_path, "a.wav", make())

    assert found.duration_s == pytest.approx(duration_s, abs=0.001)
    assert [defect.code for defect in found.defects] == ([code] if code else [])
    assert found.integrated_lufs == pytest.approx(LOUDNESS[found.duration_s > 6.1], abs=0.2)


def set_field(raw, name, at, layout, value):
    """Replace a number at an offset from the start of the chunk ``name``."""
    place = raw.index(name) + at
    value = struct.pack(layout, value)
    return raw[:place] + value + raw[place + len(value) :]


def set_aiff_sizes(raw, form, frames, sound):
    for name, at, value in ((b"FORM", 4, form), (b"COMM", 10, frames), (b"SSND", 4, sound)):
        raw = raw if value is None else set_field(raw, name, at, ">I", value)
    return raw


WRONG_SIZES = {
    "never finished.aiff": (lambda raw: set_aiff_sizes(raw, 0, 0, 0), "header-unfinished"),
    "unknown sizes.aiff": (lambda raw: set_aiff_sizes(raw, *[0xFFFFFFFF] * 3), "header-unfinished"),
    "no size of the sound.aiff": (lambda raw: set_aiff_sizes(raw, None, None, 0), "header-unfinished"),
    "half a sound.aiff": (lambda raw: set_aiff_sizes(raw, None, None, SIZE // 2), "header-wrong"),
    "three sounds.aiff": (lambda raw: set_aiff_sizes(raw, None, None, SIZE * 3), "header-wrong"),
    "half of all.aiff": (lambda raw: set_aiff_sizes(raw, None, len(STEREO) // 2, SIZE // 2), "header-too-small"),
    "no form.aiff": (lambda raw: set_aiff_sizes(raw, 0, None, None), "header-wrong"),
    "never finished.w64": (lambda raw: set_field(set_field(raw, b"data", 16, "<Q", 0), b"riff", 16, "<Q", 0), "header-unfinished"),
    "unknown size.w64": (lambda raw: set_field(raw, b"data", 16, "<Q", 2**64 - 1), "header-unfinished"),
    "half a sound.w64": (lambda raw: set_field(raw, b"data", 16, "<Q", SIZE // 2), "header-too-small"),
    "three sounds.w64": (lambda raw: set_field(raw, b"data", 16, "<Q", SIZE * 3), "ends-early"),
    "no riff.w64": (lambda raw: set_field(raw, b"riff", 16, "<Q", 0), "header-wrong"),
    "half a sound.caf": (lambda raw: set_field(raw, b"data", 4, ">Q", SIZE // 2), "header-too-small"),
    "a second less.caf": (lambda raw: set_field(raw, b"data", 4, ">Q", SIZE - 4 * RATE), "header-too-small"),
    "never finished.caf": (lambda raw: set_field(raw, b"data", 4, ">Q", 0), "header-unfinished"),
    "three sounds.caf": (lambda raw: set_field(raw, b"data", 4, ">Q", SIZE * 3), "ends-early"),
    "as long as it is.caf": (lambda raw: set_field(raw, b"data", 4, ">Q", 2**64 - 1), None),
    "in order.caf": (lambda raw: raw + b"info" + struct.pack(">Q", 4) + bytes(4), None),
    "in order.aiff": (lambda raw: raw, None),
    "in order.w64": (lambda raw: raw, None),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_SIZES)
def test_wrong_sizes_in_other_containers_lose_no_audio(tmp_path, encoded, name):
    change, code = WRONG_SIZES[name]

    found = inspect(tmp_path, name, change(encoded(f"whole.{name.rpartition('.')[2]}")))

    assert [defect.code for defect in found.defects] == ([code] if code else [])
    assert found.duration_s == pytest.approx(12, abs=0.0001)
    assert found.integrated_lufs == pytest.approx(LOUDNESS[True], abs=0.02)


@pytest.mark.parametrize(("name", "codec"), [("a.aiff", "pcm_s24be"), ("a.aiff", "pcm_f32be"), ("a.aiff", "pcm_s16le"), ("b.caf", "pcm_f32le"), ("b.caf", "pcm_s24be")])  # fmt: skip
def test_samples_of_any_type_are_found_without_sizes(tmp_path, encoded, name, codec):
    raw = encoded(f"{codec}.{name}", "-c:a", codec)
    never = set_aiff_sizes(raw, 0, 0, 0) if name == "a.aiff" else set_field(raw, b"data", 4, ">Q", SIZE // 3)

    found = inspect(tmp_path, name, never)

    assert {defect.code for defect in found.defects} <= {"header-unfinished", "header-too-small"} != set()
    assert (found.duration_s, found.integrated_lufs) == (
        pytest.approx(12, abs=1e-3),
        pytest.approx(LOUDNESS[True], abs=0.02),
    )


HALF = {
    "half.mp3": (["-b:a", "128k"], 0.5),
    "quarter.mp3": (["-b:a", "64k"], 0.25),
    "vbr.mp3": (["-q:a", "4"], 0.5),
    "half.flac": ([], 0.5),
    "half.aiff": ([], 0.5),
    "half.w64": ([], 0.5),
    "half.caf": ([], 0.5),
    "fast.m4a": (["-c:a", "aac", "-movflags", "+faststart"], 0.5),
    "half.ogg": (["-c:a", "libvorbis"], 0.5),
    "half.opus": (["-c:a", "libopus"], 0.5),
}


@pytest.mark.parametrize("name", HALF)
def test_truncated_file_is_read_to_its_end_and_reported(tmp_path, encoded, name):
    options, part = HALF[name]
    whole = encoded(name, *options)

    found = inspect(tmp_path, name, whole[: round(len(whole) * part)])

    assert 0.1 * 12 < found.duration_s < 0.8 * 12
    (defect,) = found.defects
    assert (defect.code, defect.at_s) == ("ends-early", pytest.approx(found.duration_s, abs=0.03))


CORRUPT = {"corrupt.mp3": ["-b:a", "128k"], "corrupt.flac": [], "corrupt.m4a": ["-c:a", "aac", "-movflags", "+faststart"], "corrupt.ogg": ["-c:a", "libvorbis"]}  # fmt: skip


@pytest.mark.parametrize("name", CORRUPT)
def test_corruption_in_the_middle_is_reported(tmp_path, encoded, name):
    raw = bytearray(encoded(name, *CORRUPT[name]))
    raw[len(raw) // 2 : len(raw) // 2 + 3000] = BITS[:3000]

    found = inspect(tmp_path, name, bytes(raw))

    assert found.duration_s > 0.8 * 12
    assert {"ends-early", "damaged"} & {defect.code for defect in found.defects}


def test_two_joined_mp3_files_are_read_to_the_end(tmp_path, encoded):
    whole = encoded("half.mp3", "-b:a", "128k")

    found = inspect(tmp_path, "two.mp3", whole + whole)

    assert found.duration_s == pytest.approx(24, abs=0.2)
    assert [defect.code for defect in found.defects] == ["damaged"]  # a header where audio should continue


def test_flac_longer_than_declared_is_read_to_the_end(tmp_path, encoded):
    raw = bytearray(encoded("half.flac"))
    raw[22:26] = struct.pack(">I", len(STEREO) // 3)  # the number of samples in its header

    found = inspect(tmp_path, "a.flac", bytes(raw))

    assert found.duration_s == pytest.approx(12, abs=0.01)
    assert [(defect.code, defect.at_s) for defect in found.defects] == [("longer-than-declared", 4.0)]


@pytest.mark.parametrize(
    ("source", "options", "name"),
    [("half.mp3", ["-b:a", "128k"], "a.wav"), ("half.flac", [], "a.mp3"), ("half.ogg", ["-c:a", "libvorbis"], "a.mp3"), ("fast.m4a", ["-c:a", "aac", "-movflags", "+faststart"], "a.wav")],
)  # fmt: skip
def test_wrong_extension_is_reported_and_the_audio_read(tmp_path, encoded, source, options, name):
    found = inspect(tmp_path, name, encoded(source, *options))

    assert [defect.code for defect in found.defects] == ["misnamed"]
    assert found.duration_s == pytest.approx(12, abs=0.05)


# Refused files

REFUSED = {
    "empty.wav": (lambda: b"", "empty"),
    "a few bytes.wav": (lambda: b"RIFF", "audio|truncated"),
    "header only.wav": (lambda: wav(STEREO)[:30], "header is truncated"),
    "no samples.wav": (lambda: wav(STEREO[:0]), "contains no audio"),
    "no samples, unfinished.wav": (lambda: wav(STEREO[:0], data_size=0xFFFFFFFF), "contains no audio"),
    "only a chunk after.wav": (lambda: wav(STEREO[:0], tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), "contains no audio"),
    "0 channels.wav": (lambda: wav(STEREO, channels=0), "0 channels"),
    "rate 0.wav": (lambda: wav(STEREO, rate=0), "sample rate of 0"),
    "rate 1.wav": (lambda: wav(STEREO, rate=1), "sample rate of 1 Hz"),
    "wrong bits.wav": (lambda: build_wav(bits=40)[:28] + struct.pack("<I", 7) + build_wav(bits=40)[32:], "contradicts itself"),
    "a wrong chunk and nothing after it.wav": (lambda: build_with_junk(2**31)[:60], "truncated"),
    "unknown codec.wav": (lambda: wav(STEREO, tag=0x7777), "cannot be|no audio"),
    "not adpcm.wav": (lambda: wav(STEREO, tag=0x11, bits=4), "cannot be decoded"),
    "no data chunk.wav": (lambda: wav(STEREO).replace(b"data", b"junk", 1), "truncated"),
    "millions of channels.caf": (lambda: build_caf(channels=647_025_050), "no audio stream that can be decoded"),
    "page.mp3": (lambda: b"<!DOCTYPE html><html><body>Not found</body></html>" * 20, "web page"),
    "text.wav": (lambda: b"Dit is geen geluid.\n" * 50, "text"),
    "list.wav": (lambda: b"ffconcat version 1.0\nfile /etc/passwd\n", "text"),
    "stream.m3u8": (lambda: b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n", "text"),
    "random.wav": (lambda: BITS, "audio"),
    "zeros.wav": (lambda: bytes(40_000), "audio"),
    "picture.wav": (lambda: b"\x89PNG\r\n\x1a\n" + BITS[:500], "audio"),
    "archive.wav": (lambda: b"PK\x03\x04" + BITS[:500], "audio"),
    "unfinished.m4a": (lambda: struct.pack(">I", 24) + b"ftypM4A \0\0\0\0M4A isom" + struct.pack(">I", 99) + b"mdat" + bytes(5000), "never finished"),
    "only tags.mp3": (lambda: b"ID3\x03\x00\x00\x00\x00\x00\x00", "audio"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_file_without_audio_is_refused_with_a_hint(tmp_path, name):
    make, sentence = REFUSED[name]

    with pytest.raises(AudioError, match=sentence) as refused:
        inspect(tmp_path, name, make())

    assert refused.value.hint
    assert not re.search(r"0x|\n|Traceback", refused.value.message)
    assert str(tmp_path) not in refused.value.message


def test_m4a_without_its_index_is_refused(tmp_path, encoded):
    whole = encoded("plain.m4a", "-c:a", "aac", "-movflags", "-faststart")

    with pytest.raises(AudioError, match="never finished"):
        inspect(tmp_path, "half.m4a", whole[: len(whole) // 2])


def test_folder_is_refused(tmp_path):
    with pytest.raises(AudioError, match="this is a folder"):
        inspect_file(InspectTask(path=str(tmp_path)))


@settings(max_examples=10)  # a process or two each
@example(junk=struct.pack("<I", 1), at=24)  # a rate of 1 Hz …
@example(junk=struct.pack("<I", 0xFFFFFFF0), at=24)  # … and of 4 GHz
@given(junk=st.binary(min_size=1, max_size=60), at=st.integers(8, 60))
def test_random_header_returns_readings_or_an_audio_error(tmp_path_factory, junk, at):
    raw = bytearray(wav(STEREO[:960]))
    raw[at : at + len(junk)] = junk
    file = tmp_path_factory.mktemp("junk") / "a.wav"
    file.write_bytes(raw)

    with suppress(AudioError):
        found = inspect_file(InspectTask(path=str(file)))
        assert found.duration_s > 0
        assert found.integrated_lufs is None or -70 < found.integrated_lufs < 100
