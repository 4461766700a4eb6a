"""Page geometry: one place for the measures of Python code and stylesheets."""

import re

import pytest

from pipeline.magazine.page_geometry import PAGE, PRINT_SCALE, SCREEN_SCALE
from pipeline.magazine.sections import render_edition
from pipeline.typesetting import get_templates_folder

STYLESHEETS = ("magazine.css", "print.css")


def test_text_area_follows_from_page_and_margins():
    assert (175.0, 255.0, 85.0) == (PAGE.text_width, PAGE.text_height, PAGE.column_width)


@pytest.mark.parametrize(("medium", "scale"), [("screen", SCREEN_SCALE), ("print", PRINT_SCALE)])
def test_stylesheet_gets_page_size_and_type_of_the_edition(programme, releases, theme, medium, scale):
    stylesheet = render_edition(programme, releases, theme=theme, medium=medium).stylesheet

    properties = dict(re.findall(r"--([a-z0-9-]+): ([^;]+);", stylesheet))
    assert ("210.0mm", "297.0mm") == (properties["page-width"], properties["page-height"])
    assert (f"{scale.text.size}pt", f"{scale.text.leading}pt") == (properties["text-size"], properties["text-leading"])
    assert "margin: 18.0mm 15.0mm 24.0mm 20.0mm" in stylesheet


@pytest.mark.parametrize("name", STYLESHEETS)
def test_stylesheets_contain_no_hard_coded_page_measures(name):
    css = (get_templates_folder() / "magazine" / name).read_text()

    measures = ("210mm", "297mm", "175mm", "255mm", "85mm", "11pt/16pt", "9.6pt/12.756pt")
    assert [] == [measure for measure in measures if re.search(rf"(?<![\d.]){re.escape(measure)}", css)]
