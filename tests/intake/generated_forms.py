"""Generates forms and slides: worksheets, CSV and presentations with what is hidden, merged and repeated in them."""

import csv
from io import BytesIO, StringIO

import openpyxl

from tests.intake.office_files import NAMES, make_zip, opendocument

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.{}+xml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_NAMES = f'xmlns:a="{_DRAWING}" xmlns:p="{_SLIDES}" xmlns:r="{_RELATIONS}"'
HEADS = ("Tafel", "Wat viel op?", "Welke inzichten nemen jullie mee?", "Rollen", "Citaat", "Vraag", "Wat nog meer?")


class FormGenerator:
    """A table of answers while it is generated, as rows of text."""

    def __init__(self, note):
        """Choose the columns."""
        self.note = note
        self.width = note.random.randint(2, len(HEADS))

    def write_rows(self):
        """The head and the answers; groups come back, and answers may be blank or of several lines."""
        groups = [f"Tafel {number}" for number in range(1, self.note.random.randint(2, 5))]
        rows = []
        for _ in range(self.note.random.randint(1, 6)):
            answers = [self.answer(column) for column in range(1, self.width)]
            rows.append([self.note.random.choice(groups), *answers])
        if not any(any(row[1:]) for row in rows):
            rows[0][1] = self.note.sentence()
        return [list(HEADS[: self.width]), *rows]

    def answer(self, column):
        """A cell."""
        note = self.note
        if HEADS[column] == "Vraag":
            return f"{note.words()}?" if note.maybe(0.5) else ""
        return note.pick(
            lambda: "",
            note.words,
            note.sentence,
            lambda: f"{note.sentence()}\n{note.sentence()}",
            lambda: f'{note.words()}; {note.words()}, "{note.words()}"',
        )


class CsvGenerator(FormGenerator):
    """A form as CSV, in the dialects that programs write."""

    def generate(self):
        """The bytes of the file; its words are in the note."""
        text = StringIO()
        delimiter = self.note.random.choice(";,\t")
        csv.writer(text, delimiter=delimiter).writerows(self.write_rows())
        return text.getvalue().encode(self.note.random.choice(("utf-8", "utf-8-sig", "utf-16")))


class WorkbookGenerator(FormGenerator):
    """A form as a workbook with hidden rows, columns and sheets, a title, merged cells, dates and numbers."""

    def generate(self):
        """The bytes of the file; its words are in the note."""
        note, book = self.note, openpyxl.Workbook()
        sheet = book.active
        if note.maybe(0.3):
            sheet.append([note.omit("row above the column names")])
        for row in self.write_rows():
            sheet.append([value or None for value in row])
            if note.maybe(0.15) and sheet.max_row > 2:
                sheet.append(["Tafel 1", note.omit("hidden row")])
                sheet.row_dimensions[sheet.max_row].hidden = True
        if note.maybe(0.3):
            column = self.width + 1
            sheet.cell(sheet.max_row, column, note.omit("hidden column"))
            sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].hidden = True
        if note.maybe(0.3):
            hidden = book.create_sheet("Oud")
            hidden["A1"] = note.omit("hidden worksheet")
            hidden.sheet_state = note.random.choice(("hidden", "veryHidden"))
        if note.maybe(0.3):
            book.create_sheet("Leeg")["A1"] = note.omit("additional worksheet")
        if note.maybe(0.3):
            sheet.cell(sheet.max_row, 2).comment = openpyxl.comments.Comment(note.omit("comment"), "a")
        content = BytesIO()
        book.save(content)
        return content.getvalue()


class OpenSheetGenerator(FormGenerator):
    """A form as an OpenDocument spreadsheet."""

    def generate(self):
        """The bytes of the file; its words are in the note."""
        rows = "".join(self.write_row(row) for row in self.write_rows())
        if self.note.maybe(0.3):
            rows += self.write_row([self.note.omit("hidden row")], 'table:visibility="filter"')
        content = f'<?xml version="1.0"?><office:document-content{NAMES}><office:body><office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
        return opendocument("spreadsheet", content)

    def write_row(self, row, attributes=""):
        """A row of cells."""
        return f"<table:table-row {attributes}>{''.join(map(self.write_cell, row))}</table:table-row>"

    def write_cell(self, text):
        """A cell; now and then with a comment, or with its text in spans."""
        paragraphs = "".join(f"<text:p><text:span>{line.replace(' ', '<text:s/>', 1)}</text:span></text:p>" for line in text.split("\n"))  # fmt: skip
        comment = f"<office:annotation><text:p>{self.note.omit('comment')}</text:p></office:annotation>" if text and self.note.maybe(0.1) else ""  # fmt: skip
        return f"<table:table-cell>{comment}{paragraphs}</table:table-cell>"


