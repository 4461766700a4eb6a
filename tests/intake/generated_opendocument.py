"""Generates OpenDocument texts with most of what LibreOffice can put around words."""

from tests.intake.generated_notes import MAX_DEPTH
from tests.intake.office_files import odt

STYLES = """<style:style style:name="Vet" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Weg" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Door" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>
<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>
<text:list-level-style-number text:level="2" style:num-format="a"/></text:list-style>
<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style>"""
INDEX = "<text:index-title><text:p>{}</text:p></text:index-title><text:p>{}</text:p>"


class OpenDocumentGenerator:
    """The parts of an OpenDocument text while it is generated."""

    def __init__(self, note):
        """Start an empty file."""
        self.note = note
        self.changes = []
        self.is_inside = False  # a footnote, which has none of its own; or a text box, where LibreOffice takes none

    def generate(self):
        """The bytes of the file; its words are in the note."""
        body = self.note.some(lambda: self.block(0), 3, 10)
        return odt(f"<text:tracked-changes>{''.join(self.changes)}</text:tracked-changes>{body}", STYLES)

    def block(self, depth):
        """A paragraph, heading, list, table, section or shape."""
        choices = [self.paragraph] * 4 + [self.heading, lambda: self.items(depth)]
        if depth < MAX_DEPTH:
            choices += [
                lambda: self.table(depth),
                lambda: self.box(depth),
                *([] if self.is_inside else [lambda: self.section(depth), self.hidden_section]),
            ]
            choices += [lambda: f"<text:numbered-paragraph>{self.paragraph()}</text:numbered-paragraph>"]
        return self.note.pick(*choices)

    def paragraph(self):
        """A paragraph of the body, or a quote."""
        style = self.note.random.choice(("Text_20_body", "Text_20_body", "Quotations"))
        return f'<text:p text:style-name="{style}">{self.inline()}</text:p>'

    def heading(self):
        """A heading."""
        level = self.note.random.randint(1, 4)
        return f'<text:h text:outline-level="{level}">{self.note.mark_heading(self.inline)}</text:h>'

    def section(self, depth):
        """Blocks in a section."""
        return f"<text:section text:name='a'>{self.note.some(lambda: self.block(depth + 1), 1, 2)}</text:section>"

    def hidden_section(self):
        """A section that is not shown."""
        return f"<text:section text:display='none'><text:p>{self.note.omit('hidden passage')}</text:p></text:section>"

    def inline(self):
        """Text between other things; the spaces are in the text."""
        between = self.note.some(lambda: f"{self.piece()} ", 0, 3)
        return f"{self.note.words()} {between}{self.note.sentence()}"

    def piece(self):
        """A word, in one of the ways in which LibreOffice stores it."""
        note, word = self.note, self.note.word
        choices = [
            lambda: span(word(), "Vet"),
            lambda: "{}<text:span text:style-name='Vet'>{}</text:span>".format(*note.halves()),
            lambda: f'<text:a xlink:href="https://example.org/">{word()}</text:a>',
            lambda: f"{word()}<text:s/>{word()}<text:tab/>{word()}<text:line-break/>{word()}",
            lambda: f"{word()}<text:soft-page-break/> {word()}",
            lambda: f'<text:bookmark-start text:name="a"/>{word()}<text:bookmark-end text:name="a"/>',
            lambda: f"<text:reference-mark-start text:name='b'/>{word()}<text:reference-mark-end text:name='b'/>",
            lambda: f"<text:user-field-get text:name='a'>{word()}</text:user-field-get>",
            lambda: f"<text:title>{word()}</text:title>",
            lambda: f"<text:meta>{word()}</text:meta>",
            lambda: f"<text:sequence text:name='a'>{word()}</text:sequence>",
            lambda: f"<text:drop-down>{word()}</text:drop-down>",
            lambda: f"<text:conditional-text>{word()}</text:conditional-text>",
            lambda: (
                f"<text:ruby><text:ruby-base>{word()}</text:ruby-base><text:ruby-text>{word()}</text:ruby-text></text:ruby>"
            ),
            lambda: span(note.omit("hidden passage"), "Weg"),
            lambda: span(note.omit("struck-through passage"), "Door"),
            lambda: (
                f"<office:annotation><text:p>{note.omit('comment')}</text:p></office:annotation>{word()}<office:annotation-end/>"
            ),
            lambda: (
                f"<text:placeholder text:placeholder-type='text'>{note.omit('field that was not filled in')}</text:placeholder>"
            ),
            self.deletion,
        ]
        if not self.is_inside:
            choices.append(self.footnote)
        return note.pick(*choices)

    def deletion(self):
        """A deletion that Word or LibreOffice tracked."""
        ident = f"ct{len(self.changes)}"
        deleted = f"<text:deletion><text:p>{self.note.omit('deleted passage')}</text:p></text:deletion>"
        self.changes.append(f'<text:changed-region text:id="{ident}">{deleted}</text:changed-region>')
        return f'<text:change text:change-id="{ident}"/>'

    def footnote(self):
        """A footnote of one or two blocks."""
        self.is_inside = True
        body = self.note.some(lambda: self.block(MAX_DEPTH), 1, 2)
        self.is_inside = False
        return (
            f"<text:note><text:note-citation>1</text:note-citation><text:note-body>{body}</text:note-body></text:note>"
        )

    def items(self, depth, level=1):
        """A list, with lists in it."""
        style = f'text:style-name="{self.note.random.choice(("L1", "L2"))}" text:continue-numbering="true"' if level == 1 else ""  # fmt: skip
        header = f"<text:list-header>{self.paragraph()}</text:list-header>" if self.note.maybe(0.1) else ""
        return f"<text:list {style}>{header}{self.note.some(lambda: self.item(depth, level), 1, 3)}</text:list>"

    def item(self, depth, level):
        """An item of one or two paragraphs, and perhaps a list."""
        inner = self.items(depth, level + 1) if level < MAX_DEPTH and self.note.maybe(0.2) else ""
        return f"<text:list-item>{self.note.some(self.paragraph, 1, 2)}{inner}</text:list-item>"

    def box(self, depth):
        """A paragraph with a text box, a shape, or a group of shapes."""
        before, self.is_inside = self.is_inside, self.is_inside or self.note.is_strict
        inside = self.note.some(lambda: self.block(depth + 1), 1, 2)
        paragraphs = self.note.some(self.paragraph, 1, 2)
        self.is_inside = before
        drawn = self.note.random.choice(
            (
                f"<draw:frame><draw:text-box>{inside}{paragraphs}</draw:text-box></draw:frame>",
                f"<draw:custom-shape>{paragraphs}</draw:custom-shape><draw:frame><draw:text-box>{inside}</draw:text-box></draw:frame>",
                f"<draw:g><draw:rect>{paragraphs}</draw:rect><draw:frame><draw:text-box>{inside}</draw:text-box></draw:frame></draw:g>",
            )
        )
        return f"<text:p>{self.note.words()} {drawn} {self.note.words()}</text:p>"

    def table(self, depth):
        """A table with head rows, merged and nested cells, and hidden rows."""
        width = self.note.random.randint(1, 4)
        head = f"<table:table-header-rows>{self.row(width, depth)}</table:table-header-rows>" if self.note.maybe(0.3) else ""  # fmt: skip
        rows = self.note.some(lambda: self.row(width, depth), 1, 4)
        return f'<table:table><table:table-column table:number-columns-repeated="{width}"/>{head}<table:table-rows>{rows}</table:table-rows></table:table>'

    def row(self, width, depth):
        """A row; some cells are merged."""
        note = self.note
        if note.maybe(0.1):
            inside = f"<text:p>{note.omit('hidden row')}</text:p>"
            return f'<table:table-row table:visibility="collapse"><table:table-cell>{inside}</table:table-cell></table:table-row>'
        cells, column = [], 0
        while column < width:
            span_ = note.random.randint(1, width - column)
            inside = self.paragraph() if note.maybe(0.7) else self.block(depth + 1)
            covered = "<table:covered-table-cell/>" * (span_ - 1)
            cells.append(
                f'<table:table-cell table:number-columns-spanned="{span_}">{inside}</table:table-cell>{covered}'
            )
            column += span_
        return f"<table:table-row>{''.join(cells)}</table:table-row>"


def span(text, style):
    """Text in a character style."""
    return f'<text:span text:style-name="{style}">{text}</text:span>'
