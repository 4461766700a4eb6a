"""The meter against every case of EBU Tech 3341 and 3342 that can be synthesised, and against libebur128."""

import numpy as np
import pyebur128
import pytest
from scipy.signal import chirp, firwin, lfilter

from pipeline.audio.metering.loudness import (
    Meter,
    TruePeak,
    integrated_lufs,
    interpolated,
    joined,
    loudness_range_lu,
    momentary_lufs,
    short_term_lufs,
    weights_of,
    without,
)
from pipeline.model import Cut
from tests.audio.sounds import RATE, speech, tone

SILENT = -200


def metered(sound, *, rate=RATE, layout="", block=RATE):
    meter = Meter(sound.shape[1], weights=weights_of(layout), sample_rate_hz=rate)
    for start in range(0, len(sound), block):
        meter.push(sound[start : start + block])
    return meter


def read(sound, *, rate=RATE, layout=""):
    return metered(sound, rate=rate, layout=layout).reading(channels=sound.shape[1], sample_rate_hz=rate)


# ------------------------------------------------------------------------------------------------- Tech 3341, loudness


@pytest.mark.parametrize(("number", "level"), [(1, -23), (2, -33)])
def test_cases_1_and_2_a_steady_tone_reads_the_same_on_every_window(number, level):
    reading = read(tone((level, 20)))

    shown = [reading.momentary_max_lufs, reading.short_term_max_lufs, reading.integrated_lufs]
    assert shown == [pytest.approx(level, abs=0.1)] * 3


