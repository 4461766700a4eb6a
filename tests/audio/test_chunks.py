"""A long MP3, encoded on all cores: frame for frame what one encoder writes, and exactly as long as the master."""

import pathlib
import struct
import subprocess
from dataclasses import dataclass, fields, replace

import miniaudio
import numpy as np
import pytest

from pipeline.audio.encoding import decoded_measurement, encoder, lame, mp3_chunks, mp3_frames, mpg123
from pipeline.audio.encoding.decoded_measurement import Over
from pipeline.audio.encoding.encoder import work_of
from pipeline.audio.encoding.mp3_chunks import SHORTEST, Work, write_mp3
from pipeline.audio.encoding.mp3_frames import SAMPLES
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from tests.audio.sounds import RATE, decoded, speech

MODES = [("stereo", 2, 128), ("mono", 1, 96)]
BORDER = SHORTEST * SAMPLES
LONG_S = 95.0  # three chunks, each border in a different kind of sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastered(Work):
    """Work with the FLAC that it comes from."""

    source: str


@pytest.fixture(scope="session", params=MODES, ids=lambda mode: mode[0])
def work(request, tmp_path_factory):
    """Speech, then silence across the first border, noise just before the second, and speech again."""
    _, channels, kbps = request.param
    sound = np.resize(speech(), (round(LONG_S * RATE), 1)) * np.float32(0.3)
    border = SHORTEST * SAMPLES
    sound[border - 6 * RATE : border + RATE] = 0
    sound[2 * border - RATE : 2 * border - 500] = np.random.default_rng(0).normal(0, 0.05, (RATE - 500, 1))
    both = sound if channels == 1 else np.concatenate([sound, np.roll(sound, 31) * np.float32(0.7)], axis=1)
    return master_of(both, tmp_path_factory.mktemp("chunks") / "master.flac", kbps)


def master_of(sound, path, kbps=128):
    options = ("-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-f", "flac")
    ffmpeg.encode([sound], channels=sound.shape[1], out=str(path), options=options)
    made = work_of(str(path), kbps=kbps)
    return Mastered(source=str(path), **{field.name: getattr(made, field.name) for field in fields(made)})


def serial(work):
    """The frames that one ffmpeg writes, from the first sample to the last."""
    sound = ["-i", work.source, "-af", f"volume=volume={1 / 0.95:.9f}:precision=float"]
    mode = ["-c:a", "libmp3lame", "-b:a", f"{work.kbps}k", "-compression_level", "5", "-reservoir", "0"]
    bare = ["-write_xing", "0", "-id3v2_version", "0", "-bitexact", "-f", "mp3", "-"]
    return subprocess.run(["ffmpeg", "-v", "error", *sound, *mode, *bare], capture_output=True, check=True).stdout


def made_of(work, out, **options):
    return write_mp3(work, str(out), hear=lambda part: decoded_measurement.hear_frames(work, part), **options)


