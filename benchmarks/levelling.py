"""Measure how the leveller brings speakers to one level, and what it does to all else.

`python benchmarks/levelling.py` prints the tables of docs/sound.md. `--prompts FOLDER` adds studio
voices: a folder per speaker with G.722 files, as in the Debian packages asterisk-core-sounds-*-g722.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.audio import scenes  # found through the line above
from tests.audio.scenes import RATE, Talk, build_talk, level_talk, make_babble, make_hum, make_music, make_noise

GAPS_DB = (2, 3, 4.5, 6, 9, 14, 20)
SEEDS = (1, 2, 3)
MIN_CLIP_S = 1.5


def load_prompts(folder: Path) -> list[str]:
    """Load the studio voices; return the names of the speakers."""
    for voice in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(sorted(voice.glob("*.g722"), key=lambda path: -path.stat().st_size)[:80])
        argv = ["ffmpeg", "-v", "error", "-f", "g722", "-i"]
        options = ["-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
        sounds = [
            subprocess.run([*argv, str(file), *options], capture_output=True, check=True).stdout for file in files
        ]
        clips = [np.frombuffer(sound, np.float32) for sound in sounds]
        scenes.EXTRA_CLIPS[voice.name] = [clip for clip in clips if MIN_CLIP_S * RATE < len(clip) < 10 * RATE]
    return list(scenes.EXTRA_CLIPS)


def measure_slope(talk: Talk, after: np.ndarray) -> float:
    """Measure how much of the differences between one speaker's sentences is left: 1 is all."""
    slopes = []
    for name in sorted({who for who, *_ in talk.clips}):
        spans = [slice(first, end) for who, first, end in talk.clips if who == name]
        before, later = (
            np.array([scenes.measure_lufs(sound[span]) for span in spans]) for sound in (talk.sound, after)
        )
        slopes.append(np.polyfit(before - before.mean(), later - later.mean(), 1)[0])
    return float(np.mean(slopes))


def print_gaps(label: str, names: tuple[str, str], **options: object) -> None:
    """Print the gap between two speakers after levelling: the worst of all seeds, for each gap before."""
    worst, slopes = [], []
    for gap_db in GAPS_DB:
        talks = [build_talk({names[0]: 0, names[1]: -gap_db}, seed=seed, **options) for seed in SEEDS]
        leveled = [(talk, level_talk(talk)[1]) for talk in talks]
        worst.append(max(scenes.measure_gap_lu(*pair) for pair in leveled))
        slopes += [measure_slope(*pair) for pair in leveled]
    print(f"| {label} | " + " | ".join(f"{gap:.1f}" for gap in worst) + f" | {np.mean(slopes):.2f} |", flush=True)


def print_groups(label: str, levels_db: dict[str, float], **options: object) -> None:
    """Print the same for more than two speakers."""
    talks = [build_talk(levels_db, seed=seed, **options) for seed in SEEDS]
    leveled = [(talk, level_talk(talk)[1]) for talk in talks]
    before = max(scenes.measure_gap_lu(talk, talk.sound[:, 0]) for talk in talks)
    after, slope = (
        max(scenes.measure_gap_lu(*pair) for pair in leveled),
        np.mean([measure_slope(*pair) for pair in leveled]),
    )
    print(f"| {label} | {before:.1f} | {after:.1f} | {slope:.2f} |", flush=True)


def print_background(label: str, background: np.ndarray) -> None:
    """Print what happens to the pauses against the talk, for two speakers 6 and 10 dB apart."""
    figures = []
    for gap_db in (6, 10):
        talk = build_talk({"man": 0, "woman": -gap_db}, background=background, gap_s=(0.8, 1.6))
        _, after = level_talk(talk)
        before_db = scenes.measure_background_db(talk, talk.sound[:, 0])
        figures += [scenes.measure_background_db(talk, after) - before_db, scenes.measure_gap_lu(talk, after)]
    print(
        f"| {label} | {figures[0]:+.1f} dB, {figures[1]:.1f} LU | {figures[2]:+.1f} dB, {figures[3]:.1f} LU |",
        flush=True,
    )


def main() -> None:
    """Print the tables of docs/sound.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=Path)
    folder = parser.parse_args().prompts
    studio = load_prompts(folder) if folder else []
    length = 50 * RATE
    print("| speakers this far apart (LU) | " + " | ".join(map(str, GAPS_DB)) + " | emphasis left |")
    print_gaps("turns of 3 to 8 s", ("man", "woman"))
    print_gaps("turns of 1 to 3 s", ("man", "woman"), turn_s=(1.0, 3.0))
    print_gaps("turns of 30 to 50 s", ("man", "woman"), turn_s=(30.0, 50.0), seconds=160)
    print_gaps("two women", ("woman", "bright"), seconds=80)
    print_gaps("room, 0.8 s", ("man", "woman"), room_s=0.8)
    print_gaps("noise at -46 dBFS", ("man", "woman"), background=make_noise(length, -46))
    print_gaps("hum at -42 dBFS", ("man", "woman"), background=make_noise(length, -60) + make_hum(length, -42))
    for one, other in zip(studio[::2], studio[1::2], strict=False):
        print_gaps(f"studio: {one}, {other}", (one, other), seconds=80)
    print("\n| more speakers | before | after | emphasis left |")
    print_groups("three", {"man": 0, "woman": -5, "deep": -10}, seconds=100, turn_s=(2, 12))
    five = {"man": 0, "woman": -4, "deep": -8, "bright": -12, "boy": -3}
    print_groups("five", five, seconds=160, turn_s=(2, 12))
    print_groups("five, turns of 20 to 120 s", five, seconds=900, turn_s=(20, 120))
    if len(studio) > 3:
        levels = dict(zip(studio, (0, -4, -8, -12, -3), strict=False))
        print_groups(f"studio: {len(levels)}", levels, seconds=160, turn_s=(2, 12))
    print("\n| pauses against the talk, gap left | 6 dB apart | 10 dB apart |")
    print_background("babble at -47 dBFS", make_babble(50, -47))
    print_background("babble at -41 dBFS", make_babble(50, -41))
    print_background("music at -47 dBFS", make_music(50, -47))
    print_background("music at -41 dBFS", make_music(50, -41))


if __name__ == "__main__":
    main()
