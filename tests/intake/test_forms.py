"""Answers of forms: CSV and workbooks as people and programs write them."""

import datetime as dt
import re
import zipfile
from io import BytesIO

import openpyxl
import pytest

from pipeline.intake.csv_reader import find_delimiter, read_csv
from pipeline.intake.form_reader import guess_mapping
from pipeline.intake.number_formats import format_value
from pipeline.intake.ods_reader import read_ods
from pipeline.intake.refused_formats import RefusedFileError
from pipeline.intake.workbook_reader import read_xlsx
from tests.intake.conftest import render_result
from tests.intake.office_files import NAMES, make_zip

HIDDEN = "kanarie-verborgen"


def make_workbook(*rows, change=None):
    """A workbook as openpyxl writes it; ``change`` gets the book before it is saved."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def edit_sheet(content, pattern, replacement):
    """Replace a pattern in the XML of the first worksheet."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    parts["xl/worksheets/sheet1.xml"], count = re.subn(pattern, replacement, sheet)
    assert count
    return make_zip(parts)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    "rows",
    [
        [["Tafel", "Wat, en waarom, naar je werk?"], ["1", "a, b; c"], ["2", "d"]],
        [["Tafel", "Wat neem je mee?\n(meer mag; of minder, of\tniets)"], ["1", 'hij zei "ja"; en toen'], ["2", ""]],
        [["Tafel;nr", "Wie?", "Wat?"], ["1", "x,y,z", "a;b"]],
    ],
)
def test_delimiter_is_found_in_whole_rows(delimiter, rows):
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)

    assert delimiter == find_delimiter(text)
    assert tuple(map(tuple, rows[1:])) == read_csv(text.encode()).rows


