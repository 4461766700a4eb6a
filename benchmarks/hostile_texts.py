"""Benchmark of hostile texts: the seconds that each adds to four commands, over ordinary sentences of the same length.

It fails with the name of the text if one adds more than the limit, is missing in the output, causes a traceback, or is refused without its file being named.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from hostile_markdown import TEXTS
from kills import ENV, WEERSLAG

from tests.magazine.stress_programme import EVENTS, write_stress_programme

EVENT = EVENTS[0][0]
LIMIT_S = 2.0  # that a text may add to the time that somebody waits, on two cores that do nothing else
BUILD_TIMEOUT_S = 900  # of one command on a busy machine
POLL_S = 0.05
QUIET_S = 3.0  # a server that has used no CPU time for so long has nothing to do
MIN_LENGTH, MAX_LENGTH = 5_000, 40_000  # characters of the ordinary texts
PARAGRAPH = "Het gaat niet om meer regels, het gaat om wie er opneemt. " * 8


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took, its child processes included, or a text added; and whether it was accepted."""

    cpu_s: float
    wall_s: float
    accepted: bool


class BenchmarkError(Exception):
    """A command failed otherwise than with a message about the text."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--commands", nargs="*", choices=[*COMMANDS, "serve"], default=[*COMMANDS, "serve"])
    parser.add_argument("--texts", nargs="*", choices=TEXTS, default=[*TEXTS])
    options = parser.parse_args()
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "built"
        write_stress_programme(built, events=1, groups=1)
        shorten_flatplan(built / "magazine/magazine.yaml")
        subprocess.run([*WEERSLAG, "build"], cwd=built, env=ENV, check=True, capture_output=True)
        with open_bench(built, options.commands) as bench:
            for name in options.texts:
                bad += report(name, TEXTS[name], options.commands, bench, options.runs)
    print(f"load: {os.getloadavg()[0]:.1f}")
    if bad:
        sys.exit("\n".join(bad))


def report(name: str, text: str, commands: Sequence[str], bench: "Bench", runs: int) -> list[str]:
    """Measure the commands with a text; print what it adds, and return what is wrong."""
    cells, bad = [], []
    for command in commands:
        try:
            cost = bench.measure(command, text, runs)
        except BenchmarkError as error:
            bad.append(f"{name}: {command}: {error}")
            continue
        refused = "" if cost.accepted else " refused"
        cells.append(f"{command} {cost.cpu_s:+.2f} s cpu {cost.wall_s:+.2f} s wall{refused}")
        if cost.wall_s >= LIMIT_S:
            bad.append(f"{name}: {command}: adds {cost.wall_s:.1f} s, {cost.cpu_s:.1f} s of CPU")
    print(f"{name:42}", *cells, sep="  ", flush=True)
    return bad


@dataclass(slots=True, kw_only=True)
class Bench:
    """A built programme, in whose copies commands run, and a server on one of them."""

    built: Path
    server: "Server | None"
    _texts: int = 0

    def measure(self, command: str, text: str, runs: int) -> Cost:
        """Return what a text adds to a command after an edit, over ordinary sentences of the same length.

        Both run in turn, and the result is the median difference: a processor that is shared changes its
        speed from one minute to the next.
        """
        plain = make_plain(min(max(len(text), MIN_LENGTH), MAX_LENGTH))
        pairs = [(self._measure_once(command, text), self._measure_once(command, plain)) for _ in range(runs)]
        return Cost(
            statistics.median(one.cpu_s - other.cpu_s for one, other in pairs),
            statistics.median(one.wall_s - other.wall_s for one, other in pairs),
            pairs[0][0].accepted,
        )

    def _measure_once(self, command: str, text: str) -> Cost:
        self._texts += 1
        marker = f"merkteken{self._texts}"
        if command == "serve" and self.server:
            self.server.measure(make_plain(MIN_LENGTH), f"vooraf{self._texts}")  # ends the message on the last text
            return self.server.measure(text, marker)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "programme"
            shutil.copytree(self.built, root, symlinks=True)
            return COMMANDS[command](root, text, marker)


@contextmanager
def open_bench(built: Path, commands: Sequence[str]) -> Iterator[Bench]:
    """Start a server on a copy of the programme if one is to be measured."""
    if "serve" not in commands:
        yield Bench(built=built, server=None)
        return
    root = built.parent / "served"
    shutil.copytree(built, root, symlinks=True)
    with Server.start(root) as server:
        yield Bench(built=built, server=server)


def make_plain(length: int) -> str:
    """Repeat a paragraph of ordinary sentences up to about so many characters."""
    return "\n\n".join([PARAGRAPH] * (length // (len(PARAGRAPH) + 2)))


def shorten_flatplan(file: Path) -> None:
    """Leave only the event: any text of more pages moves the articles after it, which are rendered again."""
    head, _, rest = file.read_text().partition("flatplan:\n")
    file.write_text(f"{head}flatplan:\n  - event: {EVENT}\n{rest[rest.index('print:') :]}")


def write_text(root: Path, text: str, marker: str) -> None:
    """Write the text of the one group, with a word at its end that no other text has."""
    (root / f"magazine/reflections/{EVENT}/tafel-1.md").write_text(
        f"---\ngroup: Tafel 1\napproved: 2024-07-01\n---\n{text}\n\n{marker}\n"
    )


def run_command(root: Path, *argv: str) -> Cost:
    """Run a command, which may refuse the text."""
    before, began = os.times(), time.monotonic()
    try:
        done = subprocess.run(
            [*WEERSLAG, *argv], cwd=root, env=ENV, check=False, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"does not end in {BUILD_TIMEOUT_S} s") from error
    after, wall_s, said = os.times(), time.monotonic() - began, done.stdout + done.stderr
    if "Traceback" in said or done.returncode < 0:
        raise BenchmarkError(f"ended with {done.returncode}\n{done.stderr}")
    if done.returncode and not re.search(r"tafel-\d\.md", said):
        raise BenchmarkError(f"refuses the text without naming its file\n{said}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(cpu_s, wall_s, not done.returncode)


def check(root: Path, text: str, marker: str) -> Cost:
    write_text(root, text, marker)
    return run_command(root, "check")


def build(root: Path, text: str, marker: str) -> Cost:
    write_text(root, text, marker)
    cost = run_command(root, "build", "magazine")
    if cost.accepted and marker not in (root / f"public/magazine/event-{EVENT}/index.html").read_text():
        raise BenchmarkError("the text is not in the magazine")
    return cost


def import_note(root: Path, text: str, marker: str) -> Cost:
    note = root / "tafel-9.md"
    note.write_text(f"# Tafel 9\n\n{text}\n\n{marker}\n")
    cost = run_command(root, "notes", "import", str(note), "--event", EVENT)
    drafts = (file for file in root.rglob("*.md") if file != note)
    if cost.accepted and not any(marker in draft.read_text() for draft in drafts):
        raise BenchmarkError("the text is in no draft")
    return cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running preview server."""

    root: Path
    process: subprocess.Popen[str]
    address: str
    errors: Path

    @classmethod
    @contextmanager
    def start(cls, root: Path) -> Iterator["Server"]:
        """Start it, and wait until its first build is done."""
        argv, errors = [*WEERSLAG, "serve", "--port", "0"], root.parent / "server-errors.txt"
        with errors.open("w") as file:
            process = subprocess.Popen(argv, cwd=root, env=ENV, stdout=subprocess.PIPE, stderr=file, text=True)
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            server = cls(root=root, process=process, address=address, errors=errors)
            server.wait_until_quiet()
            yield server
        finally:
            process.terminate()
            process.wait()

    def measure(self, text: str, marker: str) -> Cost:
        """Edit the text; measure until the page shows it, or a message about it. The PDFs follow, and are waited for."""
        before_s, began = sum_cpu_s(self.process.pid), time.monotonic()
        write_text(self.root, text, marker)
        while True:
            status, page = self._fetch()
            accepted = status == 200 and marker in page
            if accepted or status == 503:
                break
            self._require_running(began)
            time.sleep(POLL_S)
        cost = Cost(sum_cpu_s(self.process.pid) - before_s, time.monotonic() - began, accepted)
        self.wait_until_quiet()
        self._require_running(began)
        return cost

    def _fetch(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.address.rstrip('/')}/magazine/event-{EVENT}/") as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _require_running(self, began: float) -> None:
        log = self.errors.read_text()
        if "Traceback" in log or self.process.poll() is not None:
            raise BenchmarkError(f"the server failed\n{log}")
        if time.monotonic() - began > BUILD_TIMEOUT_S:
            raise BenchmarkError(f"the page does not show the text in {BUILD_TIMEOUT_S} s")

    def wait_until_quiet(self) -> None:
        """Wait until the server and its children use no CPU time."""
        spent_s, since = -1.0, time.monotonic()
        while self.process.poll() is None and time.monotonic() - since < QUIET_S:
            if (now_s := sum_cpu_s(self.process.pid)) - spent_s > 0.05:
                spent_s, since = now_s, time.monotonic()
            time.sleep(POLL_S)


def sum_cpu_s(pid: int) -> float:
    """Sum the CPU seconds of a process and all below it, ended ones too: proc(5), stat, fields 14 to 17."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended: its parent counts it
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") + sum(map(sum_cpu_s, map(int, children)))


COMMANDS: dict[str, Callable[[Path, str, str], Cost]] = {
    "check": check,
    "build magazine": build,
    "notes import": import_note,
}


if __name__ == "__main__":
    main()
