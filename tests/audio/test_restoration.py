"""Restoration moves nothing, takes only what is there, and gives the same whatever the blocks."""

import numpy as np
import pytest

from pipeline.audio.analysis.voice_activity import Survey
from pipeline.audio.metering.loudness import Meter
from pipeline.audio.processing.gain_envelope import Ride
from pipeline.audio.processing.leveller import levelled, levels_of
from pipeline.audio.processing.noise_reduction import FRAME, denoised, filtered, hum_in, noise_of
from tests.audio.panel import band, panel
from tests.audio.sounds import RATE, speech, tone

NOISE = band(np.random.default_rng(3).standard_normal(12 * RATE), 100, 6000).astype(np.float32)[:, np.newaxis] * 0.01


def blocks(sound, size=RATE):
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def surveyed(sound, size=RATE):
    survey = Survey()
    for block in blocks(sound, size):
        survey.push(block)
    return survey.result()


def energies(sound):
    meter = Meter(sound.shape[1])
    meter.push(sound)
    return meter.energies()


def joined(parts):
    return np.concatenate(list(parts))


@pytest.mark.parametrize("at", [0, 1, 500, 30_000, 12 * RATE - 1])
def test_an_impulse_stays_where_it_was(at):
    noise = noise_of(surveyed(NOISE * 0.1))
    click = np.zeros((12 * RATE, 2), np.float32)
    click[at] = 0.5

    heard = joined(denoised(blocks(click, 4711), noise, by_db=12))

    assert len(heard) == len(click)
    assert np.abs(heard[:, 0]).argmax() == at
    assert heard[at] == pytest.approx(0.5, abs=0.02)
    assert np.abs(np.delete(heard[:, 0], at)).max() < 0.01


def test_noise_goes_down_by_what_was_asked_and_evenly():
    noise = noise_of(surveyed(NOISE))

    heard = joined(denoised(blocks(NOISE), noise, by_db=9))

    levels = [10 * np.log10(np.mean(part**2) / np.mean(NOISE**2)) for part in blocks(heard[RATE:-RATE], RATE // 10)]
    assert np.mean(levels) == pytest.approx(-9, abs=0.5)
    assert np.std(levels) < 0.5  # it does not breathe, and nothing twitters


@pytest.mark.parametrize("size", [313, FRAME, 2 * RATE + 1])
def test_the_size_of_blocks_makes_no_difference(size):
    event = panel().sound[: 9 * RATE]
    survey = surveyed(event)
    noise, ride = noise_of(survey), Ride(hops=900, starts=np.arange(900), held_db=np.sin(np.arange(900) / 50) * 6)

    for step in (
        lambda size: denoised(blocks(event, size), noise, by_db=12),
        lambda size: levelled(blocks(event, size), ride),
        lambda size: filtered(blocks(event, size), high_pass_hz=80, hum=hum_in(survey)),
    ):
        assert joined(step(size)) == pytest.approx(joined(step(RATE)), abs=1e-6)
    other = surveyed(event, size)
    assert (other.voiced == survey.voiced).all()
    assert (other.quiet == survey.quiet).all()


@pytest.mark.parametrize("hz", [49.93, 50.0, 60.04])
def test_hum_is_found_at_its_own_pitch(hz):
    turns = 2 * np.pi * hz * np.arange(12 * RATE) / RATE
    hum = sum(0.002 * np.sin(line * turns) / line for line in (1, 2, 3, 4))

    found = hum_in(surveyed(speech(12.0) * 0.3 + NOISE * 0.1 + hum[:, np.newaxis].astype(np.float32)))

    assert found.hz == pytest.approx(hz, abs=0.02)
    assert {1, 2} <= set(found.lines)


@pytest.mark.parametrize("sound", [
    speech(12.0), NOISE, tone((-20, 12), hz=110, channels=1), tone((-20, 12), hz=500, channels=1), np.zeros((12 * RATE, 1), np.float32),
], ids=["speech", "noise", "110 Hz", "500 Hz", "silence"])  # fmt: skip
def test_no_hum_is_found_where_there_is_none(sound):
    assert hum_in(surveyed(sound)) is None


def test_noise_alone_and_silence_are_nobody_speaking():
    for sound in (NOISE, np.zeros((5 * RATE, 1), np.float32)):
        assert levels_of(energies(sound), surveyed(sound)) is None


def test_voices_are_found_and_applause_is_none():
    event = panel()
    voiced = np.repeat(surveyed(joined(filtered(blocks(event.sound), high_pass_hz=80, hum=None))).voiced, 2)

    def share(spans):
        return np.mean(np.concatenate([voiced[round(start * 100) : round(end * 100)] for start, end in spans]))

    assert share(event.loud) > 0.6
    assert share(event.applause) < 0.1


def test_a_single_voice_is_left_nearly_as_it_was():
    event = panel(troubled=False)
    (start, end) = event.loud[1]
    alone = event.sound[round(start * RATE) : round(end * RATE)]

    levels = levels_of(energies(alone), surveyed(alone))

    assert -1.5 < levels.lowest_db <= levels.highest_db < 3


def test_nothing_is_raised_out_of_the_noise():
    """Two speakers twenty decibels apart, the softer one hardly above the noise: its noise stays where it is."""
    event = panel(troubled=False)
    sound = event.sound * np.float32(0.1)
    for start, end in event.loud:
        sound[round(start * RATE) : round(end * RATE)] *= 10
    sound = sound + NOISE.repeat(6, axis=0)[: len(sound)] * np.float32(0.6)

    levels = levels_of(energies(sound), surveyed(sound))

    assert levels.highest_db <= max(0.0, levels.speech_lufs - levels.floor_lufs - 20) + 1e-9
