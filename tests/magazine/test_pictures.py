"""Pictures keep their shape on paper, on screen and on the web; crops are chosen, and reported."""

import subprocess
from dataclasses import replace
from urllib.parse import quote

import pytest
from PIL import Image

from pipeline.builder.editions import build_pdfs
from pipeline.content import load_programme
from pipeline.magazine.copyfit import estimate_text_mm
from pipeline.magazine.copyfit_checks import check_copyfit
from pipeline.magazine.page_geometry import PAGE, PRINT_SCALE
from pipeline.magazine.picture_sizes import choose_width, measure_picture
from pipeline.model import Picture
from pipeline.site.inline_images import split_at_images
from pipeline.typesetting import render_markdown
from tests.magazine.conftest import SENTENCE, create_context

SHAPES = {  # width and height in pixels
    "portret.jpg": (900, 1350),
    "panorama.jpg": (1600, 480),
    "klein panorama.jpg": (700, 210),
    "flip-over één.jpg": (1200, 1600),
    "vierkant.png": (1000, 1000),
    "piepklein.png": (320, 240),
    "telefoon.jpg": (600, 1300),
}
HALF_PAGE_MM = PAGE.text_height / 2


def make_picture(shape, **more):
    return Picture(file="magazine/images/a.jpg", alt="x", width_px=shape[0], height_px=shape[1], **more)


@pytest.mark.parametrize(("shape", "width", "size_mm"), [
    ((2400, 1600), "column", (85, 56.67)),
    ((900, 1350), "column", (85, 127.5)),  # half a page high, and no more:
    ((900, 1800), "column", (63.75, 127.5)),
    ((4000, 1200), "full", (175, 52.5)),
    ((700, 210), "column", (85, 25.5)),  # too few pixels for the full width
    ((320, 240), "column", (54.19, 40.64)),  # no coarser than 150 ppi
    ((50, 50), "column", (45, 45)),
    ((0, 0), "column", (85, 56.67)),  # unknown
])  # fmt: skip
def test_size_follows_shape_and_resolution(shape, width, size_mm):
    picture = make_picture(shape)

    assert width == choose_width(picture)
    assert size_mm == pytest.approx(measure_picture(picture), abs=0.01)


@pytest.mark.parametrize(("more", "width_mm", "ratio"), [
    ({"width": "full"}, 175, 3 / 2),
    ({"width": "page"}, 175, 3 / 2),
    ({"fit": "crop"}, 85, 4 / 3),
    ({"fit": "crop", "width": "full"}, 175, 16 / 9),
])  # fmt: skip
def test_chosen_width_and_crop_are_followed(more, width_mm, ratio):
    width, height = measure_picture(make_picture((2400, 1600), **more))

    assert (width_mm, ratio) == (width, pytest.approx(width / height, rel=0.001))


@pytest.mark.parametrize(("focus", "box"), [
    (None, (0.0, 0.25, 1.0, 0.75)),
    ((50.0, 0.0), (0.0, 0.0, 1.0, 0.5)),
    ((10.0, 60.0), (0.0, 0.35, 1.0, 0.85)),
    ((50.0, 100.0), (0.0, 0.5, 1.0, 1.0)),
])  # fmt: skip
def test_crop_keeps_the_focus_inside_the_picture(focus, box):
    picture = make_picture((800, 1200), fit="crop", focus=focus)  # 4:3 keeps half its height

    assert box == picture.box
    assert 0.5 == pytest.approx(picture.cut)
    assert picture.name != replace(picture, fit="whole").name == picture.file


def test_crop_of_more_than_a_tenth_is_warned_unless_it_was_placed(programme):
    def list_cuts(picture):
        story = replace(programme.stories[0], picture=None, pictures=(picture,))
        return [one.message for one in check_copyfit(replace(programme, stories=(story,))) if one.code == "cropped"]

    assert ["50% of the picture is cut off"] == list_cuts(make_picture((800, 1200), fit="crop"))
    assert [] == list_cuts(make_picture((800, 1200), fit="crop", focus=(50.0, 20.0)))
    assert [] == list_cuts(make_picture((1200, 850), fit="crop"))
    assert [] == list_cuts(make_picture((800, 1200)))


def test_picture_that_cannot_be_broken_makes_columns_uneven():
    text, picture = SENTENCE * 3, "![x](a.jpg)"

    even = estimate_text_mm(f"{text}\n\n{text}", PRINT_SCALE)
    assert even < estimate_text_mm(f"{text}\n\n{picture}\n\n{text}", PRINT_SCALE, ((28, 1),)) - 28 / 2 * 4.5
    across = estimate_text_mm(f"{text}\n\n{picture}\n\n{text}", PRINT_SCALE, ((12, 2),))
    assert even + 14 * 4.5 == pytest.approx(across, abs=2 * 4.5)
    assert even == estimate_text_mm(f"{text}\n\n{picture}\n\n{text}", PRINT_SCALE, ((50, 0),))  # on its own page


def test_pages_of_the_site_show_the_crop():
    picture = replace(make_picture((800, 1200), fit="crop"), file="magazine/images/a b.jpg")

    (segment, _) = split_at_images(
        render_markdown("![x](../images/a%20b.jpg)"),
        folder="magazine/stories",
        pictures={picture.file: "whole.jpg", picture.name: "crop.jpg"},
        articles={},
        link=str,
        shown=(picture,),
    )

    assert "crop.jpg" == segment.picture


