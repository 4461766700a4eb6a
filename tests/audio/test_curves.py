"""Loudness from beginning to end, in few enough points to draw."""

import numpy as np
import pytest

from pipeline.audio.metering.curves import FLOOR_LUFS, POINTS, Outline, extremes, outline_of, spoken_at, talk_time
from pipeline.audio.metering.loudness import Meter, integrated_lufs, loudness_range_lu
from pipeline.model import TalkTime
from tests.audio.sounds import tone


def energies(*stretches):
    meter = Meter(2)
    meter.push(tone(*stretches))
    return meter.energies()


def test_a_steady_tone_is_a_level_line_at_its_loudness_to_both_ends():
    assert (-23.0,) * 12 == outline_of(energies((-23, 12.0))).curve()


def test_silence_lies_on_the_floor_and_loudness_stands_where_it_sounds():
    drawn = outline_of(energies((-120, 10.0), (-20, 10.0))).curve()

    assert ([FLOOR_LUFS] * 8, [-20.0] * 8) == (list(drawn[:8]), list(drawn[12:]))


@pytest.mark.parametrize(("seconds", "points"), [(0.0, 0), (0.5, 1), (30.0, 30), (300.0, POINTS)])
def test_there_is_a_point_a_second_and_never_too_many(seconds, points):
    assert points == len(outline_of(energies((-20, seconds)) if seconds else Meter(2).energies()).curve())


def test_an_outline_is_the_same_however_many_come_at_once():
    sound = energies((-31, 60.0), (-23, 200.0), (-60, 75.55))
    apart = Outline(len(sound))
    for first in range(0, len(sound), 333):
        apart.take(sound[first : first + 333])
    whole = outline_of(sound)

    assert (whole.integrated_lufs(), whole.loudness_range_lu(), whole.curve()) == (
        apart.integrated_lufs(),
        apart.loudness_range_lu(),
        apart.curve(),
    )
    assert (integrated_lufs(sound), loudness_range_lu(sound)) == (whole.integrated_lufs(), whole.loudness_range_lu())


def test_a_gain_that_changes_within_a_second_is_told_with_both_its_ends():
    gains = np.concatenate([np.zeros(150), np.full(150, -6.0), np.full(100, 3.0)])

    def drawn(values):
        return extremes(len(values), lambda first, last: values[first:last])

    assert ((0.0, -6.0, -6.0, 3.0), (0.0, 0.0, -6.0, 3.0)) == drawn(gains)
    assert ((), ()) == drawn(np.zeros(0))
    assert POINTS == len(drawn(np.zeros(100_000))[0])


def test_talk_is_counted_by_its_level_before_and_after_and_pauses_are_not():
    before, after = energies((-31, 10.0), (-23, 20.0), (-60, 5.0)), energies((-17, 30.0), (-60, 5.0))
    speech = np.arange(len(before)) < 3000

    told = talk_time(spoken_at(before, speech), spoken_at(after, speech))

    assert [-32, -24, -18] == [row.from_lufs for row in told if row.before_s > 1 or row.after_s > 1]
    assert [10, 20, 30] == [
        round(max(row.before_s, row.after_s)) for row in told if row.before_s > 1 or row.after_s > 1
    ]
    assert (
        30
        == pytest.approx(sum(row.before_s for row in told), abs=0.5)
        == pytest.approx(sum(row.after_s for row in told), abs=0.5)
    )
    assert isinstance(told[0], TalkTime)
    assert () == talk_time(spoken_at(before, ~speech[:3000]), spoken_at(after, np.zeros(3500, bool)))
