"""`weerslag master`: one file through the whole chain, outside a programme."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mutagen import mp3

from tests.audio.sounds import convert, ebur128, speech, wav

CHECKOUT = Path(__file__).parents[2]


def master(*words, cwd, before=()):
    argv = [*before, sys.executable, "-m", "pipeline", "master", *words]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A folder with a quiet recording in it, and nothing else."""
    folder = tmp_path_factory.mktemp("los")
    (folder / "opname.wav").write_bytes(wav(speech(8.0) * 0.05))
    return folder


@pytest.fixture(scope="module")
def made(room):
    before = (room / "opname.wav").read_bytes()
    done = master("opname.wav", "uit.mp3", "--target", "-18", "--mono", "--report", "uit.html", "--json", cwd=room)
    assert 0 == done.returncode, done.stderr
    assert before == (room / "opname.wav").read_bytes()
    return json.loads(done.stdout)


def test_the_file_is_at_its_target_and_what_is_said_of_it_is_so(room, made):
    integrated, peak = ebur128(room / "uit.mp3", dual_mono=True)

    assert (integrated, made["integrated_lufs"]) == (pytest.approx(-18, abs=0.1001), pytest.approx(-18, abs=0.1))
    assert peak <= -1
    assert (8.0, "mp3", (room / "uit.mp3").stat().st_size) == (made["duration_s"], made["format"], made["size_bytes"])
    assert any("-18 LUFS" in step for step in made["steps"])


def test_nothing_but_the_file_and_its_report_is_written(room, made):
    assert {"opname.wav", "uit.mp3", "uit.html"} >= {file.name for file in room.iterdir()}
    assert "uit.mp3" in (room / "uit.html").read_text()


def test_a_file_that_is_there_is_not_written_over(room, made):
    before = (room / "uit.mp3").read_bytes()

    done = master("opname.wav", "uit.mp3", cwd=room)

    assert (1, before) == (done.returncode, (room / "uit.mp3").read_bytes())
    assert "--force" in done.stderr


def test_the_recording_is_not_written_over_even_by_force(room):
    before = (room / "opname.wav").read_bytes()

    done = master("opname.wav", "opname.wav", "--format", "flac", "--force", cwd=room)

    assert (1, before) == (done.returncode, (room / "opname.wav").read_bytes())


@pytest.mark.parametrize(
    ("report", "told"),
    [("opname.wav", "the recording itself"), ("nieuw.mp3", "the sound goes there"), ("nergens/x.html", "no folder")],
)
def test_a_report_takes_the_place_of_no_recording_and_no_sound_even_by_force(room, report, told):
    before = (room / "opname.wav").read_bytes()

    done = master("opname.wav", "nieuw.mp3", "--report", report, "--force", cwd=room)

    assert (1, before) == (done.returncode, (room / "opname.wav").read_bytes())
    assert told in done.stderr
    assert not (room / "nieuw.mp3").exists()


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """What people bring: a phone's voice memo, a mixing desk's eight channels, a film; and what is no sound at all."""
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
def test_whatever_holds_a_voice_is_brought_to_the_target(brought, name):
    out = f"{name}.mp3"

    done = master(name, out, "--target", "-19", "--true-peak", "-9", "--report", f"{name}.html", cwd=brought)

    assert 0 == done.returncode, done.stderr
    integrated, peak = ebur128(brought / out)
    assert (integrated, peak <= -9) == (pytest.approx(-19, abs=0.1001), True)  # its own peaks stand higher
    assert "−19,0" in (brought / f"{name}.html").read_text()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("stom.mp4", "there is no sound in it"),
        ("tekst.wav", "it is text and no sound"),
        ("leeg.wav", "the file is empty"),
        ("weg.wav", "there is no such file"),
        (f"{300 * 'a'}.wav", "it cannot be opened: File name too long"),
    ],
)
def test_what_holds_none_is_refused_in_a_sentence_with_what_to_do_and_nothing_is_written(brought, name, told):
    done = master(name, "nooit.mp3", "--report", "nooit.html", cwd=brought)

    assert 1 == done.returncode
    assert f"{name}: error: {told}" in done.stderr
    assert "hint: " in done.stderr
    assert [] == list(brought.glob("nooit*"))


def test_a_place_that_cannot_be_looked_at_is_told_before_an_hour_of_work(room, tmp_path):
    done = master(str(room / "opname.wav"), f"{300 * 'a'}.mp3", cwd=tmp_path)

    assert 1 == done.returncode
    assert "a.mp3: error: nothing can be written there: File name too long" in done.stderr


def test_a_disk_that_gets_full_is_told_with_the_name_that_was_asked_for_and_nothing_is_left(room, tmp_path):
    words = [str(room / "opname.wav"), "uit.mp3"]

    done = master(
        *words, cwd=tmp_path, before=["prlimit", "--fsize=30000"]
    )  # the system says the same of a file as of a disk

    assert 1 == done.returncode
    assert "uit.mp3: error: it cannot be written: File too large\n  hint: Make room on that disk" in done.stderr
    assert [] == list(tmp_path.iterdir())


def test_format_bitrate_and_language_are_those_that_were_asked_for(room, tmp_path):
    words = ["--format", "mp3", "--bitrate", "64", "--language", "en", "--report", "it.html", "--workers", "here"]

    done = master(str(room / "opname.wav"), "zonder-naam", *words, cwd=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert (64_000, True) == ((info := mp3.MP3(tmp_path / "zonder-naam").info).bitrate, "CBR" in str(info.bitrate_mode))
    page = (tmp_path / "it.html").read_text()
    assert ("Sound report" in page, "−16.0&nbsp;LUFS" in page, "64 kbit/s" in page) == (True, True, True)


def test_the_master_itself_may_be_asked_for_over_another_file(room, tmp_path):
    (tmp_path / "uit.flac").write_bytes(b"old")

    words = ["--force", "--workers", "here", "--report", "verslag.json"]
    done = master(str(room / "opname.wav"), "uit.flac", *words, cwd=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert "gain of" in done.stdout
    told = json.loads((tmp_path / "verslag.json").read_text())  # as tools get it for an episode
    assert ("uit.flac", True, -16.0) == (
        told["files"][0]["file"],
        told["files"][0]["met"],
        told["asked"]["integrated_lufs"],
    )
    assert len(told["treatment"]["before_lufs"]) == len(told["treatment"]["after_lufs"]) == 8
    assert ebur128(tmp_path / "uit.flac")[0] == pytest.approx(-16, abs=0.1001)


def test_what_is_no_sound_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "opname.wav").write_text("<html>not found</html>")

    done = master("opname.wav", "uit.mp3", cwd=tmp_path)

    assert (1, ["opname.wav"]) == (done.returncode, [file.name for file in tmp_path.iterdir()])
    assert "web page" in done.stderr


def test_a_name_that_tells_no_format_is_not_understood(tmp_path):
    done = master("opname.wav", "uit.xyz", cwd=tmp_path)

    assert 2 == done.returncode
    assert "--format" in done.stderr
