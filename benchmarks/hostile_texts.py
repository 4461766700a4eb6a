"""Benchmark of hostile texts: CPU seconds that each adds to four commands, over a text of ordinary sentences."""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from kills import ENV, WEERSLAG

from tests.magazine.stress_programme import EVENTS, write_stress_programme

EVENT = EVENTS[0][0]
SENTENCE = "Het gaat niet om meer regels, het gaat om wie er opneemt. "
TABLE = ["| " + " | ".join(f"{row}-{column} inkomensgrens" for column in range(10)) + " |" for row in range(40)]
PLAIN = "\n\n".join([SENTENCE * 8] * 10)
TEXTS = {
    "200 links": "\n\n".join(f"Zie [tafel {n}](https://example.org/{n}) hierover." for n in range(200)),
    "100 headings": "\n\n".join(f"## Kop {n}\n\n{SENTENCE}" for n in range(100)),
    "100 headings alone": "\n\n".join(f"## Kop {n}" for n in range(100)),
    "a table of 400 cells": "\n".join([TABLE[0], "|---" * 10 + "|", *TABLE[1:]]),
    "a word of 500 emphasised pieces": "".join(f"*a{n}*_b_" for n in range(250)),
    "100,000 `[`": "[" * 100_000,
    "300,000 `*a`": "*a" * 300_000,
}
QUIET_S = 3.0  # a server that has used no CPU time for so long has nothing to do


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=COMMANDS, default=[*COMMANDS])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "built"
        write_stress_programme(built, events=1, groups=1)
        shorten_flatplan(built / "magazine/magazine.yaml")
        subprocess.run([*WEERSLAG, "build"], cwd=built, env=ENV, check=True, capture_output=True)
        plain = {name: measure(COMMANDS[name], built, PLAIN, options.runs) for name in options.only}
        print("a plain text", *(f"{name} {cpu_s:.2f} s" for name, cpu_s in plain.items()), sep="  ", flush=True)
        for what, text in TEXTS.items():
            added = {name: measure(COMMANDS[name], built, text, options.runs) - plain[name] for name in options.only}
            print(f"{what:32}", *(f"{name} {cpu_s:+.2f} s" for name, cpu_s in added.items()), sep="  ", flush=True)
        print(f"load: {os.getloadavg()[0]:.1f}")


def shorten_flatplan(file: Path) -> None:
    """Leave only the event: any text of more pages moves the articles after it, which are rendered again."""
    head, _, rest = file.read_text().partition("flatplan:\n")
    file.write_text(f"{head}flatplan:\n  - event: {EVENT}\n{rest[rest.index('print:') :]}")


def measure(run: Callable[[Path, str], float], built: Path, text: str, runs: int) -> float:
    """Return the median of the CPU seconds of a command in copies of a built programme."""
    spent_s = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "programme"
            shutil.copytree(built, root, symlinks=True)
            spent_s.append(run(root, text))
    return statistics.median(spent_s)


def write_text(root: Path, text: str) -> None:
    (root / f"magazine/reflections/{EVENT}/tafel-1.md").write_text(
        f"---\ngroup: Tafel 1\napproved: 2024-07-01\n---\n{text}\n"
    )


def run_command(root: Path, *argv: str) -> float:
    """Run a command, which may refuse the text; return the CPU seconds of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*WEERSLAG, *argv], cwd=root, env=ENV, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(root: Path, text: str) -> float:
    write_text(root, text)
    return run_command(root, "check")


def build(root: Path, text: str) -> float:
    write_text(root, text)
    return run_command(root, "build", "magazine")


def import_note(root: Path, text: str) -> float:
    note = root / "tafel-9.md"
    note.write_text(f"# Tafel 9\n\n{text}\n")
    return run_command(root, "notes", "import", str(note), "--event", EVENT)


def serve(root: Path, text: str) -> float:
    """Return the CPU seconds that a server uses after an edit."""
    argv = [*WEERSLAG, "serve", "--port", "0"]
    server = subprocess.Popen(argv, cwd=root, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        server.stdout.readline()
        before_s = wait_until_quiet(server.pid)
        write_text(root, text)
        return wait_until_quiet(server.pid) - before_s
    finally:
        server.terminate()
        server.wait()


def wait_until_quiet(pid: int) -> float:
    """Wait until a process and its children use no CPU time; return what they have used."""
    spent_s, since = -1.0, time.monotonic()
    while time.monotonic() - since < QUIET_S:
        if (now_s := sum_cpu_s(pid)) - spent_s > 0.05:
            spent_s, since = now_s, time.monotonic()
        time.sleep(0.1)
    return spent_s


def sum_cpu_s(pid: int) -> float:
    """Sum the CPU seconds of a process and all below it, ended ones too: proc(5), stat, fields 14 to 17."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(sum_cpu_s, map(int, children)))


COMMANDS = {"check": check, "build magazine": build, "serve": serve, "notes import": import_note}


if __name__ == "__main__":
    main()
