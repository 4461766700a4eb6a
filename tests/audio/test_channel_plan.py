"""Channel plans: weights per stretch, crossfades, and results that do not depend on the blocks."""

import json

import numpy as np
import pytest

from pipeline.audio.io.channel_plan import CROSSFADE_SAMPLES, ChannelPlan, ChannelStretch
from pipeline.model import from_json, to_json
from tests.audio.sounds import RATE

LEFT, RIGHT, BOTH = ((1.0, 0.0),) * 2, ((0.0, 1.0),) * 2, ((1.0, 0.0), (0.0, 1.0))
PLAN = ChannelPlan(
    stretches=(
        ChannelStretch(part=0, first=0, weights=BOTH),
        ChannelStretch(part=0, first=RATE, weights=LEFT),
        ChannelStretch(part=0, first=RATE + 1000, weights=((1.0, 0.0), (0.0, -1.0))),
        ChannelStretch(part=1, first=0, weights=RIGHT),
    )
)
NOISE = np.random.default_rng(5).standard_normal((3 * RATE, 2)).astype(np.float32)


def test_stretches_apply_to_their_part_and_time():
    mixed, other = PLAN.mix(NOISE, part=0, first=0), PLAN.mix(NOISE, part=1, first=0)
    half = CROSSFADE_SAMPLES // 2

    assert np.array_equal(mixed[: RATE - half], NOISE[: RATE - half])
    assert np.array_equal(mixed[RATE + half : RATE + 1000 - half], NOISE[RATE + half : RATE + 1000 - half, [0, 0]])
    assert np.array_equal(mixed[RATE + 1000 + half :], NOISE[RATE + 1000 + half :] * np.float32([1, -1]))
    assert np.array_equal(other, NOISE[:, [1, 1]])


def test_crossfade_is_linear_and_lasts_20_ms():
    constant = np.tile(np.float32([0.5, -0.5]), (RATE * 2, 1))

    right = PLAN.mix(constant, part=0, first=0)[:, 1]

    fade = right[RATE - CROSSFADE_SAMPLES // 2 : RATE + CROSSFADE_SAMPLES // 2]
    assert right[RATE - CROSSFADE_SAMPLES // 2 - 1] == -0.5
    assert np.allclose(np.diff(fade), 1 / CROSSFADE_SAMPLES, atol=1e-6)
    assert right[RATE + CROSSFADE_SAMPLES // 2] == 0.5


@pytest.mark.parametrize("size", [1, 7, 480, 999, 48_000])
def test_size_of_the_blocks_makes_no_difference(size):
    first, last = (0, 3 * RATE) if size > 400 else (RATE - 700, RATE + 1800)
    starts = range(first, last, size)

    pieces = [PLAN.mix(NOISE[start : min(last, start + size)], part=0, first=start) for start in starts]

    assert np.array_equal(np.concatenate(pieces), PLAN.mix(NOISE, part=0, first=0)[first:last])


def test_part_without_stretches_keeps_its_channels_or_becomes_their_mean():
    four = np.concatenate([NOISE, NOISE * np.float32(0.5)], axis=1)

    assert ChannelPlan().mix(NOISE, part=0, first=0) is NOISE
    assert np.array_equal(ChannelPlan().mix(NOISE[:, :1], part=0, first=0), NOISE[:, [0, 0]])
    assert np.allclose(ChannelPlan(channels=1).mix(four, part=3, first=9), four.mean(axis=1, keepdims=True), atol=1e-6)


def test_mono_plan_is_the_mean_of_the_stereo_plan():
    mono = PLAN.reduce_to_mono()

    assert mono.channels == 1
    for part in range(2):
        expected = PLAN.mix(NOISE, part=part, first=0).mean(axis=1, keepdims=True)
        assert np.allclose(mono.mix(NOISE, part=part, first=0), expected, atol=1e-6)


def test_plan_survives_json():
    assert from_json(ChannelPlan, json.loads(json.dumps(to_json(PLAN)))) == PLAN
