"""`weerslag master`: master one audio file outside a programme."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mutagen import mp3

from tests.audio.sounds import convert, ebur128, speech, wav

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]


def master(*words, cwd, before=()):
    argv = [*before, sys.executable, "-m", "pipeline", "master", *words]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    result = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a quiet recording, and nothing else."""
    folder = tmp_path_factory.mktemp("los")
    (folder / "opname.wav").write_bytes(wav(speech(8.0) * 0.05))
    return folder


@pytest.fixture(scope="module")
def mastered(folder):
    before = (folder / "opname.wav").read_bytes()
    result = master("opname.wav", "uit.mp3", "--target", "-18", "--mono", "--report", "uit.html", "--json", cwd=folder)
    assert 0 == result.returncode, result.stderr
    assert before == (folder / "opname.wav").read_bytes()
    return json.loads(result.stdout)


def test_file_meets_its_target_and_reported_measurements_are_correct(folder, mastered):
    integrated, peak = ebur128(folder / "uit.mp3", dual_mono=True)

    assert (integrated, mastered["integrated_lufs"]) == (pytest.approx(-18, abs=0.1001), pytest.approx(-18, abs=0.1))
    assert peak <= -1
    assert (8.0, "mp3", (folder / "uit.mp3").stat().st_size) == (
        mastered["duration_s"],
        mastered["format"],
        mastered["size_bytes"],
    )
    assert any("-18 LUFS" in step for step in mastered["steps"])


def test_only_the_file_and_its_report_are_written(folder, mastered):
    assert {"opname.wav", "uit.mp3", "uit.html"} >= {file.name for file in folder.iterdir()}
    assert "uit.mp3" in (folder / "uit.html").read_text()


def test_existing_file_is_not_replaced(folder, mastered):
    before = (folder / "uit.mp3").read_bytes()

    result = master("opname.wav", "uit.mp3", cwd=folder)

    assert (1, before) == (result.returncode, (folder / "uit.mp3").read_bytes())
    assert "--force" in result.stderr


