"""Each gate reports its own findings only."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.model import Defect, Finding, sentence
from pipeline.model.review import ReviewedCue, TranscriptReview
from pipeline.publish.candidate import build_candidate
from pipeline.publish.plan import PublishOptions, prepare_plan
from pipeline.site import SiteContext, render_site
from pipeline.typesetting import Theme


def prepare_with(podcast, change):
    podcast.build()
    releases = [change(one) for one in podcast.releases()]
    candidate = build_candidate(podcast.outline(releases), root=podcast.root, cache=podcast.cache, now=podcast.now)
    return prepare_plan(candidate, podcast.target, podcast.log_store, PublishOptions())


def codes(plan):
    return {one.code for one in plan.blocking}


def test_a_public_body_needs_a_transcript_for_each_episode(podcast):
    without = lambda one: replace(one, transcript=())  # noqa: E731

    assert {"transcript-missing"} == codes(prepare_with(podcast, without))
    podcast.programme = replace(podcast.programme, profile="open")
    assert set() == codes(prepare_with(podcast, without))


def test_a_public_body_needs_reviewed_transcripts(podcast):
    unreviewed = lambda one: replace(one, episode=replace(one.episode, transcript_reviewed=None))  # noqa: E731

    assert {"transcript-unreviewed"} == codes(prepare_with(podcast, unreviewed))
    podcast.programme = replace(podcast.programme, profile="open")
    assert set() == codes(prepare_with(podcast, unreviewed))


def review_cues(*states):
    cues = [ReviewedCue(start_ms=at * 60_000, end_ms=at * 60_000 + 4000, state=one) for at, one in enumerate(states)]
    return TranscriptReview(cues=tuple(cues))


def test_a_transcript_with_open_cues_is_refused_with_their_places(podcast):
    slug = podcast.releases()[0].episode.slug
    podcast.reviews[slug] = review_cues("reviewed", "missing", "edited", "missing", "sound", "cut", "hidden")
    podcast.build()
    plan = podcast.prepare()

    assert [
        (f"episodes/{slug}", "cues of the transcript that nobody reviewed: 2, at 1:00, 3:00"),
        (f"episodes/{slug}", "cues of the transcript that were edited after their review: 1, at 2:00"),
        (f"episodes/{slug}", "cues of the transcript that were reviewed with another recording: 1, at 4:00"),
        (
            f"episodes/{slug}",
            "cues of the transcript whose sound was cut, muted or bleeped after their review: 1, at 5:00",
        ),
    ] == [(one.where, one.message) for one in plan.blocking]


def test_records_of_a_review_count_instead_of_the_date(podcast):
    slug = podcast.releases()[0].episode.slug
    podcast.reviews[slug] = review_cues("reviewed", "hidden")
    podcast.put(1, transcript_reviewed=None)

    assert [] == podcast.find_blocking_codes()


def test_a_date_of_review_holds_for_the_transcript_that_was_published_with_it(podcast):
    slug = podcast.releases()[0].episode.slug
    podcast.digests[slug] = "aa"
    podcast.publish()
    unchanged = podcast.find_blocking_codes()
    podcast.digests[slug] = "bb"
    changed = podcast.find_blocking_codes()
    podcast.put(1, transcript_reviewed=date(2024, 6, 1))
    reviewed_again = podcast.find_blocking_codes()

    assert ([], ["transcript-unreviewed"], []) == (unchanged, changed, reviewed_again)


def test_a_public_body_needs_an_accessibility_statement(podcast):
    podcast.build()
    (podcast.root / "public/toegankelijkheid/index.html").unlink()

    assert {"statement-missing"} == codes(podcast.prepare())
    podcast.programme = replace(podcast.programme, profile="open")
    podcast.build()
    assert set() == codes(podcast.prepare())


def test_a_draft_statement_is_a_warning(podcast):
    theme = Theme(folder="site", language="nl")
    drafted = render_site(SiteContext(programme=podcast.programme, releases=(), theme=theme, now=podcast.now, cover=""))
    (page,) = [it.content for it in drafted if it.path == "public/toegankelijkheid/index.html"]
    podcast.build()
    (podcast.root / "public/toegankelijkheid/index.html").write_bytes(page)

    plan = podcast.prepare()

    assert [("statement-draft", "warning")] == [(one.code, one.severity) for one in plan.findings]


def test_a_preflight_error_blocks_until_it_is_accepted(podcast):
    podcast.build()
    error = Finding(code="fonts", severity="error", where="page 3", message="a font is not in the file")
    warning = Finding(code="ink", severity="warning", where="page 4", message="much ink")
    candidate = build_candidate(
        podcast.outline(),
        root=podcast.root,
        cache=podcast.cache,
        now=podcast.now,
        findings={"public/magazine/proef.pdf": (error, warning)},
    )

    (finding,) = prepare_plan(candidate, podcast.target, podcast.log_store).findings
    accepted = prepare_plan(
        candidate, podcast.target, podcast.log_store, PublishOptions(accept=("fonts",), reason="de drukker weet het")
    )

    assert ("error", "public/magazine/proef.pdf, page 3") == (finding.severity, finding.where)
    assert () == accepted.blocking


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"integrated_lufs": -14.9}, {"loudness-off"}),
        ({"integrated_lufs": -17.1}, {"loudness-off"}),
        ({"integrated_lufs": -16.9}, set()),
        ({"true_peak_dbtp": -0.7}, {"peak-over"}),
        ({"true_peak_dbtp": -0.9}, set()),
    ],
)
def test_audio_outside_the_loudness_and_peak_tolerance_blocks(podcast, values, expected):
    changed = lambda one: replace(one, enclosures=(replace(one.enclosures[0], **values),))  # noqa: E731

    assert expected == codes(prepare_with(podcast, changed))


def test_a_defect_is_a_warning(podcast):
    clipped = lambda one: replace(one, defects=(Defect(code="clipping", at_s=12.0, message=sentence("is clipped")),))  # noqa: E731

    plan = prepare_with(podcast, clipped)

    assert {("clipping", "warning")} == {(one.code, one.severity) for one in plan.findings}
    assert () == plan.blocking


def test_a_missing_file_cannot_be_accepted(podcast):
    podcast.build()
    next((podcast.root / "public").glob("episodes/02-*/transcript.srt")).unlink()
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)

    plan = prepare_plan(
        candidate, podcast.target, podcast.log_store, PublishOptions(accept=("file-missing",), reason="toch")
    )

    assert {"file-missing"} == codes(plan)


def test_a_wrong_length_blocks(podcast):
    podcast.build()
    audio = next((podcast.root / "public/audio").glob("02-*"))
    audio.write_bytes(audio.read_bytes() + b"x")
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)

    assert {"length-mismatch"} == codes(prepare_plan(candidate, podcast.target, podcast.log_store))


def test_a_future_date_cannot_be_accepted(podcast):
    podcast.build()
    podcast.advance_clock(days=-213)  # before 2 and 3 came out

    assert "future-date" in codes(podcast.prepare(accept=("future-date",), reason="toch"))


def test_a_duplicate_guid_cannot_be_accepted(podcast):
    podcast.put(2, guid="guid-1")
    podcast.build()

    assert "duplicate-item" in codes(podcast.prepare(accept=("duplicate-item",), reason="toch"))


def test_two_episodes_with_the_same_enclosure_block(podcast):
    podcast.build()
    candidate = build_candidate(podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now)
    first, second, *others = candidate.feed.items
    items = (first, replace(second, address=first.address), *others)

    plan = prepare_plan(
        replace(candidate, feed=replace(candidate.feed, items=items)), podcast.target, podcast.log_store
    )

    assert (first.address, "duplicate-item") in {(one.where, one.code) for one in plan.blocking}


def test_nothing_is_accepted_without_a_reason(podcast):
    podcast.put(2, transcript_reviewed=None)
    podcast.build()

    assert "transcript-unreviewed" in codes(podcast.prepare(accept=("transcript-unreviewed",)))
    assert "transcript-unreviewed" not in codes(podcast.prepare(accept=("transcript-unreviewed",), reason="morgen"))


def test_an_enclosure_outside_the_programmes_url_blocks(podcast):
    podcast.build()
    moved = replace(podcast.outline(), url="https://elders.example.org/")
    candidate = build_candidate(moved, root=podcast.root, cache=podcast.cache, now=podcast.now)

    assert "address-elsewhere" in codes(prepare_plan(candidate, podcast.target, podcast.log_store))


def test_an_outdated_build_blocks(podcast):
    podcast.build()
    candidate = build_candidate(
        podcast.outline(), root=podcast.root, cache=podcast.cache, now=podcast.now, stale=("feed.xml",)
    )

    assert {"not-built"} == codes(prepare_plan(candidate, podcast.target, podcast.log_store))


def test_a_lint_error_blocks(podcast):
    podcast.programme = replace(podcast.programme, podcast=replace(podcast.programme.podcast, category=("Overheid",)))
    podcast.build()

    (finding,) = podcast.prepare().blocking

    assert "Overheid" in finding.message
    assert finding.where.startswith("feed.xml:")
