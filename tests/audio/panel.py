"""A panel recording with typical defects.

Two real voices of different level, noise, hum, applause, clipping; with ground truth.
"""

import subprocess
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.signal import butter, sosfilt

from tests.audio.sounds import RATE, VOICES

NOISE_DBFS, HUM_DBFS, DIFFERENCE_DB = -62, -42, 14
HUM_LINES = (1, 2, 3, 5)
_PAUSE_S = 0.6


@dataclass(frozen=True)
class Panel:
    sound: np.ndarray  # one channel
    loud: list  # spans in seconds: the speaker near the microphone
    soft: list  # the other speaker
    applause: list
    pauses: list

    def extract(self, sound, spans):
        """Join the samples of these spans, shape (samples,)."""
        return np.concatenate([sound[round(start * RATE) : round(end * RATE), 0] for start, end in spans])

    def compute_level_db(self, sound, spans):
        return 10 * np.log10(np.mean(self.extract(sound, spans).astype(np.float64) ** 2) + 1e-20)


@cache
def voices(kind, count):
    """Load clips of one voice, each longer than 1.5 s."""
    found = []
    for clip in sorted(VOICES.glob(f"*/nl/*-{kind}-*.ogg"))[::17]:
        argv = ["ffmpeg", "-v", "error", "-i", clip, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"]
        found += [np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32)]
        found = [sound for sound in found if len(sound) > 1.5 * RATE]
        if len(found) == count:
            break
    return found


def band(sound, low, high):
    return sosfilt(butter(2, [low, high], "bandpass", fs=RATE, output="sos"), sound)


def _scale_to(sound, level_db):
    loud = sound[np.abs(sound) > 0.02 * np.abs(sound).max()]
    return sound / np.sqrt(np.mean(loud**2)) * 10 ** (level_db / 20)


def _applause(random, seconds=4.0):
    length = int(seconds * RATE)
    swell = np.clip(np.minimum(np.arange(length) / RATE / 0.3, (length - np.arange(length)) / RATE / 1.5), 0, 1)
    claps = np.zeros(length)
    for place in random.integers(0, length - 600, 900):
        claps[place : place + 600] += (
            random.standard_normal(600) * np.exp(-np.arange(600) / 120) * random.uniform(0.3, 1)
        )
    return _scale_to(band(claps, 600, 5000) * swell, -18)


@cache
def panel(turns=7, *, defective=True):
    """Build the panel, turn by turn; ``defective=False``: the same talk, clean and of one level."""
    random = np.random.default_rng(7)
    spans = {"loud": [], "soft": [], "applause": [], "pauses": [(0.2, 1.4)]}
    pieces, at = [np.zeros(int(1.5 * RATE))], 1.5
    for turn, (one, other) in enumerate(zip(voices("m", turns), voices("v", turns), strict=True)):
        turn_parts = [("loud", _scale_to(one, -20)), ("soft", _scale_to(other, -20 - DIFFERENCE_DB * defective))]
        turn_parts += [("applause", _applause(random))] if defective and turn == turns // 2 else []
        for who, sound in turn_parts:
            pieces += [sound, np.zeros(int(_PAUSE_S * RATE))]
            spans[who].append((at, at + len(sound) / RATE))
            at += len(sound) / RATE
            spans["pauses"].append((at + 0.25, at + _PAUSE_S - 0.1))
            at += _PAUSE_S
    sound = np.concatenate(pieces)
    return Panel(sound=(_add_defects(sound, random) if defective else sound).astype(np.float32)[:, np.newaxis], **spans)


def _add_defects(sound, random):
    clipped = np.clip(sound, -0.5, 0.5)
    noise = band(random.standard_normal(len(sound)), 100, 6000)
    turns = 2 * np.pi * 50.03 * np.arange(len(sound)) / RATE
    hum = sum(10 ** ((HUM_DBFS - 4 * (line - 1)) / 20) * np.sin(line * turns + line) for line in HUM_LINES)
    return clipped + noise / noise.std() * 10 ** (NOISE_DBFS / 20) + hum
