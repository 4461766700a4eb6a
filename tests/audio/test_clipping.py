"""Peaks that were cut off below full scale are found at their level, and what only looks like it is left alone."""

import re

import numpy as np
import pytest

from pipeline.audio.analysis.clipping import FINE, FlatTops, coarseness
from pipeline.audio.analysis.recording import inspect, measure
from pipeline.audio.processing.limiter import limit
from pipeline.audio.tasks import InspectJob, MeasureJob
from tests.audio.panel import panel
from tests.audio.sounds import RATE, convert, speech, tone, wav

TALK = speech() * np.float32(0.4)
HISS = np.random.default_rng(5).normal(0, 1e-3, TALK.shape).astype(np.float32)  # -60 dBFS


def overdriven(by_db, *, to=0.45, of=TALK):
    """Talk that something could not take, brought to another level afterwards."""
    return np.clip(of / np.abs(of).max() * 10 ** (by_db / 20), -1, 1) * np.float32(to)


def rounded(sound, steps=2**15):
    return np.round(sound * steps) / steps


def found(sound, *, rate=RATE, step=FINE, block=RATE):
    sound = np.asarray(sound, np.float32)
    tops, row = FlatTops(rate, step=step), rate // 1500
    for start in range(0, len(sound), block):
        part = np.ascontiguousarray(sound[start : start + block].T)
        rows = part[:, : part.shape[1] // row * row].reshape(len(part), -1, row)
        tops.listen(part, np.einsum("crs,crs->cr", rows, rows), row=row, at=start)
    return tops.found()


def sine(hz, peak, *, rate=RATE):
    return peak * np.sin(2 * np.pi * hz * np.arange(6 * rate) / rate)[:, np.newaxis]


@pytest.mark.parametrize("by_db", [1, 2, 3, 6, 12, 20])
@pytest.mark.parametrize("to", [0.9, 0.45, 0.09])
def test_clipped_talk_is_found_at_whatever_level_it_came_to(by_db, to):
    cut = found(rounded(overdriven(by_db, to=to)))

    assert cut.level == pytest.approx(to, rel=0.01)


@pytest.mark.parametrize("by_db", [1, 3, 6])
def test_an_overdriven_amplifier_is_found_under_the_noise_of_what_follows(by_db):
    assert found(overdriven(by_db, to=0.5) + HISS).level == pytest.approx(0.5, rel=0.02)


def test_only_one_side_of_the_wave_may_be_cut_off():
    assert found(np.minimum(TALK * 2, 0.3)).level == pytest.approx(0.3, rel=0.01)


def test_the_seconds_in_which_it_happens_are_told_and_no_others():
    quiet, loud = TALK[: 8 * RATE] * 0.3, overdriven(6, of=TALK[8 * RATE : 14 * RATE])
    sound = np.concatenate([quiet, loud, quiet])

    cut = found(sound)

    seconds = {int(at_s) for at_s in cut.at_s}
    assert seconds <= {at // RATE for at in np.flatnonzero(np.abs(sound[:, 0]) >= 0.4499)}
    assert len(seconds) == len(cut.at_s) >= 3


CLEAN = {
    "talk": TALK,
    "talk in 16 bits, soft": rounded(TALK * 0.05),
    "talk backwards": TALK[::-1] * 0.7,
    "noise": HISS * 100,
    "clicks": np.where(np.arange(20 * RATE) % 9000 == 0, 0.5, 0)[:, np.newaxis],
    "steps softer than a word": np.where(np.arange(6 * RATE) // 50 % 2, 0.01, -0.01)[:, np.newaxis] + 0 * TALK[: 6 * RATE],
    **{f"sine of {hz} Hz": rounded(sine(hz, 0.5)) for hz in (20, 50, 100, 440, 997, 1000, 3000, 8000, 12_000)},
    **{f"soft sine of {hz} Hz": rounded(sine(hz, 0.03)) for hz in (50, 440, 1000)},
    **{f"square of {hz} Hz": np.sign(sine(hz, 1)) * 0.5 for hz in (50, 440, 1000)},
    **{f"triangle of {hz} Hz": rounded(np.arcsin(sine(hz, 1)) / 4) for hz in (50, 440)},
    "saw": rounded((np.arange(6 * RATE) % 109 / 109 - 0.5)[:, np.newaxis]),
    "silence": TALK * 0,
}  # fmt: skip


@pytest.mark.parametrize("name", CLEAN)
def test_what_was_not_cut_off_is_not_said_to_be(name):
    assert found(CLEAN[name]) is None


@pytest.mark.parametrize("by_db", [6, 12, 18])
def test_what_a_limiter_held_is_not_clipped(by_db):
    pushed = TALK / np.abs(TALK).max() * np.float32(10 ** (by_db / 20))

    limited = np.concatenate(list(limit([pushed], ceiling_dbtp=-1.5)))

    assert found(limited) is None
    assert found(np.clip(pushed, -0.84, 0.84)).level == pytest.approx(0.84, rel=0.01)


def test_in_8_bits_steps_are_no_flat_tops_and_flat_tops_are_found():
    step = coarseness("pcm_u8")

    assert found(rounded(TALK * 0.6, 127), step=step) is None
    assert found(rounded(sine(100, 0.5), 127), step=step) is None
    assert found(rounded(overdriven(12, to=0.8), 127), step=step).level == pytest.approx(0.8, rel=0.02)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_any_rate_will_do(rate):
    voice = rounded(TALK[: 12 * RATE])  # only faster or slower: it is no less a wave

    assert found(voice, rate=rate, block=rate) is None
    assert found(overdriven(6, of=voice), rate=rate, block=rate).level == pytest.approx(0.45, rel=0.01)


# ------------------------------------------------------------------------------------------------------------ in a file


def told(defects):
    return [(defect.code, defect.at_s, str(defect.message)) for defect in defects]


def test_a_file_tells_the_level_and_the_times(tmp_path):
    sound = np.concatenate([TALK[: 8 * RATE] * 0.3, overdriven(12)])
    (tmp_path / "a.wav").write_bytes(wav(np.repeat(sound, 2, axis=1), kind="s24"))

    ((code, at_s, message),) = told(inspect(InspectJob(path=str(tmp_path / "a.wav"))).defects)

    assert (code, int(at_s)) == ("clipping", 8)
    assert "cut off at -6.9 dBFS" in message
    assert re.search(r"\(0:08, 0:\d\d, 0:\d\d, 0:\d\d, 0:\d\d and \d+ more\)", message)


def test_a_recording_of_parts_tells_it_on_the_clock_of_the_whole(tmp_path):
    (tmp_path / "1.wav").write_bytes(wav(TALK))
    (tmp_path / "2.wav").write_bytes(wav(overdriven(6)))

    found = measure(MeasureJob(parts=(str(tmp_path / "1.wav"), str(tmp_path / "2.wav"))))

    ((code, at_s, _),) = told(found.defects)
    assert (code, int(at_s)) == ("clipping", 24)


def test_another_rate_hides_it_not(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(overdriven(6)))
    other = convert(tmp_path / "a.wav", tmp_path / "b.wav", "-ar", "44100", "-c:a", "pcm_s24le")

    assert [code for code, *_ in told(measure(MeasureJob(parts=(str(other),))).defects)] == ["clipping"]


def test_clipping_at_full_scale_is_told_once(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(overdriven(6, to=1.0)))

    ((_, _, message),) = told(inspect(InspectJob(path=str(tmp_path / "a.wav"))).defects)

    assert "louder than the recorder could take" in message


def test_the_panel_is_heard_to_be_clipped_under_its_noise_and_hum():
    assert found(panel().sound).level == pytest.approx(0.5, rel=0.02)
    assert found(panel(troubled=False).sound) is None


def test_a_tone_that_was_cut_off_is_no_square():
    assert found(np.clip(tone((0, 6)) * 1.2, -1, 1) * 0.5).level == pytest.approx(0.5, rel=0.01)
