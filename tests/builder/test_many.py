"""A programme of hundreds of episodes."""

from dataclasses import replace

from pipeline.builder.social_images import _of_programme
from pipeline.graphics import MOST_BANDS, CoverJob, draw_cover, draw_share
from pipeline.typesetting import templates_folder
from tests.feed.samples import PROGRAMME, release

FONTS = str(templates_folder() / "fonts")


def test_hundreds_of_episodes_share_a_picture_of_the_first(tmp_path):
    job = _of_programme(PROGRAMME, [release(number) for number in range(1, 400)])

    facts = draw_share(replace(job, fonts=FONTS, out=str(tmp_path / "share.png")))

    assert (MOST_BANDS, 1200) == (len(job.traces), facts.width_px)


def test_a_cover_has_room_for_as_many_traces_as_it_is_given(tmp_path):
    traces = tuple(release(number).trace for number in range(MOST_BANDS))
    job = CoverJob(
        traces=traces,
        inks=tuple(range(1, MOST_BANDS + 1)),
        title="Een programma met een heel lange naam over vertrouwen tussen burger en ambtenaar",
        label="En een ondertitel die ook niet kort is, want er is veel te zeggen",
        fonts=FONTS,
        out=str(tmp_path / "cover.jpg"),
        kind="programme",
    )

    assert 3000 == draw_cover(job).width_px
