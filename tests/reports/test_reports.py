"""The report of an episode: what was asked, what was delivered, the sound before and after; for people and for tools."""

import json
import re
from dataclasses import replace

import pytest
from lxml import html

from pipeline.graphics.charts import Curve, curves_svg, part_of
from pipeline.model import Chapter, Defect, Interlude, SoundTarget, TalkTime, Teaser, Treatment, sentence
from pipeline.reports import render_reports
from pipeline.typesetting import Theme
from tests.feed.samples import PROGRAMME, release

TREATED = replace(
    release(1),
    duration_s=120.0,
    chapters=(Chapter(start_ms=0, title="Welkom"), Chapter(start_ms=41_000, title="<Vertrouwen>")),
    treatment=Treatment(
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
        left_alone=(sentence("hum: none was found"),),
        gains_low_db=(0.0, -6.0),
        gains_high_db=(6.0, -4.0),
        talk=(TalkTime(from_lufs=-30, before_s=30, after_s=0), TalkTime(from_lufs=-16, before_s=0, after_s=60)),
    ),
    defects=(
        Defect(
            code="clipping",
            at_s=65.0,
            message=sentence("the recording is clipped: it was louder than the recorder could take"),
        ),
    ),
)


def made(*, release=TREATED, target=None):
    programme = replace(PROGRAMME, sound=target) if target else PROGRAMME
    page, data = render_reports(programme, (release,), theme=Theme(room="press"))
    return page, data


def test_an_episode_gets_a_page_and_the_same_for_tools_beside_it():
    page, data = made()

    slug = TREATED.episode.slug
    assert (f"press/reports/{slug}.html", f"press/reports/{slug}.json") == (page.path, data.path)


def test_the_tools_read_what_was_asked_and_what_each_file_measures():
    told = json.loads(made()[1].content)

    (first, *_) = told["files"]
    enclosure = TREATED.enclosures[0]
    assert -16.0 == told["asked"]["integrated_lufs"]
    assert (enclosure.integrated_lufs, enclosure.duration_s) == (first["integrated_lufs"], first["duration_s"])
    assert {
        "code": "clipping",
        "at_s": 65.0,
        "message": "the recording is clipped: it was louder than the recorder could take",
    } == told["defects"][0]
    assert [-31.0, -70.0, -32.0] == told["treatment"]["before_lufs"]
    assert None is told["treatment"]["loudness_range_lu"]


@pytest.mark.parametrize(("lufs", "dbtp", "met"), [(-16.1, -1.0, True), (-16.3, -1.0, False), (-16.0, -0.9, False)])
def test_a_file_that_is_not_as_asked_is_named_as_such(lufs, dbtp, met):
    off = replace(TREATED, enclosures=(replace(TREATED.enclosures[0], integrated_lufs=lufs, true_peak_dbtp=dbtp),))

    page, data = made(release=off)

    assert met == json.loads(data.content)["files"][0]["met"]
    assert met == ("niet zoals gevraagd" not in page.content.decode())


def test_a_person_reads_figures_times_and_titles_and_no_markup_of_a_title():
    page = html.fromstring(made()[0].content)
    text = " ".join(page.text_content().split())

    for told in (
        "−31,5 LUFS",
        "+15,5 dB versterkt, naar −16 LUFS",
        "1:05 de opname is overstuurd",
        "0:41 <Vertrouwen>",
    ):
        assert told in text
    assert [] == page.xpath("//script | //link | //img")


def test_a_report_in_english_is_english_with_points_in_its_figures():
    page, _ = render_reports(replace(PROGRAMME, language="en"), (TREATED,), theme=Theme(room="press", language="en"))

    for told in ("−31.5&nbsp;LUFS", "gain of +15.5 dB to −16 LUFS", "hum: none was found", "Talk time by level"):
        assert told in page.content.decode()


def test_what_was_left_alone_is_told_apart_from_what_was_done():
    page = html.fromstring(made()[0].content)

    assert ["+15,5 dB versterkt, naar −16 LUFS"] == page.xpath("//ol/li/text()")
    assert ["bromtoon: niet gevonden"] == page.xpath("//h3/following-sibling::ul[1]/li/text()")


def test_the_gain_of_the_leveller_is_a_band_in_step_with_the_chapters():
    page = html.fromstring(made()[0].content)

    (band,) = page.xpath("//*[local-name()='path'][@class='band']/@d")
    places = re.findall(r"([\d.]+) ([\d.]+)", band)
    assert [30.0, 90.0, 90.0, 30.0] == [round(float(x) * 0.12, 1) for x, _ in places]  # s: there, and back below
    assert ["71.43", "160.71", "178.57", "125"] == [y for _, y in places]  # of 250 for 28 dB: +6, −4, −6, 0


def test_curves_of_the_recording_and_the_leveller_stop_while_a_jingle_is_heard():
    """Twenty seconds of music after a minute of two, behind ten of intro: what stood at 0:20, 1:00 and 1:40 moves by that."""
    music = (Interlude(at_ms=60_000, length_ms=20_000),)
    page = html.fromstring(
        made(release=replace(TREATED, duration_s=150.0, offset_ms=10_000, interludes=music))[0].content
    )

    before = page.xpath("//*[local-name()='path'][@class='before']/@d")
    bands = page.xpath("//*[local-name()='path'][@class='band']/@d")
    seconds = [[round(0.15 * float(x)) for x in re.findall(r"[ML]([\d.]+) ", path)] for path in (*before, *bands)]
    assert [[30], [90, 130], [40, 40], [120, 120]] == seconds


