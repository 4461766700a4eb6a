"""What a withdrawal or a purge removes at once, and the targets at which it must be removed."""

import re
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from dataclasses import dataclass

from pipeline import urls
from pipeline.content.publication_log import ListedEpisode, LogEntry, PublicationLog
from pipeline.errors import GateError, fill
from pipeline.publish.feed_items import PublishedFeed
from pipeline.publish.gates import GateFinding, create_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The episodes whose unreferenced files are removed at once, by guid."""

    withdrawn: tuple[str, ...] = ()  # they leave the feed with this publish
    purged: tuple[str, ...] = ()  # they stay in the feed, or left it before
    everything: bool = False  # whatever is not referenced goes, of all episodes

    @property
    def guids(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.withdrawn, *self.purged))


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRemoval:
    """What a withdrawal or a purge did at one target."""

    target: str
    removed: tuple[str, ...] = ()  # paths
    left: tuple[str, ...] = ()  # paths with the name of an episode that are still there
    problem: str = ""  # why nothing could be removed there


def plan_removal(
    log: PublicationLog,
    previous: LogEntry | None,
    feed: PublishedFeed | None,
    *,
    withdraw: Sequence[str],
    purge: Sequence[str],
    everything: bool = False,
) -> Removal:
    """Find the episodes to withdraw or purge, by guid or slug, under every name that the log knows.

    An episode that was withdrawn before is purged: what an interrupted withdrawal left is removed.

    Raises:
        GateError: No such episode was published, or one to withdraw is still in the programme.
    """
    known = {name: one.guid for entry in log.entries for one in entry.episodes for name in (one.slug, one.guid)}
    listed = {one.guid for one in previous.episodes} if previous else set()
    in_feed = {item.guid for item in feed.items} if feed else set()
    for name in (*withdraw, *purge):
        if name not in known:
            raise GateError(
                fill("no such episode was published: {name}", name=name),
                hint="Give its guid, or the name of its folder.",
            )
    for name in withdraw:
        if known[name] in in_feed:
            message = fill("{name} is still in the programme", name=name)
            raise GateError(message, hint="Move its folder out of episodes/ (keep a copy), and publish again.")
    guids = dict.fromkeys(known[name] for name in withdraw)
    withdrawn = tuple(guid for guid in guids if guid in listed)
    others = (guid for guid in (*guids, *(known[name] for name in purge)) if guid not in withdrawn)
    return Removal(withdrawn=withdrawn, purged=tuple(dict.fromkeys(others)), everything=everything)


def match_removed_path(removal: Removal, log: PublicationLog) -> Callable[[str], bool]:
    """Return a predicate: must this unreferenced path be removed at once?

    True for the audio of these episodes, under every name that it ever had, and for each picture: names do not identify
    people in it.
    """
    slugs = {
        one.slug for entry in log.entries for one in entry.episodes if removal.everything or one.guid in removal.guids
    }
    audio = re.compile(rf"audio/({'|'.join(re.escape(slug) for slug in sorted(slugs))})-[0-9a-f]{{8}}\.\w+")
    return lambda path: (
        bool(slugs or removal.everything) and (not path.startswith("audio/") or audio.fullmatch(path) is not None)
    )


def list_further_targets(log: PublicationLog, guids: frozenset[str], *, done: str) -> tuple[str, ...]:
    """List the names of the other targets at which one of these episodes was published.

    Args:
        log: The publication log.
        guids: The episodes.
        done: The name of the target that was published to.
    """
    names = dict.fromkeys(
        entry.target
        for entry in log.entries
        if entry.target != done and not entry.is_import and any(one.guid in guids for one in entry.episodes)
    )
    return tuple(names)


def find_former_feed(log: PublicationLog, target: str, feed: PublishedFeed | None) -> str:
    """Return the URL of the feed at a target if it differs from that of ``feed``: the feed moved since."""
    last = log.find_last(target)
    return last.feed if last and feed and last.feed != feed.address else ""


def find_leftovers(
    log: PublicationLog, guids: frozenset[str], stored: Collection[str], built: Container[str]
) -> list[str]:
    """Find files at a target that bear the name of one of these episodes, and are not part of what was built.

    Args:
        log: Knows the names that the episodes ever had.
        guids: The episodes.
        stored: All paths at the target.
        built: The paths of the files that were built.
    """
    slugs = {one.slug for entry in log.entries for one in entry.episodes if one.guid in guids}
    name = re.compile(rf"(?:^|[/-])(?:{'|'.join(re.escape(slug) for slug in sorted(slugs))})(?:[-./]|$)")
    return sorted(path for path in stored if path not in built and slugs and name.search(path))


def check_removed_ranges(
    previous: LogEntry | None, new: LogEntry, removal: Removal, *, retention_days: int
) -> Iterator[GateFinding]:
    """Ask what happens to the old audio if cuts, mutes or bleeps were added to a published episode."""
    old_episodes = {one.guid: one for one in previous.episodes} if previous else {}
    for listed in new.episodes:
        old = old_episodes.get(listed.guid)
        if old is None or listed.guid in removal.guids or not _has_more_removed(old, listed):
            continue
        message = fill(
            "cuts, mutes or bleeps were added: the old sound would stay at its address for {days} days",
            days=retention_days,
        )
        hint = fill("Remove it now: --purge {slug}. Or accept that it stays.", slug=listed.slug)
        ranges = {"old": ", ".join(old.removed) or "-", "new": ", ".join(listed.removed)}
        yield create_error("old-sound", urls.episode(listed.slug).rstrip("/"), message, hint=hint, **ranges)


def _has_more_removed(old: ListedEpisode, new: ListedEpisode) -> bool:
    return old.sha256 != new.sha256 and bool(set(new.removed) - set(old.removed))
