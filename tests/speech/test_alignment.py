"""Align a known text with real Dutch speech, with and without recognised words."""

import numpy as np
import pytest

from pipeline.model import SpokenWord
from pipeline.speech.alignment.cepstra import compute_block, compute_cepstra, get_overlap
from pipeline.speech.alignment.tasks import AlignTextTask, WrittenLine
from pipeline.speech.alignment.text_alignment import align_text
from pipeline.speech.alignment.time_warping import warp
from pipeline.speech.alignment.word_matching import measure_likeness
from tests.speech.dutch import RATE, build_talk, load_subtitles, write_wav

pytestmark = pytest.mark.slow

STRANGE = "Gisteren heeft de wethouder een nieuwe fietsbrug over het kanaal geopend."


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Twenty lines of two voices: the path of the sound, and the lines."""
    ids = [name for name, (text, _) in load_subtitles().items() if 30 < len(text) < 120][300:320]
    sound, lines = build_talk(ids)
    return write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", sound), lines


def align(path, texts, words=()):
    lines = tuple(WrittenLine(line=number, speaker="", text=text) for number, text in enumerate(texts, start=1))
    return align_text(AlignTextTask(sound=path, lines=lines, language="nl", words=tuple(words)))


def speak(line):
    """Return the words of a line, evenly over its sound, with every fifth one recognised wrongly."""
    words = line.text.split()
    edges = np.linspace(line.first / RATE, line.last / RATE, len(words) + 1)
    return [
        SpokenWord(word=word if number % 5 else "hm", start_s=start, end_s=end, confidence=0.5)
        for number, (word, start, end) in enumerate(zip(words, edges, edges[1:], strict=False), start=1)
    ]


def measure_errors_s(aligned, lines):
    """Return how far the cue that begins each line is from its sound."""
    starts = [next(cue.start_ms for cue in aligned.cues if line.text.startswith(cue.text[:25])) for line in lines]
    return np.abs(np.array(starts) / 1000 - np.array([line.first / RATE for line in lines]))


def test_lines_are_found_without_a_model(talk):
    path, lines = talk

    aligned = align(path, [line.text for line in lines])

    errors_s = measure_errors_s(aligned, lines)
    assert aligned.is_accepted
    assert np.median(errors_s) < 0.03
    assert np.percentile(errors_s, 90) < 0.12
    assert all(
        cue.start_ms < cue.end_ms <= later.start_ms for cue, later in zip(aligned.cues, aligned.cues[1:], strict=False)
    )


def test_text_of_another_recording_is_refused(talk):
    path, lines = talk
    others = [text for text, _ in load_subtitles().values() if 30 < len(text) < 120][600 : 600 + len(lines)]

    aligned = align(path, others)

    assert (False, True) == (aligned.is_accepted, aligned.match < 0.04)


def test_recognised_words_tell_what_is_unheard_and_unwritten(talk):
    path, lines = talk
    words = [word for line in lines for word in speak(line)]
    texts = [line.text for line in lines]
    removed = max(range(6, 16), key=lambda index: lines[index].last - lines[index].first)
    del texts[removed]
    texts.insert(3, STRANGE)

    aligned = align(path, texts, words)

    assert [(4, STRANGE)] == [(one.line, one.text) for one in aligned.unheard]
    (passage,) = aligned.unwritten
    assert passage.start_s == pytest.approx(lines[removed].first / RATE, abs=0.01)
    errors_s = measure_errors_s(aligned, lines[:removed] + lines[removed + 1 :])
    assert np.percentile(errors_s, 90) < 0.12


def test_lines_in_whose_place_others_were_spoken_are_unheard_and_keep_no_place(talk):
    path, lines = talk
    texts = [line.text for line in lines]
    words = [word for line in lines for word in speak(line)]
    swapped = [*texts[:8], STRANGE, "Daarna dronken wij samen koffie in het buurthuis van Ede.", *texts[10:]]

    aligned = align(path, swapped, words)

    assert [9, 10] == [one.line for one in aligned.unheard]
    assert not any("fietsbrug" in cue.text or "buurthuis" in cue.text for cue in aligned.cues)
    assert aligned.unwritten[0].start_s == pytest.approx(lines[8].first / RATE, abs=0.5)
    assert np.percentile(measure_errors_s(aligned, [*lines[:8], *lines[10:]]), 90) < 0.12


def test_misheard_letters_are_like_those_of_the_sentence_and_other_words_are_not():
    words = [
        SpokenWord(word=word, start_s=1 + n / 2, end_s=1.5 + n / 2, confidence=0.5)
        for n, word in enumerate(["een", "nog", "acht", "room", "informatie."])
    ]

    assert measure_likeness("Genoeg achtergrondinformatie.", words, 1.0, 3.5) > 0.6
    assert measure_likeness("Is dat verborgen symboliek?", words, 1.0, 3.5) < 0.4
    assert measure_likeness("Genoeg achtergrondinformatie.", words, 9.0, 11.0) == 0


def test_recognised_words_of_another_text_are_refused(talk):
    path, lines = talk

    aligned = align(path, [STRANGE] * 5, [word for line in lines for word in speak(line)])

    assert (False, ()) == (aligned.is_accepted, aligned.cues)


def test_cepstra_of_blocks_are_those_of_the_whole():
    sound = np.random.default_rng(1).standard_normal(RATE * 3).astype(np.float32)
    step = RATE

    blocks = [
        compute_block(sound[at : at + step + get_overlap(RATE)], sample_rate_hz=RATE)[0]
        for at in range(0, len(sound), step)
    ]

    whole = compute_cepstra(sound, sample_rate_hz=RATE).values
    np.testing.assert_allclose(np.concatenate(blocks), whole, rtol=0, atol=1e-3)  # rounding; half a millisecond is 0.1


def test_warping_skips_what_only_one_side_has():
    random = np.random.default_rng(2).standard_normal((60, 200)).astype(np.float32)
    vectors = random / np.linalg.norm(random, axis=1, keepdims=True)
    text, recording = np.delete(vectors, range(20, 26), axis=0), np.delete(vectors, range(40, 46), axis=0)

    path = warp(text, recording, centres=np.linspace(0, 54, 54, dtype=np.float32), band=40, skip_cost=0.6)

    assert list(path.indices[:20]) == list(range(20))  # then six vectors of the recording are skipped
    assert list(path.indices[20:34]) == list(range(26, 40))
    assert path.is_skipped[34:40].all()
    assert list(path.indices[40:]) == list(range(40, 54))
