"""Faulty transcripts: every word arrives, or its line is reported."""

import pytest

from pipeline.transcripts.reader import read_transcript
from pipeline.transcripts.time_shift import LateCues, find_late_cues

V, S = "WEBVTT\n\n", "1\n00:00:01,000 --> 00:00:02,000\nEen.\n\n"
ASS = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,"
FAULTY = [  # text; words that arrive; lines of errors (words are lost); lines of warnings
    ("WEBVTT\n00:01.000 --> 00:02.000\nEen.", ["Een."], [], []),
    (V + "00:01.000 --> 00:02.000\nEen.\n \ntwee", ["Een. twee"], [], []),
    (V + "00:01.000 --> 00:02.000\nEen.\n00:02.000 --> 00:03.000\nTwee.", ["Een.", "Twee."], [], []),
    (V + "00:01.000 --> 00:02\nEen.\n\n00:02.000 --> 00:03.000\nTwee.", ["Twee."], [3], []),
    (V + "00:00:00.000 --> 00:00:03.1000\nEen.", ["Een."], [], []),
    (V + "00:01.000 -> 00:02.000\nEen.", ["Een."], [], []),
    (V + "00:01.000 -> 00:02.000\nEen.\n\n00:02.000 --> 00:03.000\nTwee.", ["Twee."], [3], []),
    (V + "00:03.000 --> 00:02.000\nEen.\n\n00:04.000 --> 00:05.000\nTwee.", ["Een.", "Twee."], [], [3]),
    (V + "00:03.000 --> 00:03.000\nEen.", ["Een."], [], [3]),
    (V + "00:05.000 --> 00:06.000\nTwee.\n\n00:01.000 --> 00:02.000\nEen.", ["Een.", "Twee."], [], [6]),
    (V + "00:01.000 --> 00:02.000\nEen.\n\nverdwaald", ["Een."], [6], []),
    (V + "00:01.000 --> 00:02.000\n3 < 4 en <gast> zei", ["3 < 4 en <gast> zei"], [], [4, 4]),
    (V + "00:01.000 --> 00:02.000\n<v>Een.", ["Een."], [], [4]),
    (V + "00:01.000 --> 00:02.000\nVan A\nnaar --> B gaan.", ["Van A"], [5, 5], []),
    (V + "00:00:01,000 --> 00:00:02,000\nEen.\n\n00:00:02,000 --> 00:00:03,000\nTwee.", ["Een.", "Twee."], [], []),
    (V + "NOTE\nniet --> tonen\n\n00:01.000 --> 00:02.000\nEen.", ["Een."], [], []),
    (S.replace("\n", "\r\n"), ["Een."], [], []),
    (S.replace("1\n", ""), ["Een."], [], []),
    (S + "2\n00:00:0x,000 --> 00:00:03,000\nTwee.", ["Een."], [6], []),
    (S + "2\n00:00:04,000 --> 00:00:03,000\nTwee.", ["Een.", "Twee."], [], [6]),
    (S + "2\n00:00:03,000 –> 00:00:04,000\nTwee.", ["Een.", "Twee."], [], []),
    ("Kop\n\n" + S, ["Een."], [1], []),
    (S + "2\n00:00:03,000 --> 00:00:04,000\nTwee\n\nregels.\n\n3\n00:00:05,000 --> 00:00:06,000\n2024\n", ["Een.", "Twee regels.", "2024"], [], []),
    (S + "2\n00:61:03,000 --> 00:61:04,000\nTwee.", ["Een."], [6, 6], []),
    (S + "2\n00:00:03,000 00:00:04,000\nTwee.\n\n3\n00:00:05,000 -->\nDrie.\n\n4\n--> 00:00:08,000\nVier.", ["Een."], [6, 10, 14], []),
    (V + "NOTE alleen dit\n", [], [1], []),
    (V, [], [1], []),
    ('{"segments": [{"start": 1, "end": 2,}]}', [], [1], []),
    ('{"segments": [\n{"start": 1, "end": 2, "text": "Een."},\n{"start": null, "text": "Twee."}]}', ["Een."], [3], []),
    ('{"segments": [\n{"start": 1, "end": NaN, "text": "Een."},\n{"start": 1e300, "text": "Twee."}]}', ["Een."], [3], []),
    ('{"text": "Een."}', [], [1], []),
    ("[" * 100_000, [], [1], []),
    ("1.0\t2.0\tEen.\nkapot\n", ["Een."], [2], []),
    ("2.0\t1.0\tEen.\n", ["Een."], [], [1]),
    (ASS + "0:00:0x.00,0:00:02.00,D,,0,0,0,,Een.", [], [3], []),
    ('<tt xmlns="http://www.w3.org/ns/ttml"><body><div>\n<p begin="1s" end="2s">Een.</p>\n<p begin="straks">Twee.</p></div></body></tt>', ["Een."], [3], []),
    ('<tt xmlns="http://www.w3.org/ns/ttml"><body><div>\n<p begin="1s" end="2s">Een.', [], [2], []),
    ('<?xml version="1.0"?>\n<!DOCTYPE tt [<!ENTITY a "b">]>\n<tt><body><p begin="1s">&a;</p></body></tt>', [], [2], []),
    ("Jan   0:05\nEen.\n\nEls   0:02\nTwee.", ["Twee.", "Een."], [], [4]),
    ("", [], [1], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words", "errors", "warnings"), FAULTY)
def test_words_arrive_or_their_line_is_reported(text, words, errors, warnings):
    transcript = read_transcript(text)

    assert words == [cue.text for cue in transcript.cues]
    assert errors == [one.line for one in transcript.findings if one.severity == "error"]
    assert warnings == [one.line for one in transcript.findings if one.severity == "warning"]
    assert all(cue.start_ms < cue.end_ms for cue in transcript.cues)


def test_an_hour_late_is_suggested_to_be_an_hour_earlier():
    late = find_late_cues([(3_603_199, 3_604_019), (3_605_359, 3_607_585)], duration_ms=60_000)

    assert LateCues(indices=(0, 1), shift_ms=-3_600_000) == late


def test_hour_is_suggested_although_the_end_of_the_recording_was_cut_off():
    times_ms = [(3_600_000 + 1000 * second, 3_600_800 + 1000 * second) for second in range(100)]

    assert -3_600_000 == find_late_cues(times_ms, duration_ms=95_000).shift_ms
    assert 0 == find_late_cues(times_ms, duration_ms=85_000).shift_ms


def test_times_of_the_clock_are_suggested_to_begin_at_zero():
    late = find_late_cues([(59_405_000, 59_406_000), (59_415_000, 59_416_000)], duration_ms=60_000)

    assert LateCues(indices=(0, 1), shift_ms=-59_405_000) == late


def test_a_few_late_cues_need_no_shift():
    assert LateCues(indices=(1,), shift_ms=0) == find_late_cues([(0, 1000), (90_000, 95_000)], duration_ms=60_000)
    assert LateCues(indices=(), shift_ms=0) == find_late_cues([(0, 1000), (55_000, 65_000)], duration_ms=60_000)


@pytest.mark.parametrize(
    "line", ["a" + " " * 9000 + "b", "a, " * 3000, "a(" * 4500, "1:" * 4500, "A: " * 3000, "<" * 9000]
)
def test_hostile_line_takes_no_quadratic_time(line):
    """With nested repetition one of these lines takes minutes."""
    transcript = read_transcript(f"{line}\n" * 20)

    assert 20 == len(transcript.lines)
