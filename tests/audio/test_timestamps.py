"""Recordings with lost time: silence keeps its place; healthy files give the same samples as ever."""

import subprocess

import numpy as np
import pytest

from pipeline.audio.analysis.recording import inspect_file
from pipeline.audio.io.pcm import open_at_working_rate
from pipeline.audio.io.probe import list_filled_gaps, open_part
from pipeline.audio.io.timestamp_gaps import find_jumps
from pipeline.audio.tasks import InspectTask
from pipeline.media.packet_times import PacketTimes
from tests.audio.sounds import RATE, decoded, speech, wav

pytestmark = pytest.mark.slow

TALK = speech(12.0) * np.float32(0.4)
AAC, OPUS = ["-c:a", "aac", "-b:a", "96k"], ["-c:a", "libopus", "-b:a", "48k"]
LOST_8_S = ["-af", "asetpts='if(gt(T,5),PTS+8/TB,PTS)'"]
LOST_40_MS_OFTEN = ["-af", "asetpts='PTS+floor(T/2)*0.04/TB'"]
PICTURE = ["-f", "lavfi", "-i", "color=black:s=16x16:r=5:d=14"]


def run(*arguments, sound=None):
    argv = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(argv, input=None if sound is None else wav(sound), check=True)
    return arguments[-1]


def encode(out, *options, sound=TALK):
    return run("-f", "wav", "-i", "pipe:0", *options, out, sound=sound)


def copy(source, out, *options):
    return run("-i", source, "-c", "copy", *options, out)


def read(path):
    return read_part(open_part(str(path)))


def read_part(part):
    with open_at_working_rate(part) as blocks:
        return np.concatenate(list(blocks))[:, 0]


def find_defects(path):
    return [
        (defect.code, defect.at_s, str(defect.message)) for defect in inspect_file(InspectTask(path=str(path))).defects
    ]


def find_lag(sound, reference):
    """Find by how many seconds ``sound`` is later than ``reference``, by cross-correlation of every fourth sample."""
    sound, reference = sound[::4], reference[::4]
    size = 2 ** int(np.ceil(np.log2(len(sound) + len(reference))))
    product = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(reference, size))
    lag = int(np.fft.irfft(product).argmax())
    return (lag if lag < size / 2 else lag - size) * 4 / RATE


GAPS = {
    "gap.mkv": AAC,
    "gap.webm": OPUS,
    "gap.mp4": [*AAC, "-movflags", "+faststart"],
    "fragmented.mp4": [*AAC, "-movflags", "+frag_keyframe+empty_moov+delay_moov", "-frag_duration", "1000000"],
    "vorbis.mkv": ["-c:a", "libvorbis"],
    "pcm.mkv": ["-c:a", "pcm_s16le"],
    "gap.ts": AAC,
    "gap.wma": ["-c:a", "wmav2"],
}


@pytest.mark.parametrize("name", GAPS)
def test_lost_time_is_silence_in_its_place(tmp_path, name):
    """8 s are lost after 5 s: what follows is 8 s later, and the report says so."""
    file = encode(tmp_path / name, *LOST_8_S, *GAPS[name])

    part = open_part(str(file))

    sound = read_part(part)

    (gap,) = list_filled_gaps(part)
    assert gap == (pytest.approx(5.03, abs=0.1), pytest.approx(13.03, abs=0.1))
    first, last = (round(second * RATE) for second in gap)
    assert not sound[first + 1 : last - 1].any()
    reference = TALK[round(6 * RATE) : round(11 * RATE), 0]
    assert find_lag(sound[14 * RATE :], reference) == pytest.approx(0.0, abs=0.08)  # priming of the encoder
    assert find_lag(sound[: 5 * RATE], TALK[: 5 * RATE, 0]) == pytest.approx(0.0, abs=0.08)
    assert [
        ("gap", pytest.approx(5.03, abs=0.1), f"{name}: 8.0 s of audio missing; replaced by silence")
    ] == find_defects(file)


