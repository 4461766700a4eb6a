"""Several at work on one sound: in copies of the process or in threads, in order, with nothing lost and nobody left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.audio import parallel
from pipeline.audio.parallel import side_by_side
from pipeline.errors import AudioError, JobError

PATIENCE_S = 60  # for what comes at once, unless it never comes


def files_in(folder):
    return sorted(file.name for file in folder.iterdir())


def until(truth):
    """Wait for it, or a minute; whether it came."""
    over = time.monotonic() + PATIENCE_S
    while not (came := truth()) and time.monotonic() < over:
        time.sleep(0.01)
    return came


@pytest.fixture(params=[True, False], ids=["copies", "threads"])
def copied(request, monkeypatch):
    monkeypatch.setattr(parallel, "_can_be_copied", lambda: request.param)
    return request.param


def test_answers_come_in_order_and_from_as_many_processes_as_were_asked_for(copied, tmp_path):
    def who(number):
        (tmp_path / str(number)).touch()
        here = number > 2 or until(lambda: {"0", "1", "2"} <= {*files_in(tmp_path)})  # the first three, all at once
        return number, here, os.getpid(), threading.get_ident()

    answers = list(side_by_side(who, range(7), workers=3))

    assert [(number, True) for number in range(7)] == [answer[:2] for answer in answers]
    assert 3 == len({answer[2:] for answer in answers})
    assert (3 if copied else 1) == len({pid for _, _, pid, _ in answers})
    assert copied == (os.getpid() not in {pid for _, _, pid, _ in answers})


def test_work_begins_with_the_call_and_not_with_the_first_answer(copied, tmp_path):
    waiting = side_by_side(lambda number: (tmp_path / str(number)).touch(), range(2), workers=2)

    assert until(lambda: ["0", "1"] == files_in(tmp_path))
    assert [None, None] == list(waiting)


def test_what_is_ready_is_taken_without_waiting_and_let_go_of(copied, tmp_path):
    def after_the_sign(number):
        assert number != 3 or until((tmp_path / "sign").exists)
        return number

    answers, taken = side_by_side(after_the_sign, range(5), workers=2), []

    assert until(lambda: taken.extend(answers.ready()) or len(taken) >= 3)
    assert [0, 1, 2] == taken
    assert [] == list(answers.ready())
    (tmp_path / "sign").touch()
    assert [3, 4] == list(answers)


def test_of_hours_of_sound_only_so_many_answers_wait_to_be_taken(copied, tmp_path):
    """They would fill the memory, and so would a promise for each."""
    room = 2 * parallel._WAITING

    answers = side_by_side(lambda number: (tmp_path / str(number)).touch(), range(3 * room), workers=2)

    over = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < room and time.monotonic() < over:
        time.sleep(0.01)
    time.sleep(0.1)
    assert room == len(list(tmp_path.iterdir()))
    assert 3 * room == len(list(answers)) == len(list(tmp_path.iterdir()))


def test_nobody_writes_any_more_once_no_more_is_wanted(copied, tmp_path):
    def write(number):
        time.sleep(0.1)
        (tmp_path / str(number)).touch()

    answers = side_by_side(write, range(1200), workers=2)  # a minute's work
    next(answers)
    answers.close()

    there = files_in(tmp_path)
    time.sleep(0.3)
    assert (there, True) == (files_in(tmp_path), len(there) < 1200)


def test_what_goes_wrong_comes_home_whole(copied):
    def wrong(number):
        raise AudioError("it cannot be read", where=f"{number}.wav", hint="Look at it.")

    with pytest.raises(AudioError, match="it cannot be read") as told:
        list(side_by_side(wrong, range(2), workers=2))

    assert ("0.wav", "Look at it.") == (told.value.where, told.value.hint)


def test_a_copy_that_dies_is_told_in_words(monkeypatch):
    monkeypatch.setattr(parallel, "_can_be_copied", lambda: True)

    with pytest.raises(JobError, match="a process died that worked on the sound"):
        list(side_by_side(lambda number: os.kill(os.getpid(), signal.SIGKILL), range(2), workers=2))


def test_copies_do_not_outlive_whoever_made_them(tmp_path):
    words = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from pipeline.audio.beside import side_by_side\n"
        "def stay(number):\n"
        "    Path(sys.argv[1], str(os.getpid())).touch()\n"
        "    time.sleep(600)\n"
        "list(side_by_side(stay, range(2), workers=2))\n"
    )
    room = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], cwd=room) as parent:
        until(lambda: len(files_in(tmp_path)) == 2)
        copies = [int(name) for name in files_in(tmp_path)]
        parent.kill()

    assert 2 == len(copies)
    assert until(lambda: not any(map(_lives, copies)))


def _lives(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