@pytest.fixture(scope="module")
def printed(tmp_path_factory, theme):
    """The pictures of the print and screen PDFs of a programme with all shapes, by an independent reader."""
    root = tmp_path_factory.mktemp("pictures")
    images = root / "magazine/images"
    images.mkdir(parents=True)
    for name, shape in SHAPES.items():
        Image.linear_gradient("L").resize(shape).convert("RGB").save(images / name)
    Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16").save(
        images / "grijs16.png"
    )
    (root / "programme.yaml").write_text(
        "title: Proef\nlanguage: nl\norganiser: Proef\nurl: https://example.org/proef/\n", "utf-8"
    )
    (root / "magazine/magazine.yaml").write_text("title: Proef\nflatplan: [article: stories/vormen.md]\n", "utf-8")
    (root / "magazine/stories").mkdir()
    texts = (f"{SENTENCE}\n\n![Wat er staat](../images/{quote(name)})\n" for name in (*SHAPES, "grijs16.png"))
    head = (
        "title: Vormen\npictures:\n  - {file: images/telefoon.jpg, fit: crop, focus: 50% 0%}\n"
        "  - {file: ../images/vierkant.png, width: page}\n"
    )
    (root / "magazine/stories/vormen.md").write_text(f"---\n{head}---\n{chr(10).join(texts)}\n\n{SENTENCE}", "utf-8")
    programme = load_programme(root)
    context = create_context(root, programme, theme)
    editions = {one.name: one for one in build_pdfs(programme, (), programme.magazine, context)}
    assert [] == context.runner.failures
    return {name: list_images(context.runner.cache.get_object_path(one.sha256)) for name, one in editions.items()}


def list_images(file):
    """List width and height in millimetres, and the pixels, of each image in a PDF, as poppler sees them."""
    lines = subprocess.run(
        ["pdfimages", "-list", str(file)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    columns = [line.split() for line in lines[2:]]
    return [
        (
            int(one[3]) / float(one[12]) * 25.4,
            int(one[4]) / float(one[13]) * 25.4,
            int(one[3]),
            int(one[4]),
            int(one[0]),
        )
        for one in columns
        if one[2] == "image"
    ]


def test_every_shape_is_printed_whole_and_undistorted(printed):
    for images in printed.values():
        by_ratio = {round(one[2] / one[3], 2): one for one in images}
        for name in ("portret.jpg", "panorama.jpg", "flip-over één.jpg", "vierkant.png", "piepklein.png"):
            width, height = SHAPES[name]
            found = by_ratio[round(width / height, 2)]
            assert width / height == pytest.approx(found[0] / found[1], rel=0.02), name
        assert len(SHAPES) + 1 == len(images)


def test_widths_on_paper_are_a_column_both_columns_or_a_page(printed):
    images = {round(one[2] / one[3], 2): one for one in printed["magazine-print.pdf"]}

    assert 85 == pytest.approx(images[0.67][0], abs=1)  # portrait
    assert pytest.approx(images[0.67][1], abs=1) == HALF_PAGE_MM
    assert [85, 175] == sorted(
        round(one[0]) for one in printed["magazine-print.pdf"] if round(one[2] / one[3], 2) == 3.33
    )
    square = images[1.0]
    assert 175 == pytest.approx(square[0], abs=1)
    assert square[4] == max(one[4] for one in images.values())  # its page comes after the text
    assert {54, 85} == {round(one[0]) for one in printed["magazine-print.pdf"] if round(one[2] / one[3], 2) == 1.33}


def test_crop_of_a_telephone_picture_has_the_standard_shape(printed):
    ratios = [round(one[2] / one[3], 2) for one in printed["magazine-print.pdf"]]

    assert 0.46 not in ratios  # 600 × 1300
    assert 1 <= ratios.count(1.33)


def test_pictures_in_the_text_of_a_case_are_published_as_chosen(tmp_path, theme):
    (tmp_path / "magazine/images").mkdir(parents=True)
    (tmp_path / "magazine/cases/avond").mkdir(parents=True)
    for name in ("stoep.jpg", "straat.jpg"):
        Image.linear_gradient("L").resize((800, 1200)).convert("RGB").save(tmp_path / "magazine/images" / name)
    (tmp_path / "programme.yaml").write_text(
        "title: Proef\nlanguage: nl\norganiser: Proef\nurl: https://example.org/proef/\nevents:\n"
        "  - {id: avond, title: Avond, starts: 2024-06-13 16:30, ends: 2024-06-13 19:00}\n",
        "utf-8",
    )
    (tmp_path / "magazine/cases/avond/stoep.md").write_text(
        "---\ntitle: De stoep\npictures:\n  - {file: ../../images/stoep.jpg, fit: crop, focus: 50% 0%}\n---\n\n"
        "![Een stoep](../../images/stoep.jpg)\nMet tegels.\n\n![Een straat](../../images/straat.jpg)\n",
        "utf-8",
    )

    programme = load_programme(tmp_path)
    pictures = create_context(tmp_path, programme, theme).pictures

    stoep, straat = programme.list_cases()[0].pictures
    assert {stoep.name, straat.name} == set(pictures.objects)
    assert (800, 600) == pictures.sizes[pictures.paths[stoep.name]]  # 4:3, from the top
    assert (0.0, 0.0, 1.0, 0.5) == stoep.box
    assert (800, 1200) == pictures.sizes[pictures.paths[straat.name]]
