"""Publish to a folder: media first, the feed last, nothing uploaded twice or overwritten, old audio retained."""

import hashlib
import os
import shutil
from dataclasses import replace

import feedparser
import pytest

from pipeline.errors import GateError, StorageError, WeerslagError
from pipeline.publish.manifest import UploadedFile, read_manifest, write_manifest
from pipeline.publish.target import ConflictError, TargetError
from pipeline.publish.target_factory import open_target
from pipeline.publish.upload import run_plan
from tests.publish.conftest import read_tree


def test_the_target_equals_public(podcast):
    podcast.publish()

    assert read_tree(podcast.root / "public") == read_tree(podcast.served)
    assert ["guid-3", "guid-2", "guid-1"] == [it.id for it in feedparser.parse(podcast.served / "feed.xml").entries]


def test_media_are_uploaded_first_then_pages_and_the_feed_last(podcast):
    _, steps = podcast.publish()

    kinds = [line.split()[1].split("/")[0] for line in steps]
    assert "published feed.xml" == steps[-1]
    last_audio = max(number for number, kind in enumerate(kinds) if kind == "audio")
    first_page = min(number for number, line in enumerate(steps) if line.endswith(".html"))
    assert last_audio < first_page


def test_a_second_publish_of_the_same_content_writes_nothing(podcast):
    podcast.publish()
    before = {path: path.stat().st_mtime_ns for path in podcast.served.rglob("*")}
    log = podcast.log_store.path.read_bytes()
    podcast.advance_clock(hours=1)

    plan, steps = podcast.publish()

    assert plan.is_up_to_date
    assert [] == steps
    assert before == {path: path.stat().st_mtime_ns for path in podcast.served.rglob("*")}
    assert log == podcast.log_store.path.read_bytes()


def test_a_second_publish_does_not_read_the_media(podcast, monkeypatch):
    podcast.publish()
    monkeypatch.setattr("pipeline.publish.folder_target.hash_file", lambda path: pytest.fail(f"read {path}"))

    assert podcast.publish()[0].is_up_to_date


def test_the_log_records_what_was_published(podcast):
    podcast.publish()

    (entry,) = podcast.log.entries
    feed = podcast.served / "feed.xml"
    assert hashlib.sha256(feed.read_bytes()).hexdigest() == entry.feed_sha256
    assert ["guid-3", "guid-2", "guid-1"] == [listed.guid for listed in entry.episodes]
    for listed in entry.episodes:
        audio = (podcast.served / "audio" / listed.address.rpartition("/")[2]).read_bytes()
        assert (len(audio), hashlib.sha256(audio).hexdigest()) == (listed.size_bytes, listed.sha256)
        assert 1800 == listed.length_s
    assert "Aflevering" not in podcast.log_store.path.read_text()  # no title: the log is never rewritten


def test_a_corrected_episode_gets_a_new_url_and_keeps_its_guid(podcast):
    podcast.publish()
    (before,) = [it for it in podcast.log.entries[-1].episodes if it.guid == "guid-2"]
    podcast.put(2, audio=b"better" * 4000)

    plan, _ = podcast.publish()

    (after,) = [it for it in podcast.log.entries[-1].episodes if it.guid == "guid-2"]
    assert () == plan.findings
    assert before.address != after.address
    assert 1 == len(plan.diff.media)
    assert len(plan.diff.retained) == 1  # the old audio stays, for apps that read the old feed


def test_a_new_cover_gets_a_new_url_and_the_old_one_is_retained(podcast):
    podcast.publish()
    before = read_tree(podcast.served)
    podcast.covers["02-aflevering"] = b"another picture"

    plan, _ = podcast.publish()

    (new,) = [source.path for source in plan.diff.media]
    (old,) = plan.diff.retained
    assert new != old
    assert {"episodes/02-aflevering"} == {path.rpartition("/")[0] for path in (new, old)}
    assert f"{podcast.programme.url}{new}".encode() in (podcast.served / "feed.xml").read_bytes()
    assert before[old] == read_tree(podcast.served)[old]  # an app that read the old feed may still request it
    assert b"another" in read_tree(podcast.served)["episodes/02-aflevering/cover.jpg"]  # this URL always has the newest


def test_old_audio_is_retained_and_pruned_on_request(podcast):
    podcast.publish()
    old = {path for path in read_tree(podcast.served) if "audio/02" in path}
    podcast.put(2, audio=b"better" * 4000)
    podcast.publish()

    podcast.advance_clock(days=29)
    podcast.publish(prune=True)
    assert old <= read_tree(podcast.served).keys()
    podcast.advance_clock(days=2)
    podcast.publish()
    assert old <= read_tree(podcast.served).keys()  # without --prune
    podcast.publish(prune=True)
    assert not old & read_tree(podcast.served).keys()
    assert read_tree(podcast.root / "public") == read_tree(podcast.served)


