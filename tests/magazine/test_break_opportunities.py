"""Where lines may end in addresses, code and long words."""

import re
import subprocess

import pytest
import weasyprint

from pipeline.magazine.break_opportunities import add_break_opportunities
from tests.magazine.hostile_programme import ADDRESS, CODE, COMPOUNDS, EMAIL


def remove_marks(html):
    return re.sub(r"<wbr>|</?span[^>]*>|[\u200b\u00ad]", "", html)


@pytest.mark.parametrize("language", ["", "nl"])
@pytest.mark.parametrize("html", [
    f"<p>Zie {ADDRESS.replace('&', '&amp;')} of {EMAIL}, of www.example.org.</p>",
    f'<p><a href="{ADDRESS}" title="{EMAIL}">hier</a> &lt;{COMPOUNDS[4]}&gt;</p>',
    f"<p><code>{CODE} &lt;x&gt; a&amp;b</code> in tekst</p>",
])  # fmt: skip
def test_text_and_attributes_do_not_change(html, language):
    broken = add_break_opportunities(html, language=language)

    assert html == remove_marks(broken)
    assert re.findall(r'href="[^"]*"', html) == re.findall(r'href="[^"]*"', broken)


def test_address_breaks_after_its_punctuation():
    broken = add_break_opportunities("<p>https://a.example/een-twee/?x=1&amp;y=2.</p>", language="nl")

    pieces = ["https://", "a.", "example/", "een-", "twee/?", "x=", "1&amp;", "y=", "2."]
    assert f'<p><span class="address">{"<wbr>".join(pieces)}</span></p>' == broken


def test_page_for_weasyprint_has_characters_instead_of_elements():
    assert '<span class="address">www.\u200bexample.\u200borg</span>' == add_break_opportunities("www.example.org")


def test_only_the_body_of_a_page_changes():
    head = f"<head><title>{ADDRESS}</title><style>a{{}}</style></head>"

    broken = add_break_opportunities(f'{head}<body class="x"><p>{ADDRESS}</p></body>', language="nl")

    assert broken.startswith(f'{head}<body class="x"><p><span')


def test_each_line_of_code_becomes_an_element():
    broken = add_break_opportunities('<pre id="a"><code>x = 1\n\n  y\n</code></pre>')

    assert ["x = 1", "\u200b", "  y"] == re.findall(r'<span class="code-line">(.*?)</span>', broken)
    assert broken.startswith('<pre id="a"><code>')


def test_long_word_is_marked_for_weasyprint_and_gets_soft_hyphens_for_browsers():
    word = COMPOUNDS[4]

    assert f'<p>de <span class="long-word">{word}</span></p>' == add_break_opportunities(f"<p>de {word}</p>")
    assert "toon\u00adstel\u00adlings\u00adbouw\u00adter\u00adrein" in add_break_opportunities(word, language="nl")
    assert "<p>de procedure</p>" == add_break_opportunities("<p>de procedure</p>", language="nl")


def test_address_in_a_note_breaks_at_its_punctuation_in_a_column_of_any_width(tmp_path):
    note = '<li id="a"><p>Het loket belt terug. Zie https://example.org/bron/12 <a href="#b">↑</a></p>\n</li>'
    style = "@page { size: A4 } li > p:first-child { display: inline } ol { overflow-wrap: break-word }"
    lists = "".join(f'<ol style="width: {width}mm">{note}</ol>' for width in range(40, 85))

    html = add_break_opportunities(f"<style>{style}</style><body>{lists}</body>")
    weasyprint.HTML(string=html).write_pdf(tmp_path / "a.pdf")

    text = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], check=True, capture_output=True, text=True).stdout
    assert 45 == text.count("https:")
    assert 45 == text.replace("\n", "").count("example.org/bron/12")
    assert [] == re.findall(r"\bht?t?p?s?:?/?\n", text)
