"""A whole build of an episode with a teaser: clips in press/ as soon as a person reviewed the transcript."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.graphics.clip_layouts import LAYOUTS
from tests.builder.test_clips import count_light_pixels, read_frame
from tests.builder.test_teasers import edit
from tests.speech.dutch import RATE, build_talk, load_subtitles, write_wav

pytestmark = [pytest.mark.slow, pytest.mark.long]

FIRST_MS, LAST_MS = 500, 15_500  # of the shortest teaser there may be
EPISODE = "episodes/01-gesprek/episode.md"


@pytest.fixture(scope="module", name="draft")
def _draft(sources, tmp_path_factory):
    """A programme of sixteen seconds of Dutch speech with its words, a teaser, and no review."""
    root = Path(shutil.copytree(sources, tmp_path_factory.mktemp("clip_builds") / "programme"))
    shutil.rmtree(root / "episodes/02-gesprek")
    shutil.rmtree(root / "magazine")
    talk, lines = build_talk(sorted(load_subtitles())[:14])
    write_wav(root / "episodes/01-gesprek/recording/a.wav", talk[: 16 * RATE])
    cues = [(line.first / RATE, line.last / RATE, line.text) for line in lines if line.last < 16 * RATE]
    words = "\n".join(f"00:{start:06.3f} --> 00:{end:06.3f}\n<v Anna>{text}\n" for start, end, text in cues)
    (root / "episodes/01-gesprek/transcript.vtt").write_text(f"WEBVTT\n\n{words}", "utf-8")
    edit(root / EPISODE, "---\nEen", 'teasers: [{from: "00:00.5", to: "00:15.5", title: Zo klinkt het}]\n---\nEen')
    return root, cues


@pytest.fixture(scope="module", name="builds")
def _builds(draft, build_once):
    """The files of press/ after a build of the draft; then the review, a build of it, and a third build."""
    root, cues = draft
    assert () == build_once(root).failures
    before = sorted(file.name for file in (root / "press").rglob("*.*"))
    edit(root / EPISODE, "teasers:", "transcript_reviewed: 2024-06-18\nteasers:")
    reviewed, again = build_once(root), build_once(root)
    assert () == reviewed.failures == again.failures
    return root, cues, before, reviewed.steps, again.steps


def list_made(steps):
    return [f"{step.kind} {step.subject}" for step in steps if step.kind != "up to date"]


def test_teaser_of_a_draft_has_sound_and_no_clip(builds):
    _, _, before, *_ = builds

    assert "01-gesprek-1.mp3" in before
    assert [] == [name for name in before if name.endswith(".mp4")]


def test_reviewed_teaser_has_a_clip_of_its_length_in_both_shapes_in_press_only(builds):
    root, *_ = builds
    clips = sorted((root / "press/clips").iterdir())

    assert ["01-gesprek-1-1x1.mp4", "01-gesprek-1-9x16.mp4"] == [file.name for file in clips]
    assert [] == [*(root / "public").rglob("*.mp4"), *(root / "public").rglob("*clip*")]
    assert b".mp4" not in b"".join(file.read_bytes() for file in (root / "public").rglob("*.*ml"))
    for file, height in zip(clips, (1080, 1920), strict=True):
        command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(file)]
        video, sound = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["streams"]
        assert (1080, height) == (video["width"], video["height"])
        assert [15, 15] == pytest.approx([float(one["duration"]) for one in (video, sound)], abs=0.1)


def test_captions_stand_in_the_picture_while_their_words_are_said(builds):
    root, cues, *_ = builds
    top = LAYOUTS["1x1"].caption_top
    inside = [cue for cue in cues if FIRST_MS <= 1000 * cue[0] and 1000 * cue[1] <= LAST_MS]
    assert len(inside) >= 3

    for (start, end, _), (following, *_) in pairwise(inside[:3]):
        moments = ((start + end) / 2, (end + following) / 2)
        said, silent = (
            count_light_pixels(read_frame(root / "press/clips/01-gesprek-1-1x1.mp4", at - 0.5, 1080), top, 1080)
            for at in moments
        )
        assert said > 500
        assert 0 == silent


def test_review_makes_the_clips_and_the_next_build_makes_nothing(builds):
    *_, reviewed, again = builds
    made = list_made(reviewed)

    assert ["01-gesprek-1-1x1.mp4", "01-gesprek-1-9x16.mp4"] == [one.split()[-1] for one in made if ".mp4" in one]
    assert [] == [one for one in made if one.startswith(("mastered", "encoded", "teased"))]
    assert [] == list_made(again)
