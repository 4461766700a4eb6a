"""Every way in which a file of sound was ever broken: rescued with a warning that tells the time, or refused in one sentence."""

import re
import struct
import subprocess
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.audio.analysis.recording import inspect
from pipeline.audio.tasks import InspectJob
from pipeline.errors import AudioError
from tests.audio.sounds import RATE, samples, speech, tone, wav

TALK = speech(12.0) * np.float32(0.4)
STEREO = np.concatenate([TALK, np.roll(TALK, 40) * np.float32(0.9)], axis=1)
HUSH = np.random.default_rng(7).normal(0, 3e-4, STEREO.shape).astype(np.float32)  # the room
SIZE = len(samples(STEREO))
LOUDNESS = {True: -17.4, False: -17.22}  # of all of it, by libebur128, and of its first half
BITS = np.random.default_rng(8).bytes(40_000)


def changed(sound, start_s, stop_s, value):
    """``sound`` with something else between two seconds."""
    other = sound.copy()
    other[round(start_s * RATE) : round(stop_s * RATE)] *= 0
    other[round(start_s * RATE) : round(stop_s * RATE)] += value
    return other


def hum(mains, level_db=-50, *, multiples=5, from_s=0.0):
    times = np.arange(len(STEREO)) / RATE
    lines = sum(np.sin(2 * np.pi * mains * k * times + k) / k for k in range(1, multiples + 1))
    return (10 ** (level_db / 20) * lines * (times >= from_s))[:, np.newaxis].astype(np.float32)


def one_side(sound, channel, gain, start_s=0.0):
    other = sound.copy()
    other[round(start_s * RATE) :, channel] *= gain
    return other


def bare(**fmt):
    return wav(STEREO, **fmt)


def rf64(size):
    data = samples(STEREO)
    form = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16)
    chunks = b"ds64" + struct.pack("<IQQQI", 28, len(data) + 72, size, len(STEREO), 0)
    return (
        b"RF64\xff\xff\xff\xffWAVE" + chunks + b"fmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff" + data
    )


def in_32_bits(*, floats=False):
    """24 bits a sample, and room for 32: as whole numbers, or as floats in steps of 24 bits."""
    whole = (STEREO * 2**23).astype("<f4") if floats else (STEREO * 2**23).astype("<i4") << 8
    form = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 8, 8, 24)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", whole.nbytes) + whole.tobytes()
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def junk(size, *, before_form=False):
    """A WAV with a chunk in its header that says to be larger than the file."""
    raw = wav(STEREO)
    at = 12 if before_form else 36
    return raw[:at] + b"JUNK" + struct.pack("<I", size) + bytes(28) + raw[at:]


def caf(*, channels):
    """A CAF of a coding that nobody knows."""
    form = struct.pack(">d4s5I", RATE, b"????", 0, 4, 1, channels, 16)
    return b"caff\0\1\0\0desc" + struct.pack(">Q", 32) + form + b"data" + struct.pack(">Q", 4004) + bytes(4004)


def nan_at(second, *values):
    other = TALK.copy()
    other[round(second * RATE) : round(second * RATE) + len(values), 0] = values
    return other


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """A way of encoding → its bytes, each made once."""
    folder = tmp_path_factory.mktemp("encoded")
    made = {}

    def encode(name, *options):
        if name not in made:
            argv = ["ffmpeg", "-v", "error", "-y", "-f", "wav", "-i", "pipe:0", *options, folder / name]
            subprocess.run(argv, input=wav(STEREO), check=True)
            made[name] = (folder / name).read_bytes()
        return made[name]

    return encode


def told(tmp_path, name, raw):
    file = tmp_path / name
    file.write_bytes(raw)
    return inspect(InspectJob(path=str(file)))


# --------------------------------------------------------------------------------- heard: the sound itself has something

