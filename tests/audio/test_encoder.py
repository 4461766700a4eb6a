"""The files that listeners download, measured by FFmpeg's meter and not by ours."""

import hashlib
import json
import pathlib
from functools import partial

import numpy as np
import pytest

from pipeline.audio.encoding import encoder
from pipeline.audio.encoding.encoder import EncodeResult, EncodeTask, encode_master
from pipeline.audio.encoding.sample_encoding import choose_windows, estimate_loss, level_windows
from pipeline.errors import AudioError
from pipeline.media import ffmpeg
from pipeline.media.decoder import Decoder
from pipeline.model import SoundTarget, from_json, to_json
from tests.audio.conftest import TARGETS
from tests.audio.sounds import RATE, decoded, ebur128, libebur128, measure_energies, speech, wav

pytestmark = pytest.mark.slow

ALL = [(channels, kind) for channels in ("stereo", "mono") for kind in ("mp3", "m4a", "opus")]


@pytest.mark.parametrize(("channels", "kind"), ALL)
def test_encoded_file_meets_loudness_and_true_peak_target(encoded, channels, kind):
    integrated, peak = ebur128(encoded[channels, kind][0], dual_mono=channels == "mono")

    assert integrated == pytest.approx(-16, abs=0.1001)  # ffmpeg prints one decimal
    assert peak <= -1.0


@pytest.mark.parametrize(("channels", "kind"), ALL)
def test_result_has_measurements_of_the_decoded_file(encoded, masters, channels, kind):
    path, result = encoded[channels, kind]

    output = decoded(path)
    integrated, _, peak = libebur128(np.repeat(output, 2, axis=1) if channels == "mono" else output)
    assert result.integrated_lufs == pytest.approx(integrated, abs=0.02)
    assert result.true_peak_dbtp == pytest.approx(peak, abs=0.2)
    assert result.duration_s == len(output) / RATE
    assert result.duration_s == pytest.approx(masters[channels][1].duration_s, abs=0.03 if kind == "m4a" else 0)
    assert output.shape[1] == (1 if channels == "mono" else 2)


def test_each_format_has_its_media_type(encoded):
    kinds = {kind: encoded["stereo", kind][1].media_type for kind in ("mp3", "m4a", "opus")}

    assert kinds == {"mp3": "audio/mpeg", "m4a": "audio/mp4", "opus": "audio/ogg"}
    assert encoded["stereo", "mp3"][1].bitrate_kbps == 128


@pytest.mark.parametrize("kbps", [64, 192, 256])
def test_attenuation_by_lame_is_compensated_at_each_bit_rate(masters, tmp_path, kbps):
    target = SoundTarget(bitrate_kbps=kbps)

    result = encode_master(
        EncodeTask(master=masters["stereo"][0], format="mp3", target=target, out=str(tmp_path / "a.mp3"))
    )

    assert ebur128(tmp_path / "a.mp3")[0] == pytest.approx(-16, abs=0.1001)
    assert result.bitrate_kbps == kbps


def test_master_off_target_is_corrected(tmp_path):
    (tmp_path / "hot.wav").write_bytes(wav(speech(12.0), kind="s24"))
    master = tmp_path / "hot.wav"

    result = encode_master(
        EncodeTask(master=str(master), format="mp3", target=TARGETS["mono"], out=str(tmp_path / "a.mp3"))
    )

    assert ebur128(tmp_path / "a.mp3", dual_mono=True) == (pytest.approx(-16, abs=0.1001), pytest.approx(-4, abs=3))
    assert result.true_peak_dbtp <= -1


def test_loudness_that_an_encoder_takes_is_compensated_in_the_first_attempt(tmp_path, monkeypatch):
    """Applause: a third of its power is above what LAME keeps at 128 kbit/s."""
    noise = np.random.default_rng(2).normal(0, 0.03, (125 * RATE, 2)).astype(np.float32)
    noise[: 60 * RATE] *= np.float32(0.02)
    (tmp_path / "klap.wav").write_bytes(wav(noise, kind="s24"))
    monkeypatch.setattr(encoder, "_MAX_ATTEMPTS", 1)
    target = SoundTarget(loudness_lufs=round(libebur128(noise)[0], 2))
    missed_lu = []

    for master_lufs in (None, target.loudness_lufs):
        task = EncodeTask(
            master=str(tmp_path / "klap.wav"),
            master_lufs=master_lufs,
            sampled=choose_windows(measure_energies(noise)),
            format="mp3",
            target=target,
            out=str(tmp_path / "a"),
        )
        encode_master(task)
        missed_lu.append(abs(ebur128(tmp_path / "a")[0] - target.loudness_lufs))

    assert missed_lu[0] > 0.3
    assert missed_lu[1] <= 0.1001
    assert ["a", "klap.wav"] == sorted(file.name for file in tmp_path.iterdir())


def test_windows_stand_for_equal_shares_of_the_energy():
    energies = np.ones(20 * 60 * 100, np.float32)
    energies[7 * 6000 : 8 * 6000] = 19.0  # a minute of applause has half of the energy of twenty minutes

    starts = np.array(choose_windows(energies))

    assert 60 == len(starts)
    assert 30 == ((starts >= 7 * 60 * RATE) & (starts < 8 * 60 * RATE)).sum()
    assert (starts[:10].min(), starts[-1]) >= (0, 19 * 60 * RATE)
    assert starts[-1] + RATE // 4 <= 20 * 60 * RATE
    assert () == choose_windows(energies[:11_900])


