"""The magazine in quires: laid out side by side, kept, and bound so that nobody can tell."""

import io
import json
import re
import subprocess
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from pipeline.builder.editions import pdfs
from pipeline.builder.pagination import Layout, arranged, laid_out
from pipeline.builder.task_runner import Making, Talk
from pipeline.cache import Store
from pipeline.errors import MagazineError
from pipeline.magazine.sections import QuireText, Texts, texts_of
from pipeline.model import from_plain, to_plain
from pipeline.pdf import Bookmark, PdfFacts, PdfJob, UnpackJob, unpack_font
from pipeline.pdf.print_files import BindJob, Quire, bind
from pipeline.pdf.reader import read_pdf
from tests.magazine.conftest import Inside

FONTS = Path(__file__).parents[2] / "templates/fonts"
PROFILE = Path(__file__).parents[2] / "templates/magazine/profiles/ISOcoated_v2_300_bas.icc"


@pytest.fixture(scope="module")
def screen(magazine):
    with pikepdf.open(magazine[0]) as pdf:
        yield pdf


def quire(name, pages=1, **also) -> QuireText:
    return QuireText(name=name, html="", pages=pages, **also)


def planned(quires, multiple_of=1):
    texts = Texts(style="", quires=tuple(quires), notes=quire("notes"), titles={})
    return [(one.text.name, one.first) for one in arranged(texts, lambda text: text.pages, multiple_of)]


def test_a_page_for_notes_stands_before_an_opening_that_would_fall_on_the_right():
    assert [("a", 1), ("b", 2)] == planned([quire("a"), quire("b", left=True)])
    assert [("a", 1), ("notes-3", 3), ("b", 4)] == planned([quire("a", 2), quire("b", left=True)])


def test_pages_for_notes_fill_the_sheet_before_the_colophon():
    assert [("a", 1), ("notes-2", 2), ("b", 3), ("c", 4)] == planned(
        [quire("a"), quire("b", last=True), quire("c", left=True, last=True)], 4
    )


@given(
    st.lists(st.builds(quire, st.uuids().map(str), st.integers(1, 5), left=st.booleans()), min_size=1, max_size=9),
    st.sampled_from([1, 2, 4]),
)
def test_whatever_the_quires_each_stands_once_in_order_and_openings_stand_left(quires, multiple_of):
    plan = planned(quires, multiple_of)

    assert [one.name for one in quires] == [name for name, _ in plan if not name.startswith("notes")]
    assert all(dict(plan)[one.name] % 2 == 0 for one in quires if one.left)
    sizes = {one.name: one.pages for one in quires}
    last, first = plan[-1]
    assert 0 == (first - 1 + sizes.get(last, 1)) % multiple_of
    assert all(one + sizes.get(name, 1) == two for (name, one), (_, two) in pairwise(plan))


def test_a_word_in_one_reflection_lays_out_its_own_page_only_and_binds_what_a_build_from_nothing_would(
    programme, releases, bench, editions, theme, tmp_path
):
    first, *others = programme.reflections
    text = first.text_md.replace("een brief schrijft", "een mail schrijft", 1)
    edited = replace(programme, reflections=(replace(first, text_md=text), *others))
    steps = []
    again = replace(bench, making=_making(bench, bench.making.store.folder, tmp_path / "a", steps))
    anew = replace(bench, making=_making(bench, tmp_path / "store", tmp_path / "b", []))
    anew.making.pool = Wide()  # many guesses are under way at a time, and some turn out wrong
    for sha256 in bench.pictures.objects.values():
        place = anew.making.store.path_of(sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bench.making.store.path_of(sha256).read_bytes())

    made = pdfs(edited, releases, programme.magazine, again)

    assert {
        "laid out ambtenaar-van-nu.pdf: event-burger-centraal-1",
        "laid out ambtenaar-van-nu-print.pdf: event-burger-centraal-1",
        "bound ambtenaar-van-nu.pdf",
        "bound ambtenaar-van-nu-print.pdf",
    } == {f"{step.kind} {step.subject}" for step in steps if step.kind != "kept"}
    assert made == pdfs(edited, releases, programme.magazine, anew)


class Wide(Inside):
    """Takes many quires at a time."""

    width = 5


