"""Jingles in an episode: in the enclosure, and in all times that listeners see."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest

from pipeline.audio.processing.clips import load_clip
from tests.audio.sounds import RATE, decoded, tone, wav
from tests.audio.test_panel_encoded import music

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "episodes/01-burger-centraal"
LENGTH_S = 37
SOUND = "{formats: [mp3], intro: episodes/intro.wav, intro_overlap_s: 0.5, jingle: episodes/kort.wav}"
HEAD = """\
chapters:
  - {start: "00:00", title: Welkom}
  - {start: "00:06.3", title: Verder}
  - {start: "00:25", title: Uit de knip}
  - {start: "00:31.350", title: Slot}
cuts: [{from: "00:24", to: "00:27.5"}]
bleeps: [{from: "00:13.2", to: "00:18.4"}]
jingles: [{at: "00:27.5", sound: ander.wav}, {at: "00:06.3"}]
teasers: [{from: "00:06.3", to: "00:23.6"}]
---
Een"""
PLAYED_MS = {"episodes/kort.wav": 7300, "ander.wav": 27_010}  # behind one second of intro


@pytest.fixture(scope="module")
def programme_with_jingles(sources, tmp_path_factory):
    """An episode of two parts with intro, cut, bleep, teaser and two jingles; not built."""
    root = Path(shutil.copytree(sources, tmp_path_factory.mktemp("programme_with_jingles") / "programme"))
    shutil.rmtree(root / "episodes/02-gesprek")
    (root / "magazine/magazine.yaml").unlink()
    folder = root / "episodes/01-gesprek"
    for name, start_s, stop_s in (("a.wav", 0, 14), ("b.flac", 14, LENGTH_S)):
        part = ["-ss", f"{start_s}", "-to", f"{stop_s}", "-i", str(SAMPLE / "recording/01-burger-centraal.flac")]
        target = str(folder / "recording" / name)
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *part, "-ar", "48000", "-y", target], check=True)
    words = (SAMPLE / "transcript.vtt").read_text().partition("00:00:37.184")[0]
    (folder / "transcript.vtt").write_text(words)
    for name, sound in (
        ("episodes/intro", tone((-20, 1.5), hz=440)),
        ("episodes/kort", music(2.0033)),
        ("ander", tone((-30, 1.5), hz=3000)),
    ):
        (root / f"{name}.wav").write_bytes(wav(sound))
    edit(root / "programme.yaml", "{formats: [mp3]}", SOUND)
    head = folder / "episode.md"
    head.write_text(re.sub(r"chapters:.*---\nEen", lambda _: HEAD, head.read_text(), flags=re.DOTALL))
    edit(root / "magazine/reflections/een/tafel-1.md", "question:", "moment: 01-gesprek#00:06.3\nquestion:")
    return root


@pytest.fixture(scope="module")
def built(programme_with_jingles, build_once):
    """The same programme, built."""
    assert () == build_once(programme_with_jingles).failures
    return programme_with_jingles


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def read_tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_enclosure_has_each_jingle_at_its_time_and_the_correct_duration(built):
    (file,) = (built / "public/audio").glob("*.mp3")
    sound = decoded(file)[:, 0].astype(np.float64)

    assert round((1.0 + LENGTH_S - 3.5 + 2.01 + 1.5) * RATE) == len(sound)
    for path, at_ms in PLAYED_MS.items():
        clip = load_clip(str(built / path), channels=1)[:, 0].astype(np.float64)
        first = at_ms * RATE // 1000
        likeness = [sound[first + off :][: len(clip)] @ clip for off in range(-40, 41)]
        there = sound[first:][: len(clip)]
        assert 0 == int(np.argmax(likeness)) - 40
        assert likeness[40] > 0.99 * np.linalg.norm(there) * np.linalg.norm(clip)


def test_chapters_of_file_feed_and_page_begin_with_their_jingle(built):
    expected = [(0, "Welkom"), (7300, "Verder"), (27_010, "Uit de knip"), (32_360, "Slot")]
    (file,) = (built / "public/audio").glob("*.mp3")

    data = json.loads((built / "public/episodes/01-gesprek/chapters.json").read_text())["chapters"]
    frames = sorted(mutagen.File(file).tags.getall("CHAP"), key=lambda frame: frame.start_time)

    assert expected == [(round(one["startTime"] * 1000), one["title"]) for one in data]
    assert expected == [(frame.start_time, str(frame.sub_frames["TIT2"])) for frame in frames]
    feed = (built / "public/feed.xml").read_text()
    assert ["00:00:00.000", "00:00:07.300", "00:00:27.010", "00:00:32.360"] == re.findall(
        r'psc:chapter start="([^"]+)', feed
    )
    assert "(00:00) Welkom" in feed
    assert "(00:27) Uit de knip" in feed


def test_transcript_has_no_cues_during_jingles_in_any_format(built):
    expected = [(1100, 7126), (9496, 16_022), (16_382, 21_353), (21_713, 26_202), (28_684, 32_200), (32_560, 37_834)]
    folder = built / "public/episodes/01-gesprek"

    data = json.loads((folder / "transcript.json").read_text())["segments"]

    assert expected == [(round(1000 * one["startTime"]), round(1000 * one["endTime"])) for one in data]
    assert "[piep]" == data[2]["body"]
    times = re.findall(r"(\S+) --> (\S+)", (folder / "transcript.vtt").read_text())
    assert ("00:00:09.496", "00:00:16.022") == times[1]
    cards = re.findall(r"(\S+) --> (\S+)", (folder / "transcript.srt").read_text())
    assert {"00:00:07,126", "00:00:26,202", "00:00:37,834"} <= {end for _, end in cards}
    assert {"00:00:09,496", "00:00:28,684"} <= {start for start, _ in cards}
    page = (folder / "index.html").read_text()
    assert re.search(r'data-start="9\.496"|t=9"', page)


def test_moments_point_to_the_words_and_teasers_contain_no_jingle(built):
    page = (built / "public/events/een/index.html").read_text()
    feed = (built / "public/feed.xml").read_text()

    assert "../../episodes/01-gesprek/index.html#t=9" in page  # 9.310 s: 6.3 s, behind an intro and a jingle
    assert [("9.310", "17.300")] == re.findall(r'<podcast:soundbite startTime="([^"]+)" duration="([^"]+)"', feed)
    teaser = mutagen.File(built / "press/teasers/01-gesprek-1.mp3")
    assert teaser.tags["WOAF"].url.endswith("/episodes/01-gesprek/#t=9")
    assert round(17.3 * RATE) == len(decoded(built / "press/teasers/01-gesprek-1.mp3"))


def test_report_lists_jingles_and_draws_the_recording_around_them(built):
    data = json.loads((built / "press/reports/01-gesprek.json").read_text())
    page = (built / "press/reports/01-gesprek.html").read_text()

    assert [{"from_s": 7.3, "to_s": 9.31}, {"from_s": 27.01, "to_s": 28.51}] == data["jingles"]
    assert "jingle van 2,0 s tussen delen van het gesprek, op 0:07, even hard als het gesprek (" in page
    lines = [
        [1000 * float(x) for x in re.findall(r"[ML]([\d.]+) ", path)]
        for path in re.findall(r'<path class="before" d="([^"]+)"', page)
    ]
    there_s = [[x / 1e6 * 38.01 for x in (line[0], line[-1])] for line in lines]
    assert [[1.5, 6.8], [9.8, 26.5], [29.0, 37.5]] == [pytest.approx(ends, abs=0.6) for ends in there_s]


def test_output_is_the_same_in_another_folder_with_two_workers(built, programme_with_jingles, tmp_path, build):
    other = Path(
        shutil.copytree(
            programme_with_jingles, tmp_path / "anders", ignore=shutil.ignore_patterns("public", "press", ".weerslag")
        )
    )

    assert () == build(other, workers="processes:2").failures

    assert read_tree(built / "public") == read_tree(other / "public")
    assert read_tree(built / "press") == read_tree(other / "press")


def test_new_title_only_tags(built, tmp_path, build):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    edit(root / "episodes/01-gesprek/episode.md", "title: Verder", "title: Door")

    steps = build(root, targets=("episodes",)).steps

    assert ["tagged 01-gesprek.mp3"] == [f"{step.kind} {step.subject}" for step in steps if step.kind != "up to date"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('at: "00:06.3"', 'at: "00:06.25"'),
        (", sound: ander.wav", ""),
        (', {at: "00:06.3"}', ""),
        ("sound: ander.wav", "sound: nieuw.wav"),
    ],
)
def test_changed_jingle_is_mastered_again(built, tmp_path, build, old, new):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    (root / "nieuw.wav").write_bytes(wav(tone((-30, 1.5), hz=3001)))
    edit(root / "episodes/01-gesprek/episode.md", old, new)

    steps = build(root, targets=("episodes",), dry_run=True).steps

    assert ["mastered 01-gesprek"] == [step.subject for step in steps if step.kind == "would"]


def test_renamed_jingle_file_is_not_mastered_again(built, tmp_path, build):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    (root / "ander.wav").rename(root / "nieuw.wav")
    edit(root / "episodes/01-gesprek/episode.md", "sound: ander.wav", "sound: nieuw.wav")

    assert [] == [
        step.subject for step in build(root, targets=("episodes",), dry_run=True).steps if step.kind == "would"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'at: "00:27.5"',
            'at: "00:37"',
            "15:16: a jingle is at 0:37, and the recording ends at 0:37: no words would",
        ),
        (
            'at: "00:06.3"',
            'at: "01:06.3"',
            "15:51: a jingle is at 1:06, and the recording ends at 0:37: no words would",
        ),
        ('to: "00:27.5"', 'to: "00:37"', "15:16: a jingle is at 0:24, and everything after it is cut: no words would"),
    ],
)
def test_jingle_without_words_after_it_is_an_error(built, tmp_path, build, old, new, message):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    head = root / "episodes/01-gesprek/episode.md"
    edit(head, old, new)
    if "37" in new and "to" in new:
        edit(head, 'at: "00:27.5"', 'at: "00:24"')
        (root / "episodes/01-gesprek/transcript.vtt").unlink()

    ((step, error),) = build(root, targets=("episodes",)).failures

    assert step.subject.startswith("jingle 01-gesprek-")
    assert f"episodes/01-gesprek/episode.md:{message}" in str(error)
