"""Backup and restore in a folder: byte for byte, continued after any failure, and nothing lost or shown to others."""

import errno
import io
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import sub
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cache import Cache
from pipeline.cli import weerslag
from pipeline.errors import GateError, WeerslagError
from pipeline.publish.backup import plan_backup, run_backup
from pipeline.publish.backup_manifest import CHUNK_BYTES, encode_manifest, fetch_manifest, list_versions
from pipeline.publish.backup_record import find_backup_status
from pipeline.publish.backup_restore import plan_restore, record_restore, restore_files
from pipeline.publish.target import TargetError
from pipeline.publish.target_factory import open_private_target, open_target
from tests.publish.conftest import read_tree
from tests.publish.test_interruptions import fail_at, limit_file_size

pytestmark = pytest.mark.slow

GUID = "3a6f1c1e-6a55-5c9e-9b0e-2f7a4a0f3c11"
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
RECORDING = "episodes/01/recording/a b é.wav"


class Programme:
    """A folder with sources, and its backups."""

    def __init__(self, root, address):
        self.root, self.address, self.now = root, str(address), NOW
        self.write("programme.yaml", f"title: Proef\npodcast:\n  guid: {GUID}\n")
        self.write(RECORDING, os.urandom(2 * CHUNK_BYTES + 1000))
        self.write("episodes/01/episode.md", "---\ntitle: Een\n---\n")
        self.write("magazine/empty.md", "")

    @property
    def target(self):
        return open_private_target(self.address, root=self.root)

    @property
    def cache(self):
        return Cache(self.root / ".weerslag")

    @property
    def status(self):
        return find_backup_status(self.root, self.cache)

    def write(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def back_up(self, *, verify=False):
        """Back up a minute later; return the plan and the version."""
        self.now += timedelta(minutes=1)
        target = self.target
        plan = plan_backup(self.root, target, cache=self.cache, now=self.now, verify=verify)
        version = run_backup(plan, self.root, target, cache=self.cache, report=lambda _: None)
        target.close()
        return plan, version

    def restore(self, folder, *, version=""):
        target = open_private_target(self.address, root=folder)
        plan = plan_restore(target, folder, version=version)
        restore_files(plan.missing, target, folder, report=lambda _: None)
        record_restore(plan, target, folder, cache=Cache(folder / ".weerslag"))
        target.close()
        return plan


@pytest.fixture
def programme(tmp_path):
    return Programme(tmp_path / "programme", tmp_path / "usb/backup")


def find_objects(folder):
    return sorted(path for path in (Path(folder) / "objects").rglob("*") if path.is_file() and path.name[0] != ".")


def find_object(programme, content):
    """Find the object that holds exactly ``content``."""
    (found,) = (path for path in find_objects(programme.address) if path.read_bytes() == content)
    return found


def test_a_restored_folder_is_the_same_byte_for_byte(programme, tmp_path):
    programme.back_up()

    programme.restore(tmp_path / "new")

    assert read_tree(programme.root) == read_tree(tmp_path / "new")
    assert all(path.stat().st_size <= CHUNK_BYTES for path in find_objects(programme.address))


def test_what_a_build_makes_and_hidden_files_are_left_out(programme, tmp_path):
    for path in ("public/feed.xml", "press/a.html", ".weerslag/objects/x", ".git/config", ".env", "magazine/.~lock.a"):
        programme.write(path, "left out")
    for path in ("magazine/public/kept.md", ".gitignore", "published.jsonl"):
        programme.write(path, "")

    programme.back_up()
    programme.restore(tmp_path / "new")

    kept = {"programme.yaml", RECORDING, "episodes/01/episode.md", "magazine/empty.md"}
    assert kept | {"magazine/public/kept.md", ".gitignore", "published.jsonl"} == set(read_tree(tmp_path / "new"))


def test_nobody_else_on_the_machine_can_read_the_folder(programme):
    programme.back_up()

    assert 0o700 == stat.S_IMODE(Path(programme.address).stat().st_mode)


def test_a_second_backup_of_the_same_files_writes_nothing_and_reads_no_recording(programme, monkeypatch):
    programme.now = datetime.now(UTC) + timedelta(hours=1)  # the files are no longer new
    _, version = programme.back_up()
    before = {path: path.stat().st_mtime_ns for path in Path(programme.address).rglob("*")}
    opened, real = [], io.open
    monkeypatch.setattr("io.open", lambda file, *rest, **named: opened.append(str(file)) or real(file, *rest, **named))

    plan, again = programme.back_up()

    assert (True, version) == (plan.is_up_to_date, again)
    assert before == {path: path.stat().st_mtime_ns for path in Path(programme.address).rglob("*")}
    assert any(name.endswith("programme.yaml") for name in opened)
    assert [] == [name for name in opened if name.endswith(".wav")]


def test_all_versions_are_kept_and_only_changes_are_uploaded(programme, tmp_path):
    _, first = programme.back_up()
    old, count = read_tree(programme.root), len(find_objects(programme.address))
    programme.write("episodes/01/episode.md", "changed")
    (programme.root / "magazine/empty.md").unlink()

    plan, second = programme.back_up()

    assert (("episodes/01/episode.md",), ("magazine/empty.md",), 1) == (plan.changed, plan.removed, len(plan.uploads))
    assert count + 1 == len(find_objects(programme.address))
    assert [first, second] == list_versions(programme.target)
    programme.restore(tmp_path / "first", version=first)
    programme.restore(tmp_path / "second")
    assert old == read_tree(tmp_path / "first")
    assert b"changed" == (tmp_path / "second/episodes/01/episode.md").read_bytes()
    assert not (tmp_path / "second/magazine/empty.md").exists()


def test_a_renamed_recording_is_not_uploaded_again(programme):
    programme.back_up()
    (programme.root / RECORDING).rename(programme.root / "episodes/01/recording/b.wav")

    plan, _ = programme.back_up()

    assert ((), ("episodes/01/recording/b.wav",)) == (plan.uploads, plan.changed)


def test_any_failed_write_leaves_the_old_version_and_the_next_backup_completes(programme, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # only the calls matter; real syncs would be slow
    programme.write(RECORDING, b"short")
    _, first = programme.back_up()
    intact = {path: path.read_bytes() for path in Path(programme.address).rglob("*") if path.is_file()}
    number, failed = 0, 0
    while True:
        number += 1
        programme.write("episodes/01/episode.md", f"round {number}")
        programme.write("episodes/01/recording/b.wav", os.urandom(5000))
        with monkeypatch.context() as patch:
            calls = fail_at(patch, number, (errno.ENOSPC, errno.EIO, errno.EACCES)[number % 3])
            try:
                programme.back_up()
                over = calls[0] < number
            except WeerslagError:
                over = False
                failed += 1
        assert all(path.read_bytes() == content for path, content in intact.items())
        assert first == list_versions(programme.target)[0]
        for version in list_versions(programme.target):  # whatever is listed is complete
            fetch_manifest(programme.target, version)
            assert plan_restore(programme.target, tmp_path / "none", version=version).missing
        if over:
            break
        _, version = programme.back_up()
        programme.restore(tmp_path / f"new{number}", version=version)
        assert f"round {number}" == (tmp_path / f"new{number}/episodes/01/episode.md").read_text()
    assert failed >= 8


def test_a_full_disk_stops_the_backup_and_it_continues_where_it_was(programme, tmp_path):
    programme.write("a.wav", os.urandom(1000))
    with limit_file_size(CHUNK_BYTES - 1), pytest.raises(WeerslagError, match="cannot be written"):
        programme.back_up()
    present = len(find_objects(programme.address))
    assert [] == list_versions(programme.target)
    assert [] == list(Path(programme.address).rglob(".weerslag-half-*"))

    plan, _ = programme.back_up()

    assert 6 == present + len(plan.uploads)  # three chunks of one recording, the other one, and two texts
    programme.restore(tmp_path / "new")
    assert read_tree(programme.root) == read_tree(tmp_path / "new")


@pytest.mark.parametrize("how", ["truncated", "gone", "changed"])
def test_damage_is_found_and_repaired_from_the_local_file(programme, tmp_path, how):
    programme.back_up()
    damaged = find_object(programme, b"---\ntitle: Een\n---\n")
    if how == "gone":
        damaged.unlink()
    else:
        damaged.write_bytes(b"---" if how == "truncated" else b"---\ntitle: Twee\n-")
    with pytest.raises(TargetError, match="missing or damaged"):
        programme.restore(tmp_path / "broken")
    assert not (tmp_path / "broken/episodes/01/episode.md").exists()

    plan, _ = programme.back_up(verify=True)

    assert (1, ()) == (len(plan.uploads), plan.damaged)
    programme.restore(tmp_path / "broken")  # continues
    assert read_tree(programme.root) == read_tree(tmp_path / "broken")


def test_damage_that_no_local_file_can_repair_is_reported(programme):
    programme.back_up()
    damaged = find_object(programme, b"---\ntitle: Een\n---\n")
    programme.write("episodes/01/episode.md", "changed")
    damaged.write_bytes(b"x" * damaged.stat().st_size)

    plan, _ = programme.back_up(verify=True)

    assert (damaged.relative_to(programme.address).as_posix(),) == plan.damaged


def test_a_damaged_manifest_is_refused(programme, tmp_path):
    _, version = programme.back_up()
    file = Path(programme.address) / f"versions/{version}.json"
    file.write_bytes(file.read_bytes().replace(b"episode.md", b"episodx.md"))

    with pytest.raises(TargetError, match="this version is damaged"):
        programme.restore(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "a/../../outside", "link/outside"])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(programme, tmp_path, path):
    programme.back_up()
    target, new = programme.target, tmp_path / "new"
    manifest = fetch_manifest(target, list_versions(target)[-1])
    one = replace(manifest.files[0], path=path, size_bytes=0, chunks=())
    name, content = encode_manifest(replace(manifest, at=NOW + timedelta(days=9), files=(one,)))
    (Path(programme.address) / f"versions/{name}.json").write_bytes(content)
    new.mkdir()
    (new / "link").symlink_to(tmp_path)

    with pytest.raises(TargetError, match="outside the folder"):
        programme.restore(new)
    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_being_written_is_refused(programme):
    target = programme.target
    plan = plan_backup(programme.root, target, cache=programme.cache, now=NOW)
    with (programme.root / RECORDING).open("r+b") as file:
        file.write(b"new")

    with pytest.raises(WeerslagError, match="changed during the backup"):
        run_backup(plan, programme.root, target, cache=programme.cache, report=lambda _: None)
    assert [] == list_versions(programme.target)


def test_links_are_named_and_not_followed(programme, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (programme.root / "magazine/link.md").symlink_to(tmp_path / "secret")
    (programme.root / "episodes/02").symlink_to(tmp_path)

    plan, _ = programme.back_up()

    assert ("episodes/02", "magazine/link.md") == plan.skipped
    assert not any(b"secret" == path.read_bytes() for path in find_objects(programme.address))


@pytest.mark.parametrize("place", ["programme", "programme/backup", "programme/public", "."])
def test_a_place_in_or_around_the_programme_is_refused(programme, tmp_path, place):
    programme.address = str(tmp_path / place)

    with pytest.raises(GateError, match="in or around the programme"):
        programme.back_up()


def test_a_folder_with_other_files_is_refused_and_stays_as_it_is(programme, tmp_path):
    (tmp_path / "usb/backup").mkdir(parents=True)
    (tmp_path / "usb/backup/photo.jpg").write_bytes(b"photo")

    with pytest.raises(GateError, match="holds other files"):
        programme.back_up()
    assert {"photo.jpg": b"photo"} == read_tree(tmp_path / "usb/backup")


def test_a_place_that_listeners_can_reach_is_refused(podcast):
    podcast.publish()
    for address in (podcast.served, podcast.served / "backup"):
        target = open_target(str(address), root=podcast.root)
        (podcast.root / "programme.yaml").touch()

        with pytest.raises(GateError, match="this place is public"):
            plan_backup(podcast.root, target, cache=podcast.cache, now=NOW)


def test_the_backup_of_another_programme_is_refused(programme, tmp_path):
    programme.back_up()
    other = Programme(tmp_path / "other", programme.address)
    other.write("programme.yaml", f"podcast:\n  guid: {GUID.replace('3', '4')}\n")

    with pytest.raises(GateError, match="another programme"):
        other.back_up()


def test_the_status_names_what_was_never_backed_up_and_what_changed(programme, tmp_path):
    assert (None, 4) == (programme.status.at, len(programme.status.never))
    programme.back_up()
    assert (programme.address, programme.now, (), ()) == (
        programme.status.target,
        programme.status.at,
        programme.status.never,
        programme.status.changed,
    )

    programme.write("episodes/02/recording/new.wav", b"new")
    programme.write("programme.yaml", "title: Anders\n")
    (programme.root / RECORDING).rename(programme.root / "episodes/01/recording/same.wav")

    assert (("episodes/02/recording/new.wav",), ("programme.yaml",)) == (
        programme.status.never,
        programme.status.changed,
    )


def test_after_a_restore_the_status_knows_the_backup(programme, tmp_path):
    programme.back_up()
    programme.restore(tmp_path / "new")
    (tmp_path / "new/programme.yaml").write_text("changed")

    status = find_backup_status(tmp_path / "new", Cache(tmp_path / "new/.weerslag"))

    assert (programme.address, (), ("programme.yaml",)) == (status.target, status.never, status.changed)


def run(programme, *words):
    return CliRunner().invoke(weerslag, ["-C", str(programme.root), "backup", programme.address, *map(str, words)])


def test_the_command_backs_up_lists_and_restores(programme, tmp_path):
    first = json.loads(run(programme, "--json").stdout)
    assert (4, first["size_bytes"]) == (first["files"], first["uploaded_bytes"])
    assert "backup is up to date: 4 files" in run(programme).stderr

    (row,) = json.loads(run(programme, "--list", "--json").stdout)
    assert (first["version"], 4) == (row["version"], row["files"])
    assert f"{first['version']}  4 files, 16.8 MB\n" == run(programme, "--list").stdout

    assert "restored: 4 of 4 files" in run(programme, "--restore", tmp_path / "new").stderr
    assert read_tree(programme.root) == read_tree(tmp_path / "new")


def test_files_that_differ_stop_a_restore_until_one_side_is_chosen(programme, tmp_path):
    programme.back_up()
    new = tmp_path / "clone"
    new.mkdir()
    (new / "programme.yaml").write_text("newer")

    stopped = run(programme, "--restore", new)
    assert isinstance(stopped.exception, GateError)
    assert "files that differ from the backup: 1, programme.yaml" in str(stopped.exception)
    assert {"programme.yaml": b"newer"} == read_tree(new)

    kept = json.loads(run(programme, "--restore", new, "--existing", "keep", "--json").stdout)
    assert (["programme.yaml"], b"newer") == (kept["kept"], read_tree(new)["programme.yaml"])
    assert (new / RECORDING).read_bytes() == (programme.root / RECORDING).read_bytes()

    replaced = json.loads(run(programme, "--restore", new, "--existing", "replace", "--json").stdout)
    assert (["programme.yaml"], []) == (replaced["restored"], replaced["kept"])
    assert read_tree(programme.root) == read_tree(new)


def test_options_of_a_restore_are_refused_without_it(programme):
    assert 2 == run(programme, "--existing", "keep").exit_code
    assert 2 == run(programme, "--version", "x").exit_code


def test_memory_does_not_depend_on_the_size_of_a_recording(programme, tmp_path):
    small_bytes = [measure_peak(programme), measure_peak(programme, "--restore", str(tmp_path / "small"))]
    programme.write("episodes/01/recording/long.wav", os.urandom(60_000_000))

    large_bytes = [measure_peak(programme), measure_peak(programme, "--restore", str(tmp_path / "large"))]

    assert max(map(sub, large_bytes, small_bytes)) < 20_000_000
    assert 60_000_000 == (tmp_path / "large/episodes/01/recording/long.wav").stat().st_size


def measure_peak(programme, *arguments):
    """Run ``weerslag backup`` in a process of its own, and return its peak memory in bytes."""
    code = (  # ru_maxrss would include the process that started it
        "import re, sys; from pipeline.cli import weerslag; weerslag(sys.argv[1:], standalone_mode=False);"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    command = [sys.executable, "-c", code, "-C", str(programme.root), "backup", programme.address, *arguments]
    result = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=100
    )
    return 1024 * int(result.stdout.split()[-1])
