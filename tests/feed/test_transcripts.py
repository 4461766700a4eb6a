import html
import json
import re
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feed.transcripts import fill_speakers, format_transcript, redact_cues, shift_cues
from pipeline.model import Cue, Cut, SpeakerSpan, TimedJingle, Timeline
from tests.feed.samples import CUES, outputs, release

cue_texts = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=200)
names = st.sampled_from(["", "Anna", "Bram & Zoë", "<b>", "A -->"])
transcripts = st.lists(st.tuples(st.integers(1, 9_000), names, cue_texts.filter(str.strip)), min_size=1, max_size=6).map(
    lambda drawn: tuple(
        Cue(start_ms=sum(length for length, *_ in drawn[:n]), end_ms=sum(length for length, *_ in drawn[: n + 1]),
            speaker=speaker, text=text)
        for n, (_, speaker, text) in enumerate(drawn)
    )
)  # fmt: skip
LONG = Cue(
    start_ms=0,
    end_ms=12_000,
    speaker="Anna",
    text="Wij begonnen met een leeg vel papier, en we vroegen bewoners wat er volgens hen op moest komen te staan.",
)


def ms(time_code):
    hours, minutes, seconds, thousandths = map(
        int, re.fullmatch(r"(\d{2,}):(\d\d):(\d\d)[.,](\d{3})", time_code).groups()
    )
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def read_blocks(text, *, comma):
    """Times and lines of each cue, by the letter of WebVTT or SubRip."""
    for block in text.rstrip("\n").split("\n\n"):
        *_, times, lines = re.fullmatch(r"(?:(\d+)\n)?([^\n]*)\n(.*)", block, re.DOTALL).groups()
        start, end = times.split(" --> ")
        assert comma in start
        assert comma in end
        yield ms(start), ms(end), lines.split("\n")


def read_vtt(text):
    signature, rest = text.split("\n\n", 1)
    assert "WEBVTT" == signature
    for start_ms, end_ms, lines in read_blocks(rest, comma="."):
        speaker, body = re.fullmatch(r"(?:<v ([^<>]+)>)?([^<>]*)", "\n".join(lines)).groups()
        yield Cue(start_ms=start_ms, end_ms=end_ms, speaker=html.unescape(speaker or ""), text=html.unescape(body))


def plain(cue):
    return cue.start_ms, cue.end_ms, cue.speaker, re.sub(r"\s", "", cue.text)


@given(cues=transcripts)
def test_webvtt_round_trips(cues):
    assert list(map(plain, cues)) == list(map(plain, read_vtt(format_transcript(cues, file_format="vtt"))))


@given(cues=transcripts)
def test_json_round_trips(cues):
    document = json.loads(format_transcript(cues, file_format="json"))

    assert "1.0.0" == document["version"]
    assert list(map(plain, cues)) == [
        (
            round(it["startTime"] * 1000),
            round(it["endTime"] * 1000),
            it.get("speaker", ""),
            re.sub(r"\s", "", it["body"]),
        )
        for it in document["segments"]
    ]


@given(cues=transcripts)
def test_subrip_has_short_subtitles_with_the_full_text_in_order(cues):
    cards = list(read_blocks(format_transcript(cues, file_format="srt"), comma=","))

    assert all(len(lines) <= 2 and all(0 < len(line) <= 32 for line in lines) for *_, lines in cards)
    times = [time for start, end, _ in cards for time in (start, end)]
    assert times == sorted(times)
    assert (cues[0].start_ms, cues[-1].end_ms) == (times[0], times[-1])
    text, speaker = "", ""
    for cue in cues:
        text += f"{cue.speaker}: " if cue.speaker not in ("", speaker) else ""
        text += cue.text
        speaker = cue.speaker or speaker
    assert re.sub(r"\s", "", text) == re.sub(r"\s", "", "".join(line for *_, lines in cards for line in lines))


def test_subrip_names_a_speaker_only_when_the_speaker_changes():
    cues = [Cue(start_ms=n * 1000, end_ms=n * 1000 + 1000, speaker=who, text="Ja.") for n, who in enumerate("AABA")]

    texts = [lines for *_, lines in read_blocks(format_transcript(cues, file_format="srt"), comma=",")]

    assert [["A: Ja."], ["Ja."], ["B: Ja."], ["A: Ja."]] == texts


