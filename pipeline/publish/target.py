"""What a place that listeners are served from must be able to do, and the note of what we put there."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline import urls
from pipeline.cache.atomic_files import as_store_error
from pipeline.errors import StoreError, WeerslagError
from pipeline.model import from_plain, to_plain

NOTE = ".weerslag-published.json"  # at the target: which files there are ours


class TargetError(WeerslagError):
    """A target cannot be reached, read or written."""


class TakenError(WeerslagError):
    """Somebody else was there first: a name that must be new is taken, or the feed is not the one we read."""

    exit_code = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file at a target: ``token`` changes whenever the file does (a fingerprint, an ETag)."""

    size_bytes: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be brought: its place under ``public/`` is also its place at the target."""

    path: str
    file: Path
    sha256: str
    size_bytes: int


class Target(Protocol):
    """A folder, here or behind SFTP; a bucket. Every method raises TargetError or StoreError when the place does not answer."""

    @property
    def name(self) -> str:
        """What the ledger calls it."""

    @property
    def width(self) -> int:
        """How many files are brought at once."""

    def seen(self) -> dict[str, Seen]:
        """Every file there, by path; without the half-made ones of a publish that was killed."""

    def read(self, path: str) -> tuple[bytes, str] | None:
        """A small file and its token; ``None`` if it is not there."""

    def digest(self, path: str) -> str:
        """The sha256 of the bytes there."""

    def create(self, source: Source) -> str:
        """Bring a file under a name that must be new; its token. The same bytes there already will do.

        Raises:
            TakenError: other bytes have that name.
        """

    def replace(self, source: Source) -> str:
        """Bring a file, whatever stands under its name; in one step. Its token."""

    def switch(self, path: str, content: bytes, *, was: str) -> str:
        """Replace a file in one step, if it is still the one with token ``was`` (empty: none); its new token.

        Raises:
            TakenError: it is another by now.
        """

    def remove(self, path: str) -> None:
        """Take a file away; one that is gone already will do."""

    def close(self) -> None:
        """Let go of what was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A file that we put at a target. No digest: a publish is under way, or was stopped, and nobody knows its bytes."""

    sha256: str = ""
    token: str = ""
    resting_since: str = ""  # ISO 8601: since then no feed and no page names it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    files: dict[str, Ours]


def read_note(target: Target) -> dict[str, Ours]:
    """Which files at the target are ours; none, if the note is gone or is not one of ours."""
    there = target.read(NOTE)
    if there is None:
        return {}
    try:
        return from_plain(_Note, json.loads(there[0])).files
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_note(target: Target, files: Mapping[str, Ours]) -> None:
    """Write that note, in one step."""
    content = json.dumps(to_plain(_Note(files=dict(sorted(files.items())))), separators=(",", ":")).encode()
    there = target.read(NOTE)
    if there is None or there[0] != content:
        target.switch(NOTE, content, was=there[1] if there else "")


def is_lasting(path: str, sha256: str) -> bool:
    """Whether the name of a file changes with its bytes: such a file is created once and never overwritten."""
    return Path(path).stem.endswith(f"-{sha256[:8]}") or urls.is_feed_page(path)


def bytes_of(source: Source) -> bytes:
    """A file, whole (an hour of talk is 60 MB), and only if it is still what the build made.

    Raises:
        StoreError: it is not, or it cannot be read.
    """
    with as_store_error(source.file, "cannot be read"):
        content = source.file.read_bytes()
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise StoreError("is not what the build made", where=str(source.file), hint="Build again, then publish.")
    return content
