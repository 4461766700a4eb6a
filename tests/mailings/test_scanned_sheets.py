"""Approval sheets that came back on paper: printed by poppler, spoilt by Pillow, and read by the command."""

import io
import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image, ImageChops, ImageFilter

from pipeline.cli import main
from pipeline.content.approval_sheets import build_sheets
from tests.content.conftest import Content

pytestmark = [pytest.mark.external, pytest.mark.slow]
DRAFT = "magazine/reflections/burger-centraal/tafel-4.md"


@pytest.fixture
def content(asked, tmp_path):
    shutil.copytree(asked.content.root, tmp_path / "programma")
    return Content(tmp_path / "programma")


@pytest.fixture
def reply(monkeypatch, capsys, content):
    def run(file, *words, answer=""):
        monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(content.root), "approve", "--reply", str(file), *words])
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, *capsys.readouterr()

    return run


def scan(asked, name="tafel-4", *, dpi=150):
    """Print the first page of a sheet, and scan it."""
    command = ["pdftoppm", "-png", "-r", str(dpi), "-f", "1", "-singlefile", str(asked.folder / f"{name}.pdf")]
    return Image.open(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)).convert("RGB")


def photograph(page):
    """Take a picture from the side, in poor light, out of focus, with noise."""
    width, height = page.size
    corners = (-0.1 * width, -0.05 * height, 0, height, 1.05 * width, 1.1 * height, width, 0.05 * height)
    taken = page.transform(page.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor="#786E5A")
    shade = Image.linear_gradient("L").resize(page.size).convert("RGB")
    noise = Image.effect_noise(page.size, 40).convert("RGB")
    return Image.blend(ImageChops.multiply(taken, Image.blend(shade, taken, 0.6)), noise, 0.2)


def read_log(content):
    log = content.root / "magazine/approvals.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.mark.parametrize(("suffix", "spoil"), [
    ("png", lambda page: page),
    ("png", lambda page: page.rotate(180)),
    ("png", lambda page: page.rotate(7, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)),
    ("jpg", lambda page: page.rotate(-93, expand=True, fillcolor="white").filter(ImageFilter.GaussianBlur(1))),
    ("jpg", photograph),
    ("tiff", lambda page: page.convert("1")),
    ("pdf", lambda page: page.rotate(2, fillcolor="white").convert("L")),
])  # fmt: skip
def test_code_is_found_on_a_poor_scan(asked, content, reply, tmp_path, suffix, spoil):
    (sheet,) = build_sheets(content.load_files(), ["tafel-4"])
    spoil(scan(asked)).save(tmp_path / f"scan.{suffix}", resolution=150)

    code, output, _ = reply(tmp_path / f"scan.{suffix}", answer="n\n" * 3)

    assert 0 == code
    assert f"page 1: {sheet.code}" in output
    assert "nothing recorded" in output
    assert [] == read_log(content)


def test_photo_of_a_phone_is_read(asked, content, reply, tmp_path):
    scan(asked).save(tmp_path / "photo.png")
    subprocess.run(["heif-enc", "-o", "photo.heic", "photo.png"], cwd=tmp_path, check=True, capture_output=True)

    code, output, _ = reply(tmp_path / "photo.heic", answer="n\n" * 3)

    assert (0, True) == (code, build_sheets(content.load_files(), ["tafel-4"])[0].code in output)


def test_editor_says_which_boxes_were_ticked_by_whom_and_when(asked, content, reply, tmp_path):
    text, quote = build_sheets(content.load_files(), ["tafel-4"])[0].items
    scan(asked).save(tmp_path / "scan.png")

    code, output, _ = reply(tmp_path / "scan.png", answer="n\nn\nj\nAB, jurist\n2024-07-03\nj\n")

    assert 0 == code
    assert "not to: the text: GEHEIME VRAAG" in output
    assert "agrees to: “GEHEIM”" in output
    (record,) = read_log(content)
    assert ("quote", quote.digest, "AB, jurist", "2024-07-03") == (
        record["what"],
        record["digest"],
        record["by"],
        record["agreed"],
    )
    assert quote.digest in (content.root / DRAFT).read_text()
    assert text.digest not in (content.root / DRAFT).read_text()


def test_sheets_of_several_groups_in_one_scan_are_asked_one_by_one(asked, content, reply, tmp_path):
    pages = [scan(asked, name) for name in ("tafel-3", "tafel-4", "tafel-3")]
    blank = Image.new("RGB", pages[0].size, "white")
    pages[0].save(tmp_path / "scan.pdf", save_all=True, append_images=[blank, *pages[1:]], resolution=150)

    code, output, _ = reply(tmp_path / "scan.pdf", answer="j\nAB\n2024-07-03\nj\nj\nCD\n2024-07-04\nj\n")

    assert 0 == code
    assert "page 2: no code of a sheet" in output
    signed = [(one["file"].rpartition("/")[2], one["by"], one["agreed"]) for one in read_log(content)]
    assert [("tafel-3.md", "AB", "2024-07-03")] * 4 + [("tafel-4.md", "CD", "2024-07-04")] * 2 == signed


def test_sheet_of_an_older_text_is_refused_and_the_others_are_recorded(asked, content, reply, tmp_path):
    (old,) = build_sheets(content.load_files(), ["tafel-4"])
    content.change(DRAFT, "GEHEIME TEKST", "ANDERE TEKST")
    before = (content.root / DRAFT).read_bytes()
    pages = [scan(asked, name) for name in ("tafel-4", "tafel-3")]
    pages[0].save(tmp_path / "scan.pdf", save_all=True, append_images=pages[1:], resolution=150)

    code, _, errors = reply(tmp_path / "scan.pdf", answer="j\nAB\n2024-07-03\nj\n")

    assert 3 == code
    assert f"the code {old.code} is of an older text" in errors
    assert "ANDERE TEKST" in errors
    assert before == (content.root / DRAFT).read_bytes()
    assert {"AB"} == {one["by"] for one in read_log(content)}


@pytest.mark.parametrize(("name", "write", "message", "hint"), [
    (
        "scan.png",
        lambda file: Image.new("L", (1240, 1754), "white").save(file),
        "no code of an approval sheet",
        "at 150 dpi or more, or type the code at its top right: weerslag approve --reply CODE",
    ),
    ("scan.pdf", lambda file: file.write_bytes(b"%PDF-1.7\nnothing"), "this PDF cannot be opened", "hint: "),
    ("scan.jpg", lambda file: file.write_bytes(b"\xff\xd8\xff" * 9), "the image cannot be read", "Save it again as JPEG"),
    ("empty.pdf", lambda file: file.touch(), "it has no ticked box and no code", "if a scan is attached, save that"),
    (
        "scan.docx",
        lambda file: file.write_bytes(b"PK\x03\x04" * 9),
        "it has no ticked box and no code",
        "type the code of its sheet: weerslag approve --reply CODE",
    ),
])  # fmt: skip
def test_scan_without_a_code_is_explained_with_what_to_do(content, reply, tmp_path, name, write, message, hint):
    write(tmp_path / name)

    code, _, errors = reply(tmp_path / name)

    assert code in (1, 3)
    assert message in errors
    assert hint in errors
    assert [] == read_log(content)


def test_boxes_on_paper_are_never_taken_for_ticked(asked, content, reply, tmp_path):
    scan(asked).save(tmp_path / "scan.png")

    code, _, errors = reply(tmp_path / "scan.png", "--by", "AB", "--yes")

    assert (2, True) == (code, "boxes on paper are not read by this program" in errors)
    assert [] == read_log(content)