def test_subrip_sample():
    assert (
        "1\n00:00:00,000 --> 00:00:06,275\nAnna: Wij begonnen met een leeg\nvel papier, en we vroegen\n\n"
        "2\n00:00:06,275 --> 00:00:12,000\nbewoners wat er volgens hen op\nmoest komen te staan.\n"
    ) == format_transcript([LONG], file_format="srt")


def test_webvtt_sample():
    assert (
        "WEBVTT\n\n00:00:00.000 --> 00:00:12.000\n"
        "<v Anna>Wij begonnen met een leeg vel papier, en we vroegen bewoners wat\n"
        "er volgens hen op moest komen te staan.\n"
    ) == format_transcript([LONG], file_format="vtt")


def test_hostile_text_cannot_break_a_transcript():
    hostile = Cue(
        start_ms=0, end_ms=1000, speaker="A>\nB", text="een\n\n00:01.000 --> 00:02.000\n<b>NOTE</b> & \r\nSTYLE"
    )

    (cue,) = read_vtt(format_transcript([hostile], file_format="vtt"))

    assert ("A> B", "een 00:01.000 --> 00:02.000 <b>NOTE</b> & STYLE") == (cue.speaker, cue.text.replace("\n", " "))


def test_a_cue_without_text_is_left_out():
    silent = Cue(start_ms=0, end_ms=1000, speaker="Anna", text=" \n ")

    assert ("WEBVTT\n", "") == (
        format_transcript([silent], file_format="vtt"),
        format_transcript([silent], file_format="srt"),
    )


def test_times_of_a_hundred_hours_are_formatted():
    late = Cue(start_ms=360_000_001, end_ms=360_001_000, speaker="", text="Laat.")

    assert "100:00:00.001 --> 100:00:01.000" in format_transcript([late], file_format="vtt")


def test_the_three_formats_have_the_same_content():
    files = outputs(release(1))

    vtt = list(map(plain, read_vtt(files["episodes/01-aflevering/transcript.vtt"].decode())))
    segments = json.loads(files["episodes/01-aflevering/transcript.json"])["segments"]

    assert list(map(plain, CUES)) == vtt
    assert ["Anna", "Bram"] == [segment["speaker"] for segment in segments]
    assert b"Bram: Dank je." in files["episodes/01-aflevering/transcript.srt"].replace(b"\n", b" ")


def cue(start_s, end_s, text="x"):
    return Cue(start_ms=start_s * 1000, end_ms=end_s * 1000, speaker="", text=text)


@pytest.mark.parametrize(
    ("cuts", "options", "expected"),
    [
        ([], {}, [cue(0, 5, "a"), cue(5, 9, "b")]),
        ([(1, 3)], {}, [cue(0, 3, "a"), cue(3, 7, "b")]),
        ([(4, 7)], {}, [cue(0, 4, "a"), cue(4, 6, "b")]),
        ([(0, 5)], {}, [cue(0, 4, "b")]),
        ([(5, 20)], {}, [cue(0, 5, "a")]),
        ([(1, 3), (2, 4)], {}, [cue(0, 2, "a"), cue(2, 6, "b")]),
        ([], {"offset_ms": 8000}, [cue(8, 13, "a"), cue(13, 17, "b")]),
        ([], {"jingle_s": 5}, [cue(0, 5, "a"), cue(25, 29, "b")]),
        ([], {"jingle_s": 6, "offset_ms": 8000}, [cue(8, 13, "a"), cue(34, 37, "b")]),
        ([], {"jingle_s": 7}, [cue(0, 5, "a"), cue(27, 29, "b")]),
        ([], {"jingle_s": 8}, [cue(0, 5, "a"), cue(5, 8, "b")]),
        ([(3, 6)], {"jingle_s": 3}, [cue(0, 3, "a"), cue(23, 26, "b")]),
        ([(3, 6)], {"jingle_s": 6}, [cue(0, 3, "a"), cue(23, 26, "b")]),
        ([(5, 20)], {"jingle_s": 5}, [cue(0, 5, "a")]),
        ([], {"duration_ms": 7000}, [cue(0, 5, "a"), cue(5, 7, "b")]),
        ([], {"duration_ms": 5000}, [cue(0, 5, "a")]),
    ],
)
def test_cues_shift_with_cuts_intro_and_jingles(cuts, options, expected):
    given_cues = [cue(0, 5, "a"), cue(5, 9, "b")]
    removed = [Cut(from_ms=start * 1000, to_ms=end * 1000) for start, end in cuts]

    music = (TimedJingle(at_ms=options["jingle_s"] * 1000, length_ms=20_000),) if "jingle_s" in options else ()
    timeline = Timeline(cuts=tuple(removed), offset_ms=options.get("offset_ms", 0), timed_jingles=music)

    assert expected == list(shift_cues(given_cues, timeline=timeline, duration_ms=options.get("duration_ms", 60_000)))


