"""`weerslag transcribe` and `weerslag models` as users run them, with a real model and real Dutch speech."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.builder.speech_recognition import EpisodeSpeech
from pipeline.builder.transcription import check_transcript, write_transcript_draft
from pipeline.cache import Cache
from pipeline.cli import weerslag
from pipeline.content import load_programme
from pipeline.errors import DependencyError, StorageError, WeerslagError
from pipeline.model.review import ReviewRecord
from pipeline.speech.models import find_transcription_model
from pipeline.transcripts.vtt_format import digest_cue
from tests.speech.dutch import build_talk, write_wav
from tests.speech.test_cues import say

SLUG = "01-eerste-aflevering"


def run(root, *arguments):
    """Run a command; an error of it is raised."""
    return CliRunner().invoke(weerslag, ["-C", str(root), *arguments], catch_exceptions=False)


def transcribe(root, *arguments):
    return run(root, "transcribe", "--workers", "local", *arguments)


def read(root, name):
    return (root / "episodes" / SLUG / name).read_text(encoding="utf-8")


def add_to_episode(root, line):
    """Add a line to the front matter of the episode."""
    episode = root / "episodes" / SLUG / "episode.md"
    episode.write_text(episode.read_text(encoding="utf-8").replace("---\n", f"---\n{line}\n", 1), encoding="utf-8")


def test_a_draft_is_written_kept_and_drafted_again(programme):
    first = transcribe(programme, "--json")

    assert first.exit_code == 0, first.output
    (result,) = json.loads(first.stdout)
    assert result["words"] > 5
    assert result["kept"] == 0
    vtt, words = read(programme, "transcript.vtt"), json.loads(read(programme, "transcript.words.json"))
    assert result["cues"] == len(load_programme(programme).episodes[0].transcript) > 1
    assert words["model"].startswith("d01c3014881c9c6f")
    assert all(0 <= word["start_s"] < word["end_s"] for word in words["words"])

    # unchanged: all results come from the cache, and the files are the same
    second = transcribe(programme, SLUG)
    assert "recognised" not in second.stderr
    assert (vtt, words) == (read(programme, "transcript.vtt"), json.loads(read(programme, "transcript.words.json")))

    # edited: it stays as it is, and with --again the edited cue stays
    lines = vtt.splitlines()
    at = next(number for number, line in enumerate(lines) if "-->" in line) + 1
    lines[at] = "Dit heb ik zelf verbeterd."
    edited = "\n".join(lines) + "\n"
    (programme / "episodes" / SLUG / "transcript.vtt").write_text(edited, encoding="utf-8")
    with pytest.raises(WeerslagError, match="was edited"):
        transcribe(programme, SLUG)
    assert edited == read(programme, "transcript.vtt")
    again = transcribe(programme, SLUG, "--again")
    assert "1 edited cues were kept" in again.output
    assert "Dit heb ik zelf verbeterd." in read(programme, "transcript.vtt")
    texts = [cue.text for cue in load_programme(programme).episodes[0].transcript]
    assert sum(text.startswith("Dit heb ik zelf verbeterd.") for text in texts) == 1


def test_a_reviewed_transcript_stays_as_it_is(programme):
    vtt = "WEBVTT\n\n00:00.500 --> 00:20.000\nNagekeken.\n"
    (programme / "episodes" / SLUG / "transcript.vtt").write_text(vtt, encoding="utf-8")
    add_to_episode(programme, "transcript_reviewed: 2024-06-20")

    for option in ((), ("--again",)):
        with pytest.raises(WeerslagError, match="was reviewed"):
            transcribe(programme, SLUG, *option)

    assert vtt == read(programme, "transcript.vtt")


def test_an_edit_during_recognition_is_not_lost(programme):
    content = load_programme(programme)
    episode, file = content.episodes[0], programme / "episodes" / SLUG / "transcript.vtt"
    present = check_transcript(programme, episode, again=False)
    file.write_text("WEBVTT\n\n00:00.500 --> 00:20.000\nIntussen getypt.\n", encoding="utf-8")
    speech = EpisodeSpeech(words=(), phrases=(), spans=(), is_from_tracks=False, sound="", terms=())

    with pytest.raises(StorageError, match="changed meanwhile"):
        write_transcript_draft(
            episode,
            speech,
            root=programme,
            cache=Cache(programme / ".weerslag"),
            model=find_transcription_model(Path(os.environ["WEERSLAG_MODELS"])),
            language="nl",
            present=present,
        )

    assert "Intussen getypt." in file.read_text(encoding="utf-8")


def test_a_cue_that_somebody_heard_stays(programme):
    settings = {
        "root": programme,
        "cache": Cache(programme / ".weerslag"),
        "model": find_transcription_model(Path(os.environ["WEERSLAG_MODELS"])),
        "language": "nl",
    }

    def draft(episode, text, *, again):
        words = tuple(say(text.split("|")[0]) + say(text.split("|")[1], at_s=8.0))
        speech = EpisodeSpeech(words=words, phrases=(), spans=(), is_from_tracks=False, sound="", terms=())
        present = check_transcript(programme, episode, again=again)
        return write_transcript_draft(episode, speech, present=present, **settings)

    draft(load_programme(programme).episodes[0], "Goedemiddag samen.|Tot ziens.", again=False)
    episode = load_programme(programme).episodes[0]
    heard = ReviewRecord(
        cue=digest_cue(episode.transcript[0]), start_ms=0, end_ms=1000, kind="heard", by="ab", at="2024-06-20", sound=""
    )
    reviewed = replace(episode, review=(heard,))

    with pytest.raises(WeerslagError, match="was edited"):
        check_transcript(programme, reviewed, again=False)
    assert draft(reviewed, "Goeiemiddag samen.|Tot spoedig.", again=True).kept == 1
    assert ["Goedemiddag samen.", "Tot spoedig."] == [
        cue.text for cue in load_programme(programme).episodes[0].transcript
    ]


def test_a_draft_never_counts_as_reviewed(programme):
    add_to_episode(programme, "transcript_reviewed: 2024-06-20")

    with pytest.raises(WeerslagError, match="cannot be reviewed"):
        transcribe(programme, SLUG)


def test_a_transcript_made_elsewhere_stays_as_it_is(programme):
    vtt = "WEBVTT\n\n00:00.500 --> 00:20.000\nUitgetypt.\n"
    (programme / "episodes" / SLUG / "transcript.vtt").write_text(vtt, encoding="utf-8")

    with pytest.raises(WeerslagError, match="not drafted here"):
        transcribe(programme, SLUG, "--again")

    assert vtt == read(programme, "transcript.vtt")


def test_words_in_a_cut_are_not_recognised(programme):
    sound, (first, _) = build_talk(["vit-m-hlava", "vit-v-proc"])
    write_wav(programme / "episodes" / SLUG / "recording" / "talk.wav", sound)
    add_to_episode(programme, f'cuts: [{{from: "00:00.300", to: "00:{(first.last / 16000 + 0.2):06.3f}"}}]')

    transcribe(programme, SLUG)

    words = json.loads(read(programme, "transcript.words.json"))["words"]
    assert words
    assert all(word["start_s"] >= first.last / 16000 for word in words)


@pytest.mark.parametrize("chosen", ["", "elsewhere"])
def test_without_a_model_the_message_says_how_to_get_one(programme, tmp_path, monkeypatch, chosen):
    monkeypatch.setenv("WEERSLAG_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("WEERSLAG_ASR_MODEL", chosen and str(tmp_path / chosen))

    with pytest.raises(DependencyError) as error:
        transcribe(programme)

    assert error.value.exit_code == 5
    assert ("CTranslate2" in error.value.hint) is bool(chosen) or "models install transcription" in error.value.hint
    assert not (programme / "episodes" / SLUG / "transcript.vtt").exists()


def test_models_and_doctor_list_what_is_there_and_what_is_missing(programme, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    shutil.copytree(os.environ["WEERSLAG_MODELS"] + "/transcription", folder / "transcription", symlinks=True)
    monkeypatch.setenv("WEERSLAG_MODELS", str(folder))

    listed = run(programme, "models", "list").stdout
    findings = json.loads(run(programme, "doctor", "--json").stdout)

    assert str(folder / "transcription") in listed
    assert "weerslag models install speakers" in listed
    assert {"speech-model": "info", "speakers-model": "info", "espeak-ng": "info"}.items() <= {
        one["code"]: one["severity"] for one in findings
    }.items()
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "espeak-ng"], capture_output=True, text=True, check=True
    )
    synthesis = next(one["message"] for one in findings if one["code"] == "espeak-ng")
    assert version.stdout.split("+")[0] in synthesis
