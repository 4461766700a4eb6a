"""The limiter, measured with libebur128."""

import numpy as np
import pytest

from pipeline.audio.processing.limiter import limit_true_peak
from tests.audio.sounds import RATE, libebur128, speech


def limited(sound, *, block=RATE, ceiling_dbtp=-1.0):
    blocks = (sound[start : start + block] for start in range(0, len(sound), block))
    return np.concatenate(list(limit_true_peak(blocks, ceiling_dbtp=ceiling_dbtp)))


@pytest.mark.parametrize("ceiling", [-1.0, -1.5, -6.0])
def test_peak_stays_below_ceiling(ceiling):
    hot = np.repeat(speech() * np.float32(3), 2, axis=1)

    *_, peak = libebur128(limited(hot, ceiling_dbtp=ceiling))

    assert ceiling - 0.2 <= peak <= ceiling + 0.05


def test_audio_below_the_ceiling_is_unchanged():
    quiet = speech() * np.float32(0.1)

    assert (limited(quiet) == quiet).all()


@pytest.mark.parametrize("block", [777, 50_000, 10**9])
def test_result_does_not_depend_on_block_size(block):
    hot = speech() * np.float32(2)

    assert (limited(hot, block=block) == limited(hot)).all()


def test_single_click_changes_only_its_surroundings():
    sound = np.full((RATE * 3, 1), 0.1, np.float32)
    sound[RATE * 3 // 2] = 4.0

    changed = np.flatnonzero((limited(sound) != sound)[:, 0])

    assert changed[-1] - changed[0] < 0.025 * RATE


def test_empty_input_produces_empty_output():
    assert [] == list(limit_true_peak([], ceiling_dbtp=-1.0))
