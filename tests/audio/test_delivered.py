"""Files measured as they are delivered, and put right where an encoder lifted a peak too high."""

import numpy as np
import pytest

from pipeline.audio.encoding import decoded_measurement, encoder
from pipeline.audio.encoding.decoded_measurement import Over
from pipeline.audio.encoding.encoder import EncodeJob, encode
from pipeline.errors import AudioError
from pipeline.model import SoundTarget
from tests.audio.sounds import RATE, decoded, libebur128, speech, tone, wav


def test_a_place_that_is_too_high_is_found_within_40_ms(tmp_path):
    sound = tone((-20, 3.0))
    sound[70_000] = 0.9
    (tmp_path / "a.wav").write_bytes(wav(sound, kind="f32"))

    (over,) = decoded_measurement.overs(str(tmp_path / "a.wav"), true_peak_dbtp=-1.5)

    assert over.start <= 70_000 < over.start + decoded_measurement.PIECE
    assert over.over_db == pytest.approx(20 * np.log10(0.9) + 1.5, abs=0.4)


def test_a_peak_on_the_border_of_two_pieces_or_at_the_very_end_is_not_overlooked(tmp_path):
    for at in (0, decoded_measurement.PIECE - 1, decoded_measurement.PIECE, 2 * RATE - 1):
        sound = tone((-40, 2.0))
        sound[at] = 0.9
        (tmp_path / "a.wav").write_bytes(wav(sound, kind="f32"))

        found = decoded_measurement.overs(str(tmp_path / "a.wav"), true_peak_dbtp=-1.5)

        assert any(over.start <= at < over.start + decoded_measurement.PIECE for over in found), at


def test_sound_is_turned_down_where_it_was_too_high_and_nowhere_else():
    block = np.ones((RATE, 2), np.float32)

    turned = np.concatenate(list(encoder.turned_down([block[:1000], block[1000:]], [Over(start=9600, over_db=3.0)])))

    edge = RATE // 100
    inside = turned[9600 : 9600 + decoded_measurement.PIECE]
    assert (turned[: 9600 - edge] == 1).all()
    assert (turned[9600 + decoded_measurement.PIECE + edge :] == 1).all()
    assert np.allclose(20 * np.log10(inside), -3.15)
    assert np.abs(np.diff(turned[:, 0])).max() < 0.002  # no click


@pytest.mark.parametrize("kind", ["m4a", "opus"])
def test_an_encoder_that_lifts_peaks_is_corrected_and_the_loudness_stays(kind, tmp_path, masters):
    target = SoundTarget(true_peak_dbtp=-1.45)  # the master is held to -1.5: hardly any room

    said = encode(EncodeJob(master=masters["stereo"][0], format=kind, target=target, out=str(tmp_path / "a")))

    integrated, _, peak = libebur128(decoded(tmp_path / "a"))
    assert (said.integrated_lufs, integrated) == (pytest.approx(-16, abs=0.1), pytest.approx(-16, abs=0.12))
    assert said.true_peak_dbtp == pytest.approx(peak, abs=0.2)
    assert said.true_peak_dbtp <= -1.4
    assert ["a"] == [file.name for file in tmp_path.iterdir()]


def test_silence_out_of_an_encoder_is_told(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(speech(2.0) * 0))

    with pytest.raises(AudioError, match="silence"):
        decoded_measurement.hear(str(tmp_path / "a.wav"))
