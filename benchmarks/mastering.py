"""Speed and memory of mastering a recording, compared with other tools.

`python benchmarks/mastering.py --minutes 20 --rounds 3 --recordings clean panel`. `build` runs on a
programme made by `weerslag init` with this recording as its only episode, from an empty cache, with one
format and with three. Tools that are not installed are left out; `--normalize PATH` is the program of
ffmpeg-normalize. Clean: voices (Debian package fillets-ng-data-nl); panel: `hard_panel.py`. All tools run
right after each other in each round, and a ratio is the median of the rounds, which a busy machine
changes least. `--only stages` shows the time of each stage, `--only cores` the gain of a second core.
"""

import argparse
import json
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hard_panel import write_panel  # found through the line above

ROOT = Path(__file__).parents[1]
VOICES = Path("/usr/share/games/fillets-ng/sound")
PYTHON = sys.executable
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}

PYDUB = """
import sys
from pydub import AudioSegment, effects
effects.normalize(AudioSegment.from_file(sys.argv[1])).export(sys.argv[2], format="mp3", bitrate="128k")
"""
STAGES = """
import json, os, sys, time
from pipeline.audio import mastering, parallel
from pipeline.audio.encoding import encoder
from pipeline.audio.tasks import MasterFileTask
from pipeline.model import SoundTarget
parallel.count_cores = lambda: int(sys.argv[3])
stages, marks = {}, []
def mark(name):
    now, wall = os.times(), time.monotonic()
    if marks:
        (before, start) = marks[-1]
        stages[name] = {"wall_s": round(wall - start, 2),
                        "own_s": round(now.user + now.system - before.user - before.system, 2),
                        "children_s": round(sum(now[2:4]) - sum(before[2:4]), 2)}
    marks.append((now, wall))
def time_stage(module, name, stage):
    function = getattr(module, name)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        mark(stage)
        return result
    setattr(module, name, call)
time_stage(mastering, "measure_recording", "measure")
time_stage(mastering.processing, "build_chain", "analyse, plan")
time_stage(mastering, "_write_master", "render and measure the master")
time_stage(encoder, "encode_master", "encode, decode, measure")
mark("")
mastering.master_file(MasterFileTask(parts=(sys.argv[1],), format="mp3", target=SoundTarget(), out=sys.argv[2]))
print(json.dumps(stages))
"""


