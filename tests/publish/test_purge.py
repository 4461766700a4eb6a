"""Purge and withdraw at once, at every target that the log knows, under every address; what stays is listed."""

import errno
import hashlib
from dataclasses import replace

import pytest

from pipeline.content.publication_log import read_publication_log
from pipeline.errors import GateError, WeerslagError
from pipeline.model import Cut
from pipeline.publish.candidate import build_candidate
from pipeline.publish.plan import PublishOptions
from pipeline.publish.publish_run import PublishRun
from pipeline.publish.status_table import find_lost_episodes
from pipeline.publish.target_factory import open_target
from tests.publish.conftest import read_tree
from tests.publish.test_interruptions import fail_at, restore

SECRET = b"iets dat niet gezegd mocht worden" * 900


def run(podcast, **options):
    """Build and publish as the command does; return the plan and what happened at each target."""
    podcast.build()
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)
    publish_run = PublishRun(root=podcast.root, cache=podcast.cache, candidate=candidate)
    plan, _ = publish_run.publish(podcast.target, PublishOptions(**options))
    removals = (
        publish_run.remove_everywhere(plan, podcast.target, PublishOptions(**options)) if plan.removal.guids else ()
    )
    return plan, removals


def find_secret(folder, secret=SECRET):
    return [path for path, content in read_tree(folder).items() if secret in content]


def test_purging_removes_the_old_sound_now_and_keeps_the_episode(podcast):
    podcast.formats = ("mp3", "opus")
    podcast.put(2, audio=SECRET)
    podcast.publish()
    podcast.put(2, audio=b"zonder" * 4000, cuts=(Cut(from_ms=1000, to_ms=2000),))
    podcast.put(1, audio=b"beter" * 4000)  # another correction: its old sound stays for the retention period
    assert 2 == len(find_secret(podcast.served))

    plan, (removal,) = run(podcast, purge=("02-aflevering",))

    assert ((), [], ()) == (plan.blocking, find_secret(podcast.served), removal.left)
    assert 2 == len([path for path in removal.removed if path.startswith("audio/02-aflevering")])
    assert ["guid-3", "guid-2", "guid-1"] == [one.guid for one in podcast.log.entries[-1].episodes]
    assert ("guid-2",) == podcast.log.entries[-1].purged
    retained = read_tree(podcast.served).keys() - read_tree(podcast.root / "public").keys()
    assert {"01-aflevering"} == {path.removeprefix("audio/").rpartition("-")[0] for path in retained}


def test_added_cuts_ask_what_happens_to_the_old_sound(podcast):
    podcast.put(2, cuts=(Cut(from_ms=1000, to_ms=2000),))
    podcast.publish()
    podcast.put(2, audio=b"zonder" * 4000, bleeps=(Cut(from_ms=5000, to_ms=6000),))

    assert ["old-sound"] == podcast.find_blocking_codes()
    (finding,) = podcast.prepare().blocking
    assert ("1.0-2.0", "1.0-2.0, 5.0-6.0") == (finding.old, finding.new)
    assert "--purge 02-aflevering" in finding.hint
    assert [] == podcast.find_blocking_codes(accept=("old-sound",), reason="alleen een hoest")
    assert [] == podcast.find_blocking_codes(purge=("guid-2",))


@pytest.mark.parametrize("changes", [{"audio": b"luider" * 4000}, {"title": "Anders"}, {"cuts": ()}])
def test_other_corrections_ask_nothing(podcast, changes):
    podcast.put(2, cuts=(Cut(from_ms=1000, to_ms=2000),))
    podcast.publish()
    podcast.put(2, **({"audio": b"alles" * 4000} | changes))

    assert [] == podcast.find_blocking_codes()


def publish_at_two_addresses(podcast, tmp_path):
    """Publish, rename, and move to another target and URL."""
    podcast.put(2, audio=SECRET)
    podcast.publish()
    podcast.put(2, slug="02-andere-map")
    podcast.publish(accept=("address-gone",), reason="een andere map")
    old, podcast.served = podcast.served, tmp_path / "moved"
    old_feed = podcast.log.entries[-1].feed
    podcast.programme = replace(podcast.programme, url="https://nieuw.example.net/podcast/")
    podcast.publish(moved_from=old_feed, accept=("address-gone",), reason="verhuisd")
    return old


@pytest.mark.parametrize("how", ["withdraw", "purge"])
def test_nothing_stays_at_an_old_address_after_a_move(podcast, tmp_path, how):
    old = publish_at_two_addresses(podcast, tmp_path)
    assert find_secret(old)
    assert find_secret(podcast.served)
    if how == "withdraw":
        del podcast.episodes[2]
    else:
        podcast.put(2, audio=b"zonder" * 4000)

    plan, removals = run(podcast, **{how: ("guid-2",)})

    assert () == plan.blocking
    assert [("", ()), ("", ())] == [(one.problem, one.left) for one in removals]
    assert ([], []) == (find_secret(old), find_secret(podcast.served))
    assert b"<itunes:new-feed-url>https://nieuw.example.net/podcast/feed.xml<" in (old / "feed.xml").read_bytes()
    if how == "withdraw":
        assert not [path for path in (*read_tree(old), *read_tree(podcast.served)) if "02-" in path]
        assert b"guid-2" not in (old / "feed.xml").read_bytes()
    assert () == podcast.log.breaks
    assert () == find_lost_episodes(podcast.outline(), podcast.log)  # the next build does not ask for it
    assert run(podcast)[0].is_up_to_date


