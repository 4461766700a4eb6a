"""Preflight checks: each rule reports its fault on the right page, and nothing in a correct file."""

import json
import re
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from pipeline.cli import weerslag
from pipeline.errors import MagazineError
from pipeline.model import Finding
from pipeline.pdf.findings import format_pages
from pipeline.preflight import ink_coverage
from pipeline.preflight.checks import check_pdf
from pipeline.preflight.tasks import PreflightTask

A4 = [0, 0, 595.276, 841.89]
BLEED = [-8.504, -8.504, 603.78, 850.394]
MEDIA = [-36.85, -36.85, 632.126, 878.74]
FAULTS = {}
RULES = Path(__file__).parents[2] / "pipeline/preflight"


def fault(code, *, where="page 2", purpose="print"):
    def register(function):
        FAULTS[function.__name__] = (code, where, purpose, function)
        return function

    return register


def create_font(pdf):
    inside = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name("/AAAAAA+Proef"),
            FontFile2=pdf.make_stream(b"not a real font at all"),
        )
    )
    below = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/AAAAAA+Proef"), FontDescriptor=inside)
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/AAAAAA+Proef"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(below)]),
            ToUnicode=pdf.make_stream(b""),
        )
    )


def create_image(pdf, space=Name.DeviceCMYK, width=300, height=300, bits=8):
    return pdf.make_stream(
        b"\0" * 16,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        BitsPerComponent=bits,
        ColorSpace=space,
    )


def create_correct_pdf():
    """Four pages without print or accessibility faults."""
    pdf = pikepdf.new()
    letters = create_font(pdf)
    elements = []
    document = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, K=Array([])))
    for number in range(4):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.MediaBox, page.obj.BleedBox, page.obj.TrimBox = Array(MEDIA), Array(BLEED), Array(A4)
        page.obj.Resources = Dictionary(Font=Dictionary(F=letters), XObject=Dictionary(P=create_image(pdf)))
        page.obj.Contents = pdf.make_stream(
            b"/P <</MCID 0>> BDC BT /F 10 Tf 0 0 0 1 k <0001> Tj ET EMC /Artifact BMC q 72 0 0 72 0 0 cm /P Do Q EMC"
        )
        page.obj.Tabs = Name.S
        tag = Name.H1 if number == 0 else Name.P
        elements.append(pdf.make_indirect(Dictionary(Type=Name.StructElem, S=tag, P=document, Pg=page.obj, K=0)))
    document.K = Array(elements)
    pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array([document])))
    pdf.Root.MarkInfo, pdf.Root.Lang = Dictionary(Marked=True), String("nl")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    profile = pdf.make_stream(b"", N=4)
    pdf.Root.OutputIntents = Array(
        [Dictionary(S=Name.GTS_PDFX, OutputConditionIdentifier=String("FOGRA39"), DestOutputProfile=profile)]
    )
    pdf.Root.Metadata = pdf.make_stream(
        b"<x><pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion><pdfuaid:part>1</pdfuaid:part></x>"
    )
    pdf.docinfo["/Title"], pdf.docinfo["/Trapped"] = String("Proef"), Name("/False")
    return pdf


def draw(pdf, extra, page=1):
    pdf.pages[page].contents_add(b"/Artifact BMC q " + extra + b" Q EMC")


def add_resource(pdf, kind, name, value, page=1):
    resources = pdf.pages[page].obj.Resources
    if kind not in resources:
        resources[kind] = Dictionary()
    resources[kind][name] = value


def add_element(pdf, tag, parent=None, **more):
    root = parent if parent is not None else pdf.Root.StructTreeRoot.K[0]
    element = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name(f"/{tag}"), P=root, Pg=pdf.pages[1].obj, **more)
    )
    if "/K" not in root:
        root.K = Array([])
    root.K.append(element)
    return element


@fault("no-intent", where="document")
def no_output_intent(pdf):
    del pdf.Root.OutputIntents


@fault("many-intents", where="document")
def two_output_intents(pdf):
    pdf.Root.OutputIntents.append(pdf.Root.OutputIntents[0])


