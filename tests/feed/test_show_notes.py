import re

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.feed.show_notes import simplify_html
from pipeline.model import Chapter
from tests.feed.samples import feed, release

PAGE = "https://example.org/avn/episodes/01-aflevering/"
TAGS = "<p></p><ul><ol></ul></ol><li></li><a href=x></a><h1></h1><b><br>x& <tr><td><a><blockquote></blockquote>"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def description(*, tag="description", **changes):
    found = etree.fromstring(feed(release(1, **changes)))[0].find("item").find(tag)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>Eén <strong>vet</strong> en <em>schuin</em> woord</p>", ["<p>Eén vet en schuin woord</p>"]),
        ("<h2>Kop</h2>\n<p>tekst</p>", ["<p>Kop</p>", "<p>tekst</p>"]),
        ("<ul>\n<li>a</li>\n<li>b<ol><li>c</li></ol></li></ul>", ["<ul>\n<li>a</li>\n<li>b<ol><li>c</li></ol></li></ul>"]),
        ("<blockquote>\n<p>Citaat</p>\n</blockquote>", ["<p>Citaat</p>"]),
        ("<p><a href='../02-x/' rel='nofollow'>hier</a></p>", ['<p><a href="https://example.org/avn/episodes/02-x/">hier</a></p>']),
        ("<p><a href='#voet'>1</a></p>", [f'<p><a href="{PAGE}#voet">1</a></p>']),
        ("<p><a href='javascript:alert(1)'>klik</a> <a href='http://['>x</a></p>", ["<p>klik x</p>"]),
        ("<p>een<br>twee</p>", ["<p>een twee</p>"]),
        ("<p>1 &lt; 2 &amp; 3</p>", ["<p>1 &lt; 2 &amp; 3</p>"]),
        ("<table><tr><th>a</th><td>b</td></tr></table>", ["<p> a b</p>"]),
        ('<p>a<sup><a href="#n">1</a></sup></p>', [f'<p>a[<a href="{PAGE}#n">1</a>]</p>']),
        ('<p>Noot. <a href="#r" role="doc-backlink">↑</a></p><p>b</p>', ["<p>Noot. </p>", "<p>b</p>"]),
        ("<p></p><p><img src='x.jpg' alt='x'></p><hr>", []),
        ("los", ["<p>los</p>"]),
    ],
)  # fmt: skip
def test_show_notes_keep_their_text_and_only_the_tags_that_apple_supports(html, blocks):
    assert blocks == list(simplify_html(html, page=PAGE))


@given(st.lists(st.sampled_from(re.findall("<[^>]+>|x|& ", TAGS))))
def test_any_tags_become_well_formed_blocks_with_only_supported_tags(pieces):
    for block in simplify_html("".join(pieces), page=PAGE):
        elements = etree.fromstring(block).iter()

        assert {element.tag for element in elements} <= {"p", "ol", "ul", "li", "a"}


def test_a_description_is_summary_notes_and_chapter_lines_in_cdata():
    chapters = tuple(Chapter(start_ms=n * 60_000, title=f"Deel {n} & meer") for n in range(3))
    raw = feed(release(1, chapters=chapters, notes_md="Met [een link](https://example.org/a?b=1&c=2).")).decode()

    (text,) = re.findall(r"<description><!\[CDATA\[(.*?)\]\]></description>", raw, re.DOTALL)

    assert [
        "<p>Waar aflevering 1 over gaat.</p>",
        '<p>Met <a href="https://example.org/a?b=1&amp;c=2">een link</a>.</p>',
        "<p>(00:00) Deel 0 &amp; meer</p>",
        "<p>(01:00) Deel 1 &amp; meer</p>",
        "<p>(02:00) Deel 2 &amp; meer</p>",
    ] == text.splitlines()
    assert "content:encoded>" not in raw


def test_a_summary_that_begins_the_notes_is_not_repeated():
    text = description(
        summary="Een gesprek.",
        notes_md="Een gesprek.\n\nMeer.",
    )

    assert ["<p>Een gesprek.</p>", "<p>Meer.</p>"] == text.splitlines()[:2]


def test_a_description_is_never_empty():
    assert "<p>Aflevering 1</p>" in description(summary="", notes_md="")


def test_the_end_of_cdata_in_show_notes_is_escaped():
    text = description(notes_md="Een `]]>` en ]]> en &#93;&#93;&gt; hier.")

    assert "<p>Een ]]&gt; en ]]&gt; en ]]&gt; hier.</p>" in text


@pytest.mark.parametrize("length", [1, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 90])
def test_a_long_description_is_truncated_after_a_block_with_a_link_to_the_page(length):
    chapters = tuple(Chapter(start_ms=n * 60_000, title=f"Deel {n}") for n in range(4))
    notes_md = "\n\n".join(f"Alinea {n}: {'é' * 48}" for n in range(length))
    item = etree.fromstring(feed(release(1, notes_md=notes_md, chapters=chapters)))[0].find("item")
    text, full = item.findtext("description"), item.findtext(CONTENT)

    assert len(text.encode()) <= 4000
    assert text.endswith("<p>(03:00) Deel 3</p>")
    if full is None:
        assert f"Alinea {length - 1}" in text
    else:
        assert len(full.encode()) > 4000
        assert f"Alinea {length - 1}" in full
        assert f'<p><a href="{PAGE}">' in text
        assert len(text.encode()) > 3700  # no more was dropped than had to be
    etree.fromstring(f"<div>{text}</div>")


def test_too_many_chapter_lines_are_left_out_of_the_description():
    chapters = tuple(Chapter(start_ms=n * 30_000, title=f"Een deel met nummer {n}") for n in range(59))
    item = etree.fromstring(feed(release(1, chapters=chapters)))[0].find("item")

    assert "(00:00)" not in item.findtext("description")
    assert 59 == len(item.findall(".//{http://podlove.org/simple-chapters}chapter"))


def test_feedparser_reads_the_notes_as_html():
    (entry,) = feedparser.parse(feed(release(1, notes_md="- een\n- twee"))).entries

    assert "<li>een</li>" in entry.summary
