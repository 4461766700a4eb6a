"""WAV files written in ranges: any order, any length, and what other programs read."""

import numpy as np
import pytest

from pipeline.audio.io import probe
from pipeline.audio.io.pcm import PcmReader
from pipeline.audio.io.wav_file import WavFile
from pipeline.errors import StorageError
from tests.audio.sounds import RATE, decoded

NOISE = np.random.default_rng(4).uniform(-1, 1, (RATE + 77, 2)).astype(np.float32)


@pytest.mark.parametrize(("is_float", "error"), [(False, 2**-24), (True, 0.0)])
@pytest.mark.parametrize("channels", [1, 2])
def test_ranges_in_any_order_become_one_file_that_ffmpeg_reads(tmp_path, channels, is_float, error):
    sound, file = NOISE[:, :channels], WavFile(str(tmp_path / "a.wav"), channels=channels, samples=0, is_float=is_float)
    file.samples = len(sound)

    file.create()
    for first in (2 * 20_000, 0, 20_000):
        file.write(sound[first : first + 20_000], first)

    assert np.abs(decoded(tmp_path / "a.wav") - sound).max() <= error
    assert (tmp_path / "a.wav").stat().st_size % 2 == 0


def test_file_can_grow_and_declares_its_length_at_the_end(tmp_path):
    file = WavFile(str(tmp_path / "a.wav"), channels=2, samples=0, is_float=True)

    file.create()
    for first in range(0, len(NOISE), 10_000):
        file.append(NOISE[first : first + 10_000])
    file.finish()

    assert np.array_equal(decoded(tmp_path / "a.wav"), NOISE)


def test_full_scale_is_clipped_and_not_wrapped(tmp_path):
    file = WavFile(str(tmp_path / "a.wav"), channels=1, samples=3)
    file.create()
    file.write(np.array([[1.5], [-1.5], [0.25]], np.float32), 0)

    assert decoded(tmp_path / "a.wav")[:, 0] == pytest.approx([1, -1, 0.25], abs=2**-22)


def test_more_than_four_gigabytes_are_addressed(tmp_path):
    samples = 800_000_000
    file = WavFile(str(tmp_path / "a.wav"), channels=2, samples=samples)
    file.create()  # sparse: it takes no room
    file.write(NOISE[:1000], samples - 1000)

    part = probe.open_part(str(tmp_path / "a.wav"))
    reader = PcmReader(part)

    assert (reader.samples, reader.channels) == (samples, 2)
    assert np.abs(reader.read_range(samples - 1000, samples) - NOISE[:1000]).max() <= 2**-24
    assert part.stream.declared_s == pytest.approx(samples / RATE, abs=0.01)


def test_full_disk_is_an_error_of_the_disk(tmp_path):
    (tmp_path / "a.wav").symlink_to("/dev/full")

    with pytest.raises(StorageError, match="No space left"):
        WavFile(str(tmp_path / "a.wav"), channels=2, samples=10).create()
