"""The PDF for the screen: pages, text, links, fonts; read with poppler and pikepdf."""

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

from pipeline.errors import MachineError, MagazineError
from pipeline.magazine import theme_folders
from pipeline.magazine.sections import magazine_html
from pipeline.model import from_plain, to_plain
from pipeline.pdf import PdfFacts, PdfJob, line_break_cache, missing, render_pdf, version
from tests.magazine.conftest import pictures_in

ROOT = Path(__file__).parents[2]
PAGE = '<!DOCTYPE html><html lang="nl"><title>Proef</title>'


def text_of(file: Path, page: int = 0, *options: str) -> str:
    only = ["-f", str(page), "-l", str(page)] if page else []
    said = subprocess.run(
        ["pdftotext", *only, *options, str(file), "-"], check=True, capture_output=True, text=True
    ).stdout
    return " ".join(said.split())


def laid_out(folder: Path, html: str, theme) -> PdfFacts:
    (folder / "in.html").write_text(html)
    job = PdfJob(
        html=str(folder / "in.html"), pictures=str(folder), theme=theme_folders(theme), out=str(folder / "out.pdf")
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


def test_a_line_that_was_broken_before_is_not_broken_again_and_no_byte_differs(tmp_path, theme, monkeypatch):
    broken = []

    def counting(*args, **kwargs):
        broken[-1] += 1
        return line_break.split_first_line(*args, **kwargs)

    def bytes_of() -> bytes:
        broken.append(0)
        laid_out(tmp_path, f"{PAGE}{COLUMNS}", theme)
        return (tmp_path / "out.pdf").read_bytes()

    monkeypatch.setattr(inline, "split_first_line", counting)
    monkeypatch.setattr(preferred, "split_first_line", counting)

    remembered = bytes_of()
    monkeypatch.setattr(line_break_cache, "SUPPORTED", "none")

    assert remembered == bytes_of()
    assert broken[0] < 0.6 * broken[1]
    assert inline.split_first_line is preferred.split_first_line is counting


def test_every_page_is_a4_and_none_has_anything_to_complain_of(magazine):
    file, facts = magazine

    with pikepdf.open(file) as pdf:
        assert {(595, 842)} == {(round(float(page.mediabox[2])), round(float(page.mediabox[3]))) for page in pdf.pages}
        assert (len(pdf.pages), ()) == (facts.pages, facts.warnings)


@pytest.mark.parametrize("theme_text", ["Hoe groeit vertrouwen", "Wat maakt een regio"])
def test_each_event_opens_on_a_left_page_and_its_facts_face_it(magazine, theme_text):
    file, facts = magazine

    (opener,) = [page for page in range(1, facts.pages + 1) if theme_text in text_of(file, page)]

    assert opener % 2 == 0
    assert "Wijnhaven 88" in text_of(file, opener + 1)


def test_what_was_cleared_is_there(magazine, programme):
    said = text_of(magazine[0])

    for one in programme.reflections:
        assert one.question in said
        assert all(insight in said for insight in one.insights)
        assert one.quotes[0].text in said
    assert "Beeld: Weerslag" in said


def test_the_contents_name_the_right_pages(magazine, programme):
    with pikepdf.open(magazine[0]) as pdf:
        pages = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        names = dict(zip(*[iter(pdf.Root.Names.Dests.Names)] * 2, strict=True))
        places = {str(name): pages[place[0].objgen] for name, place in names.items()}
    contents = text_of(magazine[0], 2, "-layout") + text_of(magazine[0], 3, "-layout")

    for event in programme.events:
        assert f"{event.title} {places[f'event-{event.id}']}" in contents
        assert event.theme in text_of(magazine[0], places[f"event-{event.id}"])


def test_links_lead_into_the_magazine_or_onto_the_web(magazine):
    with pikepdf.open(magazine[0]) as pdf:
        actions = [note.get("/A") for page in pdf.pages for note in page.get("/Annots", [])]
        addresses = {str(action.URI) for action in actions if action is not None and "/URI" in action}

    assert addresses
    assert all(address.startswith("https://example.org/ambtenaar-van-nu/") for address in addresses)


def test_only_our_own_fonts_are_in_it_and_all_of_them_embedded(magazine):
    listed = subprocess.run(["pdffonts", str(magazine[0])], check=True, capture_output=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]

    assert fonts
    assert all(re.match(r"[A-Z]{6}\+Source-(Serif-4|Sans-3)", font[0]) for font in fonts)
    assert all("yes" == font[-5] for font in fonts)


def test_other_readers_read_it_without_a_word(magazine, tmp_path):
    for command in (
        ["pdftoppm", "-r", "9", str(magazine[0]), str(tmp_path / "p")],
        ["qpdf", "--check", str(magazine[0])],
    ):
        assert "" == subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_no_dots_are_read_aloud(magazine):
    assert ". . ." not in text_of(magazine[0])
    assert "...." not in text_of(magazine[0])


def test_nothing_is_hyphenated_on_screen(magazine):
    assert not re.search(r"[a-z][\u2010-]$", text_of(magazine[0]), re.MULTILINE)
    assert "\u2010" not in text_of(magazine[0])


def test_title_dates_and_language_come_from_the_content(magazine):
    with pikepdf.open(magazine[0]) as pdf:
        assert "Ambtenaar van Nu: Slotevent, 16\u00a0januari 2025" == str(pdf.docinfo.Title)
        assert "D:20240713170000Z" == str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate)
        assert "nl" == str(pdf.Root.Lang)


