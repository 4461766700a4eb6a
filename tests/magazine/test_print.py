"""The paper edition: what a printer asks of it, read back with poppler, pikepdf, Ghostscript and Pillow."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageCms

from pipeline.errors import WeerslagError
from pipeline.graphics import PrintPictureJob, print_picture
from pipeline.magazine import edition_of, theme_folders
from pipeline.magazine.colours import MOST_INK, PRINT, SCREEN, css, mixed
from pipeline.magazine.sections import magazine_html
from pipeline.magazine.text_blocks import on_paper
from pipeline.model import from_plain, to_plain
from pipeline.pdf import PRINT as FOR_PRESS
from pipeline.pdf import PdfJob
from pipeline.pdf.imposition import sheet_sides
from pipeline.pdf.print_files import BindJob, Quire, bind, print_quire

MM = 72 / 25.4
PROFILE = Path(__file__).parents[2] / "templates/magazine/profiles/ISOcoated_v2_300_bas.icc"


@pytest.fixture(scope="module")
def pdf(paper):
    with pikepdf.open(paper[0]) as opened:
        yield opened


def sides(box):
    return [round(float(side) / MM, 1) for side in box]


def test_each_page_is_a4_with_three_millimetres_to_cut_off_and_room_for_marks(pdf):
    for page in pdf.pages:
        assert [0, 0, 210, 297] == sides(page.TrimBox)
        assert [-3, -3, 213, 300] == sides(page.BleedBox)
        assert [-13, -13, 223, 310] == sides(page.MediaBox)
        assert not {"/CropBox", "/ArtBox", "/Annots"} & set(page.obj.keys())


def test_the_pages_fill_whole_sheets_with_pages_for_notes(paper, programme):
    (file, booklet, facts) = paper
    text = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout

    assert 0 == facts.pages % 4
    assert 1 <= text.count("Aantekeningen")
    assert () == facts.warnings
    with pikepdf.open(booklet) as sheets:
        assert facts.pages / 2 == len(sheets.pages)
        assert [0, 0, 420, 297] == sides(sheets.pages[0].MediaBox)


@pytest.mark.parametrize("file", [0, 1], ids=["print", "booklet"])
def test_poppler_and_ghostscript_read_it_without_a_word(paper, tmp_path, file):
    commands = [
        ["pdftoppm", "-r", "9", str(paper[file]), str(tmp_path / "page")],
        ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage", str(paper[file])],
        ["qpdf", "--check", str(paper[file])],
    ]

    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ("", "") == (done.stderr, done.stdout if command[0] == "gs" else "")


def test_poppler_and_ghostscript_see_the_boxes_and_pages_that_we_set(paper, pdf):
    told = subprocess.run(["pdfinfo", "-box", str(paper[0])], check=True, capture_output=True, text=True).stdout
    counted = subprocess.run(
        ["gs", "-q", "-dNODISPLAY", "-dNOSAFER", "-c", f"({paper[0]}) (r) file runpdfbegin pdfpagecount = quit"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert len(pdf.pages) == int(counted) == int(re.search(r"Pages: +(\d+)", told)[1])
    for name in ("MediaBox", "BleedBox", "TrimBox"):
        shown = [float(side) for side in re.search(rf"{name}: +(.*)", told)[1].split()]
        assert shown == pytest.approx([float(side) for side in pdf.pages[0][f"/{name}"]], abs=0.01)


def test_ghostscript_sees_inks_on_all_four_plates_and_only_black_on_a_page_for_notes(paper):
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
        str(paper[0]),
    ]
    rows = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    covers = [[float(value) for value in row.split()[:4]] for row in rows if row.strip()]
    assert all(ink > 0 for ink in covers[0])
    assert any(sum(cover[:3]) == 0 < cover[3] for cover in covers)


def test_it_says_what_it_was_made_for(pdf):
    (intent,) = pdf.Root.OutputIntents
    xmp = pdf.Root.Metadata.read_bytes()

    assert "/GTS_PDFX" == intent.S
    assert "FOGRA39" == str(intent.OutputConditionIdentifier)
    assert PROFILE.read_bytes() == intent.DestOutputProfile.read_bytes()
    assert 4 == int(intent.DestOutputProfile.N)
    assert b"PDF/X-4" in xmp
    assert "/False" == str(pdf.docinfo.Trapped)
    assert "D:20240713170000Z" == str(pdf.docinfo.CreationDate)


def test_nothing_in_it_is_told_in_light(pdf):
    """No operator, no picture, no colour space but inks; every stream is read."""
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
            assert thing.ColorSpace in ("/DeviceCMYK", "/DeviceGray")
        if isinstance(thing, pikepdf.Stream) and (thing.get("/Subtype") == "/Form" or thing.get("/PatternType") == 1):
            assert {str(one.operator) for one in pikepdf.parse_content_stream(thing)}.isdisjoint({"rg", "RG"})
    for page in pdf.pages:
        assert {str(one.operator) for one in pikepdf.parse_content_stream(page)}.isdisjoint({"rg", "RG"})


def test_running_text_prints_on_the_black_plate_only(paper, programme):
    """The pages of a story hold nothing else; the marks beside them stand on every plate."""
    with pikepdf.open(paper[0]) as pdf:
        page = next(number for number in range(len(pdf.pages)) if "Vier avonden" in text_of(paper[0], number + 1))
        fills = {
            tuple(float(ink) for ink in one.operands)
            for one in pikepdf.parse_content_stream(pdf.pages[page])
            if str(one.operator) == "scn" and len(one.operands) == 4
        }

    assert (0, 0, 0, 1) in fills
    assert all(not any(fill[:3]) for fill in fills)


def test_no_spot_takes_more_ink_than_dries(paper, tmp_path):
    """Ghostscript lays every plate, at 20 to the inch; outside the bleed stand only the marks."""
    command = ["gs", "-q", "-o", str(tmp_path / "%d.tif"), "-sDEVICE=tiff32nc", "-r20", "-dUseBleedBox"]
    subprocess.run([*command, str(paper[0])], check=True, capture_output=True)
    plates = sorted(tmp_path.glob("*.tif"))

    assert paper[2].pages == len(plates)
    for plate in plates:
        with Image.open(plate) as laid:
            assert (
                max(sum(inks) for inks in set(laid.get_flattened_data())) <= 3 * 255
            )  # pictures, as far as their profile goes


def text_of(file, page):
    command = ["pdftotext", "-f", str(page), "-l", str(page), str(file), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_marks_stand_outside_the_bleed_in_the_colour_of_every_plate(pdf):
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


def test_the_ground_of_an_opener_runs_into_the_bleed(paper, tmp_path):
    with pikepdf.open(paper[0]) as pdf:
        page = next(n for n in range(1, len(pdf.pages)) if "Hoe groeit" in text_of(paper[0], n))
    command = ["pdftoppm", "-r", "25.4", "-f", str(page), "-l", str(page), "-png", "-singlefile", str(paper[0])]
    subprocess.run([*command, str(tmp_path / "o")], check=True)

    with Image.open(tmp_path / "o.png") as drawn:  # one pixel a millimetre, from the media box
        corners = [drawn.convert("RGB").getpixel(place) for place in ((11, 11), (224, 11), (11, 311), (224, 311))]
        outside = drawn.convert("RGB").getpixel((5, 160))

    assert 1 == len(set(corners))
    assert corners[0] != outside == (255, 255, 255)


def test_words_are_broken_at_the_end_of_a_line(paper):
    command = ["pdftotext", "-layout", str(paper[0]), "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert re.search(r"[a-z]{3}-(\s|$)", said)


def test_only_our_own_fonts_are_in_it(paper):
    listed = subprocess.run(["pdffonts", str(paper[0])], check=True, capture_output=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]

    assert fonts
    assert all(re.match(r"[A-Z]{6}\+Source-(Serif-4|Sans-3)", font[0]) for font in fonts)
    assert all("yes" == font[-5] for font in fonts)


def test_no_folder_of_any_machine_and_no_chance_is_in_it(paper):
    raw = paper[0].read_bytes()

    assert str(paper[0].parent).encode() not in raw
    assert not re.search(rb"D:2026|[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!17:00:00)", raw)
    assert re.search(rb"xmp\.did:[0-9a-f]{8}-[0-9a-f]{4}-5", raw)  # made of a name, not drawn


def test_sheets_fold_to_pages_in_order():
    assert [(7, 0), (1, 6), (5, 2), (3, 4)] == list(sheet_sides(8))
    assert [(3, 0), (1, 2)] == list(sheet_sides(3))


def test_a_job_travels_as_json():
    job = BindJob(quires=(Quire(pdf="a", pages=2),), profile="b", condition=("c", "d"), titles={"e": "f"}, out="g")

    assert job == from_plain(BindJob, to_plain(job))


# ------------------------------------------------------------------------------------------------------------------- colours


@pytest.mark.parametrize("number", range(len(PRINT.inks)))
def test_an_ink_looks_on_paper_as_on_screen_carries_white_text_and_dries(number):
    ink, light = PRINT.inks[number], SCREEN.inks[number]
    seen = proof(ink)

    assert sum(ink) <= MOST_INK
    assert 1.05 / (luminance(seen) + 0.05) >= 4.5
    assert max(abs(one - two) for one, two in zip(seen, light, strict=True)) <= 30


def test_grey_text_can_be_read_on_paper():
    assert (luminance(proof(PRINT.paper)) + 0.05) / (luminance(proof(PRINT.grey)) + 0.05) >= 4.5
    assert (0, 0, 0) == PRINT.grey[:3] == PRINT.ink[:3]


def proof(inks):
    to_light = ImageCms.buildTransform(str(PROFILE), ImageCms.createProfile("sRGB"), "CMYK", "RGB", renderingIntent=1)
    return ImageCms.applyTransform(Image.new("CMYK", (1, 1), tuple(round(i * 255) for i in inks)), to_light).getpixel(
        (0, 0)
    )


def luminance(rgb):
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_a_tint_is_one_solid_colour():
    assert "device-cmyk(0.475 0.225 0.21 0.15)" == css(mixed(PRINT.inks[0], 0.5, PRINT.paper))
    assert "#0B5563" == css(SCREEN.inks[0])


# ------------------------------------------------------------------------------------------------------------------ pictures


def inked(folder, picture, **place):
    picture.save(folder / "a.png")
    job = PrintPictureJob(source=str(folder / "a.png"), profile=str(PROFILE), out=str(folder / "b.jpg"), **place)
    return print_picture(job), Image.open(folder / "b.jpg")


def test_a_picture_becomes_inks_no_larger_than_its_place(tmp_path):
    facts, made = inked(tmp_path, Image.new("RGB", (3000, 2000), "#C02020"), width_mm=85.0, height_mm=63.0)

    assert ("CMYK", (1116, 744), 300.0) == (made.mode, made.size, facts.ppi)
    assert {"jfif", "jfif_version", "adobe", "adobe_transform"} >= set(made.info) - {"jfif_unit", "jfif_density", "dpi"}
    assert sum(made.getpixel((9, 9))) <= 3 * 255


def test_a_small_picture_is_not_blown_up_and_says_how_coarse_it_is(tmp_path):
    facts, made = inked(tmp_path, Image.new("RGBA", (850, 630), "#FFFFFF00"), width_mm=85.0, height_mm=63.0)

    assert ((850, 630), 254.0) == (made.size, facts.ppi)
    assert (0, 0, 0, 0) == made.getpixel((5, 5))


def test_a_profile_that_is_none_is_told(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    job = PrintPictureJob(
        source=str(tmp_path / "a.png"), profile=__file__, width_mm=9.0, height_mm=9.0, out=str(tmp_path / "b.jpg")
    )

    with pytest.raises(WeerslagError, match="profile of the press"):
        print_picture(job)


# --------------------------------------------------------------------------------------------------------------------- words


def test_both_editions_say_the_same(programme, releases, theme):
    both = (magazine_html(programme, releases, theme=theme, medium=one) for one in ("screen", "print"))
    shown, printed = (one.replace("\u00a0", " ") for one in both)

    for reflection in programme.reflections:
        assert reflection.insights[0] in shown
        assert reflection.insights[0] in printed
    assert "device-cmyk" not in shown
    assert not re.search(r"#[0-9A-F]{6}\b", printed)


def test_a_word_with_a_trema_stays_whole_for_dutch_drops_it_at_a_break():
    assert '<p>De <span class="whole">coördinatie</span> en zeeën &euml;</p>' == on_paper(
        "<p>De coördinatie en zeeën &euml;</p>"
    )


@pytest.mark.parametrize(("word", "listed", "printed"), [
    ("beleidsproces", ["be-leids-pro-ces"], '<span class="whole">be\u00adleids\u00adpro\u00adces</span>'),
    ("BELEIDSproces", ["be-leids-pro-ces"], '<span class="whole">BE\u00adLEIDS\u00adpro\u00adces</span>'),
    ("beleidsprocessen", ["be-leids-pro-ces"], "beleidsprocessen"),  # another word
    ("<em>beleidsproces</em>", ["beleidsproces"], '<em><span class="whole">beleidsproces</span></em>'),
    ("coördinatie", ["co-ordi-na-tie", "coör-di-na-tie"], '<span class="whole">coör\u00addi\u00adna\u00adtie</span>'),
    ("foto’s &beleid; &amp; x", ["be-leid"], "foto’s &beleid; &amp; x"),
])  # fmt: skip
def test_a_listed_word_is_broken_where_its_hyphens_stand_and_nowhere_else(word, listed, printed):
    assert f"<p>Een {printed}.</p>" == on_paper(f"<p>Een {word}.</p>", hyphenation=listed)


def test_a_listed_word_is_broken_on_paper_and_whole_on_the_screen(programme, releases, theme):
    word = "misgaat"
    listed = replace(programme, magazine=replace(programme.magazine, hyphenation=("mis-gaat",)))

    shown, printed = (magazine_html(listed, releases, theme=theme, medium=one) for one in ("screen", "print"))

    assert "\u00ad" not in shown
    assert word in shown
    assert "mis\u00adgaat" in printed


def test_only_the_first_paragraph_of_a_story_opens_with_a_large_letter():
    assert '<p><span class="ini">V</span>ier</p>' == on_paper("<p>Vier</p>", first=True)
    assert "<p>Vier</p>" == on_paper("<p>Vier</p>")
    assert "<h3>Kop</h3>" == on_paper("<h3>Kop</h3>", first=True)


def test_the_bleed_is_the_programmes_own(programme):
    wide = replace(programme.magazine, print=replace(programme.magazine.print, bleed_mm=5.0))

    assert 5.0 == edition_of(wide, "print").ground.bleed_mm


def test_the_same_pages_give_the_same_bytes_in_another_folder(tmp_path, theme):
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
        job = PdfJob(
            html=str(folder / "a.html"),
            pictures=str(tmp_path),
            theme=theme_folders(theme),
            variant=FOR_PRESS,
            bleed_mm=3.0,
            out=str(folder / "a.pdf"),
        )
        assert 1 == print_quire(job).pages
        quires = (Quire(pdf=job.out, pages=1), Quire(pdf=job.out, pages=1))
        bound = bind(
            BindJob(quires=quires, profile=str(PROFILE), condition=("F", "G"), titles={}, out=str(folder / "b.pdf"))
        )
        assert 2 == bound.pages
        written.append([(folder / file).read_bytes() for file in ("a.pdf", "b.pdf")])

    assert written[0] == written[1]
