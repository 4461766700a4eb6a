"""Publishing to a folder: media first, the feed last, nothing twice, nothing overwritten, old sound for a while."""

import hashlib
import os
import shutil
from dataclasses import replace

import feedparser
import pytest

from pipeline.errors import GateError, StoreError, WeerslagError
from pipeline.publish import carry_out, open_target
from pipeline.publish.target import Ours, TakenError, TargetError, read_note, write_note
from tests.publish.conftest import everything


def test_what_is_published_is_what_was_built(stage):
    stage.publish()

    assert everything(stage.root / "public") == everything(stage.where)
    assert ["guid-3", "guid-2", "guid-1"] == [it.id for it in feedparser.parse(stage.where / "feed.xml").entries]


def test_media_go_first_then_pages_and_the_feed_last(stage):
    _, said = stage.publish()

    kinds = [line.split()[1].split("/")[0] for line in said]
    assert "switched feed.xml" == said[-1]
    last_sound = max(place for place, kind in enumerate(kinds) if kind == "audio")
    first_page = min(place for place, line in enumerate(said) if line.endswith(".html"))
    assert last_sound < first_page


def test_a_second_publish_of_the_same_content_writes_nothing(stage):
    stage.publish()
    before = {path: path.stat().st_mtime_ns for path in stage.where.rglob("*")}
    ledger = stage.books.ledger.read_bytes()
    stage.later(hours=1)

    plan, said = stage.publish()

    assert plan.is_idle
    assert [] == said
    assert before == {path: path.stat().st_mtime_ns for path in stage.where.rglob("*")}
    assert ledger == stage.books.ledger.read_bytes()


def test_a_second_publish_knows_the_media_without_reading_them(stage, monkeypatch):
    stage.publish()
    monkeypatch.setattr("pipeline.publish.folder_target.hash_file", lambda path: pytest.fail(f"read {path}"))

    assert stage.publish()[0].is_idle


def test_the_ledger_tells_what_was_published(stage):
    stage.publish()

    (line,) = stage.ledger.lines
    feed = stage.where / "feed.xml"
    assert hashlib.sha256(feed.read_bytes()).hexdigest() == line.feed_sha256
    assert ["guid-3", "guid-2", "guid-1"] == [listed.guid for listed in line.episodes]
    for listed in line.episodes:
        sound = (stage.where / "audio" / listed.address.rpartition("/")[2]).read_bytes()
        assert (len(sound), hashlib.sha256(sound).hexdigest()) == (listed.size_bytes, listed.sha256)
        assert 1800 == listed.length_s
    assert "Aflevering" not in stage.books.ledger.read_text()  # no title: a ledger never forgets


def test_a_corrected_episode_gets_a_new_address_and_keeps_its_guid(stage):
    stage.publish()
    (before,) = [it for it in stage.ledger.lines[-1].episodes if it.guid == "guid-2"]
    stage.put(2, sound=b"better" * 4000)

    plan, _ = stage.publish()

    (after,) = [it for it in stage.ledger.lines[-1].episodes if it.guid == "guid-2"]
    assert () == plan.objections
    assert before.address != after.address
    assert 1 == len(plan.media)
    assert len(plan.resting) == 1  # the old sound stays, for apps that read the old feed


def test_a_new_picture_of_an_episode_gets_a_new_address_and_the_old_one_stays_for_a_while(stage):
    stage.publish()
    before = everything(stage.where)
    stage.covers["02-aflevering"] = b"another picture"

    plan, _ = stage.publish()

    (new,) = [source.path for source in plan.media]
    (old,) = plan.resting
    assert new != old
    assert {"episodes/02-aflevering"} == {path.rpartition("/")[0] for path in (new, old)}
    assert f"{stage.programme.url}{new}".encode() in (stage.where / "feed.xml").read_bytes()
    assert before[old] == everything(stage.where)[old]  # an app that read the old feed may still ask for it
    assert b"another" in everything(stage.where)["episodes/02-aflevering/cover.jpg"]  # people find the newest


def test_old_sound_stays_for_its_time_of_grace_and_goes_when_asked(stage):
    stage.publish()
    old = {path for path in everything(stage.where) if "audio/02" in path}
    stage.put(2, sound=b"better" * 4000)
    stage.publish()

    stage.later(days=29)
    stage.publish(prune=True)
    assert old <= everything(stage.where).keys()
    stage.later(days=2)
    stage.publish()
    assert old <= everything(stage.where).keys()  # nobody asked
    stage.publish(prune=True)
    assert not old & everything(stage.where).keys()
    assert everything(stage.root / "public") == everything(stage.where)


