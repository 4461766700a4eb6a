"""The ffmpeg process: found, identified, and never left behind."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import AudioError, DependencyError, StorageError
from pipeline.media import executable, ffmpeg, stream_info
from pipeline.media.decoder import Decoder
from tests.audio.sounds import RATE, tone, wav

pytestmark = pytest.mark.slow


def list_children():
    """List running ffmpeg children; the browser of another test may be a child too."""
    started = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in started if Path(f"/proc/{pid}/comm").read_text() == "ffmpeg\n"]


@pytest.fixture
def long_file(tmp_path):
    file = tmp_path / "long.wav"
    file.write_bytes(wav(np.zeros((RATE * 60, 1), np.float32)))
    return str(file)


def test_missing_ffmpeg_error_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(DependencyError, match="not installed") as missing:
        executable.find_ffmpeg()

    assert missing.value.hint == "sudo apt-get install -y --no-install-recommends ffmpeg"


def test_version_identifies_the_build():
    output = executable.read_version(executable.find_ffmpeg())

    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    assert first.startswith(f"ffmpeg version {output.split()[0]} ")
    assert len(output.split()[1]) == 8


@pytest.mark.parametrize("path", ["/bin/true", "/nowhere/ffmpeg"])
def test_other_programs_are_refused(path):
    with pytest.raises(DependencyError):
        executable.read_version(Path(path))


def test_missing_encoders_are_found(tmp_path):
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' A....D flac   FLAC'\necho ' A..... aac   AAC'\n")
    poor.chmod(0o755)

    assert executable.find_missing_encoders(poor) == ("libmp3lame", "libopus")
    assert executable.find_missing_encoders(executable.find_ffmpeg()) == ()


def test_decoder_closed_early_leaves_no_process(long_file):
    with Decoder(long_file) as blocks:
        next(iter(blocks))
        assert len(list_children()) == 1

    assert list_children() == []


def test_interrupted_encoding_leaves_neither_process_nor_file(tmp_path):
    def interrupted():
        yield tone((-20, 1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ffmpeg.encode(interrupted(), channels=2, out=str(tmp_path / "a.mp3"), options=["-f", "mp3"])

    assert (list_children(), list(tmp_path.iterdir())) == ([], [])


def test_failed_encoding_reports_the_reason_and_keeps_the_old_file(tmp_path):
    out = tmp_path / "a.mp3"
    out.write_bytes(b"old")

    with pytest.raises(AudioError, match="nosuchcodec"):
        ffmpeg.encode(
            iter([tone((-20, 30))] * 9), channels=2, out=str(out), options=["-c:a", "nosuchcodec", "-f", "mp3"]
        )

    assert {"a.mp3": b"old"} == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


def test_full_disk_is_a_storage_error(tmp_path):
    (tmp_path / "a.flac.partial").symlink_to("/dev/full")

    with pytest.raises(StorageError, match="cannot be written: No space left on device"):
        ffmpeg.encode(
            [tone((-20, 1))], channels=2, out=str(tmp_path / "a.flac"), options=["-c:a", "flac", "-f", "flac"]
        )

    assert [] == list(tmp_path.iterdir())


def test_title_is_not_parsed_as_a_stream(tmp_path):
    title = "x\n  Duration: 09:00:00.00\n  Stream #0:0: Audio: lie, 1 Hz, 99 channels"
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 1))))
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-metadata", f"title={title}", tmp_path / "b.flac"],
        check=True,
    )

    seen = stream_info.probe(str(tmp_path / "b.flac"))

    assert (seen.codec, seen.sample_rate_hz, seen.channel_layout, seen.declared_s) == ("flac", RATE, "stereo", 1.0)


def test_playlist_opens_no_other_file(tmp_path):
    (tmp_path / "secret.wav").write_bytes(wav(tone((-20, 1))))
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")

    with pytest.raises(AudioError):
        stream_info.probe(str(tmp_path / "list.wav"))


MEASURE_AND_MASTER = """
import resource, sys
from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.mastering import master
from pipeline.audio.tasks import MasterTask, MeasureTask
from pipeline.model import SoundTarget
part, out = sys.argv[1:]
facts = measure_recording(MeasureTask(parts=(part,)))
master(MasterTask(parts=(part,), target=SoundTarget(), facts=facts, out=out))
(peak_kb,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak_kb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)  # RUSAGE_SELF would count the parent's too (proc(5))
"""


def test_long_recording_takes_no_more_memory_than_a_short_one(tmp_path):
    minute = wav(tone((-20, 60), rate=8000, channels=1, hz=300), rate=8000, kind="u8")
    data = minute[44:]
    used = []
    for minutes in (2, 6):
        file = tmp_path / f"{minutes}.wav"
        file.write_bytes(minute[:40] + (len(data) * minutes).to_bytes(4, "little") + data * minutes)
        argv = [sys.executable, "-c", MEASURE_AND_MASTER, file, tmp_path / "out.flac"]
        output = subprocess.run(argv, capture_output=True, check=True, cwd=Path(__file__).parents[2]).stdout
        used.append([int(kilobytes) for kilobytes in output.split()])

    (short, short_ffmpeg), (long, long_ffmpeg) = used
    assert long - short < 12_000  # kB; four minutes of it would be 46 000 more
    assert long_ffmpeg - short_ffmpeg < 12_000
    assert long_ffmpeg < 300_000
