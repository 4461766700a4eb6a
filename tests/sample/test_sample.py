"""The sample programme: texts, recordings and magazine are consistent, and every voice is synthetic."""

import subprocess
import uuid
from pathlib import Path

import numpy as np
import pytest

from pipeline.content import load_programme

ROOT = Path(__file__).parents[2]
TEXTS = Path(__file__).parent
PODCAST_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # podcast namespace 1.0, tag guid
PROGRAMME = load_programme(ROOT)
RATE_HZ = 16_000
LEAD_MS, TAIL_MS = 100, 600  # before the first word of a chapter, after the last word of a recording


def decode_samples(episode):
    """Decode all parts in order; shape (samples,), full scale is 1.0."""
    parts = []
    for part in episode.recording:
        command = ["ffmpeg", "-v", "error", "-i", str(ROOT / part), "-f", "s16le", "-ar", str(RATE_HZ), "pipe:1"]
        parts.append(np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2"))
    return np.concatenate(parts) / 32_768


def measure_level_dbfs(sound):
    return 10 * np.log10(np.mean(np.square(sound)) + 1e-12)


def cut_span(sound, start_ms, end_ms):
    return sound[start_ms * RATE_HZ // 1000 : end_ms * RATE_HZ // 1000]


def read_phrases(slug):
    """Return the phrases of a text: whether it is cut, who speaks, the words."""
    lines = (TEXTS / f"{slug}.txt").read_text(encoding="utf-8").splitlines()
    marks = [line.partition(": ") for line in lines if not line.startswith(("==", "--"))]
    return [(mark.startswith("x"), f"Stem {mark.removeprefix('x')}", words) for mark, _, words in marks]


each_episode = pytest.mark.parametrize("episode", PROGRAMME.episodes, ids=lambda episode: episode.slug)


@each_episode
def test_speech_is_present_in_every_cue_and_nowhere_else(episode):
    sound = decode_samples(episode)
    gaps = np.ones(len(sound), dtype=bool)

    for cue in episode.transcript:
        assert measure_level_dbfs(cut_span(sound, cue.start_ms, cue.end_ms)) > -37
        gaps[cue.start_ms * RATE_HZ // 1000 : (cue.end_ms + 1) * RATE_HZ // 1000] = False

    assert measure_level_dbfs(sound[gaps]) < -85
    assert pytest.approx(len(sound) * 1000 / RATE_HZ, abs=1) == episode.transcript[-1].end_ms + TAIL_MS


@each_episode
def test_cues_do_not_overlap(episode):
    times = [time for cue in episode.transcript for time in (cue.start_ms, cue.end_ms)]

    assert sorted(set(times)) == times


@each_episode
def test_chapters_start_just_before_a_cue(episode):
    starts = {cue.start_ms - LEAD_MS for cue in episode.transcript}

    assert {chapter.start_ms for chapter in episode.chapters} <= starts
    assert 0 == episode.chapters[0].start_ms
    assert 4 <= len(episode.chapters)
    assert 40 > max(len(chapter.title) for chapter in episode.chapters)


@each_episode
def test_transcript_matches_the_text(episode):
    assert [(who, words) for _, who, words in read_phrases(episode.slug)] == [
        (cue.speaker, cue.text) for cue in episode.transcript
    ]


@each_episode
def test_cuts_match_the_marked_phrases(episode):
    def inside(moment_ms):
        return any(cut.from_ms <= moment_ms <= cut.to_ms for cut in episode.cuts)

    cut_out = [(inside(cue.start_ms), inside(cue.end_ms)) for cue in episode.transcript]

    assert [(cut, cut) for cut, _, _ in read_phrases(episode.slug)] == cut_out


@each_episode
def test_all_voices_are_synthetic_and_labelled(episode):
    assert ["Stem A (synthetisch)", "Stem B (synthetisch)"] == [person.name for person in episode.people]
    assert "stemmen zijn synthetisch" in episode.notes_md
    spoken = " ".join(cue.text for cue in episode.transcript)
    assert "computerstemmen" in spoken
    assert "voorbeeld" in spoken


def test_one_recording_has_two_parts_in_name_order():
    parts = {episode.number: [Path(part).name for part in episode.recording] for episode in PROGRAMME.episodes}

    assert ["02-welvaart-dichtbij-deel-1.flac", "02-welvaart-dichtbij-deel-2.flac"] == parts[2]
    assert {1: 1, 2: 2, 3: 1, 4: 1} == {number: len(names) for number, names in parts.items()}


def test_one_voice_of_the_third_episode_is_ten_decibels_softer():
    episode = PROGRAMME.episodes[2]
    sound = decode_samples(episode)
    levels = {"Stem A": [], "Stem B": []}

    for cue in episode.transcript:
        levels[cue.speaker].append(measure_level_dbfs(cut_span(sound, cue.start_ms, cue.end_ms)))

    assert pytest.approx(10, abs=0.2) == np.mean(levels["Stem A"]) - np.mean(levels["Stem B"])


def test_podcast_guid_is_derived_from_the_feed_address():
    address = f"{PROGRAMME.url.removeprefix('https://')}feed.xml"

    assert str(uuid.uuid5(PODCAST_NAMESPACE, address)) == PROGRAMME.podcast.guid


def test_each_event_has_approved_reflections():
    assert [5, 4, 4, 4] == [len(PROGRAMME.find_reflections(event.id)) for event in PROGRAMME.events]


def test_moments_are_chapter_starts():
    starts = {(episode.slug, chapter.start_ms) for episode in PROGRAMME.episodes for chapter in episode.chapters}
    moments = [reflection.moment for reflection in PROGRAMME.reflections if reflection.moment]

    assert 12 == len(moments)
    assert {(moment.episode, moment.start_ms) for moment in moments} <= starts


def test_pull_quotes_occur_in_their_stories():
    missing = [pull for story in PROGRAMME.stories for pull in story.pulls if pull not in story.text_md]

    assert [] == missing


def test_canary_words_of_drafts_are_in_no_value():
    files = sorted((ROOT / "magazine/reflections").rglob("*.md"))
    with_canary = [file.stem for file in files if "kanarieveld" in file.read_text(encoding="utf-8").lower()]

    assert [
        "tafel-1",
        "tafel-6",
        "tafel-3",
        "tafel-5",
        "tafel-3",
    ] == with_canary  # two drafts, three quotes not approved
    assert "kanarieveld" not in repr(PROGRAMME).lower()
