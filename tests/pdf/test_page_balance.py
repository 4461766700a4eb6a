"""Balancing of a text over its pages, measured in the PDF by poppler."""

import re
import subprocess
from itertools import chain

import pytest
import weasyprint

from pipeline.pdf.page_balance import balance_pages
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.tasks import RenderPdfTask

STYLE = "@page { size: 100mm 100mm; margin: 10mm } body { margin: 0; font: 10pt/12pt serif } p { margin: 0 }"
QUOTE = (
    '<blockquote style="margin: 0; break-inside: avoid; font-size: {size}pt; line-height: 1.2">Bel eerst.</blockquote>'
)
LINES_PER_PAGE = 18  # of 12 pt on 80 mm


def render(folder, lines, after="", **options) -> list[list[str]]:
    """Render a text of so many lines; return the lines of each page."""
    text = "".join(f"<p>regel {number}</p>" for number in range(lines))
    html = folder / "a.html"
    html.write_text(f'<html lang="nl"><style>{STYLE}</style><body><div class="text">{text}</div>{after}</body></html>')
    task = RenderPdfTask(
        subject="a", html=str(html), pictures=str(folder), theme_folders=(), out=str(folder / "a.pdf"), **options
    )
    result = render_pdf(task)
    read = subprocess.run(["pdftotext", task.out, "-"], check=True, capture_output=True, encoding="utf-8").stdout
    pages = [re.findall(r"[^\n]+", page) for page in read.split("\f")[:-1]]
    assert len(pages) == result.pages
    return pages


@pytest.mark.parametrize("extra", [1, 2, 3])
def test_last_page_gets_more_lines_and_none_is_lost(tmp_path, extra):
    loose = render(tmp_path, LINES_PER_PAGE + extra)
    balanced = render(tmp_path, LINES_PER_PAGE + extra, is_balanced=True)

    assert [LINES_PER_PAGE, extra] == list(map(len, loose))
    assert 2 == len(balanced)
    assert len(balanced[1]) >= 5
    assert list(chain(*loose)) == list(chain(*balanced))


def test_quote_does_not_stand_alone_on_the_last_page(tmp_path):
    after = QUOTE.format(size=60)
    loose, balanced = (render(tmp_path, LINES_PER_PAGE - 1, after, is_balanced=flag) for flag in (False, True))

    assert ["Bel eerst."] == loose[-1] or ["Bel", "eerst."] == loose[-1]
    assert sum(line.startswith("regel") for line in balanced[-1]) >= 4


def test_tight_style_saves_the_page_if_it_can(tmp_path):
    after, tight = QUOTE.format(size=60), "blockquote { font-size: 10pt !important }"

    assert 1 == len(render(tmp_path, LINES_PER_PAGE - 2, after, is_balanced=True, tight_style=tight))


@pytest.mark.parametrize("neighbour", [3, 14])
def test_text_that_flows_on_above_a_neighbour_has_some_lines_there_if_these_fit(tmp_path, neighbour):
    flowing = "".join(f"<p>regel {number}</p>" for number in range(LINES_PER_PAGE + 1))
    other = "".join(f"<p>buur {number}</p>" for number in range(neighbour))
    html = tmp_path / "a.html"
    html.write_text(
        f'<html lang="nl"><style>{STYLE}</style><body><div class="flows"><div class="text">{flowing}</div></div>'
        f'<div class="text" style="break-inside: avoid">{other}</div></body></html>'
    )
    task = RenderPdfTask(
        subject="a", html=str(html), pictures="", theme_folders=(), out=str(tmp_path / "a.pdf"), is_balanced=True
    )

    render_pdf(task)

    pages = subprocess.run(["pdftotext", task.out, "-"], check=True, capture_output=True, encoding="utf-8").stdout
    first, second = (re.findall(r"regel \d+|buur \d+", page) for page in pages.split("\f")[:2])
    assert LINES_PER_PAGE + 1 + neighbour == len(first) + len(second)
    assert sum(line.startswith("regel") for line in second) == (5 if neighbour == 3 else 1)


def test_full_last_page_is_left_as_it_is(tmp_path):
    assert render(tmp_path, 2 * LINES_PER_PAGE - 2) == render(tmp_path, 2 * LINES_PER_PAGE - 2, is_balanced=True)


@pytest.mark.parametrize(("pages", "layouts"), [(4, 6), (12, 4), (45, 2)])
def test_long_text_is_laid_out_less_often(pages, layouts):
    block = (
        f'<p style="break-inside: avoid">{"regel<br>" * (LINES_PER_PAGE - 4)}</p>'  # with another, it fills a page more
    )
    html = weasyprint.HTML(
        string=f'<style>{STYLE}</style><div class="text">{block * (pages - 1)}{"<p>een</p>" * 6}</div>'
    )
    styles = []

    def lay_out(style):
        styles.append(style)
        return html.render(stylesheets=[weasyprint.CSS(string=style)])

    assert pages == len(balance_pages(lay_out, "p { color: red }").pages)
    assert layouts == len(styles)


@pytest.mark.parametrize(("kind", "layouts"), [("picture", 1), ("text", 2)])
def test_layout_is_not_repeated_where_nothing_can_move(kind, layouts):
    block = f'<div class="{kind}" style="break-inside: avoid">{"regel<br>" * LINES_PER_PAGE}</div>'
    html = weasyprint.HTML(string=f'<style>{STYLE}</style>{block}<div class="text">nog een regel</div>')
    styles = []

    def lay_out(style):
        styles.append(style)
        return html.render(stylesheets=[weasyprint.CSS(string=style)])

    assert 2 == len(balance_pages(lay_out, "").pages)
    assert layouts == len(styles)
