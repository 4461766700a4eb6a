"""The ledger: what was ever published, as lines that hold on to each other, so that a cut, moved or edited one is noticed.

Each line carries its own digest and those of the lines before it that nobody named yet. One line names one, as long as people
publish in turn; after a git merge of two clones that published side by side, the next line names both.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.cache.atomic_files import as_store_error, canonical, write_whole
from pipeline.model import from_plain, to_plain

LEDGER = "published.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An episode as a feed listed it: no title and no name, for a ledger never forgets."""

    guid: str
    page: str  # its address
    address: str  # of its enclosure
    size_bytes: int
    sha256: str
    length_s: float
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """An event as the calendar showed it: its words stay out of the ledger, and a change to them shows."""

    event: str  # its id
    digest: str  # of its entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A gate that somebody let pass on purpose, and why."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One publish. ``feed`` and ``feed_sha256`` are empty for a programme without a podcast."""

    at: datetime
    target: str
    feed: str  # its address
    feed_sha256: str
    podcast: str  # the guid of the podcast
    episodes: tuple[Listed, ...] = ()  # in the order of the feed
    accepted: tuple[Accepted, ...] = ()
    first_page: int = 0  # how many of them stand in feed.xml itself; 0: all
    withdrawn: tuple[str, ...] = ()  # guids
    moved_from: str = ""  # the old address of a feed that moved
    events: tuple[Announced, ...] = ()  # whose calendar entry was published
    previous: tuple[str, ...] = ()  # digests
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the ledger does not hold together; ``severity`` is that of a finding."""

    line: int
    message: str
    severity: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All lines that could be read, and what is wrong with the others."""

    lines: tuple[Line, ...] = ()
    breaks: tuple[Break, ...] = ()

    def last(self, target: str) -> Line | None:
        """What the newest publish to ``target`` showed."""
        return next((line for line in reversed(self.lines) if line.target == target), None)

    def heads(self) -> tuple[str, ...]:
        """The digests that no later line names: what the next line must hold on to."""
        named = {digest for line in self.lines for digest in line.previous}
        return tuple(line.digest for line in self.lines if line.digest not in named)


def slug_of(listed: Listed) -> str:
    """The slug under which it was listed: the last part of its page's address."""
    return listed.page.rstrip("/").rpartition("/")[2]


def read_ledger(path: Path) -> Ledger:
    """The ledger in that file; an empty one if there is none.

    Raises:
        StoreError: it cannot be read.
    """
    if not path.exists():
        return Ledger()
    with as_store_error(path, "cannot be read"):
        content = path.read_bytes()
    numbered = [(number, text) for number, text in enumerate(content.split(b"\n"), start=1) if text.strip()]
    lines: list[tuple[int, Line]] = []
    breaks: list[Break] = []
    for number, text in numbered:
        line = _line_of(text)
        if isinstance(line, Line):
            lines.append((number, line))
        else:
            breaks.append(Break(line=number, message=line))
    if content and not content.endswith(b"\n"):
        breaks.append(Break(line=numbered[-1][0], message="ends in the middle: the end of the ledger was cut off"))
    forgiven = max((number for number, line in lines if _accepts_breaks(line)), default=0)
    found = (one for one in [*breaks, *_loose(lines)] if one.line >= forgiven)
    return Ledger(lines=tuple(line for _, line in lines), breaks=tuple(sorted(found, key=lambda one: one.line)))


def append(path: Path, line: Line) -> Line:
    """Add a line, whole or not at all, holding on to all that stands there; the line as written.

    Raises:
        StoreError: it could not be written; the ledger is as it was.
    """
    ledger = read_ledger(path)
    sealed = seal(replace(line, previous=ledger.heads()))
    with as_store_error(path, "cannot be read"):
        before = path.read_bytes() if path.exists() else b""
    between = b"\n" if before and not before.endswith(b"\n") else b""
    write_whole(path, before + between + written(sealed))
    return sealed


def seal(line: Line) -> Line:
    """The line with the digest of all the rest of it."""
    return replace(line, digest=_digest_of(to_plain(line)))


def written(line: Line) -> bytes:
    """The line as it stands in the file; people may read it."""
    return json.dumps(to_plain(line), ensure_ascii=False).encode() + b"\n"


def _line_of(text: bytes) -> Line | str:
    """The line, or what is wrong with it."""
    if text.startswith((b"<<<<<<<", b"=======", b">>>>>>>")):
        return "git left a mark of a merge here: keep the lines of both sides, and delete the marks"
    try:
        plain = json.loads(text)
        line = from_plain(Line, plain)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "cannot be read as a line of the ledger: it was edited, or cut off"
    return line if line.digest == _digest_of(plain) else "is not what was written: somebody edited it"


def _digest_of(plain: dict[str, Any]) -> str:
    return hashlib.sha256(canonical({name: value for name, value in plain.items() if name != "digest"})).hexdigest()


def _accepts_breaks(line: Line) -> bool:
    return any(accepted.code == "ledger-broken" for accepted in line.accepted)


def _loose(lines: list[tuple[int, Line]]) -> Iterator[Break]:
    """What does not hold on to what stands before it."""
    everywhere = {line.digest for _, line in lines}
    seen: dict[str, int] = {}
    torn = False
    for number, line in lines:
        for one in _misplaced(number, line, everywhere=everywhere, seen=seen):
            torn = True
            yield one
        seen.setdefault(line.digest, number)
    heads = Ledger(lines=tuple(line for _, line in lines)).heads()
    if len(heads) > 1 and not torn:
        numbers = " and ".join(str(seen[digest]) for digest in heads)
        message = f"lines {numbers} were published side by side, from clones that git merged; the next holds on to all"
        yield Break(line=max(seen[digest] for digest in heads), message=message, severity="warning")


def _misplaced(number: int, line: Line, *, everywhere: set[str], seen: dict[str, int]) -> Iterator[Break]:
    if line.digest in seen:
        yield Break(line=number, message=f"stands twice: it is line {seen[line.digest]} once more")
    for digest in line.previous:
        if digest not in everywhere:
            yield Break(line=number, message="holds on to a line that is gone, or was edited: the ledger was cut")
        elif digest not in seen:
            yield Break(
                line=number, message="stands before a line that it follows: the ledger was put in another order"
            )
