"""A programme of hundreds of episodes."""

from dataclasses import replace

from pipeline.builder.social_images import _plan_programme_image
from pipeline.graphics.covers import draw_cover
from pipeline.graphics.social_images import draw_social_image
from pipeline.graphics.tasks import MAX_WAVEFORMS, CoverTask
from pipeline.typesetting import get_templates_folder
from tests.feed.samples import PROGRAMME, release

FONTS = str(get_templates_folder() / "fonts")


def test_the_image_of_a_programme_shows_the_first_of_hundreds_of_episodes(tmp_path):
    task = _plan_programme_image(PROGRAMME, [release(number) for number in range(1, 400)])

    result = draw_social_image(replace(task, fonts=FONTS, out=str(tmp_path / "share.png")))

    assert (MAX_WAVEFORMS, 1200) == (len(task.waveforms), result.width_px)


def test_a_cover_has_room_for_the_maximum_number_of_waveforms(tmp_path):
    waveforms = tuple(release(number).waveform for number in range(MAX_WAVEFORMS))
    task = CoverTask(
        waveforms=waveforms,
        colours=tuple(range(1, MAX_WAVEFORMS + 1)),
        title="Een programma met een heel lange naam over vertrouwen tussen burger en ambtenaar",
        label="En een ondertitel die ook niet kort is, want er is veel te zeggen",
        fonts=FONTS,
        out=str(tmp_path / "cover.jpg"),
        kind="programme",
    )

    assert 3000 == draw_cover(task).width_px
