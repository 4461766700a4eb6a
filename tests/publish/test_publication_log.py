"""The publication log: refuses changes that lose subscribers, detects every edit of itself, works with two people and git."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.content.publication_log import LogEntry, read_publication_log
from pipeline.publish.log_store import append_entry
from tests.publish.conftest import read_tree

pytestmark = pytest.mark.slow

START = datetime(2025, 1, 1, tzinfo=UTC)


def change_guid(podcast):
    podcast.put(2, guid="guid-another")


def remove_episode(podcast):
    del podcast.episodes[2]


def change_date(podcast):
    podcast.put(2, published=datetime(2024, 6, 3, 7, 0, tzinfo=UTC))


def change_order(podcast):
    podcast.put(1, published=datetime(2024, 12, 1, tzinfo=UTC))


def change_podcast_guid(podcast):
    settings = replace(podcast.programme.podcast, guid="00000000-b12b-52a5-9dc7-0247e83d6c69")
    podcast.programme = replace(podcast.programme, podcast=settings)


def change_url(podcast):
    podcast.programme = replace(podcast.programme, url="https://example.org/elders/")


def remove_podcast(podcast):
    podcast.programme = replace(podcast.programme, podcast=None)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (change_guid, ["guid-changed"]),
        (remove_episode, ["episode-gone", "feed-shorter"]),
        (change_date, ["date-changed"]),
        (change_order, ["date-changed", "order-changed"]),
        (change_podcast_guid, ["podcast-guid-changed"]),
        (change_url, ["feed-moved"]),
        (remove_podcast, ["episode-gone", "feed-shorter"]),
    ],
    ids=lambda it: getattr(it, "__name__", "-"),
)
def test_a_change_that_loses_subscribers_is_refused_until_it_is_accepted(podcast, change, codes):
    podcast.publish()
    change(podcast)

    assert codes == podcast.find_blocking_codes()
    for finding in podcast.prepare().blocking:
        assert finding.old
        assert finding.new
        assert finding.old != finding.new

    podcast.publish(accept=tuple(codes), reason="met opzet")
    assert [(code, "met opzet") for code in codes] == [(it.code, it.reason) for it in podcast.log.entries[-1].accepted]
    assert [] == podcast.find_blocking_codes()  # accepted once; the log knows it now


def test_a_move_from_an_unknown_url_is_refused(podcast):
    podcast.publish()
    change_url(podcast)

    assert ["feed-moved"] == podcast.find_blocking_codes(moved_from="https://example.org/nooit/feed.xml")


def test_new_content_under_a_published_url_is_refused(podcast):
    podcast.publish()
    last = podcast.log.entries[-1]
    listed = (replace(last.episodes[0], sha256="0" * 64), *last.episodes[1:])
    podcast.log_store.path.unlink()
    append_entry(podcast.log_store.path, replace(last, episodes=listed, previous=()))

    assert ["bytes-changed"] == podcast.find_blocking_codes()


def test_a_url_that_had_other_content_at_another_target_is_refused(podcast):
    podcast.publish()
    last = podcast.log.entries[-1]
    once = (replace(last.episodes[0], sha256="0" * 64), *last.episodes[1:])
    podcast.log_store.path.unlink()
    append_entry(podcast.log_store.path, replace(last, target="/srv/elders", episodes=once, previous=()))
    append_entry(podcast.log_store.path, replace(last, episodes=last.episodes[1:], previous=()))

    assert ["bytes-changed"] == podcast.find_blocking_codes()


def test_accepting_another_code_or_without_a_reason_has_no_effect(podcast):
    podcast.publish()
    change_guid(podcast)

    assert ["guid-changed"] == podcast.find_blocking_codes(accept=("date-changed",), reason="toch")
    assert ["guid-changed"] == podcast.find_blocking_codes(accept=("guid-changed",), reason="")


def test_a_new_target_is_compared_with_the_newest_entry_of_any_target(podcast, tmp_path):
    podcast.publish()
    podcast.served = tmp_path / "elsewhere"
    change_guid(podcast)

    assert ["guid-changed"] == podcast.find_blocking_codes()


def test_new_titles_episodes_and_notes_are_allowed(podcast):
    podcast.publish()
    podcast.put(4)
    podcast.put(1, title="Een andere titel", notes_md="Andere woorden.")

    plan, _ = podcast.publish()

    assert () == plan.findings


@pytest.fixture
def lines(podcast):
    """A log of four entries, as lines of text."""
    for number in range(4, 8):
        podcast.publish()
        podcast.put(number)
        podcast.advance_clock(days=1)
    return podcast.log_store.path.read_text().splitlines(keepends=True)


def delete_first(lines):
    return lines[1:]


def delete_middle(lines):
    return [*lines[:1], *lines[2:]]


def reorder(lines):
    return [lines[1], lines[0], *lines[2:]]


def edit_middle(lines):
    return [lines[0], lines[1].replace("guid-1", "guid-0"), *lines[2:]]


def edit_last(lines):
    return [*lines[:-1], lines[-1].replace("guid-1", "guid-0")]


def truncate_last(lines):
    return [*lines[:-1], lines[-1][: len(lines[-1]) // 2]]


def repeat_line(lines):
    return [*lines[:2], *lines[1:]]


def add_conflict_marker(lines):
    return [*lines[:3], "<<<<<<< HEAD\n", *lines[3:]]


def remove_last_newline(lines):
    return [*lines[:-1], lines[-1].rstrip("\n")]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (delete_first, "missing or was edited"),
        (delete_middle, "missing or was edited"),
        (reorder, "wrong order"),
        (edit_middle, "edited"),
        (edit_last, "edited"),
        (truncate_last, "the end of the log is missing"),
        (remove_last_newline, "the end of the log is missing"),
        (repeat_line, "duplicate of line 2"),
        (add_conflict_marker, "merge conflict marker"),
    ],
)
def test_every_edit_of_the_log_is_detected(podcast, lines, damage, message):
    assert () == podcast.log.breaks
    podcast.log_store.path.write_text("".join(damage(lines)))

    assert "log-broken" in podcast.find_blocking_codes()
    assert any(message in one.message for one in podcast.log.breaks)


def test_a_truncated_log_is_detected_by_the_published_feed(podcast, lines):
    podcast.publish()
    podcast.put(9)
    podcast.log_store.path.write_text("".join(lines[:-1]))

    assert ["foreign-feed"] == podcast.find_blocking_codes()


def test_an_accepted_break_is_not_reported_again(podcast, lines):
    podcast.log_store.path.write_text("".join(delete_middle(lines)))

    podcast.publish(accept=("log-broken",), reason="een regel was weg")
    podcast.advance_clock(days=1)

    assert [] == podcast.find_blocking_codes()
    assert () == podcast.log.breaks


def test_an_entry_is_appended_atomically(tmp_path, monkeypatch):
    path = tmp_path / "published.jsonl"
    append_entry(path, entry("one"))
    before = path.read_bytes()

    def fail_with_full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail_with_full_disk)
    with pytest.raises(Exception, match="cannot be written"):
        append_entry(path, entry("two"))
    assert before == path.read_bytes()


def entry(target, **changes):
    return replace(LogEntry(at=START, target=target, feed="", feed_sha256="", podcast=""), **changes)


@pytest.fixture
def clones(tmp_path):
    """Two clones of one repository, and a function that runs git."""

    def git(where, *words):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
        completed = subprocess.run(
            ["git", *identity, *words], cwd=where, capture_output=True, text=True, check=False, timeout=30
        )
        return completed.returncode, completed.stdout + completed.stderr

    git(tmp_path, "init", "--bare", "shared")
    for name in ("anna", "bram"):
        git(tmp_path, "clone", "shared", name)
    return git, tmp_path / "anna/published.jsonl", tmp_path / "bram/published.jsonl"


def publish_and_push(git, path, target, day):
    append_entry(path, entry(target, at=START + timedelta(days=day)))
    git(path.parent, "add", "published.jsonl")
    git(path.parent, "commit", "-m", "publish")
    return git(path.parent, "push", "origin", "HEAD:main")


def test_two_people_publish_in_turn_from_two_clones(clones):
    git, anna, bram = clones
    for day, path in enumerate((anna, bram, anna, bram)):
        git(path.parent, "pull", "--ff-only", "origin", "main")
        assert 0 == publish_and_push(git, path, "/srv/www", day)[0]

    log = read_publication_log(bram)
    assert (4, ()) == (len(log.entries), log.breaks)


def test_a_merge_of_two_clones_is_a_warning_and_the_next_entry_names_both(clones):
    git, anna, bram = clones
    publish_and_push(git, anna, "/srv/www", 0)
    git(bram.parent, "pull", "origin", "main")
    publish_and_push(git, anna, "/srv/www", 1)
    (bram.parent / ".gitattributes").write_text("published.jsonl merge=union\n")
    assert 0 != publish_and_push(git, bram, "s3://elders", 1)[0]
    assert 0 == git(bram.parent, "pull", "--no-rebase", "--no-edit", "origin", "main")[0]

    (warning,) = read_publication_log(bram).breaks
    assert ("warning", 3) == (warning.severity, warning.line)
    assert "from two clones" in warning.message

    added = append_entry(bram, entry("/srv/www", at=START + timedelta(days=2)))
    assert 2 == len(added.previous)
    assert () == read_publication_log(bram).breaks
    lines = bram.read_text().splitlines(keepends=True)
    bram.write_text("".join([lines[0], *lines[2:]]))
    assert ["error"] == [it.severity for it in read_publication_log(bram).breaks]


def test_conflict_markers_are_reported(clones):
    git, anna, bram = clones
    publish_and_push(git, anna, "/srv/www", 0)
    git(bram.parent, "pull", "origin", "main")
    publish_and_push(git, anna, "/srv/www", 1)
    publish_and_push(git, bram, "s3://elders", 1)
    git(bram.parent, "pull", "--no-rebase", "--no-edit", "origin", "main")

    messages = {it.message for it in read_publication_log(bram).breaks if it.severity == "error"}
    assert {"merge conflict marker: keep the lines of both sides, and delete the markers"} == messages

    records = [text for text in bram.read_text().splitlines(keepends=True) if json_like(text)]
    bram.write_text("".join(records))
    assert ["warning"] == [it.severity for it in read_publication_log(bram).breaks]


def json_like(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_publishing_over_an_unrecorded_publish_is_refused(podcast, tmp_path):
    podcast.publish()
    ours = podcast.log_store.path.read_bytes()
    podcast.put(4)
    podcast.publish()  # the other clone
    podcast.log_store.path.write_bytes(ours)
    published = read_tree(podcast.served)
    podcast.put(5)

    assert ["foreign-feed"] == podcast.find_blocking_codes()
    assert published == read_tree(podcast.served)
