"""The HTML of a newsletter, checked by the Nu HTML checker and axe, and shown on narrow screens and in dark mode."""

import re
from dataclasses import replace

import pytest

from pipeline.content import load_programme
from pipeline.model import NewsletterSettings
from tests.mailings.newsletter_programme import write_programme
from tests.mailings.test_newsletters import render
from tests.site.test_checkers import find_violations, run_nu_checker

pytestmark = pytest.mark.external

# Attributes for old mail programs, which have no other way to set these; the checker calls them obsolete.
FOR_OUTLOOK = re.compile(
    r"The “(align|valign|bgcolor|border|cellpadding|cellspacing|width|height)” attribute on the “\w+” element is obsolete"
    r"|Attribute “vertical-align” not allowed on element “td”|Attribute “xmlns:[vo]” not allowed here"
    r"|Attribute with the local name “xmlns:[vo]” is not serializable"
)


OF_PAGES = {"landmark-one-main", "region"}  # a mail program is the page around a mail, and has the landmarks


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory):
    root = write_programme(tmp_path_factory.mktemp("newsletter"))
    programme = replace(load_programme(root), newsletter=NewsletterSettings())  # placeholders are no addresses
    file = root / "mail.html"
    file.write_bytes(render(programme)["html"])
    return file


def test_the_nu_html_checker_finds_only_what_outlook_needs(page):
    messages = run_nu_checker([page.as_uri()])

    assert [] == [message for message in messages if not FOR_OUTLOOK.search(message)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [320, 600])
def test_mail_fits_its_screen_and_axe_finds_nothing(chromium, page, width_px, scheme):
    context = chromium.browser.new_context(viewport={"width": width_px, "height": 800}, color_scheme=scheme)
    try:
        tab = context.new_page()
        tab.goto(page.as_uri())

        assert [] == [one for one in find_violations(tab) if one[0] not in OF_PAGES]
        assert width_px == tab.evaluate("document.documentElement.scrollWidth")
        background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert {"light": "rgb(251, 248, 241)", "dark": "rgb(22, 32, 44)"}[scheme] == background
    finally:
        context.close()