@fault("intent-not-cmyk", where="document")
def output_intent_rgb(pdf):
    pdf.Root.OutputIntents[0].DestOutputProfile.N = 3


@fault("intent-empty", where="document")
def output_intent_empty(pdf):
    pdf.Root.OutputIntents = Array([Dictionary(S=Name.GTS_PDFX)])


@fault("not-pdfx", where="document")
def pdfx_metadata_missing(pdf):
    del pdf.Root.Metadata


@fault("trapped-unknown", where="document")
def trapped_key_missing(pdf):
    del pdf.docinfo["/Trapped"]


@fault("page-count", where="document")
def page_count_three(pdf):
    del pdf.pages[3]


@fault("no-trim")
def trim_box_missing(pdf):
    del pdf.pages[1].obj.TrimBox


@fault("no-bleed")
def bleed_of_two_millimetres(pdf):
    pdf.pages[1].obj.BleedBox = Array([-5.6, -5.6, 600.9, 847.5])


@fault("boxes-nest")
def bleed_box_outside_media_box(pdf):
    pdf.pages[1].obj.MediaBox = Array(A4)


@fault("sizes-differ")
def page_size_differs(pdf):
    pdf.pages[1].obj.TrimBox = Array([20, 20, 500, 700])


@fault("rotated")
def page_rotated(pdf):
    pdf.pages[1].obj.Rotate = 90


@fault("marks-in-bleed")
def crop_marks_in_bleed(pdf):
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1)
    add_resource(pdf, "/ColorSpace", "/All", Array([Name.Separation, Name.All, Name.DeviceCMYK, tint]))
    draw(pdf, b"/All CS 1 SCN 0 -20 m 0 -4 l S")


@fault("user-unit")
def user_unit_of_two(pdf):
    pdf.pages[1].obj.UserUnit = 2


@fault("crop-hides-bleed")
def crop_box_at_the_trim(pdf):
    pdf.pages[1].obj.CropBox = Array(A4)


@fault("crop-cuts-page")
def crop_box_inside_the_trim(pdf):
    pdf.pages[1].obj.CropBox = Array([20, 20, 575, 820])


def write(pdf, text, font=None, page=1):
    add_resource(pdf, "/Font", "/W", font or create_wide_font(), page=page)
    draw(pdf, b"BT /W 10 Tf 0 0 0 1 k " + text + b" ET", page=page)


def create_wide_font():
    """A font whose letters are 600 units wide, and the space 250."""
    inside = Dictionary(Type=Name.FontDescriptor, FontName=Name.AAAAAA, FontFile2=String("x"))
    widths = Array([250, *[600] * 94])
    return Dictionary(
        Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.AAAAAA, Encoding=Name.WinAnsiEncoding,
        FirstChar=32, LastChar=126, Widths=widths, FontDescriptor=inside,
    )  # fmt: skip


@fault("text-off-page")
def text_that_runs_off_the_page(pdf):
    write(pdf, b"540 400 Td (tien letters) Tj")  # 12 × 6 - 3.5 pt: to 608.5


@fault("text-off-page")
def text_below_the_page(pdf):
    write(pdf, b"100 -60 Td (weg) Tj")


@fault("text-off-page")
def text_between_trim_and_bleed(pdf):
    write(pdf, b"100 -6 Td (weg) Tj")


@fault("text-off-page")
def spaced_and_scaled_text_that_runs_off_the_page(pdf):
    write(pdf, b"530 400 Td 5 Tc 150 Tz [(ab) -900 (cd)] TJ")


@fault("text-off-page")
def text_of_a_cid_font_that_runs_off_the_page(pdf):
    draw(pdf, b"BT /F 10 Tf 0 0 0 1 k 1 0 0 1 580 400 Tm <000100010001> Tj ET")


@fault("white-overprint")
def white_cmyk_area_that_overprints(pdf):
    add_resource(pdf, "/ExtGState", "/Over", Dictionary(OP=True, op=True, OPM=1))
    draw(pdf, b"/Over gs 0 0 0 0 k 0 0 9 9 re f")


