"""`weerslag review` explains what is missing before it opens a browser."""

import shutil

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.errors import ContentError, UsageError

SLUG = "01-eerste-aflevering"


@pytest.fixture
def programme(tmp_path):
    root = tmp_path / "programma"
    CliRunner().invoke(weerslag, ["init", str(root)], catch_exceptions=False)
    return root


def review(root, *args):
    return CliRunner().invoke(weerslag, ["-C", str(root), "review", *args], catch_exceptions=False)


@pytest.mark.parametrize("initials", ["", "m b", "Anna de Wit", "12"])
def test_initials_are_letters(programme, initials):
    with pytest.raises(UsageError, match="one to four letters"):
        review(programme, SLUG, "--by", initials)


def test_an_unknown_episode_gets_a_suggestion(programme):
    with pytest.raises(UsageError, match="did you mean `01-eerste-aflevering`"):
        review(programme, "01-eerste-afleveringen", "--by", "mb")


@pytest.mark.parametrize(("path", "message"), [("transcript.vtt", "no transcript"), ("recording", "no recording")])
def test_without_a_transcript_or_a_recording_there_is_nothing_to_review(programme, path, message):
    missing = programme / "episodes" / SLUG / path
    if missing.is_dir():
        shutil.rmtree(missing)
    else:
        missing.unlink()

    with pytest.raises(UsageError, match=message):
        review(programme, SLUG, "--by", "mb")


def test_without_an_episode_errors_in_the_content_are_shown_before_the_browser_opens(programme):
    file = next((programme / "magazine/reflections").rglob("*.md"))
    file.write_text(file.read_text().replace("group:", "groep:"))

    with pytest.raises(ContentError):
        review(programme, "--by", "mb", "--no-open")
