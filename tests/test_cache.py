"""The store: whole or not at all, found again by what it was made of, and honest about damage."""

import contextlib
import errno
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cache import Action, File, Store, key_of, write_whole
from pipeline.cache.atomic_files import take_away
from pipeline.errors import LockedError, StoreError


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / ".weerslag")


def kept(store, content):
    with store.workspace() as folder:
        (folder / "thing").write_bytes(content)
        return store.keep(folder / "thing")


def disk_fails_at(nth, monkeypatch):
    """Count the calls that may fail, and fail the nth, as a full disk does."""
    count = 0

    def failing(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == nth:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **kwargs)

        return call

    for name in ("open", "fsync", "replace", "write", "fchmod"):
        monkeypatch.setattr(os, name, failing(getattr(os, name)))


# ------------------------------------------------------------------------------------------------------ whole or not at all


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_full_disk_at_any_moment_leaves_the_old_file_whole(tmp_path, monkeypatch, nth):
    write_whole(tmp_path / "feed.xml", b"old")
    disk_fails_at(nth, monkeypatch)

    with pytest.raises(StoreError, match="cannot be written"):
        write_whole(tmp_path / "feed.xml", b"new")

    monkeypatch.undo()
    assert {"feed.xml"} == {file.name for file in tmp_path.iterdir()}
    assert (tmp_path / "feed.xml").read_bytes() in (
        b"old",
        b"new",
    )  # the 4th syncs the folder: by then the new one stands


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_written_file_can_be_read_by_a_web_server_whatever_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "page.html", b"x")
    finally:
        os.umask(before)

    assert 0o644 == (tmp_path / "page.html").stat().st_mode & 0o777


def test_a_tree_is_replaced_whole_and_only_where_it_differs(store, tmp_path):
    blob = kept(store, b"sound")
    files = {
        "index.html": File(target="site", content=b"one"),
        "audio/a.mp3": File(target="episodes", sha256=blob.sha256),
    }

    first = replaced(store, tmp_path / "public", files)
    second = replaced(store, tmp_path / "public", files)
    inode = (tmp_path / "public/audio/a.mp3").stat().st_ino
    third = replaced(store, tmp_path / "public", files | {"index.html": File(target="site", content=b"two")})

    assert (("audio/a.mp3", "index.html"), (), ()) == (first.added, first.changed, first.removed)
    assert not second
    assert (("index.html",), 1) == (third.changed, third.kept)
    assert inode == (tmp_path / "public/audio/a.mp3").stat().st_ino
    assert {"index.html": b"two", "audio/a.mp3": b"sound"} == everything(tmp_path / "public")


