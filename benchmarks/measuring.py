"""How dear it is to measure: one hour by `weerslag measure` and by others, by turns; medians, and medians of each round's ratios.

python benchmarks/measuring.py [MINUTES [ROUNDS]]

Others: ffmpeg's ebur128, libebur128, and where PATH has them the scanners loudgain (Debian) and r128gain (PyPI).
"""

import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
RATE = 48_000
LIMIT = 0.35  # of ffmpeg's time, on two cores
LIBEBUR128 = """
import sys, numpy as np, pyebur128
mode = pyebur128.MeasurementMode
meter = pyebur128.R128State(2, 48000, mode.MODE_I | mode.MODE_LRA | mode.MODE_TRUE_PEAK)
with open(sys.argv[1], "rb") as file:
    file.seek(44)
    while raw := file.read(192000):
        meter.add_frames(np.frombuffer(raw, "<i2").astype(np.float32) / 32768, len(raw) // 4)
print(pyebur128.get_loudness_global(meter), pyebur128.get_true_peak(meter, 0))
"""


def generate(file: Path, minutes: float) -> None:
    """Something like talk: noise in syllables, louder and softer; 16 bits, stereo."""
    chance = np.random.default_rng(1)
    size = round(minutes * 60) * RATE * 4
    with file.open("wb") as out:
        head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16)
        out.write(b"RIFF" + struct.pack("<I", size + 36) + head + b"data" + struct.pack("<I", size))
        for _ in range(round(minutes * 60)):
            level = np.repeat(chance.uniform(0, 1, 10) ** 2, RATE // 10)
            voice = np.convolve(chance.normal(0, 0.15, RATE), np.hanning(12) / 3, "same") * level
            sound = np.stack([voice, 0.7 * np.roll(voice, 9)], axis=1) + chance.normal(0, 1e-3, (RATE, 2))
            out.write((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def seconds(argv: list[str]) -> tuple[float, float]:
    """Time on the clock, and on all cores together."""
    before, began = os.times(), time.monotonic()
    subprocess.run(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, cpu


def main(minutes: float = 60, rounds: int = 5) -> int:
    """Print the table; 1 if ours is slower than promised."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "talk.wav"
        generate(file, minutes)
        loud = ["-af", "ebur128=peak=true", "-f", "null", "-"]
        tools = {
            "weerslag measure": [sys.executable, "-m", "pipeline", "measure", str(file)],
            "ffmpeg ebur128": ["ffmpeg", "-v", "error", "-nostdin", "-i", str(file), *loud],
            "libebur128": [sys.executable, "-c", LIBEBUR128, str(file)],
            "loudgain": ["loudgain", str(file)],
            "r128gain": ["r128gain", "--dry-run", str(file)],
        }
        tools = {name: argv for name, argv in tools.items() if shutil.which(argv[0])}
        runs = {name: [] for name in tools}
        for _ in range(rounds):
            for name, argv in tools.items():
                runs[name].append(seconds(argv))
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{minutes:g} minutes of stereo at 48 kHz, {rounds} rounds by turns, {os.cpu_count()} cores, load {load}")
    for name, taken in runs.items():
        clock, cpu = (statistics.median(run[at] for run in taken) for at in (0, 1))
        ours, theirs = (_ratio(runs["weerslag measure"], taken, at) for at in (0, 1))
        print(f"{name:18} {clock:7.2f} s {cpu:7.2f} CPU s   ours to it {ours:5.2f} {theirs:5.2f}")
    return _ratio(runs["weerslag measure"], runs["ffmpeg ebur128"], 0) > LIMIT


def _ratio(ours: list[tuple[float, float]], theirs: list[tuple[float, float]], at: int) -> float:
    return statistics.median(one[at] / other[at] for one, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    sys.exit(main(*(kind(word) for kind, word in zip((float, int), sys.argv[1:], strict=False))))
