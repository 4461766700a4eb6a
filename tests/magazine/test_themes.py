"""A programme's own look: a file in its templates/ stands in the place of ours, one by one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.builder.editions import pdfs
from pipeline.model import Article
from pipeline.typesetting import Theme, templates_folder

from .conftest import bench_in

OURS = templates_folder() / "magazine"


@pytest.fixture
def own(tmp_path) -> Path:
    """The programme's own folder for the magazine's templates, still empty."""
    folder = tmp_path / "templates" / "magazine"
    folder.mkdir(parents=True)
    return folder


def words_of(programme, tmp_path, *, edition: str) -> str:
    plain = replace(
        programme,
        magazine=replace(programme.magazine, flatplan=(Article(kind="colophon"), Article(kind="back"))),
        stories=(), reflections=(),
    )  # fmt: skip
    theme = Theme(room="magazine", own=tmp_path / "templates")
    bench = bench_in(tmp_path, plain, theme)
    (made,) = [one for one in pdfs(plain, (), plain.magazine, bench) if one.name.endswith(edition)]
    file = bench.making.store.path_of(made.sha256)
    return subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True).stdout


def test_one_template_of_the_programme_stands_in_the_place_of_ours_and_all_others_stay(programme, own, tmp_path):
    ours = (OURS / "back.html.j2").read_text(encoding="utf-8")
    (own / "back.html.j2").write_text(
        ours.replace("</section>", "<p>Gedrukt in Den Haag</p></section>"), encoding="utf-8"
    )

    words = words_of(programme, tmp_path, edition="nu.pdf")

    assert "Gedrukt in Den Haag" in words
    assert "Colofon" in words


def test_a_style_sheet_of_the_programme_stands_in_the_place_of_ours(programme, own, tmp_path):
    ours = (OURS / "print.css").read_text(encoding="utf-8")
    (own / "print.css").write_text(f"{ours}\n.colophon h2 {{ text-transform: uppercase }}\n", encoding="utf-8")

    assert "COLOFON" in words_of(programme, tmp_path, edition="-print.pdf")
