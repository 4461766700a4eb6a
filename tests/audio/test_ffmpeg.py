"""The process: found, told apart, and never left behind."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import AudioError, MachineError, StoreError
from pipeline.media import executable, ffmpeg
from tests.audio.sounds import RATE, tone, wav


def children():
    """The FFmpegs that this process has started and that still run; another test's browser may be its child too."""
    started = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in started if Path(f"/proc/{pid}/comm").read_text() == "ffmpeg\n"]


@pytest.fixture
def long_file(tmp_path):
    file = tmp_path / "long.wav"
    file.write_bytes(wav(np.zeros((RATE * 60, 1), np.float32)))
    return str(file)


def test_a_machine_without_ffmpeg_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MachineError, match="not installed") as missing:
        executable.find()

    assert missing.value.hint == "sudo apt-get install -y --no-install-recommends ffmpeg"


def test_a_version_names_the_build():
    told = executable.version(executable.find())

    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    assert first.startswith(f"ffmpeg version {told.split()[0]} ")
    assert len(told.split()[1]) == 8


@pytest.mark.parametrize("executable", ["/bin/true", "/nowhere/ffmpeg"])
def test_another_program_is_no_ffmpeg(executable):
    with pytest.raises(MachineError):
        executable.version(Path(executable))


def test_encoders_that_are_missing_are_named(tmp_path):
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' A....D flac   FLAC'\necho ' A..... aac   AAC'\n")
    poor.chmod(0o755)

    assert executable.missing_encoders(poor) == ("libmp3lame", "libopus")
    assert executable.missing_encoders(executable.find()) == ()


def test_whoever_stops_reading_leaves_no_process_behind(long_file):
    with ffmpeg.Decoding(long_file) as blocks:
        next(iter(blocks))
        assert len(children()) == 1

    assert children() == []


def test_an_interrupted_encoding_leaves_neither_a_process_nor_a_file(tmp_path):
    def interrupted():
        yield tone((-20, 1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ffmpeg.encode(interrupted(), channels=2, out=str(tmp_path / "a.mp3"), options=["-f", "mp3"])

    assert (children(), list(tmp_path.iterdir())) == ([], [])


def test_an_encoder_that_gives_up_says_why_and_keeps_what_was_there(tmp_path):
    out = tmp_path / "a.mp3"
    out.write_bytes(b"old")

    with pytest.raises(AudioError, match="nosuchcodec"):
        ffmpeg.encode(
            iter([tone((-20, 30))] * 9), channels=2, out=str(out), options=["-c:a", "nosuchcodec", "-f", "mp3"]
        )

    assert {"a.mp3": b"old"} == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_full_disk_is_called_a_full_disk(tmp_path):
    (tmp_path / "a.flac.partial").symlink_to("/dev/full")

    with pytest.raises(StoreError, match="it cannot be written: No space left on device"):
        ffmpeg.encode(
            [tone((-20, 1))], channels=2, out=str(tmp_path / "a.flac"), options=["-c:a", "flac", "-f", "flac"]
        )

    assert [] == list(tmp_path.iterdir())


def test_a_title_cannot_pass_for_a_stream(tmp_path):
    lie = "x\n  Duration: 09:00:00.00\n  Stream #0:0: Audio: lie, 1 Hz, 99 channels"
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 1))))
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-metadata", f"title={lie}", tmp_path / "b.flac"],
        check=True,
    )

    seen = ffmpeg.probe(str(tmp_path / "b.flac"))

    assert (seen.codec, seen.sample_rate_hz, seen.layout, seen.declared_s) == ("flac", RATE, "stereo", 1.0)


def test_a_playlist_opens_nothing_else(tmp_path):
    (tmp_path / "secret.wav").write_bytes(wav(tone((-20, 1))))
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")

    with pytest.raises(AudioError):
        ffmpeg.probe(str(tmp_path / "list.wav"))


MEASURE_AND_MASTER = """
import resource, sys
from pipeline.audio.mastering import MasterJob, master
from pipeline.audio.recording import MeasureJob, measure
from pipeline.model import SoundTarget
part, out = sys.argv[1:]
facts = measure(MeasureJob(parts=(part,)))
master(MasterJob(parts=(part,), target=SoundTarget(), facts=facts, out=out))
(own,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)  # one's own would count the parent's too (proc(5))
"""


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path):
    minute = wav(tone((-20, 60), rate=8000, channels=1, hz=300), rate=8000, kind="u8")
    data = minute[44:]
    used = []
    for minutes in (2, 6):
        file = tmp_path / f"{minutes}.wav"
        file.write_bytes(minute[:40] + (len(data) * minutes).to_bytes(4, "little") + data * minutes)
        argv = [sys.executable, "-c", MEASURE_AND_MASTER, file, tmp_path / "out.flac"]
        told = subprocess.run(argv, capture_output=True, check=True, cwd=Path(__file__).parents[2]).stdout
        used.append([int(kilobytes) for kilobytes in told.split()])

    (short, short_ffmpeg), (long, long_ffmpeg) = used
    assert long - short < 12_000  # kB; four minutes of it would be 46 000 more
    assert long_ffmpeg - short_ffmpeg < 12_000
    assert long_ffmpeg < 300_000
