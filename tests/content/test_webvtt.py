"""Parse WebVTT: cues, or errors with the line that podcast apps reject."""

import pytest

from pipeline.content.programme_folder import SourceText
from pipeline.content.webvtt import read_webvtt
from pipeline.model import Cue
from pipeline.text import normalise_text


def parse(text):
    text = normalise_text(text)
    errors = []
    source = SourceText(file="transcript.vtt", text=text, lines=tuple(text.split("\n")))
    cues = read_webvtt(source, errors)
    return cues, [(error.location.line, error.location.column, error.message) for error in errors]


def parse_cue(payload):
    (cue,), errors = parse(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{payload}\n")
    assert [] == errors
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
def test_cue_text_has_no_tags_and_no_entities(payload, cue):
    assert cue == parse_cue(payload)


def test_speaker_lasts_until_the_next_one_or_the_end_of_the_cue():
    cues, errors = parse(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nEerst <v A>een</v> <v B>twee\ndrie\n\n00:02.000 --> 00:03.000\nvier"
    )

    assert [] == errors
    assert [("", "Eerst"), ("A", "een"), ("B", "twee drie"), ("", "vier")] == [(cue.speaker, cue.text) for cue in cues]


def test_hours_are_optional_and_unlimited():
    cues, _ = parse("WEBVTT\n\n59:59.999 --> 100:00:00.001\nx")

    assert (Cue(start_ms=3_599_999, end_ms=360_000_001, speaker="", text="x"),) == cues


def test_other_blocks_and_empty_cues_are_skipped():
    text = "WEBVTT Titel\nKind: captions\nLanguage: nl\n\nREGION\nid:x\n\nSTYLE\n::cue{}\n\nNOTE\n\nNOTE een --> twee\n\n1\n00:01.000 --> 00:02.000 line:0\n\n2\n00:01.000 --> 00:02.000\nx\n\nNOTE\nslot"

    assert ((Cue(start_ms=1000, end_ms=2000, speaker="", text="x"),), []) == parse(text)


def test_two_cues_may_begin_at_the_same_time():
    _, errors = parse("WEBVTT\n\n00:01.000 --> 00:05.000\na\n\n00:01.000 --> 00:02.000\nb")

    assert [] == errors


@pytest.mark.parametrize(("block", "expected"), [
    ("1:00.000 --> 00:02.000\nx", [(3, 1, "`1:00.000` is not a WebVTT timestamp")]),
    ("00:01.000 --> 00:02\nx", [(3, 15, "`00:02` is not a WebVTT timestamp")]),
    ("00:01.000 -->\nx", [(3, 1, "`` is not a WebVTT timestamp")]),
    ("00:01.000 --> 00:01.000\nx", [(3, 14, "this cue ends before it begins")]),
    ("00:01.000 -> 00:02.000\nx", [(3, 1, "the timing line is missing: 00:00:01.000 --> 00:00:04.000")]),
    ("00:61.000 --> 00:02.000\nx", [(3, 1, "`00:61.000` is not a WebVTT timestamp")]),
    ("00:01,000 --> 00:02,000\nx", [(3, 1, "`00:01,000` is not a WebVTT timestamp"), (3, 15, "`00:02,000` is not a WebVTT timestamp")]),
    ("00:03.000 --> 00:04.000\nx\n\n00:02.000 --> 00:05.000\ny", [(6, 1, "this cue begins before the previous cue")]),
    ("00:01.000 --> 00:02.000\na <b c", [(4, 3, "`<` is not a WebVTT tag")]),
    ("00:01.000 --> 00:02.000\n<script>x</script>", [(4, 1, "`<script>` is not a WebVTT tag"), (4, 10, "`</script>` is not a WebVTT tag")]),
    ("", [(1, 1, "the transcript has no cues")]),
])  # fmt: skip
def test_invalid_line_is_reported(block, expected):
    _, errors = parse(f"WEBVTT\n\n{block}")

    assert expected == errors


@pytest.mark.parametrize(("text", "words"), [
    ("WEBVTT\n00:01.000 --> 00:02.000\nx\n\n00:02.000 --> 00:03.000\ny", ["x", "y"]),
    ("WEBVTT\n1\n00:01.000 --> 00:02.000\nx\n\n2\n00:02.000 --> 00:03.000\ny", ["x", "y"]),
    ("WEBVTT - titel\nKind: captions\n\n00:01.000 --> 00:02.000\nx\n \ny\n\t\nz", ["x y z"]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000 align:start position:0% groot line:-1\nx", ["x"]),
    ("WEBVTT\n\n\n\n00:01.000-->00:02.000\nx\n\n\n\n", ["x"]),
    ("WEBVTT\r\n\r\n0:00:01.000 --> 000:00:02.000\r\nx\r\n", ["x"]),
    ("WEBVTT\n\nNOTE\na\n\nSTYLE\n::cue{}\n\n00:01.000 --> 00:02.000\nx\n\nREGION\nid:a", ["x"]),
    ("WEBVTT\n\nNOTE: een naam\n00:01.000 --> 00:02.000\nx\n\nREGIONAAL\n00:02.000 --> 00:03.000\ny", ["x", "y"]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:02.000 --> 00:03.000\ny", ["x", "y"]),
    ("\ufeffWEBVTT\n\n00:01.000 --> 00:02.000\n<font color=red>x</font>", ["x"]),
])  # fmt: skip
def test_valid_file_keeps_every_word(text, words):
    cues, errors = parse(text)

    assert (words, []) == ([cue.text for cue in cues], errors)


@pytest.mark.parametrize("first", ["", "webvtt", "WEBVTTX", " WEBVTT", "1", "{}"])
def test_first_line_must_be_webvtt(first):
    assert ((), [(1, 1, "a transcript begins with WEBVTT")]) == parse(f"{first}\n\n00:01.000 --> 00:02.000\nx")
