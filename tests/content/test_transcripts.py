"""WebVTT becomes cues, or faults with the line that a podcast app would stumble over."""

import pytest

from pipeline.content.files import Source
from pipeline.content.webvtt import read_transcript
from pipeline.model import Cue
from pipeline.text import clean


def read(text):
    text = clean(text)
    faults = []
    source = Source(file="transcript.vtt", text=text, lines=tuple(text.split("\n")))
    cues = read_transcript(source, faults)
    return cues, [(fault.place.line, fault.place.column, fault.message) for fault in faults]


def one_cue(payload):
    (cue,), faults = read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{payload}\n")
    assert [] == faults
    return cue.speaker, cue.text


@pytest.mark.parametrize(("payload", "cue"), [
    ("Zomaar tekst", ("", "Zomaar tekst")),
    ("<v Jan de Vries>Dag.</v>", ("Jan de Vries", "Dag.")),
    ("<v.loud.boos Stem A>Dag", ("Stem A", "Dag")),
    ("<v\tStem   A>Dag", ("Stem A", "Dag")),
    ("<v R&amp;D>1 &lt; 2 &amp; 3 &gt; 2", ("R&D", "1 < 2 & 3 > 2")),
    ("een&nbsp;twee &eacute;&#233;n", ("", "een twee één")),
    ("<i>a</i> <b>b</b> <u>c</u> <c.geel>d</c> <lang en>e</lang> <00:01.500>f <ruby>g<rt>h</rt></ruby>", ("", "a b c d e f gh")),
    ("eerste\ntweede", ("", "eerste tweede")),
    ("&#x202e;&#0;&#27;[31mx", ("", "\ufffd[31mx")),
])  # fmt: skip
def test_the_text_of_a_cue_is_what_is_heard(payload, cue):
    assert cue == one_cue(payload)


def test_a_voice_holds_until_the_next_or_the_end_of_its_cue():
    cues, faults = read(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nEerst <v A>een</v> <v B>twee\ndrie\n\n00:02.000 --> 00:03.000\nvier"
    )

    assert [] == faults
    assert [("", "Eerst"), ("A", "een"), ("B", "twee drie"), ("", "vier")] == [(cue.speaker, cue.text) for cue in cues]


def test_hours_may_be_left_out_and_may_be_many():
    cues, _ = read("WEBVTT\n\n59:59.999 --> 100:00:00.001\nx")

    assert (Cue(start_ms=3_599_999, end_ms=360_000_001, speaker="", text="x"),) == cues


def test_what_is_no_cue_is_passed_over_and_an_empty_cue_says_nothing():
    text = "WEBVTT Titel\nKind: captions\nLanguage: nl\n\nREGION\nid:x\n\nSTYLE\n::cue{}\n\nNOTE\n\nNOTE een --> twee\n\n1\n00:01.000 --> 00:02.000 line:0\n\n2\n00:01.000 --> 00:02.000\nx\n\nNOTE\nslot"

    assert ((Cue(start_ms=1000, end_ms=2000, speaker="", text="x"),), []) == read(text)


def test_two_may_speak_from_the_same_moment_on():
    _, faults = read("WEBVTT\n\n00:01.000 --> 00:05.000\na\n\n00:01.000 --> 00:02.000\nb")

    assert [] == faults


@pytest.mark.parametrize(("block", "told"), [
    ("1:00.000 --> 00:02.000\nx", [(3, 1, "`1:00.000` is no time")]),
    ("00:01.000 --> 00:02\nx", [(3, 15, "`00:02` is no time")]),
    ("00:01.000 -->\nx", [(3, 1, "`` is no time")]),
    ("00:01.000 --> 00:01.000\nx", [(3, 14, "this cue ends before it begins")]),
    ("00:01.000 -> 00:02.000\nx", [(3, 1, "here a time is missing: 00:00:01.000 --> 00:00:04.000")]),
    ("00:61.000 --> 00:02.000\nx", [(3, 1, "`00:61.000` is no time")]),
    ("00:01,000 --> 00:02,000\nx", [(3, 1, "`00:01,000` is no time"), (3, 15, "`00:02,000` is no time")]),
    ("00:03.000 --> 00:04.000\nx\n\n00:02.000 --> 00:05.000\ny", [(6, 1, "this cue begins before the one above it")]),
    ("00:01.000 --> 00:02.000\nx\n00:02.000 --> 00:03.000\ny", [(5, 1, "a new cue begins here")]),
    ("00:01.000 --> 00:02.000 groot\nx", [(3, 25, "`groot` is no setting of a cue")]),
    ("00:01.000 --> 00:02.000\na <b c", [(4, 3, "`<` is no tag of WebVTT")]),
    ("00:01.000 --> 00:02.000\n<script>x</script>", [(4, 1, "`<script>` is no tag of WebVTT"), (4, 10, "`</script>` is no tag of WebVTT")]),
    ("", [(1, 1, "the transcript has no cues")]),
])  # fmt: skip
def test_a_line_that_apps_stumble_over_is_told(block, told):
    _, faults = read(f"WEBVTT\n\n{block}")

    assert told == faults


@pytest.mark.parametrize("first", ["", "webvtt", "WEBVTTX", " WEBVTT", "1", "{}"])
def test_a_transcript_begins_with_its_name(first):
    assert ((), [(1, 1, "a transcript begins with the word WEBVTT")]) == read(f"{first}\n\n00:01.000 --> 00:02.000\nx")
