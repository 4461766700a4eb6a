"""Kill `forget`, `publish --purge` and `rename` at random moments, repeat the command, and compare with an undisturbed run.

``forget_kills.py [COUNT] [forget|purge|rename ...]``. Each round starts from the same published programme (two targets, one
an old address), starts the command in its own process group, and kills the group with SIGKILL a random time after one of
its stages began, each stage equally often. The same command again must end as if nothing had happened: the same sources,
site and targets, nothing of the person left, an intact publication log and cache.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from pipeline.cache import Cache  # noqa: E402
from pipeline.cache.maintenance import verify_cache  # noqa: E402
from pipeline.content.publication_log import LOG_FILE, read_publication_log  # noqa: E402
from tests.publish.forget_sample import NAME, SLUG, find_remains, find_voice, publish_everywhere, run  # noqa: E402

COMMANDS = {
    "forget": ("forget", NAME, "--yes"),
    "purge": ("publish", "{new}", "--purge", SLUG, "--accept", "transcript-unreviewed", "--reason", "proef"),
    "rename": ("rename", SLUG, "01-ander-gesprek"),
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    memory = Path("/dev/shm")  # kills lose nothing that a disk would keep, and it is faster
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        base = prepare_base(Path(folder))
        wrong = [len(kill_many(base, name, count)) for name in sys.argv[2:] or COMMANDS]
    sys.exit(any(wrong))


def prepare_base(folder: Path) -> Path:
    """Publish the programme to an old and a new address; return the folder that holds all three."""
    base = folder / "base"
    publish_everywhere(base / "programme", [str(base / "old"), str(base / "new")], is_small=True)
    return base


def kill_many(base: Path, name: str, count: int) -> list[str]:
    """Kill a command several times, in each of its stages; return what was wrong."""
    work, generator, problems, states = base.parent / "work", random.Random(20261201), list[str](), Counter[str]()
    restore(base, work, name)
    durations_s = measure_stages(work, name)
    expected = describe(work)
    while states.total() < count:
        restore(base, work, name)
        stage = states.total() % len(durations_s)
        after_s = generator.uniform(0, durations_s[stage])
        if not kill_command(work, name, stage, after_s):  # it was faster than the first run
            durations_s[stage] *= 0.8
            continue
        state = describe_state(base, work)
        states[state] += 1
        run(work / "programme", *fill_command(name, work))
        wrong = find_wrong(work, name, expected)
        problems += wrong
        verdict = f"WRONG: {', '.join(wrong[:5])}" if wrong else "the same"
        print(
            f"{name} {states.total():3} killed after {after_s:5.2f} s of stage {stage}, {state}: {verdict}", flush=True
        )
    print(f"{name}: {count} kills: {len(problems)} wrong; {dict(states)}", flush=True)
    return problems


def restore(base: Path, work: Path, name: str) -> None:
    """Begin again; before a purge something is cut, whose old sound must go."""
    for folder in ("programme", "old", "new"):
        subprocess.run(["chmod", "-R", "u+w", str(work / folder)], check=False, capture_output=True)
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(base, work)
    log = work / "programme" / LOG_FILE  # targets are named by their path, and the chain must fit
    text = log.read_text()
    if str(base) in text:
        rename_targets(log, base, work)
        for target in ("old", "new"):
            for copy in (work / target).glob(".weerslag-log-*"):
                copy.unlink()
    if name == "purge":
        episode = work / "programme/episodes" / SLUG / "episode.md"
        episode.write_text(
            episode.read_text().replace(
                "transcript_reviewed:", 'cuts: [{from: "00:04", to: "00:08"}]\ntranscript_reviewed:'
            )
        )


def rename_targets(log: Path, base: Path, work: Path) -> None:
    """Write the log anew for the copied targets, with a valid chain."""
    from dataclasses import replace

    from pipeline.publish.log_store import append_entry

    entries = read_publication_log(log).entries
    log.unlink()
    for entry in entries:
        target = entry.target.replace(str(base), str(work))
        append_entry(log, replace(entry, target=target, previous=(), digest=""))


def fill_command(name: str, work: Path) -> tuple[str, ...]:
    return tuple(word.format(new=work / "new") for word in COMMANDS[name])


def measure_stages(work: Path, name: str) -> list[float]:
    """Run a command undisturbed; return the durations of its stages, in seconds."""
    watched, process, times = watch_stages(work, name), start_command(work, name), list[float]()
    while process.poll() is None:
        while len(times) < len(watched) and watched[len(times)]():
            times.append(time.monotonic())
        time.sleep(0.002)
    times += [time.monotonic()] * (len(watched) + 1 - len(times))
    return [max(later - earlier, 0.02) for earlier, later in pairwise(times)]


def kill_command(work: Path, name: str, stage: int, after_s: float) -> bool:
    """Kill a command with all its children, some time after a stage began; return whether it was still running."""
    watched, process = watch_stages(work, name), start_command(work, name)
    while process.poll() is None and not watched[stage]():
        time.sleep(0.002)
    try:
        process.wait(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def start_command(work: Path, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *fill_command(name, work)],
        cwd=work / "programme",
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )


def watch_stages(work: Path, name: str) -> list[Callable[[], bool]]:
    """Return for each stage of a command a check whether it has begun: its first file is another one than now.

    Time alone would hit the longest stage, encoding, in nearly all cases.
    """
    root = work / "programme"
    begun, site = root / ".weerslag/lock.txt", root / "public"
    old, new = work / "old/feed.xml", work / "new/feed.xml"
    files = {
        "forget": (begun, root / ".weerslag/forgetting.json", site, old, new, root / "forgotten"),
        "purge": (begun, site, new, old),
        "rename": (root, root / "programme.yaml"),  # the first one is not waited for
    }[name]
    before = {file: identify(file) for file in files}
    return [lambda file=file: file == root or identify(file) != before[file] for file in files]  # type: ignore[misc]


def identify(file: Path) -> tuple[int, int]:
    """Return what differs after a file or folder was replaced; zeros: there is none."""
    with contextlib.suppress(OSError):
        found = file.stat()
        return found.st_ino, 0 if file.is_dir() else found.st_mtime_ns
    return 0, 0


def describe_state(base: Path, work: Path) -> str:
    """Say how far the command came."""
    root = work / "programme"
    if not (root / "episodes" / SLUG).exists():
        return "renamed in part"
    stages = {"journal": root / ".weerslag/forgetting.json", "receipt": root / "forgotten"}
    reached = [stage for stage, path in stages.items() if path.exists()]
    for stage, path in (("site", "programme/public"), ("old target", "old"), ("new target", "new")):
        reached += [stage] if read_feed(base / path) != read_feed(work / path) else []
    return " + ".join(reached) or "nothing changed"


def read_feed(folder: Path) -> bytes:
    """Read a feed, and the names of the audio beside it."""
    file, audio = folder / "feed.xml", folder / "audio"
    names = sorted(one.name for one in audio.iterdir()) if audio.is_dir() else []
    return (file.read_bytes() if file.is_file() else b"") + " ".join(names).encode()


def describe(work: Path) -> dict[str, bytes]:
    """Read everything that must be the same in the end: sources, site and targets, without logs and receipts."""
    skipped = (".weerslag-log", ".weerslag-published", "forgotten", LOG_FILE)
    return {
        str(path.relative_to(work)): path.read_bytes()
        for path in sorted(work.rglob("*"))
        if path.is_file()
        and not any(part == ".weerslag" or part.startswith(skipped) for part in path.relative_to(work).parts)
    }


def find_wrong(work: Path, name: str, expected: dict[str, bytes]) -> list[str]:
    """Find what differs from an undisturbed run, and what is damaged."""
    found = describe(work)
    wrong = [path for path in sorted(found.keys() | expected.keys()) if found.get(path) != expected.get(path)]
    log = read_publication_log(work / "programme" / LOG_FILE)
    wrong += [f"log: {one.message}" for one in log.breaks if one.severity == "error"]
    wrong += [f"cache: {one.message}" for one in verify_cache(Cache(work / "programme/.weerslag"))]
    if name == "forget":
        wrong += [f"left: {path}" for path in find_remains(work)]
        receipts = [*(work / "programme/forgotten").glob("*.md")]
        wrong += [] if len(receipts) == 1 else [f"receipts: {len(receipts)}"]
    if name in ("forget", "purge"):
        wrong += [
            f"voice: {path}" for target in ("old", "new") for path in find_voice(work / target) if name == "forget"
        ]
    return wrong


if __name__ == "__main__":
    main()
