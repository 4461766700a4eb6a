"""Selectors that look at the next element take time in proportion to the text, and match as before."""

import pytest
import weasyprint
from weasyprint.css import cssselect2

from pipeline.pdf.sibling_selectors import cache_siblings

RULES = "div > :has(+ h3) { color: red } div > :has(~ h3) { width: 9px } p:has(+ p + h3) { height: 7px }"


@pytest.fixture
def match(monkeypatch):
    """Lays out paragraphs and headings; returns the style of each, and how many elements were made."""

    def lay_out(inside):
        kind, made = cssselect2.ElementWrapper, []
        with monkeypatch.context() as patch:
            original = kind.__init__
            patch.setattr(kind, "__init__", lambda *fields, **options: made.append(1) or original(*fields, **options))
            document = weasyprint.HTML(string=f"<style>{RULES}</style><div>{inside}</div>").render()
        boxes = [
            box for page in document.pages for box in page._page_box.descendants() if box.element_tag in ("p", "h3")
        ]
        blocks = [box for box in boxes if hasattr(box, "margin_top") and not hasattr(box, "text")]
        return [(box.element_tag, box.style["color"], box.width, box.height) for box in blocks], len(made)

    return lay_out


def test_elements_match_as_before(match):
    inside = "<p>een</p><p>twee</p><h3>Kop</h3><p>drie</p><div><p>diep</p><h3>Kop</h3></div><p>vier</p>"
    before, _ = match(inside)
    with cache_siblings():
        after, _ = match(inside)

    assert before == after
    assert 1 < len({style[1:] for style in before})


def test_twice_as_many_paragraphs_take_twice_as_many_elements(match):
    with cache_siblings():
        (_, few), (_, many) = match("<p>zin</p>" * 100), match("<p>zin</p>" * 200)

    assert many < 2.2 * few