def replaced(store, folder, files):
    """What a build does with each of its trees."""
    tree = store.tree(folder)
    changes = tree.stage(files)
    tree.switch(files)
    return changes


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_somebody_edited_or_added_in_public_is_put_right(store, tmp_path):
    files = {"index.html": File(target="site", content=b"one"), "b.html": File(target="site", content=b"two")}
    replaced(store, tmp_path / "public", files)
    stat = (tmp_path / "public/index.html").stat()
    (tmp_path / "public/index.html").write_bytes(b"eno")
    os.utime(tmp_path / "public/index.html", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same mtime
    (tmp_path / "public/extra").write_bytes(b"x")

    changes = replaced(store, tmp_path / "public", files)

    assert (("index.html",), ("extra",)) == (changes.changed, changes.removed)
    assert {"index.html": b"one", "b.html": b"two"} == everything(tmp_path / "public")


def test_a_full_disk_while_a_tree_is_built_leaves_the_old_tree(store, tmp_path, monkeypatch):
    replaced(store, tmp_path / "public", {"a": File(target="site", content=b"old")})
    disk_fails_at(1, monkeypatch)

    with pytest.raises(StoreError, match="disk is full"):
        replaced(store, tmp_path / "public", {"a": File(target="site", content=b"new")})

    monkeypatch.undo()
    assert {"a": b"old"} == everything(tmp_path / "public")


def test_a_folder_full_of_somebody_elses_files_is_not_replaced(store, tmp_path):
    (tmp_path / "public").mkdir()
    (tmp_path / "public/holiday.jpg").write_bytes(b"dear")

    with pytest.raises(StoreError, match="did not put there"):
        replaced(store, tmp_path / "public", {"index.html": File(target="site", content=b"x")})

    assert {"holiday.jpg": b"dear"} == everything(tmp_path / "public")


def test_damage_in_the_store_never_reaches_a_reader(store, tmp_path):
    blob = kept(store, b"sound")
    flip(store.path_of(blob.sha256), 0)

    with pytest.raises(StoreError, match="was damaged"):
        replaced(store, tmp_path / "public", {"a.mp3": File(target="episodes", sha256=blob.sha256)})

    assert not (tmp_path / "public").exists()
    assert not store.path_of(blob.sha256).exists()  # made again by the next build


# -------------------------------------------------------------------------------------------------------------- remembering


def test_a_thing_is_found_by_what_it_was_made_of_and_only_while_its_bytes_are_there(store):
    blob = kept(store, b"sound")
    action = Action(parts={"recipe": 1}, outputs={"mp3": blob}, answer={"s": 1.5})
    store.record(key_of({"recipe": 1}), action)

    found = store.find(key_of({"recipe": 1}))

    assert action == found
    assert store.find(key_of({"recipe": 2})) is None
    store.path_of(blob.sha256).unlink()
    assert store.find(key_of({"recipe": 1})) is None


def test_the_order_of_a_keys_parts_does_not_matter():
    assert key_of({"a": 1, "b": {"c": 2, "d": 3}}) == key_of({"b": {"d": 3, "c": 2}, "a": 1})


def test_a_same_sized_edit_under_a_preserved_mtime_is_seen(store, tmp_path):
    file = tmp_path / "recording.wav"
    file.write_bytes(b"one")
    long_ago = time.time_ns() - 10**12
    os.utime(file, ns=(long_ago, long_ago))
    first = store.digest(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(long_ago, long_ago))

    assert first != store.digest(file)


def test_a_digest_is_remembered_once_the_file_has_settled(store, tmp_path):
    file = tmp_path / "recording.wav"
    file.write_bytes(b"one")
    time.sleep(2.1)  # younger files may change within one tick of the clock, and are hashed again
    digest = store.digest(file)
    store.save_memo()

    again = Store(store.folder)

    assert digest == again.digest(file)
    assert str(file) in again._memos()  # that it was not hashed again shows nowhere else


def test_a_version_is_asked_again_only_when_the_program_differs(store, tmp_path):
    program, asked = tmp_path / "tool", []
    program.write_bytes(b"1")

    def version(path):
        asked.append(path)
        return f"version {path.read_bytes().decode()}"

    told = [store.remembered(program, version), store.remembered(program, version)]
    program.write_bytes(b"2")
    told.append(store.remembered(program, version))

    assert ["version 1", "version 1", "version 2"] == told
    assert 2 == len(asked)


# --------------------------------------------------------------------------------------------------------- damage and sweeping


def flip(path, at):
    Path(path).chmod(0o644)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << (at % 8)
    path.write_bytes(content)


def test_every_flipped_byte_in_the_store_is_found(store, tmp_path):
    for number in range(5):
        blob = kept(store, random.Random(number).randbytes(200))
        store.record(key_of({"n": number}), Action(parts={"n": number}, outputs={"o": blob}, answer=number))
    replaced(store, tmp_path / "public", {"a": File(target="site", content=b"x")})
    store.finish_build({"made a": key_of({"n": 1})}, [])
    (tmp_path / "in").write_bytes(b"y")
    os.utime(tmp_path / "in", ns=(1, 1))
    store.remembered(tmp_path / "in", lambda _: "1")
    store.save_memo()
    files = [path for path in sorted(store.folder.rglob("*")) if path.is_file() and not path.name.startswith("lock")]
    assert () == store.verify()

    missed = []
    for file in files:
        whole = file.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 7)):
            flip(file, at)
            if file not in [Path(finding.where) for finding in store.verify()]:
                missed.append((file.name, at))
            file.write_bytes(whole)

    assert [] == missed
    assert len(files) >= 13