@fault("white-overprint")
def white_line_that_overprints(pdf):
    add_resource(pdf, "/ExtGState", "/Over", Dictionary(OP=True, op=False))
    draw(pdf, b"/Over gs 1 G 0 0 m 9 9 l S")


@fault("white-overprint")
def white_text_in_a_spot_colour_that_overprints(pdf):
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1)
    add_resource(pdf, "/ColorSpace", "/Gold", Array([Name.Separation, Name.Gold, Name.DeviceCMYK, tint]))
    add_resource(pdf, "/ExtGState", "/Over", Dictionary(OP=True))
    draw(pdf, b"/Over gs /Gold cs 0 scn BT /F 9 Tf <0001> Tj ET")


@fault("lab-colour")
def area_in_lab(pdf):
    add_resource(pdf, "/ColorSpace", "/L", Array([Name.Lab, Dictionary(WhitePoint=[0.9642, 1, 0.8249])]))
    draw(pdf, b"/L cs 50 20 20 scn 0 0 9 9 re f")


@fault("lab-image")
def image_in_lab(pdf):
    space = Array([Name.Lab, Dictionary(WhitePoint=[0.9642, 1, 0.8249])])
    add_resource(pdf, "/XObject", "/Q", create_image(pdf, space=space))
    draw(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("rgb-area")
def rgb_fill(pdf):
    draw(pdf, b"1 0 0 rg 0 0 9 9 re f")


@fault("rgb-line")
def rgb_stroke(pdf):
    draw(pdf, b"1 0 0 RG 0 0 m 9 9 l S")


@fault("rgb-text")
def rgb_text(pdf):
    draw(pdf, b"BT /F 9 Tf 0 0 1 rg <0001> Tj ET")


@fault("rgb-area")
def rgb_in_form_xobject(pdf):
    form = pdf.make_stream(b"0 1 0 rg 0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    add_resource(pdf, "/XObject", "/Form", form)
    draw(pdf, b"/Form Do")


@fault("rgb-area")
def rgb_icc_profile(pdf):
    add_resource(pdf, "/ColorSpace", "/Light", Array([Name.ICCBased, pdf.make_stream(b"", N=3)]))
    draw(pdf, b"/Light cs 1 0 0 scn 0 0 9 9 re f")


def create_gradient(space):
    colours = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0, 0, 0], C1=[1, 1, 1], N=1)
    return Dictionary(ShadingType=2, ColorSpace=space, Coords=[0, 0, 9, 9], Function=colours)


@fault("rgb-area")
def rgb_shading(pdf):
    add_resource(pdf, "/Shading", "/Sh", create_gradient(Name.DeviceRGB))
    draw(pdf, b"0 0 9 9 re W n /Sh sh")


@fault("rgb-text")
def text_filled_with_rgb_shading(pdf):
    add_resource(pdf, "/Pattern", "/Pat", Dictionary(PatternType=2, Shading=create_gradient(Name.DeviceRGB)))
    draw(pdf, b"/Pattern cs /Pat scn BT /F 9 Tf <0001> Tj ET")


@fault("rgb-area")
def rgb_tiling_pattern(pdf):
    tile = pdf.make_stream(
        b"1 0 0 rg 0 0 3 3 re f", PatternType=1, PaintType=1, TilingType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9
    )
    tile.Resources = Dictionary()
    add_resource(pdf, "/Pattern", "/Pat", tile)
    draw(pdf, b"/Pattern cs /Pat scn 0 0 99 99 re f")


@fault("rgb-image")
def rgb_inline_image(pdf):
    draw(pdf, b"72 0 0 72 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /RGB ID abc\nEI")


@fault("rgb-image")
def rgb_indexed_image(pdf):
    add_resource(
        pdf, "/XObject", "/Q", create_image(pdf, space=Array([Name.Indexed, Name.DeviceRGB, 1, String("abcdef")]))
    )
    draw(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("rgb-blend-space")
def page_blend_space_rgb(pdf):
    pdf.pages[1].obj.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)