def test_recording_is_not_replaced_even_with_force(folder):
    before = (folder / "opname.wav").read_bytes()

    result = master("opname.wav", "opname.wav", "--format", "flac", "--force", cwd=folder)

    assert (1, before) == (result.returncode, (folder / "opname.wav").read_bytes())


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("opname.wav", "the recording itself"),
        ("nieuw.mp3", "the audio file is written there"),
        ("nergens/x.html", "no such folder"),
    ],
)
def test_report_replaces_neither_recording_nor_output_even_with_force(folder, report, message):
    before = (folder / "opname.wav").read_bytes()

    result = master("opname.wav", "nieuw.mp3", "--report", report, "--force", cwd=folder)

    assert (1, before) == (result.returncode, (folder / "opname.wav").read_bytes())
    assert message in result.stderr
    assert not (folder / "nieuw.mp3").exists()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A voice memo, eight channels of a mixing desk, a film; and files without audio."""
    folder = tmp_path_factory.mktemp("gebracht")
    talk = speech(6.0) * 0.1
    chance = np.random.default_rng(1)
    desk = np.concatenate([np.roll(talk, 480 * number) for number in range(8)], axis=1)
    (folder / "los.wav").write_bytes(wav(talk))
    (folder / "acht.wav").write_bytes(wav(desk + chance.normal(0, 1e-4, desk.shape).astype("f4"), kind="s24"))
    film = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=5:duration=6", "-c:v", "mpeg4"]
    convert(folder / "los.wav", folder / "telefoon.m4a", "-ar", "16000", "-c:a", "aac", "-b:a", "32k")
    convert(folder / "los.wav", folder / "film.mp4", *film, "-c:a", "aac", "-shortest")
    convert(folder / "film.mp4", folder / "stom.mp4", "-an", "-c", "copy")
    (folder / "tekst.wav").write_text("Dit is geen geluid.\n" * 30)
    (folder / "leeg.wav").write_bytes(b"")
    return folder


@pytest.mark.parametrize("name", ["telefoon.m4a", "acht.wav", "film.mp4"])
def test_any_container_with_audio_is_mastered_to_the_target(inputs, name):
    out = f"{name}.mp3"

    result = master(name, out, "--target", "-19", "--true-peak", "-9", "--report", f"{name}.html", cwd=inputs)

    assert 0 == result.returncode, result.stderr
    integrated, peak = ebur128(inputs / out)
    assert (integrated, peak <= -9) == (pytest.approx(-19, abs=0.1001), True)  # its own peaks are higher
    assert "−19,0" in (inputs / f"{name}.html").read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stom.mp4", "no audio stream that can be decoded"),
        ("tekst.wav", "this is a text file, not an audio file"),
        ("leeg.wav", "the file is empty"),
        ("weg.wav", "file not found"),
        (f"{300 * 'a'}.wav", "cannot be opened: File name too long"),
    ],
)
def test_input_without_audio_is_rejected_with_a_hint_and_nothing_is_written(inputs, name, message):
    result = master(name, "nooit.mp3", "--report", "nooit.html", cwd=inputs)

    assert 1 == result.returncode
    assert f"{name}: error: {message}" in result.stderr
    assert "hint: " in result.stderr
    assert [] == list(inputs.glob("nooit*"))


def test_unusable_destination_is_reported_before_the_work(folder, tmp_path):
    result = master(str(folder / "opname.wav"), f"{300 * 'a'}.mp3", cwd=tmp_path)

    assert 1 == result.returncode
    assert "a.mp3: error: cannot be written: File name too long" in result.stderr


def test_full_disk_is_reported_with_the_requested_name_and_nothing_remains(folder, tmp_path):
    words = [str(folder / "opname.wav"), "uit.mp3"]

    result = master(
        *words, cwd=tmp_path, before=["prlimit", "--fsize=30000"]
    )  # the error is the same for a file as for a disk

    assert 1 == result.returncode
    assert "uit.mp3: error: cannot be written: File too large\n  hint: Make room on that disk" in result.stderr
    assert [] == list(tmp_path.iterdir())


def test_format_bitrate_and_language_follow_the_options(folder, tmp_path):
    words = ["--format", "mp3", "--bitrate", "64", "--language", "en", "--report", "it.html", "--workers", "local"]

    result = master(str(folder / "opname.wav"), "zonder-naam", *words, cwd=tmp_path)

    assert 0 == result.returncode, result.stderr
    assert (64_000, True) == ((info := mp3.MP3(tmp_path / "zonder-naam").info).bitrate, "CBR" in str(info.bitrate_mode))
    page = (tmp_path / "it.html").read_text()
    assert ("Processing report" in page, "−16.0&nbsp;LUFS" in page, "64 kbit/s" in page) == (True, True, True)


def test_flac_output_with_force_and_json_report(folder, tmp_path):
    (tmp_path / "uit.flac").write_bytes(b"old")

    words = ["--force", "--workers", "local", "--report", "verslag.json"]
    result = master(str(folder / "opname.wav"), "uit.flac", *words, cwd=tmp_path)

    assert 0 == result.returncode, result.stderr
    assert "gain of" in result.stdout
    report = json.loads((tmp_path / "verslag.json").read_text())  # as tools get it for an episode
    assert ("uit.flac", True, -16.0) == (
        report["files"][0]["file"],
        report["files"][0]["met"],
        report["target"]["integrated_lufs"],
    )
    assert len(report["processing"]["before_lufs"]) == len(report["processing"]["after_lufs"]) == 8
    assert ebur128(tmp_path / "uit.flac")[0] == pytest.approx(-16, abs=0.1001)


def test_web_page_in_place_of_audio_is_reported_and_nothing_remains(tmp_path):
    (tmp_path / "opname.wav").write_text("<html>not found</html>")

    result = master("opname.wav", "uit.mp3", cwd=tmp_path)

    assert (1, ["opname.wav"]) == (result.returncode, [file.name for file in tmp_path.iterdir()])
    assert "web page" in result.stderr


def test_unknown_suffix_needs_format_option(tmp_path):
    result = master("opname.wav", "uit.xyz", cwd=tmp_path)

    assert 2 == result.returncode
    assert "--format" in result.stderr
