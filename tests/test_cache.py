"""The cache: atomic writes, lookup by key, detection of damage, and the lock."""

import contextlib
import errno
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cache import Cache, CacheRecord, TreeFile, compute_key, write_atomic
from pipeline.cache.atomic_files import delete_folder
from pipeline.cache.maintenance import delete_damaged, delete_unused, verify_cache
from pipeline.errors import LockedError, StorageError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / ".weerslag")


def put(cache, content):
    with cache.open_workspace() as folder:
        (folder / "thing").write_bytes(content)
        return cache.put_object(folder / "thing")


def disk_fails_at(nth, monkeypatch):
    """Make the nth call that may fail raise ENOSPC."""
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


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_full_disk_at_any_moment_leaves_the_old_or_the_new_file(tmp_path, monkeypatch, nth):
    write_atomic(tmp_path / "feed.xml", b"old")
    disk_fails_at(nth, monkeypatch)

    with pytest.raises(StorageError, match="cannot be written"):
        write_atomic(tmp_path / "feed.xml", b"new")

    monkeypatch.undo()
    assert {"feed.xml"} == {file.name for file in tmp_path.iterdir()}
    assert (tmp_path / "feed.xml").read_bytes() in (
        b"old",
        b"new",
    )  # the 4th call syncs the folder, after the rename


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_written_file_can_be_read_by_a_web_server_whatever_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "page.html", b"x")
    finally:
        os.umask(before)

    assert 0o644 == (tmp_path / "page.html").stat().st_mode & 0o777


def test_a_tree_is_replaced_only_if_a_file_differs(cache, tmp_path):
    blob = put(cache, b"sound")
    files = {
        "index.html": TreeFile(target="site", content=b"one"),
        "audio/a.mp3": TreeFile(target="episodes", sha256=blob.sha256),
    }

    first = replace_tree(cache, tmp_path / "public", files)
    second = replace_tree(cache, tmp_path / "public", files)
    inode = (tmp_path / "public/audio/a.mp3").stat().st_ino
    third = replace_tree(cache, tmp_path / "public", files | {"index.html": TreeFile(target="site", content=b"two")})

    assert (("audio/a.mp3", "index.html"), (), ()) == (first.added, first.changed, first.removed)
    assert not second
    assert (("index.html",), 1) == (third.changed, third.unchanged)
    assert inode == (tmp_path / "public/audio/a.mp3").stat().st_ino
    assert {"index.html": b"two", "audio/a.mp3": b"sound"} == read_tree(tmp_path / "public")


def replace_tree(cache, folder, files):
    """Replace a tree as a build does."""
    tree = cache.get_output_tree(folder)
    changes = tree.stage(files)
    tree.swap(files)
    return changes


