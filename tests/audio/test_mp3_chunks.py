"""Parallel MP3 encoding: the same frames as a single encoder, and exactly as long as the master."""

import math
import pathlib
import struct
import subprocess
from dataclasses import dataclass, fields, replace

import miniaudio
import numpy as np
import pytest

from pipeline.audio.encoding import corrections, decoded_measurement, lame, mp3_chunks, mp3_frames, mpg123
from pipeline.audio.encoding.decoded_measurement import ExcessPeak
from pipeline.audio.encoding.encoder import open_master, open_mp3_source
from pipeline.audio.encoding.mp3_chunks import MIN_CHUNK_FRAMES, Mp3Source, write_mp3
from pipeline.audio.encoding.mp3_frames import SAMPLES_PER_FRAME
from pipeline.audio.io.wav_file import WavFile
from pipeline.errors import AudioError
from tests.audio.sounds import RATE, decoded, speech

pytestmark = pytest.mark.slow

MODES = [("stereo", 2, 128), ("mono", 1, 96)]
BORDER = MIN_CHUNK_FRAMES * SAMPLES_PER_FRAME
LONG_S = 95.0  # three chunks, each border in a different kind of sound
_, FIRST, SECOND = mp3_chunks._iter_borders(math.ceil(LONG_S * RATE / SAMPLES_PER_FRAME))  # frames


@dataclass(frozen=True, slots=True, kw_only=True)
class WavSource(Mp3Source):
    """A source and its WAV."""

    wav: str


@pytest.fixture(scope="session", params=MODES, ids=lambda mode: mode[0])
def source(request, tmp_path_factory):
    """Speech, silence across the first border, noise before the second, and speech again."""
    _, channels, kbps = request.param
    sound = np.resize(speech(), (round(LONG_S * RATE), 1)) * np.float32(0.3)
    first, second = FIRST * SAMPLES_PER_FRAME, SECOND * SAMPLES_PER_FRAME
    sound[first - 6 * RATE : first + RATE] = 0
    sound[second - RATE : second - 500] = np.random.default_rng(0).normal(0, 0.05, (RATE - 500, 1))
    both = sound if channels == 1 else np.concatenate([sound, np.roll(sound, 31) * np.float32(0.7)], axis=1)
    return write_master(both, tmp_path_factory.mktemp("chunks") / "master.wav", kbps)


def write_master(sound, path, kbps=128):
    file = WavFile(str(path), channels=sound.shape[1], samples=len(sound))
    file.create()
    file.write(sound, 0)
    opened = open_mp3_source(open_master(str(path)), kbps=kbps)
    return WavSource(wav=str(path), **{field.name: getattr(opened, field.name) for field in fields(opened)})


def serial(source):
    """The frames that one ffmpeg writes, from the first sample to the last."""
    sound = ["-i", source.wav, "-af", f"volume=volume={1 / 0.95:.9f}:precision=float"]
    mode = ["-c:a", "libmp3lame", "-b:a", f"{source.kbps}k", "-compression_level", "5", "-reservoir", "0"]
    bare = ["-write_xing", "0", "-id3v2_version", "0", "-bitexact", "-f", "mp3", "-"]
    return subprocess.run(["ffmpeg", "-v", "error", *sound, *mode, *bare], capture_output=True, check=True).stdout


def write(source, out, **options):
    return write_mp3(source, str(out), measure=lambda part: decoded_measurement.measure_frames(source, part), **options)


def combine(source, chunks):
    return decoded_measurement.combine_measurements(source.samples, [chunk.measurement for chunk in chunks], "")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMp3:
    """An MP3, its chunks, and its measurement."""

    path: pathlib.Path
    chunks: list
    measurement: decoded_measurement.DecodedMeasurement


@pytest.fixture(scope="session")
def written(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("mp3") / "two.mp3"
    chunks = write(source, out, workers=2)
    return WrittenMp3(path=out, chunks=chunks, measurement=combine(source, chunks))


@pytest.fixture(scope="session")
def mp3(written):
    return written.path


def test_frames_equal_those_of_a_single_encoder(source, mp3):
    size = mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)

    assert mp3.read_bytes()[size:] == serial(source)


def test_result_does_not_depend_on_number_of_workers_and_no_other_files_remain(source, written, tmp_path):
    measured = combine(source, write(source, tmp_path / "one.mp3", workers=1))

    assert (written.path.read_bytes(), written.measurement) == ((tmp_path / "one.mp3").read_bytes(), measured)
    assert ["one.mp3"] == [file.name for file in tmp_path.iterdir()]


def test_ffmpeg_writes_the_same_where_lame_library_is_missing(source, mp3, tmp_path, monkeypatch):
    monkeypatch.setattr(lame, "_load_library", lambda: None)

    write(source, tmp_path / "a.mp3")

    assert mp3.read_bytes() == (tmp_path / "a.mp3").read_bytes()


def test_two_decoders_return_the_exact_number_of_samples(source, mp3):
    assert (source.samples, source.channels) == decoded(mp3).shape
    assert source.samples == miniaudio.mp3_read_file_f32(str(mp3)).num_frames


