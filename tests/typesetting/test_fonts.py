"""The bundled fonts and their style sheets."""

import re
import subprocess

import pytest
import weasyprint
from fontTools.ttLib import TTFont

from pipeline.typesetting import find_missing_glyphs, get_templates_folder, name_character
from tests.typesetting.character_coverage import LIST, format_list

FONTS = get_templates_folder() / "fonts"
REQUIRED = "ËëÏïÉéÈèÖöÜüÁáÓóÚúÀàÇç€„“”‘’–—…·•×½²°§©→←↑↓\u00a0\u00ad\u2011\u202f"


def test_fonts_are_small_and_have_their_licences():
    files = sorted(FONTS.glob("*.woff2"))

    assert sum(file.stat().st_size for file in files) < 1_600_000
    assert all("SIL OPEN FONT LICENSE" in file.read_text() for file in FONTS.glob("OFL-*.md"))


@pytest.mark.parametrize("sheet", ["fonts.css", "fonts-web.css"])
def test_style_sheet_refers_to_existing_files(sheet):
    names = re.findall(r'url\("([^"]+)"\)', (FONTS / sheet).read_text())

    assert names
    assert all((FONTS / name).is_file() for name in names)


@pytest.mark.parametrize("name", re.findall(r'url\("(Source[^"]+)"\)', (FONTS / "fonts.css").read_text()))
def test_fonts_have_the_characters_of_dutch(name):
    assert set() == {character for character in REQUIRED if ord(character) not in TTFont(FONTS / name).getBestCmap()}


def test_subset_has_the_characters_of_its_unicode_range():
    sheet = (FONTS / "fonts-web.css").read_text()
    for name, ranges in re.findall(r'url\("([^"]+)"\)[^}]*unicode-range:([^;]+);', sheet):
        characters = set()
        for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", ranges):
            characters |= set(range(int(first, 16), int(last or first, 16) + 1))
        assert characters <= set(TTFont(FONTS / name).getBestCmap())


def test_pdf_uses_only_bundled_fonts(tmp_path):
    families = dict.fromkeys(re.findall(r'font-family: "([^"]+)"', (FONTS / "fonts.css").read_text()))
    signs = f"<p style='font-family: {','.join(families).replace(' ', chr(92) + ' ')}'>שלום مرحبا हिन्दी 😀 ☒ ☎"
    text = f"<p>{REQUIRED} <i>{REQUIRED}</i> <b>{REQUIRED}</b><p class=sans>{REQUIRED} <b>{REQUIRED}</b>"
    html = f"<link rel=stylesheet href=fonts.css><style>body{{font-family:'Source Serif 4'}}.sans{{font-family:'Source Sans 3'}}</style>{text}{signs}"
    weasyprint.HTML(string=html, base_url=f"{FONTS}/").write_pdf(tmp_path / "fonts.pdf")

    listed = subprocess.run(
        ["pdffonts", tmp_path / "fonts.pdf"], capture_output=True, text=True, check=True, timeout=60
    )

    names = [line.split("+")[1].split()[0] for line in listed.stdout.splitlines()[2:]]
    assert len(names) == 10
    assert all(name.startswith(("Source-Serif-4", "Source-Sans-3", "Noto-")) for name in names)


def test_list_of_printable_characters_is_that_of_the_fonts():
    assert format_list() == LIST.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["Ωμέγα Привет ÿ ș ₂ ⅓", "שלום", "مرحبا", "हिन्दी", "😀 ❤️ 👩🏽\u200d💻", "✓ ☐ ☒ ☑ → • ▪ ☎", "\uf0b7 \uf0fc"]
)
def test_bundled_fonts_have_what_people_paste(text):
    assert [] == list(find_missing_glyphs(text))


@pytest.mark.parametrize(("character", "name"), [
    ("漢", "U+6F22 CJK UNIFIED IDEOGRAPH-6F22"),
    ("ส", "U+0E2A THAI CHARACTER SO SUA"),
    ("\ue123", "U+E123 without a name"),
])  # fmt: skip
def test_missing_glyph_is_found_with_its_name(character, name):
    assert [(4, character)] == list(find_missing_glyphs(f"Een {character} hier"))
    assert name == name_character(character)
