"""One file all the way at once: the same bytes as step by step, on one processor or on many; and every other file too."""

import numpy as np
import pytest

from pipeline.audio import parallel
from pipeline.audio.analysis.recording import measure
from pipeline.audio.delivery import deliver
from pipeline.audio.encoding.encoder import encode
from pipeline.audio.processing.mastering import master
from pipeline.audio.tasks import DeliverJob, EncodeJob, MasterJob, MeasureJob
from pipeline.model import SoundTarget
from tests.audio.panel import panel
from tests.audio.sounds import RATE, convert, decoded, ebur128, speech, wav

TARGET = SoundTarget()


@pytest.fixture(scope="module")
def opname(tmp_path_factory):
    """A panel with hum, noise, applause and two speakers far apart, long enough for two chunks, in channels that differ."""
    whole = np.resize(panel().sound, (round(61.234 * RATE), 1))
    file = tmp_path_factory.mktemp("opname") / "opname.wav"
    file.write_bytes(wav(np.concatenate([whole, 0.7 * np.roll(whole, 31)], axis=1), kind="s24"))
    return file


@pytest.fixture(scope="module")
def made(opname):
    out = opname.with_name("at-once.mp3")
    return out, deliver(DeliverJob(source=str(opname), format="mp3", target=TARGET, out=str(out)))


def test_all_the_way_at_once_gives_the_bytes_of_one_step_after_the_other(opname, made, tmp_path):
    flac, out = tmp_path / "master.flac", tmp_path / "a.mp3"

    facts = measure(MeasureJob(parts=(str(opname),)))
    master(MasterJob(parts=(str(opname),), target=TARGET, facts=facts, out=str(flac)))
    encoded = encode(EncodeJob(master=str(flac), format="mp3", target=TARGET, out=str(out)))

    assert made[0].read_bytes() == out.read_bytes()
    assert made[1].encoded == encoded
    assert made[1].recording.integrated_lufs == pytest.approx(facts.integrated_lufs, abs=1e-6)
    assert made[1].recording.defects == facts.defects


def test_where_the_encoder_went_too_high_both_ways_turn_the_same_down(opname, tmp_path):
    target = SoundTarget(true_peak_dbtp=-6.0)  # so low that the limiter leaves no wave its form, and LAME gives it back
    once, flac, out = tmp_path / "once.mp3", tmp_path / "master.flac", tmp_path / "a.mp3"

    told = deliver(DeliverJob(source=str(opname), format="mp3", target=target, out=str(once)))
    facts = measure(MeasureJob(parts=(str(opname),)))
    mastered = master(MasterJob(parts=(str(opname),), target=target, facts=facts, out=str(flac)))
    encoded = encode(EncodeJob(master=str(flac), format="mp3", target=target, out=str(out)))

    assert once.read_bytes() == out.read_bytes()
    assert told.encoded == encoded
    assert mastered.true_peak_dbtp < encoded.true_peak_dbtp <= -6
    assert ["a.mp3", "master.flac", "once.mp3"] == sorted(file.name for file in tmp_path.iterdir())


@pytest.mark.parametrize(("workers", "copied"), [(1, False), (3, False), (3, True)])
def test_neither_bytes_nor_what_is_told_depend_on_the_number_of_processors(
    opname, made, tmp_path, monkeypatch, workers, copied
):
    monkeypatch.setattr(parallel, "cores", lambda: workers)
    monkeypatch.setattr(parallel, "_can_be_copied", lambda: copied)

    told = deliver(DeliverJob(source=str(opname), format="mp3", target=TARGET, out=str(tmp_path / "a.mp3")))

    assert (made[0].read_bytes(), made[1]) == ((tmp_path / "a.mp3").read_bytes(), told)
    assert ["a.mp3"] == [file.name for file in tmp_path.iterdir()]


def test_every_step_of_the_chain_was_taken(made):
    told = " · ".join(map(str, made[1].mastered.steps))

    for words in (
        "high-pass",
        "hum of 50",
        "noise turned down",
        "speakers brought to one level",
        "gain of",
        "true peaks",
    ):
        assert words in told


def test_the_file_is_at_its_target_to_the_sample_and_somebody_else_measures_the_same(opname, made):
    integrated, peak = ebur128(made[0])

    assert (integrated, peak <= -1) == (pytest.approx(-16, abs=0.3), True)
    assert integrated == pytest.approx(made[1].encoded.integrated_lufs, abs=0.1)
    assert len(decoded(opname)) == len(decoded(made[0]))
    assert made[1].mastered.integrated_lufs == made[1].encoded.integrated_lufs


@pytest.mark.parametrize(
    ("name", "options", "format_"),
    [("a.flac", [], "mp3"), ("a.wav", ["-ar", "44100"], "mp3"), ("a.wav", ["-c:a", "pcm_s16le"], "m4a")],
)
def test_what_cannot_go_at_once_goes_step_by_step(tmp_path, name, options, format_):
    (tmp_path / "source.wav").write_bytes(wav(speech(6.0) * 0.2, kind="s24"))
    source = convert(tmp_path / "source.wav", tmp_path / name, *options)
    out = tmp_path / "new" / f"uit.{format_}"
    out.parent.mkdir()

    told = deliver(DeliverJob(source=str(source), format=format_, target=TARGET, out=str(out)))

    assert ebur128(out)[0] == pytest.approx(-16, abs=0.3)
    assert told.encoded.integrated_lufs == pytest.approx(-16, abs=0.3)
    assert [out.name] == [file.name for file in out.parent.iterdir()]


@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_of_two_channels_that_cancel_out_one_is_used_all_the_way(tmp_path, channels):
    voice = speech(6.0) * np.float32(0.2)
    (tmp_path / "opname.wav").write_bytes(wav(np.concatenate([voice, -voice], axis=1)))
    target, out = SoundTarget(channels=channels), tmp_path / "uit.mp3"

    told = deliver(DeliverJob(source=str(tmp_path / "opname.wav"), format="mp3", target=target, out=str(out)))

    heard = decoded(out)
    assert heard.shape == (len(voice), 1 if channels == "mono" else 2)
    assert "only the left channel used" in str(told.mastered.steps[0])
    assert ebur128(out, dual_mono=True)[0] == pytest.approx(-16, abs=0.3)
