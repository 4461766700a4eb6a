"""Talks of real voices at known levels, before babble, music, noise or in a room; with ground truth."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from pipeline.audio.analysis.analysis_pass import analyse_speech
from pipeline.audio.processing.gain_envelope import apply_gain_envelope
from pipeline.audio.processing.leveller import plan_leveller
from tests.audio.panel import band, voices
from tests.audio.sounds import RATE, libebur128

# kind of voice in fillets-ng, and playback speed: at another speed it is the voice of somebody else
SPEAKERS = {"man": ("m", 1.0), "woman": ("v", 1.0), "deep": ("m", 0.82), "bright": ("v", 1.2), "boy": ("m", 1.3)}
SPEECH_LUFS = -23.0
EXTRA_CLIPS = {}  # name of a speaker → clips from elsewhere, which a benchmark loads


@dataclass(frozen=True)
class Talk:
    sound: np.ndarray  # one channel, shape (samples, 1)
    clips: tuple  # (speaker, first sample, end), in order
    soft: tuple  # numbers of the clips that were said softly on purpose
    span: tuple  # first and last sample of the talk

    def extract(self, sound, speaker=None):
        """Join what one speaker says, or all of them."""
        return np.concatenate([sound[first:end] for who, first, end in self.clips if speaker in (None, who)])

    def extract_pauses(self, sound):
        """Join what is between the clips, without reverberation."""
        gaps = zip(self.clips[:-1], self.clips[1:], strict=True)
        return np.concatenate([sound[one[2] + RATE // 8 : other[1] - RATE // 20] for one, other in gaps])


@cache
def load_clips(speaker):
    """Load the clips of a speaker, at one loudness all together: what is soft stays soft."""
    kind, speed = SPEAKERS.get(speaker, (None, 1.0))
    clips = [_trim(clip) for clip in EXTRA_CLIPS.get(speaker) or voices(kind, 30)]
    if speed != 1:
        clips = [np.interp(np.arange(0, len(one) - 1, speed), np.arange(len(one)), one) for one in clips]
    joined = np.concatenate(clips).astype(np.float32)
    factor = np.float32(10 ** ((SPEECH_LUFS - measure_lufs(joined)) / 20))
    return [one.astype(np.float32) * factor for one in clips]


def _trim(clip):
    loud = np.flatnonzero(np.abs(clip) > 0.04 * np.abs(clip).max())
    return clip[max(0, loud[0] - 1000) : loud[-1] + 2000]


def build_talk(
    levels_db, *, seconds=50.0, turn_s=(3.0, 8.0), gap_s=(0.5, 1.2), background=None, room_s=0.0, lead_s=0.0, tail_s=0.0,
    soft=None, seed=1,
):  # fmt: skip
    """Build a talk, turn by turn.

    Args:
        levels_db: Level of each speaker against the usual one.
        background: Samples of one channel that go on behind it, at least as long; ``None``: soft noise.
        soft: Number of a clip → by how many dB it is said more softly.
    """
    random = np.random.default_rng(seed)
    length, names = round((lead_s + seconds + tail_s) * RATE), list(levels_db)
    tracks, clips, used = {name: np.zeros(length, np.float32) for name in names}, [], dict.fromkeys(names, seed)
    at, end, turn = round((lead_s + 0.5) * RATE), round((lead_s + seconds) * RATE), 0
    while at < end - 3 * RATE:
        name, until = names[turn % len(names)], at + random.uniform(*turn_s) * RATE
        while at < until and (clip := _choose_clip(name, used, end - at)) is not None:
            by_db = (soft or {}).get(len(clips), 0)
            tracks[name][at : at + len(clip)] += clip * np.float32(10 ** (-by_db / 20))
            clips.append((name, at, at + len(clip)))
            at += len(clip) + round(random.uniform(0.2, 0.6) * RATE)
        if at < until:
            break
        turn, at = turn + 1, at + round(random.uniform(*gap_s) * RATE)
    sound = sum(_place(tracks[name], name, clips, level, room_s, random) for name, level in levels_db.items())
    if background is None:
        background = make_noise(length, -65)
    sound = (sound + background[:length]).astype(np.float32)[:, np.newaxis]
    return Talk(sound=sound, clips=tuple(clips), soft=tuple(soft or ()), span=(clips[0][1], clips[-1][2]))


def _choose_clip(name, used, room):
    pool = load_clips(name)
    used[name] += 1
    clip = pool[(7 * used[name]) % len(pool)]
    return clip if len(clip) < room else None


def _place(track, name, clips, level_db, room_s, random):
    """Bring all that a speaker says to a level, in a room."""
    own = np.concatenate([track[first:end] for who, first, end in clips if who == name])
    track = track * np.float32(10 ** ((SPEECH_LUFS + level_db - measure_lufs(own)) / 20))
    return add_room(track, room_s, random) if room_s else track


def add_room(sound, room_s, random, *, direct=1.0):
    """Add reverberation with an RT60 of ``room_s``."""
    times = np.arange(round(room_s * RATE)) / RATE
    tail = random.standard_normal(len(times)) * 10 ** (-3 * times / room_s)
    tail = sosfilt(butter(1, 5000, fs=RATE, output="sos"), tail)
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] += direct
    return fftconvolve(sound, tail)[: len(sound)].astype(np.float32)


def make_noise(length, level_db, *, seed=3):
    """Make noise from 100 to 6000 Hz."""
    noise = band(np.random.default_rng(seed).standard_normal(length), 100, 6000)
    return (noise / noise.std() * 10 ** (level_db / 20)).astype(np.float32)


def make_hum(length, level_db):
    """Make mains hum with harmonics."""
    turns = 2 * np.pi * 50.02 * np.arange(length) / RATE
    return sum(10 ** ((level_db - 4 * line) / 20) * np.sin(line * turns + line) for line in (1, 2, 3, 5)).astype("f4")


@cache
def _babble(seconds):
    random, length = np.random.default_rng(5), round(seconds * RATE)
    sound = np.zeros(length)
    for voice in range(20):
        pool, at = load_clips(("man", "woman")[voice % 2]), int(random.integers(0, RATE))
        while at < length:
            clip = pool[random.integers(len(pool))][: length - at]
            sound[at : at + len(clip)] += clip
            at += len(clip) + int(random.integers(RATE // 10, RATE))
    sound = add_room(sound, 1.5, random, direct=0.5)
    return sound / np.sqrt(np.mean(sound**2))


def make_babble(seconds, level_db):
    """Make the murmur of twenty people in a hall."""
    return (_babble(seconds) * 10 ** (level_db / 20)).astype(np.float32)


def make_music(seconds, level_db):
    """Make music: a melody of plucked strings over a bass, without a pause."""
    return (_music(seconds) * 10 ** (level_db / 20)).astype(np.float32)


@cache
def _music(seconds):
    times, sound = np.arange(round(seconds * RATE)) / RATE, np.zeros(round(seconds * RATE))
    for beat in range(int(4 * seconds)):
        root = (220, 174.6, 261.6, 196)[beat // 8 % 4]
        for hz, decay, gain in ((root * (1, 1.26, 1.498, 2)[beat % 4], 3, 1.0), (root / 2, 1, 0.5)):
            first = round(beat / 4 * RATE)
            own = times[: min(RATE, len(sound) - first)]
            sound[first : first + len(own)] += (
                gain
                * np.exp(-own * decay)
                * np.minimum(1, own * 100)
                * sum(np.sin(2 * np.pi * hz * line * own) / line**1.5 for line in range(1, 7))
            )
    return sound / np.sqrt(np.mean(sound**2))


def level_talk(talk):
    """Analyse a talk, plan its gains, and apply them.

    Returns:
        The plan, and the sound after it, shape (samples,).
    """
    blocks = [talk.sound[at : at + 5 * RATE] for at in range(0, len(talk.sound), 5 * RATE)]
    analysis = analyse_speech(blocks, 1, high_pass_hz=80)
    plan = plan_leveller(analysis.energies, analysis.profile, noise_reduction_db=12.0)
    return plan, np.concatenate(list(apply_gain_envelope(blocks, plan.envelope)))[:, 0]


def measure_lufs(sound):
    """Measure the integrated loudness with libebur128."""
    return libebur128(np.asarray(sound, np.float32).reshape(-1, 1))[0]


def measure_db(sound):
    return 10 * np.log10(np.mean(np.asarray(sound, np.float64) ** 2) + 1e-20)


def measure_gap_lu(talk, sound):
    """Measure how far the loudest speaker is above the softest, each alone."""
    names = {who for who, *_ in talk.clips}
    return float(np.ptp([measure_lufs(talk.extract(sound, name)) for name in sorted(names)]))


def measure_background_db(talk, sound):
    """Measure the level of the pauses against the talk."""
    return measure_db(talk.extract_pauses(sound)) - measure_lufs(talk.extract(sound))
