"""The master: at its level, under its ceiling, cut to the sample, and the same twice."""

import json

import numpy as np
import pytest

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.processing.clips import load
from pipeline.audio.processing.mastering import Mastered, MasterJob, master
from pipeline.errors import AudioError
from pipeline.model import Cut, SoundTarget, from_plain, to_plain
from tests.audio.sounds import RATE, decoded, libebur128, speech, tone, wav

TALK = speech(12.0) * np.float32(0.3)
STEREO = SoundTarget(channels="stereo")
MONO = SoundTarget(channels="mono")
PLAIN = SoundTarget(hum="off", noise_reduction="off", levelling="off")


@pytest.fixture
def mastered(tmp_path):
    def make(sound, *, cuts=(), target=STEREO, name="master.flac", **clips):
        file = tmp_path / "opname.wav"
        file.write_bytes(wav(sound, kind="f32"))
        facts = measure(MeasureJob(parts=(str(file),), cuts=cuts))
        out = tmp_path / name
        paths = {key: str(clip) for key, clip in clips.items()}
        made = master(MasterJob(parts=(str(file),), cuts=cuts, target=target, facts=facts, out=str(out), **paths))
        return made, out

    return make


def place(heard, hz):
    """Which of the seconds are a tone of that pitch, to the sample: (first, last)."""
    turn = np.exp(-2j * np.pi * hz * np.arange(len(heard)) / RATE)
    total = np.cumsum(np.pad(heard[:, 0] * turn, (241, 240)))
    power = np.abs(total[480:] - total[:-480])  # over 10 ms around each sample
    there = np.flatnonzero(power > power.max() / 2)
    return there[0] / RATE, (there[-1] + 1) / RATE


@pytest.mark.parametrize("gain", [0.01, 0.3, 3.0])
def test_a_master_stands_at_the_target_under_its_ceiling(mastered, gain):
    made, out = mastered(speech(12.0) * np.float32(gain))

    integrated, _, peak = libebur128(decoded(out))
    assert integrated == pytest.approx(-16, abs=0.1)
    assert integrated == pytest.approx(made.integrated_lufs, abs=0.02)
    assert peak < -1.4
    assert made.defects == ()


