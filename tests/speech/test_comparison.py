"""Where two models disagree: by hand-made words, then with two real models that differ in the precision of their weights."""

import json
import shutil
import struct

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.content import load_programme
from pipeline.errors import UsageError
from pipeline.model import SpokenWord
from pipeline.server.review.timed_words import WordTimer
from pipeline.speech.comparison import find_alternatives
from pipeline.speech.draft import read_draft
from tests.speech.programmes import SLUG

FLOAT16 = 4  # of CTranslate2's binary format


def say(text, at_s=0.0):
    return [
        SpokenWord(word=word, start_s=at_s + 0.4 * at, end_s=at_s + 0.4 * at + 0.3, confidence=0.9)
        for at, word in enumerate(text.split())
    ]


def compare(one, other):
    return [(round(found.start_s, 1), found.words, found.other) for found in find_alternatives(say(one), say(other))]


def test_other_missing_and_additional_words_are_found():
    assert [(0.4, "wil", "wilde")] == compare("Ik wil weg.", "Ik wilde weg.")
    assert [(0.4, "wel", "")] == compare("Ik wel niet.", "Ik niet.")
    assert [(0.4, "", "wel")] == compare("Ik niet.", "Ik wel niet.")


def test_case_punctuation_and_spaces_are_no_difference():
    assert [] == compare("Ja, de vice-voorzitter zei: nee!", "ja de vice voorzitter zei nee")


def test_talks_of_any_length_are_compared_between_pauses():
    words = [word for number in range(2000) for word in say("een twee drie vier", at_s=number * 3.0)]
    others = [word for word in words if word.start_s != 3000.0]

    (found,) = find_alternatives(words, others)

    assert (3000.0, "een", "") == (found.start_s, found.words, found.other)


@pytest.fixture(scope="module")
def coarse_model(base_model, tmp_path_factory):
    """Whisper base with weights of three bits of mantissa instead of ten."""
    folder = tmp_path_factory.mktemp("models") / "coarse"
    shutil.copytree(base_model, folder)
    file = folder / "model.bin"
    content = bytearray(file.read_bytes())
    for first, last in list_float16_tensors(content):
        values = np.frombuffer(content, "<u2", count=(last - first) // 2, offset=first)
        values &= np.uint16(0xFF80)
    file.unlink()
    file.write_bytes(content)
    yield folder
    shutil.rmtree(folder)


def list_float16_tensors(content):
    """Yield the first byte of the values of each tensor of 16 bits, and that after the last, in CTranslate2's format."""
    at = 4

    def read_string():
        nonlocal at
        (length,) = struct.unpack_from("<H", content, at)
        at += 2 + length

    read_string()
    at += 4
    (count,) = struct.unpack_from("<I", content, at)
    at += 4
    for _ in range(count):
        read_string()
        rank = content[at]
        at += 1 + 4 * rank
        kind = content[at]
        (size,) = struct.unpack_from("<I", content, at + 1)
        at += 5
        if kind == FLOAT16 and size > 1000:
            yield at, at + size
        at += size


def transcribe(root, *arguments):
    command = ["-C", str(root), "transcribe", "--workers", "local", SLUG, *arguments]
    return CliRunner().invoke(weerslag, command, catch_exceptions=False)


def test_a_draft_marks_where_a_second_model_differs_and_stays_the_same_otherwise(programme, coarse_model):
    folder = programme / "episodes" / SLUG
    transcribe(programme)
    alone = (folder / "transcript.vtt").read_text(), json.loads((folder / "transcript.words.json").read_text())

    compared = transcribe(programme, "--compare", str(coarse_model))

    draft = json.loads((folder / "transcript.words.json").read_text())
    read = read_draft((folder / "transcript.words.json").read_text())
    assert alone[0] == (folder / "transcript.vtt").read_text()
    assert alone[1]["words"] == draft["words"]
    assert "alternatives" not in alone[1]
    assert draft["compared_with"] not in ("", draft["model"])
    assert f"other words at {len(draft['alternatives'])} places" in compared.output
    starts = [word.start_s for word in read.words]
    assert len(draft["alternatives"]) == len(read.alternatives) > 0
    assert all(one.start_s in starts for one in read.alternatives if one.words)
    assert all(one.words != one.other for one in read.alternatives)
    assert any(one.words and one.other for one in read.alternatives)
    timer, cues = (
        WordTimer(spoken=read.words, alternatives=read.alternatives),
        load_programme(programme).episodes[0].transcript,
    )
    shown = [one.text for cue in cues for one in timer.find_other_wordings(cue, timer.find_words(cue))]
    assert {one.other for one in read.alternatives} == set(shown)


def test_a_model_is_not_compared_with_itself(programme, base_model):
    with pytest.raises(UsageError, match="same folder"):
        transcribe(programme, "--compare", str(base_model))
    with pytest.raises(UsageError, match="for drafts only"):
        transcribe(programme, "--compare", str(base_model), "--suggest")
