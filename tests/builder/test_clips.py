"""Clips of teasers: sound, waveform and captions are in the picture, and only of reviewed transcripts."""

import json
import subprocess
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pipeline.audio.clip_tasks import ClipTask
from pipeline.audio.clips import format_captions, make_clip
from pipeline.builder.clips import make_clips
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.executors import open_executor
from pipeline.graphics.clip_layouts import LAYOUTS
from pipeline.model import Cue, Programme, Teaser
from pipeline.typesetting import get_templates_folder
from tests.site import sample

pytestmark = pytest.mark.slow

GROUND = (0x0B, 0x55, 0x63)
CUES = (Cue(start_ms=1000, end_ms=2000, speaker="Anna", text="Zó {begon} het: één \\Nwoord."),)


@pytest.fixture(scope="module", name="clips")
def _clips(tmp_path_factory):
    """Clips of three seconds in both shapes, and one of them made again."""
    folder = tmp_path_factory.mktemp("clips")
    tone = ["-f", "lavfi", "-i", "sine=frequency=300:duration=3:sample_rate=48000", "-c:a", "libmp3lame"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, str(folder / "sound.mp3")], check=True)
    for name, shape in (("1x1", "1x1"), ("9x16", "9x16"), ("again", "1x1")):
        task = ClipTask(
            sound=str(folder / "sound.mp3"),
            shape=shape,
            title="Wie begint?",
            label="Ambtenaar van Nu",
            colour=1,
            cues=CUES,
            fonts=str(get_templates_folder() / "fonts"),
            out=str(folder / f"{name}.mp4"),
        )
        assert 3 == pytest.approx(make_clip(task), abs=0.06)
    return folder


def read_frame(file, at_s, height):
    command = ["ffmpeg", "-v", "error", "-ss", str(at_s), "-i", str(file), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]  # fmt: skip
    pixels = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(height, 1080, 3).astype(int)


def count_light_pixels(frame, top, bottom, left=0, right=1080):
    return int((frame[top:bottom, left:right].min(axis=2) > 200).sum())


@pytest.mark.parametrize(("shape", "height"), [("1x1", 1080), ("9x16", 1920)])
def test_clip_has_sound_and_a_picture_that_apps_can_play(clips, shape, height):
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(clips / f"{shape}.mp4")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    video, sound = found["streams"]

    assert ("h264", "yuv420p", 1080, height) == tuple(
        video[key] for key in ("codec_name", "pix_fmt", "width", "height")
    )
    assert "aac" == sound["codec_name"]
    assert 3 == pytest.approx(float(found["format"]["duration"]), abs=0.1)


@pytest.mark.parametrize(("shape", "height"), [("1x1", 1080), ("9x16", 1920)])
def test_caption_is_in_the_picture_while_it_is_spoken_only(clips, shape, height):
    top = LAYOUTS[shape].caption_top
    light = [
        count_light_pixels(read_frame(clips / f"{shape}.mp4", at_s, height), top, height) for at_s in (0.4, 1.5, 2.6)
    ]

    assert 0 == light[0] == light[2]
    assert light[1] > 2000


def test_waveform_fills_from_the_left(clips):
    top = LAYOUTS["1x1"].waveform_top
    early, late = (read_frame(clips / "1x1.mp4", at_s, 1080) for at_s in (0.8, 2.4))

    sides = [
        [count_light_pixels(frame, top, top + 220, left, left + 540) for left in (0, 540)] for frame in (early, late)
    ]
    assert sides[0][0] > 500
    assert 0 == sides[0][1]
    assert sides[1][1] > 500
    assert np.abs(early[1000, 540] - GROUND).max() < 6


def test_same_clip_has_the_same_bytes(clips):
    assert (clips / "1x1.mp4").read_bytes() == (clips / "again.mp4").read_bytes()


def test_captions_have_every_word_once_and_no_markup():
    text = " ".join(f"woord{number}" for number in range(60))
    cues = (Cue(start_ms=0, end_ms=9000, speaker="", text=text), *CUES)

    lines = format_captions(cues, layout=LAYOUTS["1x1"]).partition("[Events]")[2].splitlines()[2:]
    spoken = [line.split(",", 9)[9] for line in lines]

    assert [*text.split(), "Zó", "begon", "het:", "één", "Nwoord."] == " ".join(spoken).split()
    assert max(map(len, spoken)) <= 92
    times = [line.split(",")[1:3] for line in lines[:-1]]
    assert "0:00:00.00" == times[0][0]
    assert "0:00:09.00" == times[-1][1]
    assert [end for _, end in times[:-1]] == [start for start, _ in times[1:]]


def plan(tmp_path, **changes):
    """Plan the clips of one release, and return the names of those that would be made."""
    release = sample.release(1)
    episode = replace(release.episode, event="", transcript=release.transcript, **changes)
    teasers = (Teaser(from_ms=1000, to_ms=20_000), Teaser(from_ms=590_000, to_ms=599_900, title="Stilte"))
    release = replace(release, episode=episode, teasers=teasers)
    programme = Programme(title="Proef", organiser="Proef", url="https://example.org/", episodes=(episode,))
    cache = Cache(tmp_path)
    sound = cache.get_object_path("ab" * 32)
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"sound")
    with open_executor("local") as executor:
        reporter = Reporter(step=lambda _: None)
        runner = TaskRunner(cache=cache, executor=executor, folder=tmp_path, reporter=reporter, dry_run=True)
        sounds = {f"teasers/{episode.slug}-{number}.mp3": "ab" * 32 for number in (1, 2)}
        make_clips(programme, (release,), sounds, runner, root=tmp_path)
    return [step.subject for step in runner.steps]


def test_clips_are_of_reviewed_transcripts_only(tmp_path):
    assert [] == plan(tmp_path / "draft")
    made = plan(tmp_path / "reviewed", transcript_reviewed=date(2024, 6, 18))

    assert ["01-burger-centraal-1-1x1.mp4", "01-burger-centraal-1-9x16.mp4"] == [one.split()[-1] for one in made[:2]]
