"""A defective panel recording of real voices, mastered.

Checked against ground truth and with libebur128.
"""

import numpy as np
import pytest

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.mastering import master
from pipeline.audio.tasks import MasterTask
from pipeline.model import SoundTarget
from tests.audio.panel import HUM_LINES, band, panel
from tests.audio.scenes import build_talk, make_music, make_noise, measure_background_db
from tests.audio.sounds import RATE, decoded, libebur128, wav

pytestmark = pytest.mark.slow

OFF = SoundTarget(high_pass_hz=0, hum="off", noise_reduction="off", levelling="off")


@pytest.fixture(scope="module")
def mastered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")

    def master_sound(sound, target):
        source, out = folder / "opname.wav", folder / "master.wav"
        source.write_bytes(wav(sound, kind="s24"))
        facts = measure_recording(MeasureTask(parts=(str(source),)))
        result = master(MasterTask(parts=(str(source),), target=target, facts=facts, out=str(out)))
        return result, decoded(out)

    return master_sound


@pytest.fixture(scope="module")
def mastered_panel(mastered):
    """Return the panel, the result of mastering, and the master."""
    return panel(), *mastered(panel().sound, SoundTarget())


def loudness(spans, sound):
    return libebur128(panel().extract(sound, spans)[:, np.newaxis])[0]


def line_db(sound, spans, hz):
    """Compute the level of a hum line in the pauses, by fitting a sine to each."""
    powers = []
    for start, end in spans:
        samples = sound[round(start * RATE) : round(end * RATE), 0].astype(np.float64)
        turn = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE) * np.hanning(len(samples))
        powers.append(np.abs((samples * turn).sum() * 2 / np.hanning(len(samples)).sum()) ** 2)
    return 10 * np.log10(np.mean(powers))


def test_every_stage_is_reported_with_its_figures(mastered_panel):
    steps = " · ".join(map(str, mastered_panel[1].steps))

    for words in ("high-pass filter at 80 Hz", "notch filters at 50, 100, 150, 250 Hz against mains hum of 50.03 Hz", "noise reduction of 1",
                  "speakers brought to one level, with gains from -", "applause and other loud sounds lowered by",
                  "gain of +", "true-peak limiter with a ceiling of -1.5 dBTP"):  # fmt: skip
        assert words in steps


def test_duration_is_exact_to_the_sample(mastered_panel):
    event, result, mastered_sound = mastered_panel

    assert len(mastered_sound) == len(event.sound)
    assert result.duration_s == len(event.sound) / RATE


def test_loudness_and_true_peak_meet_the_target(mastered_panel):
    integrated, _, peak = libebur128(mastered_panel[2])

    assert integrated == pytest.approx(-16, abs=0.1)
    assert peak < -1.4


def test_speakers_14_db_apart_end_within_4_lu(mastered_panel):
    event, _, mastered_sound = mastered_panel

    assert loudness(event.loud, event.sound) - loudness(event.soft, event.sound) > 13
    assert abs(loudness(event.loud, mastered_sound) - loudness(event.soft, mastered_sound)) < 4


def test_all_turns_have_similar_loudness(mastered_panel):
    event, _, mastered_sound = mastered_panel

    turns = [loudness([span], mastered_sound) for span in event.loud + event.soft]
    assert np.ptp(turns) < 9  # 22 LU in the recording
    assert np.std(turns) < 2.5


def test_hum_is_reduced_by_more_than_15_db_relative_to_speech(mastered_panel):
    event, _, mastered_sound = mastered_panel

    gain = loudness(event.loud, mastered_sound) - loudness(event.loud, event.sound)
    for number in HUM_LINES:
        before, after = (line_db(sound, event.pauses, number * 50.03) for sound in (event.sound, mastered_sound))
        assert before + gain - after > 15


@pytest.mark.parametrize("who", ["loud", "soft"])
def test_pauses_are_not_pumped(mastered_panel, who):
    """The noise between words relative to each speaker.

    Without the hum, which would improve the result.
    """
    event, _, mastered_sound = mastered_panel
    without_hum = panel_without_hum()

    before = event.compute_level_db(without_hum, getattr(event, who)) - event.compute_level_db(
        without_hum, event.pauses
    )
    after = event.compute_level_db(mastered_sound, getattr(event, who)) - event.compute_level_db(
        mastered_sound, event.pauses
    )
    assert after >= before