def read_tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_edited_and_added_files_in_public_are_restored(cache, tmp_path):
    files = {"index.html": TreeFile(target="site", content=b"one"), "b.html": TreeFile(target="site", content=b"two")}
    replace_tree(cache, tmp_path / "public", files)
    stat = (tmp_path / "public/index.html").stat()
    (tmp_path / "public/index.html").write_bytes(b"eno")
    os.utime(tmp_path / "public/index.html", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same mtime
    (tmp_path / "public/extra").write_bytes(b"x")

    changes = replace_tree(cache, tmp_path / "public", files)

    assert (("index.html",), ("extra",)) == (changes.changed, changes.removed)
    assert {"index.html": b"one", "b.html": b"two"} == read_tree(tmp_path / "public")


def test_a_full_disk_while_a_tree_is_staged_leaves_the_old_tree(cache, tmp_path, monkeypatch):
    replace_tree(cache, tmp_path / "public", {"a": TreeFile(target="site", content=b"old")})
    disk_fails_at(1, monkeypatch)

    with pytest.raises(StorageError, match="disk is full"):
        replace_tree(cache, tmp_path / "public", {"a": TreeFile(target="site", content=b"new")})

    monkeypatch.undo()
    assert {"a": b"old"} == read_tree(tmp_path / "public")


def test_a_folder_with_foreign_files_is_not_replaced(cache, tmp_path):
    (tmp_path / "public").mkdir()
    (tmp_path / "public/holiday.jpg").write_bytes(b"dear")

    with pytest.raises(StorageError, match="did not write"):
        replace_tree(cache, tmp_path / "public", {"index.html": TreeFile(target="site", content=b"x")})

    assert {"holiday.jpg": b"dear"} == read_tree(tmp_path / "public")


def test_a_damaged_object_is_never_copied_to_public(cache, tmp_path):
    blob = put(cache, b"sound")
    flip(cache.get_object_path(blob.sha256), 0)

    with pytest.raises(StorageError, match="is damaged"):
        replace_tree(cache, tmp_path / "public", {"a.mp3": TreeFile(target="episodes", sha256=blob.sha256)})

    assert not (tmp_path / "public").exists()
    assert not cache.get_object_path(blob.sha256).exists()  # the next build makes it again


def test_a_record_is_found_by_its_key_only_while_its_objects_exist(cache):
    blob = put(cache, b"sound")
    action = CacheRecord(parts={"recipe": 1}, outputs={"mp3": blob}, result={"s": 1.5})
    cache.add_record(compute_key({"recipe": 1}), action)

    found = cache.find_record(compute_key({"recipe": 1}))

    assert action == found
    assert cache.find_record(compute_key({"recipe": 2})) is None
    cache.get_object_path(blob.sha256).unlink()
    assert cache.find_record(compute_key({"recipe": 1})) is None


def test_the_order_of_the_parts_does_not_change_the_key():
    assert compute_key({"a": 1, "b": {"c": 2, "d": 3}}) == compute_key({"b": {"d": 3, "c": 2}, "a": 1})


def test_an_edit_that_keeps_size_and_mtime_changes_the_digest(cache, tmp_path):
    file = tmp_path / "recording.wav"
    file.write_bytes(b"one")
    long_ago = time.time_ns() - 10**12
    os.utime(file, ns=(long_ago, long_ago))
    first = cache.compute_digest(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(long_ago, long_ago))

    assert first != cache.compute_digest(file)


def test_the_digest_of_a_settled_file_is_memoized(cache, tmp_path):
    file = tmp_path / "recording.wav"
    file.write_bytes(b"one")
    time.sleep(2.1)  # younger files are hashed again
    digest = cache.compute_digest(file)
    cache.inputs.save()

    again = Cache(cache.folder)

    assert digest == again.compute_digest(file)
    assert str(file) in again.inputs._entries  # the only evidence that it was not hashed again


def test_a_memoized_function_is_called_again_only_if_the_file_changed(cache, tmp_path):
    program, calls = tmp_path / "tool", []
    program.write_bytes(b"1")

    def version(path):
        calls.append(path)
        return f"version {path.read_bytes().decode()}"

    versions = [cache.inputs.memoize(program, version), cache.inputs.memoize(program, version)]
    program.write_bytes(b"2")
    versions.append(cache.inputs.memoize(program, version))

    assert ["version 1", "version 1", "version 2"] == versions
    assert 2 == len(calls)


def flip(path, at):
    Path(path).chmod(0o644)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << (at % 8)
    path.write_bytes(content)


def test_every_flipped_byte_in_the_cache_is_found(cache, tmp_path):
    for number in range(5):
        blob = put(cache, random.Random(number).randbytes(200))
        cache.add_record(
            compute_key({"n": number}), CacheRecord(parts={"n": number}, outputs={"o": blob}, result=number)
        )
    replace_tree(cache, tmp_path / "public", {"a": TreeFile(target="site", content=b"x")})
    cache.record_build({"made a": compute_key({"n": 1})}, [])
    (tmp_path / "in").write_bytes(b"y")
    os.utime(tmp_path / "in", ns=(1, 1))
    cache.inputs.memoize(tmp_path / "in", lambda _: "1")
    cache.inputs.save()
    files = [path for path in sorted(cache.folder.rglob("*")) if path.is_file() and not path.name.startswith("lock")]
    assert () == verify_cache(cache)

    missed = []
    for file in files:
        whole = file.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 7)):
            flip(file, at)
            if file not in [Path(finding.where) for finding in verify_cache(cache)]:
                missed.append((file.name, at))
            file.write_bytes(whole)

    assert [] == missed
    assert len(files) >= 13


