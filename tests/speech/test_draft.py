"""Drafts: what was written, what a person changed since, and what is kept."""

import json
from dataclasses import replace

import pytest

from pipeline.model import Cue
from pipeline.speech.draft import (
    find_edited_cues,
    find_names,
    is_edited,
    name_speakers,
    read_draft,
    write_draft,
)
from pipeline.transcripts.vtt_format import format_vtt
from tests.speech.test_cues import say

WORDS = (
    say("Goedemiddag allemaal.", speaker="Stem 1")
    + say("Hallo, wat fijn.", at_s=3.0, speaker="Stem 2")
    + say("We beginnen nu.", at_s=6.0, speaker="Stem 1")
)
SETTINGS = {"engine": "faster-whisper 1.2.1", "model": "d01c", "language": "nl"}


def write(words=WORDS, **more):
    return write_draft(words, **SETTINGS, **more)


def test_a_draft_can_be_read_back():
    files = write()

    assert files.draft == read_draft(files.words_json)
    assert {"engine", "model", "language", "draft", "cues", "suspect", "words"} == set(json.loads(files.words_json))
    assert {"word", "start_s", "end_s", "confidence", "speaker"} == set(json.loads(files.words_json)["words"][0])


@pytest.mark.parametrize("text", ["[]", "{}", '{"words": 1}', "null", "{", '{"engine": 1}'])
def test_another_file_is_no_draft(text):
    with pytest.raises(ValueError, match=r"not a draft|Expecting"):
        read_draft(text)


def test_a_fresh_draft_is_not_edited_whatever_its_line_endings():
    files = write()

    assert not is_edited(files.vtt, files.draft)
    assert not is_edited(files.vtt.replace("\n", "\r\n"), files.draft)
    assert is_edited(files.vtt.replace("Hallo", "Dag"), files.draft)


def test_edited_cues_are_found_by_words_and_times():
    files = write()
    first, second, third = files.cues
    edited = (first, replace(second, text="Hallo, wat leuk."), replace(third, end_ms=third.end_ms + 100))

    assert edited[1:] == find_edited_cues(edited, files.draft)


def test_edited_cues_stay_and_the_rest_is_replaced():
    mine = Cue(start_ms=3000, end_ms=4000, speaker="Bram", text="Hallo, wat leuk.")
    better = (
        say("Goedenmiddag samen.", speaker="Stem 1") + say("Halo, watein.", at_s=3.0) + say("Wij starten.", at_s=6.0)
    )

    cues = write(better, kept=(mine,)).cues

    assert ["Goedenmiddag samen.", "Hallo, wat leuk.", "Wij starten."] == [cue.text for cue in cues]
    assert mine in cues


def test_names_that_a_person_gave_are_found_and_given_again():
    files = write()
    named = [replace(cue, speaker="Anna" if cue.speaker == "Stem 1" else cue.speaker) for cue in files.cues]

    names = find_names(named, files.draft)

    assert {"Stem 1": "Anna", "Stem 2": "Stem 2"} == names
    assert () == find_edited_cues(named, files.draft)
    assert ["Anna", "Stem 2", "Anna"] == [cue.speaker for cue in write(name_speakers(WORDS, names)).cues]


def test_markup_in_words_is_escaped():
    vtt = format_vtt([Cue(start_ms=0, end_ms=1000, speaker="A & <B>", text="1 < 2 --> 3")])

    assert "<v A &amp; &lt;B&gt;>1 &lt; 2 --&gt; 3" in vtt