def test_a_programme_says_how_long_old_sound_stays(stage):
    stage.programme = replace(stage.programme, podcast=replace(stage.programme.podcast, grace_days=3))
    stage.publish()
    stage.put(2, sound=b"better" * 4000)
    stage.publish()

    stage.later(days=3, seconds=-1)
    early, _ = stage.publish(prune=True)
    stage.later(seconds=1)
    late, _ = stage.publish(prune=True)

    assert [(), 1] == [early.pruned, len(late.pruned)]
    assert everything(stage.root / "public") == everything(stage.where)


def test_sound_that_comes_back_is_spared(stage):
    stage.publish()
    stage.put(2, sound=b"better" * 4000)
    stage.publish()
    stage.later(days=40)
    stage.put(2, sound=bytes([2]) * 20_002)
    stage.publish(prune=True)

    assert everything(stage.root / "public").items() <= everything(stage.where).items()


def test_what_somebody_else_put_there_is_never_touched(stage):
    stage.publish()
    (stage.where / "robots.txt").write_text("Allow: /")
    (stage.where / ".well-known").mkdir()
    (stage.where / ".well-known/acme").write_text("x")
    del stage.episodes[1]
    stage.publish(accept=("episode-gone", "feed-shorter"), reason="een proef", prune=True)

    assert "Allow: /" == (stage.where / "robots.txt").read_text()
    assert "x" == (stage.where / ".well-known/acme").read_text()
    assert ["cover-"] == [file.name[:6] for file in (stage.where / "episodes/01-aflevering").iterdir()]  # it rests


def test_a_page_that_somebody_changed_at_the_target_is_put_right(stage):
    stage.publish()
    page = stage.where / "index.html"
    page.write_bytes(page.read_bytes()[::-1])

    _, said = stage.publish()

    assert ["replaced index.html"] == said
    assert everything(stage.root / "public") == everything(stage.where)


def test_a_name_taken_by_other_bytes_stops_it(stage):
    stage.build()
    (sound,) = [path for path in everything(stage.root / "public") if "audio/01" in path]
    (stage.where / "audio").mkdir(parents=True)
    (stage.where / sound).write_bytes(b"not ours")

    assert ["name-taken"] == stage.objections(accept=("name-taken",), reason="toch")
    with pytest.raises(TakenError, match="never overwritten"):
        stage.target.create(next(it for path, it in candidate(stage).files.items() if path == sound))
    assert b"not ours" == (stage.where / sound).read_bytes()


def test_damage_in_public_never_reaches_a_listener(stage):
    stage.build()
    plan = stage.prepare()
    sound = plan.media[0].file
    sound.write_bytes(b"x" * sound.stat().st_size)

    with pytest.raises(StoreError, match="is not what the build made"):
        carry(stage, plan)
    assert not (stage.where / "feed.xml").exists()


def test_a_feed_that_changed_meanwhile_is_not_overwritten(stage):
    stage.publish()

    refuse_over_a_foreign_feed(stage)


def refuse_over_a_foreign_feed(stage):
    """Somebody else switches the feed between plan and deed; theirs stays."""
    stage.put(4)
    stage.build()
    plan = stage.prepare()
    (stage.where / "feed.xml").write_text("somebody else's")

    with pytest.raises(TakenError, match="somebody else"):
        carry(stage, plan)
    assert "somebody else's" == (stage.where / "feed.xml").read_text()


def test_an_episode_whose_hour_has_not_come_is_held_back_whole(stage):
    stage.put(9, published=stage.now.replace(month=2))
    stage.publish()
    assert not [path for path in everything(stage.where) if "09-aflevering" in path]

    stage.later(days=60)
    plan, _ = stage.publish()

    assert () == plan.objections
    assert 4 == len(stage.ledger.lines[-1].episodes)


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_a_web_server_can_read_it_whatever_the_umask(stage, umask):
    old = os.umask(umask)
    try:
        stage.publish()
    finally:
        os.umask(old)

    modes = {path.stat().st_mode & 0o777 for path in stage.where.rglob("*") if path.is_file()}
    assert ({0o644}, {0o755}) == (modes, {it.stat().st_mode & 0o777 for it in stage.where.rglob("*") if it.is_dir()})


def test_a_folder_of_the_programme_is_no_target(stage):
    for name in (".", "public", "public/deeper", "episodes"):
        with pytest.raises(GateError, match="folder of the programme"):
            stage_at(stage, stage.root / name).publish()


def test_a_folder_around_the_programme_is_no_target_for_drafts_would_be_served(stage):
    for name in ("..", "../.."):
        with pytest.raises(GateError, match="would show its drafts and recordings"):
            stage_at(stage, stage.root / name).publish()


