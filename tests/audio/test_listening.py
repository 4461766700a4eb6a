"""What is heard a few seconds a thread is what one meter and one survey hear from beginning to end."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from pipeline.audio import parallel
from pipeline.audio.analysis.analysis_pass import Hearing, listen
from pipeline.audio.analysis.voice_activity import Survey, quietest
from pipeline.audio.io import probe
from pipeline.audio.io.pcm import Plain
from pipeline.audio.metering.block_biquad import BATCH, ROW, Rows
from pipeline.audio.metering.curves import outline_of
from pipeline.audio.metering.k_weighting import k_weighting
from pipeline.audio.metering.loudness import Meter, integrated_lufs
from pipeline.audio.parallel import in_turn
from pipeline.audio.processing.noise_reduction import filtered
from tests.audio.panel import panel
from tests.audio.sounds import RATE, wav

WHOLE = np.resize(panel().sound, (round(17.123 * RATE), 1)) + np.float32(
    0.1
)  # stands off the middle, as cheap recorders do
BOTH = np.concatenate([WHOLE, np.float32(0.6) * np.roll(WHOLE, 77)], axis=1)


def blocks(sound, size):
    return (sound[start : start + size] for start in range(0, len(sound), size))


def assert_alike(one, other):
    """To the last bit."""
    for name in ("energies", "peaks"):
        assert (getattr(one, name) == getattr(other, name)).all()
    for name in ("voiced", "quiet", "mains"):
        assert (getattr(one.survey, name) == getattr(other.survey, name)).all()


@pytest.fixture
def plain(tmp_path):
    """Makes a file of plain samples that holds a sound to the last bit."""

    def made(sound):
        (tmp_path / "opname.wav").write_bytes(wav(sound, kind="f32"))
        return Plain(probe.open_part(str(tmp_path / "opname.wav")))

    return made


@pytest.mark.parametrize("sound", [WHOLE, BOTH], ids=["mono", "stereo"])
def test_energies_peaks_and_voices_are_those_of_a_serial_ear(sound, plain):
    width = sound.shape[1]
    heard = listen(blocks(sound, RATE), width, high_pass_hz=80)
    apart = Hearing(plain(sound), width, high_pass_hz=80).overheard()
    raw, clean, survey, cleaned = Meter(width), Meter(width, weights=(2.0,) if width == 1 else None), Survey(), []
    raw.push(sound)
    for block in filtered(blocks(sound, RATE), high_pass_hz=80, hum=None):
        clean.push(block)
        survey.push(block)
        cleaned.append(block)
    seen, hops = survey.result(), len(sound) // 480
    peaks = np.abs(np.concatenate(cleaned)).max(axis=1)[: hops * 480].reshape(hops, 480).max(axis=1)

    assert (len(sound), hops) == (heard.samples, len(heard.energies))
    assert apart.raw.outline.integrated_lufs() == pytest.approx(integrated_lufs(raw.energies()), abs=1e-3)
    assert apart.raw.outline.curve() == pytest.approx(outline_of(raw.energies()).curve(), abs=0.1001)
    assert apart.raw.true_peak_dbtp == pytest.approx(raw.true_peak_dbtp(), abs=1e-4)
    assert heard.raw is None
    assert_alike(heard, apart)
    assert heard.energies == pytest.approx(clean.energies(), rel=1e-4, abs=1e-10)
    assert heard.peaks.astype(np.float32) == pytest.approx(peaks, rel=2**-10, abs=1e-6)  # 16 bits
    assert (heard.survey.voiced == seen.voiced).all()
    assert heard.survey.quiet == pytest.approx(seen.quiet, abs=1e-6)
    assert heard.survey.mains == pytest.approx(seen.mains, rel=1e-2, abs=1e-3)


def test_of_a_long_talk_what_is_quiet_comes_from_seconds_evenly_spread_whoever_hears_it(plain):
    count = 140 * RATE  # more than 128 rows
    sound = np.resize(WHOLE[:, :1], (count, 1))
    sound[30 * RATE : 40 * RATE] = 0

    heard = Hearing(plain(sound), 1, high_pass_hz=0).overheard().survey
    whole = listen(blocks(sound, RATE), 1, high_pass_hz=0).survey

    seconds = [sound[start : start + RATE, 0] for start in range(0, count, 2 * RATE)]
    places = [(second, quietest(second, 8)) for second in seconds]
    expected = [second[place] for second, place in places if place is not None]
    assert 65 == len(expected)
    assert np.array_equal(expected, heard.quiet)
    assert np.array_equal(expected, whole.quiet)
    assert np.array_equal(heard.mains, whole.mains)


def test_neither_the_size_of_blocks_nor_the_number_of_processors_makes_a_difference(monkeypatch):
    one = listen(blocks(BOTH, RATE), 2, high_pass_hz=80)

    monkeypatch.setattr(parallel, "cores", lambda: 3)
    other = listen(blocks(BOTH, 12_345), 2, high_pass_hz=80)

    assert_alike(one, other)


@pytest.mark.parametrize("samples", [0, 1, 959, 5 * RATE, 5 * RATE + 1, 5 * RATE + 960, 10 * RATE + 961])
def test_any_length_is_heard_to_its_last_sample(samples, plain):
    heard = listen([BOTH[:samples]], 2, high_pass_hz=80)
    if samples:  # what holds nothing is no sound, and was refused before
        assert_alike(heard, Hearing(plain(BOTH[:samples]), 2, high_pass_hz=80).overheard())

    assert (samples, samples // 480) == (heard.samples, len(heard.energies))
    assert -(-samples // 960) == len(heard.survey.voiced)


def test_filters_in_rows_give_what_scipy_gives_sample_by_sample():
    chains = [butter(2, 80, "highpass", fs=RATE, output="sos"), k_weighting(RATE)]
    rows, sound = Rows(*chains), WHOLE[: 300 * BATCH * ROW, 0]
    state = np.zeros(rows.states)

    parts = [rows.through(part, state) for part in np.split(sound, [7 * BATCH * ROW, 100 * BATCH * ROW])]

    for number, sections in enumerate(chains):
        ours = np.concatenate(parts)[:, number * ROW : (number + 1) * ROW].ravel()
        assert ours == pytest.approx(sosfilt(sections, sound.astype(np.float64)), abs=1e-6)


def test_a_sound_that_stands_still_passes_a_high_pass_without_a_thump():
    rows = Rows(butter(2, 80, "highpass", fs=RATE, output="sos"))
    still = np.full(BATCH * ROW, 0.5, np.float32)

    assert np.abs(rows.through(still, rows.at_rest(0.5))).max() < 1e-6


def test_what_is_worked_on_in_turn_comes_in_order_and_no_more_is_taken_than_can_be_worked_on():
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    for number, answer in enumerate(in_turn(lambda one: one * one, items(), workers=2)):
        assert (answer, len(taken) <= number + 4) == (number * number, True)


def test_what_goes_wrong_in_a_thread_is_not_lost():
    with pytest.raises(ZeroDivisionError):
        list(in_turn(lambda one: 1 // one, [2, 1, 0, 1], workers=2))
