"""The limiter, measured with libebur128."""

import numpy as np
import pytest

from pipeline.audio.processing.limiter import CONTEXT, limit_block
from tests.audio.sounds import RATE, libebur128, speech


def limited(sound, *, ceiling_dbtp=-1.0):
    return limit_block(sound, ceiling_dbtp=ceiling_dbtp)


@pytest.mark.parametrize("ceiling", [-1.0, -1.5, -6.0])
def test_peak_stays_below_ceiling(ceiling):
    hot = np.repeat(speech() * np.float32(3), 2, axis=1)

    *_, peak = libebur128(limited(hot, ceiling_dbtp=ceiling))

    assert ceiling - 0.2 <= peak <= ceiling + 0.05


def test_audio_below_the_ceiling_is_unchanged():
    quiet = speech() * np.float32(0.1)

    assert (limited(quiet) == quiet).all()


@pytest.mark.parametrize("size", [777, 50_000])
def test_ranges_with_their_context_have_no_seams(size):
    hot, ranges = speech() * np.float32(2), []

    for start in range(0, len(hot), size):
        begin = max(0, start - CONTEXT)
        ranges.append(limited(hot[begin : start + size + CONTEXT])[start - begin :][:size])

    assert (np.concatenate(ranges) == limited(hot)).all()


def test_single_click_changes_only_its_surroundings():
    sound = np.full((RATE * 3, 1), 0.1, np.float32)
    sound[RATE * 3 // 2] = 4.0

    changed = np.flatnonzero((limited(sound) != sound)[:, 0])

    assert changed[-1] - changed[0] < 0.025 * RATE


def test_empty_input_produces_empty_output():
    assert limited(np.zeros((0, 2), np.float32)).shape == (0, 2)
