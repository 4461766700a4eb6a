"""A conversation at a table with a microphone per speaker, with the truth of who speaks when.

Real Dutch voices; sound arrives later and softer at the microphones of others, with the tail of a room.
"""

import subprocess
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.signal import fftconvolve, resample_poly

from tests.audio.sounds import RATE, VOICES

HOP = RATE // 100
SOUND_M_PER_S = 343


@dataclass(frozen=True)
class Conversation:
    """Tracks on one clock, and per 10 ms who is heard."""

    tracks: np.ndarray  # shape (microphones, samples), float32
    dry: np.ndarray  # each speaker as the own microphone gets it, without room, noise and AGC; shape as ``tracks``
    active: np.ndarray  # shape (speakers, hops)

    @property
    def single(self):
        """Hops in which exactly one speaker is heard, shape (hops,)."""
        return self.active.sum(axis=0) == 1


@cache
def load_voice(kind, slowed, seconds):
    """Load phrases of one voice until they last ``seconds``; ``slowed`` by 100 to 120 gives another voice."""
    found, total = [], 0.0
    for clip in sorted(VOICES.glob(f"*/nl/*-{kind}-*.ogg"))[slowed % 7 :: 5]:
        argv = ["ffmpeg", "-v", "error", "-i", clip, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"]
        sound = np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32)
        sound = resample_poly(sound, slowed, 100) if slowed != 100 else sound
        if len(sound) > 0.8 * RATE:
            found.append(sound / np.sqrt(np.mean(sound**2)) * 10 ** (-23 / 20))
            total += len(sound) / RATE
        if total >= seconds:
            return found
    raise AssertionError("too few voices")


VOICES_OF_SPEAKERS = (("m", 100), ("v", 100), ("m", 116), ("v", 112), ("m", 88), ("v", 90))


def build_dialogue(speakers, seconds, random, *, overlap=0.12):
    """Let speakers take turns, sometimes before the other has finished; shape (speakers, samples)."""
    phrases = [load_voice(*voice, 30.0) for voice in VOICES_OF_SPEAKERS[:speakers]]
    dry = np.zeros((speakers, round(seconds * RATE)))
    at, last, used = 0.4, -1, [0] * speakers
    while at < seconds - 1:
        who = min((one for one in range(speakers) if one != last), key=lambda one: used[one] + random.uniform(0, 6))
        for _ in range(random.integers(1, 4)):
            phrase = phrases[who][used[who] % len(phrases[who])]
            used[who] += 1
            first = round(at * RATE)
            piece = phrase[: dry.shape[1] - first]
            dry[who, first : first + len(piece)] += piece
            at += len(piece) / RATE + random.uniform(0.1, 0.5)
            if at >= seconds - 1:
                break
        at += -random.uniform(0.2, 0.9) if random.uniform() < overlap else random.uniform(0.0, 0.6)
        last = who
    return dry


def build_conversation(
    speakers=3,
    seconds=40.0,
    *,
    seed=1,
    bleed_db=-15.0,
    agc=(),
    levels_db=(),
    clock_errors_ms=(),
    rt60_s=0.35,
    noise_dbfs=-62,
):
    """Build a conversation.

    Args:
        bleed_db: Level of others at a microphone, direct sound against that of its own speaker; nearer speakers are
            up to 3 dB louder, farther ones softer.
        agc: Numbers of the tracks with automatic gain control.
        levels_db: Gain of each track.
        clock_errors_ms: What alignment left, per track.
    """
    random = np.random.default_rng(seed)
    dry = build_dialogue(speakers, seconds, random)
    angles = 2 * np.pi * (np.arange(speakers) + random.uniform(-0.15, 0.15, speakers)) / speakers
    seats = 1.3 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    microphones = seats * (1 - random.uniform(0.25, 0.4, speakers) / 1.3)[:, np.newaxis]
    tracks = np.zeros_like(dry)
    distances = np.linalg.norm(microphones[:, np.newaxis] - seats, axis=2)  # microphone, speaker
    mean = np.exp(np.log(distances[~np.eye(speakers, dtype=bool)]).mean()) if speakers > 1 else 1.0
    for microphone in range(speakers):
        for speaker in range(speakers):
            near = microphone == speaker
            gain_db = 0.0 if near else bleed_db - 20 * np.log10(distances[microphone, speaker] / mean)
            response = build_response(
                distances[microphone, speaker], rt60_s, random, direct_to_room_db=14 if near else 3
            )
            tracks[microphone] += fftconvolve(dry[speaker], response)[: dry.shape[1]] * 10 ** (gain_db / 20)
        tracks[microphone] += random.standard_normal(dry.shape[1]) * 10 ** (noise_dbfs / 20)
    for number in agc:
        tracks[number] = apply_agc(tracks[number])
    for number, level_db in enumerate(levels_db):
        tracks[number] *= 10 ** (level_db / 20)
    for number, error_ms in enumerate(clock_errors_ms):
        tracks[number] = np.roll(tracks[number], round(error_ms * RATE / 1000))
    return Conversation(tracks=tracks.astype(np.float32), dry=dry.astype(np.float32), active=find_active(dry))


def build_response(distance_m, rt60_s, random, *, direct_to_room_db):
    """Build an impulse response: direct sound, then a decaying tail."""
    delay = round(distance_m / SOUND_M_PER_S * RATE)
    length = round(rt60_s * RATE)
    tail = random.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail[: round(0.002 * RATE)] = 0
    tail *= 10 ** (-direct_to_room_db / 20) / np.sqrt(np.sum(tail**2))
    response = np.zeros(delay + length)
    response[delay:] = tail
    response[delay] += 1
    return response


def apply_agc(track, *, target_dbfs=-24.0, max_gain_db=30.0, attack_s=0.05, release_s=0.6):
    """Bring any sound to one level, as the voice recorder of a phone does."""
    level = np.sqrt(np.mean(track[: len(track) // HOP * HOP].reshape(-1, HOP) ** 2, axis=1)) + 1e-9
    envelope, gains = 10 ** (target_dbfs / 20), np.empty(len(level))
    for hop, value in enumerate(level):
        seconds = attack_s if value > envelope else release_s
        envelope += (value - envelope) * (1 - np.exp(-0.01 / seconds))
        gains[hop] = min(10 ** (max_gain_db / 20), 10 ** (target_dbfs / 20) / envelope)
    return track * np.interp(np.arange(len(track)), np.arange(len(gains)) * HOP + HOP / 2, gains)


def find_active(dry):
    """Find the hops in which each speaker is heard, shape (speakers, hops)."""
    hops = dry.shape[1] // HOP
    power = np.mean(dry[:, : hops * HOP].reshape(len(dry), hops, HOP) ** 2, axis=2)
    smooth = np.stack([np.convolve(one, np.ones(5) / 5, "same") for one in power])
    return smooth > 10 ** (-45 / 10)
