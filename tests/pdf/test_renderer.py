"""Rendering of the screen edition: pages, text, links and fonts, read with poppler and pikepdf."""

import importlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from weasyprint.layout import inline, preferred
from weasyprint.text import line_break

from pipeline.errors import DependencyError, MagazineError
from pipeline.magazine.edition import list_theme_folders
from pipeline.model import from_json, to_json
from pipeline.pdf import find_missing_libraries, get_renderer_version, line_break_cache
from pipeline.pdf.renderer import render_pdf
from pipeline.pdf.tasks import RenderPdfResult, RenderPdfTask
from tests.magazine.conftest import save_pictures
from tests.magazine.whole_document import render_magazine_html

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = '<!DOCTYPE html><html lang="nl"><title>Proef</title>'


def extract_text(file: Path, page: int = 0, *options: str) -> str:
    only = ["-f", str(page), "-l", str(page)] if page else []
    extracted = subprocess.run(
        ["pdftotext", *only, *options, str(file), "-"], check=True, capture_output=True, text=True
    ).stdout
    return " ".join(extracted.split())


def render(folder: Path, html: str, theme) -> RenderPdfResult:
    (folder / "in.html").write_text(html)
    job = RenderPdfTask(
        html=str(folder / "in.html"),
        pictures=str(folder),
        theme_folders=list_theme_folders(theme),
        out=str(folder / "out.pdf"),
    )
    return render_pdf(job)


COLUMNS = """<style>
  @page { size: A5 } body { font-family: "Source Serif 4"; hyphens: auto; text-align: justify }
  .sheet { display: flex; flex-direction: column } .text { columns: 2 } h1::first-letter { font-size: 3em }
  u { text-decoration: underline } .short { width: 9em; overflow: hidden; white-space: nowrap; text-overflow: ellipsis }
</style><div class=sheet><h1>Besluitvorming</h1><div class=text>""" + "".join(
    f"<p>Aan tafel {number} ging het al snel over <u>gemeenschappelijke verantwoordelijkheden</u> en over wie er belt."
    for number in range(40)
) + "</div><p class=short>Wat niet op één regel past wordt afgekapt</p></div>"  # fmt: skip


@pytest.fixture
def breaks(tmp_path, theme, monkeypatch):
    """Render HTML with the line break cache and without: both PDFs, and the length of each text broken into lines."""
    given = []

    def recording(text, *args, **kwargs):
        given[-1].append(len(text))
        return line_break.split_first_line(text, *args, **kwargs)

    def render_twice(html: str) -> tuple[list[bytes], list[list[int]]]:
        files = []
        for version in (line_break_cache.SUPPORTED_VERSION, "none"):
            monkeypatch.setattr(line_break_cache, "SUPPORTED_VERSION", version)
            given.append([])
            render(tmp_path, html, theme)
            files.append((tmp_path / "out.pdf").read_bytes())
        assert inline.split_first_line is preferred.split_first_line is recording
        return files, given

    monkeypatch.setattr(inline, "split_first_line", recording)
    monkeypatch.setattr(preferred, "split_first_line", recording)
    return render_twice


def test_line_break_cache_saves_work_and_changes_no_bytes(breaks):
    (cached, plain), (few, all_of_them) = breaks(f"{PAGE}{COLUMNS}")

    assert cached == plain
    assert len(few) < 0.6 * len(all_of_them)


def test_lines_of_long_paragraphs_are_broken_by_their_start_in_linear_time(breaks):
    words = "Aan tafel ging het over gemeenschappelijke verantwoordelijkheden, en over wie er <u>belt</u>. " * 60
    code = "x = 1  # a\n" * 200
    chinese, arabic = "规则不是关键是谁接电话" * 200, "مرحبا بالعالم " * 200

    (by_start, whole), (short, long) = breaks(
        f"{PAGE}{COLUMNS}" + f"<p>{words}<p>{chinese}<p>{arabic}<pre>{code}</pre>" * 2
    )

    assert by_start == whole
    assert sum(short) < 0.2 * sum(long)


def test_pages_are_a4_without_warnings(screen_edition):
    file, facts = screen_edition

    with pikepdf.open(file) as pdf:
        assert {(595, 842)} == {(round(float(page.mediabox[2])), round(float(page.mediabox[3]))) for page in pdf.pages}
        assert (len(pdf.pages), ()) == (facts.pages, facts.findings)


@pytest.mark.parametrize("theme_text", ["Hoe groeit vertrouwen", "Wat maakt een regio"])
def test_event_opens_on_left_page_facing_its_facts(screen_edition, theme_text):
    file, facts = screen_edition

    (opener,) = [page for page in range(1, facts.pages + 1) if theme_text in extract_text(file, page)]

    assert opener % 2 == 0
    assert "Wijnhaven 88" in extract_text(file, opener + 1)


