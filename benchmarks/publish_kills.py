"""Kill publishes at random moments, check the live feed, publish again. ``publish_kills.py [COUNT] [TARGET]``.

Each round uploads a new episode, corrected audio and another title, and withdraws an episode; SIGKILL comes at a random
moment. Afterwards every URL in the live feed must exist with the announced length; then an undisturbed publish must complete,
and the publication log must be intact. TARGET is a separate folder, ``moto`` (S3 on loopback), or ``s3://bucket/prefix``
with the usual ``AWS_*`` variables.
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

from pipeline.publish.feed_items import read_feed, to_public_path  # noqa: E402
from tests.publish.conftest import SamplePodcast  # noqa: E402
from tests.publish.s3_server import BUCKET, empty_bucket, moto  # noqa: E402


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        run_child(*sys.argv[2:])
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
        address = target or str(Path(folder) / "served")
        root = Path(folder) / "programme"
        root.mkdir()
        began = time.monotonic()
        create_podcast(root, address, 0).publish()
        bad, killed, longest_s, draw = 0, 0, time.monotonic() - began, random.Random(20260101)
        for number in range(1, count + 1):
            after_s = draw.uniform(0.0, longest_s)
            was_killed, took_s = publish_and_kill(root, address, number, after_s)
            longest_s = longest_s if was_killed else min(longest_s, took_s)
            killed += was_killed
            podcast = create_podcast(root, address, number)
            wrong = find_wrong_urls(podcast)
            podcast.publish(withdraw=choose_withdrawal(podcast, number))
            wrong += find_wrong_urls(podcast) + [one.message for one in podcast.log.breaks if one.severity == "error"]
            wrong += [] if podcast.publish()[0].is_up_to_date else ["not complete"]
            bad += bool(wrong)
            print(
                f"publish {number:3} {'killed' if was_killed else 'done  '} after {after_s:.3f} s: {wrong or 'correct'}"
            )
        shutil.rmtree(root)
    print(f"{killed} of {count} publishes killed: {bad} wrong")
    sys.exit(bool(bad))


def create_podcast(root: Path, address: str, number: int) -> SamplePodcast:
    """Create the podcast of one round; the same in every process."""
    podcast = SamplePodcast(root=root, served=address if address.startswith("s3://") else Path(address))
    for episode in range(max(1, number - 1), number + 4):
        podcast.put(episode, title=f"Aflevering {episode}, versie {number}")
    podcast.put(number + 2, audio=f"corrected {number}".encode() * 2000)
    podcast.put(number + 1, audio=f"corrected {number - 1}".encode() * 2000)
    podcast.advance_clock(hours=number)
    return podcast


def choose_withdrawal(podcast: SamplePodcast, number: int) -> tuple[str, ...]:
    """Withdraw the oldest episode, unless the killed publish already did."""
    listed = {one.guid for one in podcast.log.entries[-1].episodes} if podcast.prepare().unrecorded is None else set()
    return tuple(guid for guid in (f"guid-{number - 2}",) if guid in listed)


def run_child(root: str, address: str, number: str) -> None:
    podcast = create_podcast(Path(root), address, int(number))
    guids = choose_withdrawal(podcast, int(number)) if podcast.build() is None else ()
    print("ready", flush=True)
    podcast.publish(withdraw=guids)
    print("done", flush=True)


def publish_and_kill(root: Path, address: str, number: int, after_s: float) -> tuple[bool, float]:
    """Return whether it was killed before its end, and after how many seconds."""
    command = [sys.executable, __file__, "child", str(root), address, str(number)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    began = time.monotonic()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    rest = process.communicate()[0]
    return "done" not in rest, time.monotonic() - began


def find_wrong_urls(podcast: SamplePodcast) -> list[str]:
    """Find URLs in the live feed that do not exist with the announced length."""
    live = podcast.target.read("feed.xml")
    if live is None:
        return ["no feed"]
    feed, stored = read_feed(live[0]), podcast.target.list_files()
    stated = {item.address: item.size_bytes for item in feed.items}
    paths = {address: to_public_path(podcast.programme.url, address) for address in feed.addresses}
    return [
        address
        for address, path in paths.items()
        if path not in stored or stated.get(address, stored[path].size_bytes) != stored[path].size_bytes
    ]


if __name__ == "__main__":
    main()
