"""Editorial warnings: each with its location and a hint, and none for a correct text."""

import time

import pytest

from pipeline.content import find_editorial_warnings
from pipeline.content.discovery import read_programme_files
from pipeline.content.loader import open_folder

STORY = "magazine/stories/vooraf.md"
OTHER = "magazine/stories/zaal.md"
REFLECTION = "magazine/reflections/burger-centraal/tafel-3.md"
DRAFT = "magazine/reflections/burger-centraal/tafel-4.md"
MAGAZINE = "magazine/magazine.yaml"
LONG = "Niemand van de gemeente had ooit aan augustus gedacht."


@pytest.fixture
def content_without_warnings(content):
    """The programme without warnings."""
    content.change(STORY, "Het verhaal.", "Het verhaal. Iedereen luisterde.")
    content.change(MAGAZINE, "alt: De zaal}}", "alt: De zaal, credit: Studio}}")
    assert () == find_warnings(content)
    return content


def find_warnings(content):
    return find_editorial_warnings(read_programme_files(open_folder(content.root), []))


def list_warnings(content):
    return [(one.code, str(one.location)) for one in find_warnings(content)]


@pytest.mark.parametrize(("file", "old", "new", "warning"), [
    (STORY, "Het verhaal.", "Het verhaal .", ("space-before", f"{STORY}:9:12")),
    (STORY, "Het verhaal.", "Het <!-- x , --> verhaal.\n\n> Een\n> de de vraag", ("doubled-word", f"{STORY}:12:6")),
    (STORY, "intro: Hoe het begon.", 'intro: "Hoe het begon ."', ("space-before", f"{STORY}:3:22")),
    (STORY, "intro: Hoe het begon.", "intro: >-\n  Hoe het\n  begon .", ("space-before", f"{STORY}:5:8")),
    (STORY, "caption: Vol.", "caption: 'Vol , en lang'", ("space-before", f"{STORY}:6:77")),
    (MAGAZINE, "Gemaakt door", "Gemaakt door door", ("doubled-word", f"{MAGAZINE}:17:16")),
    (MAGAZINE, "headline: Wat bleef", "headline: Hoe hoe bleef", ("doubled-word", f"{MAGAZINE}:6:84")),
    (REFLECTION, "Begin bij de vraag.", "Begin bij bij de vraag.", ("doubled-word", f"{REFLECTION}:6:22")),
    (REFLECTION, "text: Dit mag gedrukt.", "text: 'Dit mag,gedrukt.'", ("no-space", f"{REFLECTION}:8:20")),
    (DRAFT, "GEHEIME TEKST", "GEHEIME TEKST ,", ("space-before", f"{DRAFT}:6:14")),
    ("programme.yaml", "theme: Hoe creëer", "theme: Hoe hoe creëer", ("doubled-word", "programme.yaml:26:16")),
    ("programme.yaml", "name: EMMA", "name: EMMA EMMA", None),
    ("episodes/01-burger-centraal/episode.md", "Eerste regel.", "Eerste eerste regel.", ("doubled-word", "episodes/01-burger-centraal/episode.md:24:8")),
    (STORY, "pulls: [Iedereen luisterde.]", "pulls: [Iedereen luistert.]", ("pull-not-in-text", f"{STORY}:7:9")),
    (STORY, "pulls: [Iedereen luisterde.]", 'pulls: ["*IEDEREEN* luisterde"]', None),
    (STORY, ", credit: Studio", "", ("no-credit", f"{STORY}:6:11")),
    (STORY, "alt: De zaal", "alt: IMG_1234", ("poor-alt", f"{STORY}:6:39")),
    (STORY, "alt: De zaal", "alt: zaal.JPG", ("poor-alt", f"{STORY}:6:39")),
    (STORY, "Het verhaal.", 'Het verhaal.\n\n![De zaal](../images/zaal.jpg "Vol. Foto: Studio")', None),
    (STORY, "Het verhaal.", 'Het verhaal.\n\n![De zaal](../images/zaal.jpg "Vol.")', ("no-credit", f"{STORY}:11:12")),
    (REFLECTION, "De tafel sprak.", "![De zaal](../../images/zaal.jpg)", ("no-credit", f"{REFLECTION}:13:12")),
    (STORY, "Het verhaal.", "Het verhaal.\n\n![zaal.jpg](../images/zaal.jpg 'Beeld: Studio')", ("poor-alt", f"{STORY}:11:13")),
    (MAGAZINE, "credit: Studio, headline", "headline", ("no-credit", f"{MAGAZINE}:6:13")),
    (MAGAZINE, ", credit: Studio}}", "}}", ("no-credit", f"{MAGAZINE}:11:21")),
])  # fmt: skip
def test_warning_has_code_and_location(content_without_warnings, file, old, new, warning):
    content_without_warnings.change(file, old, new)

    assert ([warning] if warning else []) == list_warnings(content_without_warnings)


