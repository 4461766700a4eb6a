"""Relatives of troubles that people reported: what is kept, left out and counted, or pointed at."""

import pytest

from pipeline.intake.file_limits import detect_format
from pipeline.intake.form_table import CellGrid, read_answers
from pipeline.intake.markdown_escaping import strip_markdown
from pipeline.intake.own_lines import find_doubtful_lines
from pipeline.intake.personal_data import find_personal_data
from pipeline.intake.refused_formats import RefusedFileError
from tests.intake.conftest import render_result
from tests.intake.office_files import NAMES, docx, make_zip, odt, p

MAIL = "From: a@example.org\nSubject: Verslag\nContent-Type: text/plain; charset=utf-8\n\n"


def read_draft(read, content, name):
    """The drafts of a file as one text, with its omissions."""
    return render_result(read(content, name))


def test_heading_without_text_is_kept(read):
    draft = read_draft(read, docx(p("Meer groen", "Kop1") + p("Minder regels", "Kop1") + p("Zin.")), "a.docx")

    assert "## Meer groen\n\n## Minder regels\n\nZin." in draft


def test_heading_whose_text_became_a_field_is_counted(read):
    draft = read_draft(read, docx(p("Zin.") + p("Wat men zei", "Kop1") + p("Wij willen groen", "Citaat")), "a.docx")

    assert "Wat men zei" not in draft
    assert "omitted: 1 × heading whose text became a field" in draft


def test_heading_that_names_a_field_is_not_counted(read):
    draft = read_draft(read, docx(p("Zin.") + p("Citaten", "Kop1") + p("Wij willen groen", "Citaat")), "a.docx")

    assert "omitted" not in draft


def test_note_that_is_only_a_question_is_read(read):
    assert 'question: "Wat vinden jullie?"' in read_draft(read, b"Wat vinden jullie?", "a.txt")


def test_further_questions_of_a_group_become_text(read):
    draft = read_draft(read, b"Tafel;Vraag;Wat?\n1;Wat helpt?;ja\n1;Wat nog meer?;nee\n", "a.csv")

    assert 'question: "Wat helpt?"' in draft
    assert "## Vraag\n\n- Wat nog meer?" in draft


@pytest.mark.parametrize(
    ("rows", "columns", "above"),
    [
        ([["Verslag"], ["Tafel", "Wat?"], ["1", "ja"]], ("Tafel", "Wat?"), 1),
        ([["Tafel"], ["1"], ["2"]], ("Tafel",), 0),
        ([["Tafel", "Wat?"], ["1"], ["2", "nee"]], ("Tafel", "Wat?"), 0),
        ([["Tafel"], ["1", "ja"]], ("Tafel", "Kolom B"), 0),
    ],
)
def test_title_above_two_columns_is_no_column_name(rows, columns, above):
    grid = CellGrid()
    for row in rows:
        grid.add_row(row)

    answers = read_answers(grid)

    assert columns == answers.columns
    assert above == answers.omissions["row above the column names"]


def test_footnote_that_nothing_refers_to_is_text(read):
    assert "\\[^1]: Een noot." in read_draft(read, b"Zin.\n\n[^1]: Een noot.\n", "a.md")


@pytest.mark.parametrize(
    "page",
    [
        "<form><p>Een zin.</p></form>",
        "<table><caption>Een zin.</caption><tr><td>a</td><td>b</td></tr></table>",
        "<fieldset><legend>Een zin.</legend><p>Meer.</p></fieldset>",
        "<b>Voor<p>Een zin.</p>na</b>",
    ],
)
def test_words_in_unusual_elements_are_kept_apart(page, read):
    assert "\nEen zin.\n" in read_draft(read, f"<p>Eerst.</p>{page}".encode(), "a.html")


@pytest.mark.parametrize(
    "style",
    ["opacity:0", "color: transparent", "position:absolute; left:-9999px", "max-height:0px; overflow:hidden", "text-indent:-10000px"],
)  # fmt: skip
def test_text_that_a_page_hides_in_other_ways_is_left_out(style, read):
    draft = read_draft(read, f'<p>Zin.</p><p style="{style}">geheim</p>'.encode(), "a.html")

    assert "geheim" not in draft
    assert "omitted: 1 × hidden passage" in draft


@pytest.mark.parametrize("style", ["opacity:0.5", "left:-10px", "max-height:0.5em", "color:#000"])
def test_text_that_a_page_shows_is_kept(style, read):
    assert "zichtbaar" in read_draft(read, f'<p style="{style}">zichtbaar</p>'.encode(), "a.html")


