"""Plan a publish: every change at the target and every gate finding, before anything is touched."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline import urls
from pipeline.content.publication_log import (
    AcceptedGate,
    ListedEpisode,
    LogEntry,
    PublicationLog,
    PublishedEvent,
)
from pipeline.errors import GateError
from pipeline.publish.candidate import Candidate
from pipeline.publish.continuity_gates import check_continuity, check_log, check_target
from pipeline.publish.feed_items import PublishedFeed, read_feed, to_public_path
from pipeline.publish.gates import GATES, MANDATORY_GATES, GateFinding
from pipeline.publish.log_store import PublicationLogStore
from pipeline.publish.manifest import read_manifest
from pipeline.publish.target import Target
from pipeline.publish.target_diff import TargetDiff, compare_target


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """The options of one publish."""

    accept: tuple[str, ...] = ()  # gate codes
    reason: str = ""
    withdraw: tuple[str, ...] = ()  # guids or slugs
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
    candidate: Candidate, target: Target, log_store: PublicationLogStore, options: PublishOptions = PublishOptions()
) -> PublishPlan:
    """Compare the candidate with the target and the publication log, and run all gates. Changes nothing.

    Raises:
        GateError: An option does not fit what was published.
        StorageError: The publication log cannot be read.
        TargetError: The target cannot be read.
    """
    if candidate.feed is not None and options.moved_from == candidate.feed.address:
        message = f"the feed is still at this URL: {options.moved_from}"
        raise GateError(message, hint="Give --moved-from the old URL.")
    log = log_store.read()
    live_feed = target.read(urls.FEED)
    unrecorded = _find_unrecorded(log_store, log, live_feed)
    last = unrecorded or log.find_last(target.name)
    previous = last or (log.entries[-1] if log.entries else None)
    candidate = replace(candidate, feed=_add_new_feed_url(candidate.feed, previous, options.moved_from))
    withdrawn = tuple(_find_withdrawn(previous, candidate.feed, options.withdraw)) if previous else ()
    entry = _build_entry(candidate, target, previous, withdrawn, options)
    diff = compare_target(
        {path: source for path, source in candidate.files.items() if path != urls.FEED},
        target=target,
        manifest=read_manifest(target),
        is_withdrawn=_match_withdrawn(withdrawn, log),
        now=candidate.now,
        retention_days=candidate.outline.retention_days if options.prune else None,
    )
    findings = [
        *check_log(log),
        *check_target(last, live_feed, candidate.feed, diff),
        *check_continuity(log, previous, entry, moved_from=options.moved_from),
        *(finding for gate in GATES for finding in gate(candidate)),
    ]
    findings = [_accept(finding, options) for finding in findings]
    used = sorted({one.code for one in findings if one.accepted and one.severity == "error"})
    return PublishPlan(
        diff=diff,
        candidate=candidate,
        feed_token=live_feed[1] if live_feed else "",
        feed_change=_describe_feed_change(candidate.feed, live_feed),
        entry=replace(entry, accepted=tuple(AcceptedGate(code=code, reason=options.reason) for code in used)),
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
    moves = [f"--moved-from {one.old}" for one in blocking if one.code == "feed-moved"]
    moves = moves or ([f"--moved-from {options.moved_from}"] if options.moved_from else [])
    codes = dict.fromkeys([*options.accept, *(one.code for one in blocking if one.code != "feed-moved")])
    accepted = [f"--accept {code}" for code in codes]
    return " ".join([*withdrawn, *moves, *accepted, *(['--reason "…"'] if accepted else [])])


def _accept(finding: GateFinding, options: PublishOptions) -> GateFinding:
    if finding.code in options.accept and finding.code not in MANDATORY_GATES:
        return replace(finding, accepted=options.reason)
    return finding


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
    withdrawn: Sequence[ListedEpisode],
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
        withdrawn=tuple(listed.guid for listed in withdrawn),
        moved_from=options.moved_from or (previous.moved_from if previous else ""),
        events=tuple(
            PublishedEvent(event=event, digest=digest)
            for event, digest in candidate.outline.entries
            if urls.event_calendar(event) in candidate.files
        ),
    )


def _add_digest(item: ListedEpisode, candidate: Candidate) -> ListedEpisode:
    source = candidate.files.get(to_public_path(candidate.outline.url, item.address) or "")
    return replace(item, sha256=source.sha256) if source else item


def _find_withdrawn(previous: LogEntry, feed: PublishedFeed | None, names: Sequence[str]) -> Iterator[ListedEpisode]:
    """Find the published episodes to withdraw, by guid or slug.

    Raises:
        GateError: No such episode was published, or the programme still has it.
    """
    known = {name: listed for listed in previous.episodes for name in (listed.guid, listed.slug)}
    for name in names:
        if name not in known:
            raise GateError(f"no such episode was published: {name}", hint="Give its guid, or the name of its folder.")
        if feed and known[name].guid in {item.guid for item in feed.items}:
            message = f"{name} is still in the programme"
            raise GateError(message, hint="Move its folder out of episodes/ (keep a copy), and publish again.")
        yield known[name]


def _match_withdrawn(withdrawn: Sequence[ListedEpisode], log: PublicationLog) -> Callable[[str], bool]:
    """Return a predicate: must this unreferenced path be removed at once, because episodes are withdrawn?

    True for their audio, under every name that it ever had, and for each picture: names do not identify people in it.
    """
    guids = {listed.guid for listed in withdrawn}
    earlier = [listed for entry in log.entries for listed in entry.episodes if listed.guid in guids]
    slugs = {listed.slug for listed in (*withdrawn, *earlier)}
    audio = re.compile(rf"audio/({'|'.join(re.escape(slug) for slug in sorted(slugs))})-[0-9a-f]{{8}}\.\w+")
    return lambda path: bool(slugs) and (not path.startswith("audio/") or audio.fullmatch(path) is not None)


def _add_new_feed_url(feed: PublishedFeed | None, previous: LogEntry | None, moved_from: str) -> PublishedFeed | None:
    """Add itunes:new-feed-url to a feed that moved: apps that follow a redirect then store the new URL.

    Source: Apple, Podcasts Connect, "Move your RSS feed".
    """
    if feed is None or not (moved_from or (previous and previous.moved_from)):
        return feed
    tag = f"<itunes:new-feed-url>{feed.address}</itunes:new-feed-url>\n    <podcast:guid>".encode()
    return read_feed(feed.content.replace(b"<podcast:guid>", tag, 1), read_page=dict(feed.further_pages).get)
