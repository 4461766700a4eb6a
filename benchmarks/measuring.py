"""How dear it is to measure: an hour of talk by `weerslag measure` and by other meters, in alternating runs.

`python benchmarks/measuring.py` (an hour, three rounds: some four minutes) · `--minutes 10 --rounds 5` · `--only NAME…`

The recording is that of `mastering.py`: voices, stereo, 48 kHz, 24 bits. Others are ffmpeg's ebur128, libebur128 through Python, and the
scanners loudgain (Debian's package, where PATH has it) and r128gain (PATH, or PyPI's in a folder of its own that is made once).
A ratio is the median of those of single rounds, in which all ran right after each other; what each of them found is shown too, since a
meter that reads something else has not done the same work. Exit 1: the wall clock is more than was asked.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from mastering import ENV, PYTHON, Runs, recording, run, watch

OUT = Path(__file__).parent / "out"
LIMIT = 0.35  # of ffmpeg's time, on two cores
OURS, THEIRS = "weerslag measure", "ffmpeg ebur128=peak=true"
LIBEBUR128 = """
import sys, numpy as np, pyebur128
mode = pyebur128.MeasurementMode
meter = pyebur128.R128State(2, 48000, mode.MODE_I | mode.MODE_LRA | mode.MODE_TRUE_PEAK)
with open(sys.argv[1], "rb") as file:
    file.seek(file.read(4096).index(b"data") + 8)
    while raw := file.read(288000):
        whole = np.zeros((len(raw) // 3, 4), "u1")
        whole[:, 1:] = np.frombuffer(raw, "u1").reshape(-1, 3)
        meter.add_frames(whole.view("<i4").ravel().astype(np.float32) / 2**31, len(raw) // 6)
print(f"{pyebur128.get_loudness_global(meter):.2f} LUFS")
"""
LOUDNESS = (r"I:\s+(-\d+\.\d+) LUFS\n", r"(-\d+\.\d+) LUFS", r"^\s*(-\d+\.\d+)\s+\d+\.\d")  # the first that is found


def r128gain() -> str:
    """The program of r128gain; made once if PATH has none. Empty: it cannot be had."""
    own = OUT / "r128gain" / "bin" / "r128gain"
    if found := shutil.which("r128gain"):
        return found
    if not own.exists():
        subprocess.run([PYTHON, "-m", "venv", OUT / "r128gain"], check=True)
        done = subprocess.run(
            [own.parent / "pip", "-q", "install", "r128gain==1.0.7"], check=False, capture_output=True
        )
        if done.returncode:
            return ""
    return str(own)


def tools(source: Path) -> dict[str, list[str]]:
    """Name: command."""
    loud = ["-af", "ebur128=peak=true", "-f", "null", "-"]
    found = {
        OURS: [PYTHON, "-m", "pipeline", "measure", str(source)],
        THEIRS: ["ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-i", str(source), *loud],
        "libebur128 (pyebur128)": [PYTHON, "-c", LIBEBUR128, str(source)],
    }
    if program := shutil.which("loudgain"):
        found["loudgain"] = [program, str(source)]
    if program := r128gain():
        found["r128gain (sample peak)"] = [program, "--dry-run", str(source)]
    return found


def loudness(argv: list[str]) -> str:
    """What a tool reads; it runs once for this, before any clock does, so that the file lies in memory for all."""
    done = subprocess.run(argv, env=ENV, capture_output=True, check=True)
    told = done.stdout.decode() + done.stderr.decode().rpartition("Summary:")[2]
    for form in LOUDNESS:
        if found := re.search(form, told, re.MULTILINE):
            return found[1]
    sys.exit(f"{argv[0]} tells no loudness: {told[-500:]}")


def main() -> int:
    """Print the table; 1 if ours is slower than promised."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=60)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", nargs="*", help="beginnings of names")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "talk.wav"
        recording(chosen.minutes, source)
        wanted = {
            name: argv for name, argv in tools(source).items() if not chosen.only or name.startswith(tuple(chosen.only))
        }
        read = {name: loudness(argv) for name, argv in wanted.items()}
        runs = {name: Runs() for name in wanted}
        for _ in range(chosen.rounds):
            for name, argv in wanted.items():
                run(argv, runs[name])
        for name, argv in wanted.items():
            watch(argv, runs[name])
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{chosen.minutes:g} minutes, {chosen.rounds} rounds by turns, {os.cpu_count()} processors, load {load}")
    print(f"{'':26}{'wall clock':>11}{'processor':>11}{'memory':>9}{'reads':>8}   ours to it: wall clock, processor")
    for name, taken in runs.items():
        told, ours = taken.told(), runs[OURS]
        ratios = f"{_ratio(ours.wall_s, taken.wall_s):8.2f}{_ratio(ours.cpu_s, taken.cpu_s):8.2f}"
        figures = f"{told['wall_s']:>9.2f} s{told['cpu_s']:>9.2f} s{told['memory_mb']:>6.0f} MB{read[name]:>8}"
        print(f"{name:26}{figures}   {ratios}")
    return THEIRS in runs and _ratio(runs[OURS].wall_s, runs[THEIRS].wall_s) > LIMIT


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    sys.exit(main())
