"""How fast a recording becomes an MP3, beside other tools: the whole default chain, in alternating runs, and its memory.

`python benchmarks/mastering.py --minutes 10 --rounds 3`; others are left out where they are not installed:
`--normalize PATH` names the program of ffmpeg-normalize. The recording is voices of the Debian package fillets-ng-data-nl.
A ratio is the median of those of single rounds, in which all tools ran right after each other: so a busy machine tells least
lies. `--only stages` tells where the time goes, `--only cores` what a second processor brings.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

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
from pipeline.audio import beside, delivering
from pipeline.audio.jobs import DeliverJob
from pipeline.model import SoundTarget
beside.cores = lambda: int(sys.argv[3])
told, marks = {}, []
def mark(name):
    now, wall = os.times(), time.monotonic()
    if marks:
        (before, began) = marks[-1]
        told[name] = {"wall_s": round(wall - began, 2),
                      "own_s": round(now.user + now.system - before.user - before.system, 2),
                      "children_s": round(sum(now[2:4]) - sum(before[2:4]), 2)}
    marks.append((now, wall))
def marked(name, function):
    def called(*args, **kwargs):
        answer = function(*args, **kwargs)
        mark(name)
        return answer
    return called
delivering._facts = marked("hear", delivering._facts)
delivering.chain_of = marked("decide", delivering.chain_of)
delivering.encoding.nearest = marked("render, encode, decode, measure", delivering.encoding.nearest)
mark("")
delivering.deliver(DeliverJob(source=sys.argv[1], format="mp3", target=SoundTarget(), out=sys.argv[2]))
print(json.dumps(told))
"""


@dataclass(slots=True)
class Runs:
    """What one tool took, run after run."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def told(self) -> dict[str, float]:
        """Medians, and the highest memory where somebody looked."""
        return {
            "wall_s": round(statistics.median(self.wall_s), 2),
            "cpu_s": round(statistics.median(self.cpu_s), 2),
            **({"memory_mb": round(max(self.memory_mb))} if self.memory_mb else {}),
        }


def recording(minutes: float, out: Path) -> None:
    """Voices one after the other, quiet, in two channels that differ; 24 bits."""
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
        sys.exit("the voices are too few for so long a recording")


def tools(source: Path, room: Path, normalize: str) -> dict[str, list[str]]:
    """Name: command."""
    out = str(room / "out.mp3")
    plain = ["-c:a", "libmp3lame", "-compression_level", "5", "-b:a", "128k"]
    found = {
        "weerslag master": [PYTHON, "-m", "pipeline", "master", "--force", str(source), out],
        "ffmpeg libmp3lame": ["ffmpeg", "-v", "error", "-y", "-i", str(source), *plain, out],
        "pydub normalize": [PYTHON, "-c", PYDUB, str(source), out],
    }
    if normalize:
        loud = ["-t", "-16", "-tp", "-1", "-ar", "48000", "-c:a", "libmp3lame", "-b:a", "128k"]
        found["ffmpeg-normalize"] = [normalize, str(source), *loud, "-f", "-o", out]
    return found


def run(argv: list[str], runs: Runs) -> None:
    """Run once, and note wall clock and processor time of the whole tree."""
    before, wall = os.times(), time.monotonic()
    done = subprocess.run(argv, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    _refuse_failure(argv, done.returncode, done.stderr)
    after = os.times()
    runs.wall_s.append(time.monotonic() - wall)
    runs.cpu_s.append(sum(after[2:4]) - sum(before[2:4]))


def watch(argv: list[str], runs: Runs) -> None:
    """Run once more, and note the highest memory of the whole tree: looking takes an eighth of a processor, so it is not timed."""
    with subprocess.Popen(argv, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        over, highest = threading.Event(), [0.0]
        thread = threading.Thread(target=_watch, args=(child.pid, over, highest))
        thread.start()
        _, told = child.communicate()
        over.set()
        thread.join()
    _refuse_failure(argv, child.returncode, told)
    runs.memory_mb.append(highest[0])


def _refuse_failure(argv: list[str], code: int, told: bytes) -> None:
    if code:
        sys.exit(f"{argv[0]} failed: {told.decode(errors='replace')[-500:]}")


def _watch(pid: int, over: threading.Event, highest: list[float]) -> None:
    while not over.wait(0.1):
        highest[0] = max(highest[0], sum(_memory_mb(one) for one in _tree(pid)))


def _tree(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(one) for task in tasks for one in (task / "children").read_text(encoding="ascii").split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _tree(child))]


def _memory_mb(pid: int) -> float:
    """What a process holds in memory; what it shares with others is shared out among them."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) / 1024


