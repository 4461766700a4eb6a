"""Personal data in sentences that groups write."""

import pytest

from pipeline.intake.personal_data import find_personal_data


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Bel Kees Jansen op 06-12345678.", [("name", "Kees Jansen"), ("phone", "06-12345678")]),
        ("Mail naar p.de-vries@voorbeeld.nl graag.", [("e-mail", "p.de-vries@voorbeeld.nl")]),
        ("Volgens Fatima el Amrani werkt het.", [("name", "Fatima el Amrani")]),
        ("Mevrouw Van der Berg zei niets.", [("name", "Mevrouw Van der Berg")]),
        ("J. de Boer schreef dit op.", [("name", "J. de Boer")]),
        ("Daarna vertelde Samira over haar wijk.", [("name", "Samira")]),
        ("Zijn nummer is 111222333.", [("bsn", "111222333")]),
        ("Zaaknummer 123456789 bestaat niet.", []),
        ("Kom naar 2511 AB 12.", [("postcode", "2511 AB")]),
        ("Op het net heet zij @wijkagent.", [("handle", "@wijkagent")]),
        ("Bel +31 6 1234 5678 of (070) niets.", [("phone", "+31 6 1234 5678")]),
        ("De Tweede Kamer en de gemeente Den Haag waren er niet.", []),
        ("Het ministerie werkt met Overheid van Nu.", []),
        ("Een werkdag van 16:30 tot 19:00, 2024-06-13, kost 12.500 euro.", []),
        ("Iedereen was Een En Al oor.", []),
    ],
)
def test_personal_data_is_found(line, found):
    results = find_personal_data(line, known=["Overheid van Nu"])

    assert found == [(one.kind, one.words) for one in results]


def test_result_has_line_and_column():
    (one,) = find_personal_data("eerste regel\ndaar zat Kees bij", known=[])

    assert (2, 10) == (one.line, one.column)


def test_public_names_are_not_reported():
    assert () == find_personal_data("Nadia Bouzid vertelde, en Nadia vroeg.", known=["Nadia Bouzid"])
