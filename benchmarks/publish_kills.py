"""Kills publishes at random moments, looks at the live feed, publishes again. ``publish_kills.py [COUNT] [TARGET]``.

Each round brings a new episode, corrected sound, another title and a withdrawn page, and is killed with SIGKILL after a random while.
Afterwards every address in the live feed must be there with the length it states; then a publish in peace must complete, and the
ledger must hold together. TARGET is a folder of its own, ``moto`` (a bucket of moto's server on loopback), or ``s3://bucket/prefix`` with
the usual ``AWS_*`` variables.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from pipeline.publish.feed_items import path_in, read_feed  # noqa: E402
from tests.publish.conftest import Stage  # noqa: E402
from tests.publish.storage import BUCKET, empty_bucket, moto  # noqa: E402


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    if sys.argv[2:] == ["moto"]:
        with moto() as port:
            empty_bucket(port)
            endpoint = f"http://127.0.0.1:{port}"
            os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": endpoint}
            kill(count, f"s3://{BUCKET}/avn")
    kill(count, *sys.argv[2:])


def kill(count: int, target: str = "") -> NoReturn:
    with tempfile.TemporaryDirectory() as folder:
        where = target or str(Path(folder) / "served")
        root = Path(folder) / "programme"
        root.mkdir()
        began = time.monotonic()
        stage_of(root, where, 0).publish()
        bad, killed, longest_s, draw = 0, 0, time.monotonic() - began, random.Random(20260101)
        for number in range(1, count + 1):
            after_s = draw.uniform(0.0, longest_s)
            was_killed, took_s = publish_and_kill(root, where, number, after_s)
            longest_s = longest_s if was_killed else min(longest_s, took_s)
            killed += was_killed
            stage = stage_of(root, where, number)
            wrong = untrue(stage)
            stage.publish(withdraw=withdrawn(stage, number))
            wrong += untrue(stage) + [one.message for one in stage.ledger.breaks if one.severity == "error"]
            wrong += [] if stage.publish()[0].is_idle else ["not complete"]
            bad += bool(wrong)
            print(
                f"publish {number:3} {'killed' if was_killed else 'done  '} after {after_s:.3f} s: {wrong or 'whole'}"
            )
        shutil.rmtree(root)
    print(f"{killed} of {count} publishes killed: {bad} wrong")
    sys.exit(bool(bad))


def stage_of(root: Path, where: str, number: int) -> Stage:
    """The programme as it is in that round; the same in every process."""
    stage = Stage(root=root, where=where if where.startswith("s3://") else Path(where))
    for episode in range(max(1, number - 1), number + 4):
        stage.put(episode, title=f"Aflevering {episode}, versie {number}")
    stage.put(number + 2, sound=f"corrected {number}".encode() * 2000)
    stage.put(number + 1, sound=f"corrected {number - 1}".encode() * 2000)
    stage.later(hours=number)
    return stage


def withdrawn(stage: Stage, number: int) -> tuple[str, ...]:
    """The oldest episode leaves each round, unless the publish that was killed took it away already."""
    listed = {one.guid for one in stage.ledger.lines[-1].episodes} if stage.prepare().unwritten is None else set()
    return tuple(guid for guid in (f"guid-{number - 2}",) if guid in listed)


def child(root: str, where: str, number: str) -> None:
    stage = stage_of(Path(root), where, int(number))
    wanted = withdrawn(stage, int(number)) if stage.build() is None else ()
    print("ready", flush=True)
    stage.publish(withdraw=wanted)
    print("done", flush=True)


def publish_and_kill(root: Path, where: str, number: int, after_s: float) -> tuple[bool, float]:
    """Whether it was killed before it was done, and how long it was let live."""
    command = [sys.executable, __file__, "child", str(root), where, str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    began = time.monotonic()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    rest = process.communicate()[0]
    return "done" not in rest, time.monotonic() - began


def untrue(stage: Stage) -> list[str]:
    """Every address in the live feed that is not there with the length it states."""
    live = stage.target.read("feed.xml")
    if live is None:
        return ["no feed"]
    feed, seen = read_feed(live[0]), stage.target.seen()
    stated = {item.address: item.size_bytes for item in feed.items}
    paths = {address: path_in(stage.programme.url, address) for address in feed.named}
    return [
        address
        for address, path in paths.items()
        if path not in seen or stated.get(address, seen[path].size_bytes) != seen[path].size_bytes
    ]


if __name__ == "__main__":
    main()
