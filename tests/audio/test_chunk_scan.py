"""Files with wrong chunk sizes, in every container.

Each sample is read unchanged, or the file is refused.
"""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.analysis.recording import inspect_file
from pipeline.audio.io import probe
from pipeline.audio.io.recording_reader import read_recording
from pipeline.audio.tasks import InspectTask
from pipeline.errors import AudioError
from tests.audio.containers import (
    KINDS,
    PADDING,
    RATE,
    TEXT,
    build_audio,
    build_chunk,
    build_container,
    build_file,
    build_filler,
    build_format,
    convert_samples,
)

pytestmark = pytest.mark.slow

SOUND = (
    np.random.default_rng(3).normal(0, 3000, (RATE, 2)).astype(np.int16)
)  # shifted by a byte, it would be different noise
SIZE = SOUND.nbytes


def read(folder, kind, raw):
    """Return the decoded 16-bit samples, and the codes of the defects."""
    file = folder / f"a.{kind}"
    file.write_bytes(raw)
    part = probe.open_part(str(file))
    samples = np.concatenate([block.copy() for block in read_recording([part], channels=2)])
    defects = probe.find_decoding_defects(part, decoded_s=len(samples) / RATE, start_s=0.0, error_messages=())
    return np.round(samples * 2**15).astype(np.int16), {defect.code for defect in defects}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("declared", [0, 5, len(TEXT) - 4, len(TEXT) + 100, SIZE // 2, 2**31, 0xFFFFFFFF])
def test_wrong_size_of_a_chunk_before_the_audio_loses_no_sample(tmp_path, kind, declared):
    raw = build_file(kind, SOUND, filler=TEXT, declared=declared, position="first" if declared % 2 else "between")

    samples, defects = read(tmp_path, kind, raw)

    assert np.array_equal(samples, SOUND)
    assert defects == {"header-wrong"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("declared", [0, 9, 17, 1000, 0xFFFFFFFF])
def test_wrong_size_of_the_format_chunk_loses_no_sample(tmp_path, kind, declared):
    samples, defects = read(tmp_path, kind, build_file(kind, SOUND, filler=PADDING, wrong="form", declared=declared))

    assert np.array_equal(samples, SOUND)
    assert defects <= {"header-wrong"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("declared", [0, SIZE // 2, SIZE * 3])
def test_wrong_size_of_audio_before_the_format_chunk_loses_no_sample(tmp_path, kind, declared):
    samples, defects = read(tmp_path, kind, build_file(kind, SOUND, format_last=True, wrong="sound", declared=declared))

    assert np.array_equal(samples, SOUND)
    assert defects & {"header-wrong", "header-unfinished"}


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_chunk_size_and_unfinished_audio_size_together_lose_no_sample(tmp_path, kind):
    filler = build_chunk(kind, *build_filler(kind, b"ruwe data\0\0\0\0\0\0\0\0\0\0\0"), 3)
    long = build_chunk(kind, b"ds64", struct.pack("<QQQI", 0, 0, 0, 0)) if kind == "rf64" else b""
    sounding = build_chunk(kind, *build_audio(kind, convert_samples(kind, SOUND)), 0xFFFFFFFF if kind == "rf64" else 0)
    raw = build_container(kind, long, build_chunk(kind, *build_format(kind, 0)), filler, sounding)

    samples, defects = read(tmp_path, kind, raw)

    assert np.array_equal(samples, SOUND)
    assert defects & {"header-wrong", "header-unfinished"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [b"metadata and data: SSND of a fmt " * 20, b"ruwe data" + bytes(50)])
def test_text_that_contains_a_chunk_name_is_not_read_as_audio(tmp_path, kind, words):
    raw = build_container(
        kind, build_chunk(kind, *build_format(kind, 9)), build_chunk(kind, *build_filler(kind, words), 7)
    )

    with pytest.raises(AudioError, match="the header is truncated, before any audio"):
        read(tmp_path, kind, raw)


def build_aiff(form, *, offset=0, block=0, pad=b"", declared=None, samples=None):
    body = struct.pack(">II", offset, block) + pad + (convert_samples("aiff", SOUND) if samples is None else samples)
    return build_container("aiff", build_chunk("aiff", b"COMM", form), build_chunk("aiff", b"SSND", body, declared))


def build_comm(*, channels=2, frames=RATE, bits=16, rate=RATE):
    return struct.pack(">hIh", channels, frames, bits) + build_format("aiff", 0, rate=rate)[1][8:]


@pytest.mark.parametrize(
    ("offset", "block"), [(1, 0), (3, 512), (1000, 512), (SIZE, 0xFFFFFFFF), (SIZE + 8, 0), (0xFFFFFFFF, 0)]
)
@pytest.mark.parametrize("declared", [None, 0])
def test_wrong_offset_of_the_first_sample_shifts_nothing(tmp_path, offset, block, declared):
    samples, defects = read(tmp_path, "aiff", build_aiff(build_comm(), offset=offset, block=block, declared=declared))

    assert np.array_equal(samples, SOUND)
    assert defects == {"header-wrong"} if declared is None else defects & {"header-wrong", "header-unfinished"}


def test_correct_offset_of_the_first_sample_is_used(tmp_path):
    samples, defects = read(tmp_path, "aiff", build_aiff(build_comm(), offset=100, block=512, pad=bytes(range(100))))

    assert (np.array_equal(samples, SOUND), defects) == (True, set())


@pytest.mark.parametrize("bits", [0, -3, 99, 24])
def test_wrong_sample_width_is_corrected_where_two_other_values_agree(tmp_path, bits):
    samples, defects = read(tmp_path, "aiff", build_aiff(build_comm(bits=bits)))

    assert (np.array_equal(samples, SOUND), defects) == (True, {"header-wrong"})


def test_outdated_number_of_samples_loses_none(tmp_path):
    samples, defects = read(tmp_path, "aiff", build_aiff(build_comm(frames=100), declared=0))

    assert (np.array_equal(samples, SOUND), defects) == (True, {"header-unfinished"})


def test_24_bit_little_endian_aifc_is_read_correctly(tmp_path):
    wide = (SOUND.astype("<i4") << 8).reshape(-1, 1).view("u1")[:, :3].tobytes()
    form = build_comm(bits=24) + b"sowt\0\0"
    raw = build_container("aifc", build_chunk("aifc", b"COMM", form), build_chunk("aifc", b"SSND", bytes(8) + wide))

    samples, defects = read(tmp_path, "aiff", raw)  # ffmpeg 5.1 reads them as 16-bit samples

    assert (np.array_equal(samples, SOUND), defects) == (True, set())


REFUSED = {
    "no rate": (build_aiff(build_comm(rate=0)), "sample rate of 0 Hz"),
    "a rate of 1 Hz": (build_aiff(build_comm(rate=1)), "sample rate of 1 Hz"),
    "a rate of millions": (build_aiff(build_comm(rate=4_000_000)), "sample rate of 4000000 Hz"),
    "a truncated format chunk": (build_aiff(build_comm()[:10]), "sample rate of 0 Hz|the header does not say"),
    "no format chunk": (build_aiff(b"").replace(b"COMM", b"ANNO"), "the header does not say which sample format"),
    "no channels": (build_aiff(build_comm(channels=0)), "the header does not say which sample format"),
    "no width, and no number": (build_aiff(build_comm(bits=0, frames=0)), "contradicts itself"),
    "no audio chunk": (
        build_container("aiff", build_chunk("aiff", b"COMM", build_comm())),
        "header is truncated",
    ),
    "an empty audio chunk": (build_aiff(build_comm(frames=0), samples=b""), "contains no audio"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unknown_values_are_refused_and_not_guessed(tmp_path, name):
    raw, sentence = REFUSED[name]
    file = tmp_path / "a.aiff"
    file.write_bytes(raw)

    with pytest.raises(AudioError, match=sentence) as refused:
        inspect_file(InspectTask(path=str(file)))

    assert refused.value.hint
    assert "Invalid data" not in refused.value.message


@settings(max_examples=20, deadline=None)  # a process or two each
@given(
    kind=st.sampled_from(KINDS),
    declared=st.integers(0, 2**32 - 1) | st.integers(0, 300),
    filler=st.binary(max_size=60),
    wrong=st.sampled_from(["filler", "form", "sound"]),
    position=st.sampled_from(["first", "between"]),
)
def test_no_wrong_chunk_size_produces_noise(tmp_path_factory, kind, declared, filler, wrong, position):
    raw = build_file(kind, SOUND[:4800], declared=declared, filler=filler, wrong=wrong, position=position)

    samples, _ = read(tmp_path_factory.mktemp("scan"), kind, raw)

    length = min(len(samples), 4800)
    assert length > 0
    assert np.array_equal(samples[:length], SOUND[:length])