class Moody(Executor):
    """Lays out nothing: a page that tells page 2 is two pages long, so that what it told is page 3; and then one."""

    def submit(self, fn, /, task):
        job = from_plain(PdfJob, json.loads(task)["job"])
        Path(job.out).write_bytes(b"")
        facts = PdfFacts(pages=2 if "page 2" in Path(job.html).read_text() else 1)
        done = Future()
        done.set_result(json.dumps(to_plain(facts)))
        return done


def test_page_numbers_that_never_come_to_rest_are_told(tmp_path):
    asking = QuireText(name="contents", html='<p id="a">page \ufdd0b\ufdd1</p>', pages=1)
    texts = Texts(
        style="", quires=(asking, QuireText(name="b", html='<p id="b">', pages=1)), notes=quire("notes"), titles={}
    )
    layout = Layout(
        name="a.pdf", texts=texts, variant="pdf/a-2a", bleed_mm=0, multiple_of=1, folder=tmp_path / "work",
        objects={}, theme=(), theme_digest="", tools={},
    )  # fmt: skip
    making = Making(store=Store(folder=tmp_path / "store"), pool=Moody(), folder=tmp_path, talk=Talk(step=print))

    with pytest.raises(MagazineError, match="do not come to rest"):
        laid_out([layout], making)


def _making(bench, store, folder, steps) -> Making:
    folder.mkdir()
    return Making(store=Store(folder=store), pool=bench.making.pool, folder=folder, talk=Talk(step=steps.append))


def test_the_printers_own_profile_is_the_output_intent(programme, releases, bench, editions, tmp_path):
    own = tmp_path / "print/drukker.icc"
    own.parent.mkdir()
    own.write_bytes(PROFILE.read_bytes() + b"of ones own")
    settings = replace(programme.magazine.print, profile="print/drukker.icc", condition="FOGRA52")
    there = replace(programme.magazine, print=settings)
    quiet = replace(_quiet(bench, tmp_path / "work"), root=tmp_path)

    (_, printed) = pdfs(replace(programme, magazine=there), releases, there, quiet)

    with pikepdf.open(quiet.making.store.path_of(printed.sha256)) as pdf:
        (intent,) = pdf.Root.OutputIntents
        assert ("FOGRA52", 4) == (str(intent.OutputConditionIdentifier), intent.DestOutputProfile.N)
        assert own.read_bytes() == intent.DestOutputProfile.read_bytes()


def _looks(bench, sha256):
    return [page.look for page in read_pdf(bench.making.store.path_of(sha256)).pages]


def _quiet(bench, folder):
    return replace(bench, making=_making(bench, bench.making.store.folder, folder, []))


def test_every_line_of_the_contents_leads_to_its_article(screen, programme):
    places = dict(zip(*[iter(screen.Root.Names.Dests.Names)] * 2, strict=True))
    number = {page.obj.objgen: place for place, page in enumerate(screen.pages, 1)}
    links = [note for page in screen.pages for note in page.obj.get("/Annots", []) if "/Dest" in note]
    led = {str(note.Contents): number[places[note.Dest][0].objgen] for note in links}

    for one in (*programme.events, *programme.stories):
        text = _page(screen.filename, led[one.title])
        assert (getattr(one, "theme", "") or one.title).split()[0] in text
    assert not any("weerslag.invalid" in str(note) for page in screen.pages for note in page.obj.get("/Annots", []))