def panel_without_hum():
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(6, 300, "highpass", fs=RATE, output="sos"), panel().sound, axis=0)


def test_noise_between_phrases_is_even(mastered_panel):
    event, _, mastered_sound = mastered_panel

    levels = [event.compute_level_db(mastered_sound, [pause]) for pause in event.pauses]
    assert np.ptp(levels) < 14  # no more than speakers were apart


def test_applause_is_not_louder_than_speech(mastered_panel):
    event, _, mastered_sound = mastered_panel

    assert loudness(event.applause, event.sound) > loudness(event.loud, event.sound) - 1
    assert loudness(event.applause, mastered_sound) < loudness(event.loud + event.soft, mastered_sound)


def test_timing_is_unchanged(mastered_panel):
    event, _, mastered_sound = mastered_panel

    for start, end in event.loud[:3]:
        before, after = (
            band(event.extract(sound, [(start, end)]), 1000, 4000) for sound in (event.sound, mastered_sound)
        )
        size = 2 * len(before)
        likeness = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
        assert abs((likeness.argmax() + 2) % size - 2) <= 1  # the phase of the high-pass shifts by that much


def spectrum_db(sound):
    """Compute the levels of third octaves from 200 Hz to 5 kHz, relative to the total."""
    power = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    hz = np.arange(len(power)) * RATE / len(sound)
    middles = 200 * 2 ** (np.arange(15) / 3)
    bands = np.array([power[(hz >= m / 2 ** (1 / 6)) & (hz < m * 2 ** (1 / 6))].sum() for m in middles])
    return 10 * np.log10(bands / bands.sum())


def test_clean_speech_keeps_its_spectrum(mastered):
    clean = panel(defective=False)

    result, mastered_sound = mastered(clean.sound, SoundTarget())

    spoken = clean.loud + clean.soft
    changes = np.abs(
        spectrum_db(clean.extract(mastered_sound, spoken)) - spectrum_db(clean.extract(clean.sound, spoken))
    )
    assert changes.mean() <= 0.2
    assert changes.max() < 0.5
    assert not any(word in " ".join(map(str, result.steps)) for word in ("hum", "noise", "applause"))


def test_noise_10_db_below_the_talk_is_reduced(mastered):
    talk = build_talk({"man": 0, "woman": -6}, seconds=30, background=make_noise(30 * RATE, -41))

    result, mastered_sound = mastered(talk.sound, SoundTarget())

    assert measure_background_db(talk, talk.sound) == pytest.approx(-14, abs=3)
    assert measure_background_db(talk, mastered_sound[:, 0]) < measure_background_db(talk, talk.sound) - 9
    assert "noise reduction of 12 dB" in " · ".join(map(str, result.steps))


def test_music_is_not_reduced_as_noise(mastered):
    talk = build_talk({"man": 0, "woman": -6}, seconds=30, background=make_music(30, -41))

    result, _ = mastered(talk.sound, SoundTarget())

    assert any(str(step).startswith("noise reduction: what the pauses hold") for step in result.skipped)


def test_each_stage_can_be_switched_off(mastered):
    result, mastered_sound = mastered(panel().sound[: 10 * RATE], OFF)

    assert [str(step) for step in result.steps] == [
        f"gain of {result.gain_db:+.1f} dB to -16 LUFS", "true-peak limiter with a ceiling of -1.5 dBTP", "mono recording on both channels",
    ]  # fmt: skip
    assert [str(step) for step in result.skipped] == [
        "high-pass filter: switched off", "notch filters: switched off", "noise reduction: switched off", "leveller: switched off",
    ]  # fmt: skip
    quiet = slice(round(0.2 * RATE), round(1.4 * RATE))
    assert mastered_sound[quiet, 0] == pytest.approx(panel().sound[quiet, 0] * 10 ** (result.gain_db / 20), abs=1e-5)
