"""The short way to plain samples gives what ffmpeg gives; and those who listen side by side hear everything in order."""

import subprocess

import numpy as np
import pytest

from pipeline.audio.io.pcm import Plain, as_it_is, is_plain
from pipeline.audio.io.probe import open_part
from pipeline.audio.parallel import beside
from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import Decoding
from tests.audio.sounds import convert, speech, wav

SOUND = np.concatenate([speech(5.0), speech(5.0)[::-1] * np.float32(0.5)], axis=1)


def samples_of(blocks):
    return np.concatenate(list(blocks))


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"])
@pytest.mark.parametrize(
    "options", [[], ["-rf64", "always"], ["-ar", "44100"], ["-ac", "1"]], ids=["", "rf64", "44", "mono"]
)
def test_plain_samples_are_read_as_ffmpeg_reads_them(tmp_path, codec, options):
    (tmp_path / "source.wav").write_bytes(wav(SOUND, kind="f32"))
    part = open_part(str(convert(tmp_path / "source.wav", tmp_path / "a.wav", "-c:a", codec, *options)))

    with Decoding(part.path, sample_rate_hz=None) as decoding:
        expected = samples_of(decoding)

    assert is_plain(part)
    assert np.array_equal(samples_of(Plain(part)), expected)


@pytest.mark.parametrize("first", [0, 1, 100_001, len(SOUND) - 1, len(SOUND)])
@pytest.mark.parametrize("kind", ["s16", "s24", "f32"])
def test_plain_samples_are_read_from_any_sample_on(tmp_path, kind, first):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, kind=kind))
    plain = Plain(open_part(str(tmp_path / "a.wav")))

    assert np.array_equal(np.concatenate([SOUND[:0], *plain.blocks_from(first)]), samples_of(plain)[first:])


@pytest.mark.parametrize(
    "change", [{"data_size": 0}, {"data_size": 1000}, {"data_size": 0xFFFFFFFF}, {"tail": b"LIST\x04\0\0\0INFO"}]
)
def test_lying_headers_are_read_as_ffmpeg_is_told_to_read_them(tmp_path, change):
    (tmp_path / "a.wav").write_bytes(wav(SOUND, **change))
    part = open_part(str(tmp_path / "a.wav"))

    with Decoding(part.path, sample_rate_hz=None, options=part.options) as decoding:
        expected = samples_of(decoding)

    with as_it_is(part) as blocks:
        assert np.array_equal(samples_of(blocks), expected)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.aiff", "a.caf"])
def test_what_is_not_plain_is_left_to_ffmpeg(tmp_path, name):
    (tmp_path / "source.wav").write_bytes(wav(SOUND))

    assert not is_plain(open_part(str(convert(tmp_path / "source.wav", tmp_path / name))))


def test_who_listens_beside_hears_all_of_it_in_order():
    heard = []

    with beside(heard.append) as give:
        for number in range(1000):
            give(number)

    assert list(range(1000)) == heard


def test_what_goes_wrong_beside_is_not_lost():
    def divide():
        with beside(lambda number: 1 // number) as give:
            for number in (1, 0, 1, 2, 3, 4, 5, 6, 7, 8):
                give(number)

    with pytest.raises(ZeroDivisionError):
        divide()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("codec", "by_itself"), [("s24le", True), ("s32le", True), ("f32le", True), ("s16le", False)])
@pytest.mark.parametrize("kind", ["wav", "rf64"])
def test_a_wav_in_order_says_what_ffmpeg_says_of_it_without_a_program(
    tmp_path, monkeypatch, channels, codec, by_itself, kind
):
    source = tmp_path / "a.wav"
    argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "1.5", "-ac", str(channels)]
    argv += ["-c:a", f"pcm_{codec}", *(["-rf64", "always"] if kind == "rf64" else []), str(source)]
    subprocess.run(argv, check=True, timeout=60)
    asked = []
    theirs = ffmpeg.probe(str(source))
    monkeypatch.setattr(ffmpeg, "probe", lambda path: asked.append(path) or theirs)

    assert theirs == open_part(str(source)).probe
    assert asked == ([] if by_itself else [str(source)])
