"""Curves of loudness and gain, and talk time by level, with few points."""

import numpy as np
import pytest

from pipeline.audio.metering.curves import (
    FLOOR_LUFS,
    MAX_POINTS,
    LoudnessSummary,
    compute_talk_time,
    count_speech_levels,
    find_extremes,
    summarise_loudness,
)
from pipeline.audio.metering.loudness import compute_integrated_lufs, compute_loudness_range_lu
from pipeline.audio.metering.meter import Meter
from pipeline.model import TalkTime
from tests.audio.sounds import tone

pytestmark = pytest.mark.slow


def measure_energies(*stretches):
    meter = Meter(2)
    meter.push(tone(*stretches))
    return meter.compute_energies()


def test_steady_tone_has_a_constant_curve_up_to_both_ends():
    assert (-23.0,) * 12 == summarise_loudness(measure_energies((-23, 12.0))).compute_curve()


def test_silence_is_at_the_floor():
    curve = summarise_loudness(measure_energies((-120, 10.0), (-20, 10.0))).compute_curve()

    assert ([FLOOR_LUFS] * 8, [-20.0] * 8) == (list(curve[:8]), list(curve[12:]))


@pytest.mark.parametrize(("seconds", "points"), [(0.0, 0), (0.5, 1), (30.0, 30), (300.0, MAX_POINTS)])
def test_one_point_per_second_up_to_a_maximum(seconds, points):
    assert points == len(
        summarise_loudness(measure_energies((-20, seconds)) if seconds else Meter(2).compute_energies()).compute_curve()
    )


def test_summary_does_not_depend_on_chunk_sizes():
    sound = measure_energies((-31, 60.0), (-23, 200.0), (-60, 75.55))
    in_parts = LoudnessSummary(len(sound))
    for first in range(0, len(sound), 333):
        in_parts.add(sound[first : first + 333])
    whole = summarise_loudness(sound)

    assert (whole.compute_integrated_lufs(), whole.compute_loudness_range_lu(), whole.compute_curve()) == (
        in_parts.compute_integrated_lufs(),
        in_parts.compute_loudness_range_lu(),
        in_parts.compute_curve(),
    )
    assert (compute_integrated_lufs(sound), compute_loudness_range_lu(sound)) == (
        whole.compute_integrated_lufs(),
        whole.compute_loudness_range_lu(),
    )


def test_gain_that_changes_within_a_second_has_minimum_and_maximum():
    gains = np.concatenate([np.zeros(150), np.full(150, -6.0), np.full(100, 3.0)])

    def curve(values):
        return find_extremes(len(values), lambda first, last: values[first:last])

    assert ((0.0, -6.0, -6.0, 3.0), (0.0, 0.0, -6.0, 3.0)) == curve(gains)
    assert ((), ()) == curve(np.zeros(0))
    assert MAX_POINTS == len(curve(np.zeros(100_000))[0])


def test_talk_time_is_counted_by_level_before_and_after_without_pauses():
    before, after = measure_energies((-31, 10.0), (-23, 20.0), (-60, 5.0)), measure_energies((-17, 30.0), (-60, 5.0))
    speech = np.arange(len(before)) < 3000

    talk_time = compute_talk_time(count_speech_levels(before, speech), count_speech_levels(after, speech))

    assert [-32, -24, -18] == [row.from_lufs for row in talk_time if row.before_s > 1 or row.after_s > 1]
    assert [10, 20, 30] == [
        round(max(row.before_s, row.after_s)) for row in talk_time if row.before_s > 1 or row.after_s > 1
    ]
    assert (
        30
        == pytest.approx(sum(row.before_s for row in talk_time), abs=0.5)
        == pytest.approx(sum(row.after_s for row in talk_time), abs=0.5)
    )
    assert isinstance(talk_time[0], TalkTime)
    assert () == compute_talk_time(
        count_speech_levels(before, ~speech[:3000]), count_speech_levels(after, np.zeros(3500, bool))
    )
