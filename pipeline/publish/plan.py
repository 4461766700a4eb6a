"""Plan a publish: every change at the target and every gate finding, before anything is touched."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline import urls
from pipeline.content.publication_log import (
    AcceptedGate,
    ListedEpisode,
    LogEntry,
    PublicationLog,
    PublishedEvent,
    PublishedTranscript,
)
from pipeline.errors import GateError, fill
from pipeline.publish.candidate import Candidate
from pipeline.publish.continuity_gates import (
    check_addresses,
    check_anchors,
    check_continuity,
    check_log,
    check_target,
)
from pipeline.publish.feed_items import PublishedFeed, read_feed, to_public_path
from pipeline.publish.gates import GATES, MANDATORY_GATES, GateFinding
from pipeline.publish.log_store import PublicationLogStore
from pipeline.publish.manifest import read_manifest
from pipeline.publish.removal import Removal, check_removed_ranges, match_removed_path, plan_removal
from pipeline.publish.target import Target
from pipeline.publish.target_diff import TargetDiff, compare_target

_HAS_OPTION = ("feed-moved", "old-sound")  # their finding names an option, which is better than accepting


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """The options of one publish."""

    accept: tuple[str, ...] = ()  # gate codes
    reason: str = ""
    withdraw: tuple[str, ...] = ()  # guids or slugs
    purge: tuple[str, ...] = ()  # guids or slugs
    purge_everything: bool = False  # of all episodes
    moved_from: str = ""  # the old URL of the feed
    prune: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """Everything that one publish would do."""

    diff: TargetDiff
    candidate: Candidate
    feed_token: str  # of the feed at the target; empty: none
    feed_change: str  # added | replaced | unchanged | removed | none
    entry: LogEntry  # for the publication log
    removal: Removal
    unrecorded: LogEntry | None  # of a publish that was stopped between feed and publication log
    findings: tuple[GateFinding, ...]

    @property
    def blocking(self) -> tuple[GateFinding, ...]:
        """The findings that stop it."""
        return tuple(one for one in self.findings if one.severity == "error" and not one.accepted)

    @property
    def changes(self) -> Mapping[str, Sequence[str]]:
        """The paths of the files that change, without the feed, by verb."""
        return {
            "added": [source.path for source in (*self.diff.media, *self.diff.added)],
            "replaced": [source.path for source in self.diff.replaced],
            "withdrawn": self.diff.removals,
            "retained": sorted(self.diff.retained),
        }

    @property
    def size_bytes(self) -> int:
        """Size of all uploads."""
        return sum(source.size_bytes for source in self.diff.uploads)

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing changes at the target."""
        return not (self.diff.uploads or self.diff.removals or self.feed_change in ("added", "replaced", "removed"))


def prepare_plan(
    candidate: Candidate,
    target: Target,
    log_store: PublicationLogStore,
    options: PublishOptions = PublishOptions(),
    *,
    further_findings: Sequence[GateFinding] = (),
) -> PublishPlan:
    """Compare the candidate with the target and the publication log, and run all gates. Changes nothing.

    ``further_findings`` were made before, and count like those of the gates.

    Raises:
        GateError: An option does not fit what was published.
        StorageError: The publication log cannot be read.
        TargetError: The target cannot be read.
    """
    log, live_feed = log_store.read(), target.read(urls.FEED)
    unrecorded = _find_unrecorded(log_store, log, live_feed)
    last = unrecorded or log.find_last(target.name)
    previous = last or (log.entries[-1] if log.entries else None)
    candidate = _complete_candidate(candidate, log, previous, moved_from=options.moved_from)
    removal = _plan_removal(log, previous, candidate, options)
    entry = _build_entry(candidate, target, previous, removal, options)
    diff = _compare(candidate, target, is_withdrawn=match_removed_path(removal, log), prune=options.prune)
    findings = [
        *further_findings,
        *check_log(log),
        *check_target(last, live_feed, candidate.feed, diff),
        *check_addresses(diff, previous, entry),
        *check_anchors(diff, target),
        *check_continuity(log, previous, entry, moved_from=options.moved_from),
        *check_removed_ranges(previous, entry, removal, retention_days=candidate.outline.retention_days),
        *(finding for gate in GATES for finding in gate(candidate)),
    ]
    findings = [_accept(finding, options) for finding in findings]
    return PublishPlan(
        diff=diff,
        candidate=candidate,
        feed_token=live_feed[1] if live_feed else "",
        feed_change=_describe_feed_change(candidate.feed, live_feed),
        entry=replace(entry, accepted=_list_accepted(findings, options.reason)),
        removal=removal,
        unrecorded=unrecorded,
        findings=tuple(findings),
    )


def suggest_override(blocking: Sequence[GateFinding], options: PublishOptions) -> str:
    """Return the options of ``weerslag publish`` that override all findings; empty if one cannot be overridden.

    A feed moves with --moved-from, which redirects subscribers.
    """
    if any(one.code in MANDATORY_GATES for one in blocking):
        return ""
    withdrawn = [f"--withdraw {name}" for name in options.withdraw]
    purged = [one.where.rpartition("/")[2] for one in blocking if one.code == "old-sound"]
    withdrawn += [f"--purge {name}" for name in dict.fromkeys([*options.purge, *purged])]
    moves = [f"--moved-from {one.old}" for one in blocking if one.code == "feed-moved"]
    moves = moves or ([f"--moved-from {options.moved_from}"] if options.moved_from else [])
    codes = dict.fromkeys([*options.accept, *(one.code for one in blocking if one.code not in _HAS_OPTION)])
    accepted = [f"--accept {code}" for code in codes]
    return " ".join([*withdrawn, *moves, *accepted, *(['--reason "…"'] if accepted else [])])


