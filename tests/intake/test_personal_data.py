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
        ("Bel 06 - 1234 5678 of (070) 123 45 67.", [("phone", "06 - 1234 5678"), ("phone", "(070) 123 45 67")]),
        ("Bel +31(0)6 12 34 56 78 of 0031612345678.", [("phone", "+31(0)6 12 34 56 78"), ("phone", "0031612345678")]),
        ("Rekening NL91 ABNA 0417 1643 00 staat er.", [("iban", "NL91 ABNA 0417 1643 00")]),
        (
            "IBAN nl91abna0417164300 en be68 5390 0754 7034.",
            [("iban", "nl91abna0417164300"), ("iban", "be68 5390 0754 7034")],
        ),
        ("Een fout nummer is NL91ABNA0417164301.", []),
        ("Zijn nummer is 1112.22.333 of 1234.56.782.", [("bsn", "1112.22.333"), ("bsn", "1234.56.782")]),
        (
            "Wij wonen aan de Wijnhaven 88a, Kerkstraat 12.",
            [("address", "Wijnhaven 88a"), ("address", "Kerkstraat 12")],
        ),
        ("Zij woont op Laan van Meerdervoort 300.", [("address", "Laan van Meerdervoort 300")]),
        ("De weg 12 jaar terug was lang.", []),
        ("Geboren op 12-03-1971, in de stad.", [("birth date", "Geboren op 12-03-1971")]),
        ("Hij is geboren op 3 april 1980.", [("birth date", "geboren op 3 april 1980")]),
        ("Het feest was op 12-03-1971.", []),
        ("Zie https://www.linkedin.com/in/karindeboer.", [("profile", "https://www.linkedin.com/in/karindeboer")]),
        ("Of instagram.com/karin_db graag.", [("profile", "instagram.com/karin_db")]),
        ("Mail karin (at) voorbeeld.nl graag.", [("e-mail", "karin (at) voorbeeld.nl")]),
        ("Toen kwam wethouder De Vries.", [("name", "wethouder De Vries")]),
        ("Ook mevrouw d’Ancona en dhr. ’t Hooft.", [("name", "mevrouw d’Ancona"), ("name", "dhr. ’t Hooft")]),
        ("Daar zat İbrahim Şahin.", [("name", "İbrahim Şahin")]),
        ("Daar zat Björk Guðmundsdóttir.", [("name", "Björk Guðmundsdóttir")]),
        ("Volgens Ayça Çelik wel.", [("name", "Ayça Çelik")]),
        ("Wij spraken met KARIN DE BOER.", [("name", "KARIN DE BOER")]),
        ("De GEMEENTE DEN HAAG was er.", []),
        ("Volgens O’Neill wel.", [("name", "O’Neill")]),
        ("De wethouder en de burgemeester kwamen.", []),
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
