"""The copy of the publication log at the target: a lost laptop or a colleague's publish is no disaster."""

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.content.publication_log import (
    LOG_FILE,
    LogEntry,
    merge_publication_logs,
    parse_publication_log,
    read_publication_log,
)
from pipeline.publish.candidate import build_candidate
from pipeline.publish.log_copy import fetch_log, restore_lost_log, write_log_copy
from pipeline.publish.log_store import append_entry
from pipeline.publish.plan import PublishOptions
from pipeline.publish.publish_run import PublishRun
from tests.publish.conftest import read_tree

START = datetime(2025, 1, 1, tzinfo=UTC)


def find_copies(podcast):
    return [path for path in podcast.served.iterdir() if path.name.startswith(".weerslag-log-")]


def run(podcast, *, dry_run=False, **options):
    """Publish as the command does."""
    podcast.build()
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)
    publish_run = PublishRun(root=podcast.root, cache=podcast.cache, candidate=candidate, dry_run=dry_run)
    return publish_run.publish(podcast.target, PublishOptions(**options))[0]


def codes(plan):
    return [(one.code, one.severity) for one in plan.findings]


def test_the_copy_equals_the_log_and_its_name_cannot_be_guessed(podcast):
    podcast.publish()
    podcast.put(4)
    podcast.publish()

    (copy,) = find_copies(podcast)
    assert podcast.log_store.path.read_bytes() == copy.read_bytes()
    assert re.fullmatch(r"\.weerslag-log-[0-9a-f]{32}\.jsonl", copy.name)
    public = b"".join(read_tree(podcast.served).values())
    assert copy.name[14:46].encode() not in public


def test_an_up_to_date_target_gets_the_copy_that_it_lacks_and_no_second_write(podcast):
    podcast.publish()
    (copy,) = find_copies(podcast)
    copy.unlink()

    podcast.publish()
    (copy,) = find_copies(podcast)
    before = copy.stat().st_mtime_ns
    podcast.publish()

    assert before == copy.stat().st_mtime_ns


def test_a_lost_log_is_restored_and_nothing_is_published_twice(podcast):
    podcast.publish()
    podcast.put(4)
    podcast.publish()
    kept = podcast.log_store.path.read_bytes()
    podcast.log_store.path.unlink()

    plan = run(podcast)

    assert [("log-restored", "warning")] == codes(plan)
    assert plan.is_up_to_date
    assert kept == podcast.log_store.path.read_bytes()
    assert () == podcast.log.breaks
    podcast.put(2, guid="another")
    assert ["guid-changed"] == podcast.find_blocking_codes()  # what was known is known again


def test_a_lost_log_is_restored_before_the_build(podcast):
    podcast.publish()
    path = podcast.log_store.path
    kept = path.read_bytes()
    assert not restore_lost_log(podcast.target, path, podcast=podcast.programme.podcast.guid)

    path.unlink()
    assert not restore_lost_log(podcast.target, path, podcast="00000000-b12b-52a5-9dc7-0247e83d6c69")
    assert not path.exists()  # the copy is that of another podcast
    assert restore_lost_log(podcast.target, path, podcast=podcast.programme.podcast.guid)
    assert kept == path.read_bytes()


def test_a_colleagues_publish_stops_until_their_texts_are_here(podcast):
    podcast.publish()
    ours = podcast.log_store.path.read_bytes()
    podcast.put(2, title="Van een collega")
    podcast.publish()
    theirs = podcast.log_store.path.read_bytes()
    published = read_tree(podcast.served)
    podcast.log_store.path.write_bytes(ours)  # a second laptop, without git
    podcast.put(2, title="Aflevering 2")

    plan = run(podcast)

    assert [("published-elsewhere", "error")] == codes(plan)
    assert ("2 publishes at the target", "1 publishes here") == (plan.findings[0].old, plan.findings[0].new)
    assert (ours, published) == (podcast.log_store.path.read_bytes(), read_tree(podcast.served))

    podcast.put(2, title="Van een collega")
    podcast.put(4)
    run(podcast, accept=("published-elsewhere",), reason="hun bestanden zijn hier")

    assert podcast.log_store.path.read_bytes().startswith(theirs)
    assert (3, ()) == (len(podcast.log.entries), podcast.log.breaks)
    assert ["published-elsewhere"] == [one.code for one in podcast.log.entries[-1].accepted]
    assert [] == codes(run(podcast))


