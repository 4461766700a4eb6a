"""Show notes become Markdown with every word and every link: checked by another reader of HTML."""

import re

import pytest
from lxml import html

from pipeline.podcast_import.html_notes import convert_notes, extract_text
from pipeline.typesetting import find_markdown_excess, render_markdown

BASE = "https://host.example/een/"
RICH = """
<h2>Gast &amp; tafel</h2><p>Met <b>José</b>, <i>Zoë</i> en <code>x_y</code>.<br>Tweede *regel*, 1_000 keer.</p>
<p>1. Geen lijst<br/># geen kop</p><ul><li>een</li><li>twee<ul><li>twee a</li></ul></li></ul><ol start="3"><li>drie</li></ol>
<blockquote><p>Een citaat.</p></blockquote><table><tr><th>naam</th><th>tijd</th></tr><tr><td>Anna</td><td>00:10</td></tr></table>
<p><a href="/over?a=1&amp;b=2">Over (ons)</a> <a href='https://x.example/(1)'>x</a> <a href="mailto:a@b.example">post</a></p>
<div>los <span style="font-weight: bold">vet</span></div><script>alert(1)</script><!-- niemand -->
"""


def read_words(page):
    root = html.fromstring(f"<div>{page}</div>")
    for element in root.xpath("//script|//style|//comment()"):
        element.drop_tree()
    text = " ".join(root.xpath("//text()"))
    return re.sub(r"[\s*'’‘\"“”\u00a0|]+", "", text)


def read_links(page):
    return [(one.get("href"), one.text_content()) for one in html.fromstring(f"<div>{page}</div>").iter("a")]


def test_every_word_and_link_of_rich_notes_is_kept():
    rendered = str(render_markdown(convert_notes(RICH, base=BASE), language="nl"))

    assert read_words(RICH) == read_words(rendered)
    assert [
        ("https://host.example/over?a=1&b=2", "Over (ons)"),
        ("https://x.example/(1)", "x"),
        ("mailto:a@b.example", "post"),
    ] == [(href.replace("%28", "(").replace("%29", ")"), text) for href, text in read_links(rendered)]
    tree = html.fromstring(f"<div>{rendered}</div>")
    tags = [("blockquote", 1), ("table", 1), ("ul", 2), ("ol", 1), ("strong", 2), ("em", 1)]
    assert tags == [(tag, len(list(tree.iter(tag)))) for tag, _ in tags]


def test_plain_text_keeps_its_lines_and_its_addresses_become_links():
    text = "Eerste *regel*\nTweede, met https://x.example/a_b?c=1&d=2.\n\n- geen lijst, 5 < 6 & 7"
    rendered = str(render_markdown(convert_notes(text, base=BASE), language="nl"))

    assert [("https://x.example/a_b?c=1&d=2", "https://x.example/a_b?c=1&d=2")] == read_links(rendered)
    assert (2, 1) == (rendered.count("<p>"), rendered.count("<br"))
    assert "5 &lt; 6 &amp; 7" in rendered
    assert "<em>" not in rendered


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("<img src='zaal.png' alt='de zaal'>", [(f"{BASE}zaal.png", "de zaal")]),
        ("<a href='/winkel'><img src='zaal.png' alt='de winkel'></a>", [("https://host.example/winkel", "de winkel")]),
        (
            "<a href='/winkel'><img src='zaal.png'></a>",
            [("https://host.example/winkel", "https://host.example/winkel")],
        ),
        ("<iframe src='https://video.example/1'></iframe>", [("https://video.example/1", "https://video.example/1")]),
        ("<p>a<img src='https://pixel.example/p.gif' width='1' height='1'>b</p>", []),
        ("<a href='javascript:alert(1)'>klik</a>", []),
    ],
)
def test_pictures_and_players_become_links(page, links):
    assert links == read_links(str(render_markdown(convert_notes(page, base=BASE), language="nl")) or "<p></p>")


def test_notes_that_are_too_wild_keep_their_words():
    page = "<ul>" + "".join(f"<li><a href='https://x.example/{n}'>Bron {n}</a></li>" for n in range(400)) + "</ul>"
    markdown = convert_notes(page, base=BASE)

    assert find_markdown_excess(markdown) is None
    assert all(f"Bron {n} (https://x.example/{n})" in markdown for n in range(400))


def test_text_of_html_has_no_tags_and_no_entities():
    assert "Een & twee\nDrie" == extract_text("<p>Een &amp; <b>twee</b></p><p>Drie</p>")
    assert "A & B" == extract_text("A &amp; B")
