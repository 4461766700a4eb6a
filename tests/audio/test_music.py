"""Jingles between parts of a talk: to the sample in their place, as loud as it, and nothing else of it is another."""

import os

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from pipeline.audio.analysis.recording import MeasureJob, measure
from pipeline.audio.encoding.encoder import EncodeJob, encode
from pipeline.audio.processing.clips import load
from pipeline.audio.processing.jingles import Between, Clip, music_of, parted_by
from pipeline.audio.processing.mastering import MasterJob, master
from pipeline.model import Cut, Interlude, Jingle, SoundTarget
from tests.audio.panel import panel
from tests.audio.sounds import RATE, decoded, libebur128, tone, wav
from tests.audio.test_editing import sharpness
from tests.audio.test_panel_delivered import music

MS = RATE // 1000
SOFT = SoundTarget(loudness_lufs=-30, intro_overlap_s=2, outro_overlap_s=3)  # so soft that nothing needs a limit
FADES_MS = (60, 20)  # of the talk, before a jingle and behind it
EDITS = {
    "cuts": (Cut(from_ms=4000, to_ms=5203), Cut(from_ms=20_000, to_ms=21_001), Cut(from_ms=12_000, to_ms=12_345)),
    "mutes": (Cut(from_ms=8000, to_ms=8500),),
    "bleeps": (Cut(from_ms=14_000, to_ms=14_200),),
}
JINGLES = (17_003, 12_345, 25_000)  # the second at the end of a cut; the last has a sound of its own
PLACES_MS = (10_797, 15_455, 22_451)  # where the cuts leave them, in order
LENGTHS_MS = (2010, 2010, 1500)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Where a talk of half a minute lies, an intro, an outro, and two jingles that last no whole hundredth of a second."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "opname.wav").write_bytes(wav(panel().sound[: 30 * RATE], kind="s24"))
    (folder / "intro.wav").write_bytes(wav(tone((-20, 4), hz=15_000)))
    (folder / "outro.wav").write_bytes(wav(tone((-20, 5), hz=16_000)))
    (folder / "jingle.wav").write_bytes(wav(tone((-35, 2.0033), hz=12_000)))
    (folder / "ander.wav").write_bytes(wav(music(1.5)))
    return folder


def mastered(studio, *, jingles=(), target=SOFT, out="uit.flac", around=True, **edits):
    source = str(studio / "opname.wav")
    facts = measure(MeasureJob(parts=(source,), cuts=edits.get("cuts", ())))
    clips = {name: str(studio / f"{name}.wav") for name in ("intro", "outro") if around}
    job = MasterJob(
        parts=(source,), target=target, facts=facts, out=str(studio / out), jingles=jingles, **clips, **edits
    )
    return master(job), studio / out


def jingles(studio, *places_ms):
    sounds = [str(studio / "jingle.wav")] * 2 + [str(studio / "ander.wav")]
    return tuple(Jingle(at_ms=at_ms, sound=sound) for at_ms, sound in zip(places_ms, sounds, strict=False))


@pytest.fixture(scope="module")
def parted(studio):
    """With jingles and without, both with music around them and with edits: what was told, and the sound."""
    made, out = mastered(studio, jingles=jingles(studio, *JINGLES), **EDITS)
    plain, bare = mastered(studio, out="kaal.flac", **EDITS)
    return made, decoded(out)[:, 0], plain, decoded(bare)[:, 0]


def test_between_jingles_the_talk_is_what_it_was_sample_for_sample(parted):
    """Noise, levels and hum are those of the talk alone: only its fades beside a jingle are new."""
    made, heard, plain, bare = parted
    ratio = 10 ** ((made.gain_db - plain.gain_db) / 20)
    places = [place_ms * MS for place_ms in PLACES_MS]
    lengths = [length_ms * MS for length_ms in LENGTHS_MS]
    begin = plain.offset_ms * MS

    assert plain.offset_ms == made.offset_ms == 2000
    assert len(heard) == len(bare) + sum(lengths)
    at, moved = 0, 0
    for place, length in zip([*(begin + one for one in places), len(bare)], [*lengths, 0], strict=True):
        before = FADES_MS[0] * MS if place < len(bare) else 0
        behind = FADES_MS[1] * MS if at else 0
        same = slice(at + behind, place - before)
        assert np.abs(heard[same.start + moved : same.stop + moved] - ratio * bare[same]).max() < 2**-22
        at, moved = place, moved + length


