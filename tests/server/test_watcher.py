"""Every kind of edit is reported on a real disk; temporary files are not."""

import os

import pytest

from pipeline.server.watcher import has_recording, open_watcher

pytestmark = pytest.mark.slow

TIMEOUT_S = 30.0  # for what happens at once, or never
SETTLE_S = 1.0  # for what must not happen


@pytest.fixture
def root(tmp_path):
    """A folder with one file, and a sign that the watch has begun."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.md").write_text("een")
    (tmp_path / "programme.yaml").write_text("title: een")
    return tmp_path


def watching(*paths):
    return open_watcher([*paths])


def changes_after(watcher, edit, expected):
    """Repeat an edit until it is reported: the watch may have begun after the first."""
    reported = set()
    for _ in range(int(TIMEOUT_S)):
        edit()
        reported |= watcher.wait(1.0)
        if str(expected) in reported:
            return reported
    raise AssertionError(f"{expected} not in {reported}")


def replace_file(file, text):
    """Edit as most editors do: write a new file, then rename it."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    new.replace(file)


def test_an_edit_in_a_folder_is_reported(root):
    with watching(root / "notes") as watcher:
        assert changes_after(watcher, lambda: (root / "notes/a.md").write_text("twee"), root / "notes/a.md")


def test_a_file_in_a_new_subfolder_is_reported(root):
    def create():
        (root / "notes/new").mkdir(exist_ok=True)
        (root / "notes/new/b.md").write_text("x")

    with watching(root / "notes") as watcher:
        changes_after(watcher, create, root / "notes/new/b.md")


def test_each_replacement_of_a_single_file_is_reported(root):
    file = root / "programme.yaml"
    with watching(file) as watcher:
        for nth in range(3):
            changes_after(watcher, lambda nth=nth: replace_file(file, f"title: {nth}"), file)


def test_a_replaced_file_with_the_same_size_and_time_is_reported(root):
    file = root / "notes/a.md"
    status = file.stat()

    def replace():
        (root / "notes/.b").write_text("elf")
        os.utime(root / "notes/.b", ns=(status.st_atime_ns, status.st_mtime_ns))
        (root / "notes/.b").replace(file)

    with watching(root / "notes") as watcher:
        changes_after(watcher, replace, file)


def test_a_folder_that_is_created_later_is_watched(root):
    folder = root / "stories"
    with watching(root / "notes", folder) as watcher:
        changes_after(watcher, lambda: folder.mkdir(exist_ok=True) or os.utime(folder), folder)
        changes_after(watcher, lambda: (folder / "a.md").write_text("x"), folder / "a.md")


def test_a_folder_that_is_replaced_is_watched_again(root):
    with watching(root / "notes") as watcher:
        changes_after(watcher, lambda: (root / "notes/a.md").write_text("twee"), root / "notes/a.md")
        (root / "notes").rename(root / "old")
        (root / "notes").mkdir()
        changes_after(watcher, lambda: (root / "notes/a.md").write_text("drie"), root / "notes/a.md")


def test_temporary_and_hidden_files_and_other_folders_are_ignored(root):
    (root / "public").mkdir()

    def write_ignored():
        for name in (".a.md.swp", "a.md~", "#a.md#", "b.tmp"):
            (root / "notes" / name).write_text("x")
        (root / "public/index.html").write_text("x")
        (root / "other.yaml").write_text("x")

    with watching(root / "notes", root / "programme.yaml") as watcher:
        changes_after(watcher, lambda: (root / "notes/a.md").write_text("twee"), root / "notes/a.md")
        write_ignored()
        reported = changes_after(watcher, lambda: (root / "notes/z.md").write_text("x"), root / "notes/z.md")

        assert {str(root / "notes/a.md"), str(root / "notes/z.md")} >= reported


def test_an_unreadable_recording_is_watched_without_opening_it(root):
    wave = root / "notes/recording/a.wav"
    wave.parent.mkdir()
    wave.write_bytes(b"x")
    wave.chmod(0)

    with watching(root / "notes") as watcher:
        reported = changes_after(watcher, lambda: os.utime(wave), wave)

    assert has_recording(reported)


def test_wait_times_out_without_changes_and_returns_none_after_close(root):
    with watching(root / "notes") as watcher:
        assert frozenset() == watcher.wait(SETTLE_S)
        watcher.close()
        assert watcher.wait(TIMEOUT_S) is None


def test_files_are_polled_when_the_watch_limit_is_reached(root, monkeypatch):
    import watchfiles

    def refuse(*paths, force_polling=None, recursive=True, **options):
        if recursive and not force_polling:
            raise RuntimeError("OS file watch limit reached")
        return watchfiles.watch(*paths, force_polling=force_polling, recursive=recursive, **options)

    monkeypatch.setattr("pipeline.server.watcher.watch", refuse)
    with watching(root / "notes") as watcher:
        texts = iter(range(100))
        changes_after(watcher, lambda: (root / "notes/a.md").write_text(f"{next(texts)}"), root / "notes/a.md")


def test_only_paths_in_a_folder_of_recordings_are_recordings():
    assert has_recording(["/p/episodes/01/recording/a.wav"])
    assert has_recording(["/p/episodes/01/recording"])
    assert not has_recording(["/recording/p/episodes/01/episode.md"])
