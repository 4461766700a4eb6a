"""Teasers: parts of an episode as files with fades, at its loudness, and listed in the feed."""

import re
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest

from tests.audio.sounds import RATE, decoded, libebur128, tone, wav

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2]
TEASERS = 'cuts: [{from: "00:05", to: "00:07"}]\nteasers:\n  - {from: "00:04", to: "00:21", title: Wie <begint> & wie niet}\n  - {from: "00:07", to: "00:22.5"}\n'


@pytest.fixture(scope="module")
def programme_with_teasers(sources, tmp_path_factory):
    """An episode of half a minute behind an intro of 1.5 s, with a cut and two teasers."""
    root = Path(shutil.copytree(sources, tmp_path_factory.mktemp("programme_with_teasers") / "programme"))
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
def built(programme_with_teasers, build_once):
    """The same programme, built."""
    assert () == build_once(programme_with_teasers).failures
    return programme_with_teasers


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_each_teaser_is_a_tagged_file_in_press(built):
    files = sorted((built / "press/teasers").iterdir())

    assert ["01-gesprek-1.mp3", "01-gesprek-2.mp3"] == [file.name for file in files]
    one, other = (mutagen.File(file).tags for file in files)
    assert ["Wie <begint> & wie niet", "Gesprek 1"] == [str(tags["TIT2"]) for tags in (one, other)]
    assert "Proefprogramma" == str(one["TALB"])
    assert one["TXXX:GUID"] != other["TXXX:GUID"]
    assert "https://example.org/proef/episodes/01-gesprek/#t=5" == one["WOAF"].url  # 4 s, behind 1.5 s of intro
    assert one.getall("APIC")


@pytest.mark.parametrize(("number", "begins_s", "lasts_s"), [(1, 5.5, 15.0), (2, 6.5, 15.5)])
def test_teaser_equals_that_part_of_the_enclosure_with_fades(built, number, begins_s, lasts_s):
    """The cut takes 2 s out of the first; the second begins where the cut ends."""
    output = decoded(built / f"press/teasers/01-gesprek-{number}.mp3")
    (episode,) = (built / "public/audio").glob("*.mp3")
    there = decoded(episode)[round(begins_s * RATE) : round((begins_s + lasts_s) * RATE)]

    assert round(lasts_s * RATE) == len(output) == len(there)
    middle = slice(RATE // 2, len(output) - RATE)
    gain = (output[middle] * there[middle]).sum() / (there[middle] ** 2).sum()
    left = np.sqrt(np.mean((output[middle] - gain * there[middle]) ** 2) / np.mean(output[middle] ** 2))
    assert left < 0.1  # the rest is what two encodings differ
    levels = [rms(output[at : at + 480]) / max(1e-6, gain * rms(there[at : at + 480])) for at in (0, len(output) - 480)]
    assert max(levels) < 0.3 or rms(there[:480]) < 1e-3
    assert rms(output[-480:]) < 0.1 * rms(output[middle])


def rms(sound):
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def test_teaser_meets_the_loudness_target_by_another_meter(built):
    for file in (built / "press/teasers").iterdir():
        integrated, _, peak = libebur128(decoded(file))

        assert -16 == pytest.approx(integrated, abs=0.15)
        assert peak < -0.95


def test_feed_lists_each_teaser_as_soundbite_at_its_time_in_the_enclosure(built):
    raw = (built / "public/feed.xml").read_text()

    assert [("5.500", "15.000", "Wie &lt;begint&gt; &amp; wie niet"), ("6.500", "15.500", "")] == [
        (start, length, text or "")
        for start, length, _, text in re.findall(
            r'<podcast:soundbite startTime="([^"]+)" duration="([^"]+)"(/>|>([^<]*)</podcast:soundbite>)', raw
        )
    ]


def test_new_title_encodes_only_its_teaser_again(built, tmp_path, build):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    edit(root / "episodes/01-gesprek/episode.md", ", title: Wie <begint> & wie niet", "")

    steps = [f"{step.kind} {step.subject}" for step in build(root).steps if step.kind != "up to date"]

    assert ["teased 01-gesprek-1"] == steps
    assert "Gesprek 1" == str(mutagen.File(root / "press/teasers/01-gesprek-1.mp3").tags["TIT2"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('to: "00:22.5"', 'to: "00:31"', "14:25: a teaser ends at 0:31, and the recording ends at 0:30"),
        ('from: "00:07", to: "00:22.5"', 'from: "01:07", to: "01:31"', "14:12: a teaser begins at 1:07, and"),
    ],
)
def test_teaser_after_the_end_of_the_recording_is_an_error(built, tmp_path, build, old, new, message):
    root = Path(shutil.copytree(built, tmp_path / "programme"))
    edit(root / "episodes/01-gesprek/episode.md", old, new)

    ((step, error),) = build(root).failures

    assert "teaser 01-gesprek-2" == step.subject
    assert f"episodes/01-gesprek/episode.md:{message}" in str(error)