class SlideGenerator:
    """A presentation while it is generated."""

    def __init__(self, note):
        """Start an empty presentation."""
        self.note = note

    def generate(self):
        """The bytes of the file; its words are in the note."""
        slides = [self.slide() for _ in range(self.note.random.randint(1, 4))]
        ids = "".join(f'<p:sldId id="{256 + index}" r:id="rId{index}"/>' for index in range(len(slides)))
        links = "".join(f'<Relationship Id="rId{index}" Type="{_RELATIONS}/slide" Target="slides/slide{index}.xml"/>' for index in range(len(slides)))  # fmt: skip
        types = {"presentation": "presentation.main"} | {
            f"slides/slide{index}": "slide" for index in range(len(slides))
        }
        overrides = "".join(f'<Override PartName="/ppt/{name}.xml" ContentType="{_TYPE.format(kind)}"/>' for name, kind in types.items())  # fmt: skip
        parts = {f"ppt/slides/slide{index}.xml": slide for index, slide in enumerate(slides)}
        if self.note.maybe(0.3):
            words = self.note.omit("speaker notes of a slide")
            parts["ppt/notesSlides/notesSlide1.xml"] = (
                f"<p:notes {_NAMES}><p:cSld><p:spTree>{self.shape(words, 'body')}</p:spTree></p:cSld></p:notes>"
            )
        return make_zip(
            {
                "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
                "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="ppt/presentation.xml"/></Relationships>',
                "ppt/presentation.xml": f'<p:presentation {_NAMES}><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
                "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
                **parts,
            }
        )

    def slide(self):
        """A slide with a title and shapes."""
        title = self.shape(self.note.mark_heading(self.note.words), "title")
        shapes = self.note.some(self.part, 1, 4)
        return f"<p:sld {_NAMES}><p:cSld><p:spTree>{shapes}{title}</p:spTree></p:cSld></p:sld>"

    def part(self):
        """A shape, a group of shapes, or a table."""
        note = self.note
        return note.pick(
            lambda: self.shape(self.text(), "body"),
            lambda: self.shape(self.text(), ""),
            lambda: f"<p:grpSp>{self.shape(self.text(), '')}{self.shape(self.text(), '')}</p:grpSp>",
            lambda: (
                f"<mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><mc:Choice>{self.shape(self.text(), '')}</mc:Choice><mc:Fallback/></mc:AlternateContent>"
            ),
            self.table,
            lambda: f'<p:sp><p:nvSpPr><p:cNvPr hidden="1"/></p:nvSpPr>{self.body(note.omit("hidden passage"))}</p:sp>',
            lambda: self.shape(
                note.omit("text that repeats on each slide"), note.random.choice(("ftr", "sldNum", "dt"))
            ),
        )

    def text(self):
        """Words with a line break."""
        return f"{self.note.words()}\n{self.note.sentence()}"

    def table(self):
        """A table."""
        row = lambda: f"<a:tr>{''.join(f'<a:tc><a:txBody>{paragraph(self.note.words())}{paragraph(self.note.words())}</a:txBody></a:tc>' for _ in range(2))}</a:tr>"  # fmt: skip  # noqa: E731
        return f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{self.note.some(row, 1, 3)}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"

    def shape(self, text, kind):
        """A shape with text in a placeholder."""
        placeholder = f'<p:ph type="{kind}"/>' if kind else ""
        return f"<p:sp><p:nvSpPr><p:cNvPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>{self.body(text)}</p:sp>"

    def body(self, text):
        """The text of a shape; lines become paragraphs."""
        return f"<p:txBody>{''.join(map(paragraph, text.split(chr(10))))}</p:txBody>"


def paragraph(text):
    """A paragraph of a slide, with its second word as a field."""
    first, _, rest = text.partition(" ")
    return f"<a:p><a:r><a:t>{first} </a:t></a:r><a:fld><a:t>{rest}</a:t></a:fld><a:br/></a:p>"
