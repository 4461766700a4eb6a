"""The meter on Dutch speech, on silence and in a file, and the trace that is drawn from it; its cases are in test_meter.py."""

import numpy as np
import pytest

from pipeline.audio.metering.loudness import Meter, measure_file, trace
from tests.audio.sounds import RATE, libebur128, speech, tone, wav


def read(sound, *, block=RATE, weights=None):
    meter = Meter(sound.shape[1], weights=weights)
    for start in range(0, len(sound), block):
        meter.push(sound[start : start + block])
    return meter.reading(channels=sound.shape[1], sample_rate_hz=RATE)


def test_dutch_speech_reads_as_libebur128_reads_it():
    sound = speech()

    reading = read(sound)

    integrated, extent, peak = libebur128(sound)
    assert reading.integrated_lufs == pytest.approx(integrated, abs=0.01)
    assert reading.loudness_range_lu == pytest.approx(extent, abs=0.5)  # it steps by 1 s, we by 100 ms; EBU: ±1
    assert reading.true_peak_dbtp == pytest.approx(peak, abs=0.2)


@pytest.mark.parametrize("block", [7, 479, 12_345])
def test_the_size_of_the_blocks_makes_no_difference(block):
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


def test_a_mono_sine_in_a_file_reads_as_one_channel(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(tone((-20, 5), channels=1)))

    reading = measure_file(str(tmp_path / "a.wav"))

    assert (reading.duration_s, reading.channels, reading.sample_rate_hz) == (5.0, 1, RATE)
    assert reading.integrated_lufs == pytest.approx(-23.01, abs=0.05)


@pytest.mark.parametrize("duration_s", [2, 45, 119.9, 120, 121, 240, 240.1, 3600, 20_000])
def test_a_trace_has_120_to_240_bars_whatever_the_length(duration_s):
    drawn = trace(np.full(round(duration_s * 100), 0.01), duration_s=duration_s)

    assert 120 <= len(drawn.heights) <= 240
    assert drawn.bar_s * (len(drawn.heights) - 1) < duration_s <= drawn.bar_s * len(drawn.heights)


def test_a_trace_is_as_high_as_the_talk_is_loud():
    energies = np.repeat(10 ** ((np.array([-200, -40, -25, -10, 0]) + 0.691) / 10), 6000)

    heights = trace(energies, duration_s=300).heights

    assert [heights[index] for index in (15, 45, 75, 105, 135)] == pytest.approx([0, 0, 0.5**1.5, 1, 1], abs=0.001)
