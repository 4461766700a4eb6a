"""From a drafted transcript to a published one: corrected and signed in Chromium by keyboard, then held against the gate."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
SLUG = "01-eerste-aflevering"
TIMEOUT_MS = 60_000


@pytest.fixture(name="run")
def _run(programme):
    """A function that runs a command in the programme."""

    def run(*args):
        return CliRunner().invoke(weerslag, ["-C", str(programme), *args], prog_name="weerslag")

    return run


@pytest.fixture(name="tab")
def _tab(programme, run, chromium):
    """A browser tab with the editor of a transcript that was just drafted."""
    assert run("transcribe", SLUG).exit_code == 0
    argv = [
        sys.executable,
        "-m",
        "pipeline",
        "-C",
        str(programme),
        "review",
        SLUG,
        "--by",
        "mb",
        "--port",
        "0",
        "--no-open",
    ]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)
    context = chromium.browser.new_context()
    tab = context.new_page()
    tab.goto(process.stdout.readline().strip())
    tab.wait_for_selector(".cue[aria-current]")
    yield tab
    context.close()
    process.terminate()
    process.communicate()


def replace_sample_texts(programme):
    """Write own texts: `publish` refuses those of `weerslag init`."""
    shutil.rmtree(programme / "magazine")
    file = programme / "programme.yaml"
    file.write_text(re.sub(r"(?m)^(  description:).*$", r"\1 Gesprekken.", file.read_text()))
    file = programme / "episodes" / SLUG / "episode.md"
    head = re.sub(r"(?m)^summary:.*$", "summary: Een gesprek.", file.read_text().split("\n---\n")[0])
    file.write_text(f"{head}\n---\nEen gesprek over werk.\n")


def test_a_draft_is_corrected_signed_and_published_and_a_later_edit_stops_it(programme, run, tab, tmp_path):
    replace_sample_texts(programme)
    folder = programme / "episodes" / SLUG
    target = str(tmp_path / "site")
    drafted = run("publish", target)
    tab.keyboard.press("Enter")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("Door een mens verbeterd.")
    tab.keyboard.press("Control+Enter")
    tab.keyboard.press("Escape")
    for _ in range(tab.locator(".cue").count()):
        tab.keyboard.press("s")
    tab.locator("#left", has_text="Every cue is reviewed.").wait_for(timeout=TIMEOUT_MS)
    published = run("publish", target)
    file = folder / "transcript.vtt"
    file.write_text(file.read_text().replace("Door een mens", "Door iemand anders"))
    edited = run("publish", target)

    assert (4, 0, 4) == (drafted.exit_code, published.exit_code, edited.exit_code), published.output
    assert "has an unreviewed transcript" in drafted.output
    assert "cues of the transcript that were edited after their review: 1, at 0:0" in edited.output
    page = (tmp_path / "site" / "episodes" / SLUG / "transcript.vtt").read_text()
    assert "Door een mens verbeterd." in page
    records = [json.loads(line) for line in (folder / "review.jsonl").read_text().splitlines()]
    assert {("signed", "mb")} == {(one["kind"], one["by"]) for one in records}