def test_objects_with_words_in_a_page_are_counted(read):
    page = b"<nav>Menu</nav><p>Zin.</p><svg><text>beeld</text></svg><noscript>geen</noscript><canvas></canvas>"

    draft = read_draft(read, page, "a.html")

    assert {"navigation of the page", "embedded object or formula", "text for browsers without scripts"} == {
        line.partition(" × ")[2] for line in draft.split("\n") if line.startswith("=== omitted")
    }


def test_prompt_of_a_field_in_opendocument_is_left_out(read):
    body = "<text:p>Zin. <text:placeholder>Vul hier uw naam in</text:placeholder></text:p>"

    draft = read_draft(read, odt(body), "a.odt")

    assert "Vul hier" not in draft
    assert "field that was not filled in" in draft


def test_spaces_in_cells_of_opendocument_keep_words_apart(read):
    cells = "<table:table-cell><text:p>Tafel</text:p></table:table-cell><table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{cells.format(text)}</table:table-row>" for text in ("Wat?", "een<text:s/>twee<text:tab/>drie<text:line-break/>vier")
    )  # fmt: skip
    content = f"<office:document-content{NAMES}><office:body><office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet></office:body></office:document-content>"

    book = make_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})

    assert "een twee drie\\\nvier" in read_draft(read, book, "a.ods")


@pytest.mark.parametrize(
    "closing", ["Mvrgr.", "Vr.gr.", "Hartelijks,", "Tot ziens!", "Dank en groet,", "All the best,"]
)
def test_more_ways_to_end_a_letter_are_left_out(closing, read):
    draft = read_draft(read, f"{MAIL}Wij willen groen.\n\n{closing}\nFatima\n".encode(), "a.eml")

    assert "Fatima" not in draft
    assert "omitted: 1 × signature" in draft


@pytest.mark.parametrize(
    ("line", "kind", "column"),
    [
        ("Op 3 juni schreef een bewoner:", "reply head", 1),
        ("On Monday 3 people wrote:", "reply head", 1),
        ("- Van: de bewoners van de wijk", "e-mail head", 3),
        ('  - "Groeten aan de bewoners van de wijk."', "sign-off", 6),
        ("Groet de buren eens, zei iemand.\\", "sign-off", 1),
        ("Verzonden vanaf mijn iPhone", "signature", 1),
        ("De wethouder schreef ons dat het kan.", "", 0),
        ("Van de gemeente hoorden wij niets.", "", 0),
        ("Groeten doet men op straat te weinig." * 4, "", 0),
        ("Een bewoner schreef:", "", 0),
    ],
)
def test_kept_line_that_looks_like_part_of_a_letter_is_pointed_at(line, kind, column):
    found = [(one.kind, one.line, one.column) for one in find_doubtful_lines(f"Eerst.\n{line}")]

    assert ([(kind, 2, column)] if kind else []) == found


@pytest.mark.parametrize(
    ("words", "kind"),
    [("1234ab", "postcode"), ("Geb.dat. 3 mei 1980", "birth date"), ("geb. op 3-5-1980", "birth date"), ("geb: 03/05/80", "birth date")],
)  # fmt: skip
def test_more_spellings_of_personal_data_are_found(words, kind):
    assert [(kind, words)] == [(one.kind, one.words) for one in find_personal_data(f"Dat is {words}, zei zij.")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ID3\x03\0\0", "a recording"),
        (b"\0\0\0\x20ftypM4A \0", "a recording"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a recording"),
        (b"II*\0\x08\0\0\0", "image format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image format"),
        (b"\x1f\x8b\x08\0\0", "archive"),
        (b"BEGIN:VCARD\nEND:VCARD", "contact card"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR", "calendar invitation"),
        (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "OneNote"),
        (b"<?xml version='1.0'?>\n<w:wordDocument xmlns:w='x'/>", "one XML file"),
        (b"<?xml version='1.0'?><office:document xmlns:office='x'/>", "one XML file"),
    ],
)
def test_more_formats_are_refused_with_the_step_that_helps(content, message):
    with pytest.raises(RefusedFileError, match=message) as caught:
        detect_format(content, "tafel.dat")

    assert caught.value.hint.endswith(".")


def test_markdown_that_takes_too_long_is_refused_with_its_line(read):
    with pytest.raises(RefusedFileError, match=r"^3:1: a word of 9000 characters"):
        read(b"Zin.\n\n" + b"[" * 9_000, "a.md")


def test_million_brackets_are_plain_text():
    assert "[" * 1_000_000 == strip_markdown("[" * 1_000_000)
