"""Teasers: stretches of an episode in files of their own, with fades, as loud as the episode, and told in the feed."""

import re
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest

from tests.audio.sounds import RATE, decoded, libebur128, tone, wav

SAMPLE = Path(__file__).parents[2]
TEASERS = 'cuts: [{from: "00:05", to: "00:07"}]\nteasers:\n  - {from: "00:04", to: "00:21", title: Wie <begint> & wie niet}\n  - {from: "00:07", to: "00:22.5"}\n'


@pytest.fixture(scope="module")
def teasing(sources, tmp_path_factory):
    """An episode of half a minute behind an intro of 1.5 s, with a cut and two teasers."""
    root = Path(shutil.copytree(sources, tmp_path_factory.mktemp("teasing") / "programme"))
    shutil.rmtree(root / "episodes/02-gesprek")
    shutil.rmtree(root / "magazine")
    recording = SAMPLE / "episodes/01-burger-centraal/recording/01-burger-centraal.flac"
    part = ["-ss", "1", "-t", "30", "-i", str(recording), "-c:a", "pcm_s16le", "-y"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", *part, str(root / "episodes/01-gesprek/recording/a.wav")], check=True
    )
    (root / "episodes/jingle.wav").write_bytes(wav(tone((-20, 1.5), hz=440)))
    edit(root / "programme.yaml", "{formats: [mp3]}", "{formats: [mp3], intro: episodes/jingle.wav}")
    edit(root / "episodes/01-gesprek/episode.md", "---\nEen", f"{TEASERS}---\nEen")
    return root


@pytest.fixture(scope="module")
def teased(teasing, build_once):
    """The same, built."""
    assert () == build_once(teasing).failures
    return teasing


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_each_teaser_is_a_tagged_file_in_the_press_folder(teased):
    files = sorted((teased / "press/teasers").iterdir())

    assert ["01-gesprek-1.mp3", "01-gesprek-2.mp3"] == [file.name for file in files]
    one, other = (mutagen.File(file).tags for file in files)
    assert ["Wie <begint> & wie niet", "Gesprek 1"] == [str(tags["TIT2"]) for tags in (one, other)]
    assert "Proefprogramma" == str(one["TALB"])
    assert one["TXXX:GUID"] != other["TXXX:GUID"]
    assert "https://example.org/proef/episodes/01-gesprek/#t=5" == one["WOAF"].url  # 4 s, behind 1.5 s of intro
    assert one.getall("APIC")


@pytest.mark.parametrize(("number", "begins_s", "lasts_s"), [(1, 5.5, 15.0), (2, 6.5, 15.5)])
def test_a_teaser_is_what_listeners_hear_there_with_fades(teased, number, begins_s, lasts_s):
    """The cut takes 2 s out of the first; the second begins where the cut ends."""
    heard = decoded(teased / f"press/teasers/01-gesprek-{number}.mp3")
    (episode,) = (teased / "public/audio").glob("*.mp3")
    there = decoded(episode)[round(begins_s * RATE) : round((begins_s + lasts_s) * RATE)]

    assert round(lasts_s * RATE) == len(heard) == len(there)
    middle = slice(RATE // 2, len(heard) - RATE)
    gain = (heard[middle] * there[middle]).sum() / (there[middle] ** 2).sum()
    left = np.sqrt(np.mean((heard[middle] - gain * there[middle]) ** 2) / np.mean(heard[middle] ** 2))
    assert left < 0.1  # the rest is what two encodings differ
    levels = [rms(heard[at : at + 480]) / max(1e-6, gain * rms(there[at : at + 480])) for at in (0, len(heard) - 480)]
    assert max(levels) < 0.3 or rms(there[:480]) < 1e-3
    assert rms(heard[-480:]) < 0.1 * rms(heard[middle])


def rms(sound):
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def test_a_teaser_is_as_loud_as_an_episode_by_someone_elses_meter(teased):
    for file in (teased / "press/teasers").iterdir():
        integrated, _, peak = libebur128(decoded(file))

        assert -16 == pytest.approx(integrated, abs=0.15)
        assert peak < -0.95


def test_the_feed_tells_each_teaser_as_a_soundbite_on_the_clock_of_the_enclosure(teased):
    raw = (teased / "public/feed.xml").read_text()

    assert [("5.500", "15.000", "Wie &lt;begint&gt; &amp; wie niet"), ("6.500", "15.500", "")] == [
        (start, length, text or "")
        for start, length, _, text in re.findall(
            r'<podcast:soundbite startTime="([^"]+)" duration="([^"]+)"(/>|>([^<]*)</podcast:soundbite>)', raw
        )
    ]


def test_a_second_build_keeps_them_and_a_new_title_makes_no_new_master(teased, tmp_path, build):
    root = Path(shutil.copytree(teased, tmp_path / "programme"))
    edit(root / "episodes/01-gesprek/episode.md", ", title: Wie <begint> & wie niet", "")

    made = [f"{step.kind} {step.subject}" for step in build(root).steps if step.kind != "kept"]

    assert ["teased 01-gesprek-1"] == made
    assert "Gesprek 1" == str(mutagen.File(root / "press/teasers/01-gesprek-1.mp3").tags["TIT2"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('to: "00:22.5"', 'to: "00:31"', "14:25: a teaser ends at 0:31, and the recording ends at 0:30"),
        ('from: "00:07", to: "00:22.5"', 'from: "01:07", to: "01:31"', "14:12: a teaser begins at 1:07, and"),
    ],
)
def test_a_teaser_that_the_recording_is_too_short_for_stops_the_build(teased, tmp_path, build, old, new, told):
    root = Path(shutil.copytree(teased, tmp_path / "programme"))
    edit(root / "episodes/01-gesprek/episode.md", old, new)

    ((step, error),) = build(root).failures

    assert "teaser 01-gesprek-2" == step.subject
    assert f"episodes/01-gesprek/episode.md:{told}" in str(error)