@dataclass(slots=True)
class Runs:
    """Measurements of one tool, run by run."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def summarise(self) -> dict[str, float]:
        """Return the medians, and the highest memory if it was measured."""
        return {
            "wall_s": round(statistics.median(self.wall_s), 2),
            "cpu_s": round(statistics.median(self.cpu_s), 2),
            **({"memory_mb": round(max(self.memory_mb))} if self.memory_mb else {}),
        }


def create_recording(minutes: float, out: Path) -> None:
    """Create a quiet recording of voices, in two different channels, 24 bits."""
    clips = sorted(VOICES.glob("*/nl/*-[mv]-*.ogg"))[::6]
    listed = out.with_suffix(".txt")
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips) * math.ceil(minutes / 10))
    pan = "aresample=48000,pan=stereo|c0=0.12*c0|c1=0.09*c0,aecho=1:0.7:30:0.3"
    source = ["-f", "concat", "-safe", "0", "-i", str(listed)]
    argv = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        *source,
        "-t",
        str(minutes * 60),
        "-af",
        pan,
        "-c:a",
        "pcm_s24le",
        "-rf64",
        "auto",
        str(out),
    ]
    subprocess.run(argv, check=True)
    if out.stat().st_size < minutes * 60 * 48_000 * 6:
        sys.exit("not enough voices for a recording of that length")


def create_programme(recording: Path, root: Path, formats: str) -> None:
    """Create a programme whose only content is one episode with that recording."""
    subprocess.run([PYTHON, "-m", "pipeline", "init", str(root)], env=ENV, check=True, capture_output=True)
    shutil.rmtree(root / "magazine")
    (folder,) = (root / "episodes").glob("*/recording")
    for file in folder.iterdir():
        file.unlink()
    (folder / "opname.wav").hardlink_to(recording)
    settings = root / "programme.yaml"
    settings.write_text(settings.read_text().replace("formats: [mp3, m4a, opus]", f"formats: [{formats}]"))


def list_commands(source: Path, folder: Path, normalize: str) -> dict[str, list[str]]:
    """List the command of each tool."""
    out = str(folder / "out.mp3")
    encoders = {
        "mp3": ["-c:a", "libmp3lame", "-compression_level", "5", "-b:a", "128k"],
        "m4a": ["-c:a", "aac", "-b:a", "128k"],
        "opus": ["-c:a", "libopus", "-b:a", "64k"],
    }
    bare = {
        name: ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, str(folder / f"bare.{name}")]
        for name, options in encoders.items()
    }
    found = {
        "weerslag build episodes [mp3]": [PYTHON, "-m", "pipeline", "-C", str(folder / "one"), "build", "episodes"],
        "weerslag master": [PYTHON, "-m", "pipeline", "master", "--force", str(source), out],
        "ffmpeg libmp3lame": bare["mp3"],
        "weerslag build episodes [mp3, m4a, opus]": [
            *(PYTHON, "-m", "pipeline", "-C", str(folder / "three"), "build", "episodes"),
        ],
        "ffmpeg libmp3lame, aac, libopus": ["sh", "-ec", "; ".join(map(shlex.join, bare.values()))],
        "pydub normalize": [PYTHON, "-c", PYDUB, str(source), out],
    }
    if normalize:
        loud = ["-t", "-16", "-tp", "-1", "-ar", "48000", "-c:a", "libmp3lame", "-b:a", "128k"]
        found["ffmpeg-normalize"] = [normalize, str(source), *loud, "-f", "-o", out]
    return found


def forget_builds(folder: Path) -> None:
    """Delete caches and outputs, so that the next build begins from nothing."""
    for name in ("one", "three"):
        for place in (".weerslag", "public", "press"):
            shutil.rmtree(folder / name / place, ignore_errors=True)


def run_once(argv: list[str], runs: Runs) -> None:
    """Run a command once; record wall-clock and CPU time of its process tree."""
    before, wall = os.times(), time.monotonic()
    completed = subprocess.run(argv, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    _exit_on_failure(argv, completed.returncode, completed.stderr)
    after = os.times()
    runs.wall_s.append(time.monotonic() - wall)
    runs.cpu_s.append(sum(after[2:4]) - sum(before[2:4]))


def measure_memory(argv: list[str], runs: Runs) -> None:
    """Run a command again, untimed, and record the peak memory of its process tree."""
    _, all_mb = watch_memory(argv)
    runs.memory_mb.append(all_mb)


def watch_memory(argv: list[str], *, cwd: Path | None = None, env: Mapping[str, str] = ENV) -> tuple[float, float]:
    """Run a command; return the highest memory of one of its processes, and of all together, in MB."""
    with subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        ended, highest = threading.Event(), [0.0, 0.0]
        thread = threading.Thread(target=_sample_memory, args=(child.pid, ended, highest))
        thread.start()
        _, errors = child.communicate()
        ended.set()
        thread.join()
    _exit_on_failure(argv, child.returncode, errors)
    return highest[0], highest[1]


def _exit_on_failure(argv: list[str], code: int, errors: bytes) -> None:
    if code:
        sys.exit(f"{argv[0]} failed: {errors.decode(errors='replace')[-500:]}")


def _sample_memory(pid: int, ended: threading.Event, highest: list[float]) -> None:
    while not ended.wait(0.1):
        sizes = [_read_memory_mb(one) for one in _list_tree(pid)]
        highest[:] = [max(highest[0], *sizes), max(highest[1], sum(sizes))]


def _list_tree(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(one) for task in tasks for one in (task / "children").read_text(encoding="ascii").split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _list_tree(child))]


def _read_memory_mb(pid: int) -> float:
    """Read the memory of a process; shared pages count in proportion."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def main() -> None:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--recordings", nargs="*", default=["clean", "panel"], choices=["clean", "panel"])
    parser.add_argument("--normalize", default=shutil.which("ffmpeg-normalize") or "")
    parser.add_argument("--memory", action="store_true", help="also record the peak memory, in separate runs")
    parser.add_argument("--only", nargs="*", help="names of tools; also: cores, stages")
    chosen = parser.parse_args()
    results: dict[str, object] = {"minutes": chosen.minutes, "rounds": chosen.rounds, "processors": os.cpu_count()}
    for recording in chosen.recordings:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "opname.wav"
            (create_recording if recording == "clean" else write_panel)(chosen.minutes, source)
            results[recording] = measure(chosen, source, Path(folder))
    print(json.dumps(results, indent=1))