def test_what_verify_found_can_be_thrown_away_and_then_counts_as_never_made(store):
    blob = kept(store, b"sound")
    store.record(key_of({"a": 1}), Action(parts={"a": 1}, outputs={"o": blob}))
    flip(store.path_of(blob.sha256), 2)

    store.discard(store.verify())

    assert store.find(key_of({"a": 1})) is None
    store.discard(store.verify())
    assert () == store.verify()


def test_a_sweep_takes_what_no_build_names_and_nothing_else(store):
    blobs = [kept(store, bytes([number])) for number in range(4)]
    for number, blob in enumerate(blobs):
        store.record(key_of({"n": number}), Action(parts={"n": number}, outputs={"o": blob}))
    store.finish_build({"made a": key_of({"n": 0})}, [blobs[1].sha256])

    planned = store.sweep(dry_run=True)
    swept = store.sweep(dry_run=False)

    assert planned == swept
    assert (2, 3, 2) == (swept.objects, swept.actions, swept.live)
    assert store.find(key_of({"n": 0}))
    assert [True, True, False, False] == [store.path_of(blob.sha256).exists() for blob in blobs]
    assert () == store.verify()


def test_a_sweep_that_would_take_everything_is_refused(store):
    kept(store, b"x")

    with pytest.raises(StoreError, match="no finished build"):
        store.sweep(dry_run=False)


# ------------------------------------------------------------------------------------------------------------------ the lock

HOLD = """
import sys
from pathlib import Path
from pipeline.store import Store
with Store(Path(sys.argv[1])).locked(holder="pid 7 on elsewhere", wait=False, waiting=print):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def holding(store):
    """Another process that holds the lock until the yielded function is called; killed at the end."""
    argv, pipe = [sys.executable, "-c", HOLD, str(store.folder)], subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[1]) as process:
        assert b"held\n" == process.stdout.readline()
        try:
            yield process.stdin.close
        finally:
            process.kill()


def test_an_old_tree_that_was_write_protected_is_taken_away_all_the_same(store, tmp_path):
    tree = store.tree(tmp_path / "public")
    replaced(store, tree.folder, {"a/b/c": File(target="site", content=b"1")})
    for folder in ("public/a/b", "public/a", "public"):
        (tmp_path / folder).chmod(0o555)

    take_away(tmp_path / "public")

    assert not (tmp_path / "public").exists()


def test_a_file_where_public_must_be_is_not_taken_away(store, tmp_path):
    public = tmp_path / "public"
    public.write_text("mine")

    with pytest.raises(StoreError, match="is a file"):
        replaced(store, public, {"a": File(target="site", content=b"a")})

    assert ("mine", ["public"]) == (public.read_text(), sorted(path.name for path in tmp_path.iterdir()))


def test_a_second_build_waits_and_is_told_for_whom(store):
    told = []

    with holding(store) as let_go:

        def waiting(other):
            told.append(other)
            let_go()

        with store.locked(holder="me", wait=True, waiting=waiting):
            told.append("taken")

    assert ["pid 7 on elsewhere", "taken"] == told


def test_a_second_build_that_will_not_wait_leaves_with_75(store):
    with (
        holding(store),
        pytest.raises(LockedError, match="pid 7 on elsewhere") as caught,
        store.locked(holder="me", wait=False, waiting=print),
    ):
        pass

    assert 75 == caught.value.exit_code


def test_the_lock_of_a_killed_build_is_free(store):
    with holding(store):
        pass

    with store.locked(holder="me", wait=False, waiting=print):
        taken = True

    assert taken
    assert store.can_lock()
