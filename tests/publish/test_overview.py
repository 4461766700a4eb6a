"""The status of a programme: what is missing, what was published when and where, what comes next."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from pipeline.model import Article, Draft, Magazine, Reflection
from pipeline.model.build_outline import outline_of
from pipeline.publish import build_status_table, lost_episodes


def table(stage, **changes):
    releases = stage.releases()
    episodes = tuple(one.episode for one in releases)
    programme = replace(stage.programme, episodes=episodes, **changes)
    return build_status_table(programme, releases, stage.ledger, now=stage.now)


def test_each_episode_tells_where_it_is_shown_and_since_when(stage):
    first = stage.now
    stage.publish()
    stage.later(days=7)
    stage.put(4)
    stage.publish()

    shown = {row.episode: [(one.target, one.since) for one in row.shown] for row in table(stage).rows if row.episode}

    assert [(str(stage.where), first)] == shown["01-aflevering"]
    assert [(str(stage.where), first + timedelta(days=7))] == shown["04-aflevering"]


def test_what_was_withdrawn_is_shown_nowhere(stage):
    stage.publish()
    kept = stage.episodes.pop(2)
    stage.publish(withdraw=("guid-2",))
    stage.episodes[2] = kept

    assert [()] == [row.shown for row in table(stage).rows if row.episode == "02-aflevering"]


def test_what_listeners_have_and_a_build_lacks_is_named(stage):
    stage.publish()
    releases = [one for one in stage.releases() if one.episode.number == 3]
    written = tuple(one.episode for one in stage.releases() if one.episode.number != 1)
    programme = replace(stage.programme, episodes=written)
    outline = outline_of(programme, releases, entries=())

    lost = lost_episodes(outline, stage.ledger)

    assert {("01-aflevering", "folder"), ("02-aflevering", "recording")} == {(it.episode, it.lacks) for it in lost}
    assert {(str(stage.where),)} == {it.targets for it in lost}
    del stage.episodes[1], stage.episodes[2]
    stage.publish(withdraw=("guid-1", "guid-2"))
    assert () == lost_episodes(outline, stage.ledger)


def test_an_event_tells_its_reflections_and_its_place_in_the_magazine(stage):
    event = stage.programme.events[0].id
    stage.put(1, event=event)

    row, *others = table(
        stage,
        reflections=(Reflection(slug="tafel-1", event=event, group="Tafel 1", cleared=date(2024, 7, 1)),),
        drafts=(Draft(slug="tafel-2", event=event), Draft(slug="tafel-3", event=event)),
        magazine=Magazine(title="Proef", flatplan=(Article(kind="event", ref=event),)),
    ).rows

    assert (event, "01-aflevering", 1, 3, True) == (
        row.event,
        row.episode,
        row.reflections_cleared,
        row.reflections,
        row.magazine,
    )
    assert (-16.0, False, False) == (row.loudness_lufs, row.recording, row.held_back)
    assert ["", ""] == [one.event for one in others]


def test_an_event_without_an_episode_has_its_row_too(stage):
    stage.episodes.clear()

    (row,) = table(stage).rows

    assert ("", "Burger centraal", None) == (row.episode, row.title, row.loudness_lufs)


def test_what_comes_next_and_what_it_lacks(stage):
    assert table(stage).next is None
    hour: datetime = stage.now + timedelta(days=3)
    stage.put(8, published=hour + timedelta(days=7))
    stage.put(9, published=hour)

    coming = table(stage).next

    assert ("09-aflevering", hour, ("recording", "transcript")) == (coming.episode, coming.at, coming.lacks)