def measure(chosen: argparse.Namespace, source: Path, folder: Path) -> dict[str, object]:
    """Measure everything that is requested."""
    create_programme(source, folder / "one", "mp3")
    create_programme(source, folder / "three", "mp3, m4a, opus")
    commands = list_commands(source, folder, chosen.normalize)
    runs = {name: Runs() for name in commands if not chosen.only or name in chosen.only}
    for _ in range(chosen.rounds):  # one after the other, so that a busy minute hits all alike
        for name, one in runs.items():
            forget_builds(folder)
            run_once(commands[name], one)
    for name, one in runs.items() if chosen.memory else ():
        forget_builds(folder)
        measure_memory(commands[name], one)
    results: dict[str, object] = {
        "load": os.getloadavg(),
        "runs": {name: one.summarise() for name, one in runs.items()},
    }
    for name, one in runs.items():
        if name.startswith("weerslag"):
            peers = {peer: other for peer, other in runs.items() if not peer.startswith("weerslag")}
            results[f"{name}, of which it takes"] = {
                peer: {part: _compare(getattr(one, part), getattr(other, part)) for part in ("wall_s", "cpu_s")}
                for peer, other in peers.items()
            }
    if not chosen.only or "stages" in chosen.only:
        results["stages"] = _measure_stages(source, folder, 2)
    if not chosen.only or "cores" in chosen.only:
        results["1 and 2 workers"] = _measure_cores(source, folder, chosen.rounds)
    return results


def _compare(ours: list[float], theirs: list[float]) -> float:
    """Return the median ratio of all rounds."""
    return round(statistics.median(_list_ratios(ours, theirs)), 3)


def _list_ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [round(one / other, 3) for one, other in zip(ours, theirs, strict=True)]


def _measure_stages(source: Path, folder: Path, workers: int) -> dict[str, dict[str, float]]:
    argv = [PYTHON, "-c", STAGES, str(source), str(folder / "o.mp3"), str(workers)]
    stages: dict[str, dict[str, float]] = json.loads(
        subprocess.run(argv, env=ENV, check=True, capture_output=True, text=True).stdout
    )
    return stages


def _measure_cores(source: Path, folder: Path, rounds: int) -> dict[str, object]:
    """Compare one worker on one core with two workers on two."""
    runs = {count: Runs() for count in (1, 2)}
    for _ in range(rounds):
        for count, one in runs.items():
            pinned = ["taskset", "-c", ",".join(str(number) for number in range(count))]
            run_once([*pinned, PYTHON, "-c", STAGES, str(source), str(folder / "o.mp3"), str(count)], one)
    times = {str(count): one.summarise() for count, one in runs.items()}
    return {**times, "times faster": _compare(runs[1].wall_s, runs[2].wall_s)}


if __name__ == "__main__":
    main()
