"""The print edition, checked with poppler, pikepdf, Ghostscript and Pillow."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageCms

from pipeline.errors import WeerslagError
from pipeline.graphics.palettes import PRINT_PALETTE, SCREEN_PALETTE, format_css, mix
from pipeline.graphics.print_images import convert_to_cmyk
from pipeline.graphics.tasks import PrintImageTask
from pipeline.magazine.edition import create_edition, list_theme_folders
from pipeline.magazine.text_blocks import prepare_for_print
from pipeline.model import from_json, to_json
from pipeline.pdf.imposition import iterate_sheet_sides
from pipeline.pdf.output_conditions import MAX_COLOUR_INK
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.section_merge import merge_sections
from pipeline.pdf.tasks import PRINT_VARIANT, MergeSectionsTask, RenderPdfTask, SectionPdf
from tests.magazine.whole_document import render_magazine_html

pytestmark = pytest.mark.external

MM = 72 / 25.4
PROFILE = Path(__file__).parents[2] / "templates/magazine/profiles/ISOcoated_v2_300_bas.icc"


@pytest.fixture(scope="module")
def pdf(print_edition):
    with pikepdf.open(print_edition[0]) as opened:
        yield opened


def sides(box):
    return [round(float(side) / MM, 1) for side in box]


def test_pages_are_a4_with_bleed_and_slug(pdf):
    for page in pdf.pages:
        assert [0, 0, 210, 297] == sides(page.TrimBox)
        assert [-3, -3, 213, 300] == sides(page.BleedBox)
        assert [-13, -13, 223, 310] == sides(page.MediaBox)
        assert not {"/CropBox", "/ArtBox", "/Annots"} & set(page.obj.keys())


def test_page_count_is_filled_up_with_pages_for_notes(print_edition, programme):
    (file, booklet, facts) = print_edition
    text = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout

    assert 0 == facts.pages % 4
    assert 1 <= text.count("Aantekeningen")
    assert () == facts.findings
    with pikepdf.open(booklet) as sheets:
        assert facts.pages / 2 == len(sheets.pages)
        assert [0, 0, 420, 297] == sides(sheets.pages[0].MediaBox)


@pytest.mark.parametrize("file", [0, 1], ids=["print", "booklet"])
def test_poppler_ghostscript_and_qpdf_report_nothing(print_edition, tmp_path, file):
    commands = [
        ["pdftoppm", "-r", "9", str(print_edition[file]), str(tmp_path / "page")],
        ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage", str(print_edition[file])],
        ["qpdf", "--check", str(print_edition[file])],
    ]

    for command in commands:
        completed = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ("", "") == (completed.stderr, completed.stdout if command[0] == "gs" else "")


def test_poppler_and_ghostscript_read_the_same_boxes_and_page_count(print_edition, pdf):
    output = subprocess.run(
        ["pdfinfo", "-box", str(print_edition[0])], check=True, capture_output=True, text=True
    ).stdout
    counted = subprocess.run(
        [
            "gs",
            "-q",
            "-dNODISPLAY",
            "-dNOSAFER",
            "-c",
            f"({print_edition[0]}) (r) file runpdfbegin pdfpagecount = quit",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert len(pdf.pages) == int(counted) == int(re.search(r"Pages: +(\d+)", output)[1])
    for name in ("MediaBox", "BleedBox", "TrimBox"):
        shown = [float(side) for side in re.search(rf"{name}: +(.*)", output)[1].split()]
        assert shown == pytest.approx([float(side) for side in pdf.pages[0][f"/{name}"]], abs=0.01)


def test_cover_uses_four_separations_and_page_for_notes_only_black(print_edition):
    command = [
        "gs",
        "-q",
        "-dSAFER",
        "-dBATCH",
        "-dNOPAUSE",
        "-dUseBleedBox",
        "-sDEVICE=inkcov",
        "-o",
        "-",
        str(print_edition[0]),
    ]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    covers = [[float(value) for value in row.split()[:4]] for row in rows if row.strip()]
    assert all(ink > 0 for ink in covers[0])
    assert any(sum(cover[:3]) == 0 < cover[3] for cover in covers)


def test_output_intent_and_metadata_are_set(pdf):
    (intent,) = pdf.Root.OutputIntents
    xmp = pdf.Root.Metadata.read_bytes()

    assert "/GTS_PDFX" == intent.S
    assert "FOGRA39" == str(intent.OutputConditionIdentifier)
    assert PROFILE.read_bytes() == intent.DestOutputProfile.read_bytes()
    assert 4 == int(intent.DestOutputProfile.N)
    assert b"PDF/X-4" in xmp
    assert "/False" == str(pdf.docinfo.Trapped)
    assert "D:20240713170000Z" == str(pdf.docinfo.CreationDate)


def test_no_object_uses_rgb(pdf):
    """No operator, no picture, no colour space but events; every stream is read."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
            assert thing.ColorSpace in ("/DeviceCMYK", "/DeviceGray")
        if isinstance(thing, pikepdf.Stream) and (thing.get("/Subtype") == "/Form" or thing.get("/PatternType") == 1):
            assert {str(one.operator) for one in pikepdf.parse_content_stream(thing)}.isdisjoint({"rg", "RG"})
    for page in pdf.pages:
        assert {str(one.operator) for one in pikepdf.parse_content_stream(page)}.isdisjoint({"rg", "RG"})


