"""Who speaks when, and the mix: on conversations of which the truth is known."""

from tempfile import TemporaryDirectory

import numpy as np
import pytest

from pipeline.audio.io.wav_file import WavFile
from pipeline.audio.tracks.attribution import attribute_speech
from pipeline.audio.tracks.mix import compute_gain_curves, compute_track_gains_db, mix_tracks
from pipeline.audio.tracks.speakers import list_spans
from tests.audio.conversations import HOP, build_conversation
from tests.audio.sounds import RATE, decoded, libebur128

CASES = {  # what alignment leaves as clock errors is some milliseconds
    "good microphones": {"seed": 1, "bleed_db": -15, "clock_errors_ms": (1.5, -3, 2.5)},
    "one phone with gain control": {"seed": 2, "bleed_db": -12, "agc": (1,), "clock_errors_ms": (1.5, -3, 2.5)},
    "three phones with gain control": {"seed": 3, "bleed_db": -15, "agc": (0, 1, 2), "clock_errors_ms": (-4, 3, 0)},
    "levels far apart, noise": {"seed": 9, "bleed_db": -25, "noise_dbfs": -50, "levels_db": (0, -10, -20)},
    "a hall": {"seed": 7, "speakers": 4, "bleed_db": -12, "rt60_s": 1.0, "clock_errors_ms": (2, -2, 0, 1)},
}
SECONDS = 30.0


def create_reader(tracks):
    """Read a range of a track; zeros outside."""

    def read(number, first, last):
        result = np.zeros(last - first, np.float32)
        start, stop = max(0, first), min(tracks.shape[1], last)
        if start < stop:
            result[start - first : stop - first] = tracks[number, start:stop]
        return result

    return read