def test_each_jingle_is_heard_in_its_place_sample_for_sample(parted, studio):
    _, heard, plain, _ = parted

    moved_ms = plain.offset_ms
    for place_ms, length_ms, name in zip(PLACES_MS, LENGTHS_MS, ("jingle", "jingle", "ander"), strict=True):
        clip = load(str(studio / f"{name}.wav"), width=1)[:, 0].astype(np.float64)
        there = heard[(moved_ms + place_ms) * MS :][: length_ms * MS]
        gain = (there[: len(clip)] @ clip) / (clip @ clip)
        assert np.abs(there[: len(clip)] - gain * clip).max() < 2**-22
        assert len(there) - len(clip) < 10 * MS
        assert not there[len(clip) :].any()
        moved_ms += length_ms


def test_what_is_told_of_jingles_is_where_they_are_and_how_long(parted):
    made, _, plain, _ = parted

    assert made.interludes == (
        Interlude(at_ms=12_345, length_ms=2010),
        Interlude(at_ms=17_003, length_ms=2010),
        Interlude(at_ms=25_000, length_ms=1500),
    )
    assert plain.interludes == ()
    told = [str(step).partition(" as loud")[0] for step in made.steps if "jingle" in str(step)]
    assert ["jingle of 2.0 s between parts, at 0:12, 0:19,", "jingle of 1.5 s between parts, at 0:28,"] == told
    assert made.duration_s == pytest.approx(plain.duration_s + 5.52)


def test_a_jingle_is_as_loud_as_the_talk_however_loud_it_was(parted):
    made, heard, _, _ = parted
    talk = np.concatenate([heard[4000 * MS : 13_000 * MS], heard[21_600 * MS : 28_300 * MS]])

    for first, last in ((12_900, 14_400), (19_500, 21_000), (28_500, 29_700)):
        level = libebur128(np.repeat(heard[first * MS : last * MS, np.newaxis], 2, axis=1))[0]
        assert level == pytest.approx(libebur128(np.repeat(talk[:, np.newaxis], 2, axis=1))[0], abs=1)
    assert libebur128(np.repeat(heard[:, np.newaxis], 2, axis=1))[0] == pytest.approx(-30, abs=0.1)
    assert made.defects == ()


def test_a_bell_too_short_for_the_meter_is_as_loud_as_the_talk_and_silence_is_told_as_what_it_is(studio):
    for name, sound in (("bel", tone((-3, 0.3))), ("stil", tone((-300, 1)))):
        (studio / f"{name}.wav").write_bytes(wav(sound))
    places = {"bel": 5000, "stil": 9000}
    given = tuple(Jingle(at_ms=at_ms, sound=str(studio / f"{name}.wav")) for name, at_ms in places.items())

    made, out = mastered(studio, jingles=given, out="bel.flac", around=False)

    bell = np.tile(decoded(out)[5000 * MS : 5300 * MS], (4, 1))
    assert libebur128(bell)[0] == pytest.approx(-30, abs=1.5)
    assert "nothing but silence between parts, for 1.0 s at 0:09" in map(str, made.steps)


def test_nobody_speaks_while_a_jingle_is_heard(parted):
    """Talk time is that of the talk: a jingle counts for nobody, and hides nobody."""
    made, _, plain, _ = parted

    assert [row.before_s for row in made.talk] == [row.before_s for row in plain.talk]
    assert sum(row.after_s for row in made.talk) == pytest.approx(sum(row.after_s for row in plain.talk), abs=0.05)


def test_nothing_clicks_where_a_jingle_begins_or_ends_even_in_the_middle_of_a_word(studio):
    """In the MP3 as listeners get it, at the target they get it at."""
    words = [round(500 * sum(span)) for span in (panel().loud[0], panel().soft[0])]
    target = SoundTarget()

    made, out = mastered(studio, jingles=jingles(studio, *words), target=target, around=False, out="klik.flac")
    encode(EncodeJob(master=str(out), format="mp3", target=target, out=str(studio / "klik.mp3")))

    heard = decoded(studio / "klik.mp3")[:, :1]
    assert len(heard) == round(made.duration_s * RATE)
    edges = [
        edge for number, at_ms in enumerate(words) for edge in (at_ms + 2010 * number, at_ms + 2010 * (number + 1))
    ]
    assert [] == [edge for edge in edges if dull(heard, edge) >= 1]
    broken = heard.copy()
    broken[edges[0] * MS :] += 0.05
    assert dull(broken, edges[0]) > 1


