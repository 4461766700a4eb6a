"""Translations, and the formats of dates, durations, sizes and numbers."""

import ast
import re
from datetime import UTC, date, datetime
from pathlib import Path

import jinja2
import pytest
from jinja2.ext import extract_from_ast

from pipeline.catalogue import get_templates_folder
from pipeline.model import sentence
from pipeline.typesetting.translations import (
    format_date,
    format_duration,
    format_file_size,
    format_number,
    format_time_range,
    load_plural_translator,
    load_translator,
    translate_sentence,
)
from tests.typesetting.catalogue import COMPILED, compile_catalogue, read_messages

TEMPLATES = get_templates_folder()
PACKAGE = Path(__file__).parents[2] / "pipeline"
START, END = datetime(2024, 6, 13, 16, 30, tzinfo=UTC), datetime(2024, 6, 13, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_days_and_months_have_dutch_names(month):
    days = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
    spring = ("januari", "februari", "maart", "april", "mei", "juni")
    months = (*spring, "juli", "augustus", "september", "oktober", "november", "december")

    for day in range(1, 29):
        day_ = date(2024, month, day)
        expected = f"{days[day_.weekday()]} {day} {months[month - 1]} 2024"
        assert expected == format_date(day_).replace("\u00a0", " ")


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
def test_durations(seconds, dutch, english):
    formatted = [format_duration(seconds, language=language).replace("\u00a0", "~") for language in ("nl", "en")]

    assert [dutch, english] == formatted


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(0, "0~bytes"), (999, "999~bytes"), (1000, "1~kB"), (1449, "1,4~kB"), (48_400_000, "48~MB"), (999_999, "1~MB")],
)
def test_file_sizes(size_bytes, expected):
    assert expected == format_file_size(size_bytes).replace("\u00a0", "~")


def test_time_ranges():
    assert ["16.30–19.00\u00a0uur", "16:30–19:00"] == [
        format_time_range(START, END, language=each) for each in ("nl-NL", "en")
    ]


@pytest.mark.parametrize(
    ("number", "dutch", "english"),
    [
        ("-16.0", "−16,0", "−16.0"),
        (1.25, "1,25", "1.25"),
        (2.0, "2", "2"),
        ("+3", "+3", "+3"),
        ("3 dB", "3 dB", "3 dB"),
    ],
)
def test_numbers(number, dutch, english):
    assert [dutch, english] == [format_number(number, language=language) for language in ("nl-NL", "en")]


def test_sentence_is_translated_with_its_numbers():
    untranslated = sentence("no translation of {level} dB", level="-1.5")

    assert ["no translation of −1,5 dB", "no translation of −1.5 dB"] == [
        translate_sentence(untranslated, language=language) for language in ("nl", "en")
    ]


def find_template_messages():
    """The texts that templates translate, with their location."""
    grammar = jinja2.Environment()
    for file in sorted(TEMPLATES.rglob("*")):
        if file.suffix in {".html", ".j2"}:
            for line, _, text in extract_from_ast(grammar.parse(file.read_text()), ("_", "ngettext")):
                yield text[0] if isinstance(text, tuple) else text, f"{file.name}:{line}"


def find_python_messages():
    """The texts that modules translate, with their location."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and is_translation(node.func):
                argument = node.args[0]
                for text in [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]:
                    if isinstance(text, ast.Constant):
                        yield text.value, f"{file.relative_to(PACKAGE)}:{node.lineno}"


def is_translation(function):
    """Whether a call translates its first argument.

    ``_(…)``, ``translate(…)`` or ``load_translator(…)(…)``.
    """
    if isinstance(function, ast.Call):
        return ast.unparse(function.func).endswith("load_translator")
    return isinstance(function, ast.Name) and function.id in {"_", "translate", "ngettext", "sentence"}


@pytest.mark.parametrize(("find", "least"), [(find_template_messages, 100), (find_python_messages, 80)])
def test_every_message_has_a_dutch_translation(find, least):
    known = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string for message in read_messages()
    }

    used = {text: where for text, where in find() if text}

    assert len(used) >= least
    assert {} == {text: where for text, where in used.items() if not known.get(text)}


def test_compiled_catalogue_is_up_to_date():
    assert compile_catalogue() == COMPILED.read_bytes(), "run: python tests/typesetting/catalogue.py"


def test_translations_keep_their_placeholders():
    for message in read_messages():
        placeholders = [sorted(re.findall(r"{\w*}|%\w", str(text))) for text in (message.id, message.string)]
        assert placeholders[0] == placeholders[1], message.id


def test_untranslated_text_stays_english():
    assert ["Colofon", "Nobody knows", ""] == [load_translator("nl")(text) for text in ("Colophon", "Nobody knows", "")]
    assert ["Colophon", "Colophon"] == [load_translator(language)("Colophon") for language in ("en", "xx")]
    assert "y" == load_plural_translator("nl")("x", "y", 2)