def mix(tracks, recorded=None, *, workers=None):
    """Attribute and mix; return the attribution, the gains in dB and the mix."""
    read, count, samples = create_reader(tracks), len(tracks), tracks.shape[1]
    recorded = np.ones((count, -(-samples // HOP)), bool) if recorded is None else recorded
    attribution = attribute_speech(read, range(count), samples, recorded, workers=workers)
    gains_db = compute_track_gains_db(attribution)
    curves = compute_gain_curves(attribution, gains_db, recorded)
    with TemporaryDirectory() as folder:
        file = WavFile(f"{folder}/mix.wav", channels=1, samples=samples)
        mix_tracks(read, range(count), curves, file=file, clock_errors=attribution.clock_errors, workers=workers)
        return attribution, gains_db, decoded(file.path)[:, 0]


@pytest.fixture(scope="module", params=CASES)
def case(request):
    conversation = build_conversation(**{"speakers": 3, "seconds": SECONDS} | CASES[request.param])
    return conversation, *mix(conversation.tracks)


def select(conversation, speaker, sound):
    """Return the samples where only this speaker is heard, with 20 ms to both sides."""
    alone = np.convolve(conversation.single & conversation.active[speaker], np.ones(5), "same") > 4.5
    mask = np.repeat(alone, HOP)
    return sound[: len(mask)][mask]


def measure_bands_db(sound):
    """Measure the power of 15 third-octaves from 200 Hz, with a window of numpy alone."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, 4096)[::2048] * np.hanning(4096)
    power = (np.abs(np.fft.rfft(windows)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(4096, 1 / RATE)
    edges = [(200 * 2 ** ((band - 0.5) / 3), 200 * 2 ** ((band + 0.5) / 3)) for band in range(15)]
    return 10 * np.log10([power[(hz >= low) & (hz < high)].sum() for low, high in edges])


def test_98_percent_of_the_time_of_single_speakers_is_attributed_to_the_right_one(case):
    conversation, attribution, _, _ = case
    truth = conversation.active.argmax(axis=0)[conversation.single]

    right = attribution.winners[: len(conversation.single)][conversation.single] == truth

    assert right.mean() >= 0.98


def test_no_voice_in_the_mix_is_coloured_by_other_microphones(case):
    conversation, _, _, mixed = case

    for speaker, track in enumerate(conversation.tracks):
        change_db = measure_bands_db(select(conversation, speaker, mixed)) - measure_bands_db(
            select(conversation, speaker, track)
        )
        assert np.abs(change_db - change_db.mean()).mean() <= 2.0, speaker


def test_all_voices_in_the_mix_are_equally_loud(case):
    conversation, _, _, mixed = case

    lufs = [
        libebur128(select(conversation, speaker, mixed)[:, np.newaxis])[0]
        for speaker in range(len(conversation.tracks))
    ]

    assert max(lufs) - min(lufs) <= 2.0


def test_the_mix_has_no_dips(case):
    conversation, _, _, mixed = case
    block = RATE // 10

    for speaker, track in enumerate(conversation.tracks):
        powers = [select(conversation, speaker, sound) for sound in (track, mixed)]
        before, after = (
            (sound[: len(sound) // block * block].reshape(-1, block) ** 2).mean(axis=1) for sound in powers
        )
        loud = before > np.percentile(before, 40)
        gains_db = 10 * np.log10(after[loud] / before[loud])
        assert np.percentile(gains_db, 2) - np.median(gains_db) >= -4.0, speaker


def test_spans_name_the_speaker_for_most_of_the_time(case):
    conversation, attribution, _, _ = case
    names = [f"Spreker {number}" for number in range(len(conversation.tracks))]

    spans = list_spans(attribution, names, np.ones_like(attribution.posterior, bool))

    named = np.zeros((len(names), len(conversation.single)), bool)
    for span in spans:
        named[names.index(span.speaker), round(span.start_s * 100) : round(span.end_s * 100)] = True
        assert 0.5 < span.confidence <= 1
    truth = conversation.active & conversation.single
    assert (named & truth).sum() >= 0.85 * truth.sum()
    assert (named & conversation.single & ~conversation.active & conversation.active.any(axis=0)).sum() <= (
        0.03 * truth.sum()
    )


def test_the_mix_never_exceeds_full_scale():
    tracks = build_conversation(2, 12.0, seed=4).tracks * np.float32(0.02)
    tracks[0, 7 * RATE : 7 * RATE + 20] = 1.0  # a pat on a microphone that was set too low

    _, _, mixed = mix(tracks)

    assert 0.5 < np.abs(mixed).max() <= 10 ** (-1 / 20) + 1e-6


def test_the_number_of_workers_changes_nothing():
    tracks = build_conversation(2, 21.0, seed=5, clock_errors_ms=(2, -1)).tracks

    mixes = [mix(tracks, workers=workers) for workers in (1, 3)]

    assert all(np.array_equal(mixes[0][2], other) for _, _, other in mixes[1:])
    assert all(np.array_equal(mixes[0][0].posterior, other.posterior) for other, _, _ in mixes[1:])


def test_while_a_track_has_a_gap_its_speaker_is_heard_through_another():
    conversation = build_conversation(2, 30.0, seed=6, bleed_db=-12)
    tracks, recorded = conversation.tracks.copy(), np.ones((2, conversation.tracks.shape[1] // HOP), bool)
    tracks[0, 10 * RATE : 25 * RATE], recorded[0, 1000:2500] = 0, False

    attribution, _, mixed = mix(tracks, recorded)

    speech = np.flatnonzero(conversation.active[0, 1000:2500] & conversation.single[1000:2500]) + 1000
    hops = mixed[: recorded.shape[1] * HOP].reshape(-1, HOP)
    assert len(speech) > 200
    assert (attribution.winners[1000:2500] == 1).all()
    assert 10 * np.log10((hops[speech] ** 2).mean()) > -45


def test_a_microphone_without_a_speaker_is_left_out():
    conversation = build_conversation(3, 20.0, seed=8, bleed_db=-15)
    noise = np.random.default_rng(1).standard_normal(conversation.tracks.shape[1]).astype(np.float32) * 1e-4
    tracks = np.stack([*conversation.tracks, noise])

    attribution, gains_db, _ = mix(tracks)

    assert gains_db[3] is None
    assert (attribution.winners[: len(conversation.single)][conversation.single] == 3).mean() < 0.005


def test_tracks_without_bleed_are_attributed_by_level():
    conversation = build_conversation(2, 20.0, seed=11)
    noise = np.random.default_rng(2).standard_normal(conversation.dry.shape).astype(np.float32) * 1e-3

    attribution, _, _ = mix(conversation.dry + noise)

    truth = conversation.active.argmax(axis=0)[conversation.single]
    assert (attribution.winners[: len(conversation.single)][conversation.single] == truth).mean() >= 0.98


def test_silence_stays_silence():
    attribution, gains_db, mixed = mix(np.zeros((2, 5 * RATE), np.float32))

    assert (None, None) == gains_db
    assert not attribution.speech.any()
    assert not mixed.any()
