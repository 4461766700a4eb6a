"""The preflight: one fault is planted in a file that was in order, and it is told by its code and with its page."""

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
from pipeline.preflight import PreflightJob, ink_coverage, preflight
from pipeline.preflight.findings import place

A4 = [0, 0, 595.276, 841.89]
BLEED = [-8.504, -8.504, 603.78, 850.394]
MEDIA = [-36.85, -36.85, 632.126, 878.74]
FAULTS = {}
RULES = Path(__file__).parents[2] / "pipeline/preflight"


def fault(code, *, where="page 2", purpose="print"):
    def planted(function):
        FAULTS[function.__name__] = (code, where, purpose, function)
        return function

    return planted


def font(pdf):
    inside = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor, FontName=Name("/AAAAAA+Proef"), FontFile2=pdf.make_stream(b"no real font at all")
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


def picture(pdf, space=Name.DeviceCMYK, width=300, height=300, bits=8):
    return pdf.make_stream(
        b"\0" * 16,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        BitsPerComponent=bits,
        ColorSpace=space,
    )


def good():
    """Four pages that a printer takes and a screen reader reads."""
    pdf = pikepdf.new()
    letters = font(pdf)
    elements = []
    document = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, K=Array([])))
    for number in range(4):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.MediaBox, page.obj.BleedBox, page.obj.TrimBox = Array(MEDIA), Array(BLEED), Array(A4)
        page.obj.Resources = Dictionary(Font=Dictionary(F=letters), XObject=Dictionary(P=picture(pdf)))
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


def drawn(pdf, extra, page=1):
    pdf.pages[page].contents_add(b"/Artifact BMC q " + extra + b" Q EMC")


def added(pdf, kind, name, value, page=1):
    resources = pdf.pages[page].obj.Resources
    if kind not in resources:
        resources[kind] = Dictionary()
    resources[kind][name] = value


def element(pdf, tag, parent=None, **more):
    root = parent if parent is not None else pdf.Root.StructTreeRoot.K[0]
    made = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{tag}"), P=root, Pg=pdf.pages[1].obj, **more))
    if "/K" not in root:
        root.K = Array([])
    root.K.append(made)
    return made


# ---------------------------------------------------------------------------------------------------------------- for the press


@fault("no-intent", where="document")
def no_output_intent(pdf):
    del pdf.Root.OutputIntents


@fault("many-intents", where="document")
def two_output_intents(pdf):
    pdf.Root.OutputIntents.append(pdf.Root.OutputIntents[0])


@fault("intent-not-cmyk", where="document")
def an_intent_for_the_screen(pdf):
    pdf.Root.OutputIntents[0].DestOutputProfile.N = 3


@fault("intent-empty", where="document")
def an_intent_that_says_nothing(pdf):
    pdf.Root.OutputIntents = Array([Dictionary(S=Name.GTS_PDFX)])


@fault("not-pdfx", where="document")
def no_claim_to_be_pdfx(pdf):
    del pdf.Root.Metadata


@fault("trapped-unknown", where="document")
def trapping_is_not_told(pdf):
    del pdf.docinfo["/Trapped"]


@fault("pages-odd", where="document")
def three_pages(pdf):
    del pdf.pages[3]


@fault("no-trim")
def no_trim_box(pdf):
    del pdf.pages[1].obj.TrimBox


@fault("no-bleed")
def two_millimetres_of_bleed(pdf):
    pdf.pages[1].obj.BleedBox = Array([-5.6, -5.6, 600.9, 847.5])


@fault("boxes-nest")
def a_bleed_beyond_the_paper(pdf):
    pdf.pages[1].obj.MediaBox = Array(A4)


@fault("sizes-differ")
def one_page_in_another_size(pdf):
    pdf.pages[1].obj.TrimBox = Array([20, 20, 500, 700])


@fault("rotated")
def one_page_turned(pdf):
    pdf.pages[1].obj.Rotate = 90


@fault("marks-inside")
def crop_marks_in_the_bleed(pdf):
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1)
    added(pdf, "/ColorSpace", "/All", Array([Name.Separation, Name.All, Name.DeviceCMYK, tint]))
    drawn(pdf, b"/All CS 1 SCN 0 -20 m 0 -4 l S")


@fault("rgb-area")
def an_area_in_rgb(pdf):
    drawn(pdf, b"1 0 0 rg 0 0 9 9 re f")


