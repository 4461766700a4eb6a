"""Recognition of real Dutch speech with a real model: words, times, no invented text, the same result every time."""

import socket

import numpy as np
import pytest

from pipeline.errors import DependencyError
from pipeline.speech.block_recognition import recognise_block
from pipeline.speech.blocks import plan_blocks
from pipeline.speech.engine import Recogniser
from pipeline.speech.tasks import FindSpeechTask, RecogniseTask, SpeechStretch
from tests.speech.dutch import (
    GAME,
    RATE,
    build_talk,
    decode,
    measure_line_starts,
    measure_word_errors,
    write_wav,
)

LINES = [  # of both voices, from levels all over the game
    *("let-m-divna", "br-m-bavi", "pra-v-klesnout", "zd1-m-tlac", "disk-v-ulamu", "ves-v-pokoj"),
    *("vit-m-hlava", "vit-v-proc", "rea-v-radeji", "tet-m-usudek"),
]


def recognise(path, model, *, threads=2):
    """Plan and recognise a file of one block."""
    plan = plan_blocks(FindSpeechTask(sound=path))
    return [
        word
        for block in plan.blocks
        for word in recognise_block(
            RecogniseTask(
                sound=path,
                first=block.first,
                samples=block.last - block.first,
                sha256=block.sha256,
                stretches=block.stretches,
                model=str(model),
                language="nl",
                threads=threads,
            )
        )
    ]


@pytest.fixture(scope="module")
def talk(tmp_path_factory, base_model):
    """Recognise ten lines."""
    sound, lines = build_talk(LINES)
    path = write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", sound)
    return sound, lines, recognise(path, base_model), path


def test_most_words_of_real_dutch_are_right(talk):
    _, lines, words, _ = talk

    assert measure_word_errors(lines, words) < 0.45


def test_lines_start_where_they_are_spoken(talk):
    _, lines, words, _ = talk

    errors = np.abs(measure_line_starts(lines, words))

    assert len(errors) >= 5
    assert np.median(errors) <= 0.060
    assert np.percentile(errors, 90) <= 0.200


def test_words_are_in_order_and_inside_the_sound(talk):
    sound, _, words, _ = talk

    starts = [word.start_s for word in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start_s <= word.end_s <= len(sound) / RATE for word in words)
    assert all(0 <= word.confidence <= 1 for word in words)


def test_the_result_does_not_depend_on_the_number_of_threads(tmp_path, base_model):
    sound, _ = build_talk(LINES[:2])
    path = write_wav(tmp_path / "short.wav", sound)

    assert recognise(path, base_model, threads=1) == recognise(path, base_model, threads=3)


def test_recognition_opens_no_connection(recogniser, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    sound, _ = build_talk(LINES[:1])

    assert recogniser.recognise(sound, [SpeechStretch(first=0, last=len(sound))], language="nl")


@pytest.mark.parametrize("kind", ["silence", "noise", "hum", "music"])
def test_nothing_is_invented_where_nobody_speaks(tmp_path, base_model, kind):
    seconds = np.arange(20 * RATE) / RATE
    random = np.random.default_rng(7)
    sounds = {
        "silence": lambda: np.zeros(20 * RATE),
        "noise": lambda: random.standard_normal(20 * RATE) * 0.03,
        "hum": lambda: 0.1 * np.sin(2 * np.pi * 50 * seconds) + 0.03 * np.sin(2 * np.pi * 150 * seconds),
        "music": lambda: decode(GAME / "music" / "rybky01.ogg")[: 20 * RATE],
    }

    assert [] == recognise(write_wav(tmp_path / "sound.wav", sounds[kind]()), base_model)


def test_a_language_that_the_model_lacks_is_refused(recogniser):
    with pytest.raises(DependencyError, match="does not have the language `xx`"):
        recogniser.recognise(np.zeros(RATE, np.float32), [], language="xx")


def test_a_folder_without_a_model_is_refused(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"nothing")

    with pytest.raises(DependencyError, match="cannot be loaded"):
        Recogniser(tmp_path, threads=1)
