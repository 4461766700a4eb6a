"""The publication log, ``published.jsonl``: what was published, when and where. Reads and checks; ``publish`` writes.

The entries form a hash chain. Each carries its own digest and the digests of all earlier entries that no entry names yet:
one, as long as people publish in turn. After a git merge of two clones that both published, the next entry names both.

An entry that named a person who was forgotten is replaced by one without the name. It names the digests of what it
replaces, so that later entries still find it, and no copy brings the old line back.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StorageError, fill
from pipeline.model import from_json, to_json

LOG_FILE = "published.jsonl"
IMPORT_TARGET = "(imported feed)"  # of the entry that says what another host published; no target has this name

_LINKS = ("previous", "replaces", "digest")  # digests: they hold no text
_GIT_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEpisode:
    """An episode as a feed listed it. No title and no person's name: the log is never rewritten."""

    guid: str
    page: str  # URL
    address: str  # URL of the enclosure
    size_bytes: int
    sha256: str
    length_s: float
    published: datetime
    removed: tuple[str, ...] = ()  # ranges of the recording that are cut, muted or bleeped, in seconds: 10.0-12.25

    @property
    def slug(self) -> str:
        """The slug at that time: the last part of the page's URL."""
        return self.page.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """An event whose calendar entry was published; the digest shows a later change without repeating the text."""

    event: str  # its id
    digest: str  # of the calendar entry


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTranscript:
    """A transcript that was reviewed elsewhere; the digest shows a later change without repeating the text."""

    guid: str  # of its episode
    reviewed: str  # the date in episode.md, ISO 8601
    digest: str  # of words, sound and edits


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedGate:
    """A gate that was overridden, and the reason."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One publish. ``feed`` and ``feed_sha256`` are empty for a programme without a podcast."""

    at: datetime
    target: str
    feed: str  # URL
    feed_sha256: str
    podcast: str  # the podcast's guid
    episodes: tuple[ListedEpisode, ...] = ()  # in the order of the feed
    accepted: tuple[AcceptedGate, ...] = ()
    first_page: int = 0  # number of episodes in feed.xml itself; 0: all
    withdrawn: tuple[str, ...] = ()  # guids
    purged: tuple[str, ...] = ()  # guids of episodes whose old files were removed at once
    moved_from: str = ""  # the old URL of a feed that moved
    events: tuple[PublishedEvent, ...] = ()
    transcripts: tuple[PublishedTranscript, ...] = ()
    previous: tuple[str, ...] = ()  # digests
    replaces: tuple[str, ...] = ()  # digests that this entry had before names were removed from it
    digest: str = ""

    @property
    def is_import(self) -> bool:
        """Whether this is no publish of ours: ``init --from-feed`` wrote what subscribers of the old feed know."""
        return self.target == IMPORT_TARGET

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests by which other entries may name this one: the first is the oldest."""
        return (*self.replaces, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """A line at which the hash chain is broken."""

    line: int
    message: str
    severity: str = "error"  # error | warning


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationLog:
    """All entries that could be read, and where the chain is broken."""

    entries: tuple[LogEntry, ...] = ()
    breaks: tuple[ChainBreak, ...] = ()
    # By event id, in order of time; repeated digests count once. Also from lines that are no longer a valid entry:
    # `publish` reports those, and a build may go on.
    event_digests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find_last(self, target: str) -> LogEntry | None:
        """Find the newest entry for ``target``."""
        return next((entry for entry in reversed(self.entries) if entry.target == target), None)

    def list_targets(self) -> tuple[str, ...]:
        """List the targets that were published to, in order; an old host is none."""
        return tuple(dict.fromkeys(entry.target for entry in self.entries if not entry.is_import))

    def find_heads(self) -> tuple[str, ...]:
        """Find the digests that no entry names yet; the next entry must name them."""
        named = {digest for entry in self.entries for digest in entry.previous}
        return tuple(entry.digest for entry in self.entries if named.isdisjoint(entry.digests))


def read_publication_log(path: Path) -> PublicationLog:
    """Read the log; one that does not exist is empty.

    Raises:
        StorageError: The file cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return PublicationLog()
    except OSError as error:
        raise StorageError(fill("cannot be read: {strerror}", strerror=error.strerror), where=str(path)) from error
    return parse_publication_log(content)


def parse_publication_log(content: bytes) -> PublicationLog:
    """Parse the bytes of a log."""
    entries: list[tuple[int, LogEntry]] = []
    breaks: list[ChainBreak] = []
    digests: dict[str, tuple[str, ...]] = {}
    number = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        record = _parse_json(line)
        for event, digest in _find_event_digests(record):
            if digests.get(event, ())[-1:] != (digest,):
                digests[event] = (*digests.get(event, ()), digest)
        entry = _parse_entry(line, record)
        if isinstance(entry, LogEntry):
            entries.append((number, entry))
        else:
            breaks.append(ChainBreak(line=number, message=entry))
    if content and not content.endswith(b"\n"):
        breaks.append(ChainBreak(line=number, message="the end of the log is missing: the last line is incomplete"))
    breaks += _check_chain(entries)
    overridden = (number for number, entry in entries if any(one.code == "log-broken" for one in entry.accepted))
    accepted = max(overridden, default=0)
    return PublicationLog(
        entries=tuple(entry for _, entry in entries),
        breaks=tuple(sorted((one for one in breaks if one.line >= accepted), key=lambda one: one.line)),
        event_digests=digests,
    )


