"""Typing errors, and sentences without any."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.typesetting import find_typos

ERRORS = {
    "Een woord , en nog een": ("space-before", " ,"),
    "Is dat zo ?": ("space-before", " ?"),
    "Dat is zo .": ("space-before", " ."),
    "( tussen haakjes )": ("space-inside", " )"),
    "komma,zonder spatie": ("no-space", ","),
    "Het einde.Begin opnieuw daarna": ("no-space", "."),
    "Wacht,, even": ("double-mark", ",,"),
    "Het einde.. Toch niet": ("double-mark", ".."),
    ",,Kom maar'', zei ze": ("old-quotes", ",,"),
    "Het was laat- daarom gingen wij": ("lone-hyphen", "- "),
    "Het was laat -daarom gingen wij": ("lone-hyphen", "laat -"),
    "een plank van 5' lang": ("foot-mark", "'"),
    "Het kost €5 per persoon": ("euro", "€"),
    "dat is de de vraag": ("doubled-word", "de de"),
    "dat is de\nde vraag": ("doubled-word", "de\nde"),
    "Wij Wij weten het": ("doubled-word", "Wij Wij"),
    'Zij zei: "Kom maar.': ("unclosed-quote", '"'),
}
CORRECT_TEXTS = [
    "Ik weet dat dat niet kan, en de mensen die die dag kwamen ook.",
    "Hoe je je voelt, wat er er niet toe doet; zij zijn zijn vrienden. Heel heel lang.",
    "Van der Der, wij willen Willen helpen",
    "De in- en uitgang, de voor- of achterkant, heen- en terugreis, zon- en feestdagen, in- dan wel uitstappen",
    "beleidsambtenaren en -adviseurs, groepsteksten of -foto's",
    "ja - nee -- misschien; e-mail, oud-burgemeester, 's-Gravenhage, 16:30-19:00, 10-15",
    "Wacht... en kijk… Ja!? Nee?! (of niet) [of toch]",
    "o.a. drs. Jansen, d.w.z. m.b.t. art. 3.2, versie 2.0, 1.250,50, ZZP'er, de A4'tjes, '90, 'n 5'er",
    "Hij schreef 'ja' en \"nee\", zei 'het is 5' en ging",
    "Zie www.voorbeeld.nl/a,b of https://example.org/a..b?c=d,e of jan.de.vries@example.org, en `git  log -p ,,a`",
    "![De zaal](../images/zaal.jpg) en [een verhaal](stories/vooraf.md) <!-- de de , x -->",
    "| a | b |\n| --- | ---: |\n| 1 | 2 |",
    "term\n: uitleg\n\n- een\n- een\n\n```\nde de , x\n```\n\n    de de , x\n",
    "## Vertrouwen\nVertrouwen komt te voet.",
    "€ 5, €\u00a05, 20%, 20 %, § 3, 12°, 5 × 5, a/b, en/of, 24/7, c++",
    "Tien uur: inloop. Om 17.00 uur: opname; daarna borrel.",
    'Zij zei: "Kom."\n\n"Ja", zei hij, "ik kom."',
    "",
]


@pytest.mark.parametrize("text", ERRORS)
def test_typo_is_found(text):
    code, found = ERRORS[text]

    (error,) = [one for one in find_typos(text) if one.code == code]

    assert found == text[text.index(found) :][: len(found)]
    assert found in text[max(0, error.start - len(found)) : error.start + len(found)]
    assert error.message
    assert error.hint


@pytest.mark.parametrize("text", CORRECT_TEXTS)
def test_correct_text_has_no_errors(text):
    assert () == find_typos(text)


def test_english_has_its_own_repeatable_words_and_no_rule_for_euros():
    assert ["doubled-word"] == [one.code for one in find_typos("the the cost, €5, that had had to", language="en")]


def test_errors_are_in_order_and_unique():
    errors = find_typos("de de vraag ,en ,, dan . Ja")

    assert sorted({one.start for one in errors}) == [one.start for one in errors]


@given(st.text(st.sampled_from("ab de\n -,.'\"`()[]<!>€5#|") | st.characters(codec="utf-8"), max_size=80))
def test_offsets_are_inside_any_text(text):
    for error in find_typos(text):
        assert 0 <= error.start < len(text)


@pytest.mark.parametrize(
    "piece",
    [
        "de ",
        '"',
        "- ",
        "`",
        "](",
        "<!--",
        ",",
        "a. ",
        "```\n",
        "( ",
        "--",
        "|",
        "    x\n",
        "a@",
        "[a]:",
        "-",
        "5' ",
        "a.",
        "a",
    ],
)
def test_long_text_takes_linear_time(piece):
    began = time.process_time()

    find_typos(piece * (60_000 // len(piece)))

    assert time.process_time() - began < 5
