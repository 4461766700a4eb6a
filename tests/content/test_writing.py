"""Advice on the words: each remark at its place, with a hint, and none on a text that is in order."""

import pytest

from pipeline.content import find_editorial_warnings

STORY = "magazine/stories/vooraf.md"
OTHER = "magazine/stories/zaal.md"
REFLECTION = "magazine/reflections/burger-centraal/tafel-3.md"
DRAFT = "magazine/reflections/burger-centraal/tafel-4.md"
MAGAZINE = "magazine/magazine.yaml"
LONG = "Niemand van de gemeente had ooit aan augustus gedacht."


@pytest.fixture
def tidy(content):
    """The programme of the fixture with nothing left to say."""
    content.change(STORY, "Het verhaal.", "Het verhaal. Iedereen luisterde.")
    content.change(MAGAZINE, "alt: De zaal}}", "alt: De zaal, credit: Studio}}")
    assert () == find_editorial_warnings(content.root)
    return content


def told(content):
    return [(one.code, str(one.place)) for one in find_editorial_warnings(content.root)]


@pytest.mark.parametrize(("file", "old", "new", "remark"), [
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
    ("episodes/01-burger-centraal/episode.md", "Eerste regel.", "Eerste eerste regel.", ("doubled-word", "episodes/01-burger-centraal/episode.md:23:8")),
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
def test_each_remark_stands_at_its_place(tidy, file, old, new, remark):
    tidy.change(file, old, new)

    assert ([remark] if remark else []) == told(tidy)


def test_a_remark_is_a_warning_with_the_words_around_it_and_a_hint(tidy):
    tidy.change(STORY, "Het verhaal.", f"{100 * 'lang lang, '}Het is de de vraag.")

    (one,) = find_editorial_warnings(tidy.root)

    assert "warning" == one.severity
    assert (
        "`de` twice: “…lang lang lang lang" in one.message.replace("lang Het is de de vraag", "lang")
        or "de de vraag" in one.message
    )
    assert one.hint


def test_a_pull_quote_that_is_nearly_in_the_text_is_shown_as_it_stands_there(tidy):
    tidy.change(STORY, "pulls: [Iedereen luisterde.]", "pulls: [Iedereen luistert.]")

    (one,) = find_editorial_warnings(tidy.root)

    assert "the text says: “Iedereen luisterde.”" == one.hint


def test_a_sentence_in_two_texts_is_told_at_the_second_and_says_where_the_first_is(tidy):
    tidy.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {LONG}")
    tidy.write(OTHER, f"---\ntitle: Zaal\n---\nKort.\n\n{LONG.replace('ooit', '*ooit*')}\n")

    (one,) = find_editorial_warnings(tidy.root)

    assert ("repeated", f"{REFLECTION}:13:17") == (one.code, str(one.place))
    assert f"this stands in {OTHER}:6 too" in one.message


def test_a_quote_may_stand_in_its_own_text_and_not_in_another_or_twice(tidy):
    tidy.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {LONG}")
    tidy.change(REFLECTION, "text: Dit mag gedrukt.", f"text: {LONG}")
    assert [] == told(tidy)
    tidy.change(DRAFT, "GEHEIME TEKST", f"{LONG} Maar dit is een heel andere zin dan die daar. {LONG}")

    assert [("repeated", f"{DRAFT}:6:1"), ("repeated", f"{DRAFT}:6:102")] == told(tidy)


def test_a_paragraph_that_stands_twice_is_told_once(tidy):
    paragraph = f"{LONG} {LONG.replace('augustus', 'september')} {LONG.replace('augustus', 'oktober')}"
    tidy.change(REFLECTION, "De tafel sprak.", f"De tafel sprak. {paragraph}")
    tidy.change(DRAFT, "GEHEIME TEKST", paragraph)

    assert [("repeated", f"{DRAFT}:6:1")] == told(tidy)


def test_a_programme_with_faults_is_read_as_far_as_it_goes(tidy):
    tidy.change(STORY, "Het verhaal.", "Het verhaal .")
    tidy.change("programme.yaml", "title: Ambtenaar van Nu\n", "title: [\n")

    assert [("space-before", f"{STORY}:9:12")] == told(tidy)