def test_running_text_is_black_only(print_edition, programme):
    """The pages of a story contain only text; crop marks use all separations."""
    with pikepdf.open(print_edition[0]) as pdf:
        page = next(
            number
            for number in range(len(pdf.pages))
            if "Vier avonden" in extract_page_text(print_edition[0], number + 1)
        )
        fills = {
            tuple(float(ink) for ink in one.operands)
            for one in pikepdf.parse_content_stream(pdf.pages[page])
            if str(one.operator) == "scn" and len(one.operands) == 4
        }

    assert (0, 0, 0, 1) in fills
    assert all(not any(fill[:3]) for fill in fills)


def test_total_ink_coverage_stays_below_limit(print_edition, tmp_path):
    """Measure with Ghostscript at 20 ppi, within the bleed: outside are only the crop marks."""
    command = ["gs", "-q", "-o", str(tmp_path / "%d.tif"), "-sDEVICE=tiff32nc", "-r20", "-dUseBleedBox"]
    subprocess.run([*command, str(print_edition[0])], check=True, capture_output=True)
    separations = sorted(tmp_path.glob("*.tif"))

    assert print_edition[2].pages == len(separations)
    for file in separations:
        with Image.open(file) as laid:
            assert (
                max(sum(events) for events in set(laid.get_flattened_data())) <= 3 * 255
            )  # pictures, as far as their profile goes