def test_a_dry_run_restores_nothing(podcast):
    podcast.publish()
    podcast.log_store.path.unlink()

    plan = run(podcast, dry_run=True)

    assert [("log-restored", "warning")] == codes(plan)
    assert not podcast.log_store.path.exists()


def test_a_log_that_was_cut_off_is_completed_from_the_copy(podcast):
    podcast.publish()
    podcast.put(4)
    podcast.publish()
    kept = podcast.log_store.path.read_bytes()
    podcast.log_store.path.write_bytes(kept[:-40])

    assert [("published-elsewhere", "error")] == codes(run(podcast))
    run(podcast, accept=("published-elsewhere",), reason="schijf was vol")

    assert kept == podcast.log_store.path.read_bytes()


def test_the_log_of_another_podcast_at_the_target_is_not_mixed_in(podcast):
    podcast.publish()
    podcast.log_store.path.unlink()
    settings = replace(podcast.programme.podcast, guid="00000000-b12b-52a5-9dc7-0247e83d6c69")
    podcast.programme = replace(podcast.programme, podcast=settings)

    assert "foreign-feed" in {one.code for one in run(podcast).blocking}
    assert not podcast.log_store.path.exists()


def build_branches(folder):
    """Two logs with a common start, which went on apart."""
    paths = folder / "a.jsonl", folder / "b.jsonl"
    entry = LogEntry(at=START, target="/srv", feed="", feed_sha256="", podcast="")
    append_entry(paths[0], entry)
    paths[1].write_bytes(paths[0].read_bytes())
    for day in range(1, 7):
        append_entry(paths[day % 2], replace(entry, at=START + timedelta(days=day), target=f"/srv/{day % 2}"))
    return [path.read_bytes() for path in paths]


def test_a_merge_keeps_every_entry_in_any_order_and_its_chain_is_intact(tmp_path):
    one, other = build_branches(tmp_path)

    merged = merge_publication_logs(one, other)

    assert merged == merge_publication_logs(other, one)
    assert merged == merge_publication_logs(merged, one)
    assert set(one.splitlines()) | set(other.splitlines()) == set(merged.splitlines())
    assert ["warning"] == [each.severity for each in parse_publication_log(merged).breaks]  # two heads
    lines = merged.splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    assert merged == merge_publication_logs(b"".join(lines), b"")
    path = tmp_path / "merged.jsonl"
    path.write_bytes(merged)
    assert 2 == len(append_entry(path, LogEntry(at=START, target="", feed="", feed_sha256="", podcast="")).previous)
    assert () == read_publication_log(path).breaks


def test_a_damaged_copy_adds_only_its_valid_entries(podcast):
    podcast.publish()
    (copy,) = find_copies(podcast)
    copy.write_bytes(copy.read_bytes() + b'{"at": "later"}\n<html>not found</html>\n')

    assert () == fetch_log(podcast.target, podcast.root / LOG_FILE, podcast="").missing


def test_a_copy_that_changes_meanwhile_loses_no_entry(podcast, tmp_path):
    podcast.publish()
    (copy,) = find_copies(podcast)
    theirs = tmp_path / "theirs.jsonl"
    theirs.write_bytes(copy.read_bytes())
    append_entry(theirs, replace(podcast.log.entries[-1], at=START + timedelta(days=1), target="/elders", previous=()))
    target, real = podcast.target, type(podcast.target).write_if_match
    podcast.put(4)

    def race(self, path, content, *, token):
        if path == copy.name and copy.read_bytes() != theirs.read_bytes():
            copy.write_bytes(theirs.read_bytes())  # another laptop is a moment earlier
        return real(self, path, content, token=token)

    podcast.publish()  # our new entry
    (copy,) = find_copies(podcast)
    copy.write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(target), "write_if_match", race)
        write_log_copy(target, podcast.log_store.path)

    entries = parse_publication_log(copy.read_bytes()).entries
    assert {"/elders"} < {one.target for one in entries}
    assert len(podcast.log.entries) + 1 == len(entries)
