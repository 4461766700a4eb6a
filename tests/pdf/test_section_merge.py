"""Merging of sections: links, bookmarks, structure and fonts of the merged PDF."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from pipeline.errors import MagazineError
from pipeline.pdf.section_merge import merge_sections
from pipeline.pdf.tasks import Bookmark, MergeSectionsTask, SectionPdf, UnpackFontTask
from pipeline.pdf.woff2_fonts import unpack_font

FONTS = Path(__file__).parents[2] / "templates/fonts"


@pytest.fixture(scope="module")
def screen(screen_edition):
    with pikepdf.open(screen_edition[0]) as pdf:
        yield pdf


def test_contents_lines_link_to_their_articles(screen, programme):
    places = dict(zip(*[iter(screen.Root.Names.Dests.Names)] * 2, strict=True))
    number = {page.obj.objgen: place for place, page in enumerate(screen.pages, 1)}
    links = [note for page in screen.pages for note in page.obj.get("/Annots", []) if "/Dest" in note]
    targets = {str(note.Contents): number[places[note.Dest][0].objgen] for note in links}

    for one in (*programme.events, *programme.stories):
        text = _extract_text(screen.filename, targets[one.title])
        assert (getattr(one, "theme", "") or one.title).split()[0] in text
    assert not any("weerslag.invalid" in str(note) for page in screen.pages for note in page.obj.get("/Annots", []))


def _extract_text(file, number):
    command = ["pdftotext", "-f", str(number), "-l", str(number), str(file), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_headings_of_all_sections_become_bookmarks_below_their_event(screen, programme):
    with screen.open_outline() as outline:
        (cover,) = outline.root
        headings = {str(item.title): [str(child.title) for child in item.children] for item in cover.children}

    assert "Ambtenaar van Nu" == str(cover.title).replace("\u00a0", " ")
    assert {"Burger centraal", "Welvaart dichtbij", "Wat een gesprek achterlaat"} <= set(headings)
    questions = [one.question for one in programme.reflections if one.event == "burger-centraal"]
    assert ["Burger centraal", *questions] == headings["Burger centraal"]  # the episode, then the tables


def test_each_font_and_each_picture_is_embedded_once(screen):
    fonts = {
        one.objgen: str(one.BaseFont) for one in screen.objects if _is(one, "/Type", "/Font") and "/ToUnicode" in one
    }
    raw = [
        one.read_raw_bytes()
        for one in screen.objects
        if isinstance(one, pikepdf.Stream) and _is(one, "/Subtype", "/Image")
    ]

    assert len(set(fonts.values())) == len(fonts)
    assert len(set(raw)) == len(raw)


def _is(one, key, value):
    return isinstance(one, pikepdf.Dictionary | pikepdf.Stream) and one.get(key) == value


def test_merged_font_has_same_outlines_and_widths_as_theme_font(screen, editions):
    """Compare with fontTools, also composite glyphs such as i."""
    names = {
        "Source-Serif-4,": "SourceSerif4-Regular",
        "Source-Serif-4-Semi-Bold": "SourceSerif4-Semibold",
        "Source-Serif-4-Italic": "SourceSerif4-It",
        "Source-Sans-3,": "SourceSans3-Regular",
        "Source-Sans-3-Semi-Bold": "SourceSans3-Semibold",
    }
    compared = 0
    for one in screen.objects:
        if not _is(one, "/Subtype", "/Type0"):
            continue
        descendant = one.DescendantFonts[0]
        merged = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
        original = TTFont(FONTS / f"{names[str(one.BaseFont).partition('+')[2]]}.ttf.woff2")
        glyphs, original_glyphs = merged.getGlyphSet(), original.getGlyphSet()
        for glyph, row in zip(list(descendant.W)[::2], list(descendant.W)[1::2], strict=True):
            drawn, expected = (
                record_outline(those, font.getGlyphName(int(glyph)))
                for those, font in ((glyphs, merged), (original_glyphs, original))
            )
            assert expected == drawn
            width = original["hmtx"][original.getGlyphName(int(glyph))][0] * 1000 / original["head"].unitsPerEm
            assert float(row[0]) == pytest.approx(width, abs=1)
            compared += 1

    assert compared > 150


def record_outline(glyphs, name):
    """Return the outline of a glyph with its components resolved and its points rounded."""
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    return [(what, tuple(point and tuple(map(round, point)) for point in points)) for what, points in pen.value]


def test_heading_of_same_level_in_next_section_becomes_sibling(tmp_path, screen_edition):
    bookmarks = [
        Bookmark(title=title, level=level, page=0, left_pt=0, top_pt=800) for title, level in (("A", 1), ("B", 2))
    ]
    with pikepdf.open(screen_edition[0]) as pdf, pikepdf.new() as one:
        one.pages.append(pdf.pages[0])
        one.save(tmp_path / "one.pdf")
    sections = tuple(SectionPdf(pdf=str(tmp_path / "one.pdf"), pages=1, bookmarks=tuple(bookmarks)) for _ in range(2))
    merge_sections(MergeSectionsTask(sections=sections, titles={}, out=str(tmp_path / "two.pdf")))

    with pikepdf.open(tmp_path / "two.pdf") as pdf, pdf.open_outline() as outline:
        assert [("A", ["B"]), ("A", ["B"])] == [
            (str(item.title), [str(child.title) for child in item.children]) for item in outline.root
        ]


def test_merge_of_no_sections_is_an_error(tmp_path):
    with pytest.raises(MagazineError, match="no pages"):
        merge_sections(MergeSectionsTask(sections=(), titles={}, out=str(tmp_path / "a.pdf")))


def test_invalid_woff2_font_is_an_error(tmp_path):
    (tmp_path / "a.woff2").write_bytes(b"wOF2 and then nothing")

    with pytest.raises(MagazineError, match="not a WOFF 2 font"):
        unpack_font(UnpackFontTask(font=str(tmp_path / "a.woff2"), out=str(tmp_path / "b")))