HEARD = {
    "nothing": (wav(STEREO + HUSH), []),
    "clipped": (wav(np.clip(tone((0, 5)) * 6, -1, 1)), [("clipping", 0.0)]),
    "clipped from 8 s": (wav(np.clip(changed(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1)), [("clipping", 8.0)]),
    "clipped float": (wav(np.clip(changed(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1), kind="f32"), [("clipping", 8.0)]),
    "clipped 24 bits": (wav(np.clip(changed(STEREO * 0.5, 8, 12, tone((6, 4), hz=200)), -1, 1), kind="s24"), [("clipping", 8.0)]),
    "dropout of 20 ms": (wav(changed(tone((-12, 12)), 5, 5.02, 0)), [("dropout", 5.0)]),
    "dropout in one channel": (wav(np.concatenate([tone((-12, 5), channels=1), changed(tone((-12, 5), channels=1), 2, 2.05, 0)], axis=1)), [("dropout", 2.0)]),
    "dropouts in speech": (wav(changed(changed(STEREO + HUSH, 1.0, 1.03, 0), 6.0, 6.05, 0)), [("dropout", 1.0)]),
    "dead right channel": (wav(one_side(STEREO, 1, 0)), [("dead-channel", None)]),
    "dead left channel": (wav(one_side(STEREO, 0, 0)), [("dead-channel", None)]),
    "nearly dead channel": (wav(one_side(STEREO, 1, 0.004), kind="s24"), [("nearly-dead-channel", None)]),
    "channel dies at 1 s": (wav(one_side(STEREO, 1, 0, 1)), [("channel-lost", 1.0)]),
    "out of phase": (wav(np.concatenate([TALK, -TALK], axis=1)), [("anti-phase", None)]),
    "out of phase from 1 s": (wav(np.concatenate([tone((-20, 14), channels=1)] * 2, axis=1) * np.where(np.arange(14 * RATE) < 3 * RATE, 1, [[1], [-1]]).T.astype("f4")), [("anti-phase", 3.0)]),
    "off the middle": (wav(STEREO * 0.5 + 0.2), [("dc-offset", None)]),
    "hum of 50 Hz": (wav(STEREO + HUSH + hum(50), kind="s24"), [("hum", 0.0)]),
    "hum of 60 Hz": (wav(STEREO + HUSH + hum(60), kind="s24"), [("hum", 0.0)]),
    "hum of one line": (wav(STEREO + HUSH + hum(50, -40, multiples=1), kind="s24"), [("hum", 0.0)]),
    "hum of 50 Hz from 4 s": (wav(STEREO * 0.1 + HUSH + hum(50, -45, from_s=4), kind="s24"), [("hum", 4.0)]),
    "NaN": (wav(nan_at(3, np.nan, np.nan), kind="f32"), [("not-a-number", 3.0)]),
    "infinite": (wav(nan_at(2, np.inf, -np.inf), kind="f32"), [("not-a-number", 2.0)]),
    "absurd": (wav(nan_at(2, 3e38), kind="f32"), [("not-a-number", 2.0)]),
    "silence": (wav(STEREO * 0), [("silence", None)]),
    "hardly anything": (wav(STEREO * 1e-6, kind="f32"), [("silence", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", HEARD)
def test_what_is_wrong_with_the_sound_is_told_with_its_time(tmp_path, name):
    raw, expected = HEARD[name]

    found = told(tmp_path, "a.wav", raw)

    assert [defect.code for defect in found.defects] == [code for code, _ in expected]
    for defect, (_, at_s) in zip(found.defects, expected, strict=True):
        assert defect.at_s is at_s if at_s is None else defect.at_s == pytest.approx(at_s, abs=0.01), defect


# ------------------------------------------------------------------------------------ rescued: the file itself is damaged

RESCUED = {
    "size 0": (bare(data_size=0), 12, "header-unfinished"),
    "size unknown": (bare(data_size=0xFFFFFFFF), 12, "header-unfinished"),
    "size too large": (bare(data_size=SIZE * 3), 12, "ends-early"),
    "size too small": (bare(data_size=SIZE // 3), 12, "header-too-small"),
    "size too small by a little": (bare(data_size=SIZE - 4 * RATE), 12, "header-too-small"),
    "cut in half": (bare()[: 44 + SIZE // 2], 6, "ends-early"),
    "a byte missing": (bare()[:-1], 12, "odd-end"),
    "size 0, 24 bits": (wav(STEREO, kind="s24", data_size=0), 12, "header-unfinished"),
    "size unknown, float": (wav(STEREO, kind="f32", data_size=0xFFFFFFFF), 12, "header-unfinished"),
    "8 bits, size 0": (wav(STEREO, kind="u8", data_size=0), 12, "header-unfinished"),
    "RF64 with size 0": (rf64(0), 12, "header-unfinished"),
    "RF64 that promises twice": (rf64(2 * SIZE), 12, "ends-early"),
    "a chunk after it": (bare(tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), 12, None),
    "garbage after it": (bare(tail=b"\xff\x00\xfe" * 100), 12, None),
    "another WAV behind it": (bare() + bare(), 24, "header-too-small"),
    "byte rate of nonsense": (bare()[:28] + struct.pack("<I", 7) + bare()[32:], 12, None),
    "16 bits that say 32": (bare(bits=32), 12, "header-wrong"),
    "16 bits that say 24": (bare(bits=24), 12, "header-wrong"),
    "16 bits that say 8": (bare(bits=8), 12, "header-wrong"),
    "16 bits that say 0": (bare(bits=0), 12, "header-wrong"),
    "24 bits that say 16": (wav(STEREO, kind="s24", bits=16), 12, "header-wrong"),
    "float that says 64": (wav(STEREO, kind="f32", bits=64), 12, "header-wrong"),
    "samples in too large steps": (bare()[:32] + struct.pack("<H", 3) + bare()[34:], 12, "header-wrong"),
    "24 bits in the room of 32": (in_32_bits(), 12, "header-wrong"),
    "24 bits as an old editor's floats": (in_32_bits(floats=True), 12, None),
    "JUNK of 2 GB that is not there": (junk(2**31), 12, "header-wrong"),
    "JUNK of nonsense before the form": (junk(10**8, before_form=True), 12, "header-wrong"),
}


@pytest.mark.parametrize("name", RESCUED)
def test_a_damaged_wav_is_read_as_far_as_it_goes(tmp_path, name):
    raw, duration_s, code = RESCUED[name]

    found = told(tmp_path, "a.wav", raw)

    assert found.duration_s == pytest.approx(duration_s, abs=0.001)
    assert [defect.code for defect in found.defects] == ([code] if code else [])
    assert found.integrated_lufs == pytest.approx(LOUDNESS[found.duration_s > 6.1], abs=0.2)


def field(raw, name, at, layout, value):
    """``raw`` with another number at some bytes from where the chunk ``name`` begins."""
    place = raw.index(name) + at
    value = struct.pack(layout, value)
    return raw[:place] + value + raw[place + len(value) :]


def aiff(raw, form, frames, sound):
    for name, at, value in ((b"FORM", 4, form), (b"COMM", 10, frames), (b"SSND", 4, sound)):
        raw = raw if value is None else field(raw, name, at, ">I", value)
    return raw


FALSE = {
    "never finished.aiff": (lambda raw: aiff(raw, 0, 0, 0), "header-unfinished"),
    "unknown sizes.aiff": (lambda raw: aiff(raw, *[0xFFFFFFFF] * 3), "header-unfinished"),
    "no size of the sound.aiff": (lambda raw: aiff(raw, None, None, 0), "header-unfinished"),
    "half a sound.aiff": (lambda raw: aiff(raw, None, None, SIZE // 2), "header-wrong"),
    "three sounds.aiff": (lambda raw: aiff(raw, None, None, SIZE * 3), "header-wrong"),
    "half of all.aiff": (lambda raw: aiff(raw, None, len(STEREO) // 2, SIZE // 2), "header-too-small"),
    "no form.aiff": (lambda raw: aiff(raw, 0, None, None), "header-wrong"),
    "never finished.w64": (lambda raw: field(field(raw, b"data", 16, "<Q", 0), b"riff", 16, "<Q", 0), "header-unfinished"),
    "unknown size.w64": (lambda raw: field(raw, b"data", 16, "<Q", 2**64 - 1), "header-unfinished"),
    "half a sound.w64": (lambda raw: field(raw, b"data", 16, "<Q", SIZE // 2), "header-too-small"),
    "three sounds.w64": (lambda raw: field(raw, b"data", 16, "<Q", SIZE * 3), "ends-early"),
    "no riff.w64": (lambda raw: field(raw, b"riff", 16, "<Q", 0), "header-wrong"),
    "half a sound.caf": (lambda raw: field(raw, b"data", 4, ">Q", SIZE // 2), "header-too-small"),
    "a second less.caf": (lambda raw: field(raw, b"data", 4, ">Q", SIZE - 4 * RATE), "header-too-small"),
    "never finished.caf": (lambda raw: field(raw, b"data", 4, ">Q", 0), "header-unfinished"),
    "three sounds.caf": (lambda raw: field(raw, b"data", 4, ">Q", SIZE * 3), "ends-early"),
    "as long as it is.caf": (lambda raw: field(raw, b"data", 4, ">Q", 2**64 - 1), None),
    "in order.caf": (lambda raw: raw + b"info" + struct.pack(">Q", 4) + bytes(4), None),
    "in order.aiff": (lambda raw: raw, None),
    "in order.w64": (lambda raw: raw, None),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_false_sizes_in_other_containers_cost_no_sound_either(tmp_path, encoded, name):
    change, code = FALSE[name]

    found = told(tmp_path, name, change(encoded(f"whole.{name.rpartition('.')[2]}")))

    assert [defect.code for defect in found.defects] == ([code] if code else [])
    assert found.duration_s == pytest.approx(12, abs=0.0001)
    assert found.integrated_lufs == pytest.approx(LOUDNESS[True], abs=0.02)


@pytest.mark.parametrize(("name", "codec"), [("a.aiff", "pcm_s24be"), ("a.aiff", "pcm_f32be"), ("a.aiff", "pcm_s16le"), ("b.caf", "pcm_f32le"), ("b.caf", "pcm_s24be")])  # fmt: skip
def test_samples_of_any_kind_are_found_without_their_sizes(tmp_path, encoded, name, codec):
    raw = encoded(f"{codec}.{name}", "-c:a", codec)
    never = aiff(raw, 0, 0, 0) if name == "a.aiff" else field(raw, b"data", 4, ">Q", SIZE // 3)

    found = told(tmp_path, name, never)

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
def test_a_file_that_breaks_off_is_read_to_there_and_said_to(tmp_path, encoded, name):
    options, part = HALF[name]
    whole = encoded(name, *options)

    found = told(tmp_path, name, whole[: round(len(whole) * part)])

    assert 0.1 * 12 < found.duration_s < 0.8 * 12
    (defect,) = found.defects
    assert (defect.code, defect.at_s) == ("ends-early", pytest.approx(found.duration_s, abs=0.03))


ROTTEN = {"rot.mp3": ["-b:a", "128k"], "rot.flac": [], "rot.m4a": ["-c:a", "aac", "-movflags", "+faststart"], "rot.ogg": ["-c:a", "libvorbis"]}  # fmt: skip


@pytest.mark.parametrize("name", ROTTEN)
def test_rot_in_the_middle_is_told(tmp_path, encoded, name):
    raw = bytearray(encoded(name, *ROTTEN[name]))
    raw[len(raw) // 2 : len(raw) // 2 + 3000] = BITS[:3000]

    found = told(tmp_path, name, bytes(raw))

    assert found.duration_s > 0.8 * 12
    assert {"ends-early", "damaged"} & {defect.code for defect in found.defects}


def test_two_mp3_files_in_one_are_read_to_the_end(tmp_path, encoded):
    whole = encoded("half.mp3", "-b:a", "128k")

    found = told(tmp_path, "two.mp3", whole + whole)

    assert found.duration_s == pytest.approx(24, abs=0.2)
    assert [defect.code for defect in found.defects] == ["damaged"]  # a header where sound should go on


def test_a_flac_that_is_longer_than_it_says_is_read_to_the_end(tmp_path, encoded):
    raw = bytearray(encoded("half.flac"))
    raw[22:26] = struct.pack(">I", len(STEREO) // 3)  # the number of samples in its head

    found = told(tmp_path, "a.flac", bytes(raw))

    assert found.duration_s == pytest.approx(12, abs=0.01)
    assert [(defect.code, defect.at_s) for defect in found.defects] == [("longer-than-said", 4.0)]


@pytest.mark.parametrize(
    ("source", "options", "name"),
    [("half.mp3", ["-b:a", "128k"], "a.wav"), ("half.flac", [], "a.mp3"), ("half.ogg", ["-c:a", "libvorbis"], "a.mp3"), ("fast.m4a", ["-c:a", "aac", "-movflags", "+faststart"], "a.wav")],
)  # fmt: skip
def test_a_wrong_name_is_told_and_the_sound_read(tmp_path, encoded, source, options, name):
    found = told(tmp_path, name, encoded(source, *options))

    assert [defect.code for defect in found.defects] == ["misnamed"]
    assert found.duration_s == pytest.approx(12, abs=0.05)


# ------------------------------------------------------------------------------------------------------------- refused

REFUSED = {
    "empty.wav": (b"", "empty"),
    "a few bytes.wav": (b"RIFF", "sound|breaks off"),
    "header only.wav": (wav(STEREO)[:30], "breaks off in its header"),
    "no samples.wav": (wav(STEREO[:0]), "no sound in it"),
    "no samples, unfinished.wav": (wav(STEREO[:0], data_size=0xFFFFFFFF), "no sound in it"),
    "only a chunk after.wav": (wav(STEREO[:0], tail=b"LIST" + struct.pack("<I", 4) + b"INFO"), "no sound in it"),
    "0 channels.wav": (wav(STEREO, channels=0), "0 channels"),
    "rate 0.wav": (wav(STEREO, rate=0), "sample rate of 0"),
    "rate 1.wav": (wav(STEREO, rate=1), "sample rate of 1 Hz"),
    "bits of nonsense.wav": (bare(bits=40)[:28] + struct.pack("<I", 7) + bare(bits=40)[32:], "contradicts itself"),
    "a chunk of nonsense and nothing behind it.wav": (junk(2**31)[:60], "breaks off"),
    "unknown codec.wav": (wav(STEREO, tag=0x7777), "cannot be|no sound"),
    "adpcm lie.wav": (wav(STEREO, tag=0x11, bits=4), "cannot be decoded"),
    "no data chunk.wav": (wav(STEREO).replace(b"data", b"junk", 1), "breaks off"),
    "millions of channels.caf": (caf(channels=647_025_050), "647025050 channels"),
    "page.mp3": (b"<!DOCTYPE html><html><body>Not found</body></html>" * 20, "web page"),
    "text.wav": (b"Dit is geen geluid.\n" * 50, "text"),
    "list.wav": (b"ffconcat version 1.0\nfile /etc/passwd\n", "text"),
    "stream.m3u8": (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n", "text"),
    "random.wav": (BITS, "sound"),
    "zeros.wav": (bytes(40_000), "sound"),
    "picture.wav": (b"\x89PNG\r\n\x1a\n" + BITS[:500], "sound"),
    "archive.wav": (b"PK\x03\x04" + BITS[:500], "sound"),
    "unfinished.m4a": (struct.pack(">I", 24) + b"ftypM4A \0\0\0\0M4A isom" + struct.pack(">I", 99) + b"mdat" + bytes(5000), "never finished"),
    "only tags.mp3": (b"ID3\x03\x00\x00\x00\x00\x00\x00", "sound"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_sound_is_refused_in_one_plain_sentence(tmp_path, name):
    raw, sentence = REFUSED[name]

    with pytest.raises(AudioError, match=sentence) as refused:
        told(tmp_path, name, raw)

    assert refused.value.hint
    assert not re.search(r"0x|\n|Traceback", refused.value.message)
    assert str(tmp_path) not in refused.value.message


def test_an_m4a_that_lost_its_end_is_refused(tmp_path, encoded):
    whole = encoded("plain.m4a", "-c:a", "aac", "-movflags", "-faststart")

    with pytest.raises(AudioError, match="never finished"):
        told(tmp_path, "half.m4a", whole[: len(whole) // 2])


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(AudioError, match="it is a folder"):
        inspect(InspectJob(path=str(tmp_path)))


@settings(max_examples=10)  # a process or two each
@example(junk=struct.pack("<I", 1), at=24)  # a rate of 1 Hz …
@example(junk=struct.pack("<I", 0xFFFFFFF0), at=24)  # … and of 4 GHz
@given(junk=st.binary(min_size=1, max_size=60), at=st.integers(8, 60))
def test_whatever_the_header_only_our_error_or_numbers_come_out(tmp_path_factory, junk, at):
    raw = bytearray(wav(STEREO[:960]))
    raw[at : at + len(junk)] = junk
    file = tmp_path_factory.mktemp("junk") / "a.wav"
    file.write_bytes(raw)

    with suppress(AudioError):
        found = inspect(InspectJob(path=str(file)))
        assert found.duration_s > 0
        assert found.integrated_lufs is None or -70 < found.integrated_lufs < 100
