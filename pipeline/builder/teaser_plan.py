"""Teasers of an episode: their times in the enclosure, and a file in ``press/`` for each."""

from dataclasses import replace

from pipeline import urls
from pipeline.audio.tasks import TagTask, TeaserTask
from pipeline.model import Episode, Programme, Teaser, Timeline


def map_teasers(episode: Episode, *, timeline: Timeline) -> tuple[Teaser, ...]:
    """Map the teasers of an episode to the time of its enclosure, in the order of the file."""
    spans = [timeline.map_span_ms(teaser.from_ms, teaser.to_ms) for teaser in episode.teasers]
    return tuple(
        replace(teaser, from_ms=from_ms, to_ms=to_ms)
        for teaser, (from_ms, to_ms) in zip(episode.teasers, spans, strict=True)
    )


def plan_teasers(
    programme: Programme, episode: Episode, *, master: str, tags: TagTask, timeline: Timeline
) -> dict[str, TeaserTask]:
    """Plan the teaser files of an episode.

    Args:
        programme: The programme.
        episode: The episode.
        master: Path of its master.
        tags: Tags of the episode, with its cover.
        timeline: From the recording to the master.

    Returns:
        Tasks by the path of the file in ``press/``.
    """
    return {
        urls.teaser(episode.slug, number): TeaserTask(
            subject=f"{episode.slug}-{number}",
            master=master,
            from_ms=teaser.from_ms,
            to_ms=teaser.to_ms,
            target=replace(programme.sound, formats=()),
            tags=_plan_tags(programme, episode, teaser, number, tags),
        )
        for number, teaser in enumerate(map_teasers(episode, timeline=timeline), start=1)
    }


def _plan_tags(programme: Programme, episode: Episode, teaser: Teaser, number: int, tags: TagTask) -> TagTask:
    """Set title and guid of the teaser, and a link to where it begins."""
    moment = urls.episode_moment(episode.slug, teaser.from_ms)
    return replace(
        tags,
        title=teaser.title or episode.title,
        guid=f"{episode.guid}-teaser-{number}",
        url=urls.make_absolute(programme.url, moment),
    )