@fault("rgb-blend-space")
def form_blend_space_rgb(pdf):
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.Group = Dictionary(S=Name.Transparency, CS=Array([Name.ICCBased, pdf.make_stream(b"", N=3)]))
    add_resource(pdf, "/XObject", "/Form", form)
    draw(pdf, b"/Form Do")


@fault("rgb-image")
def rgb_image(pdf):
    add_resource(pdf, "/XObject", "/Q", create_image(pdf, space=Name.DeviceRGB))
    draw(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("low-resolution")
def image_of_72_ppi(pdf):
    draw(pdf, b"300 0 0 300 0 0 cm /P Do")


@fault("fair-resolution")
def image_of_200_ppi(pdf):
    draw(pdf, b"108 0 0 108 0 0 cm /P Do")


@fault("image-bits")
def image_of_16_bits(pdf):
    add_resource(pdf, "/XObject", "/Q", create_image(pdf, bits=16))
    draw(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("ink-colour")
def ink_coverage_of_400_percent(pdf):
    draw(pdf, b"1 1 1 1 k 0 0 9 9 re f")


@fault("rich-black-text")
def small_rich_black_text(pdf):
    draw(pdf, b"BT /F 9 Tf 0.6 0.4 0.4 1 k <0001> Tj ET")


@fault("spot-colour")
def spot_colour_gold(pdf):
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1)
    add_resource(pdf, "/ColorSpace", "/Gold", Array([Name.Separation, Name.Gold, Name.DeviceCMYK, tint]))
    draw(pdf, b"/Gold cs 1 scn 0 0 9 9 re f")


@fault("thin-line")
def hairline(pdf):
    draw(pdf, b"0.1 w 0 0 0 1 K 0 0 m 9 9 l S")


@fault("font-not-embedded", where="document")
def font_not_embedded(pdf):
    add_resource(
        pdf, "/Font", "/H", pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    )


@fault("font-type3", where="document")
def type3_font(pdf):
    add_resource(pdf, "/Font", "/T", pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type3)))


@fault("font-fallback", where="document")
def font_not_in_theme(pdf):
    pdf.docinfo["/Creator"] = "Weerslag"


@fault("annotations")
def link_annotation_in_print(pdf):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[9, 9, 99, 99], Contents=String("x"))
    pdf.pages[1].obj.Annots = Array([pdf.make_indirect(link)])


@fault("transparency")
def transparency_in_pdfx_1a(pdf):
    pdf.docinfo["/GTS_PDFXVersion"] = "PDF/X-1a:2003"
    add_resource(pdf, "/ExtGState", "/Thin", Dictionary(ca=0.5))
    draw(pdf, b"/Thin gs 0 0 0 1 k 0 0 9 9 re f")


@fault("scripts", where="document")
def script_on_opening(pdf):
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


@fault("form-fields", where="document")
def form_fields(pdf):
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("a")))]))


@fault("attachments", where="document")
def attached_file(pdf):
    pdf.attachments["a.txt"] = b"hidden"


@fault("layers", where="document")
def optional_content_layers(pdf):
    pdf.Root.OCProperties = Dictionary(OCGs=Array([]), D=Dictionary())


@fault("page-unreadable")
def truncated_content_stream(pdf):
    pdf.pages[1].contents_add(b"/Artifact BMC 1 0 rg")
    pdf.pages[1].contents_add(b"(x) w 0 0 9 re f")


@fault("not-tagged", where="document", purpose="screen")
def structure_tree_missing(pdf):
    del pdf.Root.StructTreeRoot


@fault("no-title", where="document", purpose="screen")
def title_missing(pdf):
    del pdf.docinfo["/Title"]


@fault("title-hidden", where="document", purpose="screen")
def display_doc_title_missing(pdf):
    del pdf.Root.ViewerPreferences


@fault("no-language", where="document", purpose="screen")
def language_missing(pdf):
    del pdf.Root.Lang


@fault("bad-language", where="document", purpose="screen")
def invalid_language(pdf):
    pdf.Root.Lang = String("Nederlands!")


@fault("not-pdfua", where="document", purpose="screen")
def pdfua_metadata_missing(pdf):
    del pdf.Root.Metadata


