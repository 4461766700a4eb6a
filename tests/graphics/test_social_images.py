"""Images that social networks show with a link."""

import pytest
from PIL import Image, ImageColor

from pipeline.graphics.palette import EVENT_COLOURS, PAPER
from pipeline.graphics.social_images import draw_social_image
from pipeline.graphics.tasks import SocialImageTask
from pipeline.model import from_json, to_json
from tests.graphics.conftest import FONTS, LONG_TITLE, make_waveform


def make_task(tmp_path, **changes):
    fields = {
        "waveforms": (make_waveform(1),),
        "colours": (2,),
        "on_colour": True,
        "title": "Burger centraal",
        "label": "Aflevering 1",
    }
    return SocialImageTask(**fields | {"fonts": FONTS, "out": str(tmp_path / "social.png")} | changes)


def draw(task):
    result = draw_social_image(task)
    with Image.open(task.out) as image:
        image.load()
        return result, image


def find_rows(image, colour):
    """The rows of ``image`` with a pixel of exactly this colour."""
    expected = ImageColor.getrgb(colour)
    return [
        y
        for y in range(image.height)
        if expected in {pixel for _, pixel in image.crop((0, y, image.width, y + 1)).getcolors(2000)}
    ]


def find_runs(rows):
    """First and last of each run of consecutive numbers."""
    ends = [row for row in rows if row + 1 not in rows]
    return list(zip([row for row in rows if row - 1 not in rows], ends, strict=True))


def test_image_is_a_small_png_of_1200_by_630(tmp_path):
    result, image = draw(make_task(tmp_path))

    assert (1200, 630, "PNG", "RGB", {}) == (*image.size, image.format, image.mode, image.info)
    assert result.size_bytes == (tmp_path / "social.png").stat().st_size < 150_000


def test_event_is_light_on_its_colour_and_programme_is_coloured_on_paper(tmp_path):
    _, event = draw(make_task(tmp_path))
    waveforms = tuple(map(make_waveform, range(3)))
    _, programme = draw(make_task(tmp_path, on_colour=False, waveforms=waveforms, colours=(1, 2, 3)))

    assert ImageColor.getrgb(EVENT_COLOURS[1]) == event.getpixel((5, 5))
    assert ImageColor.getrgb(PAPER) == programme.getpixel((5, 5))
    tops = [find_rows(programme, colour)[0] for colour in EVENT_COLOURS[:3]]
    assert tops == sorted(tops)
    assert find_rows(programme, EVENT_COLOURS[0])[-1] < tops[1]


@pytest.mark.parametrize(
    "title", ["X", "Hoe creëer je vertrouwen tussen burger en ambtenaar?", LONG_TITLE * 3, "a" * 400]
)
def test_text_stays_inside_the_image_and_above_the_waveform(tmp_path, title):
    _, silent = draw(make_task(tmp_path, title=title, waveforms=()))
    _, image = draw(make_task(tmp_path, title=title))
    background = ImageColor.getrgb(EVENT_COLOURS[1])
    edges = [silent.crop(box).getcolors() for box in ((0, 0, 55, 300), (1145, 0, 1200, 300), (0, 0, 1200, 50))]
    *lines, dots = find_runs(find_rows(silent, PAPER))

    assert [[background]] * 3 == [[colour for _, colour in found] for found in edges]
    assert lines[-1][1] < dots[0]
    assert max(find_rows(image, PAPER)) <= 630 * 0.93
    assert 24 > dots[1] - dots[0]  # silence is a row of dots


def test_same_task_produces_the_same_bytes_after_a_json_round_trip(tmp_path):
    task = make_task(tmp_path)
    draw_social_image(task)
    first = (tmp_path / "social.png").read_bytes()

    draw_social_image(from_json(SocialImageTask, to_json(task)))

    assert first == (tmp_path / "social.png").read_bytes()
