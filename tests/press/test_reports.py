"""The report of an episode: what was asked, what was delivered, the sound before and after; for people and for tools."""

import json
import re
from dataclasses import replace

import pytest
from lxml import html

from pipeline.drawing.curves import Curve, curves_svg, part_of
from pipeline.model import Chapter, Defect, SoundTarget, Treatment
from pipeline.press import render_reports
from pipeline.typeset import Theme
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
        steps=("gain of +15.5 dB to -16 LUFS",),
        before_lufs=(-31.0, -70.0, -32.0),
        after_lufs=(-15.5, -48.0, -16.5),
    ),
    defects=(Defect(code="clipping", at_s=65.0, message="the recording is clipped"),),
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
    assert {"code": "clipping", "at_s": 65.0, "message": "the recording is clipped"} == told["defects"][0]
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

    for told in ("−31.5 LUFS", "gain of +15.5 dB", "1:05 the recording is clipped", "0:41 <Vertrouwen>"):
        assert told in text
    assert [] == page.xpath("//script | //link | //img")


def test_the_style_sheet_stands_in_the_page_as_it_was_written():
    assert 'font: 17px/1.55 "Source Sans 3"' in made()[0].content.decode()


def test_the_loudness_before_and_after_is_drawn_in_step_with_the_chapters():
    page = html.fromstring(made()[0].content)

    paths = {path.get("class"): path.get("d") for path in page.xpath("//figure//*[local-name()='path']")}
    points = re.findall(r"[\d.]+", paths["before"])
    assert [20.0, 60.0, 100.0] == [round(float(x) * 0.12, 1) for x in points[::2]]  # the middle of each third, in s
    assert ["155", "250", "160"] == points[1::2]  # of 250 for 50 LU; silence lies on the floor
    assert "M341.67 0v250" == paths["mark"]
    assert "M0 80h1000" == paths["target"]


def test_without_curves_nothing_is_drawn_and_nothing_is_missing():
    plain = replace(TREATED, treatment=replace(TREATED.treatment, before_lufs=(), after_lufs=()))

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