def test_a_target_that_needs_much_limiting_is_still_met(mastered):
    crackling = TALK.copy()
    crackling[:: RATE // 2] = 1.5

    _, out = mastered(crackling)

    integrated, _, peak = libebur128(decoded(out))
    assert (integrated, peak < -1.2) == (pytest.approx(-16, abs=0.15), True)


def test_a_single_voice_stands_on_both_channels(mastered):
    heard = decoded(mastered(TALK)[1])

    assert heard.shape == (len(TALK), 2)
    assert (heard[:, 0] == heard[:, 1]).all()


def test_a_mono_master_is_held_to_the_target_as_dual_mono_and_says_so(mastered):
    made, out = mastered(np.repeat(TALK, 2, axis=1), target=MONO)

    heard = decoded(out)
    assert heard.shape[1] == 1
    assert libebur128(heard)[0] == pytest.approx(-19.01, abs=0.1)
    assert any("dual mono" in str(step) for step in made.steps)


def test_opposed_channels_do_not_become_silence(mastered):
    made, out = mastered(np.concatenate([TALK, -TALK], axis=1), target=MONO)

    assert libebur128(decoded(out))[0] == pytest.approx(-19.01, abs=0.1)
    assert any("left channel" in str(step) for step in made.steps)


def test_what_stands_still_is_gone_and_so_is_rumble(mastered):
    made, out = mastered(TALK + 0.2 + 0.1 * tone((0, 12), hz=20, channels=1), target=PLAIN)

    heard = decoded(out)[:, 0]
    rumble = np.abs(np.fft.rfft(heard))[20 * 12] / (len(heard) / 2) / 10 ** (made.gain_db / 20)
    assert abs(heard.mean()) < 1e-4
    assert rumble == pytest.approx(0.1 / 16, rel=0.1)  # two octaves down at 12 dB each


def test_a_cut_is_made_to_the_sample_and_moves_nothing_else(mastered):
    cut = Cut(from_ms=3001, to_ms=5003)
    marks = np.concatenate([tone((-30, 3.001), hz=500), tone((-3, 2.002), hz=3000), tone((-30, 4.0), hz=900)])

    made, out = mastered(marks, cuts=(cut,), target=PLAIN)

    heard = decoded(out)
    assert len(heard) == len(marks) - 2.002 * RATE
    assert made.duration_s == pytest.approx(7.001)
    assert place(heard, 900) == (pytest.approx(3.001, abs=0.006), pytest.approx(7.001, abs=0.006))
    high = np.abs(np.fft.rfft(heard[:, 0]))[round(2990 * 7.001) : round(3010 * 7.001)]
    assert high.max() < 0.001 * len(heard)  # nothing of what was cut is heard


def test_cuts_may_overlap_and_stand_in_any_order(mastered):
    cuts = (Cut(from_ms=5000, to_ms=7000), Cut(from_ms=1000, to_ms=2000), Cut(from_ms=1500, to_ms=3000))

    assert mastered(TALK, cuts=cuts)[0].duration_s == 8.0


def test_an_intro_and_an_outro_stand_around_the_talk_as_loud_as_it_is(mastered, tmp_path):
    for name, hz in (("intro", 12_000), ("outro", 14_000)):
        (tmp_path / f"{name}.wav").write_bytes(wav(tone((-30, 2.0003), hz=hz), rate=RATE))

    made, out = mastered(TALK, intro=tmp_path / "intro.wav", outro=tmp_path / "outro.wav")

    heard = decoded(out)
    assert made.offset_ms == 2000
    assert made.duration_s == pytest.approx(16.0, abs=0.002)
    assert place(heard, 12_000) == (pytest.approx(0, abs=0.1), pytest.approx(2.0, abs=0.4))
    assert place(heard, 14_000)[0] == pytest.approx(14.0, abs=0.1)
    talk = heard[2 * RATE : 14 * RATE]
    assert libebur128(heard[RATE // 4 : 3 * RATE // 2])[0] == pytest.approx(libebur128(talk)[0], abs=1)
    plain = decoded(mastered(TALK, name="plain.flac")[1])[:, 0]
    assert np.correlate(talk[:, 0], plain)[0] / np.linalg.norm(talk[:, 0]) / np.linalg.norm(plain) > 0.999


def test_music_begins_within_10_ms_and_fades_out_over_400(tmp_path):
    (tmp_path / "klip.wav").write_bytes(wav(tone((-20, 2.0), hz=2000)))

    clip = load(str(tmp_path / "klip.wav"), width=2)

    levels = [
        np.abs(clip[at : at + 48]).max() / 0.1
        for at in (0, RATE // 200, RATE // 50, RATE, 2 * RATE - 9600, 2 * RATE - 480)
    ]
    assert levels == pytest.approx([0.1, 0.6, 1.0, 1.0, 0.5, 0.025], abs=0.06)
    assert np.abs(clip[-12:]).max() < 1e-3


def test_an_hour_of_music_is_no_clip_and_is_refused_before_it_fills_the_memory(tmp_path):
    (tmp_path / "uur.wav").write_bytes(wav(np.zeros((3600 * 1000, 1), np.float32), rate=1000, kind="u8"))

    with pytest.raises(AudioError, match="longer than 10 minutes") as refused:
        load(str(tmp_path / "uur.wav"), width=2)

    assert "short sound" in refused.value.hint


def test_a_clip_is_as_loud_as_the_talk_however_loud_it_was(mastered, tmp_path):
    for dbfs in (-40, -3):
        (tmp_path / "klip.wav").write_bytes(wav(tone((dbfs, 2.0), hz=2000)))

        _, out = mastered(TALK, target=PLAIN, intro=tmp_path / "klip.wav")

        heard = decoded(out)
        assert libebur128(heard[RATE // 4 : 3 * RATE // 2])[0] == pytest.approx(
            libebur128(heard[2 * RATE :])[0], abs=0.6
        )


def test_a_master_is_the_same_bytes_twice_wherever_it_lies(mastered, tmp_path):
    (tmp_path / "elsewhere").mkdir()

    first, one = mastered(TALK, name="a.flac")
    second, two = mastered(TALK, name="elsewhere/b.flac")

    assert (first, one.read_bytes()) == (second, two.read_bytes())
    assert from_plain(Mastered, json.loads(json.dumps(to_plain(first)))) == first


def test_a_trace_of_a_short_talk_has_enough_bars(mastered):
    assert 120 <= len(mastered(TALK)[0].trace.heights) <= 240


def test_hardly_any_sound_is_refused_and_leaves_no_file(mastered, tmp_path):
    with pytest.raises(AudioError, match="too quiet or too short"):
        mastered(TALK[:9600])

    assert ["opname.wav"] == [file.name for file in tmp_path.iterdir()]
