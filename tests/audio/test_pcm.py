"""PCM samples read directly are those that ffmpeg decodes."""

import subprocess

import numpy as np
import pytest

from pipeline.audio.io.pcm import PcmReader, is_plain_pcm, open_at_native_rate
from pipeline.audio.io.probe import open_part
from pipeline.errors import AudioError
from pipeline.media import stream_info
from pipeline.media.decoder import Decoder
from tests.audio.sounds import RATE, convert, speech, wav

SOUND = np.concatenate([speech(5.0), speech(5.0)[::-1] * np.float32(0.5)], axis=1)


def join(blocks):
    return np.concatenate(list(blocks))


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"])
@pytest.mark.parametrize(
    "options", [[], ["-rf64", "always"], ["-ar", "44100"], ["-ac", "1"]], ids=["", "rf64", "44", "mono"]
)
def test_pcm_samples_equal_those_of_ffmpeg(tmp_path, codec, options):
    (tmp_path / "source.wav").write_bytes(wav(SOUND, kind="f32"))
    part = open_part(str(convert(tmp_path / "source.wav", tmp_path / "a.wav", "-c:a", codec, *options)))

    with Decoder(part.path, sample_rate_hz=None) as decoding:
        expected = join(decoding)

    assert is_plain_pcm(part)
    assert np.array_equal(join(PcmReader(part)), expected)


@pytest.mark.parametrize("first", [0, 1, 100_001, len(SOUND) - 1, len(SOUND)])
@pytest.mark.parametrize("kind", ["s16", "s24", "f32"])
def test_pcm_can_be_read_from_any_sample(tmp_path, kind, first):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, kind=kind))
    plain = PcmReader(open_part(str(tmp_path / "a.wav")))

    assert np.array_equal(np.concatenate([SOUND[:0], *plain.iter_blocks(first)]), join(plain)[first:])


def test_file_that_became_shorter_is_rejected(tmp_path):
    file = tmp_path / "a.wav"
    file.write_bytes(wav(SOUND, kind="s24"))
    plain = PcmReader(open_part(str(file)))

    file.write_bytes(file.read_bytes()[: 6 * RATE])

    with pytest.raises(AudioError, match="became shorter while it was read"):
        plain.read_range(2 * RATE, 3 * RATE)


@pytest.mark.parametrize(
    "change", [{"data_size": 0}, {"data_size": 1000}, {"data_size": 0xFFFFFFFF}, {"tail": b"LIST\x04\0\0\0INFO"}]
)
def test_wrong_sizes_decode_like_ffmpeg_with_the_same_options(tmp_path, change):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, **change))
    part = open_part(str(tmp_path / "a.wav"))

    with Decoder(part.path, sample_rate_hz=None, options=part.ffmpeg_options) as decoding:
        expected = join(decoding)

    with open_at_native_rate(part) as blocks:
        assert np.array_equal(join(blocks), expected)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.aiff", "a.caf"])
def test_other_formats_are_decoded_by_ffmpeg(tmp_path, name):
    (tmp_path / "source.wav").write_bytes(wav(SOUND))

    assert not is_plain_pcm(open_part(str(convert(tmp_path / "source.wav", tmp_path / name))))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("codec", "without_process"), [("s24le", True), ("s32le", True), ("f32le", True), ("s16le", False)]
)
@pytest.mark.parametrize("kind", ["wav", "rf64"])
def test_unambiguous_wav_is_probed_without_a_process(tmp_path, monkeypatch, channels, codec, without_process, kind):
    source = tmp_path / "a.wav"
    argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "1.5", "-ac", str(channels)]
    argv += ["-c:a", f"pcm_{codec}", *(["-rf64", "always"] if kind == "rf64" else []), str(source)]
    subprocess.run(argv, check=True, timeout=60)
    probed = []
    expected = stream_info.probe(str(source))
    monkeypatch.setattr(stream_info, "probe", lambda path: probed.append(path) or expected)

    assert expected == open_part(str(source)).stream
    assert probed == ([] if without_process else [str(source)])