def test_the_programme_sets_the_retention_period(podcast):
    podcast.programme = replace(podcast.programme, podcast=replace(podcast.programme.podcast, retention_days=3))
    podcast.publish()
    podcast.put(2, audio=b"better" * 4000)
    podcast.publish()

    podcast.advance_clock(days=3, seconds=-1)
    early, _ = podcast.publish(prune=True)
    podcast.advance_clock(seconds=1)
    late, _ = podcast.publish(prune=True)

    assert [(), 1] == [early.diff.pruned, len(late.diff.pruned)]
    assert read_tree(podcast.root / "public") == read_tree(podcast.served)


def test_audio_that_is_referenced_again_is_not_pruned(podcast):
    podcast.publish()
    podcast.put(2, audio=b"better" * 4000)
    podcast.publish()
    podcast.advance_clock(days=40)
    podcast.put(2, audio=bytes([2]) * 20_002)
    podcast.publish(prune=True)

    assert read_tree(podcast.root / "public").items() <= read_tree(podcast.served).items()


def test_files_of_others_are_never_touched(podcast):
    podcast.publish()
    (podcast.served / "robots.txt").write_text("Allow: /")
    (podcast.served / ".well-known").mkdir()
    (podcast.served / ".well-known/acme").write_text("x")
    del podcast.episodes[1]
    podcast.publish(accept=("episode-gone", "feed-shorter"), reason="een proef", prune=True)

    assert "Allow: /" == (podcast.served / "robots.txt").read_text()
    assert "x" == (podcast.served / ".well-known/acme").read_text()
    assert ["cover-"] == [file.name[:6] for file in (podcast.served / "episodes/01-aflevering").iterdir()]  # retained


def test_a_page_changed_at_the_target_is_replaced(podcast):
    podcast.publish()
    page = podcast.served / "index.html"
    page.write_bytes(page.read_bytes()[::-1])

    _, steps = podcast.publish()

    assert ["replaced index.html"] == steps
    assert read_tree(podcast.root / "public") == read_tree(podcast.served)


def test_a_taken_name_blocks(podcast):
    podcast.build()
    (audio,) = [path for path in read_tree(podcast.root / "public") if "audio/01" in path]
    (podcast.served / "audio").mkdir(parents=True)
    (podcast.served / audio).write_bytes(b"not ours")

    assert ["name-taken"] == podcast.find_blocking_codes(accept=("name-taken",), reason="toch")
    with pytest.raises(ConflictError, match="never overwritten"):
        podcast.target.create(next(it for path, it in build(podcast).files.items() if path == audio))
    assert b"not ours" == (podcast.served / audio).read_bytes()


def test_a_damaged_file_in_public_is_not_published(podcast):
    podcast.build()
    plan = podcast.prepare()
    audio = plan.diff.media[0].file
    audio.write_bytes(b"x" * audio.stat().st_size)

    with pytest.raises(StorageError, match="changed after the build"):
        upload(podcast, plan)
    assert not (podcast.served / "feed.xml").exists()


def test_a_feed_that_changed_meanwhile_is_not_overwritten(podcast):
    podcast.publish()

    check_that_a_foreign_feed_is_kept(podcast)


def check_that_a_foreign_feed_is_kept(podcast):
    """Replace the feed between plan and upload; the foreign one stays."""
    podcast.put(4)
    podcast.build()
    plan = podcast.prepare()
    (podcast.served / "feed.xml").write_text("somebody else's")

    with pytest.raises(ConflictError, match="another process"):
        upload(podcast, plan)
    assert "somebody else's" == (podcast.served / "feed.xml").read_text()


def test_an_episode_with_a_future_date_is_held_back(podcast):
    podcast.put(9, published=podcast.now.replace(month=2))
    podcast.publish()
    assert not [path for path in read_tree(podcast.served) if "09-aflevering" in path]

    podcast.advance_clock(days=60)
    plan, _ = podcast.publish()

    assert () == plan.findings
    assert 4 == len(podcast.log.entries[-1].episodes)


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_files_are_readable_for_a_web_server_whatever_the_umask(podcast, umask):
    old = os.umask(umask)
    try:
        podcast.publish()
    finally:
        os.umask(old)

    modes = {path.stat().st_mode & 0o777 for path in podcast.served.rglob("*") if path.is_file()}
    assert ({0o644}, {0o755}) == (modes, {it.stat().st_mode & 0o777 for it in podcast.served.rglob("*") if it.is_dir()})


def test_a_folder_of_the_programme_is_refused(podcast):
    for name in (".", "public", "public/deeper", "episodes"):
        with pytest.raises(GateError, match="belongs to the programme"):
            publish_to(podcast, podcast.root / name).publish()


def test_a_folder_that_contains_the_programme_is_refused(podcast):
    for name in ("..", "../.."):
        with pytest.raises(GateError, match="would show its drafts and recordings"):
            publish_to(podcast, podcast.root / name).publish()


