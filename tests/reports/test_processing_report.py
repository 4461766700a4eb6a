"""The processing report: target, files, recording and processing; for people and tools."""

import json
import re
from dataclasses import replace

import pytest
from lxml import html

from pipeline.builder.excerpt_plan import ExcerptSet
from pipeline.builder.report_inputs import build_report_input
from pipeline.graphics.charts import Curve, compute_level_position, render_loudness_chart
from pipeline.model import (
    Chapter,
    Defect,
    Excerpt,
    ProcessingReport,
    SoundTarget,
    TalkTime,
    Teaser,
    TimedJingle,
    sentence,
)
from pipeline.reports import render_reports
from pipeline.typesetting import Theme
from tests.feed.samples import PROGRAMME, release

TREATED = replace(
    release(1),
    duration_s=120.0,
    chapters=(Chapter(start_ms=0, title="Welkom"), Chapter(start_ms=41_000, title="<Vertrouwen>")),
    processing=ProcessingReport(
        format="wav pcm_s24le",
        channels=2,
        sample_rate_hz=44_100,
        duration_s=120.0,
        integrated_lufs=-31.5,
        loudness_range_lu=None,
        true_peak_dbtp=-9.0,
        gain_db=15.5,
        steps=(sentence("gain of {gain} dB to {target} LUFS", gain="+15.5", target="-16"),),
        before_lufs=(-31.0, -70.0, -32.0),
        after_lufs=(-15.5, -48.0, -16.5),
        skipped=(sentence("notch filters: no mains hum found"),),
        gains_low_db=(0.0, -6.0),
        gains_high_db=(6.0, -4.0),
        talk=(TalkTime(from_lufs=-30, before_s=30, after_s=0), TalkTime(from_lufs=-16, before_s=0, after_s=60)),
    ),
    defects=(
        Defect(
            code="clipping",
            at_s=65.0,
            message=sentence("clipping: the recording level was too high"),
        ),
    ),
)


EXCERPTS = tuple(
    Excerpt(kind=kind, recording_s=at_s, master_s=at_s + 5, start_s=number * 8.5, length_s=8.0, loudness_lufs=-18.5)
    for number, (kind, at_s) in enumerate([("soft", 3.0), ("loud", 20.0), ("noise", 40.0), ("applause", 61.0)])
)


def render(*, release=TREATED, target=None, excerpts=()):
    programme = replace(PROGRAMME, sound=target) if target else PROGRAMME
    places = ExcerptSet(places={release.episode.slug: excerpts} if excerpts else {})
    page, data = render_reports([build_report_input(programme, release, places)], theme=Theme(folder="press"))
    return page, data


def test_episode_gets_a_page_and_a_json_file():
    page, data = render()

    slug = TREATED.episode.slug
    assert (f"press/reports/{slug}.html", f"press/reports/{slug}.json") == (page.path, data.path)


def test_json_has_target_and_measurements():
    values = json.loads(render()[1].content)

    (first, *_) = values["files"]
    enclosure = TREATED.enclosures[0]
    assert -16.0 == values["target"]["integrated_lufs"]
    assert (enclosure.integrated_lufs, enclosure.duration_s) == (first["integrated_lufs"], first["duration_s"])
    assert {
        "code": "clipping",
        "at_s": 65.0,
        "message": "clipping: the recording level was too high",
    } == values["defects"][0]
    assert [-31.0, -70.0, -32.0] == values["processing"]["before_lufs"]
    assert None is values["processing"]["loudness_range_lu"]


def test_places_to_compare_are_listed_with_their_files():
    slug = TREATED.episode.slug
    page, data = render(excerpts=EXCERPTS)

    tree, values = html.fromstring(page.content), json.loads(data.content)
    assert [f"{slug}-recording.mp3", f"{slug}-master.mp3"] == tree.xpath("//audio/@src")
    assert ["0.0", "8.5", "17.0", "25.5"] == tree.xpath("//section[@id='compare']//button/@data-start")
    assert "Luidste spraak" in tree.xpath("//section[@id='compare']//button/text()")
    assert "op 0:20 in de opname, 8 s, beide op −18,5\u00a0LUFS" in "".join(tree.xpath("//li")[1].itertext())
    assert {"recording": f"{slug}-recording.mp3", "master": f"{slug}-master.mp3"} == values["excerpts"][0]["files"]
    assert ("soft", 3.0, 8.0) == tuple(values["excerpts"][0][name] for name in ("kind", "recording_s", "master_s"))
    page, data = render()
    assert (b"<audio" in page.content, b"<script" in page.content, json.loads(data.content)["excerpts"]) == (
        False,
        False,
        [],
    )