def test_gap_below_two_percent_of_the_file_is_filled(tmp_path):
    sound = np.tile(TALK, (3, 1))
    file = encode(tmp_path / "a.mkv", "-af", "asetpts='if(gt(T,20),PTS+0.6/TB,PTS)'", *AAC, sound=sound)

    assert len(read(file)) / RATE == pytest.approx(36.6, abs=0.05)
    assert [
        ("gap", pytest.approx(20.0, abs=0.1), "a.mkv: 0.60 s of audio missing; replaced by silence")
    ] == find_defects(file)


def test_small_gaps_do_not_add_up(tmp_path):
    file = encode(tmp_path / "a.webm", *LOST_40_MS_OFTEN, *OPUS)

    sound = read(file)

    assert len(sound) / RATE == pytest.approx(12 + 5 * 0.04, abs=0.01)
    reference = TALK[round(10.2 * RATE) : round(11.8 * RATE), 0]
    assert find_lag(sound, reference) == pytest.approx(10.2 + 5 * 0.04, abs=0.003)
    messages = [message for code, _, message in find_defects(file) if code == "gap"]
    assert messages == ["a.webm: 5 short gaps, 0.20 s of audio missing in all; replaced by silence"]


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv"])
def test_audio_that_starts_after_the_picture_is_late(tmp_path, name):
    encode(tmp_path / "source.m4a", *AAC)
    late = ["-itsoffset", "4.1", "-i", tmp_path / "source.m4a", "-map", "0:v", "-map", "1:a"]
    file = run(*PICTURE, *late, "-c:v", "mpeg4", "-c:a", "copy", tmp_path / name)

    assert find_lag(read(file), TALK[: 5 * RATE, 0]) == pytest.approx(4.1, abs=0.03)
    (defect,) = find_defects(file)
    assert defect == (
        "late-start",
        0.0,
        f"{name}: the audio starts 4.1 s after the start of the file; silence was put before it",
    )


def test_empty_edit_is_silence(tmp_path):
    encode(tmp_path / "source.m4a", *AAC)
    file = run("-itsoffset", "3", "-i", tmp_path / "source.m4a", "-c", "copy", tmp_path / "late.m4a")

    assert find_lag(read(file), TALK[: 5 * RATE, 0]) == pytest.approx(3.0, abs=0.03)


def test_fragments_of_a_stream_do_not_start_late(tmp_path):
    """The first fragment of a live stream has the time of the stream, not of the file."""
    encode(tmp_path / "source.m4a", *AAC)
    options = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-use_editlist", "0"]
    file = run("-itsoffset", "3600", "-i", tmp_path / "source.m4a", "-c", "copy", *options, tmp_path / "a.mp4")

    assert len(read(file)) / RATE == pytest.approx(12, abs=0.05)
    assert find_defects(file) == []


def test_time_stamps_that_go_back_lose_no_audio(tmp_path):
    encode(tmp_path / "source.m4a", *AAC)
    file = copy(tmp_path / "source.m4a", tmp_path / "a.mkv", "-bsf:a", "setts=ts='PTS-if(gt(N,300),4000,0)'")

    assert len(read(file)) / RATE == pytest.approx(12, abs=0.05)
    (defect,) = find_defects(file)
    assert defect == (
        "timestamps",
        pytest.approx(6.4, abs=0.05),
        "a.mkv: time stamps go back by 4.0 s; all audio is kept",
    )


def test_gap_after_an_overlap_restores_the_time(tmp_path):
    encode(tmp_path / "source.m4a", *AAC)
    shift = "setts=ts='PTS-if(gt(N,150),200,0)+if(gt(N,300),3000,0)'"
    file = copy(tmp_path / "source.m4a", tmp_path / "a.mkv", "-bsf:a", shift)

    reference = TALK[round(8 * RATE) : round(11 * RATE), 0]
    assert find_lag(read(file), reference) == pytest.approx(8 + 2.8, abs=0.03)


# Healthy files

