"""What is read from Word and LibreOffice files, and what is omitted and counted."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.intake.conftest import render_result
from tests.intake.office_files import STYLES, docx, drawing, link, odt, p, photo, r


def render_body(result):
    """The text of the only draft, without front matter, and the omissions."""
    _, _, body = render_result(result).split("\n---\n", 2)
    return body.lstrip("\n")


def test_dutch_word_styles_become_title_headings_and_quotes(read):
    body = p("Tafel 9", "Titel") + p("Wat bleef?", "Kop1") + p("Een zin.") + p("Verder", "Kop2") + p("Nog een zin.")
    body += p("Wat ik zei.", "Citaat") + p("Wat zij zei.", "Duidelijkcitaat")

    result = read(docx(body))

    (note,) = result.notes
    assert ("Tafel 9", "Wat bleef?", ("Wat ik zei.", "Wat zij zei.")) == (note.group, note.question, note.quotes)
    assert "Een zin.\n\n## Verder\n\nNog een zin.\n" == render_body(result)


def test_insertions_are_read_and_deletions_are_omitted(read):
    who = 'w:id="1" w:author="kanarie-auteur" w:date="2024-06-13T10:00:00Z"'
    inside = f"<w:ins {who}>{r('erbij ')}</w:ins><w:del {who}><w:r><w:delText>kanarie-weg</w:delText></w:r></w:del>"
    body = p("Dit bleef, ", inside=inside + r("en dit ook."))

    assert "Dit bleef, erbij en dit ook.\n=== omitted: 1 × deleted passage\n" == render_body(read(docx(body)))


def test_comments_and_their_authors_are_omitted(read):
    mark = '<w:commentRangeStart w:id="0"/>' + r("een woord") + '<w:commentRangeEnd w:id="0"/>'
    mark += '<w:r><w:commentReference w:id="0"/></w:r>'
    comments = (
        '<w:comments xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:comment w:id="0" '
        'w:author="kanarie-auteur" w:initials="KA"><w:p><w:r><w:t>kanarie-opmerking</w:t></w:r></w:p></w:comment></w:comments>'
    )
    file = docx(p("Over ", inside=mark), {"word/comments.xml": comments}, link("rId9", "comments", "comments.xml"))

    assert "Over een woord\n=== omitted: 1 × comment\n" == render_body(read(file))


def test_metadata_headers_and_footers_are_omitted(read):
    core = "<cp:coreProperties xmlns:cp='x' xmlns:dc='y'><dc:creator>kanarie-auteur</dc:creator></cp:coreProperties>"
    footer = (
        f"<w:ftr xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{p('kanarie-voet')}</w:ftr>"
    )

    result = read(docx(p("De tekst."), {"docProps/core.xml": core, "word/footer1.xml": footer}))

    assert "De tekst.\n=== omitted: 1 × header or footer\n" == render_body(result)


def test_embedded_image_is_read_with_its_alt_text(read):
    file = docx(
        p("Het vel:", inside=drawing('r:embed="rId5"', "Een vel met drie gele briefjes")),
        {"word/media/image1.png": photo()},
        link("rId5", "image", "media/image1.png"),
    )

    result = read(file)

    assert "Het vel:\n\n![Een vel met drie gele briefjes](../../images/avond-tafel-1-1.png)\n" == render_body(result)
    with Image.open(result.images[0]) as image:
        assert (60, 40) == image.size


def test_image_without_alt_text_is_in_a_comment(read):
    file = docx(
        p("", inside=drawing('r:embed="rId5"', "")) + p("Tekst."),
        {"word/media/image1.png": photo()},
        link("rId5", "image", "media/image1.png"),
    )

    assert (
        "<!-- Schrijf op wat de foto laat zien, en haal hem uit dit commentaar: ![…](../../images/avond-tafel-1-1.png) -->"
        in render_result(read(file))
    )


def test_linked_image_is_not_fetched_and_counted(read):
    file = docx(
        p("Tekst.", inside=drawing('r:link="rId5"', "x")),
        links=link("rId5", "image", "file:///etc/hostname", outside=True),
    )

    assert "Tekst.\n=== omitted: 1 × linked image\n" == render_body(read(file))


def test_text_box_is_read_once(read):
    box = "<wps:txbx><w:txbxContent>" + p("In een kader.") + "</w:txbxContent></wps:txbx>"
    inside = f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{p('In een kader.')}</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"

    assert 1 == render_body(read(docx(p("Tekst.", inside=inside)))).count("In een kader.")


def test_formulas_are_counted(read):
    maths = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"

    assert "Tekst.\n=== omitted: 2 × formula\n" == render_body(read(docx(p("Tekst.", inside=maths * 2))))


def test_macro_is_omitted_and_counted(read):
    result = read(docx(p("Tekst."), {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}))

    assert "Tekst.\n=== omitted: 1 × macro\n" == render_body(result)


def test_markdown_characters_are_escaped(read):
    body = (
        p("# geen kop") + p("- geen lijst") + p("1. geen nummer") + p("*ster* _streep_ [haak](x) &lt;b&gt; &amp;amp;")
    )

    written = render_body(read(docx(body)))

    assert "\\# geen kop\n\n\\- geen lijst\n\n1\\. geen nummer\n" in written
    assert "\\*ster\\* \\_streep\\_ \\[haak](x) &lt;b> &amp;amp;" in written


def test_odt_styles_lists_footnotes_and_spans(read):
    styles = (
        '<style:style style:name="P1" style:parent-style-name="Quotations"/><style:style style:name="T1">'
        '<style:text-properties fo:font-weight="bold"/></style:style><style:style style:name="T2">'
        '<style:text-properties fo:font-style="italic"/></style:style><text:list-style style:name="L1">'
        '<text:list-level-style-number text:level="1"/></text:list-style>'
    )
    body = (
        '<text:h text:outline-level="1">Tafel 4</text:h><text:p>Een <text:span text:style-name="T1">vet</text:span> en '
        '<text:span text:style-name="T2">schuin</text:span><text:s text:c="3"/>woord<text:line-break/>en een regel.</text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>een</text:p><text:list><text:list-item><text:p>diep</text:p>'
        "</text:list-item></text:list></text:list-item></text:list>"
        '<text:p text:style-name="P1">Wat iemand zei.</text:p>'
        "<text:p>Met noot<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>De noot.</text:p>"
        "</text:note-body></text:note>.</text:p>"
    )

    result = read(odt(body, styles), "a.odt")

    (note,) = result.notes
    assert ("Tafel 4", ("Wat iemand zei.",)) == (note.group, note.quotes)
    assert (
        "Een **vet** en *schuin* woord\\\nen een regel.\n\n1. een\n    - diep\n\nMet noot[^1].\n\n[^1]: De noot.\n"
        == render_body(result)
    )


def test_odt_comments_and_deletions_are_omitted(read):
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>kanarie-auteur"
        "</dc:creator></office:change-info><text:p>kanarie-weg</text:p></text:deletion></text:changed-region>"
        "</text:tracked-changes><text:p>Tekst<office:annotation><dc:creator>kanarie-auteur</dc:creator>"
        "<text:p>kanarie-opmerking</text:p></office:annotation>.</text:p>"
    )

    assert "Tekst.\n=== omitted: 1 × deleted passage\n=== omitted: 1 × comment\n" == render_body(
        read(odt(body), "a.odt")
    )


def test_odt_image_is_read_with_its_description(read):
    frame = '<draw:frame><draw:image xlink:href="Pictures/a.png"/><svg:title>x</svg:title><svg:desc>Een stoel</svg:desc></draw:frame>'

    result = read(odt(f"<text:p>Zie {frame}</text:p>", parts={"Pictures/a.png": photo()}), "a.odt")

    assert "Zie\n\n![Een stoel](../../images/avond-a-1.png)\n" == render_body(result)


def test_photo_is_cleaned_and_its_draft_asks_for_the_text(read):
    exif = Image.Exif()
    exif[0x010E] = "kanarie-exif"

    result = read(photo("JPEG", (400, 300), exif=exif, comment=b"kanarie-jpeg"), "Tafel 7.jpg")

    copy = Path(result.images[0]).read_bytes()
    assert b"kanarie" not in copy
    assert "group: Tafel 7" in render_result(result)
    assert ["<!-- Schrijf op wat", "<!-- Schrijf hieronder"] == re.findall(
        "<!-- Schrijf (?:hieronder|op wat)", render_body(result)
    )


def damage_member(content: bytes, name: str) -> bytes:
    """Change a byte in the middle of a member of an archive."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        part = archive.getinfo(name)
    place = part.header_offset + 30 + len(name) + part.compress_size // 2
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def test_text_is_read_when_an_image_is_damaged(read):
    noise = Image.effect_noise((200, 200), 90)
    image = BytesIO()
    noise.save(image, "PNG")
    parts = {"word/media/image1.png": image.getvalue()}
    body = p("Het vel:", inside=drawing('r:embed="rId5"', "Een vel")) + p("En verder.")
    word = docx(body, parts, link("rId5", "image", "media/image1.png"))
    frame = '<draw:frame><draw:image xlink:href="Pictures/1.png"/><svg:desc>Een vel</svg:desc></draw:frame>'
    other = odt(
        f"<text:p>Het vel: {frame}</text:p><text:p>En verder.</text:p>", parts={"Pictures/1.png": image.getvalue()}
    )

    expected = "Het vel:\n\nEn verder.\n=== omitted: 1 × unreadable image\n"
    assert expected == render_body(read(damage_member(word, "word/media/image1.png")))
    assert expected == render_body(read(damage_member(other, "Pictures/1.png"), "tafel-1.odt"))


def test_link_through_a_click_tracker_is_resolved(read):
    detour = (
        "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fbrief&amp;"
        "data=05%7C01%7Ckanarie%40example.org%7C"
    )

    result = read(f'<html><body><p>Zie <a href="{detour}">de brief</a>.</p></body></html>'.encode(), "tafel-1.html")

    assert "Zie [de brief](https://example.org/brief).\n" == render_body(result)


@pytest.mark.parametrize("style", ["Author", "Auteur"])
def test_line_with_the_author_is_omitted(read, style):
    notes = {
        "word/styles.xml": STYLES.replace(
            "</w:styles>", f'<w:style w:type="paragraph" w:styleId="A"><w:name w:val="{style}"/></w:style></w:styles>'
        )
    }

    result = read(docx(p("kanarie-auteur", "A") + p("De tekst."), notes))

    assert "De tekst.\n=== omitted: 1 × author's name\n" == render_body(result)


def test_struck_through_text_is_omitted(read):
    body = p("Dit ", inside=r("nooit", "<w:strike/>") + r(" altijd."))

    assert "Dit altijd.\n=== omitted: 1 × struck-through passage\n" == render_body(read(docx(body)))
