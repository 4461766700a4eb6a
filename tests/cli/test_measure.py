"""`weerslag measure`: any file, anywhere; what people read, what programs read, and what happens with files that hold no sound."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import RATE, ebur128, speech, tone, wav

CHECKOUT = Path(__file__).parents[2]
KEYS = {
    *("file", "duration_s", "channels", "sample_rate_hz", "integrated_lufs", "loudness_range_lu"),
    *("momentary_max_lufs", "short_term_max_lufs", "true_peak_dbtp", "defects"),
}


@pytest.fixture
def measure(tmp_path):
    def run(*words, **env):
        argv = [sys.executable, "-m", "pipeline", "measure", *words]
        full = {**os.environ, "PYTHONPATH": str(CHECKOUT), **env}
        done = subprocess.run(argv, cwd=tmp_path, env=full, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        assert b"Traceback" not in done.stderr
        return done

    return run


def test_a_file_is_measured_without_a_programme_and_as_ffmpeg_measures_it(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(speech() * 0.4))

    (found,) = json.loads(measure("--json", "a.wav").stdout)

    integrated, peak = ebur128(tmp_path / "a.wav")
    assert (set(found), found["file"], found["duration_s"], found["channels"]) == (KEYS, "a.wav", 24.0, 1)
    assert (found["sample_rate_hz"], found["defects"]) == (RATE, [])
    assert (found["integrated_lufs"], found["true_peak_dbtp"]) == (
        pytest.approx(integrated, abs=0.06),
        pytest.approx(peak, abs=0.2),
    )


def test_a_name_stays_on_its_line_and_a_pipe_is_called_a_pipe(measure, tmp_path):
    (tmp_path / "naam\nregel\x1b[1m.wav").write_bytes(wav(tone((-20, 1))))
    os.mkfifo(tmp_path / "pijp\n.wav")

    done = measure("naam\nregel\x1b[1m.wav", "pijp\n.wav")

    _, line = done.stdout.decode().splitlines()
    assert line.endswith("  naam\\nregel\\x1b[1m.wav")
    assert "pijp\\n.wav: error: it is a device or a pipe and no file" in done.stderr.decode()


def test_silence_is_null(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(np.zeros((4 * RATE, 2))))

    (found,) = json.loads(measure("--json", "a.wav").stdout)

    assert [found[key] for key in sorted(KEYS) if key.endswith(("_lufs", "_lu", "_dbtp"))] == [None] * 5
    assert [{"code": "silence", "at_s": None, "message": "there is nothing but silence in it"}] == found["defects"]


def test_one_channel_is_one_channel_unless_asked_otherwise(measure, tmp_path):
    (tmp_path / "one.wav").write_bytes(wav(tone((-20, 5), channels=1)))
    (tmp_path / "two.wav").write_bytes(wav(tone((-20, 5))))

    plain = json.loads(measure("--json", "one.wav", "two.wav").stdout)
    dual = json.loads(measure("--json", "--dual-mono", "one.wav", "two.wav").stdout)

    assert [-23.01, -20.0] == [pytest.approx(found["integrated_lufs"], abs=0.05) for found in plain]
    assert [-20.0, -20.0] == [pytest.approx(found["integrated_lufs"], abs=0.05) for found in dual]
    assert [pytest.approx(3.01, abs=0.002), 0] == [
        two["momentary_max_lufs"] - one["momentary_max_lufs"] for one, two in zip(plain, dual, strict=True)
    ]


def test_the_bass_of_a_film_does_not_count_and_the_surrounds_count_more(measure, tmp_path):
    source = tmp_path / "six.wav"
    levels = 10 ** (np.array([-28, -28, -24, -3, -30, -30]) / 20)  # Tech 3341 case 6, and a loud bass
    source.write_bytes(wav(tone((0, 20), channels=6) * levels))
    subprocess.run(["ffmpeg", "-v", "error", "-channel_layout", "5.1", "-i", source, tmp_path / "six.flac"], check=True)

    (found,) = json.loads(measure("--json", "six.flac").stdout)

    assert (found["channels"], found["integrated_lufs"]) == (6, pytest.approx(-23, abs=0.1))


def test_a_file_that_holds_no_sound_is_told_in_a_sentence_and_the_others_are_measured(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 2))))
    (tmp_path / "page.mp3").write_bytes(b"<!DOCTYPE html><html></html>" * 50)

    done = measure("--json", "nee.wav", "a.wav", "page.mp3")

    assert 1 == done.returncode
    assert ["a.wav"] == [found["file"] for found in json.loads(done.stdout)]
    assert "nee.wav: error: there is no such file" in done.stderr.decode()
    assert "page.mp3: error: it is a web page and no sound" in done.stderr.decode()


def test_people_get_a_table_with_one_decimal_and_the_defects_below_their_file(measure, tmp_path):
    (tmp_path / "b.wav").write_bytes(wav(np.zeros((RATE, 2))))
    (tmp_path / "c.wav").write_bytes(wav(tone((-20, 61)), data_size=0))

    done = measure("b.wav", "c.wav")

    head, silent, silence, found, defect = done.stdout.decode().splitlines()
    assert head.split() == ["LUFS", "LU", "M", "max", "S", "max", "dBTP", "length", "ch", "Hz", "file"]
    assert silent.split() == ["-", "-", "-", "-", "-", "0:00:01", "2", "48000", "b.wav"]
    assert "silence: there is nothing" in silence
    assert found.split() == ["-20.0", "0.0", "-20.0", "-20.0", "-20.0", "0:01:01", "2", "48000", "c.wav"]
    assert "header-unfinished: c.wav: the recorder never finished the header" in defect
    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", ["-y.wav", "a;b|c$(id).wav", "é 😀 שלום.wav", os.fsdecode(b"oud-\xe9.wav")])
def test_any_name_is_just_a_name(measure, tmp_path, name):
    (tmp_path / name).write_bytes(wav(tone((-20, 1))))

    done = measure("--json", "--", name)

    assert (0, 1) == (done.returncode, len(json.loads(done.stdout)))


def test_the_answer_does_not_depend_on_the_cores(measure, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(np.concatenate([speech(), speech()[::-1]], axis=1)))

    answers = {measure("--json", "a.wav", OPENBLAS_NUM_THREADS=cores).stdout for cores in ("1", "2")}
    answers.add(subprocess.run(
        ["taskset", "-c", "0", sys.executable, "-m", "pipeline", "measure", "--json", "a.wav"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, check=True,
    ).stdout)  # fmt: skip

    assert 1 == len(answers)


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path):
    def peak_kb(minutes):  # of this program alone: ru_maxrss would count its parent's too (proc(5))
        file = tmp_path / f"{minutes}.wav"
        file.write_bytes(wav(tone((-20, 60), rate=8000), rate=8000, data_size=minutes * 60 * 32_000))
        os.truncate(file, 44 + minutes * 60 * 32_000)  # the rest is silence, and takes no disk
        told = "import sys\nfrom pipeline.audio.jobs import InspectJob\nfrom pipeline.audio.recording import inspect\ninspect(InspectJob(path=sys.argv[1]))\nprint(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        return int(
            subprocess.run([sys.executable, "-c", told, file], cwd=CHECKOUT, capture_output=True, check=True).stdout
        )

    assert peak_kb(60) - peak_kb(2) < 20_000  # the ledger of an hour, and adding it up: 13 MB; its samples are 111


def test_each_second_is_heard_in_the_memory_of_the_one_before(tmp_path):
    def faults(times):
        file = tmp_path / f"{times}.wav"
        file.write_bytes(wav(np.tile(speech(), (times, 2))))
        asked = "import resource, sys\nfrom pipeline.audio.jobs import InspectJob\nfrom pipeline.audio.recording import inspect\ninspect(InspectJob(path=sys.argv[1]))\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
        return int(
            subprocess.run([sys.executable, "-c", asked, file], cwd=CHECKOUT, capture_output=True, check=True).stdout
        )

    assert (faults(8) - faults(1)) / (7 * 24) < 40  # pages a second; to give all back and ask for it again takes 180


def test_a_usage_error_is_exit_code_2(measure):
    assert 2 == measure().returncode