@fault("figure-no-alt", purpose="screen")
def figure_without_alt(pdf):
    add_element(pdf, "Figure", K=1)


@fault("figure-no-alt", purpose="screen")
def role_mapped_figure_without_alt(pdf):
    pdf.Root.StructTreeRoot.RoleMap = Dictionary(Plaatje=Name.Figure)
    add_element(pdf, "Plaatje", K=1)


@fault("formula-no-alt", purpose="screen")
def formula_without_alt(pdf):
    add_element(pdf, "Formula", K=1)


@fault("structure-empty", where="document", purpose="screen")
def structure_tree_empty(pdf):
    pdf.Root.StructTreeRoot.K = Array([])


@fault("page-unreadable", purpose="screen")
def truncated_content_stream_on_screen(pdf):
    truncated_content_stream(pdf)


@fault("font-not-embedded", where="document", purpose="screen")
def font_not_embedded_on_screen(pdf):
    font_not_embedded(pdf)


@fault("heading-skipped", purpose="screen")
def heading_level_skipped(pdf):
    add_element(pdf, "H3", K=1)


@fault("empty-heading", purpose="screen")
def heading_empty(pdf):
    add_element(pdf, "H2")


@fault("no-headings", where="document", purpose="screen")
def headings_missing(pdf):
    pdf.Root.StructTreeRoot.K[0].K[0].S = Name.P


@fault("table-no-headers", purpose="screen")
def table_without_headers(pdf):
    add_element(pdf, "TD", add_element(pdf, "TR", add_element(pdf, "Table")), K=1)


@fault("header-no-scope", purpose="screen")
def table_header_without_scope(pdf):
    add_element(pdf, "TH", add_element(pdf, "TR", add_element(pdf, "Table")), K=1)


@fault("table-row-outside", purpose="screen")
def table_row_without_table(pdf):
    add_element(pdf, "TR", K=1)


@fault("list-item-outside", purpose="screen")
def list_item_without_list(pdf):
    add_element(pdf, "LI", K=1)


@fault("nested-paragraph", purpose="screen")
def paragraph_nested(pdf):
    add_element(pdf, "P", add_element(pdf, "P"), K=1)


@fault("link-empty", purpose="screen")
def link_tag_empty(pdf):
    add_element(pdf, "Link")


@fault("annotation-no-alt", purpose="screen")
def link_annotation_without_text(pdf):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[9, 9, 99, 99])
    pdf.pages[1].obj.Annots = Array([pdf.make_indirect(link)])


@fault("tab-order", purpose="screen")
def wrong_tab_order(pdf):
    link_annotation_without_text(pdf)
    del pdf.pages[1].obj.Tabs


@fault("untagged-content", purpose="screen")
def untagged_line(pdf):
    pdf.pages[1].contents_add(b"0 0 0 1 K 0 0 m 9 9 l S")


@fault("only-picture", purpose="screen")
def scanned_page(pdf):
    pdf.pages[1].obj.Contents = pdf.make_stream(b"/Artifact BMC 72 0 0 72 0 0 cm /P Do EMC")


@fault("font-no-unicode", where="document", purpose="screen")
def font_without_unicode_map(pdf):
    del pdf.pages[0].obj.Resources.Font.F.ToUnicode


@fault("no-bookmarks", where="document", purpose="screen")
def bookmarks_missing(pdf):
    for _ in range(16):
        pdf.pages.append(pdf.pages[3])


def check(pdf, folder, purpose):
    file = folder / "proef.pdf"
    pdf.save(file, fix_metadata_version=False)
    return check_pdf(PreflightTask(pdf=str(file), purpose=purpose, external_tools=False)).findings


@pytest.mark.parametrize("purpose", ["print", "screen"])
def test_correct_file_has_no_findings(tmp_path, purpose):
    assert () == check(create_correct_pdf(), tmp_path, purpose)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_planted_fault_is_found_on_its_page(tmp_path, name):
    code, where, purpose, plant = FAULTS[name]
    pdf = create_correct_pdf()
    plant(pdf)

    found = {(one.code, one.where): one for one in check(pdf, tmp_path, purpose)}

    assert (code, where) in found
    assert found[code, where].message


