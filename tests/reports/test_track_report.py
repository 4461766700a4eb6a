"""The tracks of a take in the processing report: for people and for tools."""

import json
from dataclasses import replace

import pytest
from lxml import html

from pipeline.audio.tracks.track_notes import describe_track
from pipeline.builder.report_inputs import build_report_input
from pipeline.model import MixedTrack, SpeakerSpan, Take, TrackAlignment, TrackGap, TrackSegment, sentence
from pipeline.reports import render_reports
from pipeline.typesetting import Theme
from tests.feed.samples import PROGRAMME, release

RECORDED = (TrackSegment(first=48_000 * 10, last=48_000 * 60, track_s=0.0, rate=1.0),)
GAPS = (TrackGap(at_s=20.0, length_s=0.37), TrackGap(at_s=40.0, length_s=12.4))
ANNA = TrackAlignment(
    name="Tr1.WAV", files=(0,), speaker="Anna", offset_s=10.0, drift_ppm=110.0, gaps=GAPS, segments=RECORDED
)
PHONE = TrackAlignment(name="<telefoon>.m4a", files=(1,), drift_ppm=-25.0, confidence=0.5, segments=RECORDED)
COPY = TrackAlignment(name="Tr1_BU.WAV", files=(2,), role="backup", reason=sentence("a copy of {name}", name="Tr1.WAV"))


def build_take():
    tracks = (
        MixedTrack(alignment=ANNA, gain_db=3.0, talk_s=30.0, activity=(0.0, 0.5, 1.0)),
        MixedTrack(alignment=PHONE, gain_db=-2.0, talk_s=10.0, activity=(1.0, 0.0, 0.0)),
        MixedTrack(alignment=COPY),
    )
    described = tuple(replace(one, notes=describe_track(one, is_reference=False)) for one in tracks)
    spans = (SpeakerSpan(start_s=1.0, end_s=2.5, speaker="Anna", confidence=0.99),)
    return Take(duration_s=60.0, reference=0, tracks=described, spans=spans)


def render(language):
    report = build_report_input(PROGRAMME, replace(release(1), take=build_take()))
    page, data = render_reports([report], theme=Theme(folder="press", language=language))
    return html.fromstring(page.content), json.loads(data.content)


@pytest.mark.parametrize(("language", "expected"), [
    ("nl", ["3 sporen van één gesprek", "spreektijd 30 s (75 %)", "0,37 s geluid ontbreekt op 0:20",
            "12,4 s geluid ontbreekt op 0:40", "liep 110,0 ppm voor (0,40 s per uur)", "liep 25,0 ppm achter",
            "50 % zeker", "reservekopie", "<telefoon>.m4a"]),
    ("en", ["3 tracks of one talk", "talk time 30 s (75 %)", "lost 0.37 s at 0:20", "lost 12.4 s at 0:40",
            "was 110.0 ppm fast (0.40 s an hour)", "was 25.0 ppm slow", "confidence 50 %", "backup copy",
            "a copy of Tr1.WAV"]),
])  # fmt: skip
def test_page_says_how_each_track_was_aligned_and_used(language, expected):
    page, _ = render(language)

    text = " ".join(page.text_content().replace("\xa0", " ").split())
    assert [] == [words for words in expected if words not in text]
    assert 3 == len(page.findall('.//ul[@class="tracks"]/li/svg'))


def test_data_has_the_figures_of_each_track_and_who_spoke_when():
    _, data = render("nl")

    anna, phone, copy = data["take"]["tracks"]
    assert ("Anna", 10.0, 110.0, 30.0, 3.0) == tuple(
        anna[name] for name in ("speaker", "offset_s", "drift_ppm", "talk_s", "gain_db")
    )
    assert [{"at_s": 20.0, "length_s": 0.37}, {"at_s": 40.0, "length_s": 12.4}] == anna["gaps"]
    assert ("microphone", "backup", None) == (phone["role"], copy["role"], copy["gain_db"])
    assert [{"start_s": 1.0, "end_s": 2.5, "speaker": "Anna", "confidence": 0.99}] == data["take"]["speakers"]


def test_report_of_an_ordinary_recording_has_no_tracks():
    page, data = render_reports([build_report_input(PROGRAMME, release(1))], theme=Theme(folder="press"))

    assert b"tracks" not in page.content.partition(b"</style>")[2]
    assert json.loads(data.content)["take"] is None