def test_commas_in_an_unquoted_head_are_no_delimiters():
    form = read_csv(b"Tafel;Wat neem je mee, en waarom, naar je werk?\r\n1;Meer bellen, minder mailen\r\n")

    assert ("Tafel", "Wat neem je mee, en waarom, naar je werk?") == form.columns


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('Tafel;Wat?\n1;Het 19" scherm\n2;"Gewoon doen" zei iemand\n3;Bellen\n', 3),
        ('Tafel;Wat?\n1;"regel een\nregel twee"\n2;"open\n3;x\n', 4),
        ('Tafel;Wat?\n"1"x;y\n', 2),
    ],
)
def test_stray_quotation_mark_is_told_by_its_line(text, line):
    with pytest.raises(RefusedFileError, match=f"^{line}:1: not a CSV table: "):
        read_csv(text.encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_windows_are_recognised(read, encoding):
    text = "Tafel;Wat kost het?;Rollen\r\n1;€ 5 voor koffie – “één keer”;balie\r\n2;Niets;beleid\r\n"

    assert "€ 5 voor koffie – “één keer”" in render_result(read(text.encode(encoding), "a.csv"))


def test_columns_with_one_name_are_kept_apart(read):
    text = "Tafel,Goed?,Toelichting,Mis?,Toelichting\n1,koffie,genoeg tijd,zaal,geen stilte\n"

    written = render_result(read(text.encode(), "a.csv"))

    assert ["genoeg tijd", "geen stilte"] == re.findall(r"## Toelichting(?: \(2\))?\n\n(.*)", written)


def test_column_without_name_and_cells_beyond_the_head_are_kept():
    form = read_csv(b"Tafel;;Wat?\n1;onder niets;bellen;erachter\n")

    assert ("Tafel", "Kolom B", "Wat?", "Kolom D") == form.columns
    assert (("1", "onder niets", "bellen", "erachter"),) == form.rows


@pytest.mark.parametrize(
    ("text", "columns", "omitted"),
    [
        ("Export\nGemaakt op 13-06-2024\n\nTafel;Wat?;Rol\n1;bel;balie\n", ("Tafel", "Wat?", "Rol"), 2),
        ("Export;;\nGemaakt op 13-06-2024;;\n;;\nTafel;Wat?;Rol\n1;bel;balie\n", ("Tafel", "Wat?", "Rol"), 2),
        ("Tafel;Wat?;Rol\n1;bel;balie\n", ("Tafel", "Wat?", "Rol"), 0),
        ("Wat?\nbel\nschrijf\n", ("Wat?",), 0),
    ],
)
def test_title_above_the_names_of_columns_is_skipped_and_counted(text, columns, omitted):
    form = read_csv(text.encode())

    assert (columns, omitted) == (form.columns, form.omissions["row above the column names"])


def test_second_row_of_names_is_joined_to_the_first():
    survey = "Tafel,Wat telt?,Waar?,\nOpen-Ended Response,Response,thuis,Anders (licht toe)\n1,rust,ja,op straat\n"
    form = read_csv(survey.encode())

    assert ("Tafel", "Wat telt?", "Waar? – thuis", "Waar? – Anders (licht toe)") == form.columns
    assert (("1", "rust", "ja", "op straat"),) == form.rows


def test_merged_names_of_columns_are_joined_to_those_below():
    def merge(book):
        book.active.merge_cells("B1:C1")

    rows = [["Tafel", "Wat telt?", None], [None, "nu", "straks"], [1, "rust", "ruimte"], [2, "tijd", "geld"]]
    form = read_xlsx(make_workbook(*rows, change=merge))

    assert ("Tafel", "Wat telt? – nu", "Wat telt? – straks") == form.columns
    assert (("1", "rust", "ruimte"), ("2", "tijd", "geld")) == form.rows


@pytest.mark.parametrize("dimension", ["A1", "A1:B1", "A1:XFD1048576"])
def test_dimension_in_the_file_is_not_believed(dimension):
    content = make_workbook(["Tafel", "Wat?", "Rol"], [1, "bel", "balie"], [2, "schrijf", "beleid"])

    form = read_xlsx(edit_sheet(content, r'<dimension ref="[^"]*"', f'<dimension ref="{dimension}"'))

    assert (("1", "bel", "balie"), ("2", "schrijf", "beleid")) == form.rows


def test_merged_group_counts_for_each_row_and_a_merged_answer_once(read):
    def merge(book):
        for ref in ("A2:A3", "A4:A5", "C4:C5"):
            book.active.merge_cells(ref)

    rows = [
        ["Tafel", "Wat?", "Samen?"],
        ["Noord", "bel", "a"],
        [None, "schrijf", "b"],
        ["Zuid", "kom", "eens"],
        [None, "zeg"],
    ]
    written = render_result(read(make_workbook(*rows, change=merge), "a.xlsx"))

    assert ["Noord", "Zuid"] == re.findall("group: (.*)", written)
    assert "- kom\n- zeg\n\n## Samen?\n\n- eens\n" in written


def hide_column(book):
    book.active.column_dimensions["C"].hidden = True


def hide_row(book):
    book.active.row_dimensions[3].hidden = True


def hide_sheet(book):
    extra = book.create_sheet("Lijst", 0)
    for _ in range(9):
        extra.append([HIDDEN, HIDDEN, HIDDEN, HIDDEN])
    extra.sheet_state = "veryHidden"
    book.active = 1


@pytest.mark.parametrize(
    ("hide", "cells", "what"),
    [
        (hide_column, ("bel", HIDDEN), "hidden column"),
        (hide_row, (HIDDEN, HIDDEN), "hidden row"),
        (hide_sheet, ("bel", "x"), "hidden worksheet"),
    ],
)
def test_hidden_cells_are_omitted_and_counted(read, hide, cells, what):
    rows = [
        ["Tafel", "Wat?", HIDDEN if what == "hidden column" else "Intern"],
        [1, "kom", "y"],
        [2, *cells],
        [3, "zeg", "z"],
    ]
    if what == "hidden column":
        rows[1][2] = rows[3][2] = HIDDEN
    result = read(make_workbook(*rows, change=hide), "a.xlsx")

    written = render_result(result)
    assert HIDDEN not in written + result.mapping
    assert f"1 × {what}\n" in written
    assert {"kom", "zeg"} <= set(written.split())


def test_fullest_visible_sheet_is_read_and_others_are_counted():
    def add_sheet(book):
        book.create_sheet("Uitleg", 0).append(["Vul het volgende blad in."])

    form = read_xlsx(make_workbook(["Tafel", "Wat?"], [1, "bel"], [2, "kom"], change=add_sheet))

    assert ("Tafel", "Wat?") == form.columns
    assert 1 == form.omissions["additional worksheet"]


def test_formulas_without_results_and_errors_are_counted():
    form = read_xlsx(make_workbook(["Tafel", "Wat?", "Samen"], [1, "bel", '=B2&"!"'], [2, "kom", "#N/A"]))

    assert ("1", "bel", "") == form.rows[0]
    assert (1, 1) == (form.omissions["formula without a stored result"], form.omissions["cell with an error"])


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.35, "0%", "35%"),
        (0.355, "0.0%", "35,5%"),
        (True, "General", "ja"),
        (1234567, "#,##0", "1.234.567"),
        (12345.5, '"€" #,##0.00', "€ 12.345,50"),
        (12345.5, "[$€-413] #,##0.00", "€ 12.345,50"),
        (0.3, "General", "0,3"),
        (0.1 + 0.2, "General", "0,3"),
        (17811291.4, "General", "17811291,4"),
        (3.0, "General", "3"),
        (7, "000", "007"),
        (612345678, "0000000000", "0612345678"),
        (dt.datetime.fromisoformat("2024-06-13"), "mm-dd-yy", "13-06-2024"),
        (dt.datetime.fromisoformat("2024-09-19T16:30"), "d-m-yyyy h:mm", "19-09-2024 16:30"),
        (dt.datetime.fromisoformat("2024-06-13"), "yyyy-mm-dd", "2024-06-13"),
        (dt.time(16, 30), "h:mm", "16:30"),
        (dt.timedelta(hours=26), "[h]:mm", "26:00"),
    ],
)
def test_value_is_written_as_dutch_excel_shows_it(value, number_format, shown):
    assert shown == format_value(value, number_format)

    def set_format(book):
        book.active["B2"] = value
        book.active["B2"].number_format = number_format

    assert shown == read_xlsx(make_workbook(["Tafel", "Hoeveel?"], [1, 0], change=set_format)).rows[0][1]


