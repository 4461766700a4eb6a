"""Templates and stylesheets of a programme, which override single files of the theme."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.builder.editions import build_pdfs
from pipeline.model import Article
from pipeline.typesetting import Theme, get_templates_folder

from .conftest import create_context

pytestmark = pytest.mark.slow

THEME_FOLDER = get_templates_folder() / "magazine"


@pytest.fixture
def override_folder(tmp_path) -> Path:
    """The programme's own folder for the magazine's templates, still empty."""
    folder = tmp_path / "templates" / "magazine"
    folder.mkdir(parents=True)
    return folder


def extract_text(programme, tmp_path, *, edition: str) -> str:
    plain = replace(
        programme,
        magazine=replace(programme.magazine, flatplan=(Article(kind="colophon"), Article(kind="back"))),
        stories=(), reflections=(),
    )  # fmt: skip
    theme = Theme(folder="magazine", overrides=tmp_path / "templates")
    context = create_context(tmp_path, plain, theme)
    (pdf,) = [one for one in build_pdfs(plain, (), plain.magazine, context) if one.name.endswith(edition)]
    file = context.runner.cache.get_object_path(pdf.sha256)
    return subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout


def test_template_of_the_programme_overrides_one_of_the_theme(programme, override_folder, tmp_path):
    original = (THEME_FOLDER / "back.html.j2").read_text(encoding="utf-8")
    (override_folder / "back.html.j2").write_text(
        original.replace("</section>", "<p>Gedrukt in Den Haag</p></section>"), encoding="utf-8"
    )

    words = extract_text(programme, tmp_path, edition="nu.pdf")

    assert "Gedrukt in Den Haag" in words
    assert "Colofon" in words


def test_stylesheet_of_the_programme_overrides_one_of_the_theme(programme, override_folder, tmp_path):
    original = (THEME_FOLDER / "print.css").read_text(encoding="utf-8")
    (override_folder / "print.css").write_text(
        f"{original}\n.colophon h2 {{ text-transform: uppercase }}\n", encoding="utf-8"
    )

    assert "COLOFON" in extract_text(programme, tmp_path, edition="-print.pdf")
