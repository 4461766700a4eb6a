"""What Word shows comes out, what it hides does not, and nothing is lost on the way."""

import re
import zipfile
from io import BytesIO
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from pipeline.intake.docx_reader import read_docx
from pipeline.intake.markdown_escaping import strip_markdown
from tests.intake.office_files import RELS, STYLES, W, docx, drawing, link, p, photo, r
from tests.intake.test_office_readers import render_body

CORPUS = Path(__file__).with_name("corpus")
W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'


def style(ident, name, inside="", based_on="", kind="paragraph"):
    """A style that is added to those of every file."""
    parent = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return f'<w:style w:type="{kind}" w:styleId="{ident}"><w:name w:val="{name}"/>{parent}{inside}</w:style></w:styles>'


def add_styles(*styles):
    """The part with styles, and these."""
    text = STYLES
    for one in styles:
        text = text.replace("</w:styles>", one)
    return {"word/styles.xml": text}


def cell(*content, props=""):
    """A cell of a Word table."""
    return f"<w:tc><w:tcPr>{props}</w:tcPr>{''.join(content)}</w:tc>"


def table(*rows):
    """A Word table of rows, each a list of cells or texts."""
    cells = ("".join(one if one.startswith("<") else cell(p(one)) for one in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


HIDDEN = "kanarie-verborgen"
HIDDEN_RUNS = {
    "by itself": (r(HIDDEN, "<w:vanish/>"), {}),
    "by a character style": (
        r(HIDDEN, '<w:rStyle w:val="V"/>'),
        add_styles(style("V", "Intern", "<w:rPr><w:vanish/></w:rPr>", kind="character")),
    ),
    "by the parent of its style": (
        r(HIDDEN, '<w:rStyle w:val="V2"/>'),
        add_styles(
            style("V", "Intern", '<w:rPr><w:vanish w:val="true"/></w:rPr>', kind="character"),
            style("V2", "Intern klein", based_on="V", kind="character"),
        ),
    ),
    "in a link": (f'<w:hyperlink w:anchor="x">{r(HIDDEN, "<w:vanish/>")}</w:hyperlink>', {}),
    "in an insertion": (f'<w:ins w:id="1" w:author="x">{r(HIDDEN, "<w:vanish/>")}</w:ins>', {}),
}


@pytest.mark.parametrize(("run", "parts"), HIDDEN_RUNS.values(), ids=HIDDEN_RUNS)
def test_hidden_text_is_omitted_and_counted(read, run, parts):
    body = render_body(read(docx(p("Voor. ", inside=run + r("Na.")), parts)))

    assert "Voor. Na.\n=== omitted: 1 × hidden passage\n" == body


BLACK, WHITE = '<w:color w:val="000000"/>', '<w:color w:val="ffffff"/>'
UNREADABLE = {
    "black highlight": '<w:highlight w:val="black"/>',
    "black on a black highlight": BLACK + '<w:highlight w:val="black"/>',
    "black on black": BLACK + '<w:shd w:val="clear" w:fill="000000"/>',
    "white": WHITE,
    "white on white": WHITE + '<w:shd w:val="clear" w:fill="FFFFFF"/>',
    "one point": '<w:sz w:val="2"/>',
}
READABLE = {
    "white on a black highlight": WHITE + '<w:highlight w:val="black"/>',
    "white on blue": WHITE + '<w:shd w:val="clear" w:fill="1F3864"/>',
    "automatic on black, which Word prints in white": '<w:shd w:val="clear" w:fill="000000"/>',
    "black": BLACK + '<w:shd w:val="clear" w:fill="auto"/>',
    "yellow highlight": '<w:highlight w:val="yellow"/>',
    "five points": '<w:sz w:val="10"/>',
}


@pytest.mark.parametrize("properties", UNREADABLE.values(), ids=UNREADABLE)
def test_text_that_nobody_can_read_on_paper_is_omitted_and_counted(read, properties):
    body = render_body(read(docx(p("Voor. ", inside=r(HIDDEN, properties) + r("Na.")))))

    assert "Voor. Na.\n=== omitted: 1 × hidden passage\n" == body


@pytest.mark.parametrize("properties", READABLE.values(), ids=READABLE)
def test_coloured_text_that_can_be_read_is_kept(read, properties):
    assert "Voor. Zichtbaar. Na.\n" == render_body(
        read(docx(p("Voor. ", inside=r("Zichtbaar. ", properties) + r("Na."))))
    )


def test_white_text_is_kept_where_its_ground_is_not_certain(read):
    white = r("Wit.", WHITE)
    shaded = '<w:p><w:pPr><w:shd w:val="clear" w:fill="154273"/></w:pPr>' + white + "</w:p>"
    parts = add_styles(style("Kop", "Balk", '<w:pPr><w:shd w:val="clear" w:fill="154273"/></w:pPr>'))
    cells = f"<w:tbl><w:tr>{cell(p('', inside=white))}{cell(p('b'))}</w:tr><w:tr>{cell(p('c'))}{cell(p('d'))}</w:tr></w:tbl>"

    assert 3 == render_body(read(docx(shaded + p("", "Kop", white) + cells, parts))).count("Wit.")


def test_hidden_paragraph_style_can_be_shown_by_a_run(read):
    parts = add_styles(style("V", "Intern", "<w:rPr><w:vanish/></w:rPr>"))
    shown = r("Toch te zien.", '<w:vanish w:val="0"/>')

    assert "Toch te zien.\n=== omitted: 1 × hidden passage\n" == render_body(read(docx(p(HIDDEN, "V", shown), parts)))


def test_hidden_text_in_footnotes_and_hidden_rows_is_omitted(read):
    notes = f'<w:footnotes {W}><w:footnote w:id="2"><w:p>{r("Noot.")}{r(HIDDEN, "<w:vanish/>")}</w:p></w:footnote></w:footnotes>'
    body = p("Zin", inside='<w:r><w:footnoteReference w:id="2"/></w:r>')
    body += f"<w:tbl><w:tr>{cell(p('a'))}{cell(p('b'))}</w:tr><w:tr>{cell(p('c'))}{cell(p('d'))}</w:tr>"
    body += f"<w:tr><w:trPr><w:hidden/></w:trPr>{cell(p(HIDDEN))}{cell(p(HIDDEN))}</w:tr></w:tbl>"
    file = docx(body, {"word/footnotes.xml": notes}, link("rId8", "footnotes", "footnotes.xml"))

    written = render_body(read(file))

    assert "[^1]: Noot.\n" in written
    assert HIDDEN not in written
    assert "1 × hidden row\n" in written


def draw_halves():
    """An image whose left half is red and right half blue."""
    image = Image.new("RGB", (100, 60), "red")
    image.paste("blue", (50, 0, 100, 60))
    return image


def encode(image, form, **options):
    """The bytes of an image."""
    content = BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("is_grouped", [False, True])
def test_cropped_part_of_a_picture_does_not_come_out(read, form, is_grouped):
    shown = drawing('r:embed="rId5"', "Een stoel").replace("</pic:blipFill>", '<a:srcRect l="50000"/></pic:blipFill>')
    if is_grouped:
        shown = shown.replace("<pic:pic>", "<g><pic:pic>").replace("</pic:pic>", "</pic:pic></g>")
    parts = {"word/media/image1.png": encode(draw_halves(), form)}

    result = read(docx(p("Zie:", inside=shown), parts, link("rId5", "image", "media/image1.png")))

    assert "![Een stoel](" in render_body(result)
    assert "1 × cropped part of a picture\n" in render_body(result)
    with Image.open(result.images[0]) as image:
        assert (50, 60) == image.size
        red, _, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
        assert red < 20
        assert blue > 230


@pytest.mark.parametrize("crop", ['cropleft="32768f"', 'cropleft=".5"'])
def test_cropped_picture_of_old_word_is_cropped_and_described(read, crop):
    shown = f'<w:r><w:pict><v:shape alt="Een stoel"><v:imagedata r:id="rId5" {crop}/></v:shape></w:pict></w:r>'
    parts = {"word/media/image1.png": encode(draw_halves(), "PNG")}

    result = read(docx(p("Zie:", inside=shown), parts, link("rId5", "image", "media/image1.png")))

    assert "![Een stoel](" in render_body(result)
    with Image.open(result.images[0]) as image:
        assert (50, 60) == image.size


def test_rotated_photo_is_cropped_as_it_is_stored(read):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter
    parts = {"word/media/image1.png": encode(draw_halves(), "JPEG", exif=exif)}
    shown = drawing('r:embed="rId5"', "x").replace("</pic:blipFill>", '<a:srcRect l="50000"/></pic:blipFill>')

    result = read(docx(p("Zie:", inside=shown), parts, link("rId5", "image", "media/image1.png")))

    with Image.open(result.images[0]) as image:
        assert (60, 50) == image.size
        assert image.convert("RGB").getpixel((30, 25))[0] < 20


def test_picture_that_is_cropped_away_wholly_or_cannot_be_read_is_left_out(read):
    parts = {"word/media/image1.png": photo()}
    shown = drawing('r:embed="rId5"', "x").replace("</pic:blipFill>", '<a:srcRect l="60000" r="60000"/></pic:blipFill>')

    result = read(docx(p("Zie:", inside=shown), parts, link("rId5", "image", "media/image1.png")))

    assert ("",) == result.images


BOX = "<wps:txbx><w:txbxContent>" + p("In het vak.") + "</w:txbxContent></wps:txbx>"
SHAPE = (
    '<w:drawing><wp:anchor><wp:docPr id="1" name="x"/><a:graphic><a:graphicData uri="x">'
    f"<wps:wsp>{BOX}</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
)
PICTURE_ONLY = "<mc:Fallback><w:pict><v:rect/></w:pict></mc:Fallback>"


@pytest.mark.parametrize(
    "inside",
    {
        "without alternatives": SHAPE,
        "without fallback": f'<mc:AlternateContent><mc:Choice Requires="wps">{SHAPE}</mc:Choice></mc:AlternateContent>',
        "with an empty fallback": (
            f'<mc:AlternateContent><mc:Choice Requires="wps">{SHAPE}</mc:Choice>{PICTURE_ONLY}</mc:AlternateContent>'
        ),
        "only as fallback": (
            '<mc:AlternateContent><mc:Choice Requires="x"/><mc:Fallback><w:pict><v:textbox><w:txbxContent>'
            f"{p('In het vak.')}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
        ),
    }.values(),
)
def test_text_box_is_kept_once_after_its_paragraph(read, inside):
    body = render_body(read(docx(p("Voor ", inside=f"<w:r>{inside}</w:r>" + r("en na.")) + p("Dan dit."))))

    assert "Voor en na.\n\nIn het vak.\n\nDan dit.\n" == body


def check_box(state, inside="☐"):
    """A check box of a content control."""
    return (
        f'<w:sdt><w:sdtPr><w14:checkbox {W14}><w14:checked w14:val="{state}"/></w14:checkbox></w:sdtPr>'
        f"<w:sdtContent>{r(inside)}</w:sdtContent></w:sdt>"
    )


def old_check_box(default, checked=None):
    """A check box of an old form."""
    state = "" if checked is None else f'<w:checked w:val="{checked}"/>'
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="{default}"/>{state}</w:checkBox>'
        '</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def symbol(char, font="Wingdings"):
    """A symbol of a font."""
    return f'<w:r><w:sym w:font="{font}" w:char="{char}"/></w:r>'


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (check_box(1), "☒"),
        (check_box(0), "☐"),
        (old_check_box(0, 1), "☒"),
        (old_check_box(1), "☒"),
        (old_check_box(1, 0), "☐"),
        (symbol("F0FE"), "☒"),
        (symbol("F0A8"), "☐"),
        (symbol("F052", "Wingdings 2"), "☒"),
        (symbol("F0A3", "Wingdings 2"), "☐"),
        (r("\uf0fe", '<w:rFonts w:ascii="Wingdings"/>'), "☒"),
        (r("☑"), "☑"),
    ],
)
def test_check_box_shows_whether_it_was_ticked(read, box, expected):
    body = render_body(read(docx(p("Akkoord: ", inside=box + r(" met publicatie.")))))

    assert f"Akkoord: {expected} met publicatie.\n" == re.sub(" +", " ", body)


