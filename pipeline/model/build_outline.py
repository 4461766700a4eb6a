"""The outline of a build: what publishing needs to know of a programme and its releases, without their texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from types import MappingProxyType

from pipeline.model.episodes import Enclosure, Release
from pipeline.model.podcast import RETENTION_DAYS
from pipeline.model.programme import Programme
from pipeline.model.review import TranscriptReview
from pipeline.model.sound import Defect, SoundTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOutline:
    """A release without its texts."""

    slug: str
    guid: str
    published: datetime
    has_transcript: bool
    transcript_reviewed: date | None
    enclosures: tuple[Enclosure, ...]
    defects: tuple[Defect, ...]
    removed: tuple[str, ...] = ()  # ranges of the recording that are cut, muted or bleeped, in seconds: 10.0-12.25
    review: TranscriptReview | None = None  # only its open cues; ``None``: nothing was recorded in review.jsonl
    is_passthrough: bool = False  # its audio is published as it is
    transcript_digest: str = ""  # of words, sound and edits, if it was reviewed elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOutline:
    """A programme and its releases without their texts, small enough to be cached."""

    title: str
    language: str
    url: str
    timezone: str
    profile: str
    sound: SoundTarget
    retention_days: int  # of old audio files
    entries: tuple[tuple[str, str], ...] = ()  # event id and digest of its calendar entry
    episodes: tuple[tuple[str, str], ...] = ()  # guid and slug of each
    releases: tuple[ReleaseOutline, ...] = ()  # held back or not


def build_outline(
    programme: Programme,
    releases: Sequence[Release],
    *,
    entries: Sequence[tuple[str, str]],
    reviews: Mapping[str, TranscriptReview] = MappingProxyType({}),
    digests: Mapping[str, str] = MappingProxyType({}),
) -> BuildOutline:
    """Build the outline of a programme and its releases.

    Args:
        programme: The programme.
        releases: Its releases, held back or not.
        entries: The id and the digest of the calendar entry of each event.
        reviews: By slug, the reviews of transcripts.
        digests: By slug, the digests of transcripts that were reviewed elsewhere.
    """
    return BuildOutline(
        title=programme.title,
        language=programme.language,
        url=programme.url,
        timezone=programme.timezone,
        profile=programme.profile,
        sound=programme.sound,
        retention_days=programme.podcast.retention_days if programme.podcast else RETENTION_DAYS,
        entries=tuple(entries),
        episodes=tuple((episode.guid, episode.slug) for episode in programme.episodes),
        releases=tuple(_build_release_outline(release, reviews, digests) for release in releases),
    )


def _build_release_outline(
    release: Release, reviews: Mapping[str, TranscriptReview], digests: Mapping[str, str]
) -> ReleaseOutline:
    episode = release.episode
    review = reviews.get(episode.slug)
    return ReleaseOutline(
        slug=episode.slug,
        guid=episode.guid,
        published=episode.published,
        has_transcript=bool(release.transcript),
        transcript_reviewed=episode.transcript_reviewed,
        enclosures=release.enclosures,
        defects=release.defects,
        removed=tuple(
            f"{one.from_ms / 1000}-{one.to_ms / 1000}"
            for one in sorted((*episode.cuts, *episode.mutes, *episode.bleeps), key=attrgetter("from_ms", "to_ms"))
        ),
        review=review and replace(review, cues=review.open_cues),
        is_passthrough=episode.is_passthrough,
        transcript_digest=digests.get(episode.slug, ""),
    )
