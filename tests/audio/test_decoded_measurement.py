"""Measurement of decoded files, and correction where an encoder put a peak too high."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from pipeline.audio.encoding import corrections, decoded_measurement, encoder, sample_encoding
from pipeline.audio.encoding.decoded_measurement import ExcessPeak
from pipeline.audio.encoding.encoder import encode_master
from pipeline.audio.processing.limiter import limit_block
from pipeline.audio.tasks import EncodeTask
from pipeline.errors import AudioError
from pipeline.model import SoundTarget
from tests.audio.sounds import RATE, decoded, libebur128, measure_energies, speech, tone, wav

pytestmark = pytest.mark.slow


def test_excess_peak_is_located_within_40_ms(tmp_path):
    sound = tone((-20, 3.0))
    sound[70_000] = 0.9
    (tmp_path / "a.wav").write_bytes(wav(sound, kind="f32"))

    (peak,) = decoded_measurement.find_excess_peaks(str(tmp_path / "a.wav"), true_peak_dbtp=-1.5)

    assert peak.start <= 70_000 < peak.start + decoded_measurement.PEAK_WINDOW
    assert peak.excess_db == pytest.approx(20 * np.log10(0.9) + 1.5, abs=0.4)


def test_peak_on_a_window_border_or_at_the_end_is_found(tmp_path):
    for at in (0, decoded_measurement.PEAK_WINDOW - 1, decoded_measurement.PEAK_WINDOW, 2 * RATE - 1):
        sound = tone((-40, 2.0))
        sound[at] = 0.9
        (tmp_path / "a.wav").write_bytes(wav(sound, kind="f32"))

        found = decoded_measurement.find_excess_peaks(str(tmp_path / "a.wav"), true_peak_dbtp=-1.5)

        assert any(peak.start <= at < peak.start + decoded_measurement.PEAK_WINDOW for peak in found), at


def test_peak_before_a_border_of_chunks_counts_as_before_any_other_window(tmp_path):
    """A second is searched at a time; how high a peak is depends on the thirteen samples before the border too."""
    excess = []
    for place in (RATE, RATE + decoded_measurement.PEAK_WINDOW):  # the second is a border of windows only
        sound = np.zeros((2 * RATE, 1), np.float32)
        sound[place - 14 : place + 14, 0] = np.random.default_rng(0).uniform(-0.15, 0.15, 28)
        sound[[place - 13, place - 1]] = 0.9
        (tmp_path / "a.wav").write_bytes(wav(sound, kind="f32"))
        found = decoded_measurement.find_excess_peaks(str(tmp_path / "a.wav"), true_peak_dbtp=-3)
        excess.append({peak.start - place: peak.excess_db for peak in found})

    assert excess[0] == pytest.approx(excess[1], abs=1e-6)
    assert {-decoded_measurement.PEAK_WINDOW, 0} == excess[0].keys()


def test_attenuation_changes_only_the_surroundings_of_a_peak():
    block = np.ones((RATE, 2), np.float32)

    lowered = np.concatenate(
        list(corrections.lower_peaks([block[:1000], block[1000:]], [ExcessPeak(start=9600, excess_db=3.0)]))
    )

    edge = RATE // 100
    inside = lowered[9600 : 9600 + decoded_measurement.PEAK_WINDOW]
    assert (lowered[: 9600 - edge] == 1).all()
    assert (lowered[9600 + decoded_measurement.PEAK_WINDOW + edge :] == 1).all()
    assert np.allclose(20 * np.log10(inside), -(1.5 * 3.0 + 0.15))
    assert np.abs(np.diff(lowered[:, 0])).max() < 0.002  # no click


@pytest.mark.parametrize("kind", ["m4a", "opus"])
def test_excess_peaks_of_the_encoder_are_corrected_and_loudness_stays(kind, tmp_path, masters):
    target = SoundTarget(true_peak_dbtp=-1.45)  # the ceiling of the master is -1.5: hardly any headroom

    result = encode_master(EncodeTask(master=masters["stereo"][0], format=kind, target=target, out=str(tmp_path / "a")))

    integrated, _, peak = libebur128(decoded(tmp_path / "a"))
    assert (result.integrated_lufs, integrated) == (pytest.approx(-16, abs=0.1), pytest.approx(-16, abs=0.12))
    assert result.true_peak_dbtp == pytest.approx(peak, abs=0.2)
    assert result.true_peak_dbtp <= -1.4
    assert ["a"] == [file.name for file in tmp_path.iterdir()]


def test_prediction_avoids_most_excess_peaks_of_the_first_opus_encoding(tmp_path, monkeypatch):
    """Claps and applause, whose peaks Opus raises by up to 3 dB."""
    random = np.random.default_rng(5)
    clap = random.standard_normal((2400, 2)) * np.exp(-np.arange(2400) / 300)[:, np.newaxis]
    sound = speech(40.0).astype(np.float64) @ np.ones((1, 2))
    places = [*range(4 * RATE, 39 * RATE, 4 * RATE), *random.integers(25 * RATE, 27 * RATE, 100)]
    for place, level in zip(places, random.uniform(0.1, 0.8, len(places)), strict=True):
        sound[place : place + len(clap)] += clap * level
    limited = limit_block(sound.astype(np.float32), ceiling_dbtp=-1.5)
    (tmp_path / "a.wav").write_bytes(wav(limited, kind="s24"))
    lufs = round(libebur128(limited)[0], 2)
    monkeypatch.setattr(encoder, "_MAX_ATTEMPTS", 1)
    monkeypatch.setattr(sample_encoding, "MIN_SAMPLED", 30 * RATE)
    excess = []

    for known_lufs in (None, lufs):  # without the loudness, nothing is predicted
        task = EncodeTask(
            master=str(tmp_path / "a.wav"),
            format="opus",
            target=SoundTarget(loudness_lufs=lufs),
            master_lufs=known_lufs,
            sampled=sample_encoding.choose_windows(measure_energies(limited)),
            out=str(tmp_path / "a"),
        )
        encode_master(task)
        oversampled = np.abs(resample_poly(decoded(tmp_path / "a"), 4, 1)).max(axis=1)
        windows = oversampled[: len(oversampled) // (RATE // 25 * 4) * (RATE // 25 * 4)].reshape(-1, RATE // 25 * 4)
        excess.append(int((windows.max(axis=1) > 10 ** (-1 / 20)).sum()))

    assert excess[0] >= 10
    assert excess[1] <= excess[0] / 3
    assert ["a", "a.wav"] == sorted(file.name for file in tmp_path.iterdir())


def test_silent_file_is_rejected(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(speech(2.0) * 0))

    with pytest.raises(AudioError, match="silent"):
        decoded_measurement.measure_decoded(str(tmp_path / "a.wav"))
