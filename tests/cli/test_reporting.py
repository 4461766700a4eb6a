"""What a build says while it runs: verbs in a column, a rate, the time left, and nothing on stdout."""

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.builder import Built, Progress
from pipeline.cache import Changes
from pipeline.cli.progress import bar, talker
from pipeline.model import Step
from pipeline.model.build_outline import outline_of
from tests.feed.samples import PROGRAMME

CHECKOUT = Path(__file__).parents[2]


def progress(done, of, weight):
    return Progress(verb="mastered", done=done, of=of, done_weight_s=done * weight, of_weight_s=of * weight)


@pytest.mark.parametrize(
    ("told", "elapsed_s", "line"),
    [
        (progress(0, 4, 60), 5, "mastered       0 of 4  [....................]"),
        (progress(1, 4, 60), 10, "mastered       1 of 4  [#####...............]  6.0/s, 0:30 left"),
        (progress(3, 4, 60), 90, "mastered       3 of 4  [###############.....]  2.0/s, 0:30 left"),
        (progress(1, 2, 3600), 60, "mastered       1 of 2  [##########..........]  60.0/s, 1:00 left"),
    ],
)
def test_the_bar_tells_how_far_how_fast_and_how_long(told, elapsed_s, line):
    assert line == bar(told, elapsed_s)


def built(**parts):
    nothing = {"steps": (), "failures": (), "changes": {}, "held_back": (), "silent": ()}
    return Built(**nothing | {"outline": outline_of(PROGRAMME, (), entries=())} | parts)


def told(capsys, result, *steps, why=False, dry_run=False):
    with talker(why=why, quiet=False) as talk:
        for step in steps:
            talk.talk.step(step)
        talk.conclude(result, 1.25, dry_run=dry_run)
    out, err = capsys.readouterr()
    assert "" == out
    return err.splitlines()


def test_a_build_that_did_nothing_says_so_and_what_was_kept(capsys):
    kept = [Step(kind="kept", subject=f"tagged {number}") for number in range(3)]

    lines = told(capsys, built(changes={"public": Changes(kept=7)}), *kept)

    assert [
        "kept           3 results as they were",
        "nothing to do: public/ and press/ are up to date (1.2 s)",
    ] == lines


def test_what_was_made_is_told_with_its_reason_when_asked(capsys):
    step = Step(kind="tagged", subject="01-burger-centraal.mp3", why="settings.title: Oud → Nieuw")

    lines = told(capsys, built(changes={"public": Changes(changed=("a",), kept=1)}), step, why=True)

    assert [
        "tagged         01-burger-centraal.mp3  (settings.title: Oud → Nieuw)",
        "replaced       public/: 0 added, 1 changed, 0 removed, 1 as they were",
        "done in 1.2 s",
    ] == lines


def test_an_episode_that_waits_for_its_recording_is_named(capsys):
    lines = told(capsys, built(silent=("05-slotevent",)))

    assert "waiting        05-slotevent has no recording yet: put one in episodes/05-slotevent/recording/" == lines[0]


def test_a_terminal_gets_a_bar_and_colour_only_where_it_is_wanted(tmp_path):
    script = (
        "import sys; from pipeline.build import Progress; from pipeline.cli.reporting import talker\n"
        "from pipeline.model import Step\n"
        "with talker(why=False, quiet=False) as talk:\n"
        "    talk.talk.progress(Progress(verb='mastered', done=1, of=2, done_weight_s=1, of_weight_s=2))\n"
        "    sys.stdin.read(); talk.talk.step(Step(kind='failed', subject='x'))"
    )
    wide, bare = (on_a_terminal(script, env) for env in ({}, {"NO_COLOR": "1"}))

    assert "1 of 2  [##########..........]" in wide
    assert "\x1b[31mfailed" in wide
    assert "\x1b[31m" not in bare
    assert "failed" in bare


def on_a_terminal(script, env):
    """What a process writes to a terminal as its stderr; once it has said something, it comes to the end of its stdin."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-c", script]
    full = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "xterm", **env}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=theirs, env=full) as process:
        said = os.read(ours, 65536)
        process.stdin.close()
    os.close(theirs)
    with contextlib.suppress(OSError):  # EIO: nobody holds the other end any more, and all is read
        while more := os.read(ours, 65536):
            said += more
    os.close(ours)
    return said.decode()