def dull(heard, at_ms):
    """``sharpness`` without the pitch of the jingle, which is above what it looks at."""
    return sharpness(sosfiltfilt(butter(4, [11_000, 13_000], "bandstop", fs=RATE, output="sos"), heard, axis=0), at_ms)


def laid(studio, talk, *places_ms, target=SOFT):
    """The music of a job around so many samples."""
    clips = {name: str(studio / f"{name}.wav") for name in ("intro", "outro")}
    job = MasterJob(parts=(), target=target, facts=None, out="", jingles=jingles(studio, *places_ms), **clips)
    return music_of(job, width=1, loudness_lufs=-20, talk=talk)


def test_an_intro_ends_before_the_first_jingle_and_an_outro_begins_behind_the_last(studio):
    """Asked for four and five seconds under the words: there are only one and two."""
    target = SoundTarget(intro_overlap_s=4, outro_overlap_s=5)
    around = laid(studio, 30 * RATE, 1005, 28_000, target=target)

    silent = np.concatenate(list(around.around([np.zeros((30 * RATE, 1), np.float32)])))[:, 0]

    assert (around.intro.overlap, around.outro.overlap) == (1000 * MS, 2000 * MS)
    assert len(silent) == round((4 + 30 + 2 * 2.01 + 5 - 1 - 2) * RATE)
    music = np.convolve(np.abs(silent) > 0, np.ones(MS + 1), "same") > 0
    edges_ms = (np.flatnonzero(np.diff(music, prepend=False, append=False)) / MS).round().tolist()
    assert edges_ms == pytest.approx([0, 4000, 4005, 6008, 33_010, 35_013, 35_020, 40_020], abs=1)


def test_the_same_file_is_opened_once_and_nothing_depends_on_the_size_of_blocks(studio):
    talk = np.random.default_rng(3).normal(0, 0.1, (3 * RATE, 1)).astype(np.float32)
    around = laid(studio, len(talk), 500, 1000, 2000)

    whole, small = (
        np.concatenate(list(around.around(talk[at : at + size] for at in range(0, len(talk), size))))
        for size in (RATE, 777)
    )

    one, two, three = around.jingles
    assert one.clip is two.clip is not three.clip
    assert (whole == small).all()


def test_the_hops_of_a_talk_are_found_again_among_those_of_all_its_music(studio):
    around = laid(studio, 30 * RATE, 1005, 12_345, 28_000)
    hops = np.arange(3000, dtype=np.float32)

    energies, peaks = around.foretold(hops, -hops)

    assert len(energies) == len(peaks) == (4 + 30 + 2 * 2.01 + 1.5 + 5 - 1 - 2) * 100
    assert (around.talk_in(energies)[:3000] == hops).all()
    assert (around.talk_in(peaks)[:3000] == -hops).all()


def test_a_jingle_behind_all_there_is_is_heard_all_the_same():
    """The build refuses it before; a recording that turns out shorter than it was measured loses nothing."""
    bell = Between(at_ms=2000, at=2 * RATE, clip=Clip(sound=np.ones((480, 1), np.float32)))

    heard = np.concatenate(list(parted_by([np.full((RATE, 1), 0.5, np.float32)], [bell])))

    assert len(heard) == RATE + 480
    assert (heard[RATE:] == 1).all()


def test_a_master_with_jingles_is_the_same_bytes_on_one_processor(studio):
    cores = os.sched_getaffinity(0)
    _, out = mastered(studio, jingles=jingles(studio, *JINGLES), out="twee.flac", **EDITS)

    os.sched_setaffinity(0, {min(cores)})
    try:
        _, alone = mastered(studio, jingles=jingles(studio, *JINGLES), out="een.flac", **EDITS)
    finally:
        os.sched_setaffinity(0, cores)

    assert out.read_bytes() == alone.read_bytes()
