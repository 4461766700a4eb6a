"""Noise reduction, notch filters and leveller: no latency, and no change where none is needed."""

import numpy as np
import pytest

from pipeline.audio.analysis.analysis_pass import analyse_speech
from pipeline.audio.metering.meter import Meter
from pipeline.audio.processing.gain_envelope import GainEnvelope, apply_gain_envelope
from pipeline.audio.processing.leveller import plan_leveller
from pipeline.audio.processing.restoration import (
    FRAME_SAMPLES,
    apply_filters,
    estimate_hum,
    estimate_noise_spectrum,
    reduce_noise,
    sample_mains,
)
from tests.audio.panel import band, panel
from tests.audio.scenes import make_music
from tests.audio.sounds import RATE, ArrayReader, speech, tone

pytestmark = pytest.mark.slow

NOISE = band(np.random.default_rng(3).standard_normal(12 * RATE), 100, 6000).astype(np.float32)[:, np.newaxis] * 0.01


def blocks(sound, size=RATE):
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def profile_speech(sound, size=RATE):
    return analyse_speech(blocks(sound, size), sound.shape[1], high_pass_hz=0).profile


def energies(sound):
    meter = Meter(sound.shape[1])
    meter.push(sound)
    return meter.compute_energies()


def joined(parts):
    return np.concatenate(list(parts))


@pytest.mark.parametrize("at", [0, 1, 500, 30_000, 12 * RATE - 1])
def test_filters_and_noise_reduction_have_no_latency(at):
    noise = estimate_noise_spectrum(profile_speech(NOISE * 0.1))
    click = np.zeros((12 * RATE, 2), np.float32)
    click[at] = 0.5

    output = joined(reduce_noise(blocks(click, 4711), noise, by_db=12))

    assert len(output) == len(click)
    assert np.abs(output[:, 0]).argmax() == at
    assert output[at] == pytest.approx(0.5, abs=0.02)
    assert np.abs(np.delete(output[:, 0], at)).max() < 0.01


def test_noise_is_reduced_evenly_by_the_requested_amount():
    noise = estimate_noise_spectrum(profile_speech(NOISE))

    output = joined(reduce_noise(blocks(NOISE), noise, by_db=9))

    levels = [10 * np.log10(np.mean(part**2) / np.mean(NOISE**2)) for part in blocks(output[RATE:-RATE], RATE // 10)]
    assert np.mean(levels) == pytest.approx(-9, abs=0.5)
    assert np.std(levels) < 0.5  # no pumping, no musical noise


def test_music_and_talk_without_pauses_are_no_noise():
    for sound in (make_music(12, -40)[:, np.newaxis], speech(12.0)):
        assert estimate_noise_spectrum(profile_speech(sound)) is None


@pytest.mark.parametrize("size", [313, FRAME_SAMPLES, 2 * RATE + 1])
def test_result_does_not_depend_on_block_size(size):
    event = panel().sound[: 9 * RATE]
    survey = profile_speech(event)
    noise, envelope = (
        estimate_noise_spectrum(survey),
        GainEnvelope(hops=900, starts=np.arange(900), gains_db=np.sin(np.arange(900) / 50) * 6),
    )

    for step in (
        lambda size: reduce_noise(blocks(event, size), noise, by_db=12),
        lambda size: apply_gain_envelope(blocks(event, size), envelope),
        lambda size: apply_filters(
            blocks(event, size), high_pass_hz=80, hum=estimate_hum(sample_mains(ArrayReader(event)))
        ),
    ):
        assert joined(step(size)) == pytest.approx(joined(step(RATE)), abs=1e-6)
    other = profile_speech(event, size)
    assert (other.voiced == survey.voiced).all()
    assert (other.quiet == survey.quiet).all()


@pytest.mark.parametrize("hz", [49.93, 50.0, 60.04])
def test_hum_is_found_at_its_exact_frequency(hz):
    turns = 2 * np.pi * hz * np.arange(12 * RATE) / RATE
    hum = sum(0.002 * np.sin(line * turns) / line for line in (1, 2, 3, 4))

    found = estimate_hum(
        sample_mains(ArrayReader(speech(12.0) * 0.3 + NOISE * 0.1 + hum[:, np.newaxis].astype(np.float32)))
    )

    assert found.hz == pytest.approx(hz, abs=0.02)
    assert {1, 2} <= set(found.harmonics)


@pytest.mark.parametrize("sound", [
    speech(12.0), NOISE, tone((-20, 12), hz=110, channels=1), tone((-20, 12), hz=500, channels=1), np.zeros((12 * RATE, 1), np.float32),
], ids=["speech", "noise", "110 Hz", "500 Hz", "silence"])  # fmt: skip
def test_no_hum_is_found_where_there_is_none(sound):
    assert estimate_hum(sample_mains(ArrayReader(sound))) is None


def test_noise_and_silence_are_not_detected_as_speech():
    for sound in (NOISE, np.zeros((5 * RATE, 1), np.float32)):
        assert plan_leveller(energies(sound), profile_speech(sound)) is None


def test_voices_are_detected_as_speech_and_applause_is_not():
    event = panel()
    voiced = np.repeat(profile_speech(joined(apply_filters(blocks(event.sound), high_pass_hz=80, hum=None))).voiced, 2)

    def share(spans):
        return np.mean(np.concatenate([voiced[round(start * 100) : round(end * 100)] for start, end in spans]))

    assert share(event.loud) > 0.6
    assert share(event.applause) < 0.1


def test_single_voice_is_hardly_changed():
    event = panel(defective=False)
    (start, end) = event.loud[1]
    excerpt = event.sound[round(start * RATE) : round(end * RATE)]

    levels = plan_leveller(energies(excerpt), profile_speech(excerpt))

    assert -1.5 < levels.lowest_db <= levels.highest_db < 3


def test_noise_stays_14_db_below_the_talk():
    """Two speakers 20 dB apart, the softer one just above the noise, which is raised no further than decision 13 says."""
    event = panel(defective=False)
    sound = event.sound * np.float32(0.1)
    for start, end in event.loud:
        sound[round(start * RATE) : round(end * RATE)] *= 10
    sound = sound + NOISE.repeat(6, axis=0)[: len(sound)] * np.float32(0.6)

    levels = plan_leveller(energies(sound), profile_speech(sound))

    assert (
        levels.highest_db <= max(0.0, levels.speech_lufs - levels.noise_floor_lufs - 14) + 0.005
    )  # gains are rounded to 0.01 dB
