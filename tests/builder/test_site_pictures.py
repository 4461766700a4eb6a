"""Pictures of events and cases, and logos of partners, on the pages of a site that the command built."""

import re
import sys

import pytest
from PIL import Image

from pipeline.cli import main
from pipeline.content import load_programme
from pipeline.errors import ContentError

PROGRAMME = """\
title: Doen wat kan
organiser: Een netwerk
url: https://example.org/doen/
partners: [{name: Gemeente Overal, logo: logo.png}]
events:
  - id: eerste
    title: De eerste dag
    starts: 2024-06-13 16:30
    ends: 2024-06-13 19:00
    picture: {file: open.jpg, alt: Een zaal, credit: Studio, fit: crop, focus: 20% 50%}
  - id: besloten
    title: Besloten dag
    starts: 2024-10-19 16:30
    ends: 2024-10-19 19:00
    visibility: participants
    picture: {file: besloten.png, alt: Een kring}
"""
CASE = """\
---
title: De stoep
picture: {file: stoep.png, alt: Een stoep, caption: Na de regen.}
---
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "programme.yaml").write_text(PROGRAMME)
    (tmp_path / "magazine/cases/eerste").mkdir(parents=True)
    (tmp_path / "magazine/cases/eerste/stoep.md").write_text(CASE)
    for name, size in (
        ("logo.png", (300, 120)),
        ("open.jpg", (900, 300)),
        ("besloten.png", (60, 40)),
        ("stoep.png", (60, 40)),
    ):
        Image.linear_gradient("L").resize(size).convert("RGB").save(tmp_path / name, comment="CAMERA VAN IEMAND")
    return tmp_path


def test_pages_show_the_pictures_that_are_public_and_no_other(root, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["weerslag", "-C", str(root), "build", "site"])
    with pytest.raises(SystemExit) as left:
        main()

    public = root / "public"
    shown = {
        page: re.findall(r'<img src="[./]*(pictures/([a-z]+)[^"]*)" alt="([^"]*)"', (public / page).read_text())
        for page in ("index.html", "events/eerste/index.html", "cases/eerste/stoep/index.html")
    }
    assert 0 == left.value.code
    assert [("logo", "")] == [found[1:] for found in shown["index.html"]]
    assert [("open", "Een zaal")] == [found[1:] for found in shown["events/eerste/index.html"]]
    assert [("stoep", "Een stoep")] == [found[1:] for found in shown["cases/eerste/stoep/index.html"]]
    assert "Beeld: Studio" in (public / "events/eerste/index.html").read_text()
    files = {file.relative_to(public).as_posix() for file in (public / "pictures").iterdir()}
    assert {found[0] for pictures in shown.values() for found in pictures} == files
    assert [] == [file for file in files if b"CAMERA" in (public / file).read_bytes()]
    (crop,) = [file for file in files if "open" in file]
    with Image.open(public / crop) as image:
        assert (400, 300) == image.size


def test_logo_that_is_no_picture_is_an_error(root):
    (root / "logo.png").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    with pytest.raises(ContentError) as caught:
        load_programme(root)

    assert [("bad-picture", 4)] == [(one.code, one.location.line) for one in caught.value.errors]
