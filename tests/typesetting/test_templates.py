"""Templates, the words of the interface, days and sizes, fonts."""

import re
import subprocess
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import jinja2
import pytest
import weasyprint
from babel.messages.extract import extract_python
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from jinja2.ext import extract_from_ast
from markdown_it import MarkdownIt
from markupsafe import Markup
from tests.typeset.catalogue import COMPILED, compiled, messages

from pipeline.errors import WeerslagError
from pipeline.typesetting import (
    Theme,
    asset,
    clock,
    clock_range,
    counted_words,
    duration_words,
    file_size,
    html_of,
    long_date,
    render,
    templates_folder,
    words,
)

TEMPLATES = templates_folder()
PACKAGE = Path(__file__).parents[2] / "pipeline"
START, END = datetime(2024, 6, 13, 16, 30, tzinfo=UTC), datetime(2024, 6, 13, 19, 0, tzinfo=UTC)


@pytest.fixture
def theme(tmp_path):
    """A programme with templates of its own."""
    (tmp_path / "site").mkdir()
    return lambda language="nl", **files: (
        [(tmp_path / "site" / f"{name}.html").write_text(text) for name, text in files.items()],
        Theme(room="site", own=tmp_path, language=language),
    )[1]


def test_every_filter_speaks_the_language_of_the_theme(theme):
    text = (
        "{{ day|long_date }}; {{ day|clock_range(end) }}; {{ 4321|clock }}; {{ 4321|duration_words }}; {{ 1400000|file_size }}; "
        '{{ "\'t"|typo }}; {{ "*a*"|md }}; {{ _("Colophon") }}; {{ ngettext("x", "y", 2) }}'
    )

    dutch = render("page.html", theme=theme(page=text), day=START, end=END)
    english = render("page.html", theme=theme("en", page=text), day=START, end=END)

    assert dutch.replace("\u00a0", "~") == (
        "donderdag 13~juni 2024; 16.30–19.00~uur; 1:12:01; 1~uur 12~min; 1,4~MB; ’t; <p><em>a</em></p>\n; Colofon; y"
    )
    assert english.replace("\u00a0", "~") == (
        "Thursday 13~June 2024; 16:30–19:00; 1:12:01; 1~hr 12~min; 1.4~MB; ‘t; <p><em>a</em></p>\n; Colophon; y"
    )


def test_everything_is_escaped_but_what_is_clean_already(theme):
    themed = theme(page="{{ a }}{{ b }}{{ a|typo }}")

    assert "&lt;b&gt;<b>&lt;b&gt;" == render("page.html", theme=themed, a="<b>", b=Markup("<b>"))


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("\n{{ nobody }}", "'nobody' is undefined", 2),
        ("\n\n{% if %}", "Expected an expression", 3),
        ("{% include 'none.html' %}", "none.html", 1),
        ("{% macro m() %}\n{{ a.b }}{% endmacro %}\n{{ m() }}", "'a' is undefined", 2),
    ],
)
def test_what_is_wrong_in_a_template_is_told_with_its_line(theme, text, told, line):
    with pytest.raises(WeerslagError, match=told) as error:
        render("page.html", theme=theme(page=text))

    assert error.value.where.line == line
    assert error.value.where.file.endswith("page.html")


def test_a_template_that_is_nowhere_is_told(theme):
    with pytest.raises(WeerslagError, match=r"none\.html"):
        render("none.html", theme=theme())


def test_a_file_of_the_programme_comes_before_that_of_the_theme(theme, tmp_path):
    (tmp_path / "site" / "site.css").write_bytes(b"mine")

    assert b"mine" == asset("site.css", theme=theme())
    assert asset("fonts/fonts.css", theme=theme()) == (TEMPLATES / "fonts" / "fonts.css").read_bytes()
    with pytest.raises(WeerslagError, match="no such file"):
        asset("none.css", theme=theme())


# ------------------------------------------------------------------------------------------------- days, lengths, sizes


@pytest.mark.parametrize("month", range(1, 13))
def test_every_day_and_month_has_its_dutch_name(month):
    days = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
    spring = ("januari", "februari", "maart", "april", "mei", "juni")
    months = (*spring, "juli", "augustus", "september", "oktober", "november", "december")

    for day in range(1, 29):
        known = date(2024, month, day)
        said = f"{days[known.weekday()]} {day} {months[month - 1]} 2024"
        assert said == long_date(known).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("seconds", "dutch", "english"),
    [
        (0, "0~s", "0~s"),
        (59.4, "59~s", "59~s"),
        (59.6, "1~min", "1~min"),
        (2460, "41~min", "41~min"),
        (3599, "1~uur", "1~hr"),
        (4321, "1~uur 12~min", "1~hr 12~min"),
    ],
)
def test_lengths_in_words(seconds, dutch, english):
    told = [duration_words(seconds, language=language).replace("\u00a0", "~") for language in ("nl", "en")]

    assert [dutch, english] == told


@pytest.mark.parametrize(
    ("size_bytes", "told"),
    [(0, "0~bytes"), (999, "999~bytes"), (1000, "1~kB"), (1449, "1,4~kB"), (48_400_000, "48~MB"), (999_999, "1~MB")],
)
def test_sizes_in_words(size_bytes, told):
    assert told == file_size(size_bytes).replace("\u00a0", "~")


