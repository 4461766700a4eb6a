"""Words in are words out and words that are reported as left out, in generated documents of all formats."""

import csv
import email
from email import policy
from io import BytesIO, StringIO

import openpyxl
import pytest

from tests.intake.conftest import render_result
from tests.intake.generated_forms import CsvGenerator, OpenSheetGenerator, SlideGenerator, WorkbookGenerator
from tests.intake.generated_notes import GeneratedNote, find_words
from tests.intake.generated_opendocument import OpenDocumentGenerator
from tests.intake.generated_pages import MailGenerator, MarkdownGenerator, PageGenerator, TextGenerator
from tests.intake.generated_word import WordGenerator

SEEDS = range(12)
FORMATS = {
    "docx": WordGenerator,
    "odt": OpenDocumentGenerator,
    "html": PageGenerator,
    "md": MarkdownGenerator,
    "txt": TextGenerator,
    "eml": MailGenerator,
    "csv": CsvGenerator,
    "xlsx": WorkbookGenerator,
    "ods": OpenSheetGenerator,
    "pptx": SlideGenerator,
}


def read_words(result):
    """The words of all drafts of a file."""
    return find_words(render_result(result).partition("=== omitted")[0].replace("\\*", " ").replace("*", ""))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_word_is_kept_or_reported(suffix, seed, read):
    note = GeneratedNote.seed(seed)
    content = FORMATS[suffix](note).generate()

    result = read(content, f"verslag.{suffix}")

    note.check(read_words(result), result.omissions)


def read_workbook(content):
    """The cells that another reader finds in a workbook."""
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    return " ".join(str(cell.value) for row in sheet for cell in row if cell.value)


def read_delimited(content):
    """The cells that another reader finds in CSV."""
    text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    delimiter = max(";,\t", key=text.partition("\n")[0].count)
    return " ".join(cell for row in csv.reader(StringIO(text), delimiter=delimiter) for cell in row)


def read_mail(content):
    """The text that another reader finds in an e-mail, and in what is attached to it."""
    message = email.message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    attached = (part.get_content() for part in message.iter_attachments())
    return " ".join([body.get_content() if body else "", *map(str, attached)])


@pytest.mark.parametrize(
    ("suffix", "read_text"),
    [("xlsx", read_workbook), ("csv", read_delimited), ("eml", read_mail)],
    ids=["xlsx", "csv", "eml"],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_another_reader_finds_no_word_that_is_neither_kept_nor_left_out(suffix, read_text, seed):
    note = GeneratedNote.seed(seed)
    found = set(find_words(read_text(FORMATS[suffix](note).generate())))

    assert found <= {*note.shown, *note.left_out}
    assert not found or found & set(note.shown)
