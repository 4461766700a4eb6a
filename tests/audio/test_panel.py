"""A panel of real voices with everything wrong, mastered: judged by ground truth, and by someone else's meter."""

import numpy as np
import pytest

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.processing.mastering import MasterJob, master
from pipeline.model import SoundTarget
from tests.audio.panel import HUM_LINES, band, panel
from tests.audio.sounds import RATE, decoded, libebur128, wav

OFF = SoundTarget(high_pass_hz=0, hum="off", noise_reduction="off", levelling="off")


@pytest.fixture(scope="module")
def mastered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")

    def make(sound, target):
        source, out = folder / "opname.wav", folder / "master.flac"
        source.write_bytes(wav(sound, kind="s24"))
        facts = measure(MeasureJob(parts=(str(source),)))
        made = master(MasterJob(parts=(str(source),), target=target, facts=facts, out=str(out)))
        return made, decoded(out)

    return make


@pytest.fixture(scope="module")
def talk(mastered):
    """The panel, and its master."""
    return panel(), *mastered(panel().sound, SoundTarget())


def loudness(spans, sound):
    return libebur128(panel().heard(sound, spans)[:, np.newaxis])[0]


def line_db(sound, spans, hz):
    """A line of the hum, where nobody speaks: by a sine fitted to each pause."""
    powers = []
    for start, end in spans:
        heard = sound[round(start * RATE) : round(end * RATE), 0].astype(np.float64)
        turn = np.exp(-2j * np.pi * hz * np.arange(len(heard)) / RATE) * np.hanning(len(heard))
        powers.append(np.abs((heard * turn).sum() * 2 / np.hanning(len(heard)).sum()) ** 2)
    return 10 * np.log10(np.mean(powers))


def test_every_step_is_told_with_its_figures(talk):
    steps = " · ".join(map(str, talk[1].steps))

    for words in ("high-pass at 80 Hz", "hum of 50.03 Hz taken out at 50, 100, 150, 250 Hz", "noise turned down by 1",
                  "speakers brought to one level, with gains from -", "applause and other loud sounds kept below",
                  "gain of +", "true peaks held under -1.5 dBTP"):  # fmt: skip
        assert words in steps


def test_its_length_is_right_to_the_sample(talk):
    event, made, heard = talk

    assert len(heard) == len(event.sound)
    assert made.duration_s == len(event.sound) / RATE


def test_it_stands_at_the_target(talk):
    integrated, _, peak = libebur128(talk[2])

    assert integrated == pytest.approx(-16, abs=0.1)
    assert peak < -1.4


def test_speakers_fourteen_decibels_apart_end_within_four_lu(talk):
    event, _, heard = talk

    assert loudness(event.loud, event.sound) - loudness(event.soft, event.sound) > 13
    assert abs(loudness(event.loud, heard) - loudness(event.soft, heard)) < 4


def test_each_turn_is_near_the_others(talk):
    event, _, heard = talk

    turns = [loudness([span], heard) for span in event.loud + event.soft]
    assert np.ptp(turns) < 9  # 22 LU in the recording
    assert np.std(turns) < 2.5


def test_hum_goes_down_by_more_than_fifteen_decibels_against_the_speech(talk):
    event, _, heard = talk

    gain = loudness(event.loud, heard) - loudness(event.loud, event.sound)
    for number in HUM_LINES:
        before, after = (line_db(sound, event.pauses, number * 50.03) for sound in (event.sound, heard))
        assert before + gain - after > 15


@pytest.mark.parametrize("who", ["loud", "soft"])
def test_pauses_are_not_pumped(talk, who):
    """The noise between words against the words of each speaker; without the hum, which would flatter the outcome."""
    event, _, heard = talk
    without_hum = panel_without_hum()

    before = event.level_db(without_hum, getattr(event, who)) - event.level_db(without_hum, event.pauses)
    after = event.level_db(heard, getattr(event, who)) - event.level_db(heard, event.pauses)
    assert after >= before


def panel_without_hum():
    from scipy.signal import butter, sosfiltfilt

    return sosfiltfilt(butter(6, 300, "highpass", fs=RATE, output="sos"), panel().sound, axis=0)


def test_noise_stays_even_between_phrases(talk):
    event, _, heard = talk

    levels = [event.level_db(heard, [pause]) for pause in event.pauses]
    assert np.ptp(levels) < 14  # no more than speakers were apart


def test_applause_is_not_louder_than_speech(talk):
    event, _, heard = talk

    assert loudness(event.applause, event.sound) > loudness(event.loud, event.sound) - 1
    assert loudness(event.applause, heard) < loudness(event.loud + event.soft, heard)


def test_nothing_is_moved(talk):
    event, _, heard = talk

    for start, end in event.loud[:3]:
        before, after = (band(event.heard(sound, [(start, end)]), 1000, 4000) for sound in (event.sound, heard))
        size = 2 * len(before)
        likeness = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
        assert (
            abs((likeness.argmax() + 2) % size - 2) <= 1
        )  # the high-pass turns the phase of what is above it by that much


def spectrum_db(sound):
    """Third octaves from 200 Hz to 5 kHz, of what is left when loudness is taken off."""
    power = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
    hz = np.arange(len(power)) * RATE / len(sound)
    middles = 200 * 2 ** (np.arange(15) / 3)
    bands = np.array([power[(hz >= m / 2 ** (1 / 6)) & (hz < m * 2 ** (1 / 6))].sum() for m in middles])
    return 10 * np.log10(bands / bands.sum())


def test_clean_speech_keeps_its_colour(mastered):
    clean = panel(troubled=False)

    made, heard = mastered(clean.sound, SoundTarget())

    spoken = clean.loud + clean.soft
    changes = np.abs(spectrum_db(clean.heard(heard, spoken)) - spectrum_db(clean.heard(clean.sound, spoken)))
    assert changes.mean() < 1
    assert not any(word in " ".join(map(str, made.steps)) for word in ("hum", "noise", "applause"))


def test_each_step_can_be_switched_off(mastered):
    made, heard = mastered(panel().sound[: 10 * RATE], OFF)

    assert [str(step) for step in made.steps] == [
        f"gain of {made.gain_db:+.1f} dB to -16 LUFS", "true peaks held under -1.5 dBTP", "one voice on both channels",
    ]  # fmt: skip
    assert [str(step) for step in made.left_alone] == [
        "high-pass: switched off", "hum: switched off", "noise reduction: switched off", "levelling: switched off",
    ]  # fmt: skip
    quiet = slice(round(0.2 * RATE), round(1.4 * RATE))
    assert heard[quiet, 0] == pytest.approx(panel().sound[quiet, 0] * 10 ** (made.gain_db / 20), abs=1e-5)