@fault("rgb-line")
def a_line_in_rgb(pdf):
    drawn(pdf, b"1 0 0 RG 0 0 m 9 9 l S")


@fault("rgb-text")
def a_word_in_rgb(pdf):
    drawn(pdf, b"BT /F 9 Tf 0 0 1 rg <0001> Tj ET")


@fault("rgb-area")
def rgb_hidden_in_a_form(pdf):
    form = pdf.make_stream(b"0 1 0 rg 0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    added(pdf, "/XObject", "/Form", form)
    drawn(pdf, b"/Form Do")


@fault("rgb-area")
def rgb_by_a_profile(pdf):
    added(pdf, "/ColorSpace", "/Light", Array([Name.ICCBased, pdf.make_stream(b"", N=3)]))
    drawn(pdf, b"/Light cs 1 0 0 scn 0 0 9 9 re f")


def gradient(space):
    colours = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0, 0, 0], C1=[1, 1, 1], N=1)
    return Dictionary(ShadingType=2, ColorSpace=space, Coords=[0, 0, 9, 9], Function=colours)


@fault("rgb-area")
def a_gradient_in_rgb(pdf):
    added(pdf, "/Shading", "/Sh", gradient(Name.DeviceRGB))
    drawn(pdf, b"0 0 9 9 re W n /Sh sh")


@fault("rgb-text")
def letters_filled_with_a_gradient_in_rgb(pdf):
    added(pdf, "/Pattern", "/Pat", Dictionary(PatternType=2, Shading=gradient(Name.DeviceRGB)))
    drawn(pdf, b"/Pattern cs /Pat scn BT /F 9 Tf <0001> Tj ET")


@fault("rgb-area")
def rgb_in_a_pattern(pdf):
    tile = pdf.make_stream(
        b"1 0 0 rg 0 0 3 3 re f", PatternType=1, PaintType=1, TilingType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9
    )
    tile.Resources = Dictionary()
    added(pdf, "/Pattern", "/Pat", tile)
    drawn(pdf, b"/Pattern cs /Pat scn 0 0 99 99 re f")


@fault("rgb-picture")
def a_picture_in_rgb_written_in_the_page_itself(pdf):
    drawn(pdf, b"72 0 0 72 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /RGB ID abc\nEI")


@fault("rgb-picture")
def a_picture_with_a_palette_in_rgb(pdf):
    added(pdf, "/XObject", "/Q", picture(pdf, space=Array([Name.Indexed, Name.DeviceRGB, 1, String("abcdef")])))
    drawn(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("rgb-mixing")
def transparency_that_is_mixed_in_rgb(pdf):
    pdf.pages[1].obj.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)


@fault("rgb-mixing")
def a_form_that_is_mixed_in_rgb(pdf):
    form = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.Group = Dictionary(S=Name.Transparency, CS=Array([Name.ICCBased, pdf.make_stream(b"", N=3)]))
    added(pdf, "/XObject", "/Form", form)
    drawn(pdf, b"/Form Do")


@fault("rgb-picture")
def a_picture_in_rgb(pdf):
    added(pdf, "/XObject", "/Q", picture(pdf, space=Name.DeviceRGB))
    drawn(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("picture-coarse")
def a_picture_of_seventy_two_pixels_to_the_inch(pdf):
    drawn(pdf, b"300 0 0 300 0 0 cm /P Do")


@fault("picture-soft")
def a_picture_of_two_hundred_pixels_to_the_inch(pdf):
    drawn(pdf, b"108 0 0 108 0 0 cm /P Do")


@fault("picture-deep")
def a_picture_of_sixteen_bits(pdf):
    added(pdf, "/XObject", "/Q", picture(pdf, bits=16))
    drawn(pdf, b"72 0 0 72 0 0 cm /Q Do")


@fault("ink-colour")
def a_black_of_four_full_inks(pdf):
    drawn(pdf, b"1 1 1 1 k 0 0 9 9 re f")


@fault("black-text")
def small_text_in_rich_black(pdf):
    drawn(pdf, b"BT /F 9 Tf 0.6 0.4 0.4 1 k <0001> Tj ET")


@fault("spot-colour")
def a_plate_of_gold(pdf):
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[0] * 4, C1=[1] * 4, N=1)
    added(pdf, "/ColorSpace", "/Gold", Array([Name.Separation, Name.Gold, Name.DeviceCMYK, tint]))
    drawn(pdf, b"/Gold cs 1 scn 0 0 9 9 re f")