def harmless_text_in_the_slug(pdf):
    write(pdf, b"100 -30 Td (Pagina 2, 13 juni) Tj")


def harmless_invisible_text(pdf):
    write(pdf, b"3 Tr 540 400 Td (tien letters) Tj")


def harmless_spaces_at_the_end_of_a_line(pdf):
    write(pdf, b"560 400 Td (eind                    ) Tj")


def harmless_lines_that_return(pdf):
    write(pdf, b"14 TL 500 400 Td (een regel) Tj T* (en nog een) Tj -400 -14 TD (derde) Tj")


def harmless_overprint_of_black(pdf):
    add_resource(pdf, "/ExtGState", "/Over", Dictionary(OP=True, OPM=1))
    draw(pdf, b"/Over gs 0 0 0 1 k 0 0 9 9 re f")


def harmless_white_after_overprint_ends(pdf):
    add_resource(pdf, "/ExtGState", "/Over", Dictionary(OP=True))
    draw(pdf, b"q /Over gs 0 0 0 1 k 0 0 9 9 re f Q 0 0 0 0 k 0 0 9 9 re f")


def harmless_crop_box_around_everything(pdf):
    pdf.pages[1].obj.CropBox = Array(MEDIA)


@pytest.mark.parametrize("name", sorted(name for name in globals() if name.startswith("harmless_")))
def test_what_is_no_fault_is_not_reported(tmp_path, name):
    pdf = create_correct_pdf()
    globals()[name](pdf)

    assert {"spot-colour"} >= {one.code for one in check(pdf, tmp_path, "print")}


def test_every_rule_has_a_planted_fault():
    """A correct file gives no findings, so each fault is found by its own rule."""
    sources = "".join(
        (RULES / f"{name}.py").read_text() for name in ("print_checks", "accessibility_checks", "ink_coverage")
    )
    codes = set(
        re.findall(
            r'[(]\s*"([a-z0-9]+(?:-[a-z0-9]+)+|annotations|transparency|rotated|encrypted|scripts|attachments|layers)", *\s*"(?:error|warning|info)"',
            sources,
        )
    )
    codes |= {f"rgb-{what}" for what in ("text", "line", "area")}
    tested_below = {"encrypted", "ink-coverage", "ink-not-measured"}

    assert codes - tested_below == {code for code, *_ in FAULTS.values()}
    assert 55 <= len(codes)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "Ghostscript is not installed"),
        pytest.param(None, "Ghostscript failed", marks=pytest.mark.external),
    ],
)
def test_missing_ink_measurement_is_reported(tmp_path, monkeypatch, path, reason):
    create_correct_pdf().save(tmp_path / "a.pdf")  # with invalid images, at which Ghostscript fails
    if path is not None:
        monkeypatch.setenv("PATH", path)
    else:
        monkeypatch.setattr(ink_coverage, "_TIMEOUT_S", 0.001)

    found = {one.code: one for one in check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="print")).findings}

    assert reason in found["ink-not-measured"].message


def test_password_protected_file_is_an_error(tmp_path):
    create_correct_pdf().save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))

    with pytest.raises(MagazineError, match="password-protected"):
        check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf")))


def test_encrypted_file_without_password_is_reported(tmp_path):
    create_correct_pdf().save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="a", user=""))

    found = check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="print", external_tools=False)).findings

    assert "encrypted" in {one.code for one in found}


def test_recursive_form_does_not_loop(tmp_path):
    pdf = create_correct_pdf()
    form = pdf.make_stream(b"0 1 0 rg 0 0 9 9 re f /Form Do", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.Resources = Dictionary(XObject=Dictionary(Form=form))
    add_resource(pdf, "/XObject", "/Form", form)
    draw(pdf, b"/Form Do")

    assert "rgb-area" in {one.code for one in check(pdf, tmp_path, "print")}


def test_cyclic_structure_tree_does_not_loop(tmp_path):
    pdf = create_correct_pdf()
    document = pdf.Root.StructTreeRoot.K[0]
    document.K.append(document)

    assert () == check(pdf, tmp_path, "screen")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_file_causes_findings_or_an_error_without_traceback(tmp_path, data):
    buffer = BytesIO()
    create_correct_pdf().save(buffer, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.pdf").write_bytes(raw[: data.draw(st.integers(0, len(raw)))])

    with suppress(MagazineError):
        check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="both", external_tools=False))


