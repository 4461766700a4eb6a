"""Peaks clipped below full scale are found at their level; similar signals are not reported."""

import re

import numpy as np
import pytest

from pipeline.audio.analysis.clipping import STEP_16_BIT, find_clipped_peaks, get_quantisation_step
from pipeline.audio.analysis.recording import inspect_file, measure_recording
from pipeline.audio.analysis.signal_scan import ScanGrid, scan_signal
from pipeline.audio.processing.limiter import limit_block
from pipeline.audio.tasks import InspectTask, MeasureTask
from tests.audio.panel import panel
from tests.audio.sounds import RATE, convert, speech, tone, wav

TALK = speech() * np.float32(0.4)
HISS = np.random.default_rng(5).normal(0, 1e-3, TALK.shape).astype(np.float32)  # -60 dBFS


def overdrive(by_db, *, to=0.45, of=TALK):
    """Clip talk, and bring it to another level afterwards."""
    return np.clip(of / np.abs(of).max() * 10 ** (by_db / 20), -1, 1) * np.float32(to)


def quantise(sound, steps=2**15):
    return np.round(sound * steps) / steps


def detect(sound, *, rate=RATE, step=STEP_16_BIT):
    sound, grid = np.ascontiguousarray(sound.T, np.float32), ScanGrid(rate)
    return find_clipped_peaks(scan_signal(sound, grid, at=0, step=step).flat_tops)


def sine(hz, peak, *, rate=RATE):
    return peak * np.sin(2 * np.pi * hz * np.arange(6 * rate) / rate)[:, np.newaxis]


@pytest.mark.parametrize("by_db", [1, 2, 3, 6, 12, 20])
@pytest.mark.parametrize("to", [0.9, 0.45, 0.09])
def test_clipped_talk_is_found_at_any_level(by_db, to):
    cut = detect(quantise(overdrive(by_db, to=to)))

    assert cut.level == pytest.approx(to, rel=0.01)


@pytest.mark.parametrize("by_db", [1, 3, 6])
def test_overdriven_amplifier_is_found_under_noise(by_db):
    assert detect(overdrive(by_db, to=0.5) + HISS).level == pytest.approx(0.5, rel=0.02)


def test_one_sided_clipping_is_found():
    assert detect(np.minimum(TALK * 2, 0.3)).level == pytest.approx(0.3, rel=0.01)


def test_only_seconds_with_clipping_are_listed():
    quiet, loud = TALK[: 8 * RATE] * 0.3, overdrive(6, of=TALK[8 * RATE : 14 * RATE])
    sound = np.concatenate([quiet, loud, quiet])

    cut = detect(sound)

    seconds = {int(at_s) for at_s in cut.at_s}
    assert seconds <= {at // RATE for at in np.flatnonzero(np.abs(sound[:, 0]) >= 0.4499)}
    assert len(seconds) == len(cut.at_s) >= 3


CLEAN = {
    "talk": TALK,
    "talk in 16 bits, soft": quantise(TALK * 0.05),
    "talk backwards": TALK[::-1] * 0.7,
    "noise": HISS * 100,
    "clicks": np.where(np.arange(20 * RATE) % 9000 == 0, 0.5, 0)[:, np.newaxis],
    "steps softer than a word": np.where(np.arange(6 * RATE) // 50 % 2, 0.01, -0.01)[:, np.newaxis] + 0 * TALK[: 6 * RATE],
    **{f"sine of {hz} Hz": quantise(sine(hz, 0.5)) for hz in (20, 50, 100, 440, 997, 1000, 3000, 8000, 12_000)},
    **{f"soft sine of {hz} Hz": quantise(sine(hz, 0.03)) for hz in (50, 440, 1000)},
    **{f"square of {hz} Hz": np.sign(sine(hz, 1)) * 0.5 for hz in (50, 440, 1000)},
    **{f"triangle of {hz} Hz": quantise(np.arcsin(sine(hz, 1)) / 4) for hz in (50, 440)},
    "saw": quantise((np.arange(6 * RATE) % 109 / 109 - 0.5)[:, np.newaxis]),
    "silence": TALK * 0,
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_unclipped_signal_is_not_reported(name):
    assert detect(CLEAN[name]) is None


@pytest.mark.parametrize("by_db", [6, 12, 18])
def test_limited_signal_is_not_reported(by_db):
    pushed = TALK / np.abs(TALK).max() * np.float32(10 ** (by_db / 20))

    limited = limit_block(pushed, ceiling_dbtp=-1.5)

    assert detect(limited) is None
    assert detect(np.clip(pushed, -0.84, 0.84)).level == pytest.approx(0.84, rel=0.01)


def test_quantisation_steps_of_8_bits_are_not_reported_as_clipping():
    step = get_quantisation_step("pcm_u8")

    assert detect(quantise(TALK * 0.6, 127), step=step) is None
    assert detect(quantise(sine(100, 0.5), 127), step=step) is None
    assert detect(quantise(overdrive(12, to=0.8), 127), step=step).level == pytest.approx(0.8, rel=0.02)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_any_sample_rate_works(rate):
    voice = quantise(TALK[: 12 * RATE])  # only faster or slower

    assert detect(voice, rate=rate) is None
    assert detect(overdrive(6, of=voice), rate=rate).level == pytest.approx(0.45, rel=0.01)


# In files


def list_defects(defects):
    return [(defect.code, defect.at_s, str(defect.message)) for defect in defects]


def test_defect_has_level_and_times(tmp_path):
    sound = np.concatenate([TALK[: 8 * RATE] * 0.3, overdrive(12)])
    (tmp_path / "a.wav").write_bytes(wav(np.repeat(sound, 2, axis=1), kind="s24"))

    ((code, at_s, message),) = list_defects(inspect_file(InspectTask(path=str(tmp_path / "a.wav"))).defects)

    assert (code, int(at_s)) == ("clipping", 8)
    assert "clipping at -6.9 dBFS" in message
    assert re.search(r"\(0:08, 0:\d\d, 0:\d\d, 0:\d\d, 0:\d\d and \d+ more\)", message)


def test_time_counts_from_the_start_of_the_recording(tmp_path):
    (tmp_path / "1.wav").write_bytes(wav(TALK))
    (tmp_path / "2.wav").write_bytes(wav(overdrive(6)))

    facts = measure_recording(MeasureTask(parts=(str(tmp_path / "1.wav"), str(tmp_path / "2.wav"))))

    ((code, at_s, _),) = list_defects(facts.defects)
    assert (code, int(at_s)) == ("clipping", 24)


def test_resampling_does_not_hide_clipping(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(overdrive(6)))
    other = convert(tmp_path / "a.wav", tmp_path / "b.wav", "-ar", "44100", "-c:a", "pcm_s24le")

    assert [code for code, *_ in list_defects(measure_recording(MeasureTask(parts=(str(other),))).defects)] == [
        "clipping"
    ]


def test_clipping_at_full_scale_is_reported_once(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(overdrive(6, to=1.0)))

    ((_, _, message),) = list_defects(inspect_file(InspectTask(path=str(tmp_path / "a.wav"))).defects)

    assert "recording level was too high" in message


def test_clipping_of_the_panel_is_found_under_noise_and_hum():
    assert detect(panel().sound).level == pytest.approx(0.5, rel=0.02)
    assert detect(panel(defective=False).sound) is None


def test_clipped_tone_is_not_classified_as_a_square_wave():
    assert detect(np.clip(tone((0, 6)) * 1.2, -1, 1) * 0.5).level == pytest.approx(0.5, rel=0.01)
