"""The master: at its target, below its ceiling, cut to the sample, and reproducible."""

import json

import numpy as np
import pytest

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.mastering import master
from pipeline.audio.processing.clips import load_clip
from pipeline.audio.tasks import MasterResult, MasterTask
from pipeline.errors import AudioError
from pipeline.model import Cut, SoundTarget, from_json, to_json
from tests.audio.sounds import RATE, decoded, libebur128, speech, tone, wav

pytestmark = pytest.mark.slow

TALK = speech(12.0) * np.float32(0.3)
STEREO = SoundTarget(channels="stereo")
MONO = SoundTarget(channels="mono")
PLAIN = SoundTarget(hum="off", noise_reduction="off", levelling="off")


@pytest.fixture
def mastered(tmp_path):
    def make(sound, *, cuts=(), target=STEREO, name="master.wav", **clips):
        file = tmp_path / "opname.wav"
        file.write_bytes(wav(sound, kind="f32"))
        facts = measure_recording(MeasureTask(parts=(str(file),), cuts=cuts))
        out = tmp_path / name
        paths = {key: str(clip) for key, clip in clips.items()}
        result = master(MasterTask(parts=(str(file),), cuts=cuts, target=target, facts=facts, out=str(out), **paths))
        return result, out

    return make


def place(output, hz):
    """Which of the seconds are a tone of that pitch, to the sample: (first, last)."""
    turn = np.exp(-2j * np.pi * hz * np.arange(len(output)) / RATE)
    total = np.cumsum(np.pad(output[:, 0] * turn, (241, 240)))
    power = np.abs(total[480:] - total[:-480])  # over 10 ms around each sample
    there = np.flatnonzero(power > power.max() / 2)
    return there[0] / RATE, (there[-1] + 1) / RATE


@pytest.mark.parametrize("gain", [0.01, 0.3, 3.0])
def test_master_meets_loudness_target_and_ceiling(mastered, gain):
    result, out = mastered(speech(12.0) * np.float32(gain))

    integrated, _, peak = libebur128(decoded(out))
    assert integrated == pytest.approx(-16, abs=0.1)
    assert integrated == pytest.approx(result.integrated_lufs, abs=0.02)
    assert peak < -1.4
    assert result.defects == ()