def test_approved_texts_are_included(screen_edition, programme):
    extracted = extract_text(screen_edition[0])

    for one in programme.reflections:
        assert one.question in extracted
        assert all(insight in extracted for insight in one.insights)
        assert one.quotes[0].text in extracted
    assert "Beeld: Weerslag" in extracted


def test_contents_have_correct_page_numbers(screen_edition, programme):
    with pikepdf.open(screen_edition[0]) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        names = dict(zip(*[iter(pdf.Root.Names.Dests.Names)] * 2, strict=True))
        places = {str(name): pages[place[0].objgen] for name, place in names.items()}
    contents = extract_text(screen_edition[0], 2, "-layout") + extract_text(screen_edition[0], 3, "-layout")

    for event in programme.events:
        assert f"{event.title} {places[f'event-{event.id}']}" in contents
        assert event.theme in extract_text(screen_edition[0], places[f"event-{event.id}"])


def test_links_lead_into_the_magazine_or_to_the_site(screen_edition):
    with pikepdf.open(screen_edition[0]) as pdf:
        actions = [note.get("/A") for page in pdf.pages for note in page.get("/Annots", [])]
        addresses = {str(action.URI) for action in actions if action is not None and "/URI" in action}

    assert addresses
    assert all(address.startswith("https://example.org/ambtenaar-van-nu/") for address in addresses)


def test_only_theme_fonts_are_embedded(screen_edition):
    listed = subprocess.run(["pdffonts", str(screen_edition[0])], check=True, capture_output=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]

    assert fonts
    assert all(re.match(r"[A-Z]{6}\+Source-(Serif-4|Sans-3)", font[0]) for font in fonts)
    assert all("yes" == font[-5] for font in fonts)


@pytest.mark.external
def test_poppler_and_qpdf_report_nothing(screen_edition, tmp_path):
    for command in (
        ["pdftoppm", "-r", "9", str(screen_edition[0]), str(tmp_path / "p")],
        ["qpdf", "--check", str(screen_edition[0])],
    ):
        assert "" == subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_leader_dots_are_not_in_the_text(screen_edition):
    assert ". . ." not in extract_text(screen_edition[0])
    assert "...." not in extract_text(screen_edition[0])


def test_screen_edition_is_not_hyphenated(screen_edition):
    assert not re.search(r"[a-z][\u2010-]$", extract_text(screen_edition[0]), re.MULTILINE)
    assert "\u2010" not in extract_text(screen_edition[0])


def test_title_dates_and_language_come_from_the_content(screen_edition):
    with pikepdf.open(screen_edition[0]) as pdf:
        assert "Ambtenaar van Nu: Slotevent, 16\u00a0januari 2025" == str(pdf.docinfo.Title)
        assert "D:20240713170000Z" == str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate)
        assert "nl" == str(pdf.Root.Lang)


