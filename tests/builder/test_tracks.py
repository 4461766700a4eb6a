"""An episode recorded with three microphones: one take, mixed, and everything that follows from it."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import decoded, wav
from tests.audio.takes import SEATS_M, Recorder, build_talk, record_take

pytestmark = pytest.mark.slow

SECONDS = 50.0
NEAR = [(x + 0.3, y + 0.2) for x, y in SEATS_M]
RECORDERS = (  # a pocket recorder, one that lost 400 ms, and a phone; each with its own clock
    Recorder(name="ZOOM0001_Tr1.WAV", at_m=NEAR[0], start_s=1.0),
    Recorder(name="bram.wav", at_m=NEAR[1], ppm=60, gaps=((24.0, 0.4),), level_db=-8, rate=44_100),
    Recorder(name="telefoon.m4a", at_m=NEAR[2], start_s=2.5, ppm=-45, agc=True, rate=44_100),
)
TRANSCRIPT = """WEBVTT

00:03.000 --> 00:04.000
Dit zegt iemand.

00:05.000 --> 00:06.000
<v De voorzitter>Dit zegt de voorzitter.
"""
SPEAKERS = ("Anna", "Bram", "Carla")


@pytest.fixture(scope="module")
def talk():
    return build_talk(SECONDS, seed=5, voices=3)


@pytest.fixture(scope="module")
def programme(sources, talk, tmp_path_factory):
    """A programme of one episode with three microphones; not built."""
    root = Path(shutil.copytree(sources, tmp_path_factory.mktemp("sporen") / "programme"))
    shutil.rmtree(root / "episodes/02-gesprek")
    (root / "magazine/magazine.yaml").unlink()
    folder = root / "episodes/01-gesprek"
    shutil.rmtree(folder / "recording")
    (folder / "recording").mkdir()
    record_take(folder / "recording", talk, RECORDERS)
    (folder / "transcript.vtt").write_text(TRANSCRIPT)
    return root


@pytest.fixture(scope="module")
def report(programme, build_once):
    result = build_once(programme, targets=("episodes", "press"))
    assert () == result.failures
    return json.loads((programme / "press/reports/01-gesprek.json").read_text())


def read_speakers(root):
    return json.loads((root / "press/reports/01-gesprek.speakers.json").read_text())


def measure_right_s(talk, spans, names):
    """Measure for how long spans name the one who speaks, and for how long someone else, in seconds."""
    right = wrong = 0
    for start_s, end_s, voice in talk.turns:
        for step in range(int(start_s * 20) + 2, int(end_s * 20) - 1):
            at_s = step / 20
            if sum(first <= at_s <= last for first, last, _ in talk.turns) == 1:
                named = {span["speaker"] for span in spans if span["start_s"] <= at_s < span["end_s"]}
                right += names[voice] in named
                wrong += bool(named - {names[voice]})
    return right / 20, wrong / 20


def test_the_enclosure_is_as_long_as_the_talk_not_as_all_files_together(programme, report):
    (file,) = (programme / "public/audio").glob("*.mp3")

    assert pytest.approx(SECONDS, abs=0.1) == len(decoded(file)) / 48_000


def test_the_report_tells_how_each_track_was_aligned(programme, report):
    tracks = {track["name"]: track for track in report["take"]["tracks"]}

    assert {one.name for one in RECORDERS} == set(tracks)
    assert {"microphone"} == {track["role"] for track in tracks.values()}
    assert [0.0, 1.0, 2.5] == [
        pytest.approx(tracks[name]["offset_s"], abs=0.01) for name in ("bram.wav", "ZOOM0001_Tr1.WAV", "telefoon.m4a")
    ]
    (gap,) = tracks["bram.wav"]["gaps"]
    assert (pytest.approx(24.0, abs=0.5), pytest.approx(0.4, abs=0.02)) == (gap["at_s"], gap["length_s"])
    page = (programme / "press/reports/01-gesprek.html").read_text()
    assert "3 sporen van één gesprek" in page
    assert re.search(r"0,(39|4[01])\s+s geluid ontbreekt op 0:2[34]", page.replace("\xa0", " "))


def test_spans_name_the_right_track(programme, report, talk):
    names = [one.name for one in RECORDERS]

    right_s, wrong_s = measure_right_s(talk, read_speakers(programme), names)

    assert report["take"]["speakers"] == read_speakers(programme)
    assert right_s > 0.7 * SECONDS
    assert wrong_s < 0.03 * SECONDS


def test_without_names_of_people_the_transcript_is_left_as_it_is(programme, report):
    assert "<v De voorzitter>" in (programme / "episodes/01-gesprek/transcript.vtt").read_text()
    assert not any(file.name in page.read_text() for file in RECORDERS for page in programme.glob("public/**/*.vtt"))


def run(*words, cwd):
    argv = [sys.executable, "-m", "pipeline", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "WEERSLAG_LANGUAGE": "en"}
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_check_knows_tracks_from_the_last_build_only(programme, report, tmp_path):
    unbuilt = shutil.copytree(programme, tmp_path / "programme", ignore=shutil.ignore_patterns(".weerslag"))
    names = "bram.wav, telefoon.m4a, ZOOM0001_Tr1.WAV"

    before, after = (
        [line for line in run("check", cwd=root).stderr.splitlines() if names in line] for root in (unbuilt, programme)
    )

    assert [f"episodes/01-gesprek/recording: note: 3 files in this order: {names}"] == before
    assert [f"episodes/01-gesprek/recording: note: 3 tracks of one take: {names}"] == after


def test_a_second_build_runs_nothing(programme, report, build_once):
    result = build_once(programme, targets=("episodes", "press"))

    assert {"up to date"} == {step.kind for step in result.steps} - {"replaced"}


def test_named_speakers_appear_in_spans_and_transcript_and_no_written_name_changes(
    programme, report, talk, build_once, tmp_path
):
    root = Path(shutil.copytree(programme, tmp_path / "programme"))
    head = root / "episodes/01-gesprek/episode.md"
    tracks = ", ".join(
        f"{{file: recording/{one.name}, speaker: {name}}}" for one, name in zip(RECORDERS, SPEAKERS, strict=True)
    )
    head.write_text(head.read_text().replace("chapters:", f"tracks: [{tracks}]\nchapters:"))

    result = build_once(root, targets=("episodes", "press"))

    assert () == result.failures
    assert set(SPEAKERS) == {span["speaker"] for span in read_speakers(root)}
    _, wrong_s = measure_right_s(talk, read_speakers(root), SPEAKERS)
    assert wrong_s < 0.03 * SECONDS
    (release,) = result.releases
    first, second = release.transcript
    speaks = next(voice for start_s, end_s, voice in talk.turns if start_s < 3.5 < end_s)
    assert (SPEAKERS[speaks], "De voorzitter") == (first.speaker, second.speaker)


@pytest.mark.parametrize(
    "files",
    [
        {"Nieuwe opname.wav": "01", "Nieuwe opname 2.wav": "02"},
        {"deel 1.wav": "01", "deel 2.wav": "01"},  # the same talk in both: names that say so decide
    ],
    ids=["nothing in common", "named as parts"],
)
def test_files_that_are_no_tracks_are_parts(sources, build_once, tmp_path, files):
    root = Path(shutil.copytree(sources, tmp_path / "programme"))
    shutil.rmtree(root / "episodes/02-gesprek")
    (root / "magazine/magazine.yaml").unlink()
    (root / "episodes/01-gesprek/recording/a.wav").unlink()
    for name, episode in files.items():
        source = sources / f"episodes/{episode}-gesprek/recording/a.wav"
        shutil.copy(source, root / "episodes/01-gesprek/recording" / name)

    (release,) = build_once(root, targets=("episodes",)).releases

    assert release.take is None
    assert pytest.approx(18.0, abs=0.01) == release.duration_s


def test_tracks_that_do_not_belong_together_are_refused_in_plain_words(sources, build_once, talk, tmp_path):
    root = Path(shutil.copytree(sources, tmp_path / "programme"))
    folder = root / "episodes/01-gesprek"
    other = build_talk(SECONDS, seed=77, voices=2)
    record_take(folder / "recording", replace(talk, voices=talk.voices), RECORDERS[:1])
    record_take(folder / "recording", other, [replace(RECORDERS[1], name="ander.wav", gaps=())])
    head = folder / "episode.md"
    tracks = "tracks: [{file: recording/ZOOM0001_Tr1.WAV}, {file: recording/ander.wav}]"
    head.write_text(head.read_text().replace("chapters:", f"{tracks}\nchapters:"))

    result = build_once(root, targets=("episodes",))

    (step, error) = result.failures[0]
    assert "aligned 01-gesprek" == step.subject
    assert error.hint
    assert "Traceback" not in str(error)
    assert "01-gesprek" not in {release.episode.slug for release in result.releases}


def test_master_mixes_tracks_or_joins_parts(programme, sources, tmp_path):
    recording = programme / "episodes/01-gesprek/recording"
    files = [str(recording / one.name) for one in RECORDERS]
    two = [str(sources / f"episodes/{number}-gesprek/recording/a.wav") for number in ("01", "02")]

    tracks = run("master", "--tracks", *files, "tracks.mp3", "--report", "tracks.html", "--json", cwd=tmp_path)
    parts = run("master", *two, "parts.mp3", "--json", cwd=tmp_path)

    assert (0, 0) == (tracks.returncode, parts.returncode), tracks.stderr + parts.stderr
    assert pytest.approx(SECONDS, abs=0.1) == json.loads(tracks.stdout)["duration_s"]
    assert 3 == len(json.loads(tracks.stdout)["take"]["tracks"])
    assert pytest.approx(18.0, abs=0.1) == json.loads(parts.stdout)["duration_s"]
    assert json.loads(parts.stdout)["take"] is None
    assert "3 sporen van één gesprek" in (tmp_path / "tracks.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.wav", "uit.mp3"), "a.wav: error: not tracks of one talk"),
        (("a.wav", "weg.wav", "uit.mp3"), "weg.wav: error: file not found"),
        (("a.wav", "ruis.wav", "uit.mp3"), "hint: "),
    ],
)
def test_master_refuses_what_is_no_take_and_writes_nothing(programme, tmp_path, words, message):
    shutil.copy(programme / "episodes/01-gesprek/recording/ZOOM0001_Tr1.WAV", tmp_path / "a.wav")
    noise = np.random.default_rng(1).standard_normal((20 * 48_000, 1)).astype(np.float32) * 0.01
    (tmp_path / "ruis.wav").write_bytes(wav(noise))

    result = run("master", "--tracks", *words, cwd=tmp_path)

    assert 0 != result.returncode
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "uit.mp3").exists()