@pytest.mark.parametrize(
    ("where", "told"), [("een-bestand", "is a file"), ("ftp://example.org/podcast", "nothing can be brought there")]
)
def test_what_is_no_folder_is_told_before_anything_is_done(tmp_path, where, told):
    (tmp_path / "een-bestand").write_text("iets")

    with pytest.raises(TargetError, match=told) as stopped:
        open_target(where if "://" in where else str(tmp_path / where), root=tmp_path / "programme")

    assert stopped.value.hint


def test_withdrawing_takes_everything_of_an_episode_away_at_once(stage):
    stage.formats = ("mp3", "opus")
    stage.publish()
    stage.put(2, sound=b"corrected" * 3000)
    stage.publish()  # now there are two of its sounds
    del stage.episodes[2]

    plan, _ = stage.publish(withdraw=("02-aflevering",))

    assert () == plan.objections
    assert not [path for path in everything(stage.where) if "02-aflevering" in path]
    assert b"guid-2" not in (stage.where / "feed.xml").read_bytes()
    assert ("guid-2",) == stage.ledger.lines[-1].withdrawn
    assert stage.publish()[0].is_idle


def test_withdrawing_takes_the_pictures_too_under_every_slug_it_ever_had(stage):
    stage.publish()
    before = everything(stage.where)
    stage.put(2, slug="02-andere-map")
    stage.publish(accept=("bytes-changed",), reason="een andere map")
    portrait = "pictures/portret-12345678.jpg"
    (stage.where / "pictures").mkdir()
    (stage.where / portrait).write_bytes(b"a speaker")
    write_note(stage.target, {**read_note(stage.target), portrait: Ours()})
    del stage.episodes[2]

    stage.publish(withdraw=("guid-2",))

    assert [path for path in before if "audio/02-aflevering" in path]
    left = everything(stage.where)
    assert not [path for path in left if "02-" in path or "portret" in path]
    assert everything(stage.root / "public") == left


def test_a_sound_of_somebody_else_rests_while_an_episode_is_withdrawn(stage):
    stage.publish()
    (old,) = [path for path in everything(stage.where) if "audio/01" in path]
    stage.put(1, sound=b"corrected" * 3000)
    del stage.episodes[2]

    stage.publish(withdraw=("guid-2",))

    assert old in everything(stage.where)


def test_what_was_withdrawn_comes_back_only_on_purpose(stage, tmp_path):
    stage.publish()
    kept = stage.episodes.pop(2)
    stage.publish(withdraw=("guid-2",))
    stage.episodes[2] = kept

    assert "withdrawn-returns" in stage.objections()
    elsewhere = stage_at(stage, tmp_path / "elsewhere")
    assert "withdrawn-returns" in elsewhere.objections()  # consent is withdrawn everywhere
    stage.publish(accept=("withdrawn-returns", "order-changed"), reason="iedereen wil het")
    assert [] == stage.objections()


def test_what_still_stands_in_the_programme_cannot_be_withdrawn(stage):
    stage.publish()

    with pytest.raises(GateError, match="still in the programme"):
        stage.publish(withdraw=("guid-2",))
    with pytest.raises(GateError, match="no such episode"):
        stage.publish(withdraw=("nonsense",))


def carry(stage, plan):
    from pipeline.publish import carry_out

    return carry_out(plan, stage.target, base=stage.programme.url, books=stage.books, say=lambda _: None)


def candidate(stage):
    from pipeline.publish import candidate_of

    return candidate_of(stage.outline(), root=stage.root, store=stage.store, now=stage.now)


def stage_at(stage, where):
    stage.where = where
    return stage


def test_a_blocked_plan_touches_nothing(stage):
    stage.publish()
    before = everything(stage.where)
    stage.put(1, guid="another")
    stage.build()

    with pytest.raises(WeerslagError, match="blocked"):
        carry(stage, stage.prepare())
    assert before == everything(stage.where)


def test_a_target_that_was_emptied_is_told_and_filled_again(stage):
    stage.publish()
    shutil.rmtree(stage.where)
    stage.where.mkdir()

    plan, _ = stage.publish()

    assert ("target-empty", "warning") in {(one.code, one.severity) for one in plan.objections}
    assert (stage.where / "feed.xml").is_file()


@pytest.mark.parametrize("meanwhile", [lambda sound: sound.unlink(), lambda sound: sound.write_bytes(b"short")])
def test_sound_that_somebody_touched_at_the_target_meanwhile_leaves_the_feed_as_it_is(stage, meanwhile):
    stage.build()
    plan = stage.prepare()

    def say(step):
        if step.subject == "index.html":  # the sound was brought before the pages
            meanwhile(next((stage.where / "audio").glob("02-*")))

    with pytest.raises(TargetError, match="is not there as it was brought"):
        carry_out(plan, stage.target, base=stage.programme.url, books=stage.books, say=say)

    assert not (stage.where / "feed.xml").exists()
    assert () == stage.ledger.lines
