"""The status of a programme: what is missing, what was published when and where, what comes next."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from pipeline.model import Article, Draft, Magazine, Reflection
from pipeline.model.build_outline import build_outline
from pipeline.publish.status_table import build_status_table, find_lost_episodes


def table(podcast, **changes):
    releases = podcast.releases()
    episodes = tuple(one.episode for one in releases)
    programme = replace(podcast.programme, episodes=episodes, **changes)
    return build_status_table(programme, releases, podcast.log, now=podcast.now)


def test_each_episode_has_its_targets_and_their_dates(podcast):
    first = podcast.now
    podcast.publish()
    podcast.advance_clock(days=7)
    podcast.put(4)
    podcast.publish()

    shown = {
        row.episode: [(one.target, one.since) for one in row.published_to] for row in table(podcast).rows if row.episode
    }

    assert [(str(podcast.served), first)] == shown["01-aflevering"]
    assert [(str(podcast.served), first + timedelta(days=7))] == shown["04-aflevering"]


def test_a_withdrawn_episode_is_published_nowhere(podcast):
    podcast.publish()
    removed = podcast.episodes.pop(2)
    podcast.publish(withdraw=("guid-2",))
    podcast.episodes[2] = removed

    assert [()] == [row.published_to for row in table(podcast).rows if row.episode == "02-aflevering"]


def test_published_episodes_missing_from_the_build_are_listed(podcast):
    podcast.publish()
    releases = [one for one in podcast.releases() if one.episode.number == 3]
    written = tuple(one.episode for one in podcast.releases() if one.episode.number != 1)
    programme = replace(podcast.programme, episodes=written)
    outline = build_outline(programme, releases, entries=())

    lost = find_lost_episodes(outline, podcast.log)

    assert {("01-aflevering", "folder"), ("02-aflevering", "recording")} == {(it.episode, it.missing) for it in lost}
    assert {(str(podcast.served),)} == {it.targets for it in lost}
    del podcast.episodes[1], podcast.episodes[2]
    podcast.publish(withdraw=("guid-1", "guid-2"))
    assert () == find_lost_episodes(outline, podcast.log)


def test_an_event_has_its_reflections_and_its_place_in_the_magazine(podcast):
    event = podcast.programme.events[0].id
    podcast.put(1, event=event)

    row, *others = table(
        podcast,
        reflections=(Reflection(slug="tafel-1", event=event, group="Tafel 1", approved=date(2024, 7, 1)),),
        drafts=(Draft(slug="tafel-2", event=event), Draft(slug="tafel-3", event=event)),
        magazine=Magazine(title="Proef", flatplan=(Article(kind="event", ref=event),)),
    ).rows

    assert (event, "01-aflevering", 1, 3, True) == (
        row.event,
        row.episode,
        row.reflections_approved,
        row.reflections,
        row.magazine,
    )
    assert (-16.0, False, False) == (row.loudness_lufs, row.recording, row.held_back)
    assert ["", ""] == [one.event for one in others]


def test_an_event_without_an_episode_has_a_row(podcast):
    podcast.episodes.clear()

    (row,) = table(podcast).rows

    assert ("", "Burger centraal", None) == (row.episode, row.title, row.loudness_lufs)


def test_the_next_episode_is_listed_with_its_missing_parts(podcast):
    assert table(podcast).next is None
    at: datetime = podcast.now + timedelta(days=3)
    podcast.put(8, published=at + timedelta(days=7))
    podcast.put(9, published=at)

    coming = table(podcast).next

    assert ("09-aflevering", at, ("recording", "transcript")) == (coming.episode, coming.at, coming.missing)
