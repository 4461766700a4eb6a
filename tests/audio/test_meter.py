"""The meter on synthesised cases of EBU Tech 3341 and 3342, and against libebur128."""

import numpy as np
import pyebur128
import pytest
from scipy.signal import chirp, firwin, lfilter

from pipeline.audio.metering import true_peak
from pipeline.audio.metering.loudness import (
    MOMENTARY_HOPS,
    SHORT_TERM_HOPS,
    compute_integrated_lufs,
    compute_loudness_range_lu,
    to_lufs,
)
from pipeline.audio.metering.meter import Meter, get_channel_weights
from pipeline.audio.metering.sliding_window import compute_window_sums
from pipeline.audio.metering.true_peak import TruePeakMeter
from tests.audio.sounds import RATE, libebur128, speech, tone

pytestmark = pytest.mark.slow

SILENT = -200


def find_peak_everywhere(block):
    """Interpolate every sample of all channels, without the shortcuts of the meter."""
    reach, row = true_peak.REACH, true_peak._ROW
    padded = np.pad(np.ascontiguousarray(block.T, np.float32), ((0, 0), (0, -(len(block) - 2 * reach) % row)))
    oversampled = [np.abs(true_peak._view_windows(channel) @ true_peak._INTERPOLATOR) for channel in padded]
    peaks = np.max(oversampled, axis=0).reshape(-1, true_peak.OVERSAMPLING).max(axis=1)
    return peaks[: len(block) - 2 * reach].max()


def run_meter(sound, *, rate=RATE, layout="", block=RATE):
    meter = Meter(sound.shape[1], weights=get_channel_weights(layout), sample_rate_hz=rate)
    for start in range(0, len(sound), block):
        meter.push(sound[start : start + block])
    return meter


def read(sound, *, rate=RATE, layout="", block=RATE):
    return run_meter(sound, rate=rate, layout=layout, block=block).read()


def compute_window_lufs(energies, hops):
    """Compute the loudness of each window: one value per 10 ms."""
    return to_lufs(compute_window_sums(energies.astype(np.float64), hops) / hops)


# Tech 3341, loudness


@pytest.mark.parametrize(("number", "level"), [(1, -23), (2, -33)])
def test_cases_1_and_2_steady_tone_reads_the_same_on_every_window(number, level):
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
def test_cases_3_to_5_soft_parts_are_gated(stretches):
    assert read(tone(*stretches)).integrated_lufs == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("layout", ["5.0", "5.0(side)"])
def test_case_6_five_channels(layout):
    levels = 10 ** (np.array([-28, -28, -24, -30, -30]) / 20)

    assert read(tone((0, 20), channels=5) * levels.astype(np.float32), layout=layout).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


@pytest.mark.parametrize("layout", ["5.1", "5.1(side)"])
def test_case_6_low_frequency_channel_has_no_weight(layout):
    levels = 10 ** (np.array([-28, -28, -24, 0, -30, -30]) / 20)

    assert read(tone((0, 20), channels=6) * levels.astype(np.float32), layout=layout).integrated_lufs == pytest.approx(
        -23, abs=0.1
    )


def test_case_9_short_term_is_constant_after_3_s():
    shown = compute_window_lufs(run_meter(tone(*[(-20, 1.34), (-30, 1.66)] * 5)).compute_energies(), SHORT_TERM_HOPS)

    assert np.abs(shown + 23).max() <= 0.1


@pytest.mark.parametrize("index", range(20))
def test_case_10_loudest_3_s_are_found_anywhere(index):
    sound = tone((SILENT, index * 0.15), (-23, 3), (SILENT, 1))

    assert read(sound).short_term_max_lufs == pytest.approx(-23, abs=0.1)


def test_case_11_maximum_short_term_follows_each_step():
    steps = [((SILENT, i * 0.15), (-38 + i, 3), (SILENT, 3 - i * 0.15)) for i in range(20)]
    energies = run_meter(tone(*(stretch for step in steps for stretch in step))).compute_energies()

    for index in range(20):
        assert compute_window_lufs(energies[: 600 * (index + 1)], SHORT_TERM_HOPS).max() == pytest.approx(
            -38 + index, abs=0.1
        )


def test_case_12_momentary_is_constant_after_1_s():
    shown = compute_window_lufs(run_meter(tone(*[(-20, 0.18), (-30, 0.22)] * 25)).compute_energies(), MOMENTARY_HOPS)

    assert np.abs(shown[60:] + 23).max() <= 0.1  # the first value belongs to 400 ms


@pytest.mark.parametrize("index", range(20))
def test_case_13_loudest_400_ms_are_found_anywhere(index):
    sound = tone((SILENT, index * 0.02), (-23, 0.4), (SILENT, 1))

    assert read(sound).momentary_max_lufs == pytest.approx(-23, abs=0.1)


