"""Measure the alignment of several recorders: errors against known truth, CPU time and memory.

`python benchmarks/tracks.py` (two hours, four recorders; about five minutes) · `--minutes 20` ·
`--sway 0.5` (milliseconds by which people move) · `--keep FOLDER` (write or reuse the recordings)

The take is that of `tests/audio/takes.py`: three people in a room with reverberation; a room
recorder, a microphone that clips, two phones with AGC, one of them in AAC. Their clocks drift by up
to 150 ppm, and they lose 20 ms to 30 s. The cost of looking at two files that are parts is measured
too, and the whole of `weerslag master --tracks`, against a bare LAME encode of the mix. Exit code
1: an error or a cost above its limit.
"""

import argparse
import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.model import TakeAlignment, from_json  # noqa: E402  # found through the line above
from tests.audio.takes import Recorder, build_talk, record_take  # noqa: E402

LIMITS = {
    "offset ms": 5.0,
    "drift ppm": 0.5,
    "gap length ms": 3.0,
    "gap place s": 0.5,
    "CPU s a track-hour": 15.0,
    "memory MB": 400.0,
    "times LAME": 3.0,
}
ALIGN = """
import json, os, resource, sys, tempfile
from pipeline.audio.tracks.alignment import align_files
from pipeline.audio.tracks.corrected_tracks import open_take
from pipeline.model import to_json
def measure():
    times = os.times()
    return sum(times[:4])
with tempfile.TemporaryDirectory(dir=sys.argv[1]) as scratch:
    start = measure()
    take = align_files(sys.argv[2:], is_take=False, scratch=scratch)
    aligned = measure()
    if take.tracks:
        with open_take(take, sys.argv[2:], scratch):
            pass
    corrected = measure()
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
print(json.dumps({"take": to_json(take), "align_s": aligned - start, "correct_s": corrected - aligned, "memory": peak}))
"""


def list_recorders(seconds: float) -> list[Recorder]:
    """List the recorders; the times of their losses scale with the duration."""
    return [
        Recorder(name="zaal.wav", at_m=(3.3, 2.3), start_s=3.0, noise_db=-68),
        Recorder(name="anna.wav", at_m=(2.1, 1.8), start_s=37.4, ppm=110, level_db=6, gaps=((0.31 * seconds, 30.0),)),
        Recorder(
            name="telefoon.wav",
            at_m=(4.3, 1.1),
            start_s=0.9,
            ppm=-150,
            agc=True,
            rate=44_100,
            gaps=((0.28 * seconds, 0.37), (0.56 * seconds, 12.4), (0.8 * seconds, 0.05)),
        ),
        Recorder(
            name="Nieuwe opname.m4a",
            at_m=(3.0, 3.8),
            start_s=0.085 * seconds,
            ppm=-25,
            agc=True,
            gaps=((0.42 * seconds, 0.02), (0.7 * seconds, 1.5)),
        ),
    ]


def write_take(folder: Path, seconds: float, recorders: list[Recorder], sway_s: float, seed: int = 1) -> None:
    """Record a talk."""
    record_take(folder, build_talk(seconds, seed=seed), recorders, sway_s=sway_s)


def run_apart(function: Callable[..., None], *arguments: object) -> None:
    """Run a function in a process of its own; its memory would count as that of later children."""
    process = multiprocessing.get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{function.__name__} failed")


def align(scratch: str, files: list[str]) -> dict[str, float | TakeAlignment]:
    """Align files in a fresh process; return the take, CPU seconds of both steps, and megabytes."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", ALIGN, scratch, *files]
    result = json.loads(subprocess.run(argv, env=env, capture_output=True, check=True).stdout)
    return {**result, "take": from_json(TakeAlignment, result["take"])}


def compare(take: TakeAlignment, recorders: list[Recorder]) -> dict[str, float]:
    """Print what was found beside the truth; return the largest error of each kind."""
    start_s = min(recorder.start_s for recorder in recorders)
    reference = recorders[take.reference]
    errors = dict.fromkeys(("offset ms", "drift ppm", "gap length ms", "gap place s"), 0.0)
    for track, recorder in zip(take.tracks, recorders, strict=True):
        offset_s, drift_ppm = recorder.start_s - start_s, recorder.ppm - reference.ppm
        print(
            f"{track.name:18} {track.offset_s:10.4f} / {offset_s:9.4f} s {track.drift_ppm:9.3f} / {drift_ppm:6.1f} ppm"
        )
        found = {"offset ms": 1000 * abs(track.offset_s - offset_s), "drift ppm": abs(track.drift_ppm - drift_ppm)}
        if len(track.gaps) != len(recorder.gaps):
            found["gap length ms"] = math.inf
        for gap, (at_s, length_s) in zip(track.gaps, recorder.gaps, strict=False):
            place_s = at_s - start_s
            print(f"{'':18} lost {gap.length_s:8.4f} / {length_s:7.4f} s at {gap.at_s:9.2f} / {place_s:9.2f} s")
            found["gap length ms"] = max(found.get("gap length ms", 0.0), 1000 * abs(gap.length_s - length_s))
            found["gap place s"] = max(found.get("gap place s", 0.0), abs(gap.at_s - place_s))
        errors |= {name: max(errors[name], value) for name, value in found.items()}
    return errors


def compare_with_lame(files: list[str], folder: Path) -> float:
    """Mix and master the take with the command; return its time as a multiple of a bare LAME encode of the same audio."""
    env, out, mix = {**os.environ, "PYTHONPATH": str(ROOT)}, folder / "take.mp3", folder / "take.wav"
    argv = [sys.executable, "-m", "pipeline", "master", "--tracks", *files, str(out), "--force"]
    ffmpeg = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i"]
    times = []
    for command in (
        argv,
        [*ffmpeg, str(out), "-c:a", "pcm_s24le", str(mix)],
        [*ffmpeg, str(mix), "-c:a", "libmp3lame", "-b:a", "128k", str(folder / "bare.mp3")],
    ):
        start = time.monotonic()
        subprocess.run(command, env=env, check=True, capture_output=True)
        times.append(time.monotonic() - start)
    print(f"weerslag master --tracks: {times[0]:.1f} s; LAME alone: {times[2]:.1f} s")
    return times[0] / times[2]


def main() -> int:
    """Print errors and costs; return 1 if one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--sway", type=float, default=0.0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        recorders = list_recorders(options.minutes * 60)
        files = [str(folder / recorder.name) for recorder in recorders]
        if not all(Path(file).exists() for file in files):
            run_apart(write_take, folder, options.minutes * 60, recorders, options.sway / 1000)
        result = align(scratch, files)
        figures = compare(result["take"], recorders)
        hours = len(files) * options.minutes / 60
        figures["CPU s a track-hour"] = (result["align_s"] + result["correct_s"]) / hours
        figures["memory MB"] = result["memory"]
        figures["times LAME"] = compare_with_lame(files, Path(scratch))
        other = folder / "ander.wav"
        if not other.exists():
            run_apart(write_take, folder, options.minutes * 60, [replace(recorders[0], name=other.name)], 0.0, 2)
        parts = align(scratch, [files[0], str(other)])
    print(f"two parts of {options.minutes:g} minutes: {parts['align_s']:.1f} s of CPU")
    for name, value in figures.items():
        print(f"{name:20} {value:10.4f}   limit {LIMITS[name]:g}")
    return int(bool(parts["take"].tracks) or any(value > LIMITS[name] for name, value in figures.items()))


if __name__ == "__main__":
    sys.exit(main())
