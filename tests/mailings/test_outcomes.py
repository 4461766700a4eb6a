"""The outcome of an event by topic and by role; few people of a role are never shown separately."""

from dataclasses import replace

from pipeline.mailings.outcomes import hide_small_roles, list_topics, summarise_roles
from pipeline.model import Quote
from tests.mailings.conftest import make_programme, make_reflections


def test_topics_are_cases_in_order_then_questions():
    programme = make_programme()

    topics = list_topics(programme, programme.events[0])

    assert [
        ("Casus nummer 2", ("Tafel 1", "Tafel 2"), ("Inzicht van groep 1.", "Inzicht van groep 2.")),
        ("Wat heb jij nodig om te vertrouwen?", ("Tafel 3",), ("Inzicht van groep 3.",)),
    ] == [(one.title, one.groups, one.insights) for one in topics]


def test_roles_of_fewer_than_five_people_are_merged():
    roles = summarise_roles(make_reflections("a"))

    assert [("uitvoering", 5, 2), ("Beleid", 6, 1), ("", 6, 2)] == [(one.name, one.people, one.groups) for one in roles]
    assert [["Citaat van groep 2."], ["Citaat van groep 3."], ["Citaat van groep 1."]] == [
        [quote.text for quote in one.quotes] for one in roles
    ]


def test_merged_roles_of_fewer_than_five_people_are_left_out():
    first, _, third = make_reflections("a")

    roles = summarise_roles([first, third])  # uitvoering 3, jurist 2: five; without one of them four

    assert ["Beleid", ""] == [one.name for one in roles]
    few = replace(first, participants=(("uitvoering", 3), ("jurist", 1)))
    assert ["Beleid"] == [one.name for one in summarise_roles([few, third])]


def test_unknown_numbers_count_as_fewer():
    unknown = [replace(one, participants=()) for one in make_reflections("a")]

    assert () == summarise_roles(unknown)


def test_one_role_in_two_spellings_is_counted_once():
    first, second, _ = make_reflections("a")
    first = replace(first, participants=(("Uitvoering ", 3),), roles=("uitvoering",))

    (role, *_) = summarise_roles([first, second])

    assert ("uitvoering", 5) == (role.name, role.people)


def test_a_quote_is_attributed_to_a_shown_role_only():
    roles = summarise_roles(make_reflections("a"))
    quotes = [Quote(text="A", by="Uitvoering"), Quote(text="B", by="jurist"), Quote(text="C", by="Anna de Vries")]

    assert ["Uitvoering", "", ""] == [one.by for one in hide_small_roles(quotes, roles)]
