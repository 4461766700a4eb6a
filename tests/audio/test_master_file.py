"""`master_file`: the bytes of `master` and `encode_master`, on any number of cores."""

import os
import subprocess
import sys

import numpy as np
import pytest

from pipeline.audio import parallel
from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.encoding.encoder import encode_master
from pipeline.audio.mastering import master, master_file
from pipeline.audio.tasks import EncodeTask, MasterFileTask, MasterTask, MeasureTask
from pipeline.model import Cut, SoundTarget
from tests.audio.panel import panel
from tests.audio.sounds import RATE, convert, decoded, ebur128, speech, wav

pytestmark = pytest.mark.slow

TARGET = SoundTarget()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A stereo panel with all common defects, long enough for two chunks."""
    whole = np.resize(panel().sound, (round(61.234 * RATE), 1))
    file = tmp_path_factory.mktemp("opname") / "opname.wav"
    file.write_bytes(wav(np.concatenate([whole, 0.7 * np.roll(whole, 31)], axis=1), kind="s24"))
    return file


@pytest.fixture(scope="module")
def mastered(recording):
    out = recording.with_name("in-one-task.mp3")
    return out, master_file(MasterFileTask(parts=(str(recording),), format="mp3", target=TARGET, out=str(out)))


def produce_in_three_tasks(recording, target, folder):
    """Measure a recording, master it and encode it to ``a.mp3``; the results of the three tasks."""
    wav_file, out = folder / "master.wav", folder / "a.mp3"
    facts = measure_recording(MeasureTask(parts=(str(recording),)))
    mastered = master(MasterTask(parts=(str(recording),), target=target, facts=facts, out=str(wav_file)))
    task = EncodeTask(
        master=str(wav_file),
        master_lufs=mastered.integrated_lufs,
        sampled=mastered.sampled,
        format="mp3",
        target=target,
        out=str(out),
    )
    return facts, mastered, encode_master(task)


def test_one_task_produces_the_same_bytes_as_three_tasks(recording, mastered, tmp_path):
    facts, _, encoded = produce_in_three_tasks(recording, TARGET, tmp_path)

    assert mastered[0].read_bytes() == (tmp_path / "a.mp3").read_bytes()
    assert mastered[1].encoded == encoded
    assert mastered[1].recording.integrated_lufs == pytest.approx(facts.integrated_lufs, abs=1e-6)
    assert mastered[1].recording.defects == facts.defects


def test_excess_peaks_of_the_encoder_are_attenuated_the_same_in_one_task_and_in_three(recording, tmp_path):
    target = SoundTarget(true_peak_dbtp=-6.0)  # so low that the limiter changes every wave, and LAME restores peaks
    direct = tmp_path / "direct.mp3"

    result = master_file(MasterFileTask(parts=(str(recording),), format="mp3", target=target, out=str(direct)))
    _, mastered, encoded = produce_in_three_tasks(recording, target, tmp_path)

    assert direct.read_bytes() == (tmp_path / "a.mp3").read_bytes()
    assert result.encoded == encoded
    assert mastered.true_peak_dbtp < encoded.true_peak_dbtp <= -6
    assert ["a.mp3", "direct.mp3", "master.wav"] == sorted(file.name for file in tmp_path.iterdir())


@pytest.mark.parametrize(("workers", "copied"), [(1, False), (3, False), (3, True)])
def test_result_does_not_depend_on_number_and_kind_of_workers(
    recording, mastered, tmp_path, monkeypatch, workers, copied
):
    monkeypatch.setattr(parallel, "count_cores", lambda: workers)
    monkeypatch.setattr(parallel, "_can_fork", lambda: copied)

    result = master_file(
        MasterFileTask(parts=(str(recording),), format="mp3", target=TARGET, out=str(tmp_path / "a.mp3"))
    )

    assert (mastered[0].read_bytes(), mastered[1]) == ((tmp_path / "a.mp3").read_bytes(), result)
    assert ["a.mp3"] == [file.name for file in tmp_path.iterdir()]


def test_parts_of_other_formats_are_mastered_the_same_on_any_number_of_cores(recording, tmp_path, monkeypatch):
    """They are decoded once to a temporary file, and rendered from there in ranges."""
    parts = (str(convert(recording, tmp_path / "een.flac", "-t", "21")), str(recording))
    cuts = (Cut(from_ms=19_000, to_ms=22_500), Cut(from_ms=70_000, to_ms=71_000))
    facts = measure_recording(MeasureTask(parts=parts, cuts=cuts))
    results = []
    for workers in (1, 3):
        monkeypatch.setattr(parallel, "count_cores", lambda workers=workers: workers)
        out = tmp_path / "uit" / f"{workers}.wav"
        out.parent.mkdir(exist_ok=True)
        results.append(master(MasterTask(parts=parts, cuts=cuts, target=TARGET, facts=facts, out=str(out))))

    assert results[0] == results[1]
    assert (tmp_path / "uit/1.wav").read_bytes() == (tmp_path / "uit/3.wav").read_bytes()
    assert ["1.wav", "3.wav"] == sorted(file.name for file in (tmp_path / "uit").iterdir())
    assert len(decoded(tmp_path / "uit/1.wav")) == round((21 + 61.234 - 3.5 - 1) * RATE)
    assert ebur128(tmp_path / "uit/1.wav")[0] == pytest.approx(-16, abs=0.1)


def test_every_stage_of_the_chain_is_applied(mastered):
    steps = " · ".join(map(str, mastered[1].master.steps))

    for words in (
        "high-pass",
        "hum of 50",
        "noise reduction of",
        "speakers brought to one level",
        "gain of",
        "true-peak limiter",
    ):
        assert words in steps


def test_file_meets_its_target_and_length_by_another_meter(recording, mastered):
    integrated, peak = ebur128(mastered[0])

    assert (integrated, peak <= -1) == (pytest.approx(-16, abs=0.3), True)
    assert integrated == pytest.approx(mastered[1].encoded.integrated_lufs, abs=0.1)
    assert len(decoded(recording)) == len(decoded(mastered[0]))
    assert mastered[1].master.integrated_lufs == pytest.approx(-16, abs=0.05)


@pytest.mark.parametrize(
    ("name", "options", "format_"),
    [("a.flac", [], "mp3"), ("a.wav", ["-ar", "44100"], "mp3"), ("a.wav", ["-c:a", "pcm_s16le"], "m4a")],
)
def test_other_inputs_and_formats_leave_no_temporary_file(tmp_path, name, options, format_):
    (tmp_path / "source.wav").write_bytes(wav(speech(6.0) * 0.2, kind="s24"))
    source = convert(tmp_path / "source.wav", tmp_path / name, *options)
    out = tmp_path / "new" / f"uit.{format_}"
    out.parent.mkdir()

    result = master_file(MasterFileTask(parts=(str(source),), format=format_, target=TARGET, out=str(out)))

    assert ebur128(out)[0] == pytest.approx(-16, abs=0.3)
    assert result.encoded.integrated_lufs == pytest.approx(-16, abs=0.3)
    assert [out.name] == [file.name for file in out.parent.iterdir()]


@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_channels_of_opposite_polarity_do_not_cancel_in_the_file(tmp_path, channels):
    voice = speech(6.0) * np.float32(0.2)
    (tmp_path / "opname.wav").write_bytes(wav(np.concatenate([voice, -voice], axis=1)))
    target, out = SoundTarget(channels=channels), tmp_path / "uit.mp3"

    result = master_file(
        MasterFileTask(parts=(str(tmp_path / "opname.wav"),), format="mp3", target=target, out=str(out))
    )

    sound = decoded(out)
    assert sound.shape == (len(voice), 1 if channels == "mono" else 2)
    assert "right channel inverted" in str(result.master.steps[0])
    assert ebur128(out, dual_mono=True)[0] == pytest.approx(-16, abs=0.3)


def test_full_disk_while_decoding_is_explained_and_loses_nothing(tmp_path):
    """A disk of 2 MB, in a name space of its own; the decoded recording takes 6 MB."""
    source, disk = tmp_path / "opname.flac", tmp_path / "disk"
    tone = ["-f", "lavfi", "-i", "sine=300:duration=30:sample_rate=48000"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, source], check=True)
    disk.mkdir()
    before = source.read_bytes()
    script = (
        'mount -t tmpfs -o size=2m none "$2" && echo kept > "$2/uit.mp3" && '
        '{ "$0" -m pipeline master --force "$1" "$2/uit.mp3" >&2; code=$?; ls "$2"; cat "$2/uit.mp3"; exit $code; }'
    )
    name_space = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    argv = ["unshare", *name_space, "sh", "-c", script, sys.executable, source, disk]

    result = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})

    assert result.returncode == 1
    assert "uit.mp3: error: cannot be written: No space left on device" in result.stderr
    assert "hint: Make room on that disk, or choose another place." in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == "uit.mp3\nkept\n"
    assert source.read_bytes() == before