def test_a_target_that_cannot_be_reached_is_listed_and_finished_by_repeating(podcast, tmp_path):
    old = publish_at_two_addresses(podcast, tmp_path)
    hidden = tmp_path / "hidden"
    old.rename(hidden)
    old.write_text("not a folder")
    del podcast.episodes[2]

    _, (here, there) = run(podcast, withdraw=("guid-2",))

    assert ("", str(old)) == (here.problem, there.target)
    assert "is a file" in there.problem
    (lost,) = find_lost_episodes(podcast.outline(), podcast.log)
    assert ("withdrawal", (str(old),)) == (lost.missing, lost.targets)

    old.unlink()
    hidden.rename(old)
    _, (here, there) = run(podcast, withdraw=("guid-2",))
    assert ("", "", []) == (here.problem, there.problem, find_secret(old))
    assert () == find_lost_episodes(podcast.outline(), podcast.log)


def test_a_file_of_somebody_else_is_listed_and_not_touched(podcast):
    podcast.publish()
    foreign = podcast.served / "bijlagen/02-aflevering.docx"
    foreign.parent.mkdir()
    foreign.write_bytes(b"van een collega")
    podcast.put(2, audio=b"zonder" * 4000)

    _, (removal,) = run(podcast, purge=("guid-2",))

    assert ("bijlagen/02-aflevering.docx",) == removal.left
    assert foreign.is_file()


def test_a_dry_run_removes_nothing(podcast):
    podcast.publish()
    podcast.put(2, audio=b"zonder" * 4000)
    podcast.build()
    before = read_tree(podcast.served)
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)
    dry = PublishRun(root=podcast.root, cache=podcast.cache, candidate=candidate, dry_run=True)
    options = PublishOptions(purge=("guid-2",))

    plan, is_published = dry.publish(podcast.target, options)
    (removal,) = dry.remove_everywhere(plan, podcast.target, options)

    assert (False, 1) == (is_published, len([path for path in removal.removed if path.startswith("audio/")]))
    assert before == read_tree(podcast.served)


def test_only_what_was_published_can_be_purged(podcast):
    podcast.publish()

    with pytest.raises(GateError, match="no such episode"):
        podcast.publish(purge=("nonsense",))


def test_a_purge_that_fails_at_any_write_is_finished_by_the_next_publish(podcast, monkeypatch):
    """Each call that can fail fails once; the next publish, without --purge if the feed was live, removes the rest."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    podcast.programme = replace(podcast.programme, profile="open")
    for number in podcast.episodes:
        podcast.put(number, chapters=(), transcript=())
    podcast.put(2, audio=SECRET)
    podcast.publish()
    untouched = read_tree(podcast.served)
    podcast.put(2, audio=b"zonder" * 4000)
    live = hashlib.sha256((podcast.served / "feed.xml").read_bytes()).hexdigest()
    number, failed, finished_alone = 0, 0, 0
    while True:
        number += 1
        with monkeypatch.context() as patch:
            calls = fail_at(patch, number, (errno.ENOSPC, errno.EIO, errno.EACCES)[number % 3])
            try:
                run(podcast, purge=("guid-2",))
                over = calls[0] < number
            except WeerslagError:
                over, failed = False, failed + 1
        if over:
            break
        is_live = live != hashlib.sha256((podcast.served / "feed.xml").read_bytes()).hexdigest()
        run(podcast, **({} if is_live else {"purge": ("guid-2",)}))
        finished_alone += is_live
        assert [] == find_secret(podcast.served), number
        assert () == podcast.log.breaks
        restore(podcast, untouched)
    assert failed > 10
    assert finished_alone > 2
    assert 1 < len(read_publication_log(podcast.log_store.path).entries)


def test_the_old_target_is_found_by_a_name_relative_to_the_programme(podcast, tmp_path, monkeypatch):
    podcast.served = podcast.root / "lokaal"
    podcast.publish()
    podcast.served = tmp_path / "served"
    podcast.put(2, audio=b"zonder" * 4000)
    monkeypatch.chdir(tmp_path)

    _, removals = run(podcast, purge=("guid-2",))

    assert ["", ""] == [one.problem for one in removals]
    assert "lokaal" == open_target(str(podcast.root / "lokaal"), root=podcast.root).name
    assert not [
        path for path in read_tree(podcast.root / "lokaal") if path.startswith("audio/02") and path in removals[1].left
    ]
