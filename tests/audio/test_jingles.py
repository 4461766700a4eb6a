"""Jingles between parts of a talk: exact to the sample, at its loudness."""

import os

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from pipeline.audio.analysis.recording import MeasureTask, measure_recording
from pipeline.audio.encoding.encoder import EncodeTask, encode_master
from pipeline.audio.mastering import master
from pipeline.audio.processing.clips import load_clip
from pipeline.audio.processing.jingles import JingleClip, JinglePlan, PlacedJingle, plan_jingles
from pipeline.audio.tasks import MasterTask
from pipeline.model import Cut, Jingle, SoundTarget, TimedJingle
from tests.audio.panel import panel
from tests.audio.sounds import RATE, ArrayReader, decoded, libebur128, tone, wav
from tests.audio.test_panel_encoded import music
from tests.audio.test_redaction import click_ratio

pytestmark = pytest.mark.slow

MS = RATE // 1000
SOFT = SoundTarget(loudness_lufs=-30, intro_overlap_s=2, outro_overlap_s=3)  # so soft that the limiter does nothing
FADES_MS = (60, 20)  # of the talk, before a jingle and behind it
EDITS = {
    "cuts": (Cut(from_ms=4000, to_ms=5203), Cut(from_ms=20_000, to_ms=21_001), Cut(from_ms=12_000, to_ms=12_345)),
    "mutes": (Cut(from_ms=8000, to_ms=8500),),
    "bleeps": (Cut(from_ms=14_000, to_ms=14_200),),
}
JINGLES = (17_003, 12_345, 25_000)  # the second at the end of a cut; the last has another sound
PLACES_MS = (10_797, 15_455, 22_451)  # where the cuts leave them, in order
LENGTHS_MS = (2010, 2010, 1500)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A talk of half a minute, intro, outro, and two jingles whose duration is not a multiple of a hop."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "opname.wav").write_bytes(wav(panel().sound[: 30 * RATE], kind="s24"))
    (folder / "intro.wav").write_bytes(wav(tone((-20, 4), hz=15_000)))
    (folder / "outro.wav").write_bytes(wav(tone((-20, 5), hz=16_000)))
    (folder / "jingle.wav").write_bytes(wav(tone((-35, 2.0033), hz=12_000)))
    (folder / "ander.wav").write_bytes(wav(music(1.5)))
    return folder


def mastered(studio, *, jingles=(), target=SOFT, out="uit.wav", around=True, **edits):
    source = str(studio / "opname.wav")
    facts = measure_recording(MeasureTask(parts=(source,), cuts=edits.get("cuts", ())))
    clips = {name: str(studio / f"{name}.wav") for name in ("intro", "outro") if around}
    task = MasterTask(
        parts=(source,), target=target, facts=facts, out=str(studio / out), jingles=jingles, **clips, **edits
    )
    return master(task), studio / out


def jingles(studio, *places_ms):
    sounds = [str(studio / "jingle.wav")] * 2 + [str(studio / "ander.wav")]
    return tuple(Jingle(at_ms=at_ms, sound=sound) for at_ms, sound in zip(places_ms, sounds, strict=False))


@pytest.fixture(scope="module")
def mastered_pair(studio):
    """Result and audio with jingles and without; both with intro, outro and edits."""
    result, out = mastered(studio, jingles=jingles(studio, *JINGLES), **EDITS)
    plain, bare = mastered(studio, out="kaal.wav", **EDITS)
    return result, decoded(out)[:, 0], plain, decoded(bare)[:, 0]


def test_talk_between_jingles_is_unchanged_sample_for_sample(mastered_pair):
    """Noise, levels and hum are those of the talk; only its fades around a jingle are new."""
    result, output, plain, bare = mastered_pair
    ratio = 10 ** ((result.gain_db - plain.gain_db) / 20)
    places = [place_ms * MS for place_ms in PLACES_MS]
    lengths = [length_ms * MS for length_ms in LENGTHS_MS]
    begin = plain.offset_ms * MS

    assert plain.offset_ms == result.offset_ms == 2000
    assert len(output) == len(bare) + sum(lengths)
    at, moved = 0, 0
    for place, length in zip([*(begin + one for one in places), len(bare)], [*lengths, 0], strict=True):
        before = FADES_MS[0] * MS if place < len(bare) else 0
        behind = FADES_MS[1] * MS if at else 0
        same = slice(at + behind, place - before)
        assert np.abs(output[same.start + moved : same.stop + moved] - ratio * bare[same]).max() < 2**-22
        at, moved = place, moved + length


