"""The ledger: refuses what would cost a subscriber, notices every hand on itself, survives two people and git."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.publish.publication_log import Line, append, read_ledger
from tests.publish.conftest import everything

HOUR = datetime(2025, 1, 1, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------------ what is refused


def another_guid(stage):
    stage.put(2, guid="guid-another")


def gone(stage):
    del stage.episodes[2]


def another_date(stage):
    stage.put(2, published=datetime(2024, 6, 3, 7, 0, tzinfo=UTC))


def another_order(stage):
    stage.put(1, published=datetime(2024, 12, 1, tzinfo=UTC))


def another_podcast(stage):
    podcast = replace(stage.programme.podcast, guid="00000000-b12b-52a5-9dc7-0247e83d6c69")
    stage.programme = replace(stage.programme, podcast=podcast)


def another_address(stage):
    stage.programme = replace(stage.programme, url="https://example.org/elders/")


def no_podcast(stage):
    stage.programme = replace(stage.programme, podcast=None)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (another_guid, ["guid-changed"]),
        (gone, ["episode-gone", "feed-shorter"]),
        (another_date, ["date-changed"]),
        (another_order, ["date-changed", "order-changed"]),
        (another_podcast, ["podcast-guid-changed"]),
        (another_address, ["feed-moved"]),
        (no_podcast, ["episode-gone", "feed-shorter"]),
    ],
    ids=lambda it: getattr(it, "__name__", "-"),
)
def test_what_would_cost_a_subscriber_is_refused_until_it_is_done_on_purpose(stage, change, codes):
    stage.publish()
    change(stage)

    assert codes == stage.objections()
    for objection in stage.prepare().blocking:
        assert objection.old
        assert objection.new
        assert objection.old != objection.new

    stage.publish(accept=tuple(codes), reason="met opzet")
    assert [(code, "met opzet") for code in codes] == [(it.code, it.reason) for it in stage.ledger.lines[-1].accepted]
    assert [] == stage.objections()  # accepted once; the ledger knows it now


def test_a_move_from_an_address_that_was_never_the_feeds_is_refused_all_the_same(stage):
    stage.publish()
    another_address(stage)

    assert ["feed-moved"] == stage.objections(moved_from="https://example.org/nooit/feed.xml")


def test_new_bytes_under_an_old_name_are_refused(stage):
    stage.publish()
    line = stage.ledger.lines[-1]
    listed = (replace(line.episodes[0], sha256="0" * 64), *line.episodes[1:])
    stage.books.ledger.unlink()
    append(stage.books.ledger, replace(line, episodes=listed, previous=()))

    assert ["bytes-changed"] == stage.objections()


def test_an_address_that_had_other_bytes_at_another_target_long_ago_is_refused(stage):
    stage.publish()
    line = stage.ledger.lines[-1]
    once = (replace(line.episodes[0], sha256="0" * 64), *line.episodes[1:])
    stage.books.ledger.unlink()
    append(stage.books.ledger, replace(line, target="/srv/elders", episodes=once, previous=()))
    append(stage.books.ledger, replace(line, episodes=line.episodes[1:], previous=()))

    assert ["bytes-changed"] == stage.objections()


def test_an_acceptance_without_its_code_does_not_help(stage):
    stage.publish()
    another_guid(stage)

    assert ["guid-changed"] == stage.objections(accept=("date-changed",), reason="toch")
    assert ["guid-changed"] == stage.objections(accept=("guid-changed",), reason="")


def test_a_new_target_is_held_against_the_newest_line_of_all(stage, tmp_path):
    stage.publish()
    stage.where = tmp_path / "elsewhere"
    another_guid(stage)

    assert ["guid-changed"] == stage.objections()


def test_a_new_title_a_new_episode_and_new_notes_are_nobodys_business(stage):
    stage.publish()
    stage.put(4)
    stage.put(1, title="Een andere titel", notes_md="Andere woorden.")

    plan, _ = stage.publish()

    assert () == plan.objections


# --------------------------------------------------------------------------------------------------- hands on the ledger


@pytest.fixture
def lines(stage):
    """A ledger of four lines, as its own lines of text."""
    for number in range(4, 8):
        stage.publish()
        stage.put(number)
        stage.later(days=1)
    return stage.books.ledger.read_text().splitlines(keepends=True)


def cut_first(lines):
    return lines[1:]


def cut_middle(lines):
    return [*lines[:1], *lines[2:]]


def reordered(lines):
    return [lines[1], lines[0], *lines[2:]]


def edited(lines):
    return [lines[0], lines[1].replace("guid-1", "guid-0"), *lines[2:]]


def last_edited(lines):
    return [*lines[:-1], lines[-1].replace("guid-1", "guid-0")]


def torn(lines):
    return [*lines[:-1], lines[-1][: len(lines[-1]) // 2]]


def doubled(lines):
    return [*lines[:2], *lines[1:]]


def marked(lines):
    return [*lines[:3], "<<<<<<< HEAD\n", *lines[3:]]


def without_its_last_newline(lines):
    return [*lines[:-1], lines[-1].rstrip("\n")]


@pytest.mark.parametrize(
    ("hand", "told"),
    [
        (cut_first, "the ledger was cut"),
        (cut_middle, "the ledger was cut"),
        (reordered, "put in another order"),
        (edited, "edited"),
        (last_edited, "edited"),
        (torn, "the end of the ledger was cut off"),
        (without_its_last_newline, "the end of the ledger was cut off"),
        (doubled, "stands twice"),
        (marked, "merge"),
    ],
)
def test_a_ledger_that_somebody_touched_is_noticed(stage, lines, hand, told):
    assert () == stage.ledger.breaks
    stage.books.ledger.write_text("".join(hand(lines)))

    assert "ledger-broken" in stage.objections()
    assert any(told in one.message for one in stage.ledger.breaks)


def test_a_ledger_that_lost_its_end_is_noticed_by_the_feed_that_stands(stage, lines):
    stage.publish()
    stage.put(9)
    stage.books.ledger.write_text("".join(lines[:-1]))

    assert ["foreign-feed"] == stage.objections()


def test_a_broken_ledger_that_was_accepted_is_told_no_more(stage, lines):
    stage.books.ledger.write_text("".join(cut_middle(lines)))

    stage.publish(accept=("ledger-broken",), reason="een regel was weg")
    stage.later(days=1)

    assert [] == stage.objections()
    assert () == stage.ledger.breaks


def test_a_line_is_added_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "published.jsonl"
    append(path, line("one"))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="cannot be written"):
        append(path, line("two"))
    assert before == path.read_bytes()


def line(target, **changes):
    return replace(Line(at=HOUR, target=target, feed="", feed_sha256="", podcast=""), **changes)


# ------------------------------------------------------------------------------------------------- two people, two clones


@pytest.fixture
def clones(tmp_path):
    """Two clones of one repository, and git for them."""

    def git(where, *words):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=where, capture_output=True, text=True, check=False, timeout=30
        )
        return done.returncode, done.stdout + done.stderr

    git(tmp_path, "init", "--bare", "shared")
    for name in ("anna", "bram"):
        git(tmp_path, "clone", "shared", name)
    return git, tmp_path / "anna/published.jsonl", tmp_path / "bram/published.jsonl"


def publish_and_push(git, path, target, day):
    append(path, line(target, at=HOUR + timedelta(days=day)))
    git(path.parent, "add", "published.jsonl")
    git(path.parent, "commit", "-m", "publish")
    return git(path.parent, "push", "origin", "HEAD:main")


def test_two_people_publish_in_turn_from_two_clones(clones):
    git, anna, bram = clones
    for day, path in enumerate((anna, bram, anna, bram)):
        git(path.parent, "pull", "--ff-only", "origin", "main")
        assert 0 == publish_and_push(git, path, "/srv/www", day)[0]

    ledger = read_ledger(bram)
    assert (4, ()) == (len(ledger.lines), ledger.breaks)


def test_a_merge_of_two_clones_is_told_and_held_on_to(clones):
    git, anna, bram = clones
    publish_and_push(git, anna, "/srv/www", 0)
    git(bram.parent, "pull", "origin", "main")
    publish_and_push(git, anna, "/srv/www", 1)
    (bram.parent / ".gitattributes").write_text("published.jsonl merge=union\n")
    assert 0 != publish_and_push(git, bram, "s3://elders", 1)[0]
    assert 0 == git(bram.parent, "pull", "--no-rebase", "--no-edit", "origin", "main")[0]

    (told,) = read_ledger(bram).breaks
    assert ("warning", 3) == (told.severity, told.line)
    assert "side by side" in told.message

    added = append(bram, line("/srv/www", at=HOUR + timedelta(days=2)))
    assert 2 == len(added.previous)
    assert () == read_ledger(bram).breaks
    lines = bram.read_text().splitlines(keepends=True)
    bram.write_text("".join([lines[0], *lines[2:]]))
    assert ["error"] == [it.severity for it in read_ledger(bram).breaks]


def test_a_conflict_left_in_the_ledger_is_told_in_words(clones):
    git, anna, bram = clones
    publish_and_push(git, anna, "/srv/www", 0)
    git(bram.parent, "pull", "origin", "main")
    publish_and_push(git, anna, "/srv/www", 1)
    publish_and_push(git, bram, "s3://elders", 1)
    git(bram.parent, "pull", "--no-rebase", "--no-edit", "origin", "main")

    told = {it.message for it in read_ledger(bram).breaks if it.severity == "error"}
    assert {"git left a mark of a merge here: keep the lines of both sides, and delete the marks"} == told

    kept = [text for text in bram.read_text().splitlines(keepends=True) if json_like(text)]
    bram.write_text("".join(kept))
    assert ["warning"] == [it.severity for it in read_ledger(bram).breaks]


def json_like(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_publishing_over_somebody_elses_publish_is_refused(stage, tmp_path):
    stage.publish()
    ours = stage.books.ledger.read_bytes()
    stage.put(4)
    stage.publish()  # the other clone
    stage.books.ledger.write_bytes(ours)
    shown = everything(stage.where)
    stage.put(5)

    assert ["foreign-feed"] == stage.objections()
    assert shown == everything(stage.where)
