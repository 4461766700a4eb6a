"""What makes a transcript reviewed, and what voids the review of a cue."""

from dataclasses import replace

import pytest

from pipeline.content.programme_folder import decode_source
from pipeline.content.review_log import (
    compute_review,
    compute_sound_digest,
    describe_edits,
    digest_transcript,
    format_records,
    read_review_log,
)
from pipeline.model import Cue, Cut
from pipeline.model.review import ReviewRecord
from pipeline.transcripts.vtt_format import digest_cue

CUES = tuple(
    Cue(start_ms=at, end_ms=at + 3000, speaker="Anna", text=text)
    for at, text in ((0, "Goedemiddag."), (3000, "Welkom terug."), (7000, "Tot straks."))
)
SOUND = compute_sound_digest(["aa", "bb"])


def record(cue, **changes):
    values = {"kind": "heard", "by": "mb", "at": "2026-12-01T10:00:00+00:00", "sound": SOUND}
    return ReviewRecord(cue=digest_cue(cue), start_ms=cue.start_ms, end_ms=cue.end_ms, **{**values, **changes})


RECORDS = tuple(map(record, CUES))


def states(cues=CUES, records=RECORDS, *, sound=SOUND, edits=()):
    return [cue.state for cue in compute_review(cues, records, sound=sound, edits=edits).cues]


def read(text):
    errors = []
    return read_review_log(decode_source("review.jsonl", text.encode()), errors), errors


def test_a_transcript_is_reviewed_when_each_cue_was_heard_or_signed():
    signed = record(CUES[1], kind="signed")

    assert ["reviewed"] * 3 == states(records=(RECORDS[0], signed, RECORDS[2]))
    assert ["reviewed", "missing", "reviewed"] == states(records=(RECORDS[0], RECORDS[2]))


def test_an_edit_voids_the_review_of_that_cue_only():
    edited = replace(CUES[1], text="Welkom weer.")

    assert ["reviewed", "edited", "reviewed"] == states((CUES[0], edited, CUES[2]))


def test_a_cue_with_other_times_was_not_heard():
    assert ["reviewed", "edited", "reviewed"] == states((CUES[0], replace(CUES[1], end_ms=6500), CUES[2]))


def test_another_name_of_the_speaker_voids_nothing():
    assert ["reviewed"] * 3 == states([replace(cue, speaker="Anna de Wit") for cue in CUES])


def test_an_added_cue_is_not_reviewed_and_a_removed_one_is_no_loss():
    added = Cue(start_ms=20_000, end_ms=21_000, speaker="", text="Nog iets.")

    assert ["reviewed", "missing"] == states((CUES[2], added))


def test_a_replaced_recording_voids_all():
    assert ["sound"] * 3 == states(sound=compute_sound_digest(["aa", "cc"]))


def test_recordings_in_another_order_are_another_sound():
    assert compute_sound_digest(["aa", "bb"]) != compute_sound_digest(["bb", "aa"])


def test_a_cut_that_touches_a_cue_voids_it_and_one_over_it_hides_it():
    assert ["reviewed", "hidden", "cut"] == states(edits=[("cut", Cut(from_ms=3000, to_ms=7100))])


@pytest.mark.parametrize("kind", ["cut", "mute", "bleep"])
def test_a_cue_heard_with_its_edit_stays_reviewed_until_the_edit_changes(kind):
    edits = [(kind, Cut(from_ms=9900, to_ms=12_000))]
    heard = record(CUES[2], edits=describe_edits(CUES[2], edits))

    assert ["reviewed"] * 3 == states(records=(*RECORDS[:2], heard), edits=edits)
    assert ["reviewed", "reviewed", "cut"] == states(records=(*RECORDS[:2], heard))
    assert ["reviewed", "reviewed", "cut"] == states(
        records=(*RECORDS[:2], heard), edits=[(kind, Cut(from_ms=9950, to_ms=12_000))]
    )


def test_the_remaining_time_is_that_of_the_open_cues():
    review = compute_review(CUES, RECORDS[:1], sound=SOUND, edits=[("mute", Cut(from_ms=7000, to_ms=10_000))])

    assert (1, 3000) == (len(review.open_cues), review.open_ms)


def test_the_digest_of_a_transcript_covers_words_sound_and_edits():
    digests = [
        digest_transcript(CUES, sound=SOUND, edits=[]),
        digest_transcript(CUES, sound="anders", edits=[]),
        digest_transcript((replace(CUES[0], text="Hoi."), *CUES[1:]), sound=SOUND, edits=[]),
        digest_transcript(CUES[:2], sound=SOUND, edits=[]),
        digest_transcript(CUES, sound=SOUND, edits=[("mute", Cut(from_ms=0, to_ms=10))]),
    ]

    assert len(set(digests)) == 5
    assert digests[0] == digest_transcript([replace(cue, speaker="B") for cue in CUES], sound=SOUND, edits=[])


def test_records_are_read_back_as_written():
    assert (RECORDS, []) == read(format_records(RECORDS))


def test_an_incomplete_last_line_costs_only_itself():
    text = format_records(RECORDS)

    assert all((RECORDS[:2], []) == read(text[: -1 - cut]) for cut in range(1, 60))


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", "{}", "[1]", '{"cue": 1}', "geen JSON"])
def test_a_damaged_line_is_an_error_at_its_place(line):
    records, errors = read(f"{format_records(RECORDS[:1])}{line}\n{format_records(RECORDS[1:])}")

    assert RECORDS == records
    assert [(2, "bad-review")] == [(error.location.line, error.code) for error in errors]