def test_each_jingle_is_at_its_time_sample_for_sample(mastered_pair, studio):
    _, output, plain, _ = mastered_pair

    moved_ms = plain.offset_ms
    for place_ms, length_ms, name in zip(PLACES_MS, LENGTHS_MS, ("jingle", "jingle", "ander"), strict=True):
        clip = load_clip(str(studio / f"{name}.wav"), channels=1)[:, 0].astype(np.float64)
        there = output[(moved_ms + place_ms) * MS :][: length_ms * MS]
        gain = (there[: len(clip)] @ clip) / (clip @ clip)
        assert np.abs(there[: len(clip)] - gain * clip).max() < 2**-22
        assert len(there) - len(clip) < 10 * MS
        assert not there[len(clip) :].any()
        moved_ms += length_ms


def test_report_lists_time_and_duration_of_jingles(mastered_pair):
    result, _, plain, _ = mastered_pair

    assert result.timed_jingles == (
        TimedJingle(at_ms=12_345, length_ms=2010),
        TimedJingle(at_ms=17_003, length_ms=2010),
        TimedJingle(at_ms=25_000, length_ms=1500),
    )
    assert plain.timed_jingles == ()
    texts = [str(step).partition(" at the loudness")[0] for step in result.steps if "jingle" in str(step)]
    assert ["jingle of 2.0 s between parts, at 0:12, 0:19,", "jingle of 1.5 s between parts, at 0:28,"] == texts
    assert result.duration_s == pytest.approx(plain.duration_s + 5.52)


def test_jingle_is_brought_to_the_loudness_of_the_talk(mastered_pair):
    result, output, _, _ = mastered_pair
    talk = np.concatenate([output[4000 * MS : 13_000 * MS], output[21_600 * MS : 28_300 * MS]])

    for first, last in ((12_900, 14_400), (19_500, 21_000), (28_500, 29_700)):
        level = libebur128(np.repeat(output[first * MS : last * MS, np.newaxis], 2, axis=1))[0]
        assert level == pytest.approx(libebur128(np.repeat(talk[:, np.newaxis], 2, axis=1))[0], abs=1)
    assert libebur128(np.repeat(output[:, np.newaxis], 2, axis=1))[0] == pytest.approx(-30, abs=0.1)
    assert result.defects == ()


def test_bell_too_short_for_the_meter_is_brought_to_loudness_and_silence_is_reported(studio):
    for name, sound in (("bel", tone((-3, 0.3))), ("stil", tone((-300, 1)))):
        (studio / f"{name}.wav").write_bytes(wav(sound))
    places = {"bel": 5000, "stil": 9000}
    given = tuple(Jingle(at_ms=at_ms, sound=str(studio / f"{name}.wav")) for name, at_ms in places.items())

    result, out = mastered(studio, jingles=given, out="bel.wav", around=False)

    bell = np.tile(decoded(out)[5000 * MS : 5300 * MS], (4, 1))
    assert libebur128(bell)[0] == pytest.approx(-30, abs=1.5)
    assert "silence of 1.0 s between parts, at 0:09" in map(str, result.steps)


def test_jingles_do_not_count_as_talk_time(mastered_pair):
    """Jingles neither add to talk time nor reduce it."""
    result, _, plain, _ = mastered_pair

    assert [row.before_s for row in result.talk] == [row.before_s for row in plain.talk]
    assert sum(row.after_s for row in result.talk) == pytest.approx(sum(row.after_s for row in plain.talk), abs=0.05)


def test_jingles_do_not_click_even_in_the_middle_of_a_word(studio):
    """In the MP3 as listeners get it, at the target they get it at."""
    words = [round(500 * sum(span)) for span in (panel().loud[0], panel().soft[0])]
    target = SoundTarget()

    result, out = mastered(studio, jingles=jingles(studio, *words), target=target, around=False, out="klik.wav")
    encode_master(EncodeTask(master=str(out), format="mp3", target=target, out=str(studio / "klik.mp3")))

    output = decoded(studio / "klik.mp3")[:, :1]
    assert len(output) == round(result.duration_s * RATE)
    edges = [
        edge for number, at_ms in enumerate(words) for edge in (at_ms + 2010 * number, at_ms + 2010 * (number + 1))
    ]
    assert [] == [edge for edge in edges if click_ratio_without_jingle(output, edge) >= 1]
    broken = output.copy()
    broken[edges[0] * MS :] += 0.05
    assert click_ratio_without_jingle(broken, edges[0]) > 1


