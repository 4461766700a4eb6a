"""Fitting the clock of a recorder to lags: drift, losses, and people in different seats."""

import numpy as np
import pytest

from pipeline.audio.tracks.drift import estimate_drift, fit_clock

SEATS_S = np.array([-0.0061, 0.0004, 0.0072])
STEP_S = 6.0


def speak(count, *, seed=1, turn=4):
    """Let people speak in turns of a few lags; return the acoustic delay of each lag."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(rng.integers(len(SEATS_S), size=count), rng.integers(1, 2 * turn, size=count))[:count]
    return SEATS_S[speakers] + rng.normal(0, 2e-5, count)


def build_lags(count=300, *, ppm=80.0, losses=(), seats=None):
    """Build lags over half an hour; ``losses``: (number of the lag, seconds)."""
    times = np.arange(count) * STEP_S + 3
    lags = 5.0 - ppm * 1e-6 * times + (speak(count) if seats is None else seats)
    for number, length_s in losses:
        lags[number:] += length_s
    return times, lags


def get_steps(fit):
    return np.diff(fit.shifts_s)


def test_drift_is_found_between_speakers():
    fit = fit_clock(*build_lags(ppm=123.4))

    assert -123.4e-6 == pytest.approx(fit.drift, abs=2e-8)
    assert (5.0 + (SEATS_S[0] + SEATS_S[-1]) / 2,) == pytest.approx(fit.shifts_s, abs=1e-4)
    assert 1 == pytest.approx(fit.share, abs=0.01)


def test_drift_is_estimated_across_a_loss():
    assert -80e-6 == pytest.approx(estimate_drift(*build_lags(losses=[(150, 0.4)])), abs=1e-6)


@pytest.mark.parametrize("length_s", [0.02, 0.05, 0.37, 30.0, -0.37])
def test_loss_is_measured(length_s):
    fit = fit_clock(*build_lags(losses=[(140, length_s)]))

    assert [length_s] == pytest.approx(get_steps(fit), abs=2e-4)
    assert (139 * STEP_S + 3, 140 * STEP_S + 3) == pytest.approx((*fit.stops_s, *fit.starts_s), abs=3 * STEP_S)
    assert -80e-6 == pytest.approx(fit.drift, abs=1e-7)


def test_two_losses_soon_after_each_other_are_told_apart():
    fit = fit_clock(*build_lags(losses=[(140, 0.37), (146, -0.02), (220, 2.0)]))

    assert [0.37, -0.02, 2.0] == pytest.approx(get_steps(fit), abs=2e-4)


def test_speakers_who_take_over_from_each_other_are_no_loss():
    seats = np.repeat(SEATS_S[[0, 2]], 150)  # 13 ms apart; nobody speaks twice

    assert (0,) == get_steps(fit_clock(*build_lags(seats=seats))).shape


def test_moving_heads_are_no_loss():
    rng = np.random.default_rng(4)
    sway = np.interp(np.arange(300), np.arange(0, 301, 10), rng.uniform(-0.001, 0.001, 31))

    fit = fit_clock(*build_lags(seats=speak(300) + sway))

    assert (0,) == get_steps(fit).shape
    assert -80e-6 == pytest.approx(fit.drift, abs=5e-7)


def test_wrong_lags_are_ignored():
    times, lags = build_lags(losses=[(200, 0.05)])
    wrong = np.random.default_rng(5).choice(300, 45, replace=False)
    lags[wrong] += np.random.default_rng(6).uniform(-3, 3, 45)

    fit = fit_clock(times, lags)

    assert [0.05] == pytest.approx(get_steps(fit), abs=2e-4)
    assert -80e-6 == pytest.approx(fit.drift, abs=1e-7)
    assert 0.85 == pytest.approx(fit.share, abs=0.03)
