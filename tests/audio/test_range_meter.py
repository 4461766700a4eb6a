"""Ranges measured independently read what one meter reads."""

import numpy as np
import pytest

from pipeline.audio.metering.loudness import compute_integrated_lufs
from pipeline.audio.metering.range_meter import AFTER, BEFORE, RangeMeter
from pipeline.audio.metering.true_peak import to_dbtp
from tests.audio.sounds import RATE, libebur128, speech

SPEECH = np.repeat(speech()[: round(17.234 * RATE)] * np.float32(0.4), 2, axis=1)
SPEECH[:, 1] *= np.float32(0.7)


def measure_in_ranges(sound, size):
    """Return the joined energies and the highest true peak."""
    meter, readings = RangeMeter([1.0] * sound.shape[1]), []
    for first in range(0, len(sound), size):
        last = min(first + size, len(sound))
        start, stop = max(0, first - BEFORE), min(len(sound), last + AFTER)
        readings.append(meter.measure(sound[start:stop].T, before=first - start, after=stop - last))
    return np.concatenate([one.energies for one in readings]), max(one.true_peak for one in readings)


@pytest.mark.parametrize("size", [20 * RATE, 5 * RATE, 4800])
def test_ranges_read_what_libebur128_reads(size):
    integrated, _, peak = libebur128(SPEECH)

    energies, true_peak = measure_in_ranges(SPEECH, size)

    assert len(energies) == len(SPEECH) // 480
    assert compute_integrated_lufs(energies) == pytest.approx(integrated, abs=0.01)
    assert to_dbtp(true_peak) == pytest.approx(peak, abs=0.15)


def test_borders_of_ranges_are_not_edges():
    """A tone that a range cuts off at full swing has no peak there."""
    tone = 0.5 * np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE).astype(np.float32)[:, np.newaxis]
    fade = np.minimum(1, np.minimum(np.arange(len(tone)), np.arange(len(tone))[::-1]) / RATE)[:, np.newaxis]

    _, true_peak = measure_in_ranges((tone * fade).astype(np.float32), 12_000)

    assert true_peak == pytest.approx(0.5, abs=1e-3)
