"""Hum removal: deep where the hum is, nothing elsewhere, and no seam where a range begins."""

import math

import numpy as np
import pytest
from scipy.signal import sosfilt

from pipeline.audio.processing.hum_removal import SETTLING, HumComb, remove_hum
from tests.audio.sounds import RATE, speech

HUM = HumComb(hz=50.02, harmonics=(1, 2, 3, 5, 13), prominence_db=40.0)


def remove(sound, size=RATE):
    return np.concatenate(list(remove_hum([sound[at : at + size] for at in range(0, len(sound), size)], HUM)))


def build_lines(seconds, hz=HUM.hz):
    turns = 2 * np.pi * hz * np.arange(seconds * RATE) / RATE
    lines = sum(0.01 / number * np.sin(number * turns + number) for number in HUM.harmonics)
    return lines[:, np.newaxis].astype(np.float32)


def db(sound):
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-30)


def test_hum_is_at_least_50_db_lower_and_a_drift_of_the_mains_40():
    """Mains stay within 0.05 Hz for minutes; notches settle within a second."""
    for hz, at_least_db in ((HUM.hz, 50), (HUM.hz + 0.01, 40)):
        hum = build_lines(30, hz)
        assert db(hum) - db(remove(hum)[RATE:]) > at_least_db


def test_it_removes_what_notch_filters_in_series_remove():
    """Second opinion: scipy, at 48 kHz, below 900 Hz."""
    noise = np.random.default_rng(1).standard_normal((12 * RATE, 1)).astype(np.float32) * np.float32(0.1)
    sections = []
    for number in HUM.harmonics:
        hz = number * HUM.hz
        gain = 1 / (1 + math.tan(math.pi * (2.5 + hz / 100) / RATE))
        turn = -2 * math.cos(2 * math.pi * hz / RATE) * gain
        sections.append([gain, turn, gain, 1, turn, 2 * gain - 1])

    ours, theirs = remove(noise)[:, 0], sosfilt(np.array(sections), noise[:, 0].astype(np.float64))

    spectra = [np.abs(np.fft.rfft(one[2 * RATE : 10 * RATE] * np.hanning(8 * RATE))) for one in (ours, theirs)]
    below = slice(20 * 8, 900 * 8)
    difference = np.abs(spectra[0][below] - spectra[1][below])
    assert np.sqrt(np.mean(difference**2)) < 0.01 * np.sqrt(np.mean(spectra[1][below] ** 2))


def test_nothing_changes_above_the_hum_and_a_constant_stays():
    voice = speech(12.0) * np.float32(0.2) + np.float32(0.05)

    before, change = (np.fft.rfft(one[:, 0])[1500 * 12 :] for one in (voice, remove(voice) - voice))

    assert db(np.abs(change)) < db(np.abs(before)) - 40
    assert np.abs(remove(np.full((5 * RATE, 1), 0.1, np.float32)) - 0.1).max() < 1e-6


@pytest.mark.parametrize("first", [0, 960, 7 * RATE + 480])
def test_where_a_range_begins_makes_no_difference(first):
    sound = speech(24.0) * np.float32(0.2) + build_lines(24)[: len(speech(24.0))]
    start = max(0, first - SETTLING) // 960 * 960

    whole, part = remove(sound), remove(sound[start:])

    assert np.abs(whole[first:] - part[first - start :]).max() < 2**-24
    assert np.array_equal(whole, remove(sound, 777))