def test_decoded_audio_is_aligned_with_the_master(source, mp3):
    original, encoded = decoded(source.wav)[:, 0], decoded(mp3)[:, 0]

    lags = [float(np.dot(original[5000:105_000], encoded[5000 + lag : 105_000 + lag])) for lag in range(-3, 4)]
    assert 3 == int(np.argmax(lags))


def test_each_frame_is_self_contained(source, mp3):
    raw, size = mp3.read_bytes(), mp3_frames.compute_frame_size(source.kbps)
    bodies = np.frombuffer(
        raw[mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels) :], np.uint8
    ).reshape(-1, size)

    assert not bodies[:, 4].any()  # main_data_begin: how far back into earlier frames it reaches
    assert not (bodies[:, 5] & 0x80).any()


def test_combined_measurement_of_chunks_equals_that_of_the_whole_file(source, written):
    head = mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)
    one = mp3_chunks.FrameRange(path=str(written.path), start=head, begin=0, first=0, last=None)
    whole = decoded_measurement.combine_measurements(
        source.samples, [decoded_measurement.measure_frames(source, one)], ""
    )

    assert whole.samples == written.measurement.samples
    assert whole.integrated_lufs == pytest.approx(
        written.measurement.integrated_lufs, abs=1e-7
    )  # where mpg123 begins, it rounds
    assert whole.true_peak_dbtp == pytest.approx(written.measurement.true_peak_dbtp, abs=1e-6)


@pytest.mark.parametrize("library", [mpg123._load_library(), None], ids=["mpg123", "ffmpeg"])
def test_chunks_decoded_by_either_library_measure_as_the_whole_file_decoded_by_ffmpeg(
    source, written, library, monkeypatch
):
    monkeypatch.setattr(mpg123, "_load_library", lambda: library)
    parts = [decoded_measurement.measure_frames(source, chunk.frames) for chunk in written.chunks]

    combined = decoded_measurement.combine_measurements(source.samples, parts, "")

    whole, _ = decoded_measurement.measure_decoded(str(written.path))

    assert whole.samples == combined.samples
    assert whole.integrated_lufs == pytest.approx(combined.integrated_lufs, abs=1e-5)
    assert whole.true_peak_dbtp == pytest.approx(combined.true_peak_dbtp, abs=1e-4)


def test_mpg123_rejects_other_channel_counts_and_ignores_other_bytes(source, mp3):
    raw = mp3.read_bytes()[mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels) :]

    with pytest.raises(AudioError, match=f"{source.channels} channels"):
        list(mpg123.decode_frames([raw], channels=3 - source.channels))
    assert [] == list(mpg123.decode_frames([bytes(10_000)], channels=source.channels))


def test_truncated_frames_are_rejected(source, mp3, tmp_path):
    short, head = tmp_path / "short.mp3", mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)
    short.write_bytes(mp3.read_bytes()[:-100_000])

    with pytest.raises(AudioError, match="lost samples"):
        decoded_measurement.measure_frames(
            source, mp3_chunks.FrameRange(path=str(short), start=head, begin=0, first=0, last=None)
        )