@fault("thin-line")
def a_hairline(pdf):
    drawn(pdf, b"0.1 w 0 0 0 1 K 0 0 m 9 9 l S")


@fault("font-outside", where="document")
def a_font_that_is_not_embedded(pdf):
    added(
        pdf, "/Font", "/H", pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    )


@fault("font-drawn", where="document")
def a_font_of_drawings(pdf):
    added(pdf, "/Font", "/T", pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type3)))


@fault("font-strange", where="document")
def a_font_that_our_theme_does_not_name(pdf):
    pdf.docinfo["/Creator"] = "Weerslag"


@fault("annotations")
def a_link_on_a_printed_page(pdf):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[9, 9, 99, 99], Contents=String("x"))
    pdf.pages[1].obj.Annots = Array([pdf.make_indirect(link)])


@fault("transparency")
def transparency_in_an_old_pdfx(pdf):
    pdf.docinfo["/GTS_PDFXVersion"] = "PDF/X-1a:2003"
    added(pdf, "/ExtGState", "/Thin", Dictionary(ca=0.5))
    drawn(pdf, b"/Thin gs 0 0 0 1 k 0 0 9 9 re f")


@fault("scripts", where="document")
def a_script_that_runs_on_opening(pdf):
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


@fault("form-fields", where="document")
def a_form_to_fill_in(pdf):
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("a")))]))


@fault("attachments", where="document")
def a_file_inside_the_file(pdf):
    pdf.attachments["a.txt"] = b"hidden"


@fault("layers", where="document")
def layers(pdf):
    pdf.Root.OCProperties = Dictionary(OCGs=Array([]), D=Dictionary())


@fault("page-broken")
def a_page_that_breaks_off(pdf):
    pdf.pages[1].contents_add(b"/Artifact BMC 1 0 rg")
    pdf.pages[1].contents_add(b"(x) w 0 0 9 re f")


# ------------------------------------------------------------------------------------------------------------------ for readers


@fault("not-tagged", where="document", purpose="screen")
def no_tags(pdf):
    del pdf.Root.StructTreeRoot


@fault("no-title", where="document", purpose="screen")
def no_title(pdf):
    del pdf.docinfo["/Title"]


@fault("title-hidden", where="document", purpose="screen")
def the_name_of_the_file_in_the_window(pdf):
    del pdf.Root.ViewerPreferences


@fault("no-language", where="document", purpose="screen")
def no_language(pdf):
    del pdf.Root.Lang


@fault("bad-language", where="document", purpose="screen")
def a_language_that_is_none(pdf):
    pdf.Root.Lang = String("Nederlands!")


@fault("not-pdfua", where="document", purpose="screen")
def no_claim_to_be_accessible(pdf):
    del pdf.Root.Metadata


@fault("figure-untold", purpose="screen")
def a_picture_without_words(pdf):
    element(pdf, "Figure", K=1)


@fault("figure-untold", purpose="screen")
def a_picture_under_another_name_without_words(pdf):
    pdf.Root.StructTreeRoot.RoleMap = Dictionary(Plaatje=Name.Figure)
    element(pdf, "Plaatje", K=1)


@fault("formula-untold", purpose="screen")
def a_formula_without_words(pdf):
    element(pdf, "Formula", K=1)


@fault("tree-empty", where="document", purpose="screen")
def tags_that_hold_nothing(pdf):
    pdf.Root.StructTreeRoot.K = Array([])


@fault("page-broken", purpose="screen")
def a_page_that_breaks_off_on_screen(pdf):
    a_page_that_breaks_off(pdf)


@fault("font-outside", where="document", purpose="screen")
def a_font_that_is_not_embedded_on_screen(pdf):
    a_font_that_is_not_embedded(pdf)


@fault("heading-skips", purpose="screen")
def a_heading_that_skips_a_level(pdf):
    element(pdf, "H3", K=1)


@fault("empty-heading", purpose="screen")
def an_empty_heading(pdf):
    element(pdf, "H2")


@fault("no-headings", where="document", purpose="screen")
def no_heading_at_all(pdf):
    pdf.Root.StructTreeRoot.K[0].K[0].S = Name.P


