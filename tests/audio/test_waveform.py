"""The waveform drawing of an episode."""

import numpy as np
import pytest

from pipeline.audio.metering.waveform import build_waveform


@pytest.mark.parametrize("duration_s", [2, 45, 119.9, 120, 121, 240, 240.1, 3600, 20_000])
def test_waveform_has_120_to_240_bars_for_any_duration(duration_s):
    waveform = build_waveform(np.full(round(duration_s * 100), 0.01), duration_s=duration_s)

    assert 120 <= len(waveform.heights) <= 240
    assert waveform.bar_s * (len(waveform.heights) - 1) < duration_s <= waveform.bar_s * len(waveform.heights)


def test_height_follows_loudness():
    energies = np.repeat(10 ** ((np.array([-200, -40, -25, -10, 0]) + 0.691) / 10), 6000)

    heights = build_waveform(energies, duration_s=300).heights

    assert [heights[index] for index in (15, 45, 75, 105, 135)] == pytest.approx([0, 0, 0.5**1.5, 1, 1], abs=0.001)