@pytest.mark.parametrize(
    "stretches",
    [
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
    ids=["3", "4", "5"],
)
def test_cases_3_to_5_what_is_too_soft_does_not_count(stretches):
    assert read(tone(*stretches)).integrated_lufs == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("layout", ["5.0", "5.0(side)"])
def test_case_6_five_channels(layout):
    levels = 10 ** (np.array([-28, -28, -24, -30, -30]) / 20)

    assert read(tone((0, 20), channels=5) * levels.astype(np.float32), layout=layout).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


@pytest.mark.parametrize("layout", ["5.1", "5.1(side)"])
def test_case_6_with_a_bass_channel_which_does_not_count(layout):
    levels = 10 ** (np.array([-28, -28, -24, 0, -30, -30]) / 20)

    assert read(tone((0, 20), channels=6) * levels.astype(np.float32), layout=layout).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


def test_case_9_short_term_stands_still_after_3_s():
    shown = short_term_lufs(metered(tone(*[(-20, 1.34), (-30, 1.66)] * 5)).energies())

    assert np.abs(shown + 23).max() <= 0.1


@pytest.mark.parametrize("index", range(20))
def test_case_10_the_loudest_3_s_are_found_wherever_they_lie(index):
    sound = tone((SILENT, index * 0.15), (-23, 3), (SILENT, 1))

    assert read(sound).short_term_max_lufs == pytest.approx(-23, abs=0.1)


def test_case_11_the_loudest_3_s_so_far_are_followed_step_by_step():
    steps = [((SILENT, i * 0.15), (-38 + i, 3), (SILENT, 3 - i * 0.15)) for i in range(20)]
    energies = metered(tone(*(stretch for step in steps for stretch in step))).energies()

    for index in range(20):
        assert short_term_lufs(energies[: 600 * (index + 1)]).max() == pytest.approx(-38 + index, abs=0.1)


def test_case_12_momentary_stands_still_after_1_s():
    shown = momentary_lufs(metered(tone(*[(-20, 0.18), (-30, 0.22)] * 25)).energies())

    assert np.abs(shown[60:] + 23).max() <= 0.1  # the first value belongs to 400 ms


@pytest.mark.parametrize("index", range(20))
def test_case_13_the_loudest_moment_is_found_wherever_it_lies(index):
    sound = tone((SILENT, index * 0.02), (-23, 0.4), (SILENT, 1))

    assert read(sound).momentary_max_lufs == pytest.approx(-23, abs=0.1)


def test_case_14_the_loudest_moment_so_far_is_followed_step_by_step():
    steps = [((SILENT, i * 0.02), (-38 + i, 0.4), (SILENT, 0.4 - i * 0.02)) for i in range(20)]
    energies = metered(tone(*(stretch for step in steps for stretch in step))).energies()

    for index in range(20):
        assert momentary_lufs(energies[: 80 * (index + 1)]).max() == pytest.approx(-38 + index, abs=0.1)


# ------------------------------------------------------------------------------------------------ Tech 3341, true peak


def faded(sound):
    """With the 10 ms fades of the cases, at either end."""
    sound = sound.copy()
    sound[:480] *= np.linspace(0, 1, 480)
    sound[-480:] *= np.linspace(1, 0, 480)
    return np.stack([sound, sound], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("divisor", "peak", "phase", "expected"),
    [(4, 0.5, 0, -6.0), (4, 0.5, 45, -6.0), (6, 0.5, 60, -6.0), (8, 0.5, 67.5, -6.0), (4, 1.41, 45, 3.0)],
    ids=["15", "16", "17", "18", "19"],
)
def test_cases_15_to_19_a_peak_between_the_samples_is_seen(divisor, peak, phase, expected):
    sine = peak * np.sin(2 * np.pi * np.arange(RATE) / divisor + np.radians(phase))

    assert expected - 0.4 <= read(faded(sine)).true_peak_dbtp <= expected + 0.2


@pytest.mark.parametrize("offset", [0, 1, 2, 3], ids=["20", "21", "22", "23"])
def test_cases_20_to_23_a_single_high_swing_is_seen_wherever_the_samples_fall(offset):
    half = np.sin(2 * np.pi * np.arange(4 * RATE // 2) / 24) * 0.5  # fs/6, at four times the rate; whole periods
    swing = np.sin(2 * np.pi * np.arange(16) / 16)  # one period of fs/4 at full scale, phase-continuous
    fine = np.concatenate([half, swing, half])
    low = lfilter(firwin(501, 0.48 / 2), 1, np.concatenate([fine, np.zeros(250)]))[250:]

    assert -0.4 <= read(faded(low[offset::4])).true_peak_dbtp <= 0.2


def test_the_search_that_skips_finds_what_a_search_everywhere_finds():
    sound = speech()

    everywhere = interpolated(np.pad(sound, ((12, 12), (0, 0)))).max()

    assert read(sound).true_peak_dbtp == pytest.approx(20 * np.log10(everywhere), abs=0.001)


@pytest.mark.parametrize("size", [48, 100, 480, 481, 1000, 4801])
def test_the_highest_peak_is_found_wherever_it_lies_in_the_chunks(size):
    chance = np.random.default_rng(size)
    for place in chance.integers(0, 9600, 40):
        sound = chance.normal(0, 0.01, (2, 9600)).astype(np.float32)
        sound[1, max(0, place - 2) : place + 3] += [0.2, -0.5, 0.6, 0.6, -0.4][max(0, 2 - place) : 9600 - place + 2]
        peak = TruePeak(2)
        whole = 9600 // size * size
        for start in range(0, whole, size):
            peak.take(sound[:, start : start + size])

        everywhere = interpolated(np.pad(sound.T, ((24, 24), (0, 0)))).max()

        found = peak.dbtp(sound[:, whole:])
        assert found == pytest.approx(20 * np.log10(max(everywhere, np.abs(sound).max())), abs=1e-4)


# ----------------------------------------------------------------------------------------------------------- Tech 3342


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([-20, -30], 10), ([-20, -15], 5), ([-40, -20], 20), ([-50, -35, -20, -35, -50], 15)],
    ids=["1", "2", "3", "4"],
)
@pytest.mark.parametrize("times", [1, 2])
def test_the_cases_of_tech_3342_give_their_range_however_often_they_are_played(levels, expected, times):
    assert read(tone(*[(level, 20) for level in levels] * times)).loudness_range_lu == pytest.approx(expected, abs=1)


# ------------------------------------------------------------------------------------------------- against libebur128


def noise(seconds, rate, channels, *, cutoff=0.9, seed=1):
    rough = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * rate), channels))
    return lfilter(firwin(101, cutoff), 1, rough, axis=0)


def swept(seconds, rate, channels):
    times = np.arange(round(seconds * rate)) / rate
    return np.stack([0.4 * chirp(times, 40 * (1 + c), seconds, rate * 0.4) for c in range(channels)], axis=1)


def talk(rate, channels):
    """Voices as if they had been recorded at ``rate``: only faster or slower, which no meter minds."""
    voice = speech(12.0)[:, 0] * 0.5
    return np.stack([np.roll(voice, 700 * c) * 0.8**c for c in range(channels)], axis=1)


