"""`weerslag measure`: table, JSON, and errors for files without audio."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import RATE, ebur128, speech, tone, wav

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
KEYS = {
    *("file", "duration_s", "channels", "sample_rate_hz", "integrated_lufs", "loudness_range_lu"),
    *("momentary_max_lufs", "short_term_max_lufs", "true_peak_dbtp", "defects"),
}


@pytest.fixture
def measure(tmp_path):
    def run(*arguments, **env):
        argv = [sys.executable, "-m", "pipeline", "measure", *arguments]
        full = {**os.environ, "PYTHONPATH": str(CHECKOUT), **env}
        result = subprocess.run(
            argv, cwd=tmp_path, env=full, capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        assert b"Traceback" not in result.stderr
        return result

    return run


def test_readings_equal_those_of_ffmpeg_and_need_no_programme(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(speech() * 0.4))

    (found,) = json.loads(measure("--json", "a.wav").stdout)

    integrated, peak = ebur128(tmp_path / "a.wav")
    assert (set(found), found["file"], found["duration_s"], found["channels"]) == (KEYS, "a.wav", 24.0, 1)
    assert (found["sample_rate_hz"], found["defects"]) == (RATE, [])
    assert (found["integrated_lufs"], found["true_peak_dbtp"]) == (
        pytest.approx(integrated, abs=0.06),
        pytest.approx(peak, abs=0.2),
    )


def test_unprintable_file_names_are_escaped_and_pipes_refused(measure, tmp_path):
    (tmp_path / "naam\nregel\x1b[1m.wav").write_bytes(wav(tone((-20, 1))))
    os.mkfifo(tmp_path / "pijp\n.wav")

    result = measure("naam\nregel\x1b[1m.wav", "pijp\n.wav")

    _, line = result.stdout.decode().splitlines()
    assert line.endswith("  naam\\nregel\\x1b[1m.wav")
    assert "pijp\\n.wav: error: this is a device or a pipe, not a file" in result.stderr.decode()


def test_silence_is_null(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(np.zeros((4 * RATE, 2))))

    (found,) = json.loads(measure("--json", "a.wav").stdout)

    assert [found[key] for key in sorted(KEYS) if key.endswith(("_lufs", "_lu", "_dbtp"))] == [None] * 5
    assert [{"code": "silence", "at_s": None, "message": "contains only silence"}] == found["defects"]


def test_mono_is_measured_as_one_channel_without_dual_mono(measure, tmp_path):
    (tmp_path / "one.wav").write_bytes(wav(tone((-20, 5), channels=1)))
    (tmp_path / "two.wav").write_bytes(wav(tone((-20, 5))))

    plain = json.loads(measure("--json", "one.wav", "two.wav").stdout)
    dual = json.loads(measure("--json", "--dual-mono", "one.wav", "two.wav").stdout)

    assert [-23.01, -20.0] == [pytest.approx(found["integrated_lufs"], abs=0.05) for found in plain]
    assert [-20.0, -20.0] == [pytest.approx(found["integrated_lufs"], abs=0.05) for found in dual]
    assert [pytest.approx(3.01, abs=0.002), 0] == [
        two["momentary_max_lufs"] - one["momentary_max_lufs"] for one, two in zip(plain, dual, strict=True)
    ]


def test_surround_channels_have_their_weights(measure, tmp_path):
    source = tmp_path / "six.wav"
    levels = 10 ** (np.array([-28, -28, -24, -3, -30, -30]) / 20)  # Tech 3341 case 6, and a loud low-frequency channel
    source.write_bytes(wav(tone((0, 20), channels=6) * levels))
    subprocess.run(["ffmpeg", "-v", "error", "-channel_layout", "5.1", "-i", source, tmp_path / "six.flac"], check=True)

    (found,) = json.loads(measure("--json", "six.flac").stdout)

    assert (found["channels"], found["integrated_lufs"]) == (6, pytest.approx(-23, abs=0.1))


def test_file_without_audio_is_an_error_and_the_others_are_measured(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 2))))
    (tmp_path / "page.mp3").write_bytes(b"<!DOCTYPE html><html></html>" * 50)

    result = measure("--json", "nee.wav", "a.wav", "page.mp3")

    assert 1 == result.returncode
    assert ["a.wav"] == [found["file"] for found in json.loads(result.stdout)]
    assert "nee.wav: error: file not found" in result.stderr.decode()
    assert "page.mp3: error: this is a web page, not an audio file" in result.stderr.decode()


def test_table_has_one_decimal_and_lists_defects_below_each_file(measure, tmp_path):
    (tmp_path / "b.wav").write_bytes(wav(np.zeros((RATE, 2))))
    (tmp_path / "c.wav").write_bytes(wav(tone((-20, 61)), data_size=0))

    result = measure("b.wav", "c.wav")

    head, silent, silence, found, defect = result.stdout.decode().splitlines()
    assert head.split() == ["LUFS", "LU", "M", "max", "S", "max", "dBTP", "length", "ch", "Hz", "file"]
    assert silent.split() == ["-", "-", "-", "-", "-", "0:00:01", "2", "48000", "b.wav"]
    assert "silence: contains only silence" in silence
    assert found.split() == ["-20.0", "0.0", "-20.0", "-20.0", "-20.0", "0:01:01", "2", "48000", "c.wav"]
    assert "header-unfinished: c.wav: the recorder never finished the header" in defect
    assert (0, b"") == (result.returncode, result.stderr)


@pytest.mark.parametrize("name", ["-y.wav", "a;b|c$(id).wav", "é 😀 שלום.wav", os.fsdecode(b"oud-\xe9.wav")])
def test_any_file_name_is_accepted(measure, tmp_path, name):
    (tmp_path / name).write_bytes(wav(tone((-20, 1))))

    result = measure("--json", "--", name)

    assert (0, 1) == (result.returncode, len(json.loads(result.stdout)))


def test_result_does_not_depend_on_the_number_of_cores(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(np.concatenate([speech(), speech()[::-1]], axis=1)))

    outputs = {measure("--json", "a.wav", OPENBLAS_NUM_THREADS=cores).stdout for cores in ("1", "2")}
    outputs.add(subprocess.run(
        ["taskset", "-c", "0", sys.executable, "-m", "pipeline", "measure", "--json", "a.wav"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, check=True,
    ).stdout)  # fmt: skip

    assert 1 == len(outputs)


def test_hour_takes_no_more_memory_than_two_minutes(tmp_path):
    def peak_kb(minutes):  # of this process only: ru_maxrss would count its parent's too (proc(5))
        file = tmp_path / f"{minutes}.wav"
        file.write_bytes(wav(tone((-20, 60), rate=8000), rate=8000, data_size=minutes * 60 * 32_000))
        os.truncate(file, 44 + minutes * 60 * 32_000)  # the rest is silence, and takes no disk
        script = "import sys\nfrom pipeline.audio.tasks import InspectTask\nfrom pipeline.audio.analysis.recording import inspect_file\ninspect_file(InspectTask(path=sys.argv[1]))\nprint(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        return int(
            subprocess.run([sys.executable, "-c", script, file], cwd=CHECKOUT, capture_output=True, check=True).stdout
        )

    assert peak_kb(60) - peak_kb(2) < 20_000  # the energies of an hour, and their sums: 13 MB; its samples are 111


def test_each_second_reuses_the_memory_of_the_one_before(tmp_path):
    def count_page_faults(times):
        file = tmp_path / f"{times}.wav"
        file.write_bytes(wav(np.tile(speech(), (times, 2))))
        script = "import resource, sys\nfrom pipeline.audio.tasks import InspectTask\nfrom pipeline.audio.analysis.recording import inspect_file\ninspect_file(InspectTask(path=sys.argv[1]))\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
        return int(
            subprocess.run([sys.executable, "-c", script, file], cwd=CHECKOUT, capture_output=True, check=True).stdout
        )

    assert (count_page_faults(8) - count_page_faults(1)) / (
        7 * 24
    ) < 40  # pages per second; returning all memory and requesting it again takes 180


def test_usage_error_is_exit_code_2(measure):
    assert 2 == measure().returncode
