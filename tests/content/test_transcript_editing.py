"""Edits of a transcript: only the cues concerned change, and an edit of somebody else is never overwritten."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.content.editing import EditConflictError, replace_cues
from pipeline.model import Cue
from pipeline.text import normalise_text
from pipeline.transcripts.vtt_format import format_cue, format_vtt
from pipeline.transcripts.webvtt import parse_webvtt

FILE = """WEBVTT - een titel

NOTE Gemaakt door mensen.

eerste
00:00:01.000 --> 00:00:03.000 align:start
<v Anna>Goede
middag.

NOTE Let op.

00:00:03.000 --> 00:00:06.000
<v Bram>Dag.</v> <v Anna>Ook dag.</v>

00:00:07.000 --> 00:00:08.000
Zonder spreker.
"""


def read(text):
    cues = parse_webvtt(text)
    assert not cues.findings
    return [Cue(start_ms=one.start_ms, end_ms=one.end_ms, speaker=one.speaker, text=one.text) for one in cues.cues]


CUES = read(FILE)


def test_an_edit_changes_the_lines_of_its_cue_only():
    edited = replace(CUES[0], text="Goedenavond.")

    changed = replace_cues(FILE, CUES[:1], [edited])

    assert (
        FILE.replace("00:00:03.000 align:start\n<v Anna>Goede\nmiddag.", "00:00:03.000\n<v Anna>Goedenavond.")
        == changed
    )


def test_a_cue_that_shares_its_block_is_changed_alone():
    edited = replace(CUES[2], text="Jij ook dag & <hallo>.")

    changed = replace_cues(FILE, [CUES[2]], [edited])

    assert [*CUES[:2], edited, CUES[3]] == read(changed)
    assert "NOTE Let op." in changed


@pytest.mark.parametrize(("first", "last"), [(0, 2), (1, 3), (2, 4), (0, 4)])
def test_cues_are_merged_and_split_again(first, last):
    merged = Cue(
        start_ms=CUES[first].start_ms,
        end_ms=CUES[last - 1].end_ms,
        speaker="Anna",
        text=" ".join(cue.text for cue in CUES[first:last]),
    )

    once = replace_cues(FILE, CUES[first:last], [merged])

    assert [*CUES[:first], merged, *CUES[last:]] == read(once)
    assert read(replace_cues(once, [merged], CUES[first:last])) == CUES
    assert once.count("NOTE") == 2


def test_a_new_name_for_a_speaker_leaves_notes_and_other_cues_where_they_are():
    renamed = [replace(cue, speaker="Anna de Wit") if cue.speaker == "Anna" else cue for cue in CUES]

    changed = replace_cues(FILE, CUES, renamed)

    assert renamed == read(changed)
    assert changed.index("NOTE Let op.") < changed.index("Ook dag.")
    assert changed.endswith(FILE[FILE.index("00:00:07") :])


@pytest.mark.parametrize("index", range(4))
def test_a_removed_cue_can_be_added_again(index):
    without = replace_cues(FILE, [CUES[index]], [])

    assert [*CUES[:index], *CUES[index + 1 :]] == read(without)
    restored = read(replace_cues(without, [], [CUES[index]]))
    assert sorted(CUES, key=lambda cue: (cue.start_ms, cue.text)) == sorted(
        restored, key=lambda cue: (cue.start_ms, cue.text)
    )


@pytest.mark.parametrize("change", [{"text": "Anders."}, {"end_ms": 2500}, {"speaker": "Bea"}])
def test_a_cue_that_somebody_else_changed_is_a_conflict(change):
    theirs = replace_cues(FILE, CUES[:1], [replace(CUES[0], **change)])

    with pytest.raises(EditConflictError):
        replace_cues(theirs, CUES[:1], [replace(CUES[0], text="Mijn tekst.")])


def test_edits_of_two_people_in_different_cues_both_stay():
    mine, theirs = replace(CUES[0], text="Van mij."), replace(CUES[3], text="Van hen.")

    both = replace_cues(replace_cues(FILE, [CUES[3]], [theirs]), [CUES[0]], [mine])

    assert [mine, *CUES[1:3], theirs] == read(both)


WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
CUE = st.builds(
    lambda length, speaker, words: (length, speaker, " ".join(normalise_text(" ".join(words)).split()) or "x"),
    st.integers(1, 9000),
    st.sampled_from(["", "Anna", "A & B"]),
    st.lists(WORDS, min_size=1, max_size=9),
)


@given(st.lists(CUE, min_size=1, max_size=6), st.data())
def test_any_edit_of_any_transcript_can_be_undone(parts, data):
    cues, at_ms = [], 0
    for length, speaker, text in parts:
        cues.append(Cue(start_ms=at_ms, end_ms=at_ms + length, speaker=speaker, text=text))
        at_ms += length
    file = format_vtt(cues)
    first = data.draw(st.integers(0, len(cues) - 1))
    last = data.draw(st.integers(first + 1, len(cues)))
    new = [replace(cues[first], text="iets anders", end_ms=cues[last - 1].end_ms)]

    changed = replace_cues(file, cues[first:last], new)

    assert format_vtt([*cues[:first], *new, *cues[last:]]) == changed
    assert replace_cues(changed, new, cues[first:last]) == file
    assert format_cue(new[0]) in changed