@fault("table-headless", purpose="screen")
def a_table_without_heads(pdf):
    element(pdf, "TD", element(pdf, "TR", element(pdf, "Table")), K=1)


@fault("table-unheaded", purpose="screen")
def a_head_that_heads_nothing(pdf):
    element(pdf, "TH", element(pdf, "TR", element(pdf, "Table")), K=1)


@fault("row-broken", purpose="screen")
def a_row_without_a_table(pdf):
    element(pdf, "TR", K=1)


@fault("list-broken", purpose="screen")
def an_item_without_a_list(pdf):
    element(pdf, "LI", K=1)


@fault("nested-paragraph", purpose="screen")
def a_paragraph_in_a_paragraph(pdf):
    element(pdf, "P", element(pdf, "P"), K=1)


@fault("link-empty", purpose="screen")
def a_link_around_nothing(pdf):
    element(pdf, "Link")


@fault("link-untold", purpose="screen")
def a_link_that_says_nothing(pdf):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[9, 9, 99, 99])
    pdf.pages[1].obj.Annots = Array([pdf.make_indirect(link)])


@fault("tab-order", purpose="screen")
def a_tab_key_that_jumps(pdf):
    a_link_that_says_nothing(pdf)
    del pdf.pages[1].obj.Tabs


@fault("loose-content", purpose="screen")
def a_line_that_is_neither_text_nor_decoration(pdf):
    pdf.pages[1].contents_add(b"0 0 0 1 K 0 0 m 9 9 l S")


@fault("only-picture", purpose="screen")
def a_scanned_page(pdf):
    pdf.pages[1].obj.Contents = pdf.make_stream(b"/Artifact BMC 72 0 0 72 0 0 cm /P Do EMC")


@fault("font-unreadable", where="document", purpose="screen")
def letters_that_cannot_be_read_back(pdf):
    del pdf.pages[0].obj.Resources.Font.F.ToUnicode


@fault("no-bookmarks", where="document", purpose="screen")
def a_long_document_without_bookmarks(pdf):
    for _ in range(16):
        pdf.pages.append(pdf.pages[3])


def looked_at(pdf, folder, purpose):
    file = folder / "proef.pdf"
    pdf.save(file, fix_metadata_version=False)
    return preflight(PreflightJob(pdf=str(file), purpose=purpose, tools=False)).findings


@pytest.mark.parametrize("purpose", ["print", "screen"])
def test_a_file_in_order_is_told_to_be_in_order(tmp_path, purpose):
    assert () == looked_at(good(), tmp_path, purpose)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_planted_fault_is_found_where_it_stands(tmp_path, name):
    code, where, purpose, plant = FAULTS[name]
    pdf = good()
    plant(pdf)

    found = {(one.code, one.where): one for one in looked_at(pdf, tmp_path, purpose)}

    assert (code, where) in found
    assert found[code, where].message


def test_every_rule_has_a_fault_that_was_planted_for_it():
    """A file in order gives no finding at all, so a fault that is found is found by its rule: without it, its test fails."""
    sources = "".join((RULES / f"{name}.py").read_text() for name in ("paper", "access", "plates"))
    codes = set(
        re.findall(
            r'[(]\s*"([a-z]+(?:-[a-z]+)+|annotations|transparency|rotated|encrypted|scripts|attachments|layers)", *\s*"(?:error|warning|info)"',
            sources,
        )
    )
    codes |= {f"rgb-{what}" for what in ("text", "line", "area")}
    elsewhere = {"encrypted", "ink-measured", "ink-unmeasured"}  # in tests of their own, below

    assert codes - elsewhere == {code for code, *_ in FAULTS.values()}
    assert 55 <= len(codes)


@pytest.mark.parametrize(("path", "told"), [("", "pictures were not measured"), (None, "could not draw it")])
def test_ink_that_could_not_be_measured_is_said_so(tmp_path, monkeypatch, path, told):
    good().save(tmp_path / "a.pdf")  # its pictures are none, which Ghostscript minds
    if path is not None:
        monkeypatch.setenv("PATH", path)
    else:
        monkeypatch.setattr(ink_coverage, "_DEADLINE_S", 0.001)

    found = {one.code: one for one in preflight(PreflightJob(pdf=str(tmp_path / "a.pdf"), purpose="print")).findings}

    assert told in found["ink-unmeasured"].message