def test_choice_in_an_old_drop_down_list_is_kept(read):
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="nee"/>'
        '<w:listEntry w:val="misschien"/></w:ddList></w:ffData></w:fldChar></w:r>'
        '<w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )

    assert "Komt: misschien\n" == render_body(read(docx(p("Komt: ", inside=field))))


def test_prompt_of_an_empty_field_is_omitted(read):
    field = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('Klik om tekst in te voeren.')}</w:sdtContent></w:sdt>"

    assert "Thema:\n=== omitted: 1 × field that was not filled in\n" == render_body(
        read(docx(p("Thema: ", inside=field)))
    )


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<w:fldSimple w:instr="SEQ x">' + r("1") + "</w:fldSimple>", "a1b"),
        ('<w:dir w:val="rtl">' + r("مرحبا") + "</w:dir>", "aمرحباb"),
        ('<w:bdo w:val="rtl">' + r("x") + "</w:bdo>", "axb"),
        ("<w:r><w:cr/></w:r>", "a\\\nb"),
        ('<w:r><w:br w:type="page"/></w:r>', "a\n\nb"),
        ('<w:r><w:br w:type="column"/></w:r>', "a\n\nb"),
        ("<w:r><w:softHyphen/></w:r>", "ab"),
        (r("\u00ad\u200b\u2060\ufeff"), "ab"),
        ("<w:r><w:ptab/></w:r>", "a b"),
        (
            f"<w:r><w:ruby><w:rt>{r('uitspraak')}</w:rt><w:rubyBase>{r('x')}</w:rubyBase></w:ruby></w:r>",
            "ax (uitspraak)b",
        ),
        (symbol("F0FC") + symbol("F0E0"), "a✓→b"),
    ],
)
def test_what_stands_between_two_letters_is_kept(read, inside, expected):
    assert f"{expected}\n" == render_body(read(docx(p("a", inside=inside + r("b")))))


