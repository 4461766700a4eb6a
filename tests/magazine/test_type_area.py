"""Hard texts in every place of the magazine: no glyph outside the type area, none under another, no word lost.

Poppler reads where each word and picture is.
"""

import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

import pikepdf
import pytest

from pipeline.builder.editions import build_pdfs
from pipeline.magazine.web_edition import render_web
from tests.magazine.conftest import create_context, save_pictures
from tests.magazine.hostile_programme import (
    ADDRESS,
    CAPITALS,
    COMPOUNDS,
    EMAIL,
    list_texts,
    make_hostile_programme,
    make_hostile_releases,
)

pytestmark = [pytest.mark.external, pytest.mark.slow]

MM = 72 / 25.4
SLUG_MM = 13.0  # bleed and slug around the trimmed print page
HANGING_MM = 7.0  # of an opening quotation mark in large type
WORD = "{http://www.w3.org/1999/xhtml}word"
PAGE = "{http://www.w3.org/1999/xhtml}page"


@dataclass(frozen=True)
class Box:
    """A word or picture on a trimmed page, in millimetres from its upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@pytest.fixture(scope="module")
def files(programme, theme, tmp_path_factory):
    """Both editions of the hard programme: by medium."""
    hostile = make_hostile_programme(programme)
    context = create_context(save_pictures(tmp_path_factory.mktemp("hostile")), hostile, theme)
    found = {}
    for one in build_pdfs(hostile, make_hostile_releases(hostile), hostile.magazine, context):
        medium = "print" if one.name.endswith("-print.pdf") else "screen"
        found[medium] = context.root / one.name
        shutil.copyfile(context.runner.cache.get_object_path(one.sha256), found[medium])
        assert () == one.layout_findings
        assert_only_bundled_fonts(found[medium])
    assert [] == context.runner.failures
    return found


def assert_only_bundled_fonts(file):
    listed = subprocess.run(["pdffonts", file], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert {"Source-Serif-4", "Source-Sans-3", "Noto-Sans", "Noto-Emoji"} >= {
        re.match(r"Source-(Serif|Sans)-\d|Noto-(Sans|Emoji)", line.split("+")[1])[0] for line in listed
    }


@pytest.fixture(scope="module", params=["screen", "print"])
def medium(request):
    return request.param


@pytest.fixture(scope="module")
def pages(files, medium):
    """The words of each page."""
    output = subprocess.run(["pdftotext", "-bbox", files[medium], "-"], check=True, capture_output=True)
    offset = SLUG_MM if medium == "print" else 0.0
    return [[read_box(word, offset) for word in page.iter(WORD)] for page in ET.fromstring(output.stdout).iter(PAGE)]


def read_box(word, offset):
    left, top, right, bottom = (float(word.get(name)) / MM - offset for name in ("xMin", "yMin", "xMax", "yMax"))
    middle, half = (top + bottom) / 2, (bottom - top) * 0.3  # the box is as high as the font, not as its letters
    return Box(word.text, left, middle - half, right, middle + half)


def is_full_bleed(words):
    """Return whether a page has no page number at its foot."""
    return not any(word.text.isdigit() and word.top > 297 - 24 for word in words)


def test_every_word_is_inside_the_type_area_of_its_page(pages):
    outside = []
    for number, words in enumerate(pages, 1):
        left, right = (20, 195) if number % 2 else (15, 190)
        top, bottom = 18, 297 - 24
        if is_full_bleed(words):
            left, top, right, bottom = 14.5, 12, 195.5, 297 - 10
        for word in words:
            in_foot = not is_full_bleed(words) and word.top > bottom and 5 < word.left and word.right < 205
            hanging = HANGING_MM if word.text.startswith("“") else 0.3
            is_inside = left - hanging <= word.left and word.right <= right + 0.3
            if not in_foot and not (is_inside and top <= word.bottom and word.bottom <= bottom + 0.5):
                outside.append((number, word))
    assert [] == outside


def test_no_word_lies_over_another(pages):
    overlaps = []
    for number, words in enumerate(pages, 1):
        in_order = sorted(words, key=lambda word: word.top)
        for index, one in enumerate(in_order):
            for other in in_order[index + 1 :]:
                if other.top >= one.bottom:
                    break
                if min(one.right, other.right) - max(one.left, other.left) > 0.4:
                    overlaps.append((number, one, other))
    assert [] == overlaps


def test_no_word_lies_over_a_picture(files, medium, pages, tmp_path):
    subprocess.run(["pdftohtml", "-xml", "-q", "-zoom", "1", files[medium], tmp_path / "x"], check=True)
    text = (tmp_path / "x.xml").read_text(encoding="utf-8", errors="replace")
    offset = SLUG_MM if medium == "print" else 0.0
    covered, count = [], 0
    for page, words in zip(re.findall(r"<page .*?</page>", text, re.DOTALL), pages, strict=True):
        for top, left, width, height in re.findall(
            r'<image top="(-?\d+)" left="(-?\d+)" width="(\d+)" height="(\d+)"', page
        ):
            x, y = int(left) / MM - offset, int(top) / MM - offset
            right, bottom = x + int(width) / MM, y + int(height) / MM
            count += 1
            covered += [
                word
                for word in words
                if word.left < right - 1 and word.right > x + 1 and word.top < bottom - 1 and word.bottom > y + 1
            ]
    assert count >= 2
    assert [] == covered


def test_every_word_is_printed(files, medium, programme):
    raw = subprocess.run(["pdftotext", "-raw", files[medium], "-"], check=True, capture_output=True, text=True).stdout
    printed = keep_letters(raw)
    hostile = make_hostile_programme(programme)
    words = {keep_letters(word) for text in list_texts(hostile) for word in iterate_words(text)}
    missing = [word for word in words if word not in printed and not is_printed_right_to_left(word, printed)]

    assert [] == missing


def is_printed_right_to_left(word, printed):
    """Return whether all letters of an Arabic word are printed; Poppler does not put them in order."""
    return unicodedata.bidirectional(word[0]) == "AL" and set(word) <= set(printed)


def iterate_words(text):
    """Yield the words of a Markdown text, without its marks."""
    text = re.sub(r"!\[[^\]]*\]\(\S*", "", text)  # a picture, but not its caption
    return (word for word in re.split(r"[\s/]+", text) if len(keep_letters(word)) > 3)


def keep_letters(text):
    return "".join(character for character in text.casefold() if character.isalnum())


def test_addresses_break_after_punctuation_and_get_no_hyphen(pages):
    """At the end of each line of an address stands one of its own marks, or the address ends."""
    ends = []
    for words in pages:
        for one, other in pairwise(words):
            joined = {one.text + other.text, one.text.removesuffix("-") + other.text}  # as printed; with a hyphen added
            if any(
                len(text) > 20 and not text.isalpha() and text in address
                for text in joined
                for address in (ADDRESS, EMAIL)
            ):
                ends.append((one.text[-12:], other.text[0], one.text + other.text in ADDRESS + " " + EMAIL))
    assert 5 <= len(ends)
    assert [] == [end for end in ends if end[0][-1] not in "/.-_?&=@" or not end[2]]


def test_only_black_is_used_for_text_and_rules_in_print(files):
    """A Markdown rule and code had colours of WeasyPrint's own stylesheet, in RGB."""
    with pikepdf.open(files["print"]) as pdf:
        operators = {str(one.operator) for page in pdf.pages for one in pikepdf.parse_content_stream(page)}
    assert "k" in operators
    assert not {"rg", "RG", "g", "G"} & operators


