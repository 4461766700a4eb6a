"""The preview: what is held back as it will be, marked, in a tree of its own, and never in `public/`."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from lxml import html

CHECKOUT = Path(__file__).parents[2]
BETWEEN = datetime(2024, 6, 21, 12, tzinfo=UTC)  # the second episode is held back
MARK = "Nog niet gepubliceerd: 22\u00a0juni 2024, 06.00\u00a0uur"


def read_tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def preview(programme_root):
    return programme_root / ".weerslag/preview"


def test_a_held_back_episode_is_complete_and_marked_in_the_preview_only(programme_root, preview, build):
    build(programme_root, now=BETWEEN)
    before = {name: read_tree(programme_root / name) for name in ("public", "press")}
    stats = {path: path.stat() for name in ("public", "press") for path in (programme_root / name).rglob("*")}

    built = build(programme_root, now=BETWEEN, preview=True)

    files = read_tree(preview)
    assert ({"preview"}, ["02-gesprek"]) == (set(built.changes), [slug for slug, _ in built.held_back])
    assert before == {name: read_tree(programme_root / name) for name in ("public", "press")}
    assert stats == {path: path.stat() for path in stats}
    page = html.fromstring(files["episodes/02-gesprek/index.html"])
    assert MARK in page.xpath("string(//body/*[1])")
    assert ["Welkom", "Verder"] == page.xpath("//ol[@class='chapters']//span[2]/text()")
    (source,) = page.xpath("//audio/source/@src")
    assert files[source.removeprefix("../../")][:3] == b"ID3"
    excerpts = {f"reports/02-gesprek-{side}.mp3" for side in ("recording", "master")}
    assert {"reports/02-gesprek.html"} <= set(before["press"])
    assert {f"press/{name}" for name in excerpts} <= set(files)
    assert set() == excerpts & set(before["press"])
    assert b"<audio" in files["press/reports/02-gesprek.html"]
    assert b"<audio" not in before["press"]["reports/02-gesprek.html"]
    assert b"<audio" in before["press"]["reports/01-gesprek.html"]
    assert "press/reports/02-gesprek.html" in page.xpath("//body/*[1]/a/@href")[0]
    assert not [path for path, content in before["public"].items() if b"gepubliceerd" in content or "preview" in path]


def test_every_page_and_every_list_of_the_preview_is_marked(programme_root, preview, build):
    build(programme_root, now=BETWEEN, preview=True)

    files = read_tree(preview)
    pages = {path: html.fromstring(content) for path, content in files.items() if path.endswith(".html")}
    site = {path: page for path, page in pages.items() if not path.startswith("press/") and path != "404.html"}
    for path, page in site.items():
        assert page.xpath("//body/*[1][@class='preview-note']"), path
        assert {"noindex"} == set(page.xpath("//meta[@name='robots']/@content")), path
        (style,) = page.xpath("//link[contains(@href, 'preview.css')]/@href")
        assert (preview / path).parent.joinpath(style).is_file(), path
    for path in ("index.html", "events/een/index.html", "episodes/01-gesprek/index.html"):
        assert MARK in pages[path].xpath("//*[@class='held-back']/text()"), path
    titles = [entry.title for entry in feedparser.parse(files["feed.xml"]).entries]
    assert [f"[{MARK}] Gesprek 2", "Gesprek 1"] == titles


def test_a_preview_without_held_back_episodes_is_what_will_be_public(programme_root, preview, build):
    build(programme_root, preview=True)

    expected = read_tree(programme_root / "public")
    expected |= {f"press/{path}": content for path, content in read_tree(programme_root / "press").items()}
    assert expected == read_tree(preview)


def test_the_same_content_gives_the_same_preview(programme_root, preview, build):
    build(programme_root, now=BETWEEN, preview=True)
    before = read_tree(preview)
    later = datetime(2024, 6, 22, 3, 59, 59, tzinfo=UTC)

    assert not build(programme_root, now=later, preview=True).changes["preview"]
    (programme_root / ".weerslag/trees/preview.json").unlink()
    build(programme_root, now=BETWEEN, preview=True, workers="processes:2")

    assert before == read_tree(preview)


def test_a_target_of_the_preview_carries_the_others_over(programme_root, preview, build):
    build(programme_root, now=BETWEEN, preview=True)
    before = read_tree(preview)

    built = build(programme_root, now=BETWEEN, preview=True, targets=("feed",))

    assert not built.changes["preview"]
    assert before == read_tree(preview)


def test_a_damaged_preview_page_is_restored(programme_root, preview, build):
    build(programme_root, now=BETWEEN, preview=True)
    before = (preview / "index.html").read_bytes()
    (preview / "index.html").write_bytes(before + b"x")

    built = build(programme_root, now=BETWEEN, preview=True)

    assert ("index.html",) == built.changes["preview"].changed
    assert before == (preview / "index.html").read_bytes()


def test_the_command_prints_the_folder_and_skips_what_is_up_to_date(programme_root, preview):
    def run(*words):
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        command = [sys.executable, "-m", "pipeline", *words]
        return subprocess.run(
            command, cwd=programme_root, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    episode = programme_root / "episodes/02-gesprek/episode.md"
    episode.write_text(episode.read_text().replace("2024-06-22", "2190-06-22"))
    public = read_tree(programme_root / "public")

    first = json.loads(run("build", "--preview", "--json").stdout)
    second = run("build", "--preview")
    third = run("build", "--json")

    assert (str(preview), ["preview"]) == (first["preview"], list(first["changes"]))
    assert 0 == second.returncode
    assert f"nothing to do: the preview in {preview} is up to date" in second.stderr
    assert None is json.loads(third.stdout)["preview"]
    assert public != read_tree(programme_root / "public")  # the next build takes the second episode out
    assert not [path for path in read_tree(programme_root / "public") if "02-gesprek" in path]
    assert 4 == run("publish", "served", "--dry-run").returncode
    published = run("publish", "served", "--accept", "transcript-missing", "--reason", "komt nog")
    assert 0 == published.returncode, published.stderr
    served = read_tree(programme_root / "served")
    assert not [path for path, content in served.items() if b"Gesprek 2" in content or b"gepubliceerd" in content]


def test_git_ignores_the_preview(programme_root, preview, build):
    build(programme_root, now=BETWEEN, preview=True)
    subprocess.run(["git", "init", "-q", str(programme_root)], check=True)

    status = ["git", "-C", str(programme_root), "status", "--porcelain", "--untracked-files=all"]
    untracked = subprocess.run(status, check=True, capture_output=True, text=True).stdout

    assert "public/index.html" in untracked
    assert ".weerslag" not in untracked
