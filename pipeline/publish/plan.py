"""The plan: what is brought, replaced, kept and taken away, told before anything is touched."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import urls
from pipeline.publish.feed_items import Feed
from pipeline.publish.gates import Objection
from pipeline.publish.publication_log import Line
from pipeline.publish.target import NOTE, Ours, Seen, Source, Target, is_lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that one publish would do. Media come first, then pages, then the feed, then what goes."""

    target: str
    media: tuple[Source, ...]  # new names, created and never overwritten
    added: tuple[Source, ...]  # pages
    replaced: tuple[Source, ...]  # pages
    kept: Mapping[str, Ours]
    withdrawn: tuple[str, ...]  # taken away as soon as the new feed stands
    resting: Mapping[str, Ours]  # no longer named; they stay for their time of grace
    pruned: tuple[str, ...]  # whose time of grace is over
    files: Mapping[str, Source]  # all that will be there, by path
    feed: Feed | None
    feed_was: str  # token of the feed at the target; empty: none
    feed_change: str  # added | replaced | kept | removed | none
    line: Line  # for the ledger
    unwritten: Line | None  # of a publish that was stopped after its feed and before its ledger
    objections: tuple[Objection, ...]

    @property
    def blocking(self) -> tuple[Objection, ...]:
        """What stops it."""
        return tuple(one for one in self.objections if one.severity == "error" and not one.accepted)

    @property
    def size_bytes(self) -> int:
        """How much would be brought."""
        return sum(source.size_bytes for source in (*self.media, *self.added, *self.replaced))

    @property
    def is_idle(self) -> bool:
        """Whether the target shows all of it already."""
        brought = (*self.media, *self.added, *self.replaced)
        return not (brought or self.withdrawn or self.pruned or self.feed_change in ("added", "replaced", "removed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What stands at a target, held against what must stand there."""

    media: tuple[Source, ...]
    added: tuple[Source, ...]
    replaced: tuple[Source, ...]
    kept: Mapping[str, Ours]
    withdrawn: tuple[str, ...]
    resting: Mapping[str, Ours]
    pruned: tuple[str, ...]
    taken: tuple[str, ...]  # names that must be new, and have other bytes there


def differences(
    files: Mapping[str, Source],
    *,
    target: Target,
    seen: Mapping[str, Seen],
    note: Mapping[str, Ours],
    withdrawn: Callable[[str], bool],
    now: datetime,
    prune: bool,
    grace_days: int,
) -> Differences:
    """Hold ``files`` (without the feed) against the target; what is ``withdrawn``, by its path, goes at once."""
    kept: dict[str, Ours] = {}
    media: list[Source] = []
    added: list[Source] = []
    replaced: list[Source] = []
    taken: list[Source] = []
    for path, source in sorted(files.items()):
        there = _kept(source, target=target, seen=seen.get(path), noted=note.get(path))
        if there is not None:
            kept[path] = there
        elif is_lasting(path, source.sha256):
            (taken if path in seen else media).append(source)
        else:
            (replaced if path in seen else added).append(source)
    leaving = dict(_leaving(files, seen, note, withdrawn))
    resting = {path: _resting(ours, now) for path, ours in leaving.items() if ours is not None}
    over = {path for path, ours in resting.items() if prune and _rested(ours, now) >= timedelta(days=grace_days)}
    return Differences(
        media=tuple(media),
        added=tuple(added),
        replaced=tuple(replaced),
        kept=kept,
        withdrawn=tuple(sorted(path for path, ours in leaving.items() if ours is None)),
        resting={path: ours for path, ours in resting.items() if path not in over},
        pruned=tuple(sorted(over)),
        taken=tuple(source.path for source in taken),
    )


def _kept(source: Source, *, target: Target, seen: Seen | None, noted: Ours | None) -> Ours | None:
    """The file at the target, if its bytes are the wanted ones; hashed there only if nobody noted them."""
    if seen is None or seen.size_bytes != source.size_bytes:
        return None
    known = noted is not None and noted.sha256 and noted.token == seen.token
    digest = noted.sha256 if noted is not None and known else target.digest(source.path)
    return Ours(sha256=digest, token=seen.token) if digest == source.sha256 else None


def _leaving(
    files: Mapping[str, Source], seen: Mapping[str, Seen], note: Mapping[str, Ours], withdrawn: Callable[[str], bool]
) -> Iterator[tuple[str, Ours | None]]:
    """What is ours there and wanted no longer; ``None``: it goes at once."""
    for path in seen.keys() - files.keys() - {urls.FEED, NOTE}:
        ours = note.get(path)
        if _is_sound(path) and withdrawn(path):
            yield path, None  # also a sound of long ago, whose note is lost
        elif ours is not None:
            yield path, ours if _lasts(path) and not withdrawn(path) else None


def _is_sound(path: str) -> bool:
    return path.startswith("audio/")


def _lasts(path: str) -> bool:
    return re.search(r"-[0-9a-f]{8}\.\w+$", path) is not None


def _resting(ours: Ours, now: datetime) -> Ours:
    since = ours.resting_since or now.isoformat(timespec="seconds")
    return Ours(sha256=ours.sha256, token=ours.token, resting_since=since)


def _rested(ours: Ours, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(ours.resting_since)