def bursts(seconds, rate, channels):
    loud = np.repeat(np.random.default_rng(3).uniform(0, 1, round(seconds * 5)) ** 3, rate // 5)[:, np.newaxis]
    return noise(len(loud) / rate, rate, channels, cutoff=0.5, seed=4) * loud * 4


def high(rate, channels):
    hits = np.zeros((8 * rate, channels))
    hits[:: rate // 3] = 0.9
    return lfilter(firwin(31, 0.7), 1, hits, axis=0) + noise(8, rate, channels, cutoff=0.3) * 0.1


SIGNALS = {
    "talk 32 mono": (32_000, lambda: talk(32_000, 1)),
    "talk 44 mono": (44_100, lambda: talk(44_100, 1)),
    "talk 48 stereo": (48_000, lambda: talk(48_000, 2)),
    "talk 96 stereo": (96_000, lambda: talk(96_000, 2)),
    "talk 48 5.1": (48_000, lambda: talk(48_000, 6)),
    "talk 44 5.1": (44_100, lambda: talk(44_100, 6)),
    "noise 32 stereo": (32_000, lambda: noise(10, 32_000, 2, cutoff=0.5)),
    "noise 44 stereo": (44_100, lambda: noise(10, 44_100, 2, cutoff=0.6)),
    "noise 48 mono": (48_000, lambda: noise(10, 48_000, 1, cutoff=0.4)),
    "noise 88 stereo": (88_200, lambda: noise(10, 88_200, 2, cutoff=0.3)),
    "noise 96 5.1": (96_000, lambda: noise(6, 96_000, 6, cutoff=0.3)),
    "sweep 32 mono": (32_000, lambda: swept(10, 32_000, 1)),
    "sweep 44 stereo": (44_100, lambda: swept(10, 44_100, 2)),
    "sweep 48 stereo": (48_000, lambda: swept(10, 48_000, 2)),
    "sweep 96 mono": (96_000, lambda: swept(10, 96_000, 1)),
    "bursts 44 stereo": (44_100, lambda: bursts(20, 44_100, 2)),
    "bursts 48 mono": (48_000, lambda: bursts(20, 48_000, 1)),
    "bursts 48 5.1": (48_000, lambda: bursts(10, 48_000, 6)),
    "clicks 48 stereo": (48_000, lambda: high(48_000, 2)),
    "clicks 44 mono": (44_100, lambda: high(44_100, 1)),
    "offset 48 stereo": (48_000, lambda: talk(48_000, 2) * 0.1 + 0.3),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_the_meter_reads_what_libebur128_reads(name):
    rate, make = SIGNALS[name]
    sound = np.ascontiguousarray(make(), np.float32)
    mode = pyebur128.MeasurementMode
    other = pyebur128.R128State(sound.shape[1], rate, mode.MODE_I | mode.MODE_TRUE_PEAK)
    other.add_frames(sound.ravel(), len(sound))
    peak = max(pyebur128.get_true_peak(other, channel) for channel in range(sound.shape[1]))

    reading = read(sound, rate=rate, layout="5.1" if sound.shape[1] == 6 else "")

    assert reading.integrated_lufs == pytest.approx(pyebur128.get_loudness_global(other), abs=0.05)
    assert reading.true_peak_dbtp == pytest.approx(20 * np.log10(peak), abs=0.1)


# ---------------------------------------------------------------------------------------------------------- the ledger


def test_energies_of_parts_join_to_those_of_the_whole():
    sound = speech()
    parts = [metered(part).energies() for part in (sound[: 7 * RATE], sound[7 * RATE :])]

    whole, together = metered(sound).energies(), joined(*parts)

    assert len(together) == len(whole)
    assert integrated_lufs(together) == pytest.approx(integrated_lufs(whole), abs=0.01)
    assert loudness_range_lu(together) == pytest.approx(loudness_range_lu(whole), abs=0.05)


def test_energies_can_be_cut_without_decoding_again():
    sound = tone((-30, 10), (-6, 5), (-30, 10))
    cut = Cut(from_ms=10_000, to_ms=15_000)

    left = without(metered(sound).energies(), (cut,))

    assert len(left) == 2000
    assert integrated_lufs(left) == pytest.approx(-30, abs=0.1)


def test_nothing_joined_is_nothing():
    assert integrated_lufs(joined()) is None


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 192_000])
def test_other_rates_read_as_loud_and_have_hops_of_10_ms(rate):
    meter = metered(tone((-20, 10), rate=rate, channels=1), rate=rate, block=9999)

    assert len(meter.energies()) == 1000
    assert integrated_lufs(meter.energies()) == pytest.approx(-23.0, abs=0.1)
