"""The journal of a forgetting: written before anything changes, so that repeating the command finishes what was begun.

It is in the cache, and is deleted at the end. It does not have the name, only a salted digest that recognises it.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.cache import Cache, write_atomic
from pipeline.cache.atomic_files import convert_os_errors, delete_partials, hash_file, read_record, write_record
from pipeline.content.forgetting.plan import KEPT, ForgetPlan, ForgetStep
from pipeline.errors import GateError
from pipeline.model import from_json, to_json
from pipeline.text import fold_case

_FILE = "forgetting.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalChange:
    """A change of a file, as JSON can hold it."""

    path: str
    old_sha256: str
    new_base64: str | None
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetJournal:
    """All that is done, and what was done of it."""

    salt: str
    asked: str  # digest of salt and name
    kind: str  # person | episode | reflection
    day: str  # ISO 8601
    receipt: str  # path
    steps: tuple[ForgetStep, ...] = ()
    left: tuple[ForgetStep, ...] = ()
    changes: tuple[JournalChange, ...] = ()
    episodes: tuple[str, ...] = ()  # slugs
    withdrawn: tuple[str, ...] = ()  # guids
    seeds: tuple[str, ...] = ()  # digests of recordings, and of files as they were
    recordings: tuple[str, ...] = ()  # digests of recordings
    cache_files: int = 0
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # paths, by target
    log_entries: tuple[str, ...] = ()  # new digests of entries whose names were removed


def read_journal(cache: Cache) -> ForgetJournal | None:
    """Read the journal of a forgetting that was interrupted; ``None`` if there is none."""
    plain = read_record(cache.folder / _FILE)
    try:
        return from_json(ForgetJournal, plain) if plain is not None else None
    except (TypeError, KeyError, ValueError):
        return None


def write_journal(cache: Cache, journal: ForgetJournal) -> ForgetJournal:
    """Write the journal atomically, and return it."""
    cache.folder.mkdir(parents=True, exist_ok=True)
    write_record(cache.folder / _FILE, to_json(journal))
    return journal


def delete_journal(cache: Cache) -> None:
    """Delete the journal: the forgetting is complete."""
    with convert_os_errors(cache.folder / _FILE, "cannot be removed"):
        (cache.folder / _FILE).unlink(missing_ok=True)


def start_journal(root: Path, asked: str, *, kind: str, day: str) -> ForgetJournal:
    """Begin a journal; its receipt gets the next free number of that day."""
    number = 1
    while (root / KEPT / f"{day}-{number}.md").exists():
        number += 1
    salt = secrets.token_hex(16)
    return ForgetJournal(
        salt=salt, asked=_hash_asked(salt, asked), kind=kind, day=day, receipt=f"{KEPT}/{day}-{number}.md"
    )


def extend_journal(journal: ForgetJournal, plan: ForgetPlan, *, recordings: tuple[str, ...]) -> ForgetJournal:
    """Add a plan to a journal."""
    changes = tuple(
        JournalChange(
            path=one.path,
            old_sha256=one.old_sha256,
            new_base64=None if one.content is None else base64.b64encode(one.content).decode(),
            moved_to=one.moved_to,
        )
        for one in plan.changes
    )
    seeds = (*journal.seeds, *(one.old_sha256 for one in changes), *recordings)
    return replace(
        journal,
        steps=tuple(dict.fromkeys((*journal.steps, *plan.steps))),
        left=tuple(dict.fromkeys((*journal.left, *plan.left))),
        changes=(*journal.changes, *changes),
        episodes=tuple(dict.fromkeys((*journal.episodes, *plan.episodes))),
        withdrawn=tuple(dict.fromkeys((*journal.withdrawn, *plan.withdrawn))),
        seeds=tuple(dict.fromkeys(seeds)),
        recordings=tuple(dict.fromkeys((*journal.recordings, *recordings))),
    )


def require_same(journal: ForgetJournal, asked: str) -> None:
    """Refuse to begin while another forgetting is unfinished.

    Raises:
        GateError: The journal is about something else.
    """
    if journal.asked != _hash_asked(journal.salt, asked):
        hint = "Repeat that command first, with the same words; then this one."
        raise GateError("another `forget` was interrupted, and is not finished", hint=hint)


def apply_changes(root: Path, journal: ForgetJournal) -> None:
    """Write, move and delete the files of a journal; what is done already is skipped.

    Raises:
        StorageError: A file cannot be written.
    """
    paths = [path for one in journal.changes for path in (one.path, one.moved_to) if path]
    delete_partials([root, *((root / path).parent for path in paths)])
    for change in journal.changes:
        file, target = root / change.path, root / (change.moved_to or change.path)
        is_there = file.is_file() and hash_file(file) == change.old_sha256
        if not is_there:
            continue
        if change.new_base64 is not None:
            write_atomic(target, base64.b64decode(change.new_base64))
        elif change.moved_to:
            with convert_os_errors(file, "cannot be moved"):
                target.parent.mkdir(parents=True, exist_ok=True)
                file.rename(target)
        if change.new_base64 is None or change.moved_to:
            with convert_os_errors(file, "cannot be removed"):
                file.unlink(missing_ok=True)
                _remove_empty_folders(file.parent, root)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _hash_asked(salt: str, asked: str) -> str:
    return hashlib.sha256(f"{salt} {' '.join(fold_case(asked).split())}".encode()).hexdigest()