def test_case_14_maximum_momentary_follows_each_step():
    steps = [((SILENT, i * 0.02), (-38 + i, 0.4), (SILENT, 0.4 - i * 0.02)) for i in range(20)]
    energies = run_meter(tone(*(stretch for step in steps for stretch in step))).compute_energies()

    for index in range(20):
        assert compute_window_lufs(energies[: 80 * (index + 1)], MOMENTARY_HOPS).max() == pytest.approx(
            -38 + index, abs=0.1
        )


# Tech 3341, true peak


def fade(sound):
    """Add the 10 ms fades of the cases at both ends."""
    sound = sound.copy()
    sound[:480] *= np.linspace(0, 1, 480)
    sound[-480:] *= np.linspace(1, 0, 480)
    return np.stack([sound, sound], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("divisor", "peak", "phase", "expected"),
    [(4, 0.5, 0, -6.0), (4, 0.5, 45, -6.0), (6, 0.5, 60, -6.0), (8, 0.5, 67.5, -6.0), (4, 1.41, 45, 3.0)],
    ids=["15", "16", "17", "18", "19"],
)
def test_cases_15_to_19_peak_between_samples_is_found(divisor, peak, phase, expected):
    sine = peak * np.sin(2 * np.pi * np.arange(RATE) / divisor + np.radians(phase))

    assert expected - 0.4 <= read(fade(sine)).true_peak_dbtp <= expected + 0.2


@pytest.mark.parametrize("offset", [0, 1, 2, 3], ids=["20", "21", "22", "23"])
def test_cases_20_to_23_single_loud_period_is_found_at_any_sampling_phase(offset):
    half = np.sin(2 * np.pi * np.arange(4 * RATE // 2) / 24) * 0.5  # fs/6, at four times the rate; whole periods
    swing = np.sin(2 * np.pi * np.arange(16) / 16)  # one period of fs/4 at full scale, phase-continuous
    fine = np.concatenate([half, swing, half])
    low = lfilter(firwin(501, 0.48 / 2), 1, np.concatenate([fine, np.zeros(250)]))[250:]

    assert -0.4 <= read(fade(low[offset::4])).true_peak_dbtp <= 0.2


def test_search_with_skipping_finds_the_peak_of_a_full_search():
    sound = speech()

    everywhere = find_peak_everywhere(np.pad(sound, ((12, 12), (0, 0))))

    assert read(sound).true_peak_dbtp == pytest.approx(20 * np.log10(everywhere), abs=0.001)


@pytest.mark.parametrize("size", [48, 100, 480, 481, 1000, 4801])
def test_peak_is_found_anywhere_in_the_chunks(size):
    chance = np.random.default_rng(size)
    for place in chance.integers(0, 9600, 40):
        sound = chance.normal(0, 0.01, (2, 9600)).astype(np.float32)
        sound[1, max(0, place - 2) : place + 3] += [0.2, -0.5, 0.6, 0.6, -0.4][max(0, 2 - place) : 9600 - place + 2]
        peak = TruePeakMeter(2)
        whole = 9600 // size * size
        for start in range(0, whole, size):
            peak.process(sound[:, start : start + size])

        everywhere = find_peak_everywhere(np.pad(sound.T, ((24, 24), (0, 0))))

        found = peak.compute_dbtp(sound[:, whole:])
        assert found == pytest.approx(20 * np.log10(max(everywhere, np.abs(sound).max())), abs=1e-4)


# Tech 3342


@pytest.mark.parametrize(
    ("levels", "expected"),
    [([-20, -30], 10), ([-20, -15], 5), ([-40, -20], 20), ([-50, -35, -20, -35, -50], 15)],
    ids=["1", "2", "3", "4"],
)
@pytest.mark.parametrize("times", [1, 2])
def test_cases_of_tech_3342_have_the_expected_loudness_range(levels, expected, times):
    assert read(tone(*[(level, 20) for level in levels] * times)).loudness_range_lu == pytest.approx(expected, abs=1)


# Against libebur128


def noise(seconds, rate, channels, *, cutoff=0.9, seed=1):
    rough = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * rate), channels))
    return lfilter(firwin(101, cutoff), 1, rough, axis=0)


def sweep(seconds, rate, channels):
    times = np.arange(round(seconds * rate)) / rate
    return np.stack([0.4 * chirp(times, 40 * (1 + c), seconds, rate * 0.4) for c in range(channels)], axis=1)


def talk(rate, channels):
    """Return voices as if recorded at ``rate``.

    Faster or slower, which does not matter to a meter.
    """
    voice = speech(12.0)[:, 0] * 0.5
    return np.stack([np.roll(voice, 700 * c) * 0.8**c for c in range(channels)], axis=1)