@pytest.mark.parametrize("kind", ["m4a", "opus"])
def test_first_attempt_allows_for_what_an_encoder_takes_from_limited_audio(tmp_path, monkeypatch, kind):
    """Claps beside a low voice: the limiter leaves less of the noise that an encoder takes away."""
    master = 0.06 * synthesise_low_voice(125) + 0.5 * synthesise_claps(125, count=1500)
    master = np.repeat(np.clip(master, -0.89, 0.89)[:, np.newaxis], 2, axis=1).astype(np.float32)
    (tmp_path / "klap.wav").write_bytes(wav(master, kind="s24"))
    monkeypatch.setattr(encoder, "_MAX_ATTEMPTS", 1)
    target = SoundTarget(loudness_lufs=round(libebur128(master)[0], 2))

    task = EncodeTask(
        master=str(tmp_path / "klap.wav"),
        master_lufs=target.loudness_lufs,
        sampled=choose_windows(measure_energies(master)),
        format=kind,
        target=target,
        out=str(tmp_path / "a"),
    )
    encode_master(task)

    assert libebur128(decoded(tmp_path / "a"))[0] == pytest.approx(target.loudness_lufs, abs=0.1)


def test_windows_that_the_limiter_lowers_count_less_in_what_an_encoder_takes(tmp_path):
    """Half of the energy is noise, of which the encoder takes more; in what is encoded it is 6 dB lower."""
    count = 120 * RATE // 2
    voice = np.repeat(0.1 * synthesise_low_voice(60)[:, np.newaxis], 2, axis=1).astype(np.float32)
    noise = np.random.default_rng(4).normal(0, 1, (count, 2)).astype(np.float32)
    noise *= np.sqrt(measure_energies(voice).sum() / measure_energies(noise).sum())
    master, corrected = np.concatenate([voice, noise]), np.concatenate([voice, noise / 2])
    options = ("-c:a", "aac", "-b:a", "128k", "-aac_coder", "fast", *ffmpeg.MP4_OPTIONS)
    encode = partial(ffmpeg.encode, channels=2, options=options)

    factors = level_windows(lambda first, last: master[first:last].copy(), choose_windows(measure_energies(master)))
    loss_db = estimate_loss(
        lambda blocks, path: encode(blocks, out=path),
        Decoder,
        lambda first, last: corrected[first:last].copy(),
        str(tmp_path / "a"),
        factors=factors,
    )

    encode([corrected], out=str(tmp_path / "a"))
    after = measure_energies(decoded(tmp_path / "a")).sum()
    assert loss_db == pytest.approx(10 * np.log10(measure_energies(corrected).sum() / after), abs=0.05)


def synthesise_low_voice(seconds):
    times = np.arange(seconds * RATE) / RATE
    harmonics = sum(np.sin(2 * np.pi * 180 * number * times) / number for number in (1, 2, 3, 4, 8))
    return harmonics * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * times))


def synthesise_claps(seconds, *, count):
    random, claps = np.random.default_rng(3), np.zeros(seconds * RATE)
    decay = np.exp(-np.arange(600) / 120)
    for place in random.integers(0, len(claps) - 600, count):
        claps[place : place + 600] += random.standard_normal(600) * decay
    return claps


def test_unreachable_target_is_approached_and_the_real_values_are_reported(tmp_path, masters):
    target = SoundTarget(loudness_lufs=-3.0, true_peak_dbtp=-9.0)

    result = encode_master(
        EncodeTask(master=masters["stereo"][0], format="mp3", target=target, out=str(tmp_path / "a.mp3"))
    )

    assert ebur128(tmp_path / "a.mp3") == (
        pytest.approx(result.integrated_lufs, abs=0.1),
        pytest.approx(result.true_peak_dbtp, abs=0.2),
    )
    assert result.integrated_lufs != pytest.approx(-3, abs=0.1)


@pytest.mark.parametrize("kind", ["mp3", "m4a", "opus"])
def test_encoding_twice_produces_the_same_bytes(encoded, masters, tmp_path, kind, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    again = tmp_path / "again"

    result = encode_master(
        EncodeTask(master=masters["stereo"][0], format=kind, target=TARGETS["stereo"], out=str(again))
    )

    path, first = encoded["stereo", kind]
    with pathlib.Path(path).open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(again.read_bytes()).digest()
    assert from_json(EncodeResult, json.loads(json.dumps(to_json(result)))) == first


def test_m4a_index_comes_before_the_audio(encoded):
    with pathlib.Path(encoded["stereo", "m4a"][0]).open("rb") as file:
        raw = file.read()

    assert raw.index(b"moov") < raw.index(b"mdat")


def test_missing_master_is_reported_and_nothing_remains(tmp_path):
    with pytest.raises(AudioError):
        encode_master(
            EncodeTask(
                master=str(tmp_path / "x.wav"), format="mp3", target=TARGETS["stereo"], out=str(tmp_path / "a.mp3")
            )
        )

    assert [] == list(tmp_path.iterdir())