def _complete_candidate(
    candidate: Candidate, log: PublicationLog, previous: LogEntry | None, *, moved_from: str
) -> Candidate:
    """Add what only the publication log knows."""
    return replace(
        candidate,
        feed=_prepare_feed(candidate.feed, previous, moved_from),
        imported=frozenset(one.guid for entry in log.entries if entry.is_import for one in entry.episodes),
    )


def _plan_removal(
    log: PublicationLog, previous: LogEntry | None, candidate: Candidate, options: PublishOptions
) -> Removal:
    return plan_removal(
        log,
        previous,
        candidate.feed,
        withdraw=options.withdraw,
        purge=options.purge,
        everything=options.purge_everything,
    )


def _compare(candidate: Candidate, target: Target, *, is_withdrawn: Callable[[str], bool], prune: bool) -> TargetDiff:
    return compare_target(
        {path: source for path, source in candidate.files.items() if path != urls.FEED},
        target=target,
        manifest=read_manifest(target),
        is_withdrawn=is_withdrawn,
        now=candidate.now,
        retention_days=candidate.outline.retention_days if prune else None,
    )


def _accept(finding: GateFinding, options: PublishOptions) -> GateFinding:
    if finding.code in options.accept and finding.code not in MANDATORY_GATES:
        return replace(finding, accepted=options.reason)
    return finding


def _list_accepted(findings: Sequence[GateFinding], reason: str) -> tuple[AcceptedGate, ...]:
    codes = sorted({one.code for one in findings if one.accepted and one.severity == "error"})
    return tuple(AcceptedGate(code=code, reason=reason) for code in codes)


def _describe_feed_change(feed: PublishedFeed | None, live: tuple[bytes, str] | None) -> str:
    if feed is None:
        return "none" if live is None else "removed"
    if live is None:
        return "added"
    return "unchanged" if live[0] == feed.content else "replaced"


def _find_unrecorded(
    log_store: PublicationLogStore, log: PublicationLog, live: tuple[bytes, str] | None
) -> LogEntry | None:
    """Find the entry of a publish that replaced the feed and was stopped before the log was written."""
    entry = log_store.read_pending()
    if entry is None or live is None or entry.feed_sha256 != hashlib.sha256(live[0]).hexdigest():
        return None
    is_recorded = any(replace(one, previous=(), digest="") == entry for one in log.entries)
    return None if is_recorded else entry


def _build_entry(
    candidate: Candidate,
    target: Target,
    previous: LogEntry | None,
    removal: Removal,
    options: PublishOptions,
) -> LogEntry:
    feed = candidate.feed
    return LogEntry(
        at=candidate.now.replace(microsecond=0),
        target=target.name,
        feed=feed.address if feed else "",
        feed_sha256=feed.sha256 if feed else "",
        podcast=feed.podcast if feed else "",
        episodes=tuple(_add_digest(item, candidate) for item in feed.items) if feed else (),
        first_page=feed.first_page if feed and feed.further_pages else 0,
        withdrawn=removal.withdrawn,
        purged=removal.purged,
        moved_from=options.moved_from or (previous.moved_from if previous else ""),
        events=tuple(
            PublishedEvent(event=event, digest=digest)
            for event, digest in candidate.outline.entries
            if urls.event_calendar(event) in candidate.files
        ),
        transcripts=tuple(
            PublishedTranscript(
                guid=episode.guid, reviewed=f"{episode.transcript_reviewed}", digest=episode.transcript_digest
            )
            for episode in candidate.episodes
            if episode.transcript_digest and candidate.outline.profile == "public-sector"
        ),
    )


def _add_digest(item: ListedEpisode, candidate: Candidate) -> ListedEpisode:
    source = candidate.files.get(to_public_path(candidate.outline.url, item.address) or "")
    removed = next((one.removed for one in candidate.episodes if one.guid == item.guid), ())
    return replace(item, sha256=source.sha256 if source else "", removed=removed)


def _prepare_feed(feed: PublishedFeed | None, previous: LogEntry | None, moved_from: str) -> PublishedFeed | None:
    """Add itunes:new-feed-url to a feed that moved: apps that follow a redirect then store the new URL.

    Source: Apple, Podcasts Connect, "Move your RSS feed".
    """
    if feed is not None and moved_from == feed.address:
        message = fill("the feed is still at this URL: {moved_from}", moved_from=moved_from)
        raise GateError(message, hint="Give --moved-from the old URL.")
    if feed is None or not (moved_from or (previous and previous.moved_from)):
        return feed
    tag = f"<itunes:new-feed-url>{feed.address}</itunes:new-feed-url>\n    <podcast:guid>".encode()
    return read_feed(feed.content.replace(b"<podcast:guid>", tag, 1), read_page=dict(feed.further_pages).get)