@pytest.mark.parametrize(("lufs", "dbtp", "met"), [(-16.1, -1.0, True), (-16.3, -1.0, False), (-16.0, -0.9, False)])
def test_file_off_target_is_marked(lufs, dbtp, met):
    off = replace(TREATED, enclosures=(replace(TREATED.enclosures[0], integrated_lufs=lufs, true_peak_dbtp=dbtp),))

    page, data = render(release=off)

    assert met == json.loads(data.content)["files"][0]["met"]
    assert met == ("doel niet gehaald" not in page.content.decode())


def test_page_shows_figures_times_and_escaped_titles():
    page = html.fromstring(render()[0].content)
    text = " ".join(page.text_content().split())

    for words in (
        "−31,5 LUFS",
        "+15,5 dB versterkt, naar −16 LUFS",
        "1:05 overstuurd (clipping)",
        "0:41 <Vertrouwen>",
    ):
        assert words in text
    assert [] == page.xpath("//script | //link | //img")


def test_english_report_has_english_words_and_decimal_points():
    page, _ = render_reports([build_report_input(PROGRAMME, TREATED)], theme=Theme(folder="press", language="en"))

    for words in (
        "−31.5&nbsp;LUFS",
        "gain of +15.5 dB to −16 LUFS",
        "notch filters: no mains hum found",
        "Talk time by level",
    ):
        assert words in page.content.decode()


def test_skipped_stages_are_listed_apart_from_applied_ones():
    page = html.fromstring(render()[0].content)

    assert ["+15,5 dB versterkt, naar −16 LUFS"] == page.xpath("//ol/li/text()")
    assert ["notchfilters: geen netbrom gevonden"] == page.xpath("//h3/following-sibling::ul[1]/li/text()")


def test_leveller_gain_is_a_band_aligned_with_the_chapters():
    page = html.fromstring(render()[0].content)

    (band,) = page.xpath("//*[local-name()='path'][@class='band']/@d")
    places = re.findall(r"([\d.]+) ([\d.]+)", band)
    assert [30.0, 90.0, 90.0, 30.0] == [round(float(x) * 0.12, 1) for x, _ in places]  # s: there, and back below
    assert ["71.43", "160.71", "178.57", "125"] == [y for _, y in places]  # of 250 for 28 dB: +6, −4, −6, 0


def test_curves_of_recording_and_leveller_pause_during_jingles():
    """An intro of 10 s and a jingle of 20 s at 1:00 move what was at 0:20, 1:00 and 1:40."""
    music = (TimedJingle(at_ms=60_000, length_ms=20_000),)
    page = html.fromstring(
        render(release=replace(TREATED, duration_s=150.0, offset_ms=10_000, timed_jingles=music))[0].content
    )

    before = page.xpath("//*[local-name()='path'][@class='before']/@d")
    bands = page.xpath("//*[local-name()='path'][@class='band']/@d")
    seconds = [[round(0.15 * float(x)) for x in re.findall(r"[ML]([\d.]+) ", path)] for path in (*before, *bands)]
    assert [[30], [90, 130], [40, 40], [120, 120]] == seconds


def test_talk_time_is_listed_by_level_with_bars_to_scale():
    page = html.fromstring(render()[0].content)

    rows = [" | ".join(cell.text_content() for cell in row) for row in page.xpath("//table[@class='talk']/tbody/tr")]
    assert ["−16 | 0\u00a0s | 1\u00a0min", "−30 | 30\u00a0s | 0\u00a0s"] == rows
    bars = page.xpath("//table[@class='talk']//span[@class='bar']/@style")
    assert ["0.0", "1.0", "0.5", "0.0"] == [re.search(r"\* ([\d.]+)\)", bar)[1] for bar in bars]