def test_warning_shows_the_words_around_it_and_a_hint(content_without_warnings):
    content_without_warnings.change(STORY, "Het verhaal.", f"{100 * 'lang lang, '}Het is de de vraag.")

    (one,) = find_warnings(content_without_warnings)

    assert "warning" == one.severity
    assert (
        "`de` twice: “…lang lang lang lang" in one.message.replace("lang Het is de de vraag", "lang")
        or "de de vraag" in one.message
    )
    assert one.hint


@pytest.mark.parametrize(("file", "old", "new", "position"), [
    (STORY, "Het verhaal.", "Het 漢 verhaal. <!-- 字 -->", "9:5"),
    (STORY, "intro: Hoe het begon.", "intro: Hoe 漢 het begon.", "3:12"),
    (REFLECTION, "Begin bij de vraag.", "Begin 漢 bij de vraag.", "6:18"),
])  # fmt: skip
def test_character_without_a_glyph_is_reported_with_its_name_and_place(
    content_without_warnings, file, old, new, position
):
    content_without_warnings.change(file, old, new)

    (one,) = find_warnings(content_without_warnings)

    assert ("missing-glyph", f"{file}:{position}") == (one.code, str(one.location))
    assert "no font of the magazine has the character 漢, U+6F22 CJK UNIFIED IDEOGRAPH-6F22 (1 ×)" == one.message


def test_character_without_a_glyph_is_reported_once_in_each_file(content_without_warnings):
    content_without_warnings.change(STORY, "Het verhaal.", "Het 漢 verhaal 漢 en 字.")

    assert ["漢, U+6F22 CJK UNIFIED IDEOGRAPH-6F22 (2 ×)", "字, U+5B57 CJK UNIFIED IDEOGRAPH-5B57 (1 ×)"] == [
        one.message.removeprefix("no font of the magazine has the character ")
        for one in find_warnings(content_without_warnings)
    ]


def test_signs_of_word_and_emoji_have_glyphs(content_without_warnings):
    content_without_warnings.change(STORY, "Het verhaal.", "\uf0b7 Het verhaal 😀 ✓ שלום.")

    assert [] == list_warnings(content_without_warnings)


def test_hint_for_a_pull_quote_shows_the_similar_sentence(content_without_warnings):
    content_without_warnings.change(STORY, "pulls: [Iedereen luisterde.]", "pulls: [Iedereen luistert.]")

    (one,) = find_warnings(content_without_warnings)

    assert "the text says: “Iedereen luisterde.”" == one.hint


def test_repeated_sentence_is_reported_at_the_second_with_the_location_of_the_first(content_without_warnings):
    content_without_warnings.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {LONG}")
    content_without_warnings.write(OTHER, f"---\ntitle: Zaal\n---\nKort.\n\n{LONG.replace('ooit', '*ooit*')}\n")

    (one,) = find_warnings(content_without_warnings)

    assert ("repeated", f"{REFLECTION}:13:17") == (one.code, str(one.location))
    assert f"this sentence is also in {OTHER}:6" in one.message


def test_quote_may_be_in_its_own_text_but_not_elsewhere(content_without_warnings):
    content_without_warnings.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {LONG}")
    content_without_warnings.change(REFLECTION, "text: Dit mag gedrukt.", f"text: {LONG}")
    assert [] == list_warnings(content_without_warnings)
    content_without_warnings.change(
        DRAFT, "GEHEIME TEKST", f"{LONG} Maar dit is een heel andere zin dan die daar. {LONG}"
    )

    assert [("repeated", f"{DRAFT}:6:1"), ("repeated", f"{DRAFT}:6:102")] == list_warnings(content_without_warnings)


def test_long_sentence_without_a_stop_takes_linear_time(content_without_warnings):
    content_without_warnings.change(STORY, "Het verhaal.", "Het verhaal. " + 24_000 * "en ")
    began = time.process_time()

    list_warnings(content_without_warnings)

    assert time.process_time() - began < 5


def test_repeated_paragraph_is_reported_once(content_without_warnings):
    paragraph = f"{LONG} {LONG.replace('augustus', 'september')} {LONG.replace('augustus', 'oktober')}"
    content_without_warnings.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {paragraph}")
    content_without_warnings.change(DRAFT, "GEHEIME TEKST", paragraph)

    assert [("repeated", f"{DRAFT}:6:1")] == list_warnings(content_without_warnings)


def test_files_with_errors_are_skipped(content_without_warnings):
    content_without_warnings.change(STORY, "Het verhaal.", "Het verhaal .")
    content_without_warnings.change("programme.yaml", "title: Ambtenaar van Nu\n", "title: [\n")

    assert [("space-before", f"{STORY}:9:12")] == list_warnings(content_without_warnings)