@pytest.mark.parametrize("samples", [1, 1151, 1152, 24_000, BORDER * 3 // 2 - 1, BORDER * 3 // 2 + 1])
def test_any_length_is_exact_to_the_sample(samples, tmp_path):
    source = write_master(np.resize(speech()[: 5 * RATE] * np.float32(0.3), (samples, 1)), tmp_path / "m.wav", kbps=64)

    write(source, tmp_path / "a.mp3")

    assert (samples, 1) == decoded(tmp_path / "a.mp3").shape
    assert samples == miniaudio.mp3_read_file_f32(str(tmp_path / "a.mp3")).num_frames


def test_chunks_that_never_agree_are_encoded_by_a_single_encoder(source, mp3, tmp_path, monkeypatch):
    monkeypatch.setattr(mp3_chunks, "_WARM_UP_FRAMES", 8)  # far too little …
    monkeypatch.setattr(mp3_chunks, "_LONG_WARM_UP_FRAMES", 9)  # … and again

    write(source, tmp_path / "a.mp3")

    assert mp3.read_bytes() == (tmp_path / "a.mp3").read_bytes()


@pytest.mark.parametrize(
    "at",
    [
        (FIRST + 500,),
        (FIRST + 500, FIRST + 900, SECOND + 400),
        (SECOND - 50,),
        (SECOND + 10,),  # within the look-ahead of the previous chunk
        (40,),
        (math.ceil(LONG_S * RATE / SAMPLES_PER_FRAME) - 30,),
        tuple(range(20, 3900, 60)),  # everywhere
    ],
)
def test_only_frames_affected_by_a_change_are_encoded_again(source, written, tmp_path, at):
    peaks, requested = [ExcessPeak(start=one * SAMPLES_PER_FRAME, excess_db=6.0) for one in at], []

    def read_blocks(begin, end):
        requested.append(end - begin)
        return corrections.lower_peaks(source.read_blocks(begin, end), peaks, first=begin)

    other = replace(source, read_blocks=read_blocks)
    places = [corrections.find_span(peak) for peak in peaks]
    some = write(other, tmp_path / "some.mp3", previous=written.chunks, changed=places, workers=1)
    encoded, whole = sum(requested), write(other, tmp_path / "whole.mp3")

    assert encoded <= min(len(at) * 7 * RATE, other.samples + 12 * RATE)
    assert written.path.read_bytes() != (tmp_path / "whole.mp3").read_bytes() == (tmp_path / "some.mp3").read_bytes()
    measured, expected = combine(other, some), combine(other, whole)
    assert measured.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=1e-6)
    assert measured.true_peak_dbtp == pytest.approx(expected.true_peak_dbtp, abs=1e-5)
    assert len(measured.energies) == len(expected.energies)
    assert ["some.mp3", "whole.mp3"] == sorted(file.name for file in tmp_path.iterdir())


def test_changes_follow_changes(source, written, tmp_path):
    """What was kept once is kept again, or changed itself."""
    chunks, peaks, out = written.chunks, [], tmp_path / "some.mp3"
    for frame in (FIRST + 500, FIRST + 800, FIRST + 505, 100):
        peaks.append(ExcessPeak(start=frame * SAMPLES_PER_FRAME, excess_db=3.0))

        def read_blocks(begin, end):
            return corrections.lower_peaks(source.read_blocks(begin, end), peaks, first=begin)

        other = replace(source, read_blocks=read_blocks)
        chunks = write(other, out, previous=chunks, changed=[corrections.find_span(peaks[-1])])
    write(other, tmp_path / "whole.mp3")

    assert (tmp_path / "whole.mp3").read_bytes() == out.read_bytes()


def test_nothing_is_encoded_again_where_nothing_changed(source, written, tmp_path):
    def read_blocks(begin, end):
        raise AssertionError(begin, end)

    write(replace(source, read_blocks=read_blocks), tmp_path / "a.mp3", previous=written.chunks)

    assert written.path.read_bytes() == (tmp_path / "a.mp3").read_bytes()


def test_peaks_found_in_chunks_equal_those_of_the_whole_file(source, written):
    peak = written.measurement.true_peak_dbtp

    for below_db in (0.1, 1.0, 6.0):
        parts = [
            decoded_measurement.measure_frames(source, chunk.frames, peaks_above_dbtp=peak - below_db)
            for chunk in written.chunks
        ]
        found = {}
        for one in (one for part in parts for one in part.peaks):
            found[one.start] = max(found.get(one.start, 0.0), one.excess_db)

        whole = decoded_measurement.find_excess_peaks(str(written.path), true_peak_dbtp=peak - below_db)
        assert [one.start for one in whole] == list(found) != []
        assert [one.excess_db for one in whole] == pytest.approx(list(found.values()), abs=1e-4)


def test_master_shorter_than_declared_is_rejected(tmp_path):
    source = write_master(speech()[: 5 * RATE] * np.float32(0.3), tmp_path / "m.wav")
    wrong = replace(source, samples=source.samples + 48_000)

    with pytest.raises(AudioError, match="lost samples"):
        write(wrong, tmp_path / "a.mp3")

    assert ["m.wav"] == [file.name for file in tmp_path.iterdir()]


def test_info_frame_has_correct_counts_and_checksums(source, mp3):
    raw, size = mp3.read_bytes(), mp3_frames.compute_frame_size(source.kbps)
    head = mp3_frames.compute_info_frame_size(source.kbps, channels=source.channels)
    at = 4 + (32 if source.channels == 2 else 17)

    kind, flags, count, total = struct.unpack_from(">4sIII", raw, at)
    delay_padding = int.from_bytes(raw[at + 141 : at + 144], "big")
    assert (b"Info", 15, len(raw)) == (kind, flags, total)
    assert count * size == len(raw) - head
    assert (576, count * SAMPLES_PER_FRAME - source.samples - 576) == (delay_padding >> 12, delay_padding & 0xFFF)
    assert struct.unpack_from(">H", raw, at + 152)[0] == slow_crc(raw[head:])
    assert struct.unpack_from(">H", raw, at + 154)[0] == slow_crc(raw[: at + 154])


@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 257, 5000])
def test_crc16_of_two_parts_equals_that_of_the_whole(length):
    raw = np.random.default_rng(1).bytes(length)

    assert 0xBB3D == mp3_frames.compute_crc16(b"123456789")  # the check value of CRC-16/ARC
    assert (
        slow_crc(raw)
        == mp3_frames.compute_crc16(raw)
        == mp3_frames.compute_crc16(raw[length // 3 :], before=mp3_frames.compute_crc16(raw[: length // 3]))
    )


def slow_crc(raw):
    """As specified: bit by bit, byte by byte."""
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
def test_info_tag_fits_at_any_bit_rate_and_length_is_exact(kbps, channels, tmp_path):
    sound = np.repeat(speech()[: RATE // 2] * np.float32(0.3), channels, axis=1)
    source = write_master(sound, tmp_path / "m.wav", kbps=kbps)

    write(source, tmp_path / "a.mp3")

    assert (len(sound), channels) == decoded(tmp_path / "a.mp3").shape
