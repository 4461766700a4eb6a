"""Write the recording of a panel with every defect that mastering treats: `hard_panel.py MINUTES OUT.wav`.

Two real voices 14 dB apart (Debian package fillets-ng-data-nl), alternating, one nearer to each
channel; room noise, hum of 50.01 Hz with harmonics, rumble, claps, hard clipping, and a minute of
applause every twenty. 48 kHz, 24 bits, two channels; streamed, so any length fits in memory.
"""

import argparse
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
VOICES = Path("/usr/share/games/fillets-ng/sound")
HUM_HZ, HUM_DBFS, HUM_LINES = 50.01, -46, (1, 2, 3, 4, 5, 7, 9, 11, 13)
NOISE_DBFS, VOICE_DBFS, FAR_DB, CLIP = -60, -22, 14, 0.6
APPLAUSE_EVERY_S, APPLAUSE_S, CLAP_EVERY_S = 1200, 60, 45

_PAUSE_S = 0.5
_CLIPS = 240  # of each voice: about a quarter of an hour, then they come again

Sound = NDArray[np.float32]


def write_panel(minutes: float, out: Path) -> None:
    """Write a panel of that length."""
    raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "pipe:0"]
    argv = ["ffmpeg", "-v", "error", "-y", *raw, "-c:a", "pcm_s24le", "-rf64", "auto", str(out)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        for block in iter_panel(round(minutes * 60)):
            child.stdin.write(block.tobytes())
        child.stdin.close()
        if child.wait():
            raise SystemExit("ffmpeg failed")


def iter_panel(seconds: int) -> Iterator[Sound]:
    """Yield seconds of the panel, shape (RATE, 2)."""
    random, talk = np.random.default_rng(7), _iter_talk()
    waiting = np.zeros((0, 2), np.float32)
    clap = _build_clap(random)
    for second in range(seconds):
        while len(waiting) < RATE:
            waiting = np.concatenate([waiting, next(talk)])
        block, waiting = waiting[:RATE].copy(), waiting[RATE:]
        if second % APPLAUSE_EVERY_S >= APPLAUSE_EVERY_S - APPLAUSE_S:
            block = _build_applause(random, clap)
        elif second % CLAP_EVERY_S == CLAP_EVERY_S - 1:
            block[: len(clap)] += clap
        yield np.clip(block + _build_background(random, second), -CLIP, CLIP).astype(np.float32)


def _iter_talk() -> Iterator[Sound]:
    """Yield turns of both voices, shape (samples, 2), for ever."""
    clips = {kind: sorted(VOICES.glob(f"*/nl/*-{kind}-*.ogg"))[:_CLIPS] for kind in "mv"}
    if not all(clips.values()):
        raise SystemExit("fillets-ng-data-nl is not installed")
    for near, far in zip(itertools.cycle(clips["m"]), itertools.cycle(clips["v"]), strict=False):
        yield _pan(_load(near, VOICE_DBFS), 1.0, 0.7)
        yield _pan(_load(far, VOICE_DBFS - FAR_DB), 0.7, 1.0)


def _load(clip: Path, level_dbfs: float) -> Sound:
    argv = ["ffmpeg", "-v", "error", "-i", str(clip), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    sound = np.frombuffer(subprocess.run(argv, capture_output=True, check=True).stdout, np.float32)
    loud = sound[np.abs(sound) > 0.02 * np.abs(sound).max(initial=1e-9)]
    if not len(loud):
        return np.zeros(0, np.float32)  # a silent clip has no level
    scaled = sound * np.float32(10 ** (level_dbfs / 20) / np.sqrt(np.square(loud).mean()))
    return np.pad(scaled, (0, round(_PAUSE_S * RATE)))


def _pan(sound: Sound, left: float, right: float) -> Sound:
    """Put a voice nearer to one of two microphones, 10 cm apart."""
    return np.stack([left * sound, right * np.roll(sound, 14)], axis=1).astype(np.float32)


def _build_background(random: np.random.Generator, second: int) -> Sound:
    """Room noise, different in both channels; hum and rumble, the same in both."""
    noise = random.standard_normal((RATE, 2), np.float32) * np.float32(10 ** (NOISE_DBFS / 20))
    turns = 2 * np.pi * ((HUM_HZ * second) % 1 + HUM_HZ * np.arange(RATE) / RATE)
    hum = sum(10 ** ((HUM_DBFS - 1.5 * line) / 20) * np.sin(line * turns + line) for line in HUM_LINES)
    rumble = 0.002 * np.sin(2 * np.pi * 17 * np.arange(RATE) / RATE)
    return np.asarray(noise + (hum + rumble).astype(np.float32)[:, np.newaxis], np.float32)


def _build_clap(random: np.random.Generator) -> Sound:
    fall = np.exp(-np.arange(2400) / 300)[:, np.newaxis]
    return (random.standard_normal((2400, 2)) * fall * 0.5).astype(np.float32)


def _build_applause(random: np.random.Generator, clap: Sound) -> Sound:
    block = np.zeros((RATE + len(clap), 2), np.float32)
    for place in random.integers(0, RATE, 220):
        block[place : place + len(clap)] += clap * np.float32(random.uniform(0.05, 0.35))
    return block[:RATE]


def main() -> None:
    """Write a panel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    write_panel(chosen.minutes, chosen.out)


if __name__ == "__main__":
    main()
