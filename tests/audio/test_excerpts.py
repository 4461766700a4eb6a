"""Excerpts for the processing report: the same places of recording and master, equally loud, and nothing redacted."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.analysis.recording import measure_recording
from pipeline.audio.excerpts.tasks import ExcerptTask
from pipeline.audio.excerpts.writer import LENGTH_MS, write_excerpts
from pipeline.audio.mastering import master
from pipeline.audio.tasks import MasterTask, MeasureTask
from pipeline.model import Cut, SoundTarget
from tests.audio.sounds import RATE, libebur128, speech, wav

CUT, MUTE, BLEEP = (
    Cut(from_ms=30_000, to_ms=34_000),
    Cut(from_ms=52_000, to_ms=53_000),
    Cut(from_ms=66_000, to_ms=67_000),
)
SECRET_HZ = 2_000
TOLERANCE_LU = 0.2  # what EBU R 128 allows a file to differ from its target: nobody hears it
LENGTH = LENGTH_MS * RATE // 1000


def decode(path):
    """Decode an MP3 with ffmpeg, shape (samples, channels)."""
    argv = ["ffmpeg", "-v", "error", "-i", path, "-ar", "48000", "-ac", "1", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32)[:, np.newaxis]


def cut_out(sound, excerpt):
    first = round(excerpt.start_s * RATE)
    return sound[first : first + LENGTH]


def measure_tone(sound):
    """Level of a tone of ``SECRET_HZ`` in dBFS, in the loudest second."""
    mono = sound.mean(axis=1)
    carrier = np.exp(2j * np.pi * SECRET_HZ / RATE * np.arange(len(mono)))
    sums = np.abs(np.add.reduceat(mono * carrier, range(0, len(mono) - RATE, RATE // 4)))
    return 20 * np.log10(max(1e-9, float(sums.max()) * 8 / RATE))


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Loud talk, soft talk, noisy talk and applause; in all redactions, and loudest of all, a tone."""
    folder, random = tmp_path_factory.mktemp("excerpts"), np.random.default_rng(1)
    talk = np.clip(speech(24.0)[: 20 * RATE], -1, 1)
    white = random.standard_normal(20 * RATE + 7)
    noise = np.convolve(white, np.full(8, 8**-0.5), "valid")[:, np.newaxis].astype(np.float32)  # less treble, as a room
    claps = noise[: 16 * RATE] * (0.3 + np.abs(np.sin(np.arange(16 * RATE) / RATE * 40))[:, np.newaxis]).astype(
        np.float32
    )
    sound = np.concatenate([talk * 0.3, talk * 0.03, talk * 0.1 + noise * 0.01, talk * 0.1, claps * 0.15])
    sound = (sound + 0.0005 * random.standard_normal(sound.shape)).astype(np.float32)
    for one in (CUT, MUTE, BLEEP):
        at = np.arange(one.from_ms * RATE // 1000, one.to_ms * RATE // 1000)
        sound[at, 0] = 0.7 * np.sin(2 * np.pi * SECRET_HZ / RATE * at)
    recording, out = folder / "a.wav", str(folder / "master.flac")
    recording.write_bytes(wav(sound, kind="s24"))
    facts = measure_recording(MeasureTask(parts=(str(recording),), cuts=(CUT,)))
    edits = {"cuts": (CUT,), "mutes": (MUTE,), "bleeps": (BLEEP,)}
    result = master(MasterTask(parts=(str(recording),), **edits, target=SoundTarget(), facts=facts, out=out))
    task = ExcerptTask(
        parts=(str(recording),),
        master=out,
        duration_s=facts.duration_s,
        **edits,
        curve_lufs=facts.curve_lufs,
        gains_low_db=result.gains_low_db,
        recording_out=str(folder / "recording.mp3"),
        master_out=str(folder / "master.mp3"),
    )
    return sound, task, write_excerpts(task)


def test_each_kind_of_place_is_found(compared):
    _, _, excerpts = compared

    places = {one.kind: one.recording_s for one in excerpts}
    assert {"loud", "soft", "noise", "applause"} == set(places)
    assert places["loud"] < 20 < places["soft"] + LENGTH_MS / 1000
    assert 20 - LENGTH_MS / 1000 < places["soft"] < 40
    assert 40 - LENGTH_MS / 1000 < places["noise"] < 60
    assert 80 - LENGTH_MS / 1000 / 2 < places["applause"]


def test_no_excerpt_holds_what_was_cut_muted_or_bleeped(compared):
    sound, task, excerpts = compared

    for one in excerpts:
        for redaction in (CUT, MUTE, BLEEP):
            assert (
                not redaction.from_ms - 1000 < one.recording_s * 1000 + LENGTH_MS < redaction.to_ms + 1000 + LENGTH_MS
            )
    assert measure_tone(sound) > -10
    assert [True, True] == [measure_tone(decode(file)) < -30 for file in (task.recording_out, task.master_out)]


def test_both_sides_are_equally_loud_by_libebur128(compared):
    _, task, excerpts = compared
    sides = [decode(file) for file in (task.recording_out, task.master_out)]

    for one in excerpts:
        levels = [libebur128(np.repeat(cut_out(side, one), 2, axis=1))[0] for side in sides]
        assert abs(levels[0] - levels[1]) < TOLERANCE_LU, one
        assert abs(levels[0] - one.loudness_lufs) < TOLERANCE_LU, one
    assert max(float(np.abs(side).max()) for side in sides) < 1


def test_each_side_is_the_place_that_it_names(compared):
    sound, task, excerpts = compared
    recording, processed = decode(task.recording_out), decode(task.master_out)

    for one in excerpts:
        original = sound[round(one.recording_s * RATE) :][:LENGTH, 0]
        for side in (recording, processed):
            found = np.fft.irfft(
                np.fft.rfft(cut_out(side, one)[:, 0], 2 * LENGTH) * np.fft.rfft(original, 2 * LENGTH).conj()
            )
            lag = int(np.abs(found).argmax())
            assert min(lag, 2 * LENGTH - lag) <= 48, (one, lag)
        correlation = np.corrcoef(original, cut_out(recording, one)[: len(original), 0])[0, 1]
        assert correlation > 0.8, one  # of noise an MP3 keeps the sound, not the samples
        assert one.master_s == pytest.approx(one.recording_s - (4 if one.recording_s > 30 else 0))


def test_the_same_recording_gives_the_same_bytes(compared, tmp_path):
    _, task, excerpts = compared
    outs = {"recording_out": str(tmp_path / "a.mp3"), "master_out": str(tmp_path / "b.mp3")}

    again = write_excerpts(replace(task, **outs))

    assert excerpts == again
    for name, path in outs.items():
        assert Path(getattr(task, name)).read_bytes() == Path(path).read_bytes()


@pytest.mark.parametrize("seconds", [3, 12])
def test_a_recording_without_a_usable_place_has_no_excerpts(tmp_path, seconds):
    recording = tmp_path / "a.wav"
    recording.write_bytes(wav(np.zeros((seconds * RATE, 1), np.float32)))
    outs = [tmp_path / "recording.mp3", tmp_path / "master.mp3"]

    excerpts = write_excerpts(
        ExcerptTask(
            parts=(str(recording),),
            master=str(recording),
            duration_s=float(seconds),
            curve_lufs=(-70.0,) * seconds,
            gains_low_db=(0.0,) * seconds,
            recording_out=str(outs[0]),
            master_out=str(outs[1]),
        )
    )

    assert ((), [b"", b""]) == (excerpts, [out.read_bytes() for out in outs])
