"""The block filter against scipy's, sample by sample."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from pipeline.audio.metering.block_biquad import BATCH_ROWS, ROW_SAMPLES, BlockBiquad
from pipeline.audio.metering.filter_design import build_high_pass, build_k_weighting
from tests.audio.panel import panel
from tests.audio.sounds import RATE

BATCH = BATCH_ROWS * ROW_SAMPLES
SOUND = panel().sound[: 300 * BATCH, 0] + np.float32(0.1)  # with a DC offset, as from cheap recorders
HIGH_PASS = butter(2, 80, "highpass", fs=RATE, output="sos")


@pytest.mark.parametrize("sections", [HIGH_PASS, build_k_weighting(RATE)], ids=["high-pass", "k-weighting"])
def test_output_equals_that_of_scipy(sections):
    biquad = BlockBiquad(sections)
    state = np.zeros(biquad.state_count)

    parts = [biquad.filter_channel(part, state) for part in np.split(SOUND, [7 * BATCH, 100 * BATCH])]

    assert np.concatenate(parts).ravel() == pytest.approx(sosfilt(sections, SOUND.astype(np.float64)), abs=1e-6)


def test_high_pass_has_the_coefficients_of_scipy():
    assert build_high_pass(80) == pytest.approx(HIGH_PASS)


def test_constant_signal_passes_a_high_pass_without_a_transient():
    biquad = BlockBiquad(HIGH_PASS)
    constant = np.full(BATCH, 0.5, np.float32)

    assert np.abs(biquad.filter_channel(constant, biquad.compute_steady_state(0.5))).max() < 1e-6
