"""Compare the cost of measuring.

Talk measured by `weerslag measure` and by other meters, in alternating runs.

`python benchmarks/measuring.py` (an hour, three rounds: about eight minutes) · `--minutes 10
--rounds 5` · `--only NAME…` · `--recording clean`

The recordings are those of `mastering.py` and `hard_panel.py`: clean voices, and a panel with hum,
noise, clipping and applause; stereo, 48 kHz, 24 bits. The other meters are
ffmpeg's ebur128, libebur128 from Python, and the scanners loudgain (Debian's package, if on PATH)
and r128gain (from PATH, or from PyPI in a virtual environment that is created once). A ratio is the
median of the ratios of single rounds, in which all tools ran one after the other. The reading of
each tool is shown too: a meter with another reading did not do the same work. Exit code 1: slower
than `LIMIT`.
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

from hard_panel import write_panel
from mastering import ENV, PYTHON, Runs, create_recording, measure_memory, run_once

OUT = Path(__file__).parent / "out"
LIMIT = 0.25  # of ffmpeg's time, on two cores
RECORDINGS = {"clean": create_recording, "panel": write_panel}
OURS, THEIRS = "weerslag measure", "ffmpeg ebur128=peak=true"
LIBEBUR128 = """
import sys, numpy as np, pyebur128
mode = pyebur128.MeasurementMode
meter = pyebur128.R128State(2, 48000, mode.MODE_I | mode.MODE_LRA | mode.MODE_TRUE_PEAK)
with open(sys.argv[1], "rb") as file:
    file.seek(file.read(4096).index(b"data") + 8)
    while raw := file.read(288000):
        samples = np.zeros((len(raw) // 3, 4), "u1")
        samples[:, 1:] = np.frombuffer(raw, "u1").reshape(-1, 3)
        meter.add_frames(samples.view("<i4").ravel().astype(np.float32) / 2**31, len(raw) // 6)
print(f"{pyebur128.get_loudness_global(meter):.2f} LUFS")
"""
PATTERNS = (r"I:\s+(-\d+\.\d+) LUFS\n", r"(-\d+\.\d+) LUFS", r"^\s*(-\d+\.\d+)\s+\d+\.\d")  # the first match counts


def find_r128gain() -> str:
    """Find r128gain on PATH, or install it once; empty: it cannot be installed."""
    installed = OUT / "r128gain" / "bin" / "r128gain"
    if found := shutil.which("r128gain"):
        return found
    if not installed.exists():
        subprocess.run([PYTHON, "-m", "venv", OUT / "r128gain"], check=True)
        argv = [installed.parent / "pip", "-q", "install", "r128gain==1.0.7"]
        if subprocess.run(argv, check=False, capture_output=True).returncode:
            return ""
    return str(installed)


def list_commands(source: Path) -> dict[str, list[str]]:
    """List the command of each tool."""
    options = ["-af", "ebur128=peak=true", "-f", "null", "-"]
    commands = {
        OURS: [PYTHON, "-m", "pipeline", "measure", str(source)],
        THEIRS: ["ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-i", str(source), *options],
        "libebur128 (pyebur128)": [PYTHON, "-c", LIBEBUR128, str(source)],
    }
    if program := shutil.which("loudgain"):
        commands["loudgain"] = [program, str(source)]
    if program := find_r128gain():
        commands["r128gain (sample peak)"] = [program, "--dry-run", str(source)]
    return commands


def read_loudness(argv: list[str]) -> str:
    """Read the loudness that a tool prints.

    This untimed run also brings the file into the page cache.
    """
    completed = subprocess.run(argv, env=ENV, capture_output=True, check=True)
    output = completed.stdout.decode() + completed.stderr.decode().rpartition("Summary:")[2]
    for pattern in PATTERNS:
        if found := re.search(pattern, output, re.MULTILINE):
            return found[1]
    sys.exit(f"{argv[0]} prints no loudness: {output[-500:]}")


def main() -> int:
    """Print the table; return 1 if `weerslag measure` is slower than `LIMIT`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="prefixes of names")
    parser.add_argument("--recording", choices=RECORDINGS, nargs="*", default=list(RECORDINGS))
    options = parser.parse_args()
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{options.minutes:g} minutes, {options.rounds} rounds alternating, {os.cpu_count()} processors, load {load}")
    ratios = []
    for recording in options.recording:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "talk.wav"
            RECORDINGS[recording](options.minutes, source)
            ratios.append(compare(recording, source, rounds=options.rounds, prefixes=tuple(options.only or ("",))))
    return max(ratios) > LIMIT


def compare(recording: str, source: Path, *, rounds: int, prefixes: tuple[str, ...]) -> float:
    """Measure a recording with each tool, print a table, and return our share of ffmpeg's time."""
    commands = {name: argv for name, argv in list_commands(source).items() if name.startswith(prefixes)}
    readings = {name: read_loudness(argv) for name, argv in commands.items()}
    runs = {name: Runs() for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            run_once(argv, runs[name])
    for name, argv in commands.items():
        measure_memory(argv, runs[name])
    print(f"{recording:26}{'wall clock':>11}{'CPU':>11}{'memory':>9}{'reads':>8}   ratio ours/theirs: wall clock, CPU")
    for name, runs_of_tool in runs.items():
        summary, ours = runs_of_tool.summarise(), runs[OURS]
        ratios = f"{_compute_ratio(ours.wall_s, runs_of_tool.wall_s):8.2f}{_compute_ratio(ours.cpu_s, runs_of_tool.cpu_s):8.2f}"
        figures = f"{summary['wall_s']:>9.2f} s{summary['cpu_s']:>9.2f} s{summary['memory_mb']:>6.0f} MB"
        print(f"{name:26}{figures}{readings[name]:>8}   {ratios}")
    return _compute_ratio(runs[OURS].wall_s, runs[THEIRS].wall_s) if THEIRS in runs else 0.0


def _compute_ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    sys.exit(main())
