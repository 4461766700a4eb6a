"""The index and cross-references: page numbers in print, links elsewhere."""

import re
import subprocess
from dataclasses import replace

import pytest

from pipeline.magazine.edition import list_theme_folders
from pipeline.magazine.epub import render_epub
from pipeline.magazine.index import build_index, map_anchors
from pipeline.magazine.sections import render_edition
from pipeline.magazine.text_blocks import split_blocks
from pipeline.magazine.web_edition import render_web
from pipeline.model import Article, Event
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.tasks import RenderPdfTask
from tests.magazine.whole_document import render_magazine_html

PICTURES = ("magazine/images/tafel.jpg", "magazine/stories/streep.jpg")


def page_with(file, words):
    pages = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout
    return [number for number, page in enumerate(pages.split("\f"), 1) if words in " ".join(page.split())]


def test_print_shows_correct_page_number_of_another_text(print_edition):
    text = subprocess.run(["pdftotext", str(print_edition[0]), "-"], check=True, capture_output=True, text=True).stdout

    (number,) = re.findall(r"wat tafel 1 zei\s+\(zie pagina (\d+)\)", " ".join(text.replace("-\n", "").split()))

    assert int(number) in page_with(print_edition[0], "TAFEL 1") + page_with(print_edition[0], "Tafel 1")


def test_screen_has_link_to_text_and_none_to_draft(programme, releases, theme):
    html = render_magazine_html(programme, releases, theme=theme).replace("\u00a0", " ")

    assert (
        '<a class="reference" href="#reflection-burger-centraal-tafel-1">wat tafel 1 zei</a> en wat nog niet mag.'
        in html
    )
    assert "zie pagina" not in html
    assert "tafel-9" not in html


def test_web_and_epub_link_to_the_other_article(programme, releases, theme):
    web = render_web(programme, releases, theme=theme, pictures={file: f"p/{file}" for file in PICTURES})
    epub = render_epub(programme, releases, theme=theme, pictures=dict.fromkeys(PICTURES, b"\xff\xd8"))

    (story,) = [one.content.decode() for one in web if one.path == "public/magazine/story-vooraf/index.html"]
    assert 'href="../event-burger-centraal/#reflection-burger-centraal-tafel-1"' in story
    assert b"public" not in epub.content[:200]


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("[a](b.md)", '<p><a class="reference" href="#story-b">a</a></p>'),
        ("[a](../reflections/e)", '<p><a class="reference" href="#event-e">a</a></p>'),
        ("[a](../../geheim.md)", "<p>a</p>"),
        ("[*a*](c.md)", "<p><em>a</em></p>"),
        ("[a](#b)", '<p><a href="#b">a</a></p>'),
    ],
)
def test_link_resolves_to_text_of_the_magazine_or_is_removed(written, set_as):
    anchors = {"magazine/stories/b.md": "story-b", "magazine/reflections/e": "event-e"}

    assert (set_as,) == split_blocks(written, language="nl", top_level=3, folder="magazine/stories", anchors=anchors)


def test_every_text_except_drafts_has_an_anchor(programme):
    assert {
        "magazine/stories/vooraf.md": "story-vooraf",
        "magazine/reflections/burger-centraal": "event-burger-centraal",
        "magazine/reflections/welvaart-dichtbij": "event-welvaart-dichtbij",
        "magazine/reflections/burger-centraal/tafel-1.md": "reflection-burger-centraal-tafel-1",
        "magazine/reflections/burger-centraal/tafel-2.md": "reflection-burger-centraal-tafel-2",
        "magazine/reflections/welvaart-dichtbij/tafel-3.md": "reflection-welvaart-dichtbij-tafel-3",
    } == map_anchors(programme, programme.magazine)


def test_index_lists_each_term_once_alphabetically(programme):
    first, second = programme.events
    case = replace(first.cases[0], title="Één loket")
    there = replace(programme, events=(replace(first, cases=(case,)), second))

    entries = build_index(there, programme.magazine)

    assert ["Burger centraal", "De omgekeerde brief", "Één loket", "Welvaart dichtbij"] == [
        one.term for one in entries.themes
    ]
    assert ["Een dienst", "een gemeente"] == [one.term for one in entries.organisations]
    assert ("event-burger-centraal", "event-welvaart-dichtbij") == entries.organisations[0].anchors
    assert ["beleid", "uitvoering"] == [one.term for one in entries.roles]
    assert 3 == len(entries.roles[0].anchors)


