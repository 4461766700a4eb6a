"""References from one text to another: a page number on paper, a link elsewhere; and the index."""

import re
import subprocess
from dataclasses import replace

import pytest

from pipeline.magazine.epub import render_epub
from pipeline.magazine.index import entries_of, places_of
from pipeline.magazine.sections import magazine_html, texts_of
from pipeline.magazine.text_blocks import blocks_of
from pipeline.magazine.web_edition import render_web
from pipeline.model import Article, Event

PICTURES = ("magazine/images/tafel.jpg", "magazine/stories/streep.jpg")


def page_with(file, words):
    pages = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout
    return [number for number, page in enumerate(pages.split("\f"), 1) if words in " ".join(page.split())]


def test_paper_tells_the_page_of_another_text_and_it_is_the_right_one(paper):
    text = subprocess.run(["pdftotext", str(paper[0]), "-"], check=True, capture_output=True, text=True).stdout

    (told,) = re.findall(r"wat tafel 1 zei\s+\(zie pagina (\d+)\)", " ".join(text.replace("-\n", "").split()))

    assert int(told) in page_with(paper[0], "TAFEL 1") + page_with(paper[0], "Tafel 1")


def test_on_screen_it_is_a_link_and_a_draft_is_none(programme, releases, theme):
    html = magazine_html(programme, releases, theme=theme).replace("\u00a0", " ")

    assert '<a class="to" href="#reflection-burger-centraal-tafel-1">wat tafel 1 zei</a> en wat nog niet mag.' in html
    assert "zie pagina" not in html
    assert "tafel-9" not in html


def test_on_the_web_and_in_the_book_it_leads_into_the_other_article(programme, releases, theme):
    web = render_web(programme, releases, theme=theme, pictures={file: f"p/{file}" for file in PICTURES})
    book = render_epub(programme, releases, theme=theme, pictures=dict.fromkeys(PICTURES, b"\xff\xd8"))

    (story,) = [one.content.decode() for one in web if one.path == "public/magazine/story-vooraf/index.html"]
    assert 'href="../event-burger-centraal/#reflection-burger-centraal-tafel-1"' in story
    assert b"public" not in book.content[:200]


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("[a](b.md)", '<p><a class="to" href="#story-b">a</a></p>'),
        ("[a](../reflections/e)", '<p><a class="to" href="#event-e">a</a></p>'),
        ("[a](../../geheim.md)", "<p>a</p>"),
        ("[*a*](c.md)", "<p><em>a</em></p>"),
        ("[a](#b)", '<p><a href="#b">a</a></p>'),
    ],
)
def test_a_link_leads_to_a_text_of_the_magazine_or_nowhere(written, set_as):
    places = {"magazine/stories/b.md": "story-b", "magazine/reflections/e": "event-e"}

    assert (set_as,) == blocks_of(written, language="nl", top=3, folder="magazine/stories", places=places)


def test_every_text_but_a_draft_has_its_place(programme):
    assert {
        "magazine/stories/vooraf.md": "story-vooraf",
        "magazine/reflections/burger-centraal": "event-burger-centraal",
        "magazine/reflections/welvaart-dichtbij": "event-welvaart-dichtbij",
        "magazine/reflections/burger-centraal/tafel-1.md": "reflection-burger-centraal-tafel-1",
        "magazine/reflections/burger-centraal/tafel-2.md": "reflection-burger-centraal-tafel-2",
        "magazine/reflections/welvaart-dichtbij/tafel-3.md": "reflection-welvaart-dichtbij-tafel-3",
    } == places_of(programme, programme.magazine)


def test_the_index_names_each_word_once_in_the_order_of_the_alphabet(programme):
    first, second = programme.events
    case = replace(first.cases[0], title="Één loket")
    there = replace(programme, events=(replace(first, cases=(case,)), second))

    entries = entries_of(there, programme.magazine)

    assert ["Burger centraal", "De omgekeerde brief", "Één loket", "Welvaart dichtbij"] == [
        one.word for one in entries.themes
    ]
    assert ["Een dienst", "een gemeente"] == [one.word for one in entries.organisations]
    assert ("event-burger-centraal", "event-welvaart-dichtbij") == entries.organisations[0].places
    assert ["beleid", "uitvoering"] == [one.word for one in entries.roles]
    assert 3 == len(entries.roles[0].places)


def test_a_word_with_and_without_a_capital_is_one_word(programme):
    first, second = programme.events
    case = replace(first.cases[0], organisation="Een gemeente")
    there = replace(programme, events=(replace(first, cases=(case,)), second))

    assert ["Een dienst", "een gemeente"] == [one.word for one in entries_of(there, programme.magazine).organisations]


def test_an_event_that_is_not_in_the_magazine_is_not_in_its_index(programme):
    other = replace(programme.events[0], id="elders", title="Elders")
    there = replace(programme, events=(*programme.events, other))

    assert isinstance(other, Event)
    assert "Elders" not in [one.word for one in entries_of(there, programme.magazine).themes]


def test_the_index_asks_for_the_page_of_each_place(programme, releases, theme):
    flatplan = (*programme.magazine.flatplan[:-2], Article(kind="index"), *programme.magazine.flatplan[-2:])
    there = replace(programme, magazine=replace(programme.magazine, flatplan=flatplan))

    texts = texts_of(there, releases, theme=theme, medium="print")

    (index,) = [one for one in texts.quires if one.name.startswith("index-")]
    assert {"event-burger-centraal", "event-welvaart-dichtbij", "reflection-burger-centraal-tafel-1"} <= index.asks
    (contents,) = [one for one in texts.quires if one.name.startswith("contents-")]
    assert index.anchors & contents.asks
