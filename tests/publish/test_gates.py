"""The gates: each is a test that fails without it."""

from dataclasses import replace

import pytest

from pipeline.model import Defect, Finding, sentence
from pipeline.publish import Wishes, candidate_of, prepare
from pipeline.site import render_site
from pipeline.typesetting import Theme


def with_releases(stage, change):
    stage.build()
    releases = [change(one) for one in stage.releases()]
    candidate = candidate_of(stage.outline(releases), root=stage.root, store=stage.store, now=stage.now)
    return prepare(candidate, stage.target, stage.books, Wishes())


def codes(plan):
    return {one.code for one in plan.blocking}


def test_a_public_body_owes_a_transcript_for_each_episode(stage):
    bare = lambda one: replace(one, transcript=())  # noqa: E731

    assert {"transcript-missing"} == codes(with_releases(stage, bare))
    stage.programme = replace(stage.programme, profile="open")
    assert set() == codes(with_releases(stage, bare))


def test_a_public_body_publishes_no_transcript_that_nobody_reviewed(stage):
    unread = lambda one: replace(one, episode=replace(one.episode, transcript_reviewed=None))  # noqa: E731

    assert {"transcript-unreviewed"} == codes(with_releases(stage, unread))
    stage.programme = replace(stage.programme, profile="open")
    assert set() == codes(with_releases(stage, unread))


def test_a_public_body_owes_an_accessibility_statement(stage):
    stage.build()
    (stage.root / "public/toegankelijkheid/index.html").unlink()

    assert {"statement-missing"} == codes(stage.prepare())
    stage.programme = replace(stage.programme, profile="open")
    stage.build()
    assert set() == codes(stage.prepare())


def test_the_statement_that_a_build_drafts_is_told_and_passes(stage):
    drafted = render_site(stage.programme, (), theme=Theme(room="site", language="nl"), now=stage.now, cover="")
    (page,) = [it.content for it in drafted if it.path == "public/toegankelijkheid/index.html"]
    stage.build()
    (stage.root / "public/toegankelijkheid/index.html").write_bytes(page)

    plan = stage.prepare()

    assert [("statement-draft", "warning")] == [(one.code, one.severity) for one in plan.objections]


def test_what_the_preflight_calls_an_error_stops_it_until_it_is_accepted(stage):
    stage.build()
    found = Finding(code="fonts", severity="error", where="page 3", message="a font is not in the file")
    told = Finding(code="ink", severity="warning", where="page 4", message="much ink")
    candidate = candidate_of(
        stage.outline(),
        root=stage.root,
        store=stage.store,
        now=stage.now,
        findings={"public/magazine/proef.pdf": (found, told)},
    )

    (objection,) = prepare(candidate, stage.target, stage.books).objections
    accepted = prepare(candidate, stage.target, stage.books, Wishes(accept=("fonts",), reason="de drukker weet het"))

    assert ("error", "public/magazine/proef.pdf, page 3") == (objection.severity, objection.where)
    assert () == accepted.blocking


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        ({"integrated_lufs": -14.9}, {"loudness-off"}),
        ({"integrated_lufs": -17.1}, {"loudness-off"}),
        ({"integrated_lufs": -16.9}, set()),
        ({"true_peak_dbtp": -0.7}, {"peak-over"}),
        ({"true_peak_dbtp": -0.9}, set()),
    ],
)
def test_sound_that_is_off_its_target_stops_it(stage, figures, wanted):
    off = lambda one: replace(one, enclosures=(replace(one.enclosures[0], **figures),))  # noqa: E731

    assert wanted == codes(with_releases(stage, off))


def test_a_defect_is_told_and_passes(stage):
    clipped = lambda one: replace(one, defects=(Defect(code="clipping", at_s=12.0, message=sentence("is clipped")),))  # noqa: E731

    plan = with_releases(stage, clipped)

    assert {("clipping", "warning")} == {(one.code, one.severity) for one in plan.objections}
    assert () == plan.blocking


def test_a_feed_that_names_a_missing_file_never_passes(stage):
    stage.build()
    next((stage.root / "public").glob("episodes/02-*/transcript.srt")).unlink()
    candidate = candidate_of(stage.outline(), root=stage.root, store=stage.store, now=stage.now)

    plan = prepare(candidate, stage.target, stage.books, Wishes(accept=("names-missing",), reason="toch"))

    assert {"names-missing"} == codes(plan)


def test_a_feed_that_lies_about_a_length_never_passes(stage):
    stage.build()
    sound = next((stage.root / "public/audio").glob("02-*"))
    sound.write_bytes(sound.read_bytes() + b"x")
    candidate = candidate_of(stage.outline(), root=stage.root, store=stage.store, now=stage.now)

    assert {"length-lies"} == codes(prepare(candidate, stage.target, stage.books))


def test_an_episode_from_the_future_never_passes(stage):
    stage.build()
    stage.later(days=-213)  # before 2 and 3 came out

    assert "future-date" in codes(stage.prepare(accept=("future-date",), reason="toch"))


def test_a_guid_that_stands_twice_never_passes(stage):
    stage.put(2, guid="guid-1")
    stage.build()

    assert "guid-twice" in codes(stage.prepare(accept=("guid-twice",), reason="toch"))


def test_two_episodes_with_one_sound_never_pass(stage):
    stage.build()
    candidate = candidate_of(stage.outline(), root=stage.root, store=stage.store, now=stage.now)
    first, second, *others = candidate.feed.items
    items = (first, replace(second, address=first.address), *others)

    plan = prepare(replace(candidate, feed=replace(candidate.feed, items=items)), stage.target, stage.books)

    assert (first.address, "guid-twice") in {(one.where, one.code) for one in plan.blocking}


def test_nothing_is_accepted_without_a_reason(stage):
    stage.put(2, transcript_reviewed=None)
    stage.build()

    assert "transcript-unreviewed" in codes(stage.prepare(accept=("transcript-unreviewed",)))
    assert "transcript-unreviewed" not in codes(stage.prepare(accept=("transcript-unreviewed",), reason="morgen"))


def test_sound_at_an_address_that_is_not_the_programmes_stops_it(stage):
    stage.build()
    elsewhere = replace(stage.outline(), url="https://elders.example.org/")
    candidate = candidate_of(elsewhere, root=stage.root, store=stage.store, now=stage.now)

    assert "address-elsewhere" in codes(prepare(candidate, stage.target, stage.books))


def test_what_a_build_would_still_change_never_passes(stage):
    stage.build()
    candidate = candidate_of(stage.outline(), root=stage.root, store=stage.store, now=stage.now, stale=("feed.xml",))

    assert {"not-built"} == codes(prepare(candidate, stage.target, stage.books))


def test_a_feed_that_breaks_a_rule_stops_it(stage):
    stage.programme = replace(stage.programme, podcast=replace(stage.programme.podcast, category=("Overheid",)))
    stage.build()

    (objection,) = stage.prepare().blocking

    assert "Overheid" in objection.message
    assert objection.where.startswith("feed.xml:")
