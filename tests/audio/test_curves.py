"""Loudness from beginning to end, in few enough points to draw."""

import pytest

from pipeline.audio.curves import FLOOR_LUFS, POINTS, curve
from pipeline.audio.loudness import Meter
from tests.audio.sounds import tone


def energies(*stretches):
    meter = Meter(2)
    meter.push(tone(*stretches))
    return meter.energies()


def test_a_steady_tone_is_a_level_line_at_its_loudness_to_both_ends():
    assert (-23.0,) * 12 == curve(energies((-23, 12.0)))


def test_silence_lies_on_the_floor_and_loudness_stands_where_it_sounds():
    drawn = curve(energies((-120, 10.0), (-20, 10.0)))

    assert ([FLOOR_LUFS] * 8, [-20.0] * 8) == (list(drawn[:8]), list(drawn[12:]))


@pytest.mark.parametrize(("seconds", "points"), [(0.0, 0), (0.5, 1), (30.0, 30), (300.0, POINTS)])
def test_there_is_a_point_a_second_and_never_too_many(seconds, points):
    assert points == len(curve(energies((-20, seconds)) if seconds else Meter(2).energies()))
