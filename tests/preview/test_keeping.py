"""Edits are seen and built: pages first, the rest when nobody types, and an edit ends what is slow."""

import os
import threading
import time

import pytest

from pipeline.errors import ContentError, Fault, Place
from pipeline.preview import Board, Outcome, Watch, keep_up
from pipeline.preview.watching import differences


@pytest.fixture
def desk(tmp_path):
    """A folder that is watched, what was built of it, and the board."""

    class Desk:
        root, board, over, built = tmp_path, Board(), threading.Event(), []
        pages_say, rest_says = Outcome(changed=True), Outcome(changed=False)
        rest_takes_s = 0.0

        def pages(self):
            self.built.append("pages")
            if isinstance(self.pages_say, Exception):
                raise self.pages_say
            return self.pages_say

        def rest(self, stop):
            ended = stop.wait(self.rest_takes_s)
            self.built.append("ended" if ended else "rest")
            return self.rest_says

        def until(self, built):
            deadline = time.monotonic() + 10
            while self.built != built:
                assert time.monotonic() < deadline, self.built
                time.sleep(0.02)

    one = Desk()
    one.built = []
    (tmp_path / "a.md").write_text("een")
    watch = Watch(places=(tmp_path,))
    thread = threading.Thread(target=lambda: keep_up(watch, one.board, pages=one.pages, rest=one.rest, over=one.over))
    one.start = thread.start
    yield one
    one.over.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_pages_are_built_at_the_start_and_the_rest_when_it_is_quiet_and_then_nothing(desk):
    desk.start()
    desk.until(["pages", "rest"])
    time.sleep(0.5)

    assert ["pages", "rest"] == desk.built
    assert 0 < desk.board.notice.version


def test_an_edit_builds_the_pages_within_a_moment(desk):
    desk.start()
    desk.until(["pages"])
    began = time.monotonic()
    (desk.root / "a.md").write_text("twee")
    desk.until(["pages", "pages"])

    assert time.monotonic() - began < 0.5


def test_an_edit_ends_the_slow_half_which_is_done_again_later(desk):
    desk.rest_takes_s = 60.0
    desk.start()
    time.sleep(2.0)
    desk.rest_takes_s = 0.0
    (desk.root / "a.md").write_text("twee")
    desk.until(["pages", "ended", "pages", "rest"])


def test_faults_stand_on_the_board_all_at_once_and_go_when_they_are_mended(desk):
    faults = tuple(Fault(place=Place("a.md", line), message=f"fout {line}") for line in (1, 2))
    desk.pages_say = ContentError(faults=faults)
    desk.start()
    desk.until(["pages"])
    time.sleep(0.1)
    shown = desk.board.notice
    desk.pages_say = Outcome(changed=False)
    (desk.root / "a.md").write_text("goed")
    desk.until(["pages", "pages", "rest"])

    assert "a.md:1: error: fout 1\n\na.md:2: error: fout 2" == shown.text
    assert ("", shown.version + 1) == (desk.board.notice.head, desk.board.notice.version)


def test_nothing_reloads_when_nothing_differs(desk):
    desk.pages_say = Outcome(changed=False)
    desk.start()
    desk.until(["pages", "rest"])

    assert 0 == desk.board.notice.version


def test_a_recording_is_waited_for_until_it_grows_no_more(desk):
    folder = desk.root / "episodes/01/recording"
    folder.mkdir(parents=True)
    desk.start()
    desk.until(["pages"])
    with (folder / "a.wav").open("wb", buffering=0) as sound:
        for _ in range(8):
            sound.write(b"x" * 1000)
            time.sleep(0.15)
        grown = list(desk.built)
    desk.until(["pages", "pages", "rest"])

    assert ["pages"] == grown


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