def bursts(seconds, rate, channels):
    loud = np.repeat(np.random.default_rng(3).uniform(0, 1, round(seconds * 5)) ** 3, rate // 5)[:, np.newaxis]
    return noise(len(loud) / rate, rate, channels, cutoff=0.5, seed=4) * loud * 4


def clicks(rate, channels):
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
    "sweep 32 mono": (32_000, lambda: sweep(10, 32_000, 1)),
    "sweep 44 stereo": (44_100, lambda: sweep(10, 44_100, 2)),
    "sweep 48 stereo": (48_000, lambda: sweep(10, 48_000, 2)),
    "sweep 96 mono": (96_000, lambda: sweep(10, 96_000, 1)),
    "bursts 44 stereo": (44_100, lambda: bursts(20, 44_100, 2)),
    "bursts 48 mono": (48_000, lambda: bursts(20, 48_000, 1)),
    "bursts 48 5.1": (48_000, lambda: bursts(10, 48_000, 6)),
    "clicks 48 stereo": (48_000, lambda: clicks(48_000, 2)),
    "clicks 44 mono": (44_100, lambda: clicks(44_100, 1)),
    "offset 48 stereo": (48_000, lambda: talk(48_000, 2) * 0.1 + 0.3),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_readings_equal_those_of_libebur128(name):
    rate, make = SIGNALS[name]
    sound = np.ascontiguousarray(make(), np.float32)
    mode = pyebur128.MeasurementMode
    reference = pyebur128.R128State(sound.shape[1], rate, mode.MODE_I | mode.MODE_TRUE_PEAK)
    reference.add_frames(sound.ravel(), len(sound))
    peak = max(pyebur128.get_true_peak(reference, channel) for channel in range(sound.shape[1]))

    reading = read(sound, rate=rate, layout="5.1" if sound.shape[1] == 6 else "")

    assert reading.integrated_lufs == pytest.approx(pyebur128.get_loudness_global(reference), abs=0.05)
    assert reading.true_peak_dbtp == pytest.approx(20 * np.log10(peak), abs=0.1)


# Energies


def test_energies_of_parts_joined_are_those_of_the_whole():
    sound = speech()
    parts = [run_meter(part).compute_energies() for part in (sound[: 7 * RATE], sound[7 * RATE :])]

    whole, together = run_meter(sound).compute_energies(), np.concatenate(parts)

    assert len(together) == len(whole)
    assert compute_integrated_lufs(together) == pytest.approx(compute_integrated_lufs(whole), abs=0.01)
    assert compute_loudness_range_lu(together) == pytest.approx(compute_loudness_range_lu(whole), abs=0.05)


def test_removed_energies_do_not_count_in_loudness():
    sound = tone((-30, 10), (-6, 5), (-30, 10))

    left = np.delete(run_meter(sound).compute_energies(), slice(1000, 1500))

    assert len(left) == 2000
    assert compute_integrated_lufs(left) == pytest.approx(-30, abs=0.1)


def test_empty_energies_have_no_loudness():
    assert compute_integrated_lufs(np.zeros(0)) is None


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 192_000])
def test_sample_rate_changes_neither_loudness_nor_hop_duration(rate):
    meter = run_meter(tone((-20, 10), rate=rate, channels=1), rate=rate, block=9999)

    assert len(meter.compute_energies()) == 1000
    assert compute_integrated_lufs(meter.compute_energies()) == pytest.approx(-23.0, abs=0.1)


# Speech and silence


def test_dutch_speech_reads_as_with_libebur128():
    sound = speech()

    reading = read(sound)

    integrated, loudness_range, peak = libebur128(sound)
    assert reading.duration_s == len(sound) / RATE
    assert reading.integrated_lufs == pytest.approx(integrated, abs=0.01)
    assert reading.loudness_range_lu == pytest.approx(loudness_range, abs=0.5)  # steps of 1 s against 100 ms; EBU: ±1
    assert reading.true_peak_dbtp == pytest.approx(peak, abs=0.2)


@pytest.mark.parametrize("block", [7, 479, 12_345])
def test_block_size_makes_no_difference(block):
    sound = speech()[: RATE if block == 7 else None]

    assert read(sound, block=block) == read(sound, block=RATE)


def test_silence_has_no_loudness():
    reading = read(np.zeros((RATE * 4, 2), np.float32))

    assert [None] * 5 == [
        reading.integrated_lufs,
        reading.loudness_range_lu,
        reading.momentary_max_lufs,
        reading.short_term_max_lufs,
        reading.true_peak_dbtp,
    ]
