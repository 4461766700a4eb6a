"""The pages of a summary and of an approval sheet, checked by the Nu HTML checker and axe, on a narrow screen."""

import pytest

from tests.site.test_checkers import find_violations, run_nu_checker

pytestmark = [pytest.mark.external, pytest.mark.slow]


@pytest.fixture(scope="module", name="pages")
def _pages(mailings, asked):
    summary = mailings.folder / "press/summaries/burger-centraal.html"
    return [file.as_uri() for file in (summary, asked.folder / "tafel-3.html", asked.folder / "tafel-4.html")]


def test_axe_finds_nothing_and_no_page_scrolls_sideways(chromium, pages):
    tab = chromium.browser.new_page(viewport={"width": 320, "height": 640})
    found = {}
    for page in pages:
        tab.goto(page)
        found[page] = (find_violations(tab), tab.evaluate("document.documentElement.scrollWidth"))
    tab.close()

    assert {page: ([], 320) for page in pages} == found


def test_the_nu_html_checker_has_no_messages(pages):
    assert [] == run_nu_checker(pages)
