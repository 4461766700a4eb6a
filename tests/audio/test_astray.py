"""Chunks whose sizes lead astray, in every container: the sound comes out sample for sample as it went in, or it is refused."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.analysis.recording import inspect, sound
from pipeline.audio.io import probe
from pipeline.audio.tasks import InspectJob
from pipeline.errors import AudioError
from tests.audio.containers import (
    KINDS,
    RATE,
    ROOM,
    WORDS,
    chunk,
    container,
    filler_of,
    form_of,
    made,
    samples_of,
    sound_of,
)

SOUND = np.random.default_rng(3).normal(0, 3000, (RATE, 2)).astype(np.int16)  # any shift of it would be other noise
SIZE = SOUND.nbytes


def read(folder, kind, raw):
    """What comes out, as whole numbers of 16 bits, and what is told."""
    file = folder / f"a.{kind}"
    file.write_bytes(raw)
    part = probe.open_part(str(file))
    whole = np.concatenate([block.copy() for block in sound([part], width=2)])
    told = probe.defects_after(part, decoded_s=len(whole) / RATE, start_s=0.0, complaints=())
    return np.round(whole * 2**15).astype(np.int16), {defect.code for defect in told}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [0, 5, len(WORDS) - 4, len(WORDS) + 100, SIZE // 2, 2**31, 0xFFFFFFFF])
def test_a_chunk_before_the_sound_that_says_a_false_size_costs_no_sample(tmp_path, kind, said):
    raw = made(kind, SOUND, filler=WORDS, said=said, place="first" if said % 2 else "between")

    whole, told = read(tmp_path, kind, raw)

    assert np.array_equal(whole, SOUND)
    assert told == {"header-wrong"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [0, 9, 17, 1000, 0xFFFFFFFF])
def test_a_form_that_says_a_false_size_costs_no_sample(tmp_path, kind, said):
    whole, told = read(tmp_path, kind, made(kind, SOUND, filler=ROOM, lies="form", said=said))

    assert np.array_equal(whole, SOUND)
    assert told <= {"header-wrong"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", [0, SIZE // 2, SIZE * 3])
def test_sound_that_stands_before_its_form_and_says_a_false_size_costs_no_sample(tmp_path, kind, said):
    whole, told = read(tmp_path, kind, made(kind, SOUND, late=True, lies="sound", said=said))

    assert np.array_equal(whole, SOUND)
    assert told & {"header-wrong", "header-unfinished"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_false_chunk_and_a_sound_that_was_never_given_a_size_cost_no_sample_together(tmp_path, kind):
    filler = chunk(kind, *filler_of(kind, b"ruwe data\0\0\0\0\0\0\0\0\0\0\0"), 3)
    long = chunk(kind, b"ds64", struct.pack("<QQQI", 0, 0, 0, 0)) if kind == "rf64" else b""
    sounding = chunk(kind, *sound_of(kind, samples_of(kind, SOUND)), 0xFFFFFFFF if kind == "rf64" else 0)
    raw = container(kind, long, chunk(kind, *form_of(kind, 0)), filler, sounding)

    whole, told = read(tmp_path, kind, raw)

    assert np.array_equal(whole, SOUND)
    assert told & {"header-wrong", "header-unfinished"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [b"metadata and data: SSND of a fmt " * 20, b"ruwe data" + bytes(50)])
def test_words_that_name_a_chunk_never_become_sound(tmp_path, kind, words):
    raw = container(kind, chunk(kind, *form_of(kind, 9)), chunk(kind, *filler_of(kind, words), 7))

    with pytest.raises(AudioError, match="breaks off in its header, before any sound"):
        read(tmp_path, kind, raw)


def aiff(form, *, offset=0, block=0, pad=b"", said=None, samples=None):
    body = struct.pack(">II", offset, block) + pad + (samples_of("aiff", SOUND) if samples is None else samples)
    return container("aiff", chunk("aiff", b"COMM", form), chunk("aiff", b"SSND", body, said))


def comm(*, channels=2, frames=RATE, bits=16, rate=RATE):
    return struct.pack(">hIh", channels, frames, bits) + form_of("aiff", 0, rate=rate)[1][8:]


@pytest.mark.parametrize(
    ("offset", "block"), [(1, 0), (3, 512), (1000, 512), (SIZE, 0xFFFFFFFF), (SIZE + 8, 0), (0xFFFFFFFF, 0)]
)
@pytest.mark.parametrize("said", [None, 0])
def test_a_false_place_of_the_first_sample_shifts_nothing(tmp_path, offset, block, said):
    whole, told = read(tmp_path, "aiff", aiff(comm(), offset=offset, block=block, said=said))

    assert np.array_equal(whole, SOUND)
    assert told == {"header-wrong"} if said is None else told & {"header-wrong", "header-unfinished"}


def test_a_true_place_of_the_first_sample_is_believed(tmp_path):
    whole, told = read(tmp_path, "aiff", aiff(comm(), offset=100, block=512, pad=bytes(range(100))))

    assert (np.array_equal(whole, SOUND), told) == (True, set())


@pytest.mark.parametrize("bits", [0, -3, 99, 24])
def test_a_false_width_of_samples_gives_no_noise_where_two_others_tell_it(tmp_path, bits):
    whole, told = read(tmp_path, "aiff", aiff(comm(bits=bits)))

    assert (np.array_equal(whole, SOUND), told) == (True, {"header-wrong"})


def test_a_number_of_samples_that_was_never_brought_up_to_date_costs_none(tmp_path):
    whole, told = read(tmp_path, "aiff", aiff(comm(frames=100), said=0))

    assert (np.array_equal(whole, SOUND), told) == (True, {"header-unfinished"})


def test_samples_of_24_bits_with_the_lowest_first_are_no_noise(tmp_path):
    wide = (SOUND.astype("<i4") << 8).reshape(-1, 1).view("u1")[:, :3].tobytes()
    form = comm(bits=24) + b"sowt\0\0"
    raw = container("aifc", chunk("aifc", b"COMM", form), chunk("aifc", b"SSND", bytes(8) + wide))

    whole, told = read(tmp_path, "aiff", raw)  # ffmpeg 5.1 takes them for samples of 16 bits

    assert (np.array_equal(whole, SOUND), told) == (True, set())


UNKNOWABLE = {
    "no rate": (aiff(comm(rate=0)), "a sample rate of 0 Hz"),
    "a rate of 1 Hz": (aiff(comm(rate=1)), "a sample rate of 1 Hz"),
    "a rate of millions": (aiff(comm(rate=4_000_000)), "a sample rate of 4000000 Hz"),
    "a form that breaks off": (aiff(comm()[:10]), "a sample rate of 0 Hz|nothing in its header"),
    "no form": (aiff(b"").replace(b"COMM", b"ANNO"), "nothing in its header tells which samples"),
    "no channels": (aiff(comm(channels=0)), "nothing in its header tells which samples"),
    "no width, and no number": (aiff(comm(bits=0, frames=0)), "contradicts itself"),
    "no sound": (container("aiff", chunk("aiff", b"COMM", comm())), "breaks off in its header"),
    "an empty sound": (aiff(comm(frames=0), samples=b""), "no sound in it"),
}


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_what_nothing_tells_is_refused_and_not_guessed(tmp_path, name):
    raw, sentence = UNKNOWABLE[name]
    file = tmp_path / "a.aiff"
    file.write_bytes(raw)

    with pytest.raises(AudioError, match=sentence) as refused:
        inspect(InspectJob(path=str(file)))

    assert refused.value.hint
    assert "Invalid data" not in refused.value.message


@settings(max_examples=20, deadline=None)  # a process or two each
@given(
    kind=st.sampled_from(KINDS),
    said=st.integers(0, 2**32 - 1) | st.integers(0, 300),
    filler=st.binary(max_size=60),
    lies=st.sampled_from(["filler", "form", "sound"]),
    place=st.sampled_from(["first", "between"]),
)
def test_whatever_size_a_chunk_says_never_noise_comes_out(tmp_path_factory, kind, said, filler, lies, place):
    raw = made(kind, SOUND[:4800], said=said, filler=filler, lies=lies, place=place)

    whole, _ = read(tmp_path_factory.mktemp("astray"), kind, raw)

    length = min(len(whole), 4800)
    assert length > 0
    assert np.array_equal(whole[:length], SOUND[:length])