def test_mapping_is_printed_as_it_is_used(read):
    text = b"Tafel;Wat?;Wat nog?\n1;rust;ruimte\n"

    result = read(text, "a.csv", mapping='group = "Tafel"\ninsights = ["Wat nog?"]\n')

    assert 'ignored = ["Wat?"]\n' in result.mapping
    assert 1 == result.omissions["form column"]
    assert result.mapping == read(text, "a.csv", mapping=result.mapping).mapping


def test_very_long_cell_is_cut_and_counted():
    assert 1 == read_csv(b"Tafel;Wat?\n1;" + b"woord " * 5_000 + b"\n").omissions["end of a very long cell"]


def ods_cell(text, attributes=""):
    """A cell of a LibreOffice worksheet."""
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def test_worksheet_of_libreoffice_is_read_as_it_is_shown():
    hides = 'table:visibility="collapse"'
    rows = [
        ods_cell("Tafel") + ods_cell(HIDDEN) + ods_cell("Wat?"),
        ods_cell("Noord", 'table:number-rows-spanned="2"') + ods_cell(HIDDEN) + ods_cell("bel<office:annotation/>"),
        "<table:covered-table-cell/>" + ods_cell(HIDDEN) + ods_cell("35%", 'office:value="0.35"'),
    ]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    body += f"<table:table-row {hides}>{ods_cell(HIDDEN) * 3}</table:table-row>"
    body += '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    columns = f"<table:table-column/><table:table-column {hides}/><table:table-column/>"
    styles = '<style:style style:name="S"><style:table-properties table:display="false"/></style:style>'
    hidden_sheet = (
        f'<table:table table:style-name="S"><table:table-row>{ods_cell(HIDDEN) * 9}</table:table-row></table:table>'
    )
    content = (
        f"<office:document-content{NAMES}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{hidden_sheet}<table:table>{columns}{body}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )

    form = read_ods(make_zip({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content}))

    assert (("Tafel", "Wat?"), (("Noord", "bel"), ("Noord", "35%"))) == (form.columns, form.rows)
    assert {"hidden worksheet": 1, "hidden row": 1, "hidden column": 1} == dict(+form.omissions)
    assert "Tafel" == guess_mapping(form.columns).group
    assert {(1, 0)} == form.continued
