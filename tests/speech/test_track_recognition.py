"""A microphone per person: each track is recognised alone, so both are heard where they speak at the same time."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli import weerslag
from pipeline.content import load_programme
from tests.speech.dutch import RATE, decode, load_subtitles, match_words, split_words, trim, write_wav
from tests.speech.programmes import SLUG, write_talk_programme

LINES = (  # speaker, line, seconds after the end of the line before; negative: at the same time
    ("Bram", "kos-m-uklid0", 0.5),
    ("Anna", "br-v-nerozvadet2", 0.8),
    ("Bram", "k1-m-lebku", 0.8),
    ("Anna", "kuf-v-noco", -2.0),
    ("Bram", "bar-m-rada", 1.0),
    ("Anna", "bot-v-podivat", 0.8),
)
BLEED = 10 ** (-16 / 20)


def build_table():
    """Let two people speak, each heard by the microphone of the other: sound and text by name."""
    spoken, placed, at = {"Anna": [], "Bram": []}, [], 0
    for name, line, pause_s in LINES:
        text, file = load_subtitles()[line]
        sound = trim(decode(file))
        first = at + int(pause_s * RATE)
        placed.append((name, first, sound * 0.06 / np.sqrt(np.square(sound).mean())))
        spoken[name].append(text)
        at = first + len(sound)
    dry = {name: np.zeros(at + RATE, np.float32) for name in spoken}
    for name, first, sound in placed:
        dry[name][first : first + len(sound)] += sound
    noise = np.random.default_rng(3).standard_normal((2, at + RATE)).astype(np.float32) * 1e-3
    heard = {
        name: dry[name] + BLEED * np.roll(dry[other], RATE // 250) + own
        for (name, other), own in zip((("Anna", "Bram"), ("Bram", "Anna")), noise, strict=True)
    }
    return heard, {name: " ".join(texts) for name, texts in spoken.items()}


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    root = tmp_path_factory.mktemp("tafel") / "programma"
    folder = write_talk_programme(root)
    (folder / "recording/talk.wav").unlink()
    heard, spoken = build_table()
    for name, sound in heard.items():
        write_wav(folder / f"recording/{name}.wav", sound)
    episode = folder / "episode.md"
    tracks = "".join(f"  - {{file: recording/{name}.wav, speaker: {name}}}\n" for name in heard)
    episode.write_text(episode.read_text("utf-8").replace("---\n", f"---\ntracks:\n{tracks}", 1), "utf-8")
    arguments = ["-C", str(root), "transcribe", "--workers", "local", SLUG]
    result = CliRunner().invoke(weerslag, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder, spoken


def read_words(folder, speaker):
    words = json.loads((folder / "transcript.words.json").read_text("utf-8"))["words"]
    assert sorted(words, key=lambda word: word["start_s"]) == words
    return [piece for word in words if word["speaker"] == speaker for piece in split_words(word["word"])]


@pytest.mark.parametrize("speaker", ["Anna", "Bram"])
def test_the_words_of_each_speaker_are_those_of_their_own_microphone(drafted, speaker):
    folder, spoken = drafted
    said, heard = split_words(spoken[speaker]), read_words(folder, speaker)

    errors, _ = match_words(said, heard)

    assert errors <= 0.4 * len(said), heard


def test_the_sentence_of_who_speaks_through_another_is_in_a_cue_of_its_own(drafted):
    folder, _ = drafted
    cues = load_programme(folder.parents[1]).episodes[0].transcript
    own, others = ([cue for cue in cues if cue.speaker == name] for name in ("Anna", "Bram"))

    through = [
        one for one in own if any(one.start_ms < other.end_ms and other.start_ms < one.end_ms for other in others)
    ]

    said = split_words(load_subtitles()["kuf-v-noco"][0])
    heard = split_words(" ".join(cue.text for cue in through))
    assert len(match_words(said, heard)[1]) >= len(said) / 2, heard
    assert len(heard) <= len(said) + 3  # nothing of other sentences