def heard(work, made):
    return decoded_measurement.together(work, [one.heard for one in made], "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOnce:
    """An MP3, what was made, and what was heard of it."""

    path: pathlib.Path
    made: list
    heard: decoded_measurement.Heard


@pytest.fixture(scope="session")
def made(work, tmp_path_factory):
    out = tmp_path_factory.mktemp("mp3") / "two.mp3"
    chunks_of_it = made_of(work, out, workers=2)
    return MadeOnce(path=out, made=chunks_of_it, heard=heard(work, chunks_of_it))


@pytest.fixture(scope="session")
def mp3(made):
    return made.path


def test_all_frames_are_those_of_one_encoder(work, mp3):
    size = mp3_frames.info_size(work.kbps, channels=work.channels)

    assert mp3.read_bytes()[size:] == serial(work)


def test_neither_bytes_nor_figures_depend_on_the_number_of_workers_and_nothing_else_is_left(work, made, tmp_path):
    told = heard(work, made_of(work, tmp_path / "one.mp3", workers=1))

    assert (made.path.read_bytes(), made.heard) == ((tmp_path / "one.mp3").read_bytes(), told)
    assert ["one.mp3"] == [file.name for file in tmp_path.iterdir()]


def test_without_the_library_of_lame_ffmpeg_writes_the_same(work, mp3, tmp_path, monkeypatch):
    monkeypatch.setattr(lame, "_library", lambda: None)

    made_of(work, tmp_path / "a.mp3")

    assert mp3.read_bytes() == (tmp_path / "a.mp3").read_bytes()


def test_two_decoders_give_every_sample_and_none_too_many(work, mp3):
    assert (work.samples, work.channels) == decoded(mp3).shape
    assert work.samples == miniaudio.mp3_read_file_f32(str(mp3)).num_frames


def test_the_sound_stands_where_it_stood(work, mp3):
    original, heard = decoded(work.source)[:, 0], decoded(mp3)[:, 0]

    lags = [float(np.dot(original[5000:105_000], heard[5000 + lag : 105_000 + lag])) for lag in range(-3, 4)]
    assert 3 == int(np.argmax(lags))


def test_each_frame_stands_alone(work, mp3):
    raw, size = mp3.read_bytes(), mp3_frames.size_of(work.kbps)
    bodies = np.frombuffer(raw[mp3_frames.info_size(work.kbps, channels=work.channels) :], np.uint8).reshape(-1, size)

    assert not bodies[:, 4].any()  # main_data_begin: how far back into earlier frames it reaches
    assert not (bodies[:, 5] & 0x80).any()


def test_stretches_measured_while_others_are_encoded_measure_what_the_whole_file_does(work, made):
    head = mp3_frames.info_size(work.kbps, channels=work.channels)
    one = mp3_chunks.Frames(path=str(made.path), start=head, begin=0, first=0, last=None)
    whole = decoded_measurement.together(work, [decoded_measurement.hear_frames(work, one)], "")

    assert whole.samples == made.heard.samples
    assert whole.integrated_lufs == pytest.approx(
        made.heard.integrated_lufs, abs=1e-7
    )  # where mpg123 begins, it rounds
    assert whole.true_peak_dbtp == pytest.approx(made.heard.true_peak_dbtp, abs=1e-6)


@pytest.mark.parametrize("library", [mpg123._library(), None], ids=["mpg123", "ffmpeg"])
def test_whoever_decodes_a_chunk_hears_what_ffmpeg_hears_of_the_whole_file(work, made, library, monkeypatch):
    monkeypatch.setattr(mpg123, "_library", lambda: library)
    stretches = [decoded_measurement.hear_frames(work, one.frames) for one in made.made]

    told, whole = decoded_measurement.together(work, stretches, ""), decoded_measurement.hear(str(made.path))

    assert whole.samples == told.samples
    assert whole.integrated_lufs == pytest.approx(told.integrated_lufs, abs=1e-5)
    assert whole.true_peak_dbtp == pytest.approx(told.true_peak_dbtp, abs=1e-4)


def test_what_is_no_mp3_of_ours_is_told_and_not_decoded(work, mp3):
    raw = mp3.read_bytes()[mp3_frames.info_size(work.kbps, channels=work.channels) :]

    with pytest.raises(AudioError, match=f"{work.channels} channels"):
        list(mpg123.decoded([raw], channels=3 - work.channels))
    assert [] == list(mpg123.decoded([bytes(10_000)], channels=work.channels))


def test_frames_that_lost_their_end_are_found_out(work, mp3, tmp_path):
    short, head = tmp_path / "short.mp3", mp3_frames.info_size(work.kbps, channels=work.channels)
    short.write_bytes(mp3.read_bytes()[:-100_000])

    with pytest.raises(AudioError, match="lost some of the sound"):
        decoded_measurement.hear_frames(
            work, mp3_chunks.Frames(path=str(short), start=head, begin=0, first=0, last=None)
        )


@pytest.mark.parametrize("samples", [1, 1151, 1152, 24_000, BORDER * 3 // 2 - 1, BORDER * 3 // 2 + 1])
def test_any_length_comes_back_to_the_sample(samples, tmp_path):
    work = master_of(np.resize(speech()[: 5 * RATE] * np.float32(0.3), (samples, 1)), tmp_path / "m.flac", kbps=64)

    made_of(work, tmp_path / "a.mp3")

    assert (samples, 1) == decoded(tmp_path / "a.mp3").shape
    assert samples == miniaudio.mp3_read_file_f32(str(tmp_path / "a.mp3")).num_frames


def test_chunks_that_never_agree_are_encoded_by_one_encoder(work, mp3, tmp_path, monkeypatch):
    monkeypatch.setattr(mp3_chunks, "_WARM", 8)  # far too little …
    monkeypatch.setattr(mp3_chunks, "_WARMER", 9)  # … and again

    made_of(work, tmp_path / "a.mp3")

    assert mp3.read_bytes() == (tmp_path / "a.mp3").read_bytes()


@pytest.mark.parametrize(
    ("at", "again"),
    [
        (SHORTEST + 500, {1}),
        (2 * SHORTEST - 100, {1, 2}),  # the last is warmed up with it
        (2 * SHORTEST + 10, {1, 2}),  # the last frames of the one before see it
    ],
)
def test_where_the_sound_is_another_now_only_the_chunks_that_see_it_are_made_again(work, made, tmp_path, at, again):
    over, asked = Over(start=at * SAMPLES, over_db=6.0), set()

    def blocks(begin, end):
        asked.add(-(-begin // BORDER))
        return encoder.turned_down(work.blocks(begin, end), [over], first=begin)

    other, edge = replace(work, blocks=blocks), RATE // 100
    place = (over.start - edge, over.start + decoded_measurement.PIECE + edge)
    some = made_of(other, tmp_path / "some.mp3", made=made.made, changed=[place], workers=1)
    begun, whole = asked.copy(), made_of(other, tmp_path / "whole.mp3")

    assert begun == again
    assert made.path.read_bytes() != (tmp_path / "whole.mp3").read_bytes() == (tmp_path / "some.mp3").read_bytes()
    assert heard(other, whole) == heard(other, some) != made.heard
    assert ["some.mp3", "whole.mp3"] == sorted(file.name for file in tmp_path.iterdir())


def test_where_nothing_is_another_nothing_is_made_again(work, made, tmp_path):
    def blocks(begin, end):
        raise AssertionError(begin, end)

    made_of(replace(work, blocks=blocks), tmp_path / "a.mp3", made=made.made)

    assert made.path.read_bytes() == (tmp_path / "a.mp3").read_bytes()


def test_peaks_are_found_in_the_chunks_where_they_are_found_in_the_whole(work, tmp_path):
    file = encoder.Mp3(str(tmp_path / "a.mp3"), lambda _: work)
    peak = file.written(encoder.Attempt()).true_peak_dbtp

    for below_db in (0.1, 1.0, 6.0):
        found = file.overs(true_peak_dbtp=peak - below_db)

        whole = decoded_measurement.overs(str(tmp_path / "a.mp3"), true_peak_dbtp=peak - below_db)
        assert [over.start for over in whole] == [over.start for over in found] != []
        assert [over.over_db for over in whole] == pytest.approx([over.over_db for over in found], abs=1e-4)


def test_a_master_shorter_than_it_says_is_found_out(tmp_path):
    work = master_of(speech()[: 5 * RATE] * np.float32(0.3), tmp_path / "m.flac")
    lying = replace(work, samples=work.samples + 48_000)

    with pytest.raises(AudioError, match="lost some of the sound"):
        made_of(lying, tmp_path / "a.mp3")

    assert ["m.flac"] == [file.name for file in tmp_path.iterdir()]


def test_the_info_frame_tells_counts_and_checksums_that_are_right(work, mp3):
    raw, size = mp3.read_bytes(), mp3_frames.size_of(work.kbps)
    head = mp3_frames.info_size(work.kbps, channels=work.channels)
    at = 4 + (32 if work.channels == 2 else 17)

    kind, flags, count, total = struct.unpack_from(">4sIII", raw, at)
    delay_padding = int.from_bytes(raw[at + 141 : at + 144], "big")
    assert (b"Info", 15, len(raw)) == (kind, flags, total)
    assert count * size == len(raw) - head
    assert (576, count * SAMPLES - work.samples - 576) == (delay_padding >> 12, delay_padding & 0xFFF)
    assert struct.unpack_from(">H", raw, at + 152)[0] == slow_crc(raw[head:])
    assert struct.unpack_from(">H", raw, at + 154)[0] == slow_crc(raw[: at + 154])


@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 257, 5000])
def test_a_checksum_is_the_same_in_one_piece_and_in_two(length):
    raw = np.random.default_rng(1).bytes(length)

    assert 0xBB3D == mp3_frames.crc16(b"123456789")  # the check value of CRC-16/ARC
    assert (
        slow_crc(raw)
        == mp3_frames.crc16(raw)
        == mp3_frames.crc16(raw[length // 3 :], before=mp3_frames.crc16(raw[: length // 3]))
    )


def slow_crc(raw):
    """As the specification tells it: one bit after the other, by the byte."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    crc = 0
    for byte in raw:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


@pytest.mark.parametrize("kbps", mp3_frames.KBPS)
@pytest.mark.parametrize("channels", [1, 2])
def test_at_any_bit_rate_the_tag_finds_room_and_the_length_is_exact(kbps, channels, tmp_path):
    sound = np.repeat(speech()[: RATE // 2] * np.float32(0.3), channels, axis=1)
    work = master_of(sound, tmp_path / "m.flac", kbps=kbps)

    made_of(work, tmp_path / "a.mp3")

    assert (len(sound), channels) == decoded(tmp_path / "a.mp3").shape
