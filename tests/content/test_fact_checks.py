"""The fact check finds what texts say otherwise than programme.yaml, and is silent about all else."""

import re
from pathlib import Path

import pytest

from pipeline.content import load_files
from pipeline.content.fact_checks import check_facts
from pipeline.content.fact_patterns import find_dates, find_slips, find_times

ROOT = Path(__file__).parents[2]
PROGRAMME = """\
title: Doen wat kan
organiser: Een netwerk
url: https://example.org/doen/
events:
  - id: netwerkdag
    title: Netwerkdag
    starts: 2020-05-27 09:30
    ends: 2020-05-27 18:00
    venue: {name: EMMA, address: Wijnhaven 88, postcode: 2511 GA, city: Den Haag}
    agenda: [{at: "09:30", what: Gesprek}, {at: "13:00", until: "14:00", what: Eigen casus}]
    guests: [{name: Roos Wijnveldt, role: gast, organisation: Beraadslag}]
    deadlines: [{what: Reacties, at: 2020-05-28 24:00}]
"""


def check(tmp_path, text, *, story="event: netwerkdag\n"):
    (tmp_path / "programme.yaml").write_text(PROGRAMME)
    path = tmp_path / "magazine" / "stories" / "verslag.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: Verslag\n{story}---\n{text}\n")
    return list(check_facts(load_files(tmp_path)))


@pytest.mark.parametrize(
    ("text", "code", "wrong"),
    [
        ("Wij ontvangen jullie om 18.oo uur bij de ingang.", "impossible-time", "18.oo"),
        ("De regeling ging in januari 1019 in.", "impossible-date", "januari 1019"),
        ("Het bestuur kwam op 31 juni bijeen.", "impossible-date", "31 juni"),
        ("Om 25.10 uur sloot de zaal.", "impossible-time", "25.10"),
        ("De dag begint om 10.30 uur met een gesprek.", "other-time", "10.30"),
        ("Op 27 mei 2020, 10.30 uur, spreken we elkaar.", "other-time", "10.30"),
        ("27 mei 2020, 13.00   Maar later inloggen kan ook.", "other-time", "13.00"),
        ("Op donderdag 27 mei 2020 spreken we elkaar.", "wrong-weekday", "donderdag 27 mei 2020"),
        ("Op donderdag 27 mei spreken we elkaar.", "wrong-weekday", "donderdag 27 mei"),
        ("Tot ziens op 26 mei!", "other-date", "26 mei"),
        ("Ook Roos Wijnvelt kwam aan het woord.", "other-name", "Wijnvelt"),
        ("Een adviseur van Beraadslaag luisterde mee.", "other-name", "Beraadslaag"),
        ("We zitten aan de Wijnhaven 86.", "other-place", "Wijnhaven 86"),
        ("Het adres is 2511 AG Den Haag.", "other-place", "2511 AG"),
        ("Kom naar EMMA in Utrecht.", "other-place", "EMMA in Utrecht"),
    ],
)  # fmt: skip
def test_a_slip_is_found_at_its_place(tmp_path, text, code, wrong):
    (warning,) = check(tmp_path, f"Vooraf een regel.\n\n{text}")

    line = 4 + 3
    assert (code, line) == (warning.code, warning.location.line)
    assert wrong in warning.message
    assert (
        (tmp_path / "magazine/stories/verslag.md")
        .read_text()
        .splitlines()[line - 1][warning.location.column - 1 :]
        .startswith(wrong.split(" uur")[0])
    )


@pytest.mark.parametrize(
    "text",
    [
        "De dag begint om 9.30 uur en eindigt om 18.00 uur.",
        "Op woensdag 27 mei 2020 spreken we elkaar; reageren kan tot 28 mei, 24.00 uur.",
        "Eigen casus: van 13.00 tot 14.00 uur.",
        "Op 27 mei 2020 om 13.00 uur begint je eigen casus. Het eind is op 27 mei 2020, 18.00 uur.",
        "Roos Wijnveldt van Beraadslag sprak; Wijnveldts voorbeeld bleef hangen.",
        "EMMA in Den Haag, Wijnhaven 88, 2511 GA.",
        "In januari 1953 brak de dijk, en in mei 1568 begon de opstand.",
        "Artikel 2.10 noemt een bedrag van 12.50 euro en versie 1.75.",
        "Zij belde op 3 maart om 11.15 uur.",
        "De Beraadslaging duurde lang, en de Wijnhavenkade lag stil.",
    ],
)
def test_what_agrees_or_is_about_something_else_is_no_finding(tmp_path, text):
    assert [] == [str(warning) for warning in check(tmp_path, text)]


