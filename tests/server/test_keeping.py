"""Edits are seen and built: pages first, the rest when nobody types, and an edit ends what is slow.

No test here measures time: a ``Turns`` is the clock, and what happens is said by the turn in which it happens.
"""

import os
import threading

import pytest

from pipeline.errors import ContentError, Fault, Place
from pipeline.server import Board, Outcome, Watch, keep_up
from pipeline.server.watcher import differences

PATIENCE_S = 60.0  # for what comes at once, unless it never comes


class Turns(threading.Event):
    """The end of a watch that takes no time: each wait is a turn, in which somebody may edit; the last one is the end."""

    def __init__(self, last, edits):
        super().__init__()
        self.turn, self.last, self.edits = 0, last, edits

    def wait(self, timeout=None):
        del timeout
        self.turn += 1
        for edit in [edit for turn, edit in self.edits if turn == self.turn]:
            edit()
        if self.turn == self.last:
            self.set()
        return self.is_set()


@pytest.fixture
def desk(tmp_path):
    """A folder that is watched, what was built of it and in which turn, and the board."""

    class Desk:
        root, board = tmp_path, Board()
        pages_say, rest_says = Outcome(changed=True), Outcome(changed=False)

        def __init__(self):
            self.built, self.turns = [], []

        def edit(self, text, name="a.md"):
            """As most editors do it: written aside, under a name that is not watched, and put in place at once."""
            (self.root / f".{name}.new").write_text(text)
            (self.root / f".{name}.new").replace(self.root / name)

        def pages(self):
            self._note("pages")
            if isinstance(self.pages_say, Exception):
                raise self.pages_say
            return self.pages_say

        def rest(self, stop):
            self._note("ended" if stop.is_set() else "rest")
            return self.rest_says

        def watched(self, *edits, turns):
            """What was built in so many turns, of which some brought an edit: pairs of a turn and what to do."""
            self.over = Turns(turns, edits)
            keep_up(Watch(places=(tmp_path,)), self.board, pages=self.pages, rest=self.rest, over=self.over)
            return self.built

        def _note(self, what):
            self.built.append(what)
            self.turns.append(self.over.turn)

    one = Desk()
    one.edit("een")
    return one


def test_pages_are_built_at_the_start_and_the_rest_when_it_is_quiet_and_then_nothing(desk):
    built = desk.watched(turns=100)

    assert ["pages", "rest"] == built
    assert desk.turns[0] == 0 < desk.turns[1]
    assert 0 < desk.board.notice.version


def test_an_edit_builds_the_pages_in_the_next_turn_and_puts_off_the_rest(desk):
    built = desk.watched((5, lambda: desk.edit("twee")), (10, lambda: desk.edit("drie!")), turns=100)

    assert ["pages", "pages", "pages", "rest"] == built
    assert [0, 5, 10] == desk.turns[:3]


def test_an_edit_ends_the_slow_half_which_is_done_again_later(desk):
    built, done = desk.built, desk.rest

    def slow(stop):
        if "ended" not in built:
            desk.edit("twee")
            assert stop.wait(PATIENCE_S)
            done(stop)
            return Outcome(changed=True, trouble="halverwege")
        return done(stop)

    desk.rest = slow
    desk.watched(turns=100)

    assert ["pages", "ended", "pages", "rest"] == built
    assert 2 == desk.board.notice.version  # twice the pages; what the ended half said counts for nothing


def test_the_end_of_the_watch_ends_the_slow_half_too(desk):
    built, done, begun, over = desk.built, desk.rest, threading.Event(), threading.Event()
    desk.over = Turns(0, ())

    def slow(stop):
        begun.set()
        assert stop.wait(PATIENCE_S)
        return done(stop)

    words = {"pages": desk.pages, "rest": slow, "over": over}
    thread = threading.Thread(target=keep_up, args=(Watch(places=(desk.root,)), desk.board), kwargs=words, daemon=True)
    thread.start()
    began = begun.wait(PATIENCE_S)
    over.set()
    thread.join(PATIENCE_S)

    assert (True, False) == (began, thread.is_alive())
    assert ["pages", "ended"] == built


def test_faults_stand_on_the_board_all_at_once_and_go_when_they_are_mended(desk):
    faults = tuple(Fault(place=Place("a.md", line), message=f"fout {line}") for line in (1, 2))
    desk.pages_say, shown = ContentError(faults=faults), []

    def mend():
        shown.append(desk.board.notice)
        desk.pages_say = Outcome(changed=False)
        desk.edit("goed")

    built = desk.watched((50, mend), turns=100)

    assert ["pages", "pages", "rest"] == built  # of what is faulty no rest is built, however quiet it is
    assert "a.md:1: error: fout 1\n\na.md:2: error: fout 2" == shown[0].text
    assert ("", shown[0].version + 1) == (desk.board.notice.head, desk.board.notice.version)


def test_nothing_reloads_when_nothing_differs(desk):
    desk.pages_say = Outcome(changed=False)

    built = desk.watched(turns=100)

    assert ["pages", "rest"] == built
    assert 0 == desk.board.notice.version


def test_a_file_caught_half_written_is_built_again_when_it_is_whole(desk):
    read, build = [], desk.pages
    fill = iter([lambda: None, lambda: (desk.root / "a.md").write_text("heel")])

    def pages():
        read.append((desk.root / "a.md").read_text())
        next(fill, lambda: None)()
        return build()

    desk.pages = pages
    desk.watched((5, lambda: (desk.root / "a.md").write_text("")), turns=100)

    assert ["een", "", "heel"] == read
    assert ["pages", "pages", "pages", "rest"] == desk.built


def test_a_recording_is_waited_for_until_it_grows_no_more(desk):
    folder = desk.root / "episodes/01/recording"
    folder.mkdir(parents=True)

    def grow():
        with (folder / "a.wav").open("ab", buffering=0) as sound:
            sound.write(b"x" * 1000)

    built = desk.watched(*[(turn, grow) for turn in range(5, 80, 15)], turns=200)

    assert ["pages", "pages", "rest"] == built
    assert 65 < desk.turns[1]


def test_what_editors_leave_for_a_moment_is_not_looked_at_and_no_file_is_opened(tmp_path):
    for name in (".a.md.swp", "a.md~", "#a.md#", "b.tmp"):
        (tmp_path / name).write_text("x")
    closed = tmp_path / "recording"
    closed.mkdir()
    (closed / "a.wav").write_bytes(b"x")
    (closed / "a.wav").chmod(0)
    seen = Watch(places=(tmp_path, tmp_path / "not-there")).look()

    assert {str(closed / "a.wav")} == set(seen)


def test_an_edit_that_keeps_size_and_hour_is_seen_when_the_file_was_replaced(tmp_path):
    (tmp_path / "a.md").write_text("een")
    watch = Watch(places=(tmp_path,))
    before, stat = watch.look(), (tmp_path / "a.md").stat()
    (tmp_path / "b.md").write_text("elf")
    (tmp_path / "b.md").rename(tmp_path / "a.md")
    os.utime(tmp_path / "a.md", ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert (str(tmp_path / "a.md"),) == differences(before, watch.look())