def extract_page_text(file, page):
    command = ["pdftotext", "-f", str(page), "-l", str(page), str(file), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_crop_marks_are_outside_the_bleed_in_registration_colour(pdf):
    page = pdf.pages[0]
    instructions = list(pikepdf.parse_content_stream(page))
    after = next(at for at, one in enumerate(instructions) if [str(o) for o in one.operands] == ["/Registration"])
    points = [
        [float(number) / MM for number in one.operands]
        for one in instructions[after:]
        if str(one.operator) in ("m", "l")
    ]

    assert ["/Separation", "/All"] == [str(part) for part in page.Resources.ColorSpace["/Registration"]][:2]
    assert 16 == len(points)
    assert all(x < -3.9 or x > 213.9 or y < -3.9 or y > 300.9 for x, y in points)


def test_background_of_opener_extends_into_the_bleed(print_edition, tmp_path):
    with pikepdf.open(print_edition[0]) as pdf:
        page = next(n for n in range(1, len(pdf.pages)) if "Hoe groeit" in extract_page_text(print_edition[0], n))
    command = ["pdftoppm", "-r", "25.4", "-f", str(page), "-l", str(page), "-png", "-singlefile", str(print_edition[0])]
    subprocess.run([*command, str(tmp_path / "o")], check=True)

    with Image.open(tmp_path / "o.png") as drawn:  # one pixel a millimetre, from the media box
        corners = [drawn.convert("RGB").getpixel(place) for place in ((11, 11), (224, 11), (11, 311), (224, 311))]
        outside = drawn.convert("RGB").getpixel((5, 160))

    assert 1 == len(set(corners))
    assert corners[0] != outside == (255, 255, 255)


def test_words_are_hyphenated(print_edition):
    command = ["pdftotext", "-layout", str(print_edition[0]), "-"]
    extracted = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert re.search(r"[a-z]{3}-(\s|$)", extracted)


def test_only_theme_fonts_are_embedded(print_edition):
    listed = subprocess.run(["pdffonts", str(print_edition[0])], check=True, capture_output=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]

    assert fonts
    assert all(re.match(r"[A-Z]{6}\+Source-(Serif-4|Sans-3)", font[0]) for font in fonts)
    assert all("yes" == font[-5] for font in fonts)


def test_file_contains_no_local_paths_or_random_data(print_edition):
    raw = print_edition[0].read_bytes()

    assert str(print_edition[0].parent).encode() not in raw
    assert not re.search(rb"D:2026|[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!17:00:00)", raw)
    assert re.search(rb"xmp\.did:[0-9a-f]{8}-[0-9a-f]{4}-5", raw)  # derived from a name, not random


def test_booklet_has_pages_in_order_after_folding():
    assert [(7, 0), (1, 6), (5, 2), (3, 4)] == list(iterate_sheet_sides(8))
    assert [(3, 0), (1, 2)] == list(iterate_sheet_sides(3))


def test_merge_task_survives_json():
    task = MergeSectionsTask(
        sections=(SectionPdf(pdf="a", pages=2),), profile="b", condition=("c", "d"), titles={"e": "f"}, out="g"
    )

    assert task == from_json(MergeSectionsTask, to_json(task))


@pytest.mark.parametrize("number", range(len(PRINT_PALETTE.events)))
def test_event_colour_matches_screen_has_contrast_and_stays_below_ink_limit(number):
    ink, light = PRINT_PALETTE.events[number], SCREEN_PALETTE.events[number]
    seen = proof(ink)

    assert sum(ink) <= MAX_COLOUR_INK
    assert 1.05 / (luminance(seen) + 0.05) >= 4.5
    assert max(abs(one - two) for one, two in zip(seen, light, strict=True)) <= 30


def test_grey_text_has_contrast_on_paper():
    assert (luminance(proof(PRINT_PALETTE.paper)) + 0.05) / (luminance(proof(PRINT_PALETTE.grey)) + 0.05) >= 4.5
    assert (0, 0, 0) == PRINT_PALETTE.grey[:3] == PRINT_PALETTE.text[:3]


def proof(events):
    to_light = ImageCms.buildTransform(str(PROFILE), ImageCms.createProfile("sRGB"), "CMYK", "RGB", renderingIntent=1)
    return ImageCms.applyTransform(Image.new("CMYK", (1, 1), tuple(round(i * 255) for i in events)), to_light).getpixel(
        (0, 0)
    )


def luminance(rgb):
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_tint_is_a_solid_colour():
    assert "device-cmyk(0.475 0.225 0.21 0.15)" == format_css(mix(PRINT_PALETTE.events[0], 0.5, PRINT_PALETTE.paper))
    assert "#0B5563" == format_css(SCREEN_PALETTE.events[0])


def convert_picture(folder, picture, **place):
    picture.save(folder / "a.png")
    task = PrintImageTask(source=str(folder / "a.png"), profile=str(PROFILE), out=str(folder / "b.jpg"), **place)
    return convert_to_cmyk(task), Image.open(folder / "b.jpg")


def test_picture_is_converted_to_cmyk_at_its_printed_size(tmp_path):
    facts, image = convert_picture(tmp_path, Image.new("RGB", (3000, 2000), "#C02020"), width_mm=85.0, height_mm=63.0)

    assert ("CMYK", (1116, 744), (1116, 744)) == (image.mode, image.size, (facts.width_px, facts.height_px))
    assert {"jfif", "jfif_version", "adobe", "adobe_transform"} >= set(image.info) - {
        "jfif_unit",
        "jfif_density",
        "dpi",
    }
    assert sum(image.getpixel((9, 9))) <= 3 * 255


def test_small_picture_is_not_enlarged(tmp_path):
    facts, image = convert_picture(tmp_path, Image.new("RGBA", (850, 630), "#FFFFFF00"), width_mm=85.0, height_mm=63.0)

    assert (850, 630) == image.size == (facts.width_px, facts.height_px)
    assert (0, 0, 0, 0) == image.getpixel((5, 5))


def test_invalid_profile_is_an_error(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    task = PrintImageTask(
        source=str(tmp_path / "a.png"), profile=__file__, width_mm=9.0, height_mm=9.0, out=str(tmp_path / "b.jpg")
    )

    with pytest.raises(WeerslagError, match="profile of the press"):
        convert_to_cmyk(task)


def test_both_editions_have_the_same_texts(programme, releases, theme):
    both = (render_magazine_html(programme, releases, theme=theme, medium=one) for one in ("screen", "print"))
    shown, printed = (one.replace("\u00a0", " ") for one in both)

    for reflection in programme.reflections:
        assert reflection.insights[0] in shown
        assert reflection.insights[0] in printed
    assert "device-cmyk" not in shown
    assert not re.search(r"#[0-9A-F]{6}\b", printed)


def test_word_with_diaeresis_is_not_hyphenated():
    assert '<p>De <span class="no-hyphenation">coördinatie</span> en zeeën &euml;</p>' == prepare_for_print(
        "<p>De coördinatie en zeeën &euml;</p>"
    )


@pytest.mark.parametrize(("word", "listed", "printed"), [
    ("beleidsproces", ["be-leids-pro-ces"], '<span class="no-hyphenation">be\u00adleids\u00adpro\u00adces</span>'),
    ("BELEIDSproces", ["be-leids-pro-ces"], '<span class="no-hyphenation">BE\u00adLEIDS\u00adpro\u00adces</span>'),
    ("beleidsprocessen", ["be-leids-pro-ces"], "beleidsprocessen"),  # another word
    ("<em>beleidsproces</em>", ["beleidsproces"], '<em><span class="no-hyphenation">beleidsproces</span></em>'),
    ("coördinatie", ["co-ordi-na-tie", "coör-di-na-tie"], '<span class="no-hyphenation">coör\u00addi\u00adna\u00adtie</span>'),
    ("foto’s &beleid; &amp; x", ["be-leid"], "foto’s &beleid; &amp; x"),
])  # fmt: skip
def test_listed_word_is_hyphenated_only_at_its_hyphens(word, listed, printed):
    assert f"<p>Een {printed}.</p>" == prepare_for_print(f"<p>Een {word}.</p>", hyphenation=listed)


def test_listed_word_is_hyphenated_in_print_only(programme, releases, theme):
    word = "misgaat"
    listed = replace(programme, magazine=replace(programme.magazine, hyphenation=("mis-gaat",)))

    shown, printed = (render_magazine_html(listed, releases, theme=theme, medium=one) for one in ("screen", "print"))

    assert "\u00ad" not in shown
    assert word in shown
    assert "mis\u00adgaat" in printed


def test_only_first_paragraph_has_drop_cap():
    assert '<p><span class="drop-cap">V</span>ier</p>' == prepare_for_print("<p>Vier</p>", first=True)
    assert "<p>Vier</p>" == prepare_for_print("<p>Vier</p>")
    assert "<h3>Kop</h3>" == prepare_for_print("<h3>Kop</h3>", first=True)


def test_bleed_is_that_of_the_programme(programme):
    wide = replace(programme.magazine, print=replace(programme.magazine.print, bleed_mm=5.0))

    assert 5.0 == create_edition(wide, "print").backgrounds.bleed_mm


def test_same_pages_produce_same_bytes_in_another_folder(tmp_path, theme):
    html = (
        '<!DOCTYPE html><html lang="nl"><title>Proef</title><meta name="dcterms.created" content="2024-07-13">'
        '<meta name="dcterms.modified" content="2024-07-13"><style>@color-profile device-cmyk '
        '{ components: cyan, magenta, yellow, black; src: url("theme/profiles/ISOcoated_v2_300_bas.icc") }'
        "@page { size: A4; bleed: 3mm } html { color: device-cmyk(0 0 0 1) }</style><p>Hallo."
    )
    written = []
    for name in ("een", "twee"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.html").write_text(html)
        task = RenderPdfTask(
            html=str(folder / "a.html"),
            pictures=str(tmp_path),
            theme_folders=list_theme_folders(theme),
            variant=PRINT_VARIANT,
            bleed_mm=3.0,
            out=str(folder / "a.pdf"),
        )
        assert 1 == render_pdf(task).pages
        sections = (SectionPdf(pdf=task.out, pages=1), SectionPdf(pdf=task.out, pages=1))
        bound = merge_sections(
            MergeSectionsTask(
                sections=sections, profile=str(PROFILE), condition=("F", "G"), titles={}, out=str(folder / "b.pdf")
            )
        )
        assert 2 == bound
        written.append([(folder / file).read_bytes() for file in ("a.pdf", "b.pdf")])

    assert written[0] == written[1]