@pytest.mark.parametrize(
    ("gone", "bleeps", "expected"),
    [
        ([], [], ["a", "b", "Jan"]),
        ([(5_000, 9_000)], [], ["a", "Jan"]),
        ([(5_100, 8_900)], [], ["a", "Jan"]),  # a breath at either end
        ([(4_800, 5_200)], [], ["a", "b", "Jan"]),
        ([], [(9_000, 9_400)], ["a", "b", "[piep]"]),
        ([], [(9_100, 9_350)], ["a", "b", "[piep]"]),
        ([(9_000, 9_400)], [(9_000, 9_400)], ["a", "b"]),
    ],
)
def test_removed_and_bleeped_cues_are_redacted(gone, bleeps, expected):
    cues = [cue(0, 5, "a"), cue(5, 9, "b"), Cue(start_ms=9_000, end_ms=9_400, speaker="", text="Jan")]
    stretches = [[Cut(from_ms=start, to_ms=end) for start, end in pairs] for pairs in (gone, bleeps)]

    redacted = redact_cues(cues, removed=stretches[0], bleeps=stretches[1], mark="[piep]")

    assert expected == [it.text for it in redacted]
    assert {(it.start_ms, it.end_ms) for it in redacted} <= {(it.start_ms, it.end_ms) for it in cues}


@given(
    cues=transcripts,
    pairs=st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 60_000)).map(sorted), max_size=4),
    offset_ms=st.integers(0, 9_000),
    duration_ms=st.integers(0, 90_000),
)
def test_shifted_cues_lie_inside_the_enclosure_and_keep_their_remaining_duration(cues, pairs, offset_ms, duration_ms):
    timeline = Timeline(cuts=tuple(Cut(from_ms=start, to_ms=end) for start, end in pairs), offset_ms=offset_ms)
    removed = {at for start, end in pairs for at in range(start, end)}

    shifted = shift_cues(cues, timeline=timeline, duration_ms=10**9)
    clipped = shift_cues(cues, timeline=timeline, duration_ms=duration_ms)

    remaining = [sum(at not in removed for at in range(it.start_ms, it.end_ms)) for it in cues]
    assert [(it.text, length) for it, length in zip(cues, remaining, strict=True) if length] == [
        (it.text, it.end_ms - it.start_ms) for it in shifted
    ]
    assert all(offset_ms <= it.start_ms < it.end_ms <= duration_ms for it in clipped)
    for _, group in groupby(clipped, key=lambda it: it.start_ms):
        assert 1 == len(list(group))


SPANS = tuple(
    SpeakerSpan(start_s=start_s, end_s=end_s, speaker=speaker, confidence=0.99)
    for start_s, end_s, speaker in ((0.0, 4.0, "Anna"), (4.2, 9.0, "Bram"), (9.0, 60.0, "Anna"), (20.0, 21.0, "Bram"))
)


@pytest.mark.parametrize(("from_ms", "to_ms", "speaker"), [
    (500, 3000, "Anna"),
    (3000, 8000, "Bram"),  # most of it
    (4050, 4150, ""),  # nobody
    (3900, 4300, ""),  # both as long
    (50_000, 55_000, "Anna"),  # far into a long span
    (70_000, 71_000, ""),
])  # fmt: skip
def test_cue_gets_the_speaker_of_most_of_its_time(from_ms, to_ms, speaker):
    cue = Cue(start_ms=from_ms, end_ms=to_ms, speaker="", text="Ja.")

    assert (speaker,) == tuple(one.speaker for one in fill_speakers([cue], SPANS))


def test_a_speaker_that_a_person_wrote_stays():
    cues = tuple(Cue(start_ms=at, end_ms=at + 900, speaker="Carla", text="Ja.") for at in (500, 5000))

    assert cues == fill_speakers(cues, SPANS)