def test_teasers_are_listed_with_time_and_link():
    teased = replace(TREATED, teasers=(Teaser(from_ms=41_000, to_ms=63_500, title="Wie <begint>?"),))

    page, data = render(release=teased)

    slug = TREATED.episode.slug
    (link,) = html.fromstring(page.content).xpath("//a")
    assert (f"../teasers/{slug}-1.mp3", "Wie <begint>?") == (link.get("href"), link.text)
    assert "0:41–1:03" in html.fromstring(page.content).text_content()
    assert [63.5] == [one["to_s"] for one in json.loads(data.content)["teasers"]]


def test_style_sheet_is_not_escaped():
    assert 'font: 17px/1.55 "Source Sans 3"' in render()[0].content.decode()


def test_loudness_curves_are_aligned_with_the_chapters():
    page = html.fromstring(render()[0].content)

    (figure, *_) = page.xpath("//figure")
    paths = {path.get("class"): path.get("d") for path in figure.xpath(".//*[local-name()='path']")}
    points = re.findall(r"[\d.]+", paths["before"])
    assert [20.0, 60.0, 100.0] == [round(float(x) * 0.12, 1) for x in points[::2]]  # the middle of each third, in s
    assert ["155", "250", "160"] == points[1::2]  # of 250 for 50 LU; silence is at the bottom
    assert "M341.67 0v250" == paths["mark"]
    assert "M0 80h1000" == paths["target"]


def test_charts_are_left_out_without_curves():
    plain = replace(
        TREATED,
        processing=replace(
            TREATED.processing, before_lufs=(), after_lufs=(), gains_low_db=(), gains_high_db=(), talk=()
        ),
    )

    assert b"<figure" not in render(release=plain)[0].content
    assert b"<figure" not in render(release=replace(TREATED, processing=None))[0].content


def test_target_line_is_at_the_target():
    loud, soft = (render(target=SoundTarget(loudness_lufs=level))[0].content for level in (-16, -23))

    assert loud != soft
    assert 0.46 == compute_level_position(-23)


def test_empty_curve_is_not_an_error():
    drawn = render_loudness_chart(
        (Curve(css_class="after", values=(), from_s=0, to_s=0),), duration_s=0, target_lufs=-16, marks_s=()
    )

    assert str(drawn).startswith("<svg ")


def test_page_shows_each_figure_of_the_json_file():
    page, data = render()
    values = json.loads(data.content)

    (head, *rows) = html.fromstring(page.content).xpath("//table[@class='cards']//tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in (head, *rows)]
    assert ["Bestand", "Luidheid", "True peak", "Lengte", "Bitsnelheid", "Grootte"] == cells[0]
    assert [one["file"] for one in values["files"]] == [row[0] for row in cells[1:]]
    (one, *_) = values["files"]
    assert ["−16,0 LUFS (+0,0 LU)", "−1,2 dBTP", "29:59", f"{one['bitrate_kbps']} kbit/s"] == cells[1][1:5]
    pairs = [row.xpath("string(td)") for row in html.fromstring(page.content).xpath("//table[@class='pairs']//tr")]
    assert ["wav pcm_s24le, 44100 Hz, 2 kanalen", "2:00", "−31,5\u00a0LUFS", "–", "−9,0\u00a0dBTP"] == pairs
    target = {"integrated_lufs": -16.0, "true_peak_dbtp": -1.0, "channels": "stereo"}
    chapters = [{"start_s": 0.0, "title": "Welkom"}, {"start_s": 41.0, "title": "<Vertrouwen>"}]
    assert (target, chapters) == (values["target"], values["chapters"])


def test_waveform_is_first_with_chapters_and_both_curves_are_drawn():
    page = html.fromstring(render()[0].content)

    (waveform, *_) = page.xpath("//*[local-name()='svg']")
    marks = waveform.xpath("*[local-name()='path'][contains(@class, 'ticks')]/@d")
    assert [1, 1, 1] == [len(waveform.xpath(f"*[contains(@class, '{name}')]")) for name in ("even", "odd", "ticks")]
    assert 1 == len(marks[0].split("M")) - 1  # the first chapter begins where the waveform does
    assert {"before", "after"} <= set(page.xpath("//*[local-name()='path']/@class"))