def merge_publication_logs(own: bytes, other: bytes) -> bytes:
    """Merge two logs: every valid entry of both once, by time, and each after the entries that it names.

    Lines that are not valid entries are dropped: they count as missing where an entry names them. So are entries that
    another one replaces.
    """
    lines: dict[str, tuple[bytes, LogEntry]] = {}
    for line in (*own.split(b"\n"), *other.split(b"\n")):
        entry = _parse_entry(line, _parse_json(line)) if line.strip() else ""
        if isinstance(entry, LogEntry):
            lines.setdefault(entry.digest, (line, entry))
    replaced = {digest for _, entry in lines.values() for digest in entry.replaces}
    waiting = sorted(
        (one for digest, one in lines.items() if digest not in replaced), key=lambda one: (one[1].at, one[1].digest)
    )
    known = {digest for _, entry in waiting for digest in entry.digests}
    seen: set[str] = set()
    merged: list[bytes] = []
    while waiting:
        ready = next(one for one in waiting if seen.issuperset(known.intersection(one[1].previous)))
        # a digest covers the digests that it names, so there are no cycles
        seen.update(ready[1].digests)
        merged.append(ready[0] + b"\n")
        waiting.remove(ready)
    return b"".join(merged)


def redact_publication_log(content: bytes, redact: Callable[[str], str]) -> bytes:
    """Replace the entries in which ``redact`` changes a text; every other line stays as it is, byte by byte.

    Args:
        content: Of the log, with its last line break.
        redact: Returns a text without names; the same text if it has none.
    """
    lines = []
    for line in content.split(b"\n"):
        record = _parse_json(line) if line.strip() else None
        if not isinstance(record, dict) or isinstance(_parse_entry(line, record), str):
            text = line.decode("utf-8", "surrogateescape")  # a line that is broken already has no digest to carry on
            lines.append(redact(text).encode("utf-8", "surrogateescape"))
            continue
        plain = _redact_values({name: value for name, value in record.items() if name not in _LINKS}, redact)
        if all(plain[name] == record[name] for name in plain):
            lines.append(line)
            continue
        plain |= {
            "previous": record.get("previous", []),
            "replaces": [*record.get("replaces", []), record["digest"]],
        }
        plain["digest"] = compute_entry_digest(plain)
        lines.append(json.dumps(plain, ensure_ascii=False).encode())
    return b"\n".join(lines)


def _redact_values(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redact_values(one, redact) for one in value]
    return {name: _redact_values(one, redact) for name, one in value.items()} if isinstance(value, dict) else value


def compute_entry_digest(record: Mapping[str, Any]) -> str:
    """Compute the digest of an entry's JSON object: sha256 of its canonical JSON without the key ``digest``."""
    plain = {name: value for name, value in record.items() if name != "digest"}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def encode_entry(entry: LogEntry) -> bytes:
    """Encode an entry as one line of the file."""
    return json.dumps(to_json(entry), ensure_ascii=False).encode() + b"\n"


def _parse_json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _find_event_digests(record: Any) -> Iterator[tuple[str, str]]:
    events = record.get("events") if isinstance(record, dict) else None
    for one in events if isinstance(events, list) else ():
        if isinstance(one, dict) and isinstance(one.get("event"), str) and isinstance(one.get("digest"), str):
            yield one["event"], one["digest"]


def _parse_entry(line: bytes, record: Any) -> LogEntry | str:
    """Convert a JSON record to an entry, or say what is wrong with the line."""
    if line.startswith(_GIT_MARKERS):
        return "merge conflict marker: keep the lines of both sides, and delete the markers"
    try:
        entry = from_json(LogEntry, record)
        is_intact = entry.digest == compute_entry_digest(record)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "not a log entry: the line was edited or is incomplete"
    return entry if is_intact else "the digest does not match: the line was edited"


def _check_chain(entries: Sequence[tuple[int, LogEntry]]) -> Iterator[ChainBreak]:
    """Find entries that are repeated, out of order, or name a digest that is missing; and ends of merged branches."""
    digests = {digest for _, entry in entries for digest in entry.digests}
    seen: dict[str, int] = {}
    is_broken = False
    for number, entry in entries:
        for one in _check_entry(number, entry, digests=digests, seen=seen):
            is_broken = True
            yield one
        for digest in entry.digests:
            seen.setdefault(digest, number)
    heads = PublicationLog(entries=tuple(entry for _, entry in entries)).find_heads()
    if len(heads) > 1 and not is_broken:
        numbers = " and ".join(str(seen[digest]) for digest in heads)
        message = fill(
            "lines {numbers} were published from two clones and merged by git; the next entry names both",
            numbers=numbers,
        )
        yield ChainBreak(line=max(seen[digest] for digest in heads), message=message, severity="warning")


def _check_entry(number: int, entry: LogEntry, *, digests: set[str], seen: dict[str, int]) -> Iterator[ChainBreak]:
    if entry.digest in seen:
        yield ChainBreak(line=number, message=f"duplicate of line {seen[entry.digest]}")
    for digest in entry.previous:
        if digest not in digests:
            yield ChainBreak(line=number, message="an earlier entry is missing or was edited")
        elif digest not in seen:
            yield ChainBreak(line=number, message="the entries are in the wrong order: an earlier one comes later")
