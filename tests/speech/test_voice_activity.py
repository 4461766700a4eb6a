"""Voice activity and blocks: judged by faster-whisper's own voice activity detection, and by where pauses are."""

import numpy as np
import pytest
from faster_whisper.vad import get_speech_timestamps

from pipeline.errors import StorageError
from pipeline.speech import blocks, voice_activity
from pipeline.speech.blocks import find_block_ends, plan_blocks
from pipeline.speech.sound_file import open_sound
from pipeline.speech.tasks import FindSpeechTask, SpeechStretch
from tests.speech.dutch import RATE, build_talk, write_wav

LINES = ["let-m-divna", "br-m-bavi", "pra-v-klesnout", "zd1-m-tlac"]


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Write a talk with pauses of three seconds, which separate stretches, and speech up to half a second before its end."""
    sound, lines = build_talk(LINES, gap_s=3.0)
    path = write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", np.append(sound, np.zeros(3 * RATE, np.float32)))
    return path, lines


def test_stretches_are_those_of_faster_whisper(talk):
    with open_sound(talk[0]) as sound:
        probabilities = voice_activity.compute_speech_probabilities(sound)
        whole = sound.read_range(0, sound.samples)

    found = voice_activity.find_stretches(probabilities, samples=len(whole))

    assert [(one["start"], one["end"]) for one in get_speech_timestamps(whole)] == [
        (one.first, one.last) for one in found
    ]
    assert len(found) == len(LINES)


def test_reading_in_pieces_changes_nothing(talk, monkeypatch):
    with open_sound(talk[0]) as sound:
        whole = voice_activity.compute_speech_probabilities(sound)
        monkeypatch.setattr(voice_activity, "_WINDOWS_AT_ONCE", 37)
        pieces = voice_activity.compute_speech_probabilities(sound)

    np.testing.assert_allclose(pieces, whole, atol=1e-5)


def test_blocks_end_in_pauses_and_hold_all_speech(talk, monkeypatch):
    monkeypatch.setattr(blocks, "_MAX_BLOCK", 10 * RATE)
    monkeypatch.setattr(blocks, "_SEARCHED", 5 * RATE)
    path, lines = talk

    plan = plan_blocks(FindSpeechTask(sound=path))

    assert len(plan.blocks) > 1
    for block in plan.blocks:
        assert block.last - block.first <= 10 * RATE
        assert not any(phrase.first < block.last < phrase.last for phrase in plan.phrases)
    covered = [(block.first + one.first, block.first + one.last) for block in plan.blocks for one in block.stretches]
    for line in lines:
        assert sum(max(0, min(line.last, last) - max(line.first, first)) for first, last in covered) >= 0.97 * (
            line.last - line.first
        )


def test_a_change_elsewhere_keeps_the_digest_of_a_block(talk, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_MAX_BLOCK", 10 * RATE)
    monkeypatch.setattr(blocks, "_SEARCHED", 5 * RATE)
    with open_sound(talk[0]) as sound:
        changed = sound.read_range(0, sound.samples)
    changed[-9 * RATE :] = 0

    before = plan_blocks(FindSpeechTask(sound=talk[0])).blocks
    after = plan_blocks(FindSpeechTask(sound=write_wav(tmp_path / "changed.wav", changed * 32768 / 32767))).blocks

    assert before[0] == after[0]
    assert before != after


def test_without_a_pause_the_least_probable_window_ends_a_block():
    samples = 400 * RATE
    probabilities = np.ones(samples // voice_activity.WINDOW_SAMPLES, np.float32)
    probabilities[250 * RATE // voice_activity.WINDOW_SAMPLES] = 0.6

    ends = find_block_ends([SpeechStretch(first=0, last=samples)], probabilities, samples=samples)

    assert [250, 400] == [pytest.approx(end / RATE, abs=0.04) for end in ends]


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")

    with pytest.raises(StorageError), open_sound(str(tmp_path / "a.wav")):
        pass