def test_the_same_bytes_in_another_folder_time_zone_and_language(theme, tmp_path):
    written = []
    for name, own in (
        ("een", {}),
        ("een andere map", {"TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"}),
    ):
        folder = pictures_in(tmp_path / name)
        html = f'{PAGE}<h1 id="a">Tafel</h1><p>Om 12 uur <a href="https://example.org/">daar</a>. \
<img src="pictures/magazine/images/tafel.jpg" alt="Een tafel">'
        (folder / "in.html").write_text(html)
        job = PdfJob(
            html=str(folder / "in.html"),
            pictures=str(folder),
            theme=theme_folders(theme),
            out=str(folder / "quire.pdf"),
        )
        code = (
            "import json, sys; from pipeline.magazine.pdf import PdfJob, render_pdf; from pipeline.model import from_plain\n"
            "from pipeline.magazine.print import BindJob, Quire, bind\n"
            "job = from_plain(PdfJob, json.loads(sys.argv[1])); facts = render_pdf(job)\n"
            "quire = Quire(pdf=job.out, pages=1, bookmarks=facts.bookmarks)\n"
            "bind(BindJob(quires=(quire, quire), titles={}, out=job.out + '.bound'))"
        )
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | own
        subprocess.run([sys.executable, "-c", code, json.dumps(to_plain(job))], check=True, env=env, cwd=tmp_path)
        written.append([Path(job.out).read_bytes(), Path(f"{job.out}.bound").read_bytes()])

    assert written[0] == written[1]
    assert str(tmp_path).encode() not in b"".join(written[0])


def test_a_job_travels_as_json():
    job = PdfJob(html="a.html", pictures=".", theme=("b", "c"), out="d.pdf")

    assert job == from_plain(PdfJob, to_plain(job))


def test_text_that_runs_out_of_its_page_is_told(tmp_path, theme):
    html = f'{PAGE}<p style="position: absolute; top: 300mm">Te laag.</p>'

    (told,) = laid_out(tmp_path, html, theme).warnings

    assert re.fullmatch(r"page 1: text runs \d+ px out at the foot", told)


def test_a_style_that_weasyprint_does_not_know_is_told(tmp_path, theme):
    (told,) = laid_out(tmp_path, f"{PAGE}<style>p {{ text-wrap: balance }}</style><p>Hallo.", theme).warnings

    assert "text-wrap" in told


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_a_broken_picture_stops_it_and_the_old_pdf_stays(tmp_path, theme, content):
    (tmp_path / "a.jpg").write_bytes(content)
    (tmp_path / "out.pdf").write_bytes(b"old")

    with pytest.raises(MagazineError, match=r"pictures/a\.jpg"):
        laid_out(tmp_path, f'{PAGE}<img src="pictures/a.jpg" alt="a">', theme)

    assert b"old" == (tmp_path / "out.pdf").read_bytes()
    assert {"a.jpg", "in.html", "out.pdf"} == {file.name for file in tmp_path.iterdir()}


def test_what_is_missing_on_this_machine_is_told_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "pipeline.pdf.renderer", raising=False)
    monkeypatch.delattr("pipeline.pdf.renderer", raising=False)
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be imported
    (tmp_path / "in.html").write_text(PAGE)

    with pytest.raises(MachineError) as told:
        render_pdf(PdfJob(html=str(tmp_path / "in.html"), pictures=".", theme=(), out=str(tmp_path / "out.pdf")))

    assert told.value.hint.startswith("sudo apt-get install")


def test_asking_what_is_missing_opens_no_weasyprint():
    code = "import sys; from pipeline.magazine import pdf; assert pdf.missing() == (); print(pdf.version()); assert 'weasyprint' not in sys.modules"

    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout

    assert version() == said.strip()
    assert re.fullmatch(r"weasyprint 70\S* pydyf \S+ fonttools \S+ pillow \S+ pango 1\.\S+ harfbuzz \S+", said.strip())
    assert () == missing()


def test_small_changes_make_small_differences(programme, releases, theme):
    """A word in one reflection leaves the other pages of the HTML as they were."""
    first, *others = programme.reflections
    changed = replace(programme, reflections=(replace(first, insights=("Iets anders.",)), *others))

    before, after = (magazine_html(one, releases, theme=theme).splitlines() for one in (programme, changed))

    assert 4 >= len(set(before) ^ set(after))