def test_print_edition_passes(print_edition):
    report = check_pdf(PreflightTask(pdf=str(print_edition[0])))

    assert "print" == report.purpose
    assert {"low-resolution"} >= {one.code for one in report.findings}  # the test's own pictures are small


def test_screen_edition_passes(screen_edition):
    report = check_pdf(PreflightTask(pdf=str(screen_edition[0])))

    assert ("screen", ()) == (report.purpose, report.findings)


@pytest.mark.external
def test_ink_coverage_includes_pictures(tmp_path):
    buffer = BytesIO()
    Image.new("CMYK", (50, 50), (255, 255, 255, 255)).save(buffer, "PDF")
    (tmp_path / "a.pdf").write_bytes(buffer.getvalue())

    found = {one.code: one for one in check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="print")).findings}

    assert "Total ink coverage 400%" in found["ink-coverage"].message


@pytest.mark.external
def test_verapdf_violations_are_reported(tmp_path):
    create_correct_pdf().save(tmp_path / "a.pdf")

    found = check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="screen")).findings

    assert any(one.code.startswith("verapdf-7") for one in found)
    assert [] == list(Path("/tmp").glob("tmp_pdf_file*"))  # where Java would leave copies of documents


def test_findings_of_the_renderer_are_in_the_report_and_errors_come_first(tmp_path):
    create_correct_pdf().save(tmp_path / "a.pdf")
    overflow = Finding(code="layout", severity="warning", where="page 3", message="text overflows")
    boxes = Finding(code="missing-glyph", severity="error", where="pages 4–6", message="no font has these characters")
    task = PreflightTask(
        pdf=str(tmp_path / "a.pdf"), purpose="screen", external_tools=False, layout_findings=(overflow, boxes)
    )

    found = [one for one in check_pdf(task).findings if one.code in ("missing-glyph", "layout")]

    assert [boxes, overflow] == found


def test_command_prints_json_and_exits_with_4(tmp_path):
    pdf = create_correct_pdf()
    rgb_text(pdf)
    pdf.save(tmp_path / "a.pdf", fix_metadata_version=False)

    result = CliRunner().invoke(weerslag, ["preflight", "--quick", "--for", "print", "--json", str(tmp_path / "a.pdf")])

    (finding,) = json.loads(result.stdout)
    assert ("rgb-text", "error", "page 2") == (finding["code"], finding["severity"], finding["where"])
    assert {"code", "severity", "where", "message", "hint"} == set(finding)
    assert 4 == result.exit_code


def test_command_prints_page_and_message(tmp_path):
    pdf = create_correct_pdf()
    rgb_text(pdf)
    pdf.save(tmp_path / "a.pdf", fix_metadata_version=False)

    result = CliRunner().invoke(weerslag, ["preflight", "--quick", "--for", "print", str(tmp_path / "a.pdf")])

    assert "page 2: error: Text in RGB; the press converts it to other colours" in result.stdout
    assert "1 error" in result.stderr


def test_page_numbers_are_formatted_as_ranges():
    assert ["document", "page 4", "pages 1–3, 7"] == [format_pages(()), format_pages([4]), format_pages([7, 1, 2, 3])]


@pytest.mark.external
def test_ink_of_an_edge_is_no_area(tmp_path):
    buffer, image = BytesIO(), Image.new("CMYK", (300, 300), (90, 90, 90, 0))
    image.paste((255, 255, 255, 255), (150, 0, 152, 300))  # 0.7 mm
    image.save(buffer, "PDF")
    (tmp_path / "a.pdf").write_bytes(buffer.getvalue())

    report = check_pdf(PreflightTask(pdf=str(tmp_path / "a.pdf"), purpose="print"))

    assert "ink-coverage" not in {one.code for one in report.findings}
