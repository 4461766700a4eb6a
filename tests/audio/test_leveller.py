"""All speakers end at one level, their emphasis stays, and nothing else is raised; judged by libebur128."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.analysis.analysis_pass import analyse_speech
from pipeline.audio.analysis.sound_classes import SoundClass, classify_hops
from pipeline.audio.processing.leveller import plan_leveller
from tests.audio.panel import panel
from tests.audio.scenes import (
    RATE,
    add_room,
    build_talk,
    level_talk,
    load_clips,
    make_babble,
    make_hum,
    make_music,
    make_noise,
    measure_background_db,
    measure_gap_lu,
    measure_lufs,
)

pytestmark = pytest.mark.slow

MAX_GAP_LU = 1.5


@pytest.mark.parametrize(
    ("gap_db", "turn_s"), [*((gap, (4.0, 9.0)) for gap in (2, 3, 4.5, 6, 9, 14, 20)), (3, (1.0, 3.0)), (6, (1.0, 3.0))]
)
def test_two_speakers_end_at_one_level(gap_db, turn_s):
    talk = build_talk({"man": 0, "woman": -gap_db}, turn_s=turn_s)

    _, after = level_talk(talk)

    assert measure_gap_lu(talk, talk.sound[:, 0]) == pytest.approx(gap_db, abs=0.2)
    assert measure_gap_lu(talk, after) <= MAX_GAP_LU


@pytest.mark.parametrize(
    ("levels_db", "options"),
    [
        ({"man": 0, "woman": -6, "deep": -10}, {"seconds": 100, "turn_s": (2, 12)}),
        ({"man": 0, "woman": -4, "deep": -8, "bright": -12, "boy": -3}, {"seconds": 160, "turn_s": (2, 12)}),
        ({"woman": -6, "man": 0}, {"seconds": 150, "turn_s": (30, 50)}),
        ({"woman": 0, "bright": -6}, {"seconds": 80}),
        ({"man": 0, "woman": -6}, {"room_s": 0.8}),
    ],
    ids=["three", "five", "turns of 40 s", "two women", "room"],
)
def test_speakers_end_at_one_level_in_other_talks(levels_db, options):
    talk = build_talk(levels_db, **options)

    _, after = level_talk(talk)

    assert measure_gap_lu(talk, after) <= MAX_GAP_LU


@pytest.mark.parametrize("background", [make_noise(50 * RATE, -46), make_noise(50 * RATE, -60) + make_hum(50 * RATE, -42)],
                         ids=["noise", "hum"])  # fmt: skip
def test_noise_and_hum_do_not_mislead(background):
    talk = build_talk({"man": 0, "woman": -9}, background=background)

    _, after = level_talk(talk)

    assert measure_gap_lu(talk, after) <= MAX_GAP_LU


@pytest.mark.parametrize("gap_db", [14, 17, 20])
def test_voice_at_the_level_of_the_noise_ends_at_the_level_of_the_talk(gap_db):
    """K-weighted, the noise is at −41 LUFS and the voice at −37, −40 and −43; the noise is not raised with it."""
    talk = build_talk({"man": 0, "woman": -gap_db}, background=make_noise(50 * RATE, -46))

    _, after = level_talk(talk)

    assert measure_gap_lu(talk, after) <= MAX_GAP_LU
    assert measure_background_db(talk, after) <= measure_background_db(talk, talk.sound[:, 0]) + 0.5


def test_short_question_from_the_hall_is_raised():
    talk = build_talk({"man": 0, "woman": -14}, seconds=60, turn_s=(3, 4), seed=2)
    first = next(number for number, clip in enumerate(talk.clips) if clip[0] == "woman")
    alone = [clip for number, clip in enumerate(talk.clips) if clip[0] == "man" or number == first]
    silent = talk.sound.copy()
    for number, (who, start, end) in enumerate(talk.clips):
        if who == "woman" and number != first:
            silent[start:end] = make_noise(end - start, -65)[:, np.newaxis]
    question = type(talk)(sound=silent, clips=tuple(alone), soft=(), span=talk.span)

    _, after = level_talk(question)

    assert measure_gap_lu(question, silent[:, 0]) > 12
    assert measure_gap_lu(question, after) < 3


@pytest.mark.parametrize("levels_db", [{"man": 0}, {"man": 0, "woman": -6}], ids=["one speaker", "two speakers"])
def test_emphasis_of_each_speaker_stays(levels_db):
    """Sentences of one speaker differ by some 3 dB: 15 % of that is below the smallest audible step."""
    talk = build_talk(levels_db, seconds=80)

    _, after = level_talk(talk)

    slopes = []
    for name in levels_db:
        spans = [slice(first, end) for who, first, end in talk.clips if who == name]
        before, later = (np.array([measure_lufs(s[span]) for span in spans]) for s in (talk.sound[:, 0], after))
        slopes.append(np.polyfit(before - before.mean(), later - later.mean(), 1)[0])
    assert np.mean(slopes) > 0.85


def test_each_speaker_gets_one_gain():
    event = panel(defective=False)
    analysis = analyse_speech([event.sound], 1, high_pass_hz=80)

    plan = plan_leveller(analysis.energies, analysis.profile)

    for spans in (event.loud, event.soft):
        gains = [plan.envelope.compute_db(round(a * 100) + 20, round(b * 100) - 20).mean() for a, b in spans]
        assert np.ptp(gains) < 1


def test_sentence_said_softly_on_purpose_stays_softer():
    """Emphasis of up to 6 dB stays: with 6 dB less, words are still understood beside others."""
    talk = build_talk({"man": 0, "woman": -3}, seconds=90, soft={9: 8})
    name, first, end = talk.clips[9]

    _, after = level_talk(talk)

    others = np.concatenate([after[start:stop] for who, start, stop in talk.clips if who == name and start != first])
    usual = np.concatenate(
        [talk.sound[start:stop, 0] for who, start, stop in talk.clips if who == name and start != first]
    )
    before_lu = measure_lufs(usual) - measure_lufs(talk.sound[first:end])
    assert measure_lufs(others) - measure_lufs(after[first:end]) > 0.85 * min(before_lu, 6)


def gate(talk, *, fade_s=0.0, comfort_dbfs=None):
    """Make what is between the clips digital silence, or the noise that a meeting tool puts there."""
    open_ = np.zeros(len(talk.sound), np.float32)
    for _, first, end in talk.clips:
        open_[first:end] = 1
    power = np.convolve(talk.sound[:, 0] ** 2, np.ones(RATE // 20) / (RATE // 20), "same")
    open_[power < 10 ** (-50 / 10)] = 0  # between words too
    if fade_s:
        open_ = np.convolve(open_, np.ones(round(fade_s * RATE)) / round(fade_s * RATE), "same").astype(np.float32)
    sound = talk.sound * np.maximum(open_, 0)[:, np.newaxis]
    sound[np.abs(sound) < 2**-23] = 0
    if comfort_dbfs is not None:
        sound += make_noise(len(sound), comfort_dbfs)[:, np.newaxis] * (open_ == 0)[:, np.newaxis]
    return replace(talk, sound=sound.astype(np.float32))


@pytest.mark.parametrize(
    "options", [{}, {"fade_s": 0.05}, {"comfort_dbfs": -70}], ids=["digital silence", "fades", "comfort noise"]
)
def test_gated_speech_is_speech(options):
    talk = gate(build_talk({"man": 0, "woman": -6}, background=np.zeros(50 * RATE, np.float32)), **options)
    analysis = analyse_speech([talk.sound], 1, high_pass_hz=80)

    plan, after = level_talk(talk)

    assert not (classify_hops(analysis.energies, analysis.profile) == SoundClass.APPLAUSE).any()
    assert plan.applause_db == 0
    assert np.isfinite(plan.noise_floor_lufs) == ("comfort_dbfs" in options)
    assert measure_gap_lu(talk, after) <= MAX_GAP_LU


def test_long_silence_does_not_hide_the_noise():
    noise = make_noise(50 * RATE, -50)
    noise[20 * RATE : 40 * RATE] = 0
    talk = build_talk({"man": 0}, background=noise, seconds=50)
    talk.sound[20 * RATE : 40 * RATE] = 0
    analysis = analyse_speech([talk.sound], 1, high_pass_hz=80)

    assert plan_leveller(analysis.energies, analysis.profile).noise_floor_lufs > -50


def test_background_8_db_below_the_softest_speaker_is_not_raised():
    talk = build_talk({"man": 0, "woman": -6}, background=make_music(50, -37), gap_s=(0.8, 1.6))

    _, after = level_talk(talk)

    assert measure_background_db(talk, after) <= measure_background_db(talk, talk.sound[:, 0])


@pytest.mark.parametrize("make", [make_babble, make_music])
@pytest.mark.parametrize("gap_db", [6, 10])
def test_babble_and_music_are_not_raised_against_the_talk(make, gap_db):
    talk = build_talk({"man": 0, "woman": -gap_db}, background=make(50, SPEECH_BED_DB), gap_s=(0.8, 1.6))

    _, after = level_talk(talk)

    assert measure_background_db(talk, after) <= measure_background_db(talk, talk.sound[:, 0]) + 0.5
    assert measure_gap_lu(talk, after) <= 2


SPEECH_BED_DB = -47


def test_murmur_and_applause_around_the_talk_are_recognised():
    background = make_noise(90 * RATE, -70)
    background[: 31 * RATE] += make_babble(31, -44)
    background[76 * RATE :] += make_babble(14, -44)
    talk = build_talk({"man": 0, "woman": -6}, background=background, lead_s=30, seconds=45, tail_s=15)

    plan, after = level_talk(talk)

    (start, first), (last, stop) = plan.removable
    assert (start, stop) == (0, len(talk.sound) // 480)
    assert 0 <= talk.span[0] / 480 - first < 100
    assert 0 <= last - talk.span[1] / 480 < 150
    murmur = slice(RATE, 29 * RATE)
    above_db = measure_lufs(after[murmur]) - measure_lufs(talk.extract(after))
    assert above_db <= measure_lufs(talk.sound[murmur]) - measure_lufs(talk.extract(talk.sound)) + 0.5


def test_talk_that_begins_and_ends_at_once_loses_nothing():
    plan, _ = level_talk(build_talk({"man": 0, "woman": -14}))

    assert plan.removable == ()


def test_softest_speaker_who_begins_is_part_of_the_talk():
    talk = build_talk({"woman": -14, "man": 0}, lead_s=12, turn_s=(12, 20), seconds=60)

    plan, _ = level_talk(talk)

    assert len(plan.removable) == 1
    assert 0 <= talk.span[0] / 480 - plan.removable[0][1] < 100


def test_hops_are_classified():
    event = panel()
    analysis = analyse_speech([event.sound], 1, high_pass_hz=80)

    classes = classify_hops(analysis.energies, analysis.profile)

    def share(spans, kind):
        return np.mean(np.concatenate([classes[round(a * 100) : round(b * 100)] for a, b in spans]) == kind)

    assert share(event.loud, SoundClass.SPEECH) > 0.6  # the rest are pauses within the clips
    assert share(event.soft, SoundClass.SPEECH) > 0.4
    assert share(event.loud + event.soft, SoundClass.APPLAUSE) < 0.01
    assert share(event.applause, SoundClass.APPLAUSE) > 0.8


def test_babble_between_parts_of_a_talk_is_classified_as_background():
    background = make_noise(60 * RATE, -70)
    background[20 * RATE : 40 * RATE] += make_babble(20, -38)
    talk = build_talk({"man": 0}, background=background, seconds=60)
    silent = talk.sound.copy()
    silent[20 * RATE : 40 * RATE] = background[20 * RATE : 40 * RATE, np.newaxis]
    analysis = analyse_speech([silent], 1, high_pass_hz=80)

    classes = classify_hops(analysis.energies, analysis.profile)

    assert np.mean(classes[2100:3900] == SoundClass.SPEECH) < 0.05


def test_hall_with_long_reverberation_still_counts_as_speech():
    joined = np.concatenate([np.concatenate([one, np.zeros(RATE // 4, np.float32)]) for one in load_clips("woman")[:8]])
    sound = add_room(joined, 1.5, np.random.default_rng(1), direct=0.3)[:, np.newaxis]
    analysis = analyse_speech([sound], 1, high_pass_hz=80)

    assert np.mean(classify_hops(analysis.energies, analysis.profile) == SoundClass.SPEECH) > 0.7
