"""Measuring in parallel pieces: the same readings as in one go, for any number of processors."""

import os
from contextlib import contextmanager

import numpy as np
import pytest

from pipeline.audio.analysis.clipping import STEP_16_BIT
from pipeline.audio.analysis.defects import DefectDetector
from pipeline.audio.analysis.measuring_pass import PIECE_S, MeasuringPass, can_measure_in_pieces
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.io.probe import open_part
from pipeline.audio.metering.meter import Meter
from tests.audio.sounds import RATE, libebur128, speech, tone, wav

TALK = np.tile(speech() * np.float32(0.4), (5, 1))[: (2 * PIECE_S + 7) * RATE + 123]
SOUND = np.concatenate([TALK, np.roll(TALK, 999) * np.float32(0.5)], axis=1)
BORDER = PIECE_S * RATE
SOUND[BORDER - RATE : BORDER + RATE] = tone((-12, 2))
SOUND[BORDER - 450 : BORDER + 450] = 0  # a dropout across the border of two pieces


@contextmanager
def use_processors(count):
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:count]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def run_pass(path):
    reader = PcmReader(open_part(str(path)))
    detector = DefectDetector(reader.sample_rate_hz)
    assert can_measure_in_pieces(reader, detector)
    energies, true_peak_dbtp = MeasuringPass(reader, None, (1.0, 1.0), step=STEP_16_BIT).run(detector)
    return energies, true_peak_dbtp, detector


@pytest.mark.parametrize("rate", [RATE, 44_100, 32_000])
def test_pieces_give_the_readings_of_the_whole(tmp_path, rate):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, rate=rate, kind="s24"))
    meter, whole = Meter(2, sample_rate_hz=rate), DefectDetector(rate)
    for block in PcmReader(open_part(str(tmp_path / "a.wav"))):
        meter.push(block)
        whole.process(block, block)
    whole.finish()

    energies, true_peak_dbtp, detector = run_pass(tmp_path / "a.wav")

    assert np.allclose(energies, meter.compute_energies(), rtol=1e-5, atol=1e-12)
    assert true_peak_dbtp == pytest.approx(meter.compute_true_peak_dbtp(), abs=1e-5)
    assert (detector.samples, detector.peak) == (whole.samples, whole.peak)
    assert np.array_equal(detector.get_moments(), whole.get_moments())
    assert detector.describe_defects(0.0) == whole.describe_defects(0.0)
    assert detector.describe_defects(0.0)[0].code == "dropout"


def test_number_of_processors_makes_no_difference(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, kind="s24"))
    with use_processors(1):
        alone = run_pass(tmp_path / "a.wav")
    with use_processors(2):
        together = run_pass(tmp_path / "a.wav")

    assert alone[0].tobytes() == together[0].tobytes()
    assert alone[1] == together[1]
    assert alone[2].get_moments().tobytes() == together[2].get_moments().tobytes()
    assert alone[2].describe_defects(0.0) == together[2].describe_defects(0.0)
    assert alone[1] == pytest.approx(libebur128(SOUND)[2], abs=0.1)