def test_index_merges_terms_that_differ_in_case(programme):
    first, second = programme.events
    case = replace(first.cases[0], organisation="Een gemeente")
    there = replace(programme, events=(replace(first, cases=(case,)), second))

    assert ["Een dienst", "een gemeente"] == [one.term for one in build_index(there, programme.magazine).organisations]


def test_event_outside_the_flatplan_is_not_in_the_index(programme):
    other = replace(programme.events[0], id="elders", title="Elders")
    there = replace(programme, events=(*programme.events, other))

    assert isinstance(other, Event)
    assert "Elders" not in [one.term for one in build_index(there, programme.magazine).themes]


def test_index_has_page_reference_for_each_anchor(programme, releases, theme):
    flatplan = (*programme.magazine.flatplan[:-2], Article(kind="index"), *programme.magazine.flatplan[-2:])
    there = replace(programme, magazine=replace(programme.magazine, flatplan=flatplan))

    edition = render_edition(there, releases, theme=theme, medium="print")

    (index,) = [one for one in edition.sections if one.name.startswith("index-")]
    assert {
        "event-burger-centraal",
        "event-welvaart-dichtbij",
        "reflection-burger-centraal-tafel-1",
    } <= index.page_references
    (contents,) = [one for one in edition.sections if one.name.startswith("contents-")]
    assert index.anchors & contents.page_references


@pytest.mark.parametrize(("terms", "pages"), [(80, 1), (84, 1), (88, 2)])
def test_index_has_no_last_page_of_a_few_lines(programme, releases, theme, tmp_path, terms, pages):
    lengths = [len(page) for page in print_index(programme, releases, theme, tmp_path, terms, is_balanced=True)]

    assert pages == len(lengths)
    assert all(lines >= 0.25 * lengths[0] for lines in lengths)


def test_index_that_fits_keeps_its_type_and_without_balance_one_line_takes_a_page(programme, releases, theme, tmp_path):
    plain, balanced = (
        print_index(programme, releases, theme, tmp_path, 60, is_balanced=flag) for flag in (False, True)
    )
    over = print_index(programme, releases, theme, tmp_path, 80, is_balanced=False)

    assert plain == balanced
    assert 2 == len(over)
    assert len(over[1]) < 0.2 * len(over[0])


def print_index(programme, releases, theme, folder, terms, *, is_balanced) -> list[list[str]]:
    """Print an index of so many themes; return the lines of its pages, with their positions."""
    event = programme.events[0]
    cases = tuple(replace(event.cases[0], title=f"Onderwerp {number:03}") for number in range(terms))
    flatplan = (*programme.magazine.flatplan, Article(kind="index"))
    magazine = replace(programme.magazine, flatplan=flatplan)
    changed = replace(programme, events=(replace(event, cases=cases), programme.events[1]), magazine=magazine)
    edition = render_edition(changed, releases, theme=theme, medium="print")
    (index,) = [one for one in edition.sections if one.name.startswith("index-")]
    source, style, out = folder / "index.html", folder / "style.css", folder / "index.pdf"
    source.write_text(index.fill_in(dict.fromkeys(index.page_references, 1), index.page_references))
    style.write_text(edition.stylesheet)
    task = RenderPdfTask(
        subject="index",
        html=str(source),
        stylesheet=str(style),
        pictures="",
        theme_folders=list_theme_folders(theme),
        is_balanced=is_balanced and index.is_balanced,
        tight_style=edition.tight_style,
        out=str(out),
    )
    render_pdf(task)
    read = subprocess.run(["pdftotext", "-layout", out, "-"], check=True, capture_output=True, text=True).stdout
    return [[line for line in page.splitlines() if line.strip()] for page in read.split("\f")[:-1]]
