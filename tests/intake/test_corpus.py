"""Notes as pandoc, LibreOffice, Excel, Outlook, HedgeDoc and Etherpad write them.

A new case is two new files.
"""

from pathlib import Path

import pytest

from tests.intake.conftest import render_result

CORPUS = Path(__file__).parent / "corpus"
SOURCES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".expected")


def test_corpus_has_more_than_forty_files():
    assert 42 <= len(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_file_becomes_the_expected_drafts(source, read):
    expected = source.with_name(f"{source.name}.expected").read_text(encoding="utf-8")

    assert expected == render_result(read(source))


def test_same_note_of_three_programs_is_the_same_draft(read):
    def render_draft(name):
        return render_result(read(CORPUS / name)).partition("=== omitted")[0]

    programs, suffixes = ("pandoc", "libreoffice"), ("docx", "odt", "html")
    drafts = [render_draft(f"{program}-kop.{suffix}") for program in programs for suffix in suffixes]

    assert 1 == len(set(drafts))
