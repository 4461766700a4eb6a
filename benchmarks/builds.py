"""Measure incremental builds: CPU time of a second build, of a new title, of a new word. Whole processes, median of five."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kills import ENV, WEERSLAG, build, copy_sample

RUNS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "programme"
        copy_sample(root)
        build(root)
        time.sleep(2.5)  # files younger than two seconds are hashed again
        build(root)
        bare = measure(lambda number: None, [sys.executable, "-c", "pass"], root)
        report("bare python", bare, bare)
        report("weerslag --help", measure(lambda number: None, [*WEERSLAG, "--help"], root), bare)
        report("nothing changed", measure(lambda number: None, [*WEERSLAG, "build"], root), bare)
        title = number_edits(root / "episodes/01-burger-centraal/episode.md", "title: Burger centraal")
        report("a new title: sound, feed and site", measure(title, [*WEERSLAG, "build", "feed", "site"], root), bare)
        report("a new title: the magazine too", measure(title, [*WEERSLAG, "build"], root), bare)
        word = number_edits(root / "magazine/reflections/burger-centraal/tafel-1.md", "question: ")
        report("a new word in a reflection", measure(word, [*WEERSLAG, "build"], root), bare)


def number_edits(path: Path, text: str) -> Callable[[int], object]:
    """Return an edit that differs each time: a number after ``text``."""
    original = path.read_text()
    if text not in original:
        raise SystemExit(f"{path.name} has no `{text}`")
    return lambda number: path.write_text(original.replace(text, f"{text}{time.monotonic_ns()} {number} ", 1))


def measure(before: Callable[[int], object], argv: list[str], root: Path) -> list[tuple[float, float]]:
    """Measure CPU and wall seconds of each run, children included, after one that does not count."""
    times = []
    for number in range(RUNS + 1):
        before(number)
        cpu, began = measure_cpu(), time.monotonic()
        subprocess.run(argv, cwd=root, env=ENV, check=True, capture_output=True)
        times.append((measure_cpu() - cpu, time.monotonic() - began))
    return times[1:]


def measure_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(what: str, times: list[tuple[float, float]], bare: list[tuple[float, float]]) -> None:
    cpu, wall = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = cpu / statistics.median(column for column, _ in bare)
    print(
        f"{what:36} {cpu:6.2f} s cpu  {wall:6.2f} s wall  {ratio:6.1f} x bare python   (load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()
