"""Interruptions at any moment: kills, full disks, failing writes. The live feed stays correct, and the next publish completes."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import WeerslagError
from pipeline.publish.feed_items import read_feed, to_public_path
from tests.publish.conftest import read_tree
from tests.publish.test_upload import upload

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
FALLIBLE = ["os.fsync", "os.replace", "os.link", "os.fchmod", "tempfile.mkstemp", "os.unlink"]


def find_wrong_urls(podcast):
    """Find URLs in the live feed that do not exist with the announced length."""
    live = podcast.served / "feed.xml"
    if not live.exists():
        return []
    feed = read_feed(live.read_bytes())
    stated = {item.address: item.size_bytes for item in feed.items}
    files = {address: podcast.served / to_public_path(podcast.programme.url, address) for address in feed.addresses}
    return [
        address
        for address, file in files.items()
        if not file.is_file() or file.stat().st_size != stated.get(address, file.stat().st_size)
    ]


def change(podcast):
    """Make a change of each kind: a new episode, a corrected one, a new title."""
    podcast.put(4)
    podcast.put(2, audio=b"corrected" * 3000)
    podcast.put(1, title="Een andere titel")
    podcast.advance_clock(hours=1)


def test_one_failed_write_leaves_the_feed_correct(podcast, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # only the calls matter below; real syncs would be slow
    podcast.programme = replace(podcast.programme, profile="open")
    for episode in podcast.episodes:
        podcast.put(episode, chapters=(), transcript=())  # fewer files, so fewer rounds; each kind of write remains
    podcast.publish()
    untouched = read_tree(podcast.served)
    change(podcast)
    podcast.build()
    failed, number = 0, 0
    while True:
        number += 1
        with monkeypatch.context() as patch:
            calls = fail_at(patch, number, (errno.ENOSPC, errno.EIO, errno.EACCES)[number % 3])
            try:
                podcast.publish()
                over = calls[0] < number
            except WeerslagError:
                over = False
                failed += 1
        assert [] == find_wrong_urls(podcast)
        if over:
            break
        podcast.publish()
        assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()
        assert () == podcast.log.breaks
        restore(podcast, untouched)
    assert failed > 20


@contextmanager
def limit_file_size(most_bytes):
    """Let writes fail in the middle of a file, as on a full disk (RLIMIT_FSIZE)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("most_bytes", [0, 500, 4_000, 20_003, 26_000])
def test_a_disk_that_fills_up_leaves_the_feed_correct_and_no_partial_file(podcast, most_bytes):
    podcast.publish()
    change(podcast)
    podcast.build()
    plan, shown = podcast.prepare(), (podcast.served / "feed.xml").read_bytes()

    with limit_file_size(most_bytes), pytest.raises(WeerslagError, match="cannot be written"):
        upload(podcast, plan)

    assert shown == (podcast.served / "feed.xml").read_bytes()
    assert [] == find_wrong_urls(podcast)
    assert [] == list(podcast.served.rglob(".weerslag-half-*"))
    podcast.publish()
    assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()


def fail_at(patch, number, error):
    """Let the number-th fallible call fail, once."""
    calls = [0]

    def failing(real):
        def call(*arguments, **named):
            calls[0] += 1
            if calls[0] == number:
                raise OSError(error, os.strerror(error))
            return real(*arguments, **named)

        return call

    for name in FALLIBLE:
        module, _, function = name.partition(".")
        patch.setattr(name, failing(getattr(sys.modules[module], function)))
    return calls


def restore(podcast, files):
    """Restore the target and the log as they were after the first publish."""
    for path in read_tree(podcast.served).keys() - files.keys():
        (podcast.served / path).unlink()
    for path, content in files.items():
        (podcast.served / path).write_bytes(content)
    (first, *_) = podcast.log_store.path.read_bytes().splitlines(keepends=True)
    for log in (podcast.log_store.path, *podcast.served.glob(".weerslag-log-*")):
        log.write_bytes(first)


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from tests.publish.conftest import SamplePodcast
from tests.publish.test_upload import upload
from tests.publish.test_interruptions import change, die_at
podcast = SamplePodcast(root=Path({root!r}), served=Path({where!r}))
for number in (1, 2, 3):
    podcast.put(number)
change(podcast)
podcast.build()
plan = podcast.prepare()
calls = die_at({moment!r})
upload(podcast, plan)
print(calls[0])
"""


def test_a_kill_at_any_moment_leaves_the_feed_correct(podcast):
    podcast.publish()
    untouched = read_tree(podcast.served)
    code, output = publish_in_process(podcast, ("before", 0))
    calls = int(output)
    draw = random.Random(20260101)
    moments = [(when, number) for number in range(1, calls + 1) for when in ("before", "after")]
    moments = [*draw.sample(moments, 5), ("after", calls), *(("within", most_bytes) for most_bytes in (300, 20_001))]
    for moment in moments:
        restore(podcast, untouched)
        code, output = publish_in_process(podcast, moment)
        assert (-signal.SIGXFSZ if moment[0] == "within" else -signal.SIGKILL, "") == (code, output), moment
        assert [] == find_wrong_urls(podcast)
        change(podcast)
        podcast.publish()
        assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()
        assert () == podcast.log.breaks
    assert calls > 20


def publish_in_process(podcast, moment):
    """Publish in another process that dies at ``moment``; return its exit code and, if it finished, the number of calls."""
    code = PROGRAM.format(checkout=str(CHECKOUT), root=str(podcast.root), where=str(podcast.served), moment=moment)
    completed = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    return completed.returncode, completed.stdout.strip()


def die_at(moment):
    """Kill this process before or after its n-th fallible call, or when a file reaches n bytes."""
    when, most_bytes = moment
    calls = [0]
    if when == "within":  # with the default handler the signal kills: getrlimit(2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    def kill_around(real):
        def call(*arguments, **named):
            calls[0] += 1
            if moment == ("before", calls[0]):
                os.kill(os.getpid(), signal.SIGKILL)
            number = calls[0]
            try:
                return real(*arguments, **named)
            finally:  # a call that fails is a moment, too
                if moment == ("after", number):
                    os.kill(os.getpid(), signal.SIGKILL)

        return call

    for name in FALLIBLE:
        module, _, function = name.partition(".")
        setattr(sys.modules[module], function, kill_around(getattr(sys.modules[module], function)))
    return calls


def test_a_publish_killed_between_feed_and_log_is_recorded_by_the_next(podcast, monkeypatch):
    podcast.publish()
    change(podcast)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.publish.log_store.append_entry", stop)
        with pytest.raises(KeyboardInterrupt):
            podcast.publish()
    assert 1 == len(podcast.log.entries)
    podcast.put(5)  # the content changes meanwhile
    podcast.advance_clock(hours=1)

    plan, _ = podcast.publish()

    assert () == plan.findings
    assert [3, 4, 5] == [len(entry.episodes) for entry in podcast.log.entries]
    assert () == podcast.log.breaks


def stop(*_):
    raise KeyboardInterrupt