NUMBERING = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '</w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
)


def item(text, list_id, level=0):
    """A list item."""
    return (
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr></w:pPr>{r(text)}</w:p>'
    )


def test_numbered_list_goes_on_after_other_text_and_restarts_where_it_says(read):
    body = item("een", 1) + item("twee", 1) + p("Tussendoor.") + item("drie", 1) + item("a", 1, 1) + item("b", 1, 1)
    body += item("punt", 3) + item("vier", 1) + item("a", 1, 1) + p("Nieuw:") + item("zeven", 2) + item("acht", 2)

    written = render_body(
        read(docx(body, {"word/numbering.xml": NUMBERING}, link("rId7", "numbering", "numbering.xml")))
    )

    expected = "1 een 2 twee 3 drie 1 a 2 b 4 vier 1 a 7 zeven 8 acht"
    assert expected == " ".join(" ".join(found) for found in re.findall(r"(?m)^\s*(\d+)\. (\w+)", written))


@pytest.mark.parametrize(
    ("parts", "paragraph"),
    {
        "a style based on a heading": (add_styles(style("T", "Tussenkop Rijk", based_on="Kop2")), p("Kopje", "T")),
        "a style two steps from a heading": (
            add_styles(style("T", "Huisstijl", based_on="Kop2"), style("T2", "Klein", based_on="T")),
            p("Kopje", "T2"),
        ),
        "a style with an outline level": (
            add_styles(style("T", "Rapport", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')),
            p("Kopje", "T"),
        ),
        "a paragraph with an outline level": (
            {},
            f'<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr>{r("Kopje")}</w:p>',
        ),
        "a style called Tussenkop": (add_styles(style("T", "Tussenkop")), p("Kopje", "T")),
        "a numbered heading": (
            add_styles(style("T", "Kop 2 genummerd", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')),
            p("Kopje", "T"),
        ),
        "a bold line": ({}, p("", inside=r("Kopje", "<w:b/>"))),
    }.values(),
)
def test_heading_is_recognised(read, parts, paragraph):
    assert "Zin.\n\n## Kopje\n\nNog een zin.\n" == render_body(
        read(docx(p("Zin.") + paragraph + p("Nog een zin."), parts))
    )


@pytest.mark.parametrize(
    "paragraph",
    [
        p("", inside=r("Dit is een vette zin.", "<w:b/>")),
        p("", inside=r("Niet ", "<w:b/>") + r("alles vet")),
        p("Kopje", inside=""),
    ],
)
def test_ordinary_paragraph_is_no_heading(read, paragraph):
    assert "#" not in render_body(read(docx(p("Zin.") + paragraph + p("Nog een zin."))))


def test_merged_and_nested_tables_keep_their_cells(read):
    inner = table(["a1", "a2"], ["b1", "b2"])
    body = table(
        ["Wat", "Hoe", "Wie"],
        [cell(p("Wonen"), props='<w:vMerge w:val="restart"/>'), cell(p("zie"), inner, p("")), "balie"],
        [cell(p(""), props="<w:vMerge/>"), "tweede", "beleid"],
        [cell(p("breed"), props='<w:gridSpan w:val="2"/>'), "einde"],
    )

    expected = (
        "| Wat | Hoe | Wie |\n| --- | --- | --- |\n| Wonen | zie a1, a2; b1, b2 | balie |\n|  | tweede | beleid |\n"
    )
    assert f"{expected}| breed |  | einde |\n" == render_body(read(docx(body)))


def test_form_in_a_table_gives_its_fields(read):
    body = table(
        ["Vraag", "Wat helpt?"],
        ["Inzichten", cell(p("Bel terug."), p("Kom langs."))],
        ["Verslag", cell(p("Een lang gesprek."), p("En daarna."))],
        ["Notulist", "Kanarie Jansen"],
    )

    result = read(docx(body))

    (note,) = result.notes
    assert ("Wat helpt?", ("Bel terug.", "Kom langs.")) == (note.question, note.insights)
    assert "## Verslag\n\nEen lang gesprek.\n\nEn daarna.\n=== omitted: 1 × line with names of people\n" == render_body(
        result
    )


def test_frame_and_columns_made_of_a_table_become_paragraphs(read):
    frame, columns = (
        table([cell(p("In een kader."), p("Twee alinea's."))]),
        table([cell(p("Links."), p("Onder.")), "Rechts."]),
    )

    assert "In een kader.\n\nTwee alinea's.\n\nLinks.\n\nOnder.\n\nRechts.\n" == render_body(
        read(docx(frame + p("") + columns))
    )


BREAK = "<w:r><w:br/></w:r>"


@pytest.mark.parametrize(
    "body",
    [
        p("Kanarie de Boer   0:03") + p("Welkom.") + p("Kanarie Jansen   1:09:12") + p("Dank."),
        p("Kanarie de Boer   00:00:03", inside=BREAK + r("Welkom.")) + p("Kanarie   0:09", inside=BREAK + r("Dank.")),
    ],
)
def test_names_in_a_transcript_of_teams_are_omitted(read, body):
    assert "Welkom.\n\nDank.\n=== omitted: 2 × name of a speaker\n" == render_body(read(docx(body)))


def test_times_of_an_agenda_are_kept(read):
    body = p("Inloop 13:00") + p("Met koffie.") + p("Pauze 14:30") + p("Met thee.")

    assert "Inloop 13:00\n\nMet koffie.\n\nPauze 14:30\n\nMet thee.\n" == render_body(read(docx(body)))


@pytest.mark.parametrize("name", ["document2.xml", "document22.xml", "document.xml"])
def test_main_text_is_found_by_its_relationship(read, name):
    parts = {"word/document.xml": "<onschuldig/>", "_rels/.rels": RELS.replace("document.xml", name)}
    content = docx(p("De tekst."))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts[f"word/{name}"] = archive.read("word/document.xml")

    assert "De tekst.\n" == render_body(read(docx("", parts)))


def test_member_names_with_backslashes_are_read(read):
    content = BytesIO()
    with zipfile.ZipFile(BytesIO(docx(p("De tekst.")))) as source, zipfile.ZipFile(content, "w") as archive:
        for name in source.namelist():
            archive.writestr(name.replace("/", "\\"), source.read(name))

    assert "De tekst.\n" == render_body(read(content.getvalue()))


@pytest.mark.parametrize("source", sorted(CORPUS.glob("*.docx")), ids=lambda path: path.name)
def test_every_word_in_the_raw_xml_comes_out(source):
    """Judged by another XML parser: the text of each run that is not struck through, or names the author."""
    namespace = W.split('"')[1]
    with zipfile.ZipFile(source) as archive:
        document = ET.fromstring(archive.read("word/document.xml"))
    for paragraph in document.iter(f"{{{namespace}}}p"):
        if any(one.get(f"{{{namespace}}}val") == "Author" for one in paragraph.iter(f"{{{namespace}}}pStyle")):
            paragraph.clear()
    runs = [run for run in document.iter(f"{{{namespace}}}r") if run.find(f".//{{{namespace}}}strike") is None]
    texts = [text.text or "" for run in runs for text in run.iter(f"{{{namespace}}}t")]

    blocks = read_docx(source.read_bytes()).blocks

    written = " ".join(strip_markdown(text) for block in blocks for text in (block.text_md, *chain(*block.rows)))
    assert [] == [text for text in texts if text.strip() and " ".join(text.split()) not in written]
