"""Generates Word files with most of what Word can put around words."""

from tests.intake.generated_notes import MAX_DEPTH
from tests.intake.office_files import W, docx, link

NUMBERING = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>
</w:numbering>"""
HIDDEN = "<w:rPr><w:vanish/></w:rPr>"
FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
HEADINGS = ("Kop1", "Kop2", "Titel")
STYLES = (*HEADINGS, "Citaat", "Lijstalinea", "")
SHAPE = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"


class WordGenerator:
    """The parts of a Word file while it is generated."""

    def __init__(self, note):
        """Start an empty file."""
        self.note = note
        self.notes = {"footnote": [], "endnote": []}
        self.comments = []
        self.may_have_notes = True

    def generate(self):
        """The bytes of the file; its words are in the note."""
        body = self.note.some(lambda: self.block(0), 3, 10)
        parts = {"word/numbering.xml": NUMBERING}
        for kind, notes in self.notes.items():
            parts[f"word/{kind}s.xml"] = f"<w:{kind}s {W}>{''.join(notes)}</w:{kind}s>"
        parts["word/comments.xml"] = f"<w:comments {W}>{''.join(self.comments)}</w:comments>"
        if self.note.maybe(0.3):
            parts["word/header1.xml"] = f"<w:hdr {W}><w:p>{run(self.note.omit('header or footer'))}</w:p></w:hdr>"
        links = "".join(link(f"rIdp{kind}", kind, f"{kind}.xml") for kind in ("numbering", "footnotes", "endnotes", "comments"))  # fmt: skip
        links += link("rId9", "hyperlink", "https://example.org/", outside=True)
        return docx(body, parts, links)

    def block(self, depth):
        """A paragraph, list, table, text box or wrapper of blocks."""
        choices = [self.paragraph] * 4 + [self.items]
        if depth < MAX_DEPTH:
            choices += [lambda: self.table(depth), lambda: self.box(depth), lambda: self.control(depth)]
            choices += [lambda: f"<w:customXml w:element='a'>{self.block(depth + 1)}</w:customXml>"]
        return self.note.pick(*choices)

    def paragraph(self):
        """A paragraph in some style."""
        style = self.note.random.choice(STYLES)
        inside = self.note.mark_heading(self.inline) if style in HEADINGS else self.inline()
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{inside}</w:p>'

    def items(self):
        """A list; every list with numbers goes on where the last one stopped."""
        ident = self.note.random.choice("12")
        return "".join(
            f'<w:p><w:pPr><w:pStyle w:val="Lijstalinea"/><w:numPr><w:ilvl w:val="{self.note.random.choice("001")}"/>'
            f'<w:numId w:val="{ident}"/></w:numPr></w:pPr>{self.inline()}</w:p>'
            for _ in range(self.note.random.randint(1, 4))
        )

    def inline(self):
        """Text between other things; the spaces are in the text."""
        between = self.note.some(lambda: f"{self.piece()}{run(' ')}", 0, 3)
        return f"{run(self.note.words() + ' ')}{between}{run(self.note.sentence())}"

    def piece(self):
        """A word, in one of the ways in which Word stores it."""
        note, word = self.note, self.note.word
        choices = [
            lambda: run(word(), "<w:b/>"),
            lambda: run(word(), "<w:i/>"),
            lambda: "{}{}".format(*map(run, note.halves(), ("", "<w:b/>"))),
            lambda: f'<w:hyperlink r:id="rId9">{run(word())}</w:hyperlink>',
            lambda: f'<w:fldSimple w:instr=" DOCPROPERTY a ">{run(word())}</w:fldSimple>',
            lambda: (
                FIELD.format("begin")
                + "<w:r><w:instrText> REF a </w:instrText></w:r>"
                + FIELD.format("separate")
                + run(word())
                + FIELD.format("end")
            ),
            lambda: f"<w:smartTag>{run(word())}</w:smartTag>",
            lambda: f'<w:dir w:val="ltr">{run(word())}</w:dir>',
            lambda: f'<w:ins w:id="1" w:author="a">{run(word())}</w:ins>',
            lambda: f'<w:moveTo w:id="1" w:author="a">{run(word())}</w:moveTo>',
            lambda: (
                f'<w:del w:id="1" w:author="a"><w:r><w:delText>{note.omit("deleted passage")}</w:delText></w:r></w:del>'
            ),
            lambda: (
                f'<w:moveFrom w:id="1" w:author="a">{run(note.omit("original position of a moved passage"))}</w:moveFrom>'
            ),
            lambda: f"<w:r>{HIDDEN}<w:t>{note.omit('hidden passage')}</w:t></w:r>",
            lambda: f"<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>{run(word())}</w:sdtContent></w:sdt>",
            lambda: (
                f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run(note.omit('field that was not filled in'))}</w:sdtContent></w:sdt>"
            ),
            lambda: f"<w:r><w:t>{word()}</w:t><w:br/><w:t>{word()}</w:t></w:r>",
            lambda: f'<w:r><w:t>{word()}</w:t><w:br w:type="page"/><w:t>{word()}</w:t></w:r>',
            lambda: f"<w:r><w:t>{word()}</w:t><w:cr/><w:t>{word()}</w:t><w:tab/><w:t>{word()}</w:t></w:r>",
            lambda: f"<w:r><w:ruby><w:rt>{run(word())}</w:rt><w:rubyBase>{run(word())}</w:rubyBase></w:ruby></w:r>",
            lambda: f"<m:oMath><m:r><m:t>{note.omit('formula')}</m:t></m:r></m:oMath>",
        ]
        notes = [lambda: self.footnote("footnote"), lambda: self.footnote("endnote"), self.comment]
        return note.pick(*choices, *(notes if self.may_have_notes else ()))

    def footnote(self, kind):
        """A footnote or endnote of one or two paragraphs."""
        paragraphs = self.note.some(lambda: f"<w:p>{run(self.note.sentence())}</w:p>", 1, 2)
        ident = len(self.notes[kind]) + 2
        self.notes[kind].append(f'<w:{kind} w:id="{ident}">{paragraphs}</w:{kind}>')
        return f'<w:r><w:{kind}Reference w:id="{ident}"/></w:r>'

    def comment(self):
        """A word with a comment on it."""
        ident = len(self.comments)
        self.comments.append(
            f'<w:comment w:id="{ident}" w:author="a"><w:p>{run(self.note.omit("comment"))}</w:p></w:comment>'
        )
        reference = f'<w:r><w:commentReference w:id="{ident}"/></w:r>'
        return f'<w:commentRangeStart w:id="{ident}"/>{run(self.note.word())}<w:commentRangeEnd w:id="{ident}"/>{reference}'

    def control(self, depth):
        """A content control around blocks."""
        return f"<w:sdt><w:sdtPr/><w:sdtContent>{self.block(depth + 1)}</w:sdtContent></w:sdt>"

    def box(self, depth):
        """A paragraph with a text box: with a choice, a fallback of the same words, or both."""
        before, self.may_have_notes = self.may_have_notes, self.may_have_notes and not self.note.is_strict
        inside = f"<w:txbxContent>{self.note.some(lambda: self.block(depth + 1), 1, 2)}</w:txbxContent>"
        self.may_have_notes = before
        shape = f"<w:drawing><wp:inline><a:graphic><a:graphicData uri='{SHAPE}'><wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
        old = f"<w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict>"
        kind = self.note.random.choice(("choice", "old", "both"))
        both = f'<mc:AlternateContent><mc:Choice Requires="wps">{shape}</mc:Choice><mc:Fallback>{{}}</mc:Fallback></mc:AlternateContent>'  # fmt: skip
        drawn = {"choice": both.format(""), "old": old, "both": both.format("<w:pict/>")}[kind]
        return f"<w:p>{run(self.note.words() + ' ')}<w:r>{drawn}</w:r>{run(' ' + self.note.words())}</w:p>"

    def table(self, depth):
        """A table with merged and nested cells, and hidden rows."""
        width = self.note.random.randint(1, 4)
        rows = self.note.some(lambda: self.row(width, depth), 1, 4)
        return f"<w:tbl><w:tblPr/><w:tblGrid>{'<w:gridCol/>' * width}</w:tblGrid>{rows}</w:tbl><w:p/>"

    def row(self, width, depth):
        """A row; some cells are merged."""
        note = self.note
        if note.maybe(0.1):
            cells = f"<w:tc><w:p>{run(note.omit('hidden row'))}</w:p></w:tc>" + "<w:tc><w:p/></w:tc>" * (width - 1)
            return f"<w:tr><w:trPr><w:hidden/></w:trPr>{cells}</w:tr>"
        cells, column = [], 0
        while column < width:
            span = note.random.randint(1, width - column)
            merge = note.random.choice(("", "", "", '<w:vMerge w:val="restart"/>'))
            inside = f"<w:p>{self.inline()}</w:p>" if note.maybe(0.7) else self.block(depth + 1) + "<w:p/>"
            cells.append(f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/>{merge}</w:tcPr>{inside}</w:tc>')
            column += span
        row = f"<w:tr>{''.join(cells)}</w:tr>"
        return row if note.maybe(0.9) else f"<w:sdt><w:sdtPr/><w:sdtContent>{row}</w:sdtContent></w:sdt>"


def run(text, properties=""):
    """A run with a text."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'
