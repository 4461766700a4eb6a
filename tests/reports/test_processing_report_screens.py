"""The report where people open it: on a desk, on a phone, in the dark; in Chromium."""

from dataclasses import replace

import pytest

from pipeline.model import Teaser
from tests.reports.test_processing_report import TREATED, render

LONG = replace(
    TREATED,
    episode=replace(TREATED.episode, title="Bestuursrechtelijkehandhavingsbevoegdheden"),
    enclosures=tuple(
        replace(one, path=f"audio/01-burger-centraal-en-nog-veel-meer-woorden-{number}.mp3", true_peak_dbtp=-0.2)
        for number, one in enumerate(TREATED.enclosures)
    ),
    teasers=(Teaser(from_ms=41_000, to_ms=63_500, title="Wie begint?"),),
)
FIGURES = ["Luidheid", "True peak", "Lengte", "Bitsnelheid", "Grootte"]
CONTRAST = """() => {
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const paper = light(getComputedStyle(document.body).backgroundColor);
    const found = {paper: [paper < 0.1, 0]};
    for (const name of ["p", ".label", ".fault", ".level", ".times", "a", "th", "td", "li", "h2", ".waveform", ".after"]) {
        const ink = light(getComputedStyle(document.querySelector(name)).color);
        found[name] = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }
    return found;
}"""


@pytest.fixture
def opened(chromium):
    pages = []

    def open_(**screen):
        pages.append(chromium.browser.new_page(**screen))
        pages[-1].set_content(render(release=LONG)[0].content.decode())
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


def test_no_overflow_on_a_phone_and_each_figure_has_a_label(opened):
    page = opened(viewport={"width": 360, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    named = page.evaluate(
        "[...document.querySelectorAll('.cards tbody tr:first-child td')].map((cell) => getComputedStyle(cell, '::before').content)"
    )
    assert named == [f'"{figure}"' for figure in FIGURES]
    assert page.evaluate("Math.min(...[...document.querySelectorAll('svg')].map((one) => one.clientWidth))") > 300


def test_no_table_heading_wraps_on_a_desktop(opened):
    page = opened(viewport={"width": 1280, "height": 900})

    heads = page.locator(".cards thead th")
    assert [heads.nth(at).inner_text() for at in range(6)] == ["Bestand", *FIGURES]
    assert page.evaluate("document.querySelector('.cards thead').clientHeight") < 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_sufficient_in_light_and_dark_mode(opened, scheme):
    found = opened(color_scheme=scheme).evaluate(CONTRAST)

    assert found.pop("paper")[0] == (scheme == "dark")
    assert {} == {name: ratio for name, ratio in found.items() if ratio < 4.5}
