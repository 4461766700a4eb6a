"""Analysis in parallel pieces gives what one meter and one profiler give from start to end."""

import numpy as np
import pytest

from pipeline.audio import parallel
from pipeline.audio.analysis.analysis_pass import AnalysisPass, analyse_speech
from pipeline.audio.analysis.voice_activity import (
    FRAME_SAMPLES,
    MARGIN_SAMPLES,
    SpeechProfiler,
    find_quietest,
    profile_segment,
)
from pipeline.audio.io import probe
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.metering.meter import Meter
from pipeline.audio.processing.restoration import apply_filters
from tests.audio.panel import panel
from tests.audio.sounds import RATE, wav

WHOLE = np.resize(panel().sound, (round(17.123 * RATE), 1)) + np.float32(0.1)  # DC offset, as from cheap recorders
BOTH = np.concatenate([WHOLE, np.float32(0.6) * np.roll(WHOLE, 77)], axis=1)


def blocks(sound, size):
    return (sound[start : start + size] for start in range(0, len(sound), size))


def assert_identical(one, other):
    """Compare bit by bit."""
    for name in ("energies", "peaks"):
        assert (getattr(one, name) == getattr(other, name)).all()
    for name in ("lags", "quiet"):
        assert (getattr(one.profile, name) == getattr(other.profile, name)).all()


def profile_at_once(mono):
    """Profile all samples of one channel as one segment."""
    profiler = SpeechProfiler()
    profiler.add(profile_segment(np.pad(mono, (MARGIN_SAMPLES, MARGIN_SAMPLES + -len(mono) % FRAME_SAMPLES))))
    return profiler.finish()


@pytest.fixture
def open_pcm(tmp_path):
    """Return a function that writes a PCM file with exactly these samples, and opens it."""

    def write(sound):
        (tmp_path / "opname.wav").write_bytes(wav(sound, kind="f32"))
        return PcmReader(probe.open_part(str(tmp_path / "opname.wav")))

    return write


@pytest.mark.parametrize("sound", [WHOLE, BOTH], ids=["mono", "stereo"])
def test_energies_peaks_and_profile_equal_those_of_a_serial_analysis(sound, open_pcm):
    width = sound.shape[1]
    analysis = analyse_speech(blocks(sound, RATE), width, high_pass_hz=80)
    parallel_analysis = AnalysisPass(open_pcm(sound), width, high_pass_hz=80).run()
    filtered = np.concatenate(list(apply_filters(blocks(sound, RATE), high_pass_hz=80, hum=None)))
    meter = Meter(width, weights=(2.0,) if width == 1 else None)
    meter.push(filtered)
    profile, hops = profile_at_once(filtered.mean(axis=1, dtype=np.float32)), len(sound) // 480
    peaks = np.abs(filtered).max(axis=1)[: hops * 480].reshape(hops, 480).max(axis=1)

    assert (len(sound), hops) == (analysis.samples, len(analysis.energies))
    assert_identical(analysis, parallel_analysis)
    assert analysis.energies == pytest.approx(meter.compute_energies(), rel=1e-4, abs=1e-10)
    assert analysis.peaks.astype(np.float32) == pytest.approx(peaks, rel=2**-10, abs=1e-6)  # 16 bits
    assert (analysis.profile.lags == profile.lags).all()
    assert analysis.profile.quiet == pytest.approx(profile.quiet, abs=1e-6)


def test_noise_of_a_long_talk_is_sampled_at_evenly_spaced_seconds(open_pcm):
    count = 140 * RATE  # more than 128 rows
    sound = np.resize(WHOLE[:, :1], (count, 1))
    sound[30 * RATE : 40 * RATE] = 0

    analysis = AnalysisPass(open_pcm(sound), 1, high_pass_hz=0).run().profile
    serial = analyse_speech(blocks(sound, RATE), 1, high_pass_hz=0).profile

    seconds = [sound[start : start + RATE, 0] for start in range(0, count, 2 * RATE)]
    places = [(second, find_quietest(second, 8)) for second in seconds]
    expected = [second[place] for second, place in places if place is not None]
    assert 65 == len(expected)
    assert np.array_equal(expected, analysis.quiet)
    assert np.array_equal(expected, serial.quiet)


def test_block_size_and_number_of_cores_make_no_difference(monkeypatch):
    one = analyse_speech(blocks(BOTH, RATE), 2, high_pass_hz=80)

    monkeypatch.setattr(parallel, "count_cores", lambda: 3)
    other = analyse_speech(blocks(BOTH, 12_345), 2, high_pass_hz=80)

    assert_identical(one, other)


@pytest.mark.parametrize("samples", [0, 1, 959, 5 * RATE, 5 * RATE + 1, 5 * RATE + 960, 10 * RATE + 961])
def test_any_length_is_analysed_to_its_last_sample(samples, open_pcm):
    analysis = analyse_speech([BOTH[:samples]], 2, high_pass_hz=80)
    if samples:  # a file without audio was refused before
        assert_identical(analysis, AnalysisPass(open_pcm(BOTH[:samples]), 2, high_pass_hz=80).run())

    assert (samples, samples // 480) == (analysis.samples, len(analysis.energies))
    assert -(-samples // 960) == len(analysis.profile.voiced)