@pytest.mark.parametrize(
    ("address", "message"), [("een-bestand", "is a file"), ("ftp://example.org/podcast", "unsupported kind of target")]
)
def test_an_unusable_target_is_reported_with_a_hint(tmp_path, address, message):
    (tmp_path / "een-bestand").write_text("iets")

    with pytest.raises(TargetError, match=message) as error:
        open_target(address if "://" in address else str(tmp_path / address), root=tmp_path / "programme")

    assert error.value.hint


def test_withdrawing_removes_everything_of_an_episode_at_once(podcast):
    podcast.formats = ("mp3", "opus")
    podcast.publish()
    podcast.put(2, audio=b"corrected" * 3000)
    podcast.publish()  # now there are two versions of its audio
    del podcast.episodes[2]

    plan, _ = podcast.publish(withdraw=("02-aflevering",))

    assert () == plan.findings
    assert not [path for path in read_tree(podcast.served) if "02-aflevering" in path]
    assert b"guid-2" not in (podcast.served / "feed.xml").read_bytes()
    assert ("guid-2",) == podcast.log.entries[-1].withdrawn
    assert podcast.publish()[0].is_up_to_date


def test_withdrawing_removes_files_under_every_slug_and_all_pictures(podcast):
    podcast.publish()
    before = read_tree(podcast.served)
    podcast.put(2, slug="02-andere-map")
    podcast.publish(accept=("address-gone",), reason="een andere map")
    portrait = "pictures/portret-12345678.jpg"
    (podcast.served / "pictures").mkdir()
    (podcast.served / portrait).write_bytes(b"a speaker")
    write_manifest(podcast.target, {**read_manifest(podcast.target), portrait: UploadedFile()})
    del podcast.episodes[2]

    podcast.publish(withdraw=("guid-2",))

    assert [path for path in before if "audio/02-aflevering" in path]
    left = read_tree(podcast.served)
    assert not [path for path in left if "02-" in path or "portret" in path]
    assert read_tree(podcast.root / "public") == left


def test_audio_of_another_episode_is_retained_during_a_withdrawal(podcast):
    podcast.publish()
    (old,) = [path for path in read_tree(podcast.served) if "audio/01" in path]
    podcast.put(1, audio=b"corrected" * 3000)
    del podcast.episodes[2]

    podcast.publish(withdraw=("guid-2",))

    assert old in read_tree(podcast.served)


def test_a_withdrawn_episode_returns_only_if_accepted(podcast, tmp_path):
    podcast.publish()
    removed = podcast.episodes.pop(2)
    podcast.publish(withdraw=("guid-2",))
    podcast.episodes[2] = removed

    assert "withdrawn-returns" in podcast.find_blocking_codes()
    other_target = publish_to(podcast, tmp_path / "elsewhere")
    assert "withdrawn-returns" in other_target.find_blocking_codes()  # consent is withdrawn everywhere
    podcast.publish(accept=("withdrawn-returns", "order-changed"), reason="iedereen wil het")
    assert [] == podcast.find_blocking_codes()


def test_only_a_published_episode_without_a_folder_can_be_withdrawn(podcast):
    podcast.publish()

    with pytest.raises(GateError, match="still in the programme"):
        podcast.publish(withdraw=("guid-2",))
    with pytest.raises(GateError, match="no such episode"):
        podcast.publish(withdraw=("nonsense",))


def upload(podcast, plan):
    from pipeline.publish.upload import run_plan

    return run_plan(plan, podcast.target, log_store=podcast.log_store, report=lambda _: None)


def build(podcast):
    from pipeline.publish.candidate import build_candidate

    return build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)


def publish_to(podcast, folder):
    podcast.served = folder
    return podcast


def test_a_blocked_plan_changes_nothing(podcast):
    podcast.publish()
    before = read_tree(podcast.served)
    podcast.put(1, guid="another")
    podcast.build()

    with pytest.raises(WeerslagError, match="blocks the plan"):
        upload(podcast, podcast.prepare())
    assert before == read_tree(podcast.served)


def test_an_emptied_target_is_a_warning_and_filled_again(podcast):
    podcast.publish()
    shutil.rmtree(podcast.served)
    podcast.served.mkdir()

    plan, _ = podcast.publish()

    assert ("target-empty", "warning") in {(one.code, one.severity) for one in plan.findings}
    assert (podcast.served / "feed.xml").is_file()


@pytest.mark.parametrize("meanwhile", [lambda audio: audio.unlink(), lambda audio: audio.write_bytes(b"short")])
def test_audio_changed_at_the_target_meanwhile_leaves_the_feed_unchanged(podcast, meanwhile):
    podcast.build()
    plan = podcast.prepare()

    def report(step):
        if step.subject == "index.html":  # media are uploaded before pages
            meanwhile(next((podcast.served / "audio").glob("02-*")))

    with pytest.raises(TargetError, match="is missing or incomplete after the upload"):
        run_plan(plan, podcast.target, log_store=podcast.log_store, report=report)

    assert not (podcast.served / "feed.xml").exists()
    assert () == podcast.log.entries
