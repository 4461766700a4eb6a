"""The status of a programme: each event, its episode, what is missing, what was published when and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.content.publication_log import PublicationLog
from pipeline.model import Episode, Event, IncompleteGroup, PendingApproval, Programme, Release
from pipeline.model.build_outline import BuildOutline
from pipeline.publish.backup_record import BackupStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTo:
    """A target whose feed lists an episode, and since when."""

    target: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """One event and one of its episodes; either may be missing."""

    event: str
    starts: datetime | None
    episode: str  # slug
    guid: str
    title: str
    published: datetime | None  # the publishing date in the content
    held_back: bool
    recording: bool
    parts: tuple[str, ...]  # names of the files of the recording, in order
    tracks: int  # number of these that are microphones of one talk, as ``episode.md`` says or a build found; 0: parts
    loudness_lufs: float | None  # of the enclosure; ``None``: not mastered yet
    transcript: bool
    reflections_approved: int
    reflections: int  # approved or not
    magazine: bool  # whether the flatplan contains the event
    published_to: tuple[PublishedTo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEpisode:
    """A published episode that cannot be built from today's content."""

    episode: str  # slug
    guid: str
    targets: tuple[str, ...]  # whose feed lists it
    missing: str  # recording | folder | withdrawal: it was withdrawn at another target


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEpisode:
    """The next episode to be released, and its missing parts."""

    episode: str  # slug
    at: datetime
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTable:
    """The status of the whole programme."""

    rows: tuple[StatusRow, ...]
    next: NextEpisode | None
    pending_approvals: tuple[PendingApproval, ...] = ()
    incomplete_groups: tuple[IncompleteGroup, ...] = ()
    backup: BackupStatus | None = None


def build_status_table(
    programme: Programme,
    releases: Sequence[Release],
    log: PublicationLog,
    *,
    now: datetime,
    pending_approvals: tuple[PendingApproval, ...] = (),
    incomplete_groups: tuple[IncompleteGroup, ...] = (),
    backup: BackupStatus | None = None,
) -> StatusTable:
    """Build the table.

    Args:
        programme: The content.
        releases: The episodes whose audio exists.
        log: The publication log.
        now: Episodes with a later date are held back.
        pending_approvals: Texts and quotes that are not approved yet.
        incomplete_groups: Groups without a role that their event needs.
        backup: What is only on this machine.
    """
    by_slug = {release.episode.slug: release for release in releases}
    publications = find_publications(log)
    rows = tuple(
        _build_row(programme, event, episode, by_slug.get(episode.slug) if episode else None, publications, now)
        for event, episode in _pair_events(programme)
    )
    return StatusTable(
        rows=rows,
        next=_find_next(rows, programme),
        pending_approvals=pending_approvals,
        incomplete_groups=incomplete_groups,
        backup=backup,
    )


def find_publications(log: PublicationLog) -> dict[str, tuple[PublishedTo, ...]]:
    """Find the targets whose newest feed lists each episode, by guid; ``since`` is the start of the unbroken run."""
    since: dict[str, dict[str, datetime]] = {}  # by target, then by guid
    for entry in (one for one in log.entries if not one.is_import):
        before = since.get(entry.target, {})
        since[entry.target] = {one.guid: before.get(one.guid, entry.at) for one in entry.episodes}
    found: dict[str, tuple[PublishedTo, ...]] = {}
    for target, guids in since.items():
        for guid, at in guids.items():
            found[guid] = (*found.get(guid, ()), PublishedTo(target=target, since=at))
    return found


def find_lost_episodes(outline: BuildOutline, log: PublicationLog) -> tuple[LostEpisode, ...]:
    """Find published episodes that the build of ``outline`` does not contain."""
    built = {episode.guid for episode in outline.releases}
    slugs = dict(outline.episodes)
    withdrawn = _find_withdrawn_guids(log)
    published_slugs = {one.guid: one.slug for entry in log.entries for one in entry.episodes}
    return tuple(
        LostEpisode(
            episode=slugs.get(guid, published_slugs[guid]),
            guid=guid,
            targets=tuple(one.target for one in targets),
            missing="withdrawal" if guid in withdrawn else "recording" if guid in slugs else "folder",
        )
        for guid, targets in find_publications(log).items()
        if guid not in built
    )


def _find_withdrawn_guids(log: PublicationLog) -> set[str]:
    """Find the episodes that were withdrawn at some target, and published nowhere since then."""
    withdrawn: set[str] = set()
    listed: dict[str, set[str]] = {}  # the guids in the newest feed of each target
    for entry in log.entries:
        guids = {one.guid for one in entry.episodes}
        withdrawn = (withdrawn - (guids - listed.get(entry.target, set()))) | set(entry.withdrawn)
        listed[entry.target] = guids
    return withdrawn


def _pair_events(programme: Programme) -> Iterator[tuple[Event | None, Episode | None]]:
    """Pair each event with its episodes; then come the episodes without an event."""
    for event in programme.events:
        own = [episode for episode in programme.episodes if episode.event == event.id]
        yield from ((event, episode) for episode in own)
        if not own:
            yield event, None
    yield from ((None, episode) for episode in programme.episodes if not episode.event)


def _build_row(
    programme: Programme,
    event: Event | None,
    episode: Episode | None,
    release: Release | None,
    publications: Mapping[str, tuple[PublishedTo, ...]],
    now: datetime,
) -> StatusRow:
    approved = len(programme.find_reflections(event.id)) if event else 0
    drafts = sum(draft.event == event.id for draft in programme.drafts) if event else 0
    articles = programme.magazine.flatplan if programme.magazine else ()
    return StatusRow(
        event=event.id if event else "",
        starts=event.starts if event else None,
        episode=episode.slug if episode else "",
        guid=episode.guid if episode else "",
        title=episode.title if episode else event.title if event else "",
        published=episode.published if episode else None,
        held_back=bool(episode and episode.published > now),
        recording=bool(episode and episode.recording),
        parts=tuple(part.rpartition("/")[2] for part in episode.recording) if episode else (),
        tracks=len(release.take.tracks) if release and release.take else len(episode.tracks or ()) if episode else 0,
        loudness_lufs=release.enclosures[0].integrated_lufs if release else None,
        transcript=bool(episode and episode.transcript),
        reflections_approved=approved,
        reflections=approved + drafts,
        magazine=bool(event and any(one.kind == "event" and one.ref == event.id for one in articles)),
        published_to=publications.get(episode.guid, ()) if episode else (),
    )


def _find_next(rows: Sequence[StatusRow], programme: Programme) -> NextEpisode | None:
    row = min((row for row in rows if row.held_back), key=lambda row: (row.published, row.episode), default=None)
    if row is None or row.published is None:
        return None
    missing = [] if row.recording else ["recording"]
    if programme.profile == "public-sector" and not row.transcript:
        missing.append("transcript")
    return NextEpisode(episode=row.episode, at=row.published, missing=tuple(missing))