HEALTHY = {
    "a.m4a": AAC,
    "44100.m4a": [*AAC, "-ar", "44100"],
    "a.mkv": AAC,
    "a.webm": OPUS,
    "a.opus": OPUS,
    "a.ogg": ["-c:a", "libvorbis"],
    "mp3.mov": ["-c:a", "libmp3lame", "-ar", "44100"],
    "flac.mkv": ["-c:a", "flac"],
    "late.ogg": [*["-c:a", "libvorbis"], "-output_ts_offset", "100"],
    "aac.ts": AAC,
    "a.wma": ["-c:a", "wmav2"],
    "fragmented.mp4": [*AAC, "-movflags", "+frag_keyframe+empty_moov+delay_moov", "-frag_duration", "500000"],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_file_gives_the_samples_that_ffmpeg_decodes(tmp_path, name):
    file = encode(tmp_path / name, *HEALTHY[name])

    part = open_part(str(file))

    assert not any(stream.gaps for stream in part.streams)
    np.testing.assert_array_equal(read_part(part), decoded(file)[:, 0])


def test_late_packets_and_a_drifting_clock_are_no_gaps():
    packets, rng = 20_000, np.random.default_rng(1)
    counted = np.arange(packets) * 1024 / RATE
    late = np.where(rng.random(packets) < 0.1, rng.uniform(0.02, 0.2, packets), 0.0)
    rounded = np.round(counted * (1 + 2e-4) + late, 3)
    times = PacketTimes(starts_s=rounded, durations_s=np.full(packets, 0.021))

    assert find_jumps(times, sample_rate_hz=RATE) == []


def test_gaps_among_late_packets_are_found_to_the_millisecond():
    packets, rng = 20_000, np.random.default_rng(2)
    counted = np.arange(packets) * 1024 / RATE
    late = np.where(rng.random(packets) < 0.1, rng.uniform(0.02, 0.2, packets), 0.0)
    lost = 0.3 * (np.arange(packets) >= 5000) + 2.0 * (np.arange(packets) >= 12_000)
    times = PacketTimes(starts_s=np.round(counted + late + lost, 3), durations_s=np.full(packets, np.nan))

    found = [(jump.at_s, jump.duration_s) for jump in find_jumps(times, sample_rate_hz=RATE)]

    expected = [(counted[5000], pytest.approx(0.3, abs=0.0015)), (counted[12_000], pytest.approx(2.0, abs=0.0015))]
    assert [(pytest.approx(at_s, abs=0.5), length_s) for at_s, length_s in expected] == found


def test_audio_that_ends_before_the_picture_is_not_called_damaged(tmp_path):
    encode(tmp_path / "source.m4a", *AAC)
    source = ["-i", tmp_path / "source.m4a", "-map", "0:v", "-map", "1:a"]
    file = run(*PICTURE, *source, "-c:v", "mpeg4", "-c:a", "copy", tmp_path / "a.mp4")

    assert find_defects(file) == [
        ("audio-ends-early", pytest.approx(12, abs=0.1), "a.mp4: the audio ends 2.0 s before the picture")
    ]


def test_gap_at_another_rate_is_as_long(tmp_path):
    file = encode(tmp_path / "a.mkv", *LOST_8_S, *AAC, "-ar", "44100")

    with open_at_working_rate(open_part(str(file))) as blocks:
        duration_s = sum(len(block) for block in blocks) / RATE

    assert duration_s == pytest.approx(20, abs=0.06)


def test_clock_that_was_set_forward_is_not_a_day_of_silence(tmp_path):
    file = encode(tmp_path / "a.mkv", "-af", "asetpts='if(gt(T,5),PTS+86400/TB,PTS)'", *AAC)

    assert len(read(file)) / RATE == pytest.approx(12, abs=0.05)
    messages = [message for code, _, message in find_defects(file) if code == "timestamps"]
    assert messages == ["a.mkv: time stamps jump forward by 86400 s; all audio is kept"]