def test_damaged_entries_can_be_deleted(cache):
    blob = put(cache, b"sound")
    cache.add_record(compute_key({"a": 1}), CacheRecord(parts={"a": 1}, outputs={"o": blob}))
    flip(cache.get_object_path(blob.sha256), 2)

    delete_damaged(cache, verify_cache(cache))

    assert cache.find_record(compute_key({"a": 1})) is None
    delete_damaged(cache, verify_cache(cache))
    assert () == verify_cache(cache)


def test_cleaning_deletes_only_what_no_build_needs(cache):
    blobs = [put(cache, bytes([number])) for number in range(4)]
    for number, blob in enumerate(blobs):
        cache.add_record(compute_key({"n": number}), CacheRecord(parts={"n": number}, outputs={"o": blob}))
    cache.record_build({"made a": compute_key({"n": 0})}, [blobs[1].sha256])

    planned = delete_unused(cache, dry_run=True, now=NOW)
    summary = delete_unused(cache, dry_run=False, now=NOW)

    assert planned == summary
    assert (2, 3, 2) == (summary.objects, summary.records, summary.live)
    assert cache.find_record(compute_key({"n": 0}))
    assert [True, True, False, False] == [cache.get_object_path(blob.sha256).exists() for blob in blobs]
    assert () == verify_cache(cache)


def test_what_a_killed_write_left_is_no_damage_and_is_cleaned(cache):
    key = compute_key({"a": 1})
    cache.add_record(key, CacheRecord(parts={"a": 1}, outputs={"o": put(cache, b"x")}))
    cache.record_build({"made a": key}, [])
    left = cache.get_record_path(key).with_name(".weerslag-ab_c1234")  # killed between writing and renaming
    left.write_bytes(cache.get_record_path(key).read_bytes())

    assert () == verify_cache(cache)
    delete_unused(cache, dry_run=False, now=NOW)
    assert not left.exists()
    assert cache.find_record(key)


def test_cleaning_refuses_to_delete_everything(cache):
    put(cache, b"x")

    with pytest.raises(StorageError, match="no finished build"):
        delete_unused(cache, dry_run=False, now=NOW)


HOLD = """
import sys
from pathlib import Path
from pipeline.cache import Cache
with Cache(Path(sys.argv[1])).lock(holder="pid 7 on elsewhere", wait=False, waiting=print):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def hold_lock(cache):
    """Start a process that holds the lock until the yielded function is called; kill it at the end."""
    argv, pipe = [sys.executable, "-c", HOLD, str(cache.folder)], subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[1]) as process:
        assert b"held\n" == process.stdout.readline()
        try:
            yield process.stdin.close
        finally:
            process.kill()


def test_a_write_protected_tree_is_deleted(cache, tmp_path):
    tree = cache.get_output_tree(tmp_path / "public")
    replace_tree(cache, tree.folder, {"a/b/c": TreeFile(target="site", content=b"1")})
    for folder in ("public/a/b", "public/a", "public"):
        (tmp_path / folder).chmod(0o555)

    delete_folder(tmp_path / "public")

    assert not (tmp_path / "public").exists()


def test_a_file_in_the_place_of_public_is_not_deleted(cache, tmp_path):
    public = tmp_path / "public"
    public.write_text("mine")

    with pytest.raises(StorageError, match="is a file"):
        replace_tree(cache, public, {"a": TreeFile(target="site", content=b"a")})

    assert ("mine", ["public"]) == (public.read_text(), sorted(path.name for path in tmp_path.iterdir()))


def test_a_second_build_waits_and_reports_the_holder_of_the_lock(cache):
    events = []

    with hold_lock(cache) as release:

        def waiting(other):
            events.append(other)
            release()

        with cache.lock(holder="me", wait=True, waiting=waiting):
            events.append("locked")

    assert ["pid 7 on elsewhere", "locked"] == events


def test_a_second_build_that_does_not_wait_exits_with_75(cache):
    with (
        hold_lock(cache),
        pytest.raises(LockedError, match="pid 7 on elsewhere") as caught,
        cache.lock(holder="me", wait=False, waiting=print),
    ):
        pass

    assert 75 == caught.value.exit_code


def test_the_lock_of_a_killed_build_is_free(cache):
    with hold_lock(cache):
        pass

    with cache.lock(holder="me", wait=False, waiting=print):
        taken = True

    assert taken
    assert cache.can_lock()
