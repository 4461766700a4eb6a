"""The files that listeners download, measured by FFmpeg's meter and not by ours."""

import hashlib
import json
import pathlib

import numpy as np
import pytest

from pipeline.audio.encoding.encoder import Encoded, EncodeJob, encode
from pipeline.errors import AudioError
from pipeline.model import SoundTarget, from_plain, to_plain
from tests.audio.conftest import TARGETS
from tests.audio.sounds import RATE, convert, decoded, ebur128, libebur128, speech, wav

ALL = [(channels, kind) for channels in ("stereo", "mono") for kind in ("mp3", "m4a", "opus")]


@pytest.mark.parametrize(("channels", "kind"), ALL)
def test_what_listeners_download_is_at_minus_16_and_under_minus_1(encoded, channels, kind):
    integrated, peak = ebur128(encoded[channels, kind][0], dual_mono=channels == "mono")

    assert integrated == pytest.approx(-16, abs=0.1001)  # it tells one decimal
    assert peak <= -1.0


@pytest.mark.parametrize(("channels", "kind"), ALL)
def test_what_is_said_of_a_file_is_what_its_decoded_sound_measures(encoded, masters, channels, kind):
    path, said = encoded[channels, kind]

    heard = decoded(path)
    integrated, _, peak = libebur128(np.repeat(heard, 2, axis=1) if channels == "mono" else heard)
    assert said.integrated_lufs == pytest.approx(integrated, abs=0.02)
    assert said.true_peak_dbtp == pytest.approx(peak, abs=0.2)
    assert said.duration_s == len(heard) / RATE
    assert said.duration_s == pytest.approx(masters[channels][1].duration_s, abs=0.03 if kind == "m4a" else 0)
    assert heard.shape[1] == (1 if channels == "mono" else 2)


def test_each_format_is_named_as_it_must_be_served(encoded):
    kinds = {kind: encoded["stereo", kind][1].media_type for kind in ("mp3", "m4a", "opus")}

    assert kinds == {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}
    assert encoded["stereo", "mp3"][1].bitrate_kbps == 128


@pytest.mark.parametrize("kbps", [64, 192, 256])
def test_lame_turns_down_each_bit_rate_in_its_own_way_and_is_undone(masters, tmp_path, kbps):
    target = SoundTarget(bitrate_kbps=kbps)

    said = encode(EncodeJob(master=masters["stereo"][0], format="mp3", target=target, out=str(tmp_path / "a.mp3")))

    assert ebur128(tmp_path / "a.mp3")[0] == pytest.approx(-16, abs=0.1001)
    assert said.bitrate_kbps == kbps


def test_a_master_that_misses_the_target_is_put_right(tmp_path):
    (tmp_path / "hot.wav").write_bytes(wav(speech(12.0), kind="s24"))
    master = convert(tmp_path / "hot.wav", tmp_path / "hot.flac")

    said = encode(EncodeJob(master=str(master), format="mp3", target=TARGETS["mono"], out=str(tmp_path / "a.mp3")))

    assert ebur128(tmp_path / "a.mp3", dual_mono=True) == (pytest.approx(-16, abs=0.1001), pytest.approx(-4, abs=3))
    assert said.true_peak_dbtp <= -1


def test_what_cannot_be_met_is_delivered_with_its_real_figures(tmp_path, masters):
    target = SoundTarget(loudness_lufs=-3.0, true_peak_dbtp=-9.0)

    said = encode(EncodeJob(master=masters["stereo"][0], format="mp3", target=target, out=str(tmp_path / "a.mp3")))

    assert ebur128(tmp_path / "a.mp3") == (
        pytest.approx(said.integrated_lufs, abs=0.1),
        pytest.approx(said.true_peak_dbtp, abs=0.2),
    )
    assert said.integrated_lufs != pytest.approx(-3, abs=0.1)


@pytest.mark.parametrize("kind", ["mp3", "m4a", "opus"])
def test_a_file_is_the_same_bytes_twice(encoded, masters, tmp_path, kind, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    again = tmp_path / "again"

    said = encode(EncodeJob(master=masters["stereo"][0], format=kind, target=TARGETS["stereo"], out=str(again)))

    path, first = encoded["stereo", kind]
    with pathlib.Path(path).open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(again.read_bytes()).digest()
    assert from_plain(Encoded, json.loads(json.dumps(to_plain(said)))) == first


def test_an_m4a_can_be_played_before_it_has_all_arrived(encoded):
    with pathlib.Path(encoded["stereo", "m4a"][0]).open("rb") as file:
        raw = file.read()

    assert raw.index(b"moov") < raw.index(b"mdat")


def test_a_master_that_is_gone_is_told_and_nothing_is_left(tmp_path):
    with pytest.raises(AudioError):
        encode(
            EncodeJob(
                master=str(tmp_path / "x.flac"), format="mp3", target=TARGETS["stereo"], out=str(tmp_path / "a.mp3")
            )
        )

    assert [] == list(tmp_path.iterdir())
