"""A text refers to another: a link on the screen, on the web and in the book; on paper the number of its page."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
import weasyprint

from pipeline.magazine import magazine_html
from pipeline.magazine.epub import render_epub
from pipeline.magazine.prose import blocks_of, on_paper
from pipeline.magazine.web import render_web
from pipeline.model import Article

ANCHORS = {
    "magazine/stories/nawoord.md": "story-nawoord",
    "magazine/reflections/een/tafel-1.md": "reflection-een-tafel-1",
}
REFERS = (
    "Wie dat wil, leest [het nawoord](nawoord.md) en [tafel 1](../reflections/burger-centraal/tafel-1.md). "
    "[Zie](stories/nawoord.md). Niet [dit](weg.md)."
)


@pytest.mark.parametrize(("folder", "target", "anchor"), [
    ("magazine/stories", "nawoord.md", "#story-nawoord"),
    ("magazine/stories", "stories/nawoord.md", "#story-nawoord"),  # as the flatplan names it
    ("magazine/stories", "./nawoord.md#aan-jou", "#story-nawoord"),
    ("magazine/stories", "../reflections/een/tafel-1.md", "#reflection-een-tafel-1"),
    ("magazine/reflections/een", "tafel-1.md", "#reflection-een-tafel-1"),
    ("magazine/reflections/een", "../../stories/nawoord.md", "#story-nawoord"),
    ("magazine/reflections/een", "reflections/een/tafel-1.md", "#reflection-een-tafel-1"),
])  # fmt: skip
def test_a_link_to_a_file_leads_to_its_place_in_the_magazine(folder, target, anchor):
    assert (f'<p>Zie <a class="see" href="{anchor}">ook <em>dit</em></a>.</p>',) == blocks_of(
        f"Zie [ook *dit*]({target}).", language="nl", top=3, folder=folder, anchors=ANCHORS
    )


@pytest.mark.parametrize("target", ["weg.md", "../../../etc/nawoord.md", "stories/concept.md"])
def test_a_link_to_what_the_magazine_has_not_is_only_its_words(target):
    assert ("<p>Zie dit.</p>",) == blocks_of(f"Zie [dit]({target}).", language="nl", top=3, folder="magazine/stories")


@pytest.mark.parametrize("target", ["https://example.org/nawoord.md", "mailto:a@example.org", "#noot", "nawoord.html"])
def test_a_link_to_elsewhere_stays_as_it_is(target):
    (block,) = blocks_of(f"Zie [dit]({target}).", language="nl", top=3, folder="magazine/stories", anchors=ANCHORS)

    assert f'href="{target}"' in block
    assert "see" not in block


def test_on_paper_a_reference_tells_its_page():
    there = '<span class="page-of" data-to="#story-nawoord">'

    assert f"<p>zie {there}pagina\u00a0</span>.</p>" == on_paper(
        '<p><a class="see" href="#story-nawoord">zie</a>.</p>', page="pagina"
    )
    assert f"<p>het nawoord {there}(pagina\u00a0</span>).</p>" == on_paper(
        '<p><a class="see" href="#story-nawoord">het nawoord</a>.</p>', page="pagina"
    )


@pytest.fixture(scope="module")
def referring(programme):
    """The programme with a second story, which refers to the first, to a reflection, and to what is not there."""
    first = replace(programme.stories[0], picture=None, text_md="Kort.")
    second = replace(first, slug="nawoord", title="Nawoord", text_md=REFERS)
    plan = (
        *programme.magazine.flatplan[:-2],
        Article(kind="article", ref="nawoord"),
        *programme.magazine.flatplan[-2:],
    )
    plan = tuple(article for article in plan if article.kind not in ("photo", "cover"))
    return replace(programme, stories=(second, first), magazine=replace(programme.magazine, flatplan=plan))


def test_the_number_on_paper_is_that_of_the_page(referring, releases, theme):
    html = magazine_html(referring, releases, theme=theme, medium="print")
    body = re.search(r"leest .*? Niet dit\.", html, re.DOTALL)[0]

    assert 2 == body.count(">(pagina\u00a0</span>)")
    assert 1 == body.count(">pagina\u00a0</span>")
    assert "<a" not in body
    small = weasyprint.HTML(
        string=f"<style>{css_of(theme)}</style><p>een<p id=story-nawoord style='break-before:page'>twee {body}"
    ).render()
    told = [box.text for page in small.pages for box in page._page_box.descendants() if hasattr(box, "text")]
    assert "2" in "".join(told)


def css_of(theme):
    from pipeline.typeset import asset

    return re.search(rb"[^}]*\.page-of::after[^}]*}", asset("magazine.css", theme=theme))[0].decode()


def test_on_screen_on_the_web_and_in_the_book_it_is_a_link_that_leads_somewhere(referring, releases, theme):
    screen = magazine_html(referring, releases, theme=theme)
    assert '<a class="see" href="#story-nawoord">het nawoord</a>' in screen
    assert 'id="story-nawoord"' in screen

    pages = {
        one.path: one.content.decode()
        for one in render_web(referring, releases, theme=theme, pictures={})
        if one.path.endswith(".html")
    }
    page = pages["public/magazine/story-nawoord/index.html"]
    assert '<a href="../story-nawoord/">het nawoord</a>' in page or '<a href="./">het nawoord</a>' in page
    assert '<a href="../event-burger-centraal/#reflection-burger-centraal-tafel-1">tafel 1</a>' in page
    assert 'id="reflection-burger-centraal-tafel-1"' in pages["public/magazine/event-burger-centraal/index.html"]

    with zipfile.ZipFile(io.BytesIO(render_epub(referring, releases, theme=theme, pictures={}).content)) as book:
        leaf = book.read("EPUB/story-nawoord.xhtml").decode()
    assert '<a href="story-nawoord.xhtml">het nawoord</a>' in leaf
    assert '<a href="event-burger-centraal.xhtml#reflection-burger-centraal-tafel-1">tafel 1</a>' in leaf
    assert "weg.md" not in leaf + page + screen