def _page(file, number):
    command = ["pdftotext", "-f", str(number), "-l", str(number), str(file), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_bookmarks_are_the_headings_of_all_quires_each_below_its_event(screen, programme):
    with screen.open_outline() as outline:
        (cover,) = outline.root
        told = {str(item.title): [str(child.title) for child in item.children] for item in cover.children}

    assert "Ambtenaar van Nu" == str(cover.title).replace("\u00a0", " ")
    assert {"Burger centraal", "Welvaart dichtbij", "Wat een gesprek achterlaat"} <= set(told)
    asked = [one.question for one in programme.reflections if one.event == "burger-centraal"]
    assert ["Burger centraal", *asked] == told["Burger centraal"]  # the episode, then the tables


def test_each_face_and_each_picture_is_in_the_file_once(screen):
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


def test_a_joined_face_draws_each_letter_as_the_face_does(screen, editions):
    """Also an i, which is made of a stem and a dot: read with fontTools, outline by outline, against the font of the theme."""
    faces = {
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
        joined = TTFont(io.BytesIO(descendant.FontDescriptor.FontFile2.read_bytes()))
        face = TTFont(FONTS / f"{faces[str(one.BaseFont).partition('+')[2]]}.ttf.woff2")
        glyphs, whole = joined.getGlyphSet(), face.getGlyphSet()
        for glyph, row in zip(list(descendant.W)[::2], list(descendant.W)[1::2], strict=True):
            drawn, wanted = (
                drawing(those, font.getGlyphName(int(glyph))) for those, font in ((glyphs, joined), (whole, face))
            )
            assert wanted == drawn
            width = face["hmtx"][face.getGlyphName(int(glyph))][0] * 1000 / face["head"].unitsPerEm
            assert float(row[0]) == pytest.approx(width, abs=1)
            compared += 1

    assert compared > 150


def drawing(glyphs, name):
    """An outline without its parts, each point rounded."""
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    return [(what, tuple(point and tuple(map(round, point)) for point in points)) for what, points in pen.value]


def test_a_page_looks_as_it_did_unless_its_words_change(programme, releases, bench, editions, tmp_path):
    first, *others = programme.reflections
    edited = replace(programme, reflections=(replace(first, insights=("Iets heel anders.",)), *others))
    folders = {"a": programme, "b": edited}

    before, after = (
        {one.name: _looks(bench, one.sha256) for one in pdfs(each, releases, programme.magazine, own)}
        for name, each in folders.items()
        if (own := _quiet(bench, tmp_path / name))
    )

    for name, digests in before.items():
        assert 1 == sum(one != two for one, two in zip(digests, after[name], strict=True))


def test_a_heading_of_the_same_rank_in_the_next_quire_stands_beside_the_last(tmp_path, magazine):
    marks = [Bookmark(title=title, rank=rank, page=0, left_pt=0, top_pt=800) for title, rank in (("A", 1), ("B", 2))]
    with pikepdf.open(magazine[0]) as pdf, pikepdf.new() as one:
        one.pages.append(pdf.pages[0])
        one.save(tmp_path / "one.pdf")
    quires = tuple(Quire(pdf=str(tmp_path / "one.pdf"), pages=1, bookmarks=tuple(marks)) for _ in range(2))
    bind(BindJob(quires=quires, titles={}, out=str(tmp_path / "two.pdf")))

    with pikepdf.open(tmp_path / "two.pdf") as pdf, pdf.open_outline() as outline:
        assert [("A", ["B"]), ("A", ["B"])] == [
            (str(item.title), [str(child.title) for child in item.children]) for item in outline.root
        ]


def test_nothing_to_bind_is_told(tmp_path):
    with pytest.raises(MagazineError, match="without pages"):
        bind(BindJob(quires=(), titles={}, out=str(tmp_path / "a.pdf")))


def test_a_font_that_is_none_is_told(tmp_path):
    (tmp_path / "a.woff2").write_bytes(b"wOF2 and then nothing")

    with pytest.raises(MagazineError, match="no WOFF 2 font"):
        unpack_font(UnpackJob(font=str(tmp_path / "a.woff2"), out=str(tmp_path / "b")))


def test_numbers_and_links_that_lead_out_of_a_quire_are_filled_in_when_they_are_known():
    text = QuireText(
        name="a", html='<a href="#b">b</a> \ufdd0b\ufdd1 <a id="c" href="#c">c</a> <a href="#fn-1">1</a>', pages=1
    )

    told = text.numbered({"b": 12}, frozenset({"b", "c"}))

    assert {"b"} == text.asks
    assert '<a href="https://weerslag.invalid/#b">b</a> 12 <a id="c" href="#c">c</a> <a href="#fn-1">1</a>' == told


def test_no_sign_for_a_number_is_left_when_all_places_are_known(programme, releases, theme):
    texts = texts_of(programme, releases, theme=theme)
    anchors = frozenset(anchor for one in texts.quires for anchor in one.anchors)

    assert all(one.asks <= anchors for one in texts.quires)
    assert not any(
        re.search("[\ufdd0\ufdd1]", one.numbered(dict.fromkeys(anchors, 1), anchors)) for one in texts.quires
    )