def test_the_four_slips_of_public_texts_are_found_and_nothing_else(tmp_path):
    text = """
De reeks bestond uit vijf bijeenkomsten van september 2018 tot januari 1019, en had een vervolg.

Programma

9.30 Live gesprek met Roos Wijnveldt, adviseur bij Beraadslag.
13.00u / 14.00u: eigen casus, een uur lang, met een groep van 4 tot 8 mensen.
17.00 - 18.oo: borrel bij EMMA aan de Wijnhaven 88.

27 mei 2020, 10.30   Maar je kunt vanaf dat tijdstip in die week ook later inloggen.

Copyright © 2014 een netwerk, alle rechten voorbehouden."""

    found = check(tmp_path, text, story="event: netwerkdag\ndate: 2020-06-02\n")

    slips = {"januari 1019": "impossible-date", "18.oo": "impossible-time", "10.30": "other-time", "2014": "wrong-year"}
    assert sorted(slips.values()) == sorted(one.code for one in found)
    assert [] == [slip for slip in slips if not any(slip in one.message for one in found)]


def test_a_text_with_a_date_of_its_own_must_have_that_copyright_year():
    assert ["© 2014"] == [one.text for one in find_slips("Copyright: ©\xa02014 een netwerk", year=2016)]
    assert [] == list(find_slips("© 2012–2016 een netwerk", year=2016))
    assert [] == list(find_slips("© 2014", year=0))


def test_a_warning_names_the_place_in_the_programme(tmp_path):
    (warning,) = check(tmp_path, "Tot ziens op 26 mei!")

    assert "programme.yaml:7" in warning.hint


def test_a_text_about_no_event_is_only_checked_for_what_cannot_be(tmp_path):
    assert [] == check(tmp_path, "Tot ziens op 26 mei om 10.30 uur, zegt de start van het stuk.", story="")
    assert ["wrong-weekday"] == [one.code for one in check(tmp_path, "Op dinsdag 4 mei 1953 was het stil.", story="")]


NEWSLETTER = """\
---
number: 1
date: 2020-05-06
subject: Tot 27 mei
blocks: [intro, {event: netwerkdag}]
---
Op 26 mei zien we elkaar.
"""


def test_the_texts_of_an_event_and_a_newsletter_about_it_are_compared_too(tmp_path):
    check(tmp_path, "Niets.")
    programme = tmp_path / "programme.yaml"
    programme.write_text(
        PROGRAMME.replace("title: Netwerkdag", "title: Netwerkdag\n    summary: We beginnen om 9.15 uur.")
    )
    newsletter = tmp_path / "magazine/newsletters/2020-05.md"
    newsletter.parent.mkdir()
    newsletter.write_text(NEWSLETTER)

    found = [(one.code, str(one.location)) for one in check_facts(load_files(tmp_path))]

    assert [("other-date", "magazine/newsletters/2020-05.md:7:4"), ("other-time", "programme.yaml:7:29")] == found


@pytest.mark.parametrize("folder", [".", "examples/estafette", "examples/netwerkdag"])
def test_the_sample_programmes_have_no_false_alarm(folder):
    assert [] == [str(warning) for warning in check_facts(load_files(ROOT / folder))]


def test_times_and_dates_are_found_in_long_texts_in_linear_time():
    text = "9.30 uur op 27 mei, " * 20_000 + "1.2.3.4." * 20_000 + "januari " * 20_000

    assert 20_000 == sum(1 for _ in find_dates(text))
    assert 20_000 <= sum(1 for _ in find_times(text))
    assert [] == list(find_slips(re.sub("januari", "", text)))
