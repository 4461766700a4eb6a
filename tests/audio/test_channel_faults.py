"""No voice is lost between channels: faults are found per part and stretch, reported, and repaired.

Real Dutch voices in the channels that recorders and cables give. What is measured is the level of
each voice in what mastering uses of the channels, compared with the voice itself.
"""

from functools import cache

import numpy as np
import pytest
from scipy.signal import fftconvolve

from pipeline.audio.analysis.recording import inspect_file, measure_recording
from pipeline.audio.mastering import master_file
from pipeline.audio.tasks import InspectTask, MasterFileTask, MeasureTask
from pipeline.model import SoundTarget
from tests.audio.panel import voices
from tests.audio.sounds import RATE, decoded, wav

pytestmark = pytest.mark.slow

SECONDS = 40
COUNT = SECONDS * RATE


def scale_to(sound, level_db):
    loud = sound[np.abs(sound) > 0.02 * np.abs(sound).max()]
    return sound / np.sqrt(np.mean(loud.astype(float) ** 2)) * 10 ** (level_db / 20)


@cache
def dialogue():
    """Two voices in turn, each in its own track, shape (2, COUNT)."""
    tracks, at = np.zeros((2, COUNT)), RATE // 4
    phrases = [voices("m", 6), voices("v", 6)]
    number = 0
    while at < COUNT - RATE:
        phrase = scale_to(phrases[number % 2][number // 2 % 6], -22)[: COUNT - RATE // 4 - at]
        tracks[number % 2, at : at + len(phrase)] = phrase
        at += len(phrase) + RATE * 2 // 5
        number += 1
    return tracks


MAN, WOMAN = dialogue()
TALK = MAN + WOMAN
TIMES = np.arange(COUNT) / RATE


def noise(level_db, seed=1):
    return np.random.default_rng(seed).standard_normal(COUNT) * 10 ** (level_db / 20)


def delay(sound, ms, level_db=0.0):
    late = round(ms * RATE / 1000)
    return np.concatenate([np.zeros(late), sound])[:COUNT] * 10 ** (level_db / 20)


def reverberate(sound, seed):
    tail = np.random.default_rng(seed).standard_normal(RATE * 2 // 5) * np.exp(-6.9 * np.linspace(0, 1, RATE * 2 // 5))
    return fftconvolve(sound, tail / np.sqrt(np.sum(tail**2)))[:COUNT]


def between(start_s, stop_s):
    return (start_s <= TIMES) & (stop_s > TIMES)


def compute_level_db(sound, where):
    return 10 * np.log10(np.mean(np.square(sound[where], dtype=float)) + 1e-20)


@pytest.fixture
def measure(tmp_path):
    def measure(*parts, **settings):
        files = []
        for number, channels in enumerate(parts):
            files.append(tmp_path / f"{number}.wav")
            files[-1].write_bytes(wav(np.stack(channels, axis=1), kind="s24"))
        return measure_recording(MeasureTask(parts=tuple(map(str, files)), **settings))

    return measure


def mix(facts, channels, *, part=0):
    """Mix the channels as mastering does for one loudspeaker, shape (samples,)."""
    block = np.stack(channels, axis=1).astype(np.float32)
    return facts.channel_plan.reduce_to_mono().mix(block, part=part, first=0)[:, 0]


def list_defects(facts):
    return [(defect.code, defect.at_s) for defect in facts.defects]


def assert_voices_kept(mixed, tolerance_db=1.0):
    for voice in (MAN, WOMAN):
        where = np.abs(voice) > 1e-3
        assert compute_level_db(mixed, where) == pytest.approx(compute_level_db(voice, where), abs=tolerance_db)


# Faults of one channel of two

QUIET = noise(-70, 1), noise(-70, 2)
FAULTS = {  # a function that makes the channels, codes and times, a part of the message
    "right dead": (lambda: [TALK, 0 * TALK], [("dead-channel", None)], "right channel is silent"),
    "left dead with DC offset": (lambda: [0 * TALK + 0.005, TALK + 0.005], [("dead-channel", None)], "left channel is silent"),
    "right holds crosstalk": (lambda: [TALK + noise(-72), TALK * 10 ** (-45 / 20)], [("nearly-dead-channel", None)], "45 dB below"),
    "right 25 dB softer": (lambda: [TALK + QUIET[0], TALK * 0.056], [("nearly-dead-channel", None)], "25 dB below"),
    "right holds noise": (lambda: [TALK + QUIET[0], noise(-60)], [("noise-channel", None)], "right channel holds only noise"),
    "right holds loud noise": (lambda: [TALK + QUIET[0], noise(-45)], [("noise-channel", None)], "right channel holds only noise"),
    "right holds hum": (lambda: [TALK + QUIET[0], 4e-3 * np.sin(314 * TIMES)], [("hum", 0.0), ("noise-channel", None)], "only noise"),
    "right dies for 15 s": (lambda: [TALK + QUIET[0], np.where(between(12, 27), 0, TALK + QUIET[1])], [("channel-lost", 12)], "right channel is silent from 0:12 to 0:27"),
    "left starts late": (lambda: [np.where(between(0, 8), 0, TALK + QUIET[0]), TALK + QUIET[1]], [("channel-lost", 0)], "left channel is silent from 0:00"),
    "inverted": (lambda: [TALK + QUIET[0], -TALK + QUIET[1]], [("anti-phase", None)], "opposite polarity"),
    "inverted and softer": (lambda: [TALK + QUIET[0], -0.3 * TALK + QUIET[1]], [("anti-phase", None)], "opposite polarity"),
    "inverted for a third": (lambda: [TALK + QUIET[0], np.where(between(13, 27), -1, 1) * TALK + QUIET[1]], [("anti-phase", 13)], "polarity from 0:13 to 0:27"),
    "inverted spaced pair": (lambda: [MAN + delay(WOMAN, 0.6, -3) + QUIET[0], -delay(MAN, 0.6, -3) - WOMAN + QUIET[1]], [("anti-phase", None)], "opposite"),
    "voice per ear": (lambda: [MAN + QUIET[0], WOMAN + QUIET[1]], [("separate-microphones", None)], "placed in the centre"),
    "voice per ear with bleed": (lambda: [MAN + reverberate(delay(WOMAN, 4, -17), 1), WOMAN + reverberate(delay(MAN, 4, -17), 2)], [("separate-microphones", None)], "each with a voice of its own"),
    "voice per ear, gated": (lambda: [MAN, WOMAN], [("separate-microphones", None)], "placed in the centre"),
    "telephone": (lambda: [MAN + noise(-60), 0.15 * WOMAN], [("separate-microphones", None)], "two microphones"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_reported_and_no_voice_is_lost(measure, name):
    make, expected, message = FAULTS[name]
    channels = make()

    facts = measure(channels)

    assert [code for code, _ in list_defects(facts)] == [code for code, _ in expected]
    for (_, found_s), (_, at_s) in zip(list_defects(facts), expected, strict=True):
        assert found_s is None if at_s is None else found_s == pytest.approx(at_s, abs=0.5)
    assert message in str(facts.defects[-1].message)
    mixed = mix(facts, channels)
    if name == "telephone":
        mixed = mixed / np.where(np.abs(WOMAN) > 0, 0.15, 1)
    softer = 3.8 if name in ("inverted and softer", "inverted spaced pair") else 1.0  # the mean of both channels
    assert_voices_kept(mixed, tolerance_db=softer)


# Sound recordings

PANNED = [0.85 * MAN + 0.25 * WOMAN + QUIET[0], 0.25 * MAN + 0.85 * WOMAN + QUIET[1]]
MUSIC_NOTES = np.random.default_rng(3)


def play_music():
    """Notes from several places between left and right."""
    sound = np.zeros((2, COUNT))
    for _ in range(50):
        hz, start = 110 * 2 ** (MUSIC_NOTES.integers(0, 36) / 12), MUSIC_NOTES.uniform(0, SECONDS - 3)
        angle, own = MUSIC_NOTES.uniform(0, np.pi / 2), between(start, start + 3)
        note = sum(np.sin(2 * np.pi * hz * k * TIMES[own] + k) / k for k in (1, 2, 3)) * np.exp(start - TIMES[own])
        sound[:, own] += 0.05 * np.array([[np.cos(angle)], [np.sin(angle)]]) * note
    return list(sound)


def applaud():
    random = np.random.default_rng(8)
    claps = random.standard_normal((2, COUNT)) * (np.abs(random.standard_normal((2, COUNT))) > 2.5) * 0.2
    return list(claps + random.standard_normal((2, COUNT)) * 1e-3)


SOUND = {
    "mono in stereo": lambda: [TALK, TALK],
    "right 6 dB softer": lambda: [TALK + QUIET[0], 0.5 * TALK + QUIET[1]],
    "right 15 dB softer": lambda: [TALK, 0.18 * TALK],
    "coincident pair": lambda: PANNED,
    "coincident pair, far apart": lambda: [MAN + 0.2 * WOMAN + QUIET[0], 0.2 * MAN + WOMAN + QUIET[1]],
    "spaced pair": lambda: [MAN + delay(WOMAN, 0.6, -3) + QUIET[0], delay(MAN, 0.6, -3) + WOMAN + QUIET[1]],
    "second microphone 2.5 ms later": lambda: [TALK + QUIET[0], delay(TALK, 2.5) + QUIET[1]],
    "second microphone 5 ms later": lambda: [TALK + QUIET[0], delay(TALK, 5) + QUIET[1]],
    "one voice, second microphone 4 ms later": lambda: [MAN + QUIET[0], delay(MAN, 4, -3) + QUIET[1]],
    "one side of a pair": lambda: [MAN + QUIET[0], 0.35 * MAN + QUIET[1]],
    "music": play_music,
    "applause": applaud,
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_stereo_recording_stays_as_it_is(measure, name):
    facts = measure(SOUND[name]())

    assert list_defects(facts) == []
    assert (facts.channel_plan.channels, facts.channel_plan.stretches) == (2, ())


# A microphone used seldom


@pytest.mark.parametrize(("seconds", "level_db", "floor_db"), [(4.6, -42, -86), (2.0, -46, -300), (0.7, -40, -84)])
def test_microphone_used_once_is_heard(measure, seconds, level_db, floor_db):
    length, start = round(seconds * RATE), 20 * RATE
    question = np.zeros(COUNT)
    question[start : start + length] = scale_to(np.concatenate(voices("v", 6)[2:5]), level_db)[:length]
    where = between(20, 20 + seconds)
    room = np.where(between(19.5, 20.5 + seconds), 0, MAN) + noise(-72)
    channels = [room, question + noise(floor_db, 4)]

    facts = measure(channels)

    assert compute_level_db(mix(facts, channels), where) == pytest.approx(compute_level_db(question, where), abs=0.5)
    assert compute_level_db(mix(facts, channels), ~where) == pytest.approx(compute_level_db(room, ~where), abs=0.5)
    assert list_defects(facts) == [("separate-microphones", None)]


def test_seldom_used_microphone_is_left_out_elsewhere(measure):
    question = np.zeros(COUNT * 4)
    question[2 * COUNT : 2 * COUNT + 2 * RATE] = scale_to(voices("v", 6)[2], -40)[: 2 * RATE]
    room = np.tile(MAN, 4) * (question == 0)

    facts = measure([room, question])

    assert "the right channel is a microphone that is used only at 1:1" in str(facts.defects[0].message)
    assert len(facts.channel_plan.stretches) == 3


# Parts


def test_each_part_is_judged_alone(measure):
    inverted, sound, dead = [TALK + QUIET[0], -TALK + QUIET[1]], [TALK + QUIET[0], TALK + QUIET[1]], [TALK, 0 * TALK]

    facts = measure(inverted, sound, dead)

    for part, channels in enumerate((inverted, sound, dead)):
        assert_voices_kept(mix(facts, channels, part=part), tolerance_db=0.2)
    assert list_defects(facts) == [("anti-phase", 0.0), ("channel-lost", 2.0 * SECONDS)]
    assert "from 0:00 to 0:40" in str(facts.defects[0].message)
    assert "from 1:20 to 2:00" in str(facts.defects[1].message)


def test_fault_of_all_parts_is_reported_once(measure):
    facts = measure([TALK, 0 * TALK], [WOMAN, 0 * WOMAN])

    assert list_defects(facts) == [("dead-channel", None)]
    assert facts.channel_plan.channels == 1


def test_mono_part_joins_a_stereo_part(measure):
    facts = measure([TALK + QUIET[0], -TALK + QUIET[1]], [TALK])

    assert_voices_kept(mix(facts, [TALK], part=1), tolerance_db=0.01)
    assert facts.channel_plan.channels == 2


# More than two channels

HUSHED = [noise(-70, seed) for seed in range(10, 14)]
MANY = {  # a function that makes the channels, and those used, counted from 1
    "one of two wired the wrong way": (lambda: [TALK, -TALK, *HUSHED[:2]], {1: 1, 2: -1}),
    "two voices, one wired the wrong way": (lambda: [MAN + 0.3 * WOMAN, -WOMAN - 0.3 * MAN, *HUSHED[:2]], {1: 1, 2: -1}),
    "pair and two empty channels": (lambda: [*PANNED, HUSHED[0], 0 * TALK], {1: 1, 2: 1}),
    "mix and microphones": (lambda: [TALK, TALK, MAN, WOMAN, noise(-60, 7), noise(-60, 8)], {1: 1}),
    "ambisonics": (lambda: [0.7 * TALK, 0.5 * TALK, -0.5 * TALK, 0.1 * TALK] , {1: 1}),
    "5.1 with the talk in the centre": (lambda: [noise(-80, 2), noise(-80, 3), TALK, noise(-90, 4), noise(-80, 5), noise(-80, 6)], {3: 1}),
    "one microphone of eight": (lambda: [*[noise(-50 - number, number) for number in range(7)], TALK + HUSHED[0]], {8: 1}),
    "a room and two microphones": (lambda: [noise(-40, 3) + 0.3 * reverberate(TALK, 1), MAN + HUSHED[0], WOMAN + HUSHED[1]], {2: 1, 3: 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_of_many_channels_the_voices_are_used(measure, name):
    make, used = MANY[name]
    channels = make()

    facts = measure(channels)

    weights = np.array(facts.channel_plan.stretches[0].weights).sum(axis=0)
    assert {int(channel) + 1: int(np.sign(weights[channel])) for channel in np.flatnonzero(weights)} == used
    assert len(facts.channel_plan.stretches) == 1
    assert facts.integrated_lufs > -30
    assert ("anti-phase" in dict(list_defects(facts))) == (-1 in used.values())
    assert dict(list_defects(facts))["many-channels"] is None
    tolerance_db = 6.1 if len(used) == 2 else 3.2 if name == "ambisonics" else 1.0  # the mean of two halves a voice
    assert_voices_kept(mix(facts, channels), tolerance_db=tolerance_db)


def test_channels_that_follow_each_other_are_listed_as_a_range(measure):
    facts = measure([0 * TALK, TALK, *[0 * TALK] * 4, TALK, *[0 * TALK] * 2])

    (silent,) = (str(defect.message) for defect in facts.defects if defect.code == "dead-channel")
    assert silent == "silent channels: 1, 3–6, 8, 9"


def test_three_microphones_are_added_with_their_polarity(measure):
    third = np.roll(MAN, 7 * RATE)
    dialog = MAN * between(0, 13), WOMAN * between(13, 26), third * between(26, 40)
    bleed = 0.2 * sum(dialog)
    channels = [dialog[0] + bleed, -dialog[1] - bleed, dialog[2] + bleed, HUSHED[0]]

    facts = measure(channels)

    assert facts.channel_plan.stretches[0].weights == ((1.0, -1.0, 1.0, 0.0),)
    for voice in dialog:
        where = np.abs(voice) > 1e-3
        level_db = compute_level_db(mix(facts, channels), where) - compute_level_db(voice, where)
        assert level_db == pytest.approx(20 * np.log10(1.6), abs=0.3)


# What the user says


@pytest.mark.parametrize(
    ("input_channels", "weights"),
    [
        ("left", ((1.0, 0.0),)),
        ("right", ((0.0, 1.0),)),
        ("mono", ((0.5, 0.5),)),
        ("stereo", None),
    ],
)
def test_user_may_say_what_the_recorder_gave(measure, input_channels, weights):
    plan = measure(PANNED, input_channels=input_channels).channel_plan

    assert [one.weights for one in plan.stretches] == ([] if weights is None else [weights])


def test_stereo_is_left_alone_if_the_user_says_so(measure):
    facts = measure([MAN + QUIET[0], WOMAN + QUIET[1]], input_channels="stereo")

    assert (facts.channel_plan.channels, facts.channel_plan.stretches) == (2, ())
    assert "centre" not in str(facts.defects[0].message)


def test_measuring_one_channel_reads_only_that(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(np.stack([TALK, 0.5 * TALK], axis=1), kind="s24"))

    left, right = (
        inspect_file(InspectTask(path=str(tmp_path / "a.wav"), input_channels=one)) for one in ("left", "right")
    )

    assert right.integrated_lufs == pytest.approx(left.integrated_lufs - 6.02, abs=0.02)
    assert right.true_peak_dbtp == pytest.approx(left.true_peak_dbtp - 6.02, abs=0.02)


# In the master


@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_inverted_stretch_is_as_loud_in_the_master(tmp_path, channels):
    sound = np.stack([TALK + QUIET[0], np.where(between(13, 27), -1, 1) * TALK + QUIET[1]], axis=1)
    (tmp_path / "a.wav").write_bytes(wav(sound, kind="s24"))
    target = SoundTarget(channels=channels, levelling="off", noise_reduction="off", hum="off")
    task = MasterFileTask(
        parts=(str(tmp_path / "a.wav"),), format="flac", target=target, out=str(tmp_path / "out.flac")
    )

    result = master_file(task)

    master = decoded(tmp_path / "out.flac").mean(axis=1)
    gains = [
        compute_level_db(master, where) - compute_level_db(TALK, where) for where in (between(14, 26), ~between(12, 28))
    ]
    assert gains[0] == pytest.approx(gains[1], abs=0.5)
    assert "right channel inverted where its polarity was opposite" in map(str, result.master.steps)
