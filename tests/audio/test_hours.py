"""Of hours of sound is decided what would be decided of it at once, and what is kept of it grows little with its length."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from pipeline.audio.analysis.analysis_pass import Overheard
from pipeline.audio.analysis.voice_activity import Surveyed
from pipeline.audio.metering import hop_buffer
from pipeline.audio.metering.hop_buffer import Ledger, means, stretches, sums
from pipeline.audio.metering.loudness import short_term_lufs
from pipeline.audio.processing.chain import chain_of
from pipeline.audio.processing.gain_envelope import REACH, lowered, ride_of
from pipeline.audio.processing.leveller import levels_of
from pipeline.audio.tasks import MasterJob, RecordingFacts
from pipeline.model import SoundTarget
from tests.audio.sounds import RATE, wav

HOUR = 360_000  # hops of 10 ms
NOISE = 1e-7


def hours(count, *, seed=1):
    """As heard: two speakers 14 dB apart by turns, with pauses in noise, and a minute of applause each ten."""
    random = np.random.default_rng(seed)
    energies, voiced = random.exponential(NOISE, count), np.zeros(count, bool)
    at = 200
    while at < count:
        length, level = random.integers(20, 900), (1e-3, 4e-5)[random.integers(2)]
        energies[at : at + length] += level * random.gamma(2.0, 0.5, len(energies[at : at + length]))
        voiced[at : at + length] = random.random(len(voiced[at : at + length])) < 0.7
        at += length + random.integers(0, 300)
    for first in range(54_000, count, 60_000):
        energies[first : first + 6000], voiced[first : first + 6000] = (
            random.gamma(4.0, 1e-3, 6000)[: count - first],
            False,
        )
    nothing = np.zeros((0, 7680), np.float32), np.zeros((0, 2048), np.float32)
    survey = Surveyed(voiced=voiced[::2], quiet=nothing[0], mains=nothing[1])
    peaks = np.sqrt(20 * energies)
    return Overheard(samples=480 * count, energies=energies.astype("f4"), peaks=peaks.astype("f2"), survey=survey)


@pytest.fixture
def job(tmp_path):
    """To master some file or other: nothing of its sound is heard here."""
    (tmp_path / "opname.wav").write_bytes(wav(np.zeros((RATE, 2), np.float32)))
    facts = RecordingFacts(
        duration_s=1.0,
        channels=2,
        sample_rate_hz=RATE,
        format="wav",
        integrated_lufs=None,
        true_peak_dbtp=None,
        loudness_range_lu=None,
    )
    return MasterJob(parts=(str(tmp_path / "opname.wav"),), target=SoundTarget(), facts=facts, out="")


def decided(job, heard):
    """All that comes of a decision, as numbers; what was heard is used up by it."""
    heard = replace(heard, energies=heard.energies.copy(), peaks=heard.peaks.copy())
    chain = chain_of(job, heard)
    levels = chain.plan.levels
    return {
        "gain": chain.gain_for(-16.0, ceiling_dbtp=-1.5),
        "gains": levels.ride.factors(0, levels.ride.hops + 3),
        "levels": [levels.floor_lufs, levels.speech_lufs, levels.lowest_db, levels.highest_db, levels.applause_db],
        "speech": levels.speech,
        "spoken": chain.spoken,
        "energies": chain.energies,
        "peaks": chain.peaks,
    }


def test_decided_a_little_at_a_time_it_is_the_same_to_the_bit(job, monkeypatch):
    heard = hours(123_456)
    monkeypatch.setattr(hop_buffer, "STRETCH", len(heard.energies))
    at_once = decided(job, heard)

    for stretch in (700, 60_000):
        monkeypatch.setattr(hop_buffer, "STRETCH", stretch)
        assert dict.fromkeys(at_once, True) == {
            name: np.array_equal(value, at_once[name]) for name, value in decided(job, heard).items()
        }
    assert at_once["levels"][2] < -3 < 3 < at_once["levels"][3]  # there was something to decide
    assert at_once["levels"][4] < -3


def test_twelve_hours_take_little_more_memory_than_one_and_keep_next_to_nothing(job):
    """What was heard is there already: 3 MB an hour, which become what is foretold, and are let go of when all is decided."""
    taken = {}
    for length in (1, 12):
        heard = hours(length * HOUR)
        tracemalloc.start()
        chain = chain_of(job, heard)
        chain.gain_for(-16.0, ceiling_dbtp=-1.5)
        highest = tracemalloc.get_traced_memory()[1]
        kept = (
            chain.plan.levels.speech.nbytes
            + chain.plan.levels.ride.starts.nbytes
            + chain.plan.levels.ride.held_db.nbytes
        )
        tracemalloc.stop()
        taken[length] = np.array([highest, kept]) / 2**20

    an_hour_more = (taken[12] - taken[1]) / 11
    assert an_hour_more[0] < 3.5
    assert an_hour_more[1] < 0.5


def test_a_ride_is_what_gains_written_down_hop_by_hop_would_be():
    """Beside a plain account of it: each gain in its reach, the lower of two in a pause, and changes that settle."""
    random = np.random.default_rng(7)
    for _ in range(200):
        count = int(random.integers(60, 900))
        edges = np.unique(random.integers(0, count, 2 * random.integers(1, 6)))
        phrases = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False) if b - a >= REACH]
        if not phrases:
            continue
        gains = random.uniform(-12, 12, len(phrases))
        span = sorted(random.integers(0, count + 1, 2).tolist())

        ride = lowered(ride_of(phrases, gains, count), [tuple(span)], [-4.0])

        expected = settled(written_down(phrases, gains, count, span))
        assert np.array_equal(expected, ride.db(0, count))
        first, last = sorted(random.integers(0, count, 2).tolist())
        assert np.array_equal(expected[first : last + 1], ride.db(first, last + 1))
        assert np.array_equal(expected[[-1] * 5], ride.db(count + 2, count + 7))
        assert ride.reaches(float(np.abs(expected).max()))
        assert not ride.reaches(float(np.abs(expected).max()) + 1e-5)


def written_down(phrases, gains, count, span):
    held = np.full(count, np.inf)
    for (first, last), gain in zip(phrases, gains, strict=True):
        near = slice(max(0, first - REACH), last + REACH)
        held[near] = np.minimum(held[near], gain)
    for (first, last), gain in zip(phrases, gains, strict=True):
        held[first:last] = gain
    known = np.flatnonzero(np.isfinite(held))
    for place in np.flatnonzero(np.isinf(held)):
        before, after = known[known < place], known[known > place]
        held[place] = min(held[before[-1]] if len(before) else 0.0, held[after[0]] if len(after) else 0.0)
    held[slice(*span)] = np.minimum(held[slice(*span)], -4.0)
    return held


def settled(held):
    shape = np.hanning(33)[1:-1]
    padded = np.pad(minimum_filter1d(held, 5, mode="nearest"), 15, mode="edge")
    return np.convolve(padded, shape / shape.sum(), mode="valid").astype(np.float32)


@pytest.mark.parametrize(
    ("width", "beyond", "mode"),
    [(16, "edge", "nearest"), (5, "symmetric", "reflect"), (60, "symmetric", "reflect"), (1, "edge", "nearest")],
)
@pytest.mark.parametrize("count", [1, 40, 2001])
def test_a_mean_around_each_hop_is_that_of_all_of_them(width, beyond, mode, count, monkeypatch):
    numbers = np.random.default_rng(3).random(count)
    monkeypatch.setattr(hop_buffer, "STRETCH", 100)

    told = np.concatenate([means(numbers, part, width, beyond=beyond) for part in stretches(count)])

    assert told == pytest.approx(uniform_filter1d(numbers, width, mode=mode), abs=1e-12)


def test_a_sum_holds_nothing_of_what_came_before():
    """A running one holds the rounding of all loud sound before it, and after something infinite is never a number again."""
    numbers = np.concatenate([np.full(50, np.inf), np.full(50, 1e6), np.full(50, 1e-12)])

    assert 10e-12 == pytest.approx(sums(numbers, 10)[-1], rel=1e-12)
    assert np.isfinite(sums(numbers, 10)[50:]).all()
    assert short_term_lufs(numbers[50:]).tolist() == []


def test_digital_silence_hides_no_noise():
    """A recorder begins with zeros, or a gate closes: the noise in all other pauses is still there."""
    heard = hours(60_000)
    silent = heard.energies.copy()
    silent[:150] = silent[30_000:30_150] = 0

    floors = [levels_of(energies, heard.survey).floor_lufs for energies in (heard.energies, silent)]

    assert floors[0] == pytest.approx(-0.691 + 10 * np.log10(NOISE), abs=4)  # of the quietest moments
    assert floors[1] == pytest.approx(floors[0], abs=0.3)


def test_what_comes_a_little_at_a_time_stands_in_one_piece_and_in_order():
    kept, came = Ledger(np.float32, room=10), np.arange(5000, dtype=np.float32)

    for first in range(0, 5000, 7):
        kept.add(came[first : first + 7])

    assert kept.all().tolist() == came.tolist()