# -------------------------------------------------------------------------------------------------------- hostile and broken files


def test_a_locked_file_is_told_in_a_sentence(tmp_path):
    good().save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))

    with pytest.raises(MagazineError, match="locked with a password"):
        preflight(PreflightJob(pdf=str(tmp_path / "a.pdf")))


def test_an_encrypted_file_that_opens_is_told(tmp_path):
    good().save(tmp_path / "a.pdf", encryption=pikepdf.Encryption(owner="a", user=""))

    found = preflight(PreflightJob(pdf=str(tmp_path / "a.pdf"), purpose="print", tools=False)).findings

    assert "encrypted" in {one.code for one in found}


def test_a_form_that_draws_itself_ends(tmp_path):
    pdf = good()
    form = pdf.make_stream(b"0 1 0 rg 0 0 9 9 re f /Form Do", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    form.Resources = Dictionary(XObject=Dictionary(Form=form))
    added(pdf, "/XObject", "/Form", form)
    drawn(pdf, b"/Form Do")

    assert "rgb-area" in {one.code for one in looked_at(pdf, tmp_path, "print")}


def test_a_structure_that_bites_its_tail_ends(tmp_path):
    pdf = good()
    document = pdf.Root.StructTreeRoot.K[0]
    document.K.append(document)

    assert () == looked_at(pdf, tmp_path, "screen")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_findings_or_a_sentence_and_never_a_traceback(tmp_path, data):
    held = BytesIO()
    good().save(held, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    raw = bytearray(held.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.pdf").write_bytes(raw[: data.draw(st.integers(0, len(raw)))])

    with suppress(MagazineError):
        preflight(PreflightJob(pdf=str(tmp_path / "a.pdf"), purpose="both", tools=False))


# ------------------------------------------------------------------------------------------------------- our own files, the tools


def test_our_own_paper_edition_is_ready_for_the_press(paper):
    report = preflight(PreflightJob(pdf=str(paper[0])))

    assert "print" == report.purpose
    assert {"picture-coarse"} >= {one.code for one in report.findings}  # the test's own pictures are small


def test_our_own_screen_edition_can_be_read_aloud(magazine):
    report = preflight(PreflightJob(pdf=str(magazine[0])))

    assert ("screen", ()) == (report.purpose, report.findings)


def test_ink_is_measured_on_pictures_too(tmp_path):
    held = BytesIO()
    Image.new("CMYK", (50, 50), (255, 255, 255, 255)).save(held, "PDF")
    (tmp_path / "a.pdf").write_bytes(held.getvalue())

    found = {one.code: one for one in preflight(PreflightJob(pdf=str(tmp_path / "a.pdf"), purpose="print")).findings}

    assert "400% of ink" in found["ink-measured"].message


def test_verapdf_tells_the_rules_that_are_broken(tmp_path):
    good().save(tmp_path / "a.pdf")

    found = preflight(PreflightJob(pdf=str(tmp_path / "a.pdf"), purpose="screen")).findings

    assert any(one.code.startswith("verapdf-7") for one in found)


def test_the_command_prints_a_list_and_stops_with_the_code_of_a_gate(tmp_path):
    pdf = good()
    a_word_in_rgb(pdf)
    pdf.save(tmp_path / "a.pdf", fix_metadata_version=False)

    told = CliRunner().invoke(weerslag, ["preflight", "--quick", "--for", "print", "--json", str(tmp_path / "a.pdf")])

    (finding,) = json.loads(told.stdout)
    assert ("rgb-text", "error", "page 2") == (finding["code"], finding["severity"], finding["where"])
    assert {"code", "severity", "where", "message", "hint"} == set(finding)
    assert 4 == told.exit_code


def test_the_command_says_in_words_where_and_what(tmp_path):
    pdf = good()
    a_word_in_rgb(pdf)
    pdf.save(tmp_path / "a.pdf", fix_metadata_version=False)

    told = CliRunner().invoke(weerslag, ["preflight", "--quick", "--for", "print", str(tmp_path / "a.pdf")])

    assert "page 2: error: text is in RGB, which the press turns into other inks" in told.stdout
    assert "1 error" in told.stderr


def test_pages_are_named_as_people_name_them():
    assert ["document", "page 4", "pages 1–3, 7"] == [place(()), place([4]), place([7, 1, 2, 3])]