@pytest.fixture(scope="module")
def web(programme, theme, tmp_path_factory):
    """The web edition in a folder, without the policy that forbids styles from files."""
    folder, hostile = tmp_path_factory.mktemp("web"), make_hostile_programme(programme)
    pictures = dict.fromkeys(("magazine/images/tafel.jpg", "magazine/stories/streep.jpg"), "pictures/1.jpg")
    for one in render_web(hostile, make_hostile_releases(hostile), theme=theme, pictures=pictures):
        file = folder / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", one.content))
    return folder / "public/magazine"


@pytest.mark.parametrize("width", [320, 768])
def test_no_web_page_scrolls_sideways(web, chromium, width):
    tab = chromium.browser.new_page(viewport={"width": width, "height": 640})
    wide = []
    for file in sorted(web.rglob("*.html")):
        tab.goto(file.as_uri())
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(file.parent.name)
    scrollers = tab.evaluate("document.querySelectorAll('.table[tabindex=\"0\"]').length")
    tab.close()
    assert [] == wide
    assert 3 == scrollers


def test_outline_has_whole_words(files):
    with pikepdf.open(files["screen"]) as pdf, pdf.open_outline() as outline:
        titles, items = [], list(outline.root)
        while items:
            item = items.pop()
            titles.append(item.title)
            items += item.children

    assert f"Wat betekent {COMPOUNDS[4]} voor {CAPITALS}?" in titles
    assert f"Waarom {COMPOUNDS[3]} ons bezighoudt" in titles
