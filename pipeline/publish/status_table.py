"""How the whole programme stands: each event, its episode, what is still missing, what was published when and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Episode, Event, Programme, Release, Waiting
from pipeline.model.build_outline import Outline
from pipeline.publish.publication_log import Ledger, slug_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A target that shows an episode, and since when."""

    target: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event and one episode of it; either may be missing."""

    event: str
    starts: datetime | None
    episode: str  # slug
    guid: str
    title: str
    published: datetime | None  # by the content: its hour
    held_back: bool
    recording: bool
    loudness_lufs: float | None  # of the file that the feed names; nothing before it is made
    transcript: bool
    reflections_cleared: int
    reflections: int  # cleared or not
    magazine: bool  # the flatplan has a place for the event
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A published episode that today's content has no sound for."""

    episode: str  # slug
    guid: str
    targets: tuple[str, ...]  # that show it
    lacks: str  # recording | folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The episode whose hour comes first, and what it still lacks."""

    episode: str
    at: datetime
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One table over the whole programme."""

    rows: tuple[Row, ...]
    next: Next | None
    waiting: tuple[Waiting, ...] = ()


def build_status_table(
    programme: Programme,
    releases: Sequence[Release],
    ledger: Ledger,
    *,
    now: datetime,
    waiting: tuple[Waiting, ...] = (),
) -> Overview:
    """The table; ``releases`` are those whose sound is made, ``waiting`` is what waits for somebody's word."""
    made = {release.episode.slug: release for release in releases}
    shown = shown_by(ledger)
    rows = tuple(_row(programme, event, episode, made, shown, now) for event, episode in _pairs(programme))
    return Overview(rows=rows, next=_next(rows, programme), waiting=waiting)


def _pairs(programme: Programme) -> Iterator[tuple[Event | None, Episode | None]]:
    """Each event with its episodes, then the episodes of no event."""
    for event in programme.events:
        own = [episode for episode in programme.episodes if episode.event == event.id]
        yield from ((event, episode) for episode in own)
        if not own:
            yield event, None
    yield from ((None, episode) for episode in programme.episodes if not episode.event)


def _row(
    programme: Programme,
    event: Event | None,
    episode: Episode | None,
    made: dict[str, Release],
    shown: Mapping[str, tuple[Shown, ...]],
    now: datetime,
) -> Row:
    release = made.get(episode.slug) if episode else None
    cleared = len(programme.reflections_of(event.id)) if event else 0
    drafts = sum(draft.event == event.id for draft in programme.drafts) if event else 0
    articles = programme.magazine.flatplan if programme.magazine else ()
    return Row(
        event=event.id if event else "",
        starts=event.starts if event else None,
        episode=episode.slug if episode else "",
        guid=episode.guid if episode else "",
        title=episode.title if episode else event.title if event else "",
        published=episode.published if episode else None,
        held_back=bool(episode and episode.published > now),
        recording=bool(episode and episode.recording),
        loudness_lufs=release.enclosures[0].integrated_lufs if release else None,
        transcript=bool(episode and episode.transcript),
        reflections_cleared=cleared,
        reflections=cleared + drafts,
        magazine=bool(event and any(one.kind == "event" and one.ref == event.id for one in articles)),
        shown=shown.get(episode.guid, ()) if episode else (),
    )


def shown_by(ledger: Ledger) -> dict[str, tuple[Shown, ...]]:
    """By guid, the targets whose newest feed lists the episode, each with the first publish of the unbroken run that did."""
    since: dict[str, dict[str, datetime]] = {}  # by target, then by guid
    for line in ledger.lines:
        before = since.get(line.target, {})
        since[line.target] = {one.guid: before.get(one.guid, line.at) for one in line.episodes}
    found: dict[str, tuple[Shown, ...]] = {}
    for target, guids in since.items():
        for guid, at in guids.items():
            found[guid] = (*found.get(guid, ()), Shown(target=target, since=at))
    return found


def lost_episodes(outline: Outline, ledger: Ledger) -> tuple[Lost, ...]:
    """What listeners have and the build of ``outline`` lacks."""
    made = {episode.guid for episode in outline.heard}
    written = dict(outline.written)
    listed = {one.guid: slug_of(one) for line in ledger.lines for one in line.episodes}
    return tuple(
        Lost(
            episode=written.get(guid, listed[guid]),
            guid=guid,
            targets=tuple(one.target for one in shown),
            lacks="recording" if guid in written else "folder",
        )
        for guid, shown in shown_by(ledger).items()
        if guid not in made
    )


def _next(rows: Sequence[Row], programme: Programme) -> Next | None:
    coming = [(row.published, row) for row in rows if row.held_back and row.published is not None]
    if not coming:
        return None
    at, row = min(coming, key=lambda pair: (pair[0], pair[1].episode))
    lacks = [] if row.recording else ["recording"]
    if programme.profile == "public-sector" and not row.transcript:
        lacks.append("transcript")
    return Next(episode=row.episode, at=at, lacks=tuple(lacks))
