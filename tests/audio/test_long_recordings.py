"""Hours of audio are processed in chunks: the same result, in little memory."""

import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from pipeline.audio.analysis.analysis_pass import SpeechAnalysis
from pipeline.audio.analysis.speech_phrases import REACH_HOPS
from pipeline.audio.analysis.voice_activity import SpeechProfile
from pipeline.audio.metering import hop_buffer
from pipeline.audio.metering.hop_buffer import HopBuffer, iter_chunks
from pipeline.audio.metering.sliding_window import compute_window_means, compute_window_sums
from pipeline.audio.processing.chain import TalkAnalysis, plan_chain
from pipeline.audio.processing.gain_envelope import build_gain_envelope, limit_gain
from pipeline.audio.processing.leveller import plan_leveller
from pipeline.audio.tasks import MasterTask, RecordingFacts
from pipeline.model import SoundTarget
from tests.audio.sounds import RATE, wav

pytestmark = pytest.mark.slow

HOUR = 360_000  # hops of 10 ms
NOISE = 1e-7


def build_analysis(count, *, seed=1):
    """Analyse two speakers 14 dB apart, noise in the pauses, and a minute of applause in ten."""
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
    profile = SpeechProfile(
        lags=voiced[::2].astype(np.uint8),
        timbre=np.zeros((-(-count // 20), 16), np.float16),
        quiet=np.zeros((0, 7680), np.float32),
    )
    peaks = np.sqrt(20 * energies)
    return SpeechAnalysis(
        samples=480 * count, energies=energies.astype("f4"), peaks=peaks.astype("f2"), profile=profile
    )


@pytest.fixture
def task(tmp_path):
    """To master any file: its audio is not read here."""
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
    return MasterTask(parts=(str(tmp_path / "opname.wav"),), target=SoundTarget(), facts=facts, out="")


def build_planned_chain(task, analysis):
    """Plan a chain from an analysis alone."""
    unread = SimpleNamespace(samples=analysis.samples)
    return plan_chain(task, unread, TalkAnalysis(speech=analysis, hum=None), channels=2)


def plan(task, analysis):
    """Everything that is planned, as numbers; planning uses up the analysis."""
    analysis = replace(analysis, energies=analysis.energies.copy(), peaks=analysis.peaks.copy())
    chain = build_planned_chain(task, analysis)
    levels = chain.plan.leveller
    return {
        "gain": chain.predict_gain(),
        "gains": levels.envelope.compute_factors(0, levels.envelope.hops + 3),
        "levels": [
            levels.noise_floor_lufs,
            levels.speech_lufs,
            levels.lowest_db,
            levels.highest_db,
            levels.applause_db,
        ],
        "speech": levels.speech,
        "spoken": chain.speech_levels,
        "energies": chain.energies,
        "peaks": chain.peaks,
    }


def test_planning_in_chunks_is_bit_identical_to_planning_at_once(task, monkeypatch):
    analysis = build_analysis(123_456)
    monkeypatch.setattr(hop_buffer, "CHUNK_HOPS", len(analysis.energies))
    at_once = plan(task, analysis)

    for chunk in (700, 60_000):
        monkeypatch.setattr(hop_buffer, "CHUNK_HOPS", chunk)
        assert dict.fromkeys(at_once, True) == {
            name: np.array_equal(value, at_once[name]) for name, value in plan(task, analysis).items()
        }
    assert at_once["levels"][2] < -3 < 3 < at_once["levels"][3]  # there was something to decide
    assert at_once["levels"][4] < -3


def test_each_further_hour_takes_little_memory(task):
    """The analysis is there already.

    3 MB per hour, which become the predictions, and are freed after planning.
    """
    memory = {}
    for length in (1, 4):
        analysis = build_analysis(length * HOUR)
        tracemalloc.start()
        chain = build_planned_chain(task, analysis)
        chain.predict_gain()
        highest = tracemalloc.get_traced_memory()[1]
        retained = (
            chain.plan.leveller.speech.nbytes
            + chain.plan.leveller.envelope.starts.nbytes
            + chain.plan.leveller.envelope.gains_db.nbytes
        )
        tracemalloc.stop()
        memory[length] = np.array([highest, retained]) / 2**20

    per_hour = (memory[4] - memory[1]) / 3
    assert per_hour[0] < 3.5
    assert per_hour[1] < 0.5


def test_gain_envelope_equals_gains_computed_hop_by_hop():
    """Against a plain computation.

    Each gain within its reach, the lower of two in a pause, no raise in a long one, and smooth
    changes.
    """
    random = np.random.default_rng(7)
    for _ in range(200):
        count = int(random.integers(60, 900))
        edges = np.unique(random.integers(0, count, 2 * random.integers(1, 6)))
        phrases = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False) if b - a >= REACH_HOPS]
        if not phrases:
            continue
        gains = random.uniform(-12, 12, len(phrases))
        span = sorted(random.integers(0, count + 1, 2).tolist())

        rest_db = float(random.uniform(-6, 0))

        envelope = build_gain_envelope(phrases, gains, count, rest_db=rest_db)
        envelope = limit_gain(envelope, [tuple(span)], [-4.0])

        expected = smooth(apply_gains(phrases, gains, count, span, rest_db))
        assert np.array_equal(expected, envelope.compute_db(0, count))
        first, last = sorted(random.integers(0, count, 2).tolist())
        assert np.array_equal(expected[first : last + 1], envelope.compute_db(first, last + 1))
        assert np.array_equal(expected[[-1] * 5], envelope.compute_db(count + 2, count + 7))
        assert envelope.reaches_gain(float(np.abs(expected).max()))
        assert not envelope.reaches_gain(float(np.abs(expected).max()) + 1e-5)


def apply_gains(phrases, gains, count, span, rest_db):
    held = np.full(count, np.inf)
    for (first, last), gain in zip(phrases, gains, strict=True):
        near = slice(max(0, first - REACH_HOPS), last + REACH_HOPS)
        held[near] = np.minimum(held[near], gain)
    for (first, last), gain in zip(phrases, gains, strict=True):
        held[first:last] = gain
    known = np.flatnonzero(np.isfinite(held))
    for place in np.flatnonzero(np.isinf(held)):
        before, after = known[known < place], known[known > place]
        left, right = (held[before[-1]] if len(before) else rest_db, held[after[0]] if len(after) else rest_db)
        is_long = not len(before) or not len(after) or after[0] - before[-1] > 3
        held[place] = min(left, right, rest_db) if is_long else min(left, right)
    held[slice(*span)] = np.minimum(held[slice(*span)], -4.0)
    return held


def smooth(held):
    shape = np.hanning(33)[1:-1]
    padded = np.pad(minimum_filter1d(held, 5, mode="nearest"), 15, mode="edge")
    return np.convolve(padded, shape / shape.sum(), mode="valid").astype(np.float32)


@pytest.mark.parametrize(
    ("width", "beyond", "mode"),
    [(16, "edge", "nearest"), (5, "symmetric", "reflect"), (60, "symmetric", "reflect"), (1, "edge", "nearest")],
)
@pytest.mark.parametrize("count", [1, 40, 2001])
def test_window_means_in_chunks_equal_those_of_scipy(width, beyond, mode, count, monkeypatch):
    numbers = np.random.default_rng(3).random(count)
    monkeypatch.setattr(hop_buffer, "CHUNK_HOPS", 100)

    means = np.concatenate([compute_window_means(numbers, part, width, mode=beyond) for part in iter_chunks(count)])

    assert means == pytest.approx(uniform_filter1d(numbers, width, mode=mode), abs=1e-12)


def test_window_sums_are_not_affected_by_earlier_numbers():
    """A running sum keeps earlier rounding errors, and is NaN for ever after an infinity."""
    numbers = np.concatenate([np.full(50, np.inf), np.full(50, 1e6), np.full(50, 1e-12)])

    assert 10e-12 == pytest.approx(compute_window_sums(numbers, 10)[-1], rel=1e-12)
    assert np.isfinite(compute_window_sums(numbers, 10)[50:]).all()
    assert compute_window_sums(numbers[50:], 300).tolist() == []


def test_digital_silence_does_not_hide_the_noise_floor():
    """A recorder starts with zeros, or a gate closes: all other pauses still have noise."""
    analysis = build_analysis(60_000)
    silent = analysis.energies.copy()
    silent[:150] = silent[30_000:30_150] = 0

    floors = [plan_leveller(energies, analysis.profile).noise_floor_lufs for energies in (analysis.energies, silent)]

    assert floors[0] == pytest.approx(-0.691 + 10 * np.log10(NOISE), abs=4)  # of the quietest moments
    assert floors[1] == pytest.approx(floors[0], abs=0.3)


def test_hop_buffer_joins_numbers_in_order():
    buffer, numbers = HopBuffer(np.float32, capacity=10), np.arange(5000, dtype=np.float32)

    for first in range(0, 5000, 7):
        buffer.append(numbers[first : first + 7])

    assert buffer.view().tolist() == numbers.tolist()