def test_hours_and_clocks():
    assert ["16.30–19.00\u00a0uur", "16:30–19:00"] == [
        clock_range(START, END, language=each) for each in ("nl-NL", "en")
    ]
    assert ["0:00", "0:41", "1:02:03"] == [clock(seconds) for seconds in (0.9, 41.99, 3723)]


# ---------------------------------------------------------------------------------------------------------- translation


def asked_for():
    """Every text that a template or a module wants translated, and where."""
    grammar = jinja2.Environment()
    for file in sorted(TEMPLATES.rglob("*")):
        if file.suffix in {".html", ".j2"}:
            for line, _, text in extract_from_ast(grammar.parse(file.read_text()), ("_", "ngettext")):
                yield text, f"{file.name}:{line}"
    for file in sorted(
        file
        for room in ("audio", "build", "feed", "site", "magazine", "press", "typeset")
        for file in (PACKAGE / room).rglob("*.py")
    ):
        for line, _, text, _ in extract_python(
            BytesIO(file.read_bytes()), ("_", "say", "ngettext", "sentence"), (), {}
        ):
            yield text, f"{file.name}:{line}"


def test_whatever_a_page_says_it_can_say_in_dutch():
    known = {message.id if isinstance(message.id, str) else message.id[0]: message.string for message in messages()}

    asked = {text if isinstance(text, str) else text[0]: where for text, where in asked_for() if text}
    assert len(asked) > 50
    assert {} == {text: where for text, where in asked.items() if not known.get(text)}


def test_what_is_compiled_is_what_was_translated():
    assert compiled() == COMPILED.read_bytes(), "run: python tests/typeset/catalogue.py"


def test_a_translation_keeps_the_places_where_values_go():
    for message in messages():
        places = [sorted(re.findall(r"{\w*}|%\w", str(text))) for text in (message.id, message.string)]
        assert places[0] == places[1], message.id


def test_what_nobody_translated_stays_english_and_nothing_stays_nothing():
    assert ["Colofon", "Nobody knows", ""] == [words("nl")(text) for text in ("Colophon", "Nobody knows", "")]
    assert ["Colophon", "Colophon"] == [words(language)("Colophon") for language in ("en", "xx")]
    assert "y" == counted_words("nl")("x", "y", 2)


# ---------------------------------------------------------------------------------------------------------------- fonts

FONTS = TEMPLATES / "fonts"
NEEDED = "ËëÏïÉéÈèÖöÜüÁáÓóÚúÀàÇç€„“”‘’–—…·•×½²°§©→←↑↓\u00a0\u00ad\u2011\u202f"


def test_fonts_are_few_whole_and_free():
    files = sorted(FONTS.glob("*.woff2"))

    assert sum(file.stat().st_size for file in files) < 600_000
    assert all("SIL OPEN FONT LICENSE" in file.read_text() for file in FONTS.glob("OFL-*.md"))


@pytest.mark.parametrize("sheet", ["fonts.css", "fonts-web.css"])
def test_a_sheet_of_fonts_names_files_that_are_there(sheet):
    named = re.findall(r'url\("([^"]+)"\)', (FONTS / sheet).read_text())

    assert named
    assert all((FONTS / name).is_file() for name in named)


@pytest.mark.parametrize("name", re.findall(r'url\("([^"]+)"\)', (FONTS / "fonts.css").read_text()))
def test_each_face_has_every_sign_that_dutch_needs(name):
    assert set() == {sign for sign in NEEDED if ord(sign) not in TTFont(FONTS / name).getBestCmap()}


def test_a_small_face_has_every_sign_that_its_range_promises():
    sheet = (FONTS / "fonts-web.css").read_text()
    for name, promised in re.findall(r'url\("([^"]+)"\)[^}]*unicode-range:([^;]+);', sheet):
        signs = set()
        for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", promised):
            signs |= set(range(int(first, 16), int(last or first, 16) + 1))
        assert signs <= set(TTFont(FONTS / name).getBestCmap())


def test_on_paper_every_sign_comes_out_of_a_bundled_font(tmp_path):
    text = f"<p>{NEEDED} <i>{NEEDED}</i> <b>{NEEDED}</b><p class=sans>{NEEDED} <b>{NEEDED}</b>"
    html = f"<link rel=stylesheet href=fonts.css><style>body{{font-family:'Source Serif 4'}}.sans{{font-family:'Source Sans 3'}}</style>{text}"
    weasyprint.HTML(string=html, base_url=f"{FONTS}/").write_pdf(tmp_path / "fonts.pdf")

    told = subprocess.run(["pdffonts", tmp_path / "fonts.pdf"], capture_output=True, text=True, check=True, timeout=60)

    names = [line.split("+")[1].split()[0] for line in told.stdout.splitlines()[2:]]
    assert len(names) == 5
    assert all(name.startswith(("Source-Serif-4", "Source-Sans-3")) for name in names)


@given(st.from_regex(r"https?://[a-z]{1,6}[0-9]?(\.[a-z]{2,6}){1,3}(/[A-Za-z0-9._~%/-]{0,20})?", fullmatch=True))
def test_an_address_comes_out_as_markdown_it_itself_would_write_it(address):
    assert f'href="{MarkdownIt().normalizeLink(address)}"' in html_of(f"[x](<{address}>)")
