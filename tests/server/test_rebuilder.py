"""Edits are rebuilt: pages first, the rest after a pause without edits; an edit stops the slow part.

No test here measures time: a scripted watcher returns at once, and records the timeout of each call.
"""

import threading

import pytest

from pipeline.errors import ContentError, SourceLocation, ValidationError
from pipeline.server import RebuildResult, ReloadChannel, open_watcher, rebuild_on_change
from pipeline.server.rebuilder import COPIED_S, QUIET_S

TIMEOUT_S = 60.0  # for what happens at once, or never
QUIET = frozenset()
EDIT = frozenset({"/programme/a.md"})
RECORDING = frozenset({"/programme/episodes/01/recording/a.wav"})


class ScriptedWatcher:
    """Returns one scripted set of changes per wait; ``edit`` inserts one, as an edit during a build does."""

    def __init__(self, *script):
        self.script, self.timeouts, self.changed = list(script), [], threading.Event()

    def edit(self, changes=EDIT):
        self.script.insert(0, changes)
        self.changed.set()

    def wait(self, timeout_s):
        self.timeouts.append(timeout_s)
        self.changed.clear()
        return self.script.pop(0) if self.script else None


class Builds:
    """Both builds, their results, and which of them ran."""

    def __init__(self):
        self.ran, self.channel = [], ReloadChannel()
        self.pages_result, self.rest_result = RebuildResult(changed=True), RebuildResult(changed=False)
        self.during_pages, self.during_rest = lambda: None, lambda _: None

    def pages(self):
        self.ran.append("pages")
        self.during_pages()
        if isinstance(self.pages_result, Exception):
            raise self.pages_result
        return self.pages_result

    def rest(self, stop):
        self.during_rest(stop)
        self.ran.append("stopped" if stop.is_set() else "rest")
        return self.rest_result

    def run(self, watcher):
        rebuild_on_change(watcher, self.channel, build_pages=self.pages, build_rest=self.rest)
        return self.ran


@pytest.fixture
def builds():
    return Builds()


def test_pages_are_built_first_and_the_rest_after_a_pause_without_edits(builds):
    watcher = ScriptedWatcher(*[QUIET] * 10)

    assert ["pages", "rest"] == builds.run(watcher)
    assert [QUIET_S] * 11 == watcher.timeouts
    assert 0 < builds.channel.state.version


def test_each_edit_rebuilds_the_pages_and_postpones_the_rest(builds):
    assert ["pages", "pages", "pages", "rest"] == builds.run(ScriptedWatcher(EDIT, EDIT, *[QUIET] * 5))


def test_an_edit_after_the_rest_rebuilds_both(builds):
    assert ["pages", "rest", "pages", "rest"] == builds.run(ScriptedWatcher(QUIET, EDIT, *[QUIET] * 5))


def test_an_edit_stops_the_rest_which_runs_again_later(builds):
    watcher = ScriptedWatcher(*[QUIET] * 5)

    def edit_once(stop):
        if "stopped" not in builds.ran:
            watcher.edit()
            assert stop.is_set()
            builds.rest_result = RebuildResult(changed=True, error="halfway")
        else:
            builds.rest_result = RebuildResult(changed=False)

    builds.during_rest = edit_once

    assert ["pages", "stopped", "pages", "rest"] == builds.run(watcher)
    assert 2 == builds.channel.state.version  # twice the pages; the result of the stopped build is ignored


def test_closing_the_watcher_stops_the_rest_too(builds, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.server.rebuilder.QUIET_S", 0.01)
    began = threading.Event()

    def wait_for_stop(stop):
        began.set()
        assert stop.wait(TIMEOUT_S)

    builds.during_rest = wait_for_stop
    with open_watcher([tmp_path]) as watcher:
        thread = threading.Thread(target=builds.run, args=(watcher,), daemon=True)
        thread.start()
        assert began.wait(TIMEOUT_S)
        watcher.close()
        thread.join(TIMEOUT_S)

    assert not thread.is_alive()
    assert ["pages", "stopped"] == builds.ran


def test_all_errors_are_shown_at_once_and_disappear_when_they_are_corrected(builds):
    errors = tuple(ValidationError(location=SourceLocation("a.md", line), message=f"fout {line}") for line in (1, 2))
    builds.pages_result, shown = ContentError(errors=errors), []
    watcher = ScriptedWatcher(*[QUIET] * 10, EDIT, *[QUIET] * 5)

    def correct():
        if len(builds.ran) == 2:
            shown.append(builds.channel.state)
            builds.pages_result = RebuildResult(changed=False)

    builds.during_pages = correct

    assert ["pages", "pages", "rest"] == builds.run(watcher)  # with errors no rest is built, however quiet it is
    assert "a.md:1: error: fout 1\n\na.md:2: error: fout 2" == shown[0].text
    assert ("", shown[0].version + 1) == (builds.channel.state.title, builds.channel.state.version)


def test_browsers_do_not_reload_without_changes(builds):
    builds.pages_result = RebuildResult(changed=False)

    assert ["pages", "rest"] == builds.run(ScriptedWatcher(*[QUIET] * 10))
    assert 0 == builds.channel.state.version


def test_a_file_read_half_written_is_built_again_when_it_is_complete(builds):
    watcher, contents, read = ScriptedWatcher(EDIT, *[QUIET] * 5), iter(["een", "", "heel"]), []

    def read_file():
        read.append(next(contents))
        if not read[-1]:
            watcher.edit()  # the editor writes the rest during this build

    builds.during_pages = read_file

    assert ["pages", "pages", "pages", "rest"] == builds.run(watcher)
    assert ["een", "", "heel"] == read


def test_the_build_waits_for_a_growing_recording(builds):
    watcher = ScriptedWatcher(*[RECORDING] * 6, *[QUIET] * 5)

    assert ["pages", "pages", "rest"] == builds.run(watcher)
    assert [QUIET_S, *[COPIED_S] * 6] == watcher.timeouts[:7]


def test_an_edit_while_a_recording_is_copied_is_built_with_it(builds):
    watcher = ScriptedWatcher(RECORDING, EDIT, RECORDING, *[QUIET] * 5)

    assert ["pages", "pages", "rest"] == builds.run(watcher)


def test_closing_the_watcher_stops_waiting_for_a_copy(builds):
    assert ["pages"] == builds.run(ScriptedWatcher(RECORDING))