def test_same_bytes_in_another_folder_time_zone_and_locale(theme, tmp_path):
    written = []
    for name, variables in (
        ("een", {}),
        ("een andere map", {"TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}),
    ):
        folder = save_pictures(tmp_path / name)
        html = f'{PAGE}<h1 id="a">Tafel</h1><p>Om 12 uur <a href="https://example.org/">daar</a>. \
<img src="pictures/magazine/images/tafel.jpg" alt="Een tafel">'
        (folder / "in.html").write_text(html)
        job = RenderPdfTask(
            html=str(folder / "in.html"),
            pictures=str(folder),
            theme_folders=list_theme_folders(theme),
            out=str(folder / "section.pdf"),
        )
        code = (
            "import json, sys; from pipeline.model import from_json\n"
            "from pipeline.pdf.renderer import render_pdf; from pipeline.pdf.section_merge import merge_sections\n"
            "from pipeline.pdf.tasks import MergeSectionsTask, RenderPdfTask, SectionPdf\n"
            "task = from_json(RenderPdfTask, json.loads(sys.argv[1])); result = render_pdf(task)\n"
            "section = SectionPdf(pdf=task.out, pages=1, bookmarks=result.bookmarks)\n"
            "merge_sections(MergeSectionsTask(sections=(section, section), titles={}, out=task.out + '.merged'))"
        )
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | variables
        subprocess.run([sys.executable, "-c", code, json.dumps(to_json(job))], check=True, env=env, cwd=tmp_path)
        written.append([Path(job.out).read_bytes(), Path(f"{job.out}.merged").read_bytes()])

    assert written[0] == written[1]
    assert str(tmp_path).encode() not in b"".join(written[0])


def test_task_survives_json():
    job = RenderPdfTask(html="a.html", pictures=".", theme_folders=("b", "c"), out="d.pdf")

    assert job == from_json(RenderPdfTask, to_json(job))


def test_overflow_is_a_warning(tmp_path, theme):
    html = f'{PAGE}<p style="position: absolute; top: 300mm">Te laag.</p>'

    (found,) = render(tmp_path, html, theme).findings

    assert ("layout", "warning", "page 1") == (found.code, found.severity, found.where)
    assert re.fullmatch(r"text overflows the foot of the page by \d+ px", found.message)


def test_characters_that_no_font_has_are_one_error_with_the_pages(tmp_path, theme):
    text = "Een \uf8a1, een \uf8a2 en nog een \uf8a1." + " en ".join(map(chr, range(0x10F200, 0x10F240)))

    (found,) = render(tmp_path, f"{PAGE}<p>{text}<p style='break-before: page'>Tot slot.", theme).findings

    assert ("missing-glyph", "error", "pages 1–2") == (found.code, found.severity, found.where)
    assert found.message.startswith("no font has these characters, which are empty boxes: \uf8a1 \uf8a2 \U0010f200 ")
    assert found.message.endswith("\U0010f211 …")
    assert "Install a font" in found.hint


def test_tables_across_columns_before_what_must_stay_with_it_is_printed(tmp_path, theme):
    """WeasyPrint 70 stopped with an AttributeError, looking for a page break between the columns."""
    style = (
        "<style>.text { columns: 2 } .wide { column-span: all } .quote { break-before: avoid; height: 60mm }</style>"
    )
    words = "<p>Wie bij de ander aan tafel gaat zitten, hoort iets anders dan wie een brief schrijft.</p>"
    wide = f'<div class="wide">Breed</div>{words * 4}'
    html = f'{PAGE}{style}<div class="text">{words * 16}{wide}{wide}</div><p class="quote">Citaat</p>'

    render(tmp_path, html, theme)

    text = subprocess.run(["pdftotext", tmp_path / "out.pdf", "-"], check=True, capture_output=True, text=True).stdout
    assert [2, 24, 1] == [text.count(word) for word in ("Breed", "tafel", "Citaat")]


def test_unsupported_css_is_a_warning(tmp_path, theme):
    (found,) = render(tmp_path, f"{PAGE}<style>p {{ text-wrap: balance }}</style><p>Hallo.", theme).findings

    assert ("layout", "warning", "document") == (found.code, found.severity, found.where)
    assert "text-wrap" in found.message


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_broken_picture_is_an_error_and_keeps_the_old_pdf(tmp_path, theme, content):
    (tmp_path / "a.jpg").write_bytes(content)
    (tmp_path / "out.pdf").write_bytes(b"old")

    with pytest.raises(MagazineError, match=r"pictures/a\.jpg"):
        render(tmp_path, f'{PAGE}<img src="pictures/a.jpg" alt="a">', theme)

    assert b"old" == (tmp_path / "out.pdf").read_bytes()
    assert {"a.jpg", "in.html", "out.pdf"} == {file.name for file in tmp_path.iterdir()}


def test_missing_library_is_reported_with_its_install_command(monkeypatch):
    monkeypatch.delitem(sys.modules, "pipeline.pdf.renderer", raising=False)
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be imported

    with pytest.raises(DependencyError) as error:
        importlib.import_module("pipeline.pdf.renderer")

    assert error.value.hint.startswith("sudo apt-get install")


def test_check_for_missing_libraries_does_not_import_weasyprint():
    code = (
        "import sys; from pipeline import pdf; assert pdf.find_missing_libraries() == ()\n"
        "print(pdf.get_renderer_version()); assert 'weasyprint' not in sys.modules"
    )

    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout

    assert get_renderer_version() == output.strip()
    assert re.fullmatch(
        r"weasyprint 70\S* pydyf \S+ fonttools \S+ pillow \S+ pango 1\.\S+ harfbuzz \S+", output.strip()
    )
    assert () == find_missing_libraries()


def test_edit_of_one_reflection_changes_few_lines_of_html(programme, releases, theme):
    """A word in one reflection leaves the other pages of the HTML as they were."""
    first, *others = programme.reflections
    changed = replace(programme, reflections=(replace(first, insights=("Iets anders.",)), *others))

    before, after = (render_magazine_html(one, releases, theme=theme).splitlines() for one in (programme, changed))

    assert 4 >= len(set(before) ^ set(after))


def test_line_with_room_for_all_but_a_space_does_not_end_after_its_first_word(tmp_path, theme):
    """The space is before an element; WeasyPrint 70 alone breaks after the first word at some widths."""
    words = "Ruimte regel ruimte werkwijze besluit aanvraag dienst beleid. Zie <em>wetenschap</em> hier"
    widths = [width / 10 for width in range(780, 1000)]
    lines = "".join(f'<p style="width: {width}mm">{words}</p>' for width in widths)

    render(tmp_path, f'{PAGE}<style>p {{ font: 8pt "Source Serif 4" }}</style>{lines}', theme)

    text = subprocess.run(["pdftotext", tmp_path / "out.pdf", "-"], check=True, capture_output=True, text=True).stdout
    assert len(widths) == text.count("Ruimte regel")
    assert 0 < text.count("Zie\n") < len(widths)