def click_ratio_without_jingle(output, at_ms):
    """``click_ratio`` without the pitch of the jingle."""
    return click_ratio(
        sosfiltfilt(butter(4, [11_000, 13_000], "bandstop", fs=RATE, output="sos"), output, axis=0), at_ms
    )


def plan(studio, talk, *places_ms, target=SOFT):
    """The music of a task around so many samples."""
    clips = {name: str(studio / f"{name}.wav") for name in ("intro", "outro")}
    task = MasterTask(parts=(), target=target, facts=None, out="", jingles=jingles(studio, *places_ms), **clips)
    return plan_jingles(task, channels=1, loudness_lufs=-20, talk_samples=talk)


def mix(plan, talk, size=20 * RATE):
    """Mix range by range."""
    read = ArrayReader(talk).read_range
    ranges = ((first, min(first + size, plan.samples)) for first in range(0, plan.samples, size))
    return np.concatenate([plan.mix_range(read, first, last) for first, last in ranges])


def test_intro_ends_before_the_first_jingle_and_outro_begins_after_the_last(studio):
    """Overlaps of four and five seconds are requested; there are words for only one and two."""
    target = SoundTarget(intro_overlap_s=4, outro_overlap_s=5)
    around = plan(studio, 30 * RATE, 1005, 28_000, target=target)

    silent = mix(around, np.zeros((30 * RATE, 1), np.float32))[:, 0]

    assert (around.intro.overlap, around.outro.overlap) == (1000 * MS, 2000 * MS)
    assert len(silent) == round((4 + 30 + 2 * 2.01 + 5 - 1 - 2) * RATE)
    music = np.convolve(np.abs(silent) > 0, np.ones(MS + 1), "same") > 0
    edges_ms = (np.flatnonzero(np.diff(music, prepend=False, append=False)) / MS).round().tolist()
    assert edges_ms == pytest.approx([0, 4000, 4005, 6008, 33_010, 35_013, 35_020, 40_020], abs=1)


def test_file_is_loaded_once_and_result_does_not_depend_on_ranges(studio):
    talk = np.random.default_rng(3).normal(0, 0.1, (3 * RATE, 1)).astype(np.float32)
    around = plan(studio, len(talk), 500, 1000, 2000)

    whole, small = (mix(around, talk, size) for size in (20 * RATE, 7777))

    one, two, three = around.jingles
    assert one.clip is two.clip is not three.clip
    assert (whole == small).all()


def test_extracted_hops_of_the_talk_equal_the_original(studio):
    around = plan(studio, 30 * RATE, 1005, 12_345, 28_000)
    hops = np.arange(3000, dtype=np.float32)

    energies, peaks = around.predict(hops, -hops)

    assert len(energies) == len(peaks) == (4 + 30 + 2 * 2.01 + 1.5 + 5 - 1 - 2) * 100
    assert (around.extract_talk(energies)[:3000] == hops).all()
    assert (around.extract_talk(peaks)[:3000] == -hops).all()


def test_jingle_after_the_end_of_the_talk_is_played():
    """The build rejects it earlier; a recording shorter than measured loses nothing."""
    none = JingleClip(sound=np.zeros((0, 1), np.float32))
    bell = PlacedJingle(at_ms=2000, at=2 * RATE, clip=JingleClip(sound=np.ones((480, 1), np.float32)))

    output = mix(JinglePlan(intro=none, outro=none, jingles=(bell,), talk_samples=RATE), np.full((RATE, 1), 0.5, "f4"))

    assert len(output) == RATE + 480
    assert (output[RATE:] == 1).all()


def test_master_with_jingles_has_the_same_bytes_on_one_core(studio):
    cores = os.sched_getaffinity(0)
    _, out = mastered(studio, jingles=jingles(studio, *JINGLES), out="twee.wav", **EDITS)

    os.sched_setaffinity(0, {min(cores)})
    try:
        _, on_one_core = mastered(studio, jingles=jingles(studio, *JINGLES), out="een.wav", **EDITS)
    finally:
        os.sched_setaffinity(0, cores)

    assert out.read_bytes() == on_one_core.read_bytes()
