"""Stopped at any moment: killed, a full disk, a refused write. The live feed stays whole, and the next publish completes."""

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
from pipeline.publish.feed_items import path_in, read_feed
from tests.publish.conftest import everything
from tests.publish.test_publishing import carry

CHECKOUT = Path(__file__).parents[2]
FALLIBLE = ["os.fsync", "os.replace", "os.link", "os.fchmod", "tempfile.mkstemp", "os.unlink"]


def untrue(stage):
    """Every address in the live feed that is not there with the length it states."""
    live = stage.where / "feed.xml"
    if not live.exists():
        return []
    feed = read_feed(live.read_bytes())
    stated = {item.address: item.size_bytes for item in feed.items}
    files = {address: stage.where / path_in(stage.programme.url, address) for address in feed.named}
    return [
        address
        for address, file in files.items()
        if not file.is_file() or file.stat().st_size != stated.get(address, file.stat().st_size)
    ]


def change(stage):
    """Something of each kind: a new episode, a corrected one, a new title."""
    stage.put(4)
    stage.put(2, sound=b"corrected" * 3000)
    stage.put(1, title="Een andere titel")
    stage.later(hours=1)


def test_any_write_may_fail_once(stage, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # whether it is called is asked below; the disk need not turn
    stage.programme = replace(stage.programme, profile="open")
    for episode in stage.episodes:
        stage.put(episode, chapters=(), transcript=())  # fewer files, so fewer rounds: each kind of write stays
    stage.publish()
    untouched = everything(stage.where)
    change(stage)
    stage.build()
    failed, number = 0, 0
    while True:
        number += 1
        with monkeypatch.context() as patch:
            calls = fail_at(patch, number, (errno.ENOSPC, errno.EIO, errno.EACCES)[number % 3])
            try:
                stage.publish()
                over = calls[0] < number
            except WeerslagError:
                over = False
                failed += 1
        assert [] == untrue(stage)
        if over:
            break
        stage.publish()
        assert everything(stage.root / "public").items() <= everything(stage.where).items()
        assert () == stage.ledger.breaks
        back_to(stage, untouched)
    assert failed > 20


@contextmanager
def room_for(most_bytes):
    """No file may get longer: the write itself fails in its middle, as on a full disk (the system's own limit)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("most_bytes", [0, 500, 4_000, 20_003, 26_000])
def test_a_disk_that_fills_up_in_the_middle_of_a_file_leaves_the_feed_true_and_nothing_half(stage, most_bytes):
    stage.publish()
    change(stage)
    stage.build()
    plan, shown = stage.prepare(), (stage.where / "feed.xml").read_bytes()

    with room_for(most_bytes), pytest.raises(WeerslagError, match="cannot be written"):
        carry(stage, plan)

    assert shown == (stage.where / "feed.xml").read_bytes()
    assert [] == untrue(stage)
    assert [] == list(stage.where.rglob(".weerslag-half-*"))
    stage.publish()
    assert everything(stage.root / "public").items() <= everything(stage.where).items()


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


def back_to(stage, files):
    """The target and the ledger as they were after the first publish."""
    for path in everything(stage.where).keys() - files.keys():
        (stage.where / path).unlink()
    for path, content in files.items():
        (stage.where / path).write_bytes(content)
    (first, *_) = stage.books.ledger.read_bytes().splitlines(keepends=True)
    stage.books.ledger.write_bytes(first)


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {checkout!r})
from tests.publish.conftest import Stage
from tests.publish.test_publishing import carry
from tests.publish.test_stopped import change, dies_at
stage = Stage(root=Path({root!r}), where=Path({where!r}))
for number in (1, 2, 3):
    stage.put(number)
change(stage)
stage.build()
plan = stage.prepare()
calls = dies_at({moment!r})
carry(stage, plan)
print(calls[0])
"""


def test_killed_at_any_moment(stage):
    stage.publish()
    untouched = everything(stage.where)
    code, said = published(stage, ("before", 0))
    calls = int(said)
    draw = random.Random(20260101)
    moments = [(when, number) for number in range(1, calls + 1) for when in ("before", "after")]
    moments = [*draw.sample(moments, 5), ("after", calls), *(("within", most_bytes) for most_bytes in (300, 20_001))]
    for moment in moments:
        back_to(stage, untouched)
        code, said = published(stage, moment)
        assert (-signal.SIGXFSZ if moment[0] == "within" else -signal.SIGKILL, "") == (code, said), moment
        assert [] == untrue(stage)
        change(stage)
        stage.publish()
        assert everything(stage.root / "public").items() <= everything(stage.where).items()
        assert () == stage.ledger.breaks
    assert calls > 20


def published(stage, moment):
    """Publish in another process, which dies at that moment; how it ended, and how many calls it made if it came to its end."""
    code = PROGRAM.format(checkout=str(CHECKOUT), root=str(stage.root), where=str(stage.where), moment=moment)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.strip()


def dies_at(moment):
    """Let this process be killed before or after its number-th fallible call, or within a file that gets so long."""
    when, number = moment
    calls = [0]
    if when == "within":  # Python would be told; who does not listen is killed: getrlimit(2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))

    def deadly(real):
        def call(*arguments, **named):
            calls[0] += 1
            if moment == ("before", calls[0]):
                os.kill(os.getpid(), signal.SIGKILL)
            answer = real(*arguments, **named)
            if moment == ("after", calls[0]):
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    for name in FALLIBLE:
        module, _, function = name.partition(".")
        setattr(sys.modules[module], function, deadly(getattr(sys.modules[module], function)))
    return calls


def test_a_publish_killed_between_its_feed_and_its_ledger_is_written_down_by_the_next(stage, monkeypatch):
    stage.publish()
    change(stage)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.publish.publication_log.append", stop)
        with pytest.raises(KeyboardInterrupt):
            stage.publish()
    assert 1 == len(stage.ledger.lines)
    stage.put(5)  # and then the content goes on
    stage.later(hours=1)

    plan, _ = stage.publish()

    assert () == plan.objections
    assert [3, 4, 5] == [len(line.episodes) for line in stage.ledger.lines]
    assert () == stage.ledger.breaks


def stop(*_):
    raise KeyboardInterrupt
