"""Hand-ins as pandoc, LibreOffice, Excel, Outlook, HedgeDoc and Etherpad write them: a new case is two new files."""

from pathlib import Path

import pytest

from tests.intake.conftest import told

CORPUS = Path(__file__).parent / "corpus"
SOURCES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".told")


def test_there_are_more_than_forty_kinds_of_hand_in():
    assert 42 <= len(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_hand_in_arrives_as_what_stands_beside_it(source, read):
    expected = source.with_name(f"{source.name}.told").read_text(encoding="utf-8")

    assert expected == told(read(source))


def test_the_same_note_written_in_three_programs_is_the_same_draft(read):
    def body(name):
        return told(read(CORPUS / name)).partition("=== left out")[0]

    notes = [body(f"{program}-kop.{form}") for program in ("pandoc", "libreoffice") for form in ("docx", "odt", "html")]

    assert 1 == len(set(notes))