def main() -> None:
    """Measure and print one JSON document."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=5)
    words.add_argument("--rounds", type=int, default=1)
    words.add_argument("--normalize", default=shutil.which("ffmpeg-normalize") or "")
    words.add_argument("--only", nargs="*", help="names of tools; also: cores, stages")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measured(chosen, Path(folder)), indent=1))  # a program's answer


def measured(chosen: argparse.Namespace, room: Path) -> dict[str, object]:
    """All figures; ratios are those of medians."""
    source = room / "opname.wav"
    recording(chosen.minutes, source)
    wanted = lambda name: not chosen.only or name in chosen.only  # noqa: E731
    runs = {name: Runs() for name in tools(source, room, chosen.normalize) if wanted(name)}
    for _ in range(chosen.rounds):  # one after the other, so that a busy minute hits all alike
        for name, argv in tools(source, room, chosen.normalize).items():
            if name in runs:
                run(argv, runs[name])
    for name, argv in tools(source, room, chosen.normalize).items():
        if name in runs:
            watch(argv, runs[name])
    told: dict[str, object] = {"minutes": chosen.minutes, "rounds": chosen.rounds, "processors": os.cpu_count()}
    told |= {"numpy's kernels": os.environ.get("OPENBLAS_CORETYPE", "those that it chooses by itself")}
    told |= {"load": os.getloadavg(), "runs": {name: one.told() for name, one in runs.items()}}
    if ours := runs.get("weerslag master"):
        told["of which weerslag takes"] = {
            name: {
                **{part: _paired(getattr(ours, part), getattr(one, part)) for part in ("wall_s", "cpu_s")},
                "wall_s, round by round": _each(ours.wall_s, one.wall_s),
            }
            for name, one in runs.items()
            if one is not ours
        }
    if wanted("stages"):
        told["stages"] = _staged(source, room, 2)
    if wanted("cores"):
        told["1 and 2 workers"] = _cores(source, room, chosen.rounds)
    return told


def _paired(ours: list[float], theirs: list[float]) -> float:
    """The median of what each round gives."""
    return round(statistics.median(_each(ours, theirs)), 3)


def _each(ours: list[float], theirs: list[float]) -> list[float]:
    return [round(one / other, 3) for one, other in zip(ours, theirs, strict=True)]


def _staged(source: Path, room: Path, workers: int) -> dict[str, dict[str, float]]:
    argv = [PYTHON, "-c", STAGES, str(source), str(room / "o.mp3"), str(workers)]
    told: dict[str, dict[str, float]] = json.loads(
        subprocess.run(argv, env=ENV, check=True, capture_output=True, text=True).stdout
    )
    return told


def _cores(source: Path, room: Path, rounds: int) -> dict[str, object]:
    """One worker on one processor against two on two: the whole chain, its children too."""
    runs = {count: Runs() for count in (1, 2)}
    for _ in range(rounds):
        for count, one in runs.items():
            pinned = ["taskset", "-c", ",".join(str(number) for number in range(count))]
            run([*pinned, PYTHON, "-c", STAGES, str(source), str(room / "o.mp3"), str(count)], one)
    times = {str(count): one.told() for count, one in runs.items()}
    return {**times, "times faster": _paired(runs[1].wall_s, runs[2].wall_s)}


if __name__ == "__main__":
    main()
