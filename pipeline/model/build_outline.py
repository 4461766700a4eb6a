"""A built programme as whoever publishes it looks at it: what was made of it, and none of its texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.model import Defect, Enclosure, Programme, Release, SoundTarget
from pipeline.model.podcast import GRACE_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An episode whose sound exists: its files, and what is known of them."""

    slug: str
    guid: str
    published: datetime
    has_transcript: bool
    transcript_reviewed: date | None
    enclosures: tuple[Enclosure, ...]
    defects: tuple[Defect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A programme without its texts, so that it can be remembered whole and read at once."""

    title: str
    language: str
    url: str
    timezone: str
    profile: str
    sound: SoundTarget
    grace_days: int  # of old sound
    entries: tuple[tuple[str, str], ...] = ()  # of its calendar: the id of each event, and the digest of its entry
    written: tuple[tuple[str, str], ...] = ()  # guid and slug of every episode that has a folder
    heard: tuple[Heard, ...] = ()  # held back or not


def outline_of(programme: Programme, releases: Sequence[Release], *, entries: Sequence[tuple[str, str]]) -> Outline:
    """What is left of a programme and its releases without their texts."""
    return Outline(
        title=programme.title,
        language=programme.language,
        url=programme.url,
        timezone=programme.timezone,
        profile=programme.profile,
        sound=programme.sound,
        grace_days=programme.podcast.grace_days if programme.podcast else GRACE_DAYS,
        entries=tuple(entries),
        written=tuple((episode.guid, episode.slug) for episode in programme.episodes),
        heard=tuple(_heard(release) for release in releases),
    )


def _heard(release: Release) -> Heard:
    episode = release.episode
    return Heard(
        slug=episode.slug,
        guid=episode.guid,
        published=episode.published,
        has_transcript=bool(release.transcript),
        transcript_reviewed=episode.transcript_reviewed,
        enclosures=release.enclosures,
        defects=release.defects,
    )