def test_target_that_needs_much_limiting_is_met(mastered):
    crackling = TALK.copy()
    crackling[:: RATE // 2] = 1.5

    _, out = mastered(crackling)

    integrated, _, peak = libebur128(decoded(out))
    assert (integrated, peak < -1.2) == (pytest.approx(-16, abs=0.15), True)


def test_mono_recording_is_on_both_channels(mastered):
    output = decoded(mastered(TALK)[1])

    assert output.shape == (len(TALK), 2)
    assert (output[:, 0] == output[:, 1]).all()


def test_mono_master_meets_target_as_dual_mono_and_reports_it(mastered):
    result, out = mastered(np.repeat(TALK, 2, axis=1), target=MONO)

    output = decoded(out)
    assert output.shape[1] == 1
    assert libebur128(output)[0] == pytest.approx(-19.01, abs=0.1)
    assert any("dual mono" in str(step) for step in result.steps)


def test_channels_of_opposite_polarity_do_not_cancel(mastered):
    result, out = mastered(np.concatenate([TALK, -TALK], axis=1), target=MONO)

    assert libebur128(decoded(out))[0] == pytest.approx(-19.01, abs=0.1)
    assert any("right channel inverted" in str(step) for step in result.steps)


def test_dc_offset_and_rumble_are_removed(mastered):
    result, out = mastered(TALK + 0.2 + 0.1 * tone((0, 12), hz=20, channels=1), target=PLAIN)

    output = decoded(out)[:, 0]
    rumble = np.abs(np.fft.rfft(output))[20 * 12] / (len(output) / 2) / 10 ** (result.gain_db / 20)
    assert abs(output.mean()) < 1e-4
    assert rumble == pytest.approx(0.1 / 16, rel=0.1)  # two octaves down at 12 dB each


def test_cut_is_exact_to_the_sample_and_shifts_nothing_else(mastered):
    cut = Cut(from_ms=3001, to_ms=5003)
    marks = np.concatenate([tone((-30, 3.001), hz=500), tone((-3, 2.002), hz=3000), tone((-30, 4.0), hz=900)])

    result, out = mastered(marks, cuts=(cut,), target=PLAIN)

    output = decoded(out)
    assert len(output) == len(marks) - 2.002 * RATE
    assert result.duration_s == pytest.approx(7.001)
    assert place(output, 900) == (pytest.approx(3.001, abs=0.006), pytest.approx(7.001, abs=0.006))
    high = np.abs(np.fft.rfft(output[:, 0]))[round(2990 * 7.001) : round(3010 * 7.001)]
    assert high.max() < 0.001 * len(output)  # nothing of the cut remains


def test_cuts_may_overlap_in_any_order(mastered):
    cuts = (Cut(from_ms=5000, to_ms=7000), Cut(from_ms=1000, to_ms=2000), Cut(from_ms=1500, to_ms=3000))

    assert mastered(TALK, cuts=cuts)[0].duration_s == 8.0


def test_intro_and_outro_have_the_loudness_of_the_talk(mastered, tmp_path):
    for name, hz in (("intro", 12_000), ("outro", 14_000)):
        (tmp_path / f"{name}.wav").write_bytes(wav(tone((-30, 2.0003), hz=hz), rate=RATE))

    result, out = mastered(TALK, intro=tmp_path / "intro.wav", outro=tmp_path / "outro.wav")

    output = decoded(out)
    assert result.offset_ms == 2000
    assert result.duration_s == pytest.approx(16.0, abs=0.002)
    assert place(output, 12_000) == (pytest.approx(0, abs=0.1), pytest.approx(2.0, abs=0.4))
    assert place(output, 14_000)[0] == pytest.approx(14.0, abs=0.1)
    talk = output[2 * RATE : 14 * RATE]
    assert libebur128(output[RATE // 4 : 3 * RATE // 2])[0] == pytest.approx(libebur128(talk)[0], abs=1)
    plain = decoded(mastered(TALK, name="plain.wav")[1])[:, 0]
    assert np.correlate(talk[:, 0], plain)[0] / np.linalg.norm(talk[:, 0]) / np.linalg.norm(plain) > 0.999


def test_clip_fades_in_over_10_ms_and_out_over_400_ms(tmp_path):
    (tmp_path / "klip.wav").write_bytes(wav(tone((-20, 2.0), hz=2000)))

    clip = load_clip(str(tmp_path / "klip.wav"), channels=2)

    levels = [
        np.abs(clip[at : at + 48]).max() / 0.1
        for at in (0, RATE // 200, RATE // 50, RATE, 2 * RATE - 9600, 2 * RATE - 480)
    ]
    assert levels == pytest.approx([0.1, 0.6, 1.0, 1.0, 0.5, 0.025], abs=0.06)
    assert np.abs(clip[-12:]).max() < 1e-3


def test_clip_of_an_hour_is_rejected_before_it_fills_the_memory(tmp_path):
    (tmp_path / "uur.wav").write_bytes(wav(np.zeros((3600 * 1000, 1), np.float32), rate=1000, kind="u8"))

    with pytest.raises(AudioError, match="longer than 10 minutes") as refused:
        load_clip(str(tmp_path / "uur.wav"), channels=2)

    assert "short file" in refused.value.hint


def test_clip_is_brought_to_the_loudness_of_the_talk(mastered, tmp_path):
    for dbfs in (-40, -3):
        (tmp_path / "klip.wav").write_bytes(wav(tone((dbfs, 2.0), hz=2000)))

        _, out = mastered(TALK, target=PLAIN, intro=tmp_path / "klip.wav")

        output = decoded(out)
        assert libebur128(output[RATE // 4 : 3 * RATE // 2])[0] == pytest.approx(
            libebur128(output[2 * RATE :])[0], abs=0.6
        )


def test_master_has_the_same_bytes_in_any_folder(mastered, tmp_path):
    (tmp_path / "elsewhere").mkdir()

    first, one = mastered(TALK, name="a.wav")
    second, two = mastered(TALK, name="elsewhere/b.wav")

    assert (first, one.read_bytes()) == (second, two.read_bytes())
    assert from_json(MasterResult, json.loads(json.dumps(to_json(first)))) == first


def test_waveform_of_a_short_talk_has_enough_bars(mastered):
    assert 120 <= len(mastered(TALK)[0].waveform.heights) <= 240


def test_recording_that_is_too_short_is_rejected_and_leaves_no_file(mastered, tmp_path):
    with pytest.raises(AudioError, match="too quiet or too short"):
        mastered(TALK[:9600])

    assert ["opname.wav"] == [file.name for file in tmp_path.iterdir()]
