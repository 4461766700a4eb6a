"""Presentations, zipped folders, photos of phones, and files that hold no note."""

import subprocess

import pytest
from PIL import Image

from pipeline.intake.refused_formats import is_system_file
from tests.intake.conftest import render_result
from tests.intake.office_files import docx, make_zip, p, photo
from tests.intake.test_office_readers import render_body
from tests.intake.test_word_content import draw_halves, encode

HIDDEN = "kanarie-verborgen"
NS = "http://schemas.openxmlformats.org"
P = f'xmlns:p="{NS}/presentationml/2006/main" xmlns:a="{NS}/drawingml/2006/main" xmlns:r="{NS}/officeDocument/2006/relationships"'


def relations(targets):
    """A part with relationships, by id."""
    inside = "".join(f'<Relationship Id="{ident}" Type="x" Target="{target}"/>' for ident, target in targets.items())
    return f'<Relationships xmlns="{NS}/package/2006/relationships">{inside}</Relationships>'


def shape(*texts, kind="", attributes=""):
    """A shape with paragraphs."""
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    paragraphs = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" {attributes}/><p:cNvSpPr/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>'
        f"<p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


def pptx(*slides, parts=None, attributes=("", "", "")):
    """A presentation of slides, each the content of its shape tree."""
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="rId{n}"/>' for n in range(len(slides)))
    return make_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": f"<p:presentation {P}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(
                {f"rId{n}": f"slides/slide{9 - n}.xml" for n in range(len(slides))}
            ),
            **{
                f"ppt/slides/slide{9 - n}.xml": f"<p:sld {P} {attributes[n]}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"
                for n, slide in enumerate(slides)
            },
            **(parts or {}),
        }
    )


def test_slides_are_read_in_order_without_what_is_hidden(read):
    first = (
        shape("Bel terug.", "Schrijf kort.", kind="body")
        + shape("Wat bleef?", kind="title")
        + shape("3", kind="sldNum")
    )
    table = "<p:graphicFrame><a:graphic><a:graphicData><a:tbl>"
    for row in (("Wie", "Wat"), ("balie", "bellen")):
        cells = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in row)
        table += f"<a:tr>{cells}</a:tr>"
    table += "</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    third = shape("Vervolg", kind="ctrTitle") + f"<p:grpSp>{shape('In een groep.')}</p:grpSp>" + table
    third += shape(HIDDEN, attributes='hidden="1"')
    notes = f"<p:notes {P}><p:cSld><p:spTree>{shape(HIDDEN, kind='body')}</p:spTree></p:cSld></p:notes>"
    file = pptx(
        first, shape(HIDDEN), third, parts={"ppt/notesSlides/notesSlide1.xml": notes}, attributes=("", 'show="0"', "")
    )

    result = read(file, "a.pptx")

    assert "Wat bleef?" == result.notes[0].question
    body = render_body(result)
    assert (
        "- Bel terug.\n- Schrijf kort.\n\n## Vervolg\n\nIn een groep.\n\n| Wie | Wat |\n| --- | --- |\n| balie | bellen |\n"
        in body
    )
    assert HIDDEN not in render_result(result)
    assert {"hidden slide": 1, "hidden passage": 1, "speaker notes of a slide": 1} == dict(result.omissions)


def test_cropped_picture_on_a_slide_is_cropped(read):
    picture = (
        '<p:pic><p:nvPicPr><p:cNvPr id="1" name="x" descr="Een stoel"/></p:nvPicPr><p:blipFill><a:blip r:embed="rId1"/>'
        '<a:srcRect l="50000"/></p:blipFill></p:pic>'
    )
    parts = {"ppt/slides/_rels/slide9.xml.rels": relations({"rId1": "../media/a.png"})}
    parts["ppt/media/a.png"] = encode(draw_halves(), "PNG")

    result = read(pptx(shape("Tekst.") + picture, parts=parts), "a.pptx")

    with Image.open(result.images[0]) as image:
        assert (50, 60) == image.size
    assert "![Een stoel](" in render_body(result)


def test_heic_photo_of_a_phone_is_read(read, tmp_path):
    Image.new("RGB", (640, 480), "#0B5563").save(tmp_path / "photo.png")
    run = ["heif-enc", "-o", str(tmp_path / "photo.heic"), str(tmp_path / "photo.png")]
    subprocess.run(run, check=True, capture_output=True)  # of the Debian package libheif-examples

    result = read((tmp_path / "photo.heic").read_bytes(), "Tafel 7.heic")

    with Image.open(result.images[0]) as image:
        assert ("JPEG", (640, 480)) == (image.format, image.size)


def test_zipped_folder_is_read_file_by_file(read):
    files = {
        "avond/tafel-1.docx": docx(p("Een zin.")),
        "avond/tafel-2.txt": "Tweede zin.",
        "avond/tafel-3.html": "<!DOCTYPE html><html><body><p>Derde zin.</p></body></html>",
        "avond/tafel-4.csv": "Tafel;Wat?\n4;Vierde zin.\n",
        "avond/tafel-5.png": photo(),
        "avond/~$fel-1.docx": b"\x05Kanarie",
        "avond/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "__MACOSX/avond/._tafel-2.txt": b"\0\5\x16\7",
        "avond/oud.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "avond/nog.zip": make_zip({"a.txt": "Diep."}),
    }

    result = read(make_zip(files), "a.zip")

    assert [f"Tafel {n}" for n in range(1, 6)] == [note.group for note in result.notes]
    assert ["Een", "Tweede", "Derde", "Vierde"] == [note.blocks[-1].text.split()[0] for note in result.notes[:4]]
    assert 2 == result.omissions["unreadable file in the archive"]
    with Image.open(result.images[0]) as image:
        assert (60, 40) == image.size


def test_entities_in_a_zipped_office_file_are_still_refused(read):
    bad = docx(p("x"), {"word/styles.xml": '<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'})

    result = read(make_zip({"a.docx": bad, "b.txt": "Tekst."}), "a.zip")

    assert 1 == result.omissions["unreadable file in the archive"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("~$tafel.docx", True),
        ("._tafel.docx", True),
        ("Thumbs.db", True),
        (".DS_Store", True),
        ("desktop.ini", True),
        (".~lock.a.odt#", True),
        ("~tafel.docx", False),
        ("thumbs.docx", False),
        ("_tafel.docx", False),
    ],
)
def test_files_of_the_system_are_recognised(name, expected):
    assert expected == is_system_file(name)
