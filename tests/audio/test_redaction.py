"""Mutes, bleeps and cuts: no original sample remains, and joins do not click."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.io.cuts import SplicedReader, remove_cuts
from pipeline.audio.mastering import master
from pipeline.audio.processing.redaction import RoomTone, find_quiet_segment, replace_with_room_tone
from pipeline.audio.tasks import MasterTask
from pipeline.model import Cut, SoundTarget
from tests.audio.panel import panel
from tests.audio.sounds import RATE, ArrayReader, decoded, libebur128, tone, wav

pytestmark = pytest.mark.slow

PLAIN = SoundTarget(hum="off", noise_reduction="off", levelling="off")
NAME = Cut(from_ms=2400, to_ms=2900)  # inside a sentence
WORD = Cut(from_ms=10_500, to_ms=11_200)
LONG = Cut(from_ms=5100, to_ms=7000)


def blocks(sound, size):
    return [sound[at : at + size] for at in range(0, len(sound), size)]


@pytest.fixture
def mastered(tmp_path):
    def make(sound, *, target=PLAIN, name="master.wav", **edits):
        source, out = tmp_path / "opname.wav", tmp_path / name
        source.write_bytes(wav(sound, kind="f32"))
        facts = measure_recording(MeasureTask(parts=(str(source),), cuts=edits.get("cuts", ())))
        result = master(MasterTask(parts=(str(source),), target=target, facts=facts, out=str(out), **edits))
        return result, decoded(out)[:, :1]

    return make


def between(sound, cut):
    return sound[cut.from_ms * RATE // 1000 : cut.to_ms * RATE // 1000]


def db(sound):
    return 10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-20)


def click_ratio(sound, at_ms):
    """Peak above 6 kHz within 3 ms, relative to that of the 300 ms around it; above 1 it clicks."""
    high = np.abs(sosfiltfilt(butter(4, 6000, "highpass", fs=RATE, output="sos"), sound[:, 0]))
    at, near, around = at_ms * RATE // 1000, 3 * RATE // 1000, 300 * RATE // 1000
    surroundings = np.concatenate([high[at - around : at - near], high[at + near : at + around]])
    return high[at - near : at + near].max() / surroundings.max()


def test_mute_contains_no_original_sample(mastered):
    """The same event with other words in that stretch results in the same audio."""
    event = panel().sound[: 14 * RATE]
    other = event.copy()
    between(other, NAME)[:] = 0.4 * tone((-3, 0.5), hz=700, channels=1)

    _, one = mastered(event, mutes=(NAME,))
    _, two = mastered(other, mutes=(NAME,))

    assert (one == two).all()


def test_mute_is_filled_with_room_tone(mastered):
    event = panel().sound[: 14 * RATE]

    result, output = mastered(event, mutes=(LONG, NAME))

    pause = db(output[RATE // 2 : RATE])
    for cut in (LONG, NAME):
        assert db(between(output, cut)) == pytest.approx(pause, abs=2)
    assert "2 mutes, filled with room tone" in map(str, result.steps)


def test_bleep_replaces_the_word_and_is_not_louder_than_the_talk(mastered):
    event = panel().sound[: 14 * RATE]
    other = event.copy()
    between(other, WORD)[:] = 0.0

    result, one = mastered(event, bleeps=(WORD,))
    _, two = mastered(other, bleeps=(WORD,))

    bleep = between(one, WORD)
    spectrum = np.abs(np.fft.rfft(bleep[:, 0]))
    assert (one == two).all()
    assert spectrum.argmax() * RATE / len(bleep) == pytest.approx(1000, abs=2)
    assert -30 < libebur128(np.repeat(bleep, 2, axis=1))[0] < -16
    assert "1 bleep" in map(str, result.steps)


def test_joins_do_not_click(mastered):
    event = panel().sound[: 14 * RATE]
    cut = Cut(from_ms=11_900, to_ms=12_300)

    _, output = mastered(event, target=SoundTarget(), mutes=(NAME,), bleeps=(WORD,), cuts=(cut,))

    seams = [NAME.from_ms, NAME.to_ms, WORD.from_ms, WORD.to_ms, cut.from_ms]
    assert max(click_ratio(output, at_ms) for at_ms in seams) < 1
    broken = output.copy()
    broken[cut.from_ms * 48 :] += 0.02  # what a join without fades would do
    assert click_ratio(broken, cut.from_ms) > 1


JOINS = (
    Cut(from_ms=1000, to_ms=1700),
    Cut(from_ms=1701, to_ms=1703),
    Cut(from_ms=1720, to_ms=2500),
    Cut(from_ms=3990, to_ms=3995),
)


def noise(seconds, seed=5, channels=2):
    return np.random.default_rng(seed).normal(0, 0.05, (round(seconds * RATE), channels)).astype(np.float32)


def test_join_is_a_crossfade_of_constant_power():
    room_tone = noise(200)
    cuts = [Cut(from_ms=1000 * second, to_ms=1000 * second + 300) for second in range(1, 199)]

    output = np.concatenate(list(remove_cuts(blocks(room_tone, RATE), cuts)))

    assert len(output) == len(room_tone) - 198 * 300 * RATE // 1000
    around = np.array([output[at - 960 : at + 960] for at in RATE + 700 * RATE // 1000 * np.arange(198)]).reshape(
        198, 20, -1
    )
    levels = 10 * np.log10(np.square(around, dtype=np.float64).mean(axis=(0, 2))) - db(room_tone)  # in steps of 2 ms
    assert np.abs(levels).max() < 0.5


def test_cut_removes_its_audio_and_changes_only_its_join():
    sound, other = noise(5), noise(5)
    remaining = np.ones(len(sound), bool)
    for cut in JOINS:
        between(other, cut)[:] = 1.0
        between(remaining, cut)[:] = False

    one, two = (np.concatenate(list(remove_cuts(blocks(source, RATE), JOINS))) for source in (sound, other))

    assert (one == two).all()
    assert len(one) == remaining.sum()
    seams = np.flatnonzero(np.diff(np.flatnonzero(remaining)) > 1)
    far = np.abs(np.arange(len(one))[:, np.newaxis] - seams).min(axis=1) > 480
    assert (one[far] == sound[remaining][far]).all()


def test_joins_do_not_depend_on_block_size_and_outer_edges_fade():
    sound = np.full((4 * RATE, 1), 0.5, np.float32)
    cuts = (Cut(from_ms=0, to_ms=500), *JOINS[:2], Cut(from_ms=3000, to_ms=9000))

    one, two, three = (np.concatenate(list(remove_cuts(blocks(sound, size), cuts))) for size in (RATE, 777, 100))

    assert (one == two).all()
    assert (one == three).all()
    assert len(one) == (500 + 1 + 1297) * RATE // 1000
    assert [0.0, 0.5, 0.0] == pytest.approx([float(one[0, 0]), float(one[RATE // 4, 0]), float(one[-1, 0])], abs=0.01)


@pytest.mark.parametrize("size", [RATE, 777, 5 * RATE])
def test_any_range_after_the_cuts_equals_that_of_the_stream(size):
    sound = noise(5)
    for cuts in (JOINS, (Cut(from_ms=0, to_ms=500), *JOINS[:2], Cut(from_ms=3000, to_ms=9000)), ()):
        expected = np.concatenate(list(remove_cuts(blocks(sound, RATE), cuts)))
        reader = SplicedReader(ArrayReader(sound), cuts)

        ranges = [(first, min(first + size, reader.samples)) for first in range(0, reader.samples, size)]

        assert np.array_equal(np.concatenate([reader.read_range(*one) for one in ranges]), expected)


def test_times_of_mutes_and_bleeps_are_those_of_the_recording(mastered):
    event = panel().sound[: 14 * RATE]

    _, output = mastered(event, cuts=(Cut(from_ms=0, to_ms=1000), Cut(from_ms=10_000, to_ms=10_800)), bleeps=(WORD,))

    assert len(output) == 14 * RATE - 1.8 * RATE
    moved = Cut(from_ms=9_010, to_ms=9_390)  # 10.8 to 11.2 s are left of it
    spectrum = np.abs(np.fft.rfft(between(output, moved)[:, 0]))
    assert spectrum.argmax() * RATE / len(between(output, moved)) == pytest.approx(1000, abs=3)


def test_room_tone_does_not_depend_on_block_size_and_never_ends():
    event = panel().sound[: 6 * RATE]
    room_tone = RoomTone(1)
    for second in blocks(event, RATE):
        room_tone.add(find_quiet_segment(second))
    cuts = (Cut(from_ms=0, to_ms=1234), Cut(from_ms=1200, to_ms=4321), Cut(from_ms=5999, to_ms=90_000))

    one, two = (
        np.concatenate(list(replace_with_room_tone(blocks(event, size), cuts, room_tone))) for size in (RATE, 777)
    )

    assert (one == two).all()
    levels = [db(one[at : at + RATE // 4]) for at in range(0, 4 * RATE, RATE // 4)]
    assert np.ptp(levels) < 3


def test_overlapping_intro_is_ducked_under_the_first_words(mastered, tmp_path):
    (tmp_path / "intro.wav").write_bytes(wav(tone((-20, 5), hz=12_000)))
    target = SoundTarget(hum="off", noise_reduction="off", levelling="off", intro_overlap_s=2)
    event = panel().sound[RATE : 14 * RATE]

    result, output = mastered(event, target=target, intro=str(tmp_path / "intro.wav"))

    def music_db(start_s):
        return db(sosfiltfilt(butter(4, [11_000, 13_000], "bandpass", fs=RATE, output="sos"), output[:, 0])[
            int(start_s * RATE) : int((start_s + 0.4) * RATE)
        ])  # fmt: skip

    assert result.offset_ms == 3000
    assert len(output) == 3 * RATE + len(event)
    assert music_db(1) - music_db(3.5) == pytest.approx(16, abs=1.5)
    assert any("its last 2.0 s under the first words" in str(step) for step in result.steps)


def test_overlapping_outro_begins_ducked_under_the_last_words(mastered, tmp_path):
    (tmp_path / "outro.wav").write_bytes(wav(tone((-20, 5), hz=12_000)))
    target = SoundTarget(hum="off", noise_reduction="off", levelling="off", outro_overlap_s=2)
    event = panel().sound[RATE : 13 * RATE]

    result, output = mastered(event, target=target, outro=str(tmp_path / "outro.wav"))

    high = sosfiltfilt(butter(4, [11_000, 13_000], "bandpass", fs=RATE, output="sos"), output[:, 0])
    before, under, after = (db(high[int(at * RATE) : int((at + 0.4) * RATE)]) for at in (9.4, 11.0, 13.5))
    assert len(output) == len(event) + 3 * RATE
    assert after - under == pytest.approx(16, abs=1.5)
    assert before < under - 20
    assert (
        click_ratio(sosfiltfilt(butter(4, 10_000, output="sos", fs=RATE), output, axis=0), 12_000) < 1
    )  # words end there
    assert any("its first 2.0 s under the last words" in str(step) for step in result.steps)


def test_overlap_is_limited_to_the_talk(mastered, tmp_path):
    (tmp_path / "lang.wav").write_bytes(wav(tone((-20, 9), hz=880)))
    event = panel().sound[RATE : 5 * RATE]
    clip = str(tmp_path / "lang.wav")

    result, output = mastered(
        event, target=SoundTarget(intro_overlap_s=30, outro_overlap_s=30, levelling="off"), intro=clip, outro=clip
    )

    assert len(output) == (9 + 4 + 9 - 4 - 4) * RATE
    assert libebur128(np.repeat(output, 2, axis=1))[0] == pytest.approx(-16, abs=0.15)
    assert result.defects == ()