def test_talk_time_is_told_by_level_loudest_first_with_bars_to_scale():
    page = html.fromstring(made()[0].content)

    rows = [" | ".join(cell.text_content() for cell in row) for row in page.xpath("//table[@class='talk']/tbody/tr")]
    assert ["−16 | 0\u00a0s | 1\u00a0min", "−30 | 30\u00a0s | 0\u00a0s"] == rows
    bars = page.xpath("//table[@class='talk']//span[@class='bar']/@style")
    assert ["0.0", "1.0", "0.5", "0.0"] == [re.search(r"\* ([\d.]+)\)", bar)[1] for bar in bars]


def test_teasers_are_named_with_their_place_and_lead_to_their_file():
    teased = replace(TREATED, teasers=(Teaser(from_ms=41_000, to_ms=63_500, title="Wie <begint>?"),))

    page, data = made(release=teased)

    slug = TREATED.episode.slug
    (link,) = html.fromstring(page.content).xpath("//a")
    assert (f"../teasers/{slug}-1.mp3", "Wie <begint>?") == (link.get("href"), link.text)
    assert "0:41–1:03" in html.fromstring(page.content).text_content()
    assert [63.5] == [one["to_s"] for one in json.loads(data.content)["teasers"]]


def test_the_style_sheet_stands_in_the_page_as_it_was_written():
    assert 'font: 17px/1.55 "Source Sans 3"' in made()[0].content.decode()


def test_the_loudness_before_and_after_is_drawn_in_step_with_the_chapters():
    page = html.fromstring(made()[0].content)

    (figure, *_) = page.xpath("//figure")
    paths = {path.get("class"): path.get("d") for path in figure.xpath(".//*[local-name()='path']")}
    points = re.findall(r"[\d.]+", paths["before"])
    assert [20.0, 60.0, 100.0] == [round(float(x) * 0.12, 1) for x in points[::2]]  # the middle of each third, in s
    assert ["155", "250", "160"] == points[1::2]  # of 250 for 50 LU; silence lies on the floor
    assert "M341.67 0v250" == paths["mark"]
    assert "M0 80h1000" == paths["target"]


def test_without_curves_nothing_is_drawn_and_nothing_is_missing():
    plain = replace(
        TREATED,
        treatment=replace(TREATED.treatment, before_lufs=(), after_lufs=(), gains_low_db=(), gains_high_db=(), talk=()),
    )

    assert b"<figure" not in made(release=plain)[0].content
    assert b"<figure" not in made(release=replace(TREATED, treatment=None))[0].content


def test_another_target_is_another_line():
    loud, soft = (made(target=SoundTarget(loudness_lufs=level))[0].content for level in (-16, -23))

    assert loud != soft
    assert 0.46 == part_of(-23)


def test_a_curve_without_length_is_no_error():
    drawn = curves_svg(
        (Curve(css_class="after", values=(), from_s=0, to_s=0),), duration_s=0, target_lufs=-16, marks_s=()
    )

    assert str(drawn).startswith("<svg ")


def test_the_page_shows_each_figure_that_the_tools_get():
    page, data = made()
    told = json.loads(data.content)

    (head, *rows) = html.fromstring(page.content).xpath("//table[@class='cards']//tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row] for row in (head, *rows)]
    assert ["Bestand", "Luidheid", "Ware piek", "Lengte", "Bitsnelheid", "Grootte"] == cells[0]
    assert [one["file"] for one in told["files"]] == [row[0] for row in cells[1:]]
    (one, *_) = told["files"]
    assert ["−16,0 LUFS (+0,0 LU)", "−1,2 dBTP", "29:59", f"{one['bitrate_kbps']} kbit/s"] == cells[1][1:5]
    pairs = [row.xpath("string(td)") for row in html.fromstring(page.content).xpath("//table[@class='pairs']//tr")]
    assert ["wav pcm_s24le, 44100 Hz, 2 kanalen", "2:00", "−31,5\u00a0LUFS", "–", "−9,0\u00a0dBTP"] == pairs
    asked = {"integrated_lufs": -16.0, "true_peak_dbtp": -1.0, "channels": "stereo"}
    chapters = [{"start_s": 0.0, "title": "Welkom"}, {"start_s": 41.0, "title": "<Vertrouwen>"}]
    assert (asked, chapters) == (told["asked"], told["chapters"])


def test_the_trace_stands_above_all_with_its_chapters_and_both_curves_are_drawn():
    page = html.fromstring(made()[0].content)

    (trace, *_) = page.xpath("//*[local-name()='svg']")
    marks = trace.xpath("*[local-name()='path'][contains(@class, 'ticks')]/@d")
    assert [1, 1, 1] == [len(trace.xpath(f"*[contains(@class, '{name}')]")) for name in ("even", "odd", "ticks")]
    assert 1 == len(marks[0].split("M")) - 1  # the first chapter begins where the trace does
    assert {"before", "after"} <= set(page.xpath("//*[local-name()='path']/@class"))
