"""Remembers a whole build by all that it was made of, so that one in which nothing changed reads no content and renders nothing.

What a build is made of: every file that people write, every file of Weerslag itself, the libraries, ffmpeg and the table
of time zones; the hours that lie behind; and what the ledger asks to be told. All of it is compared by digest. What it
gave is not kept a second time: it is there as long as ``public/`` and ``press/`` stand as that build left them.
"""

import hashlib
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH, ZoneInfo

from pipeline.cache import Action, Store, key_of
from pipeline.content import load_published_events
from pipeline.errors import Fault, MachineError, StoreError
from pipeline.media import executable
from pipeline.model import Finding, Output, Programme, Step, from_plain, to_plain
from pipeline.model.build_outline import Outline
from pipeline.typesetting import templates_folder

RECIPE = 1  # of what stands in the record, and of what is looked at

NAME = "built all"  # what the key of a whole build is found by, among those of the things that it made

_WRITTEN = ("programme.yaml", "episodes", "magazine", "templates")  # what people write, as the design has it
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """That a build is to be remembered as a whole: by which key, and what was told before it began."""

    parts: Mapping[str, Any]  # as ``parts_of`` gave them before the content was read
    voided: tuple[Fault, ...] = ()  # clearances that an edit made void


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What can be told of a finished build without building."""

    kept: tuple[str, ...]  # what it stood on
    warnings: tuple[Step, ...]
    files: Mapping[str, int]  # how many there are in each tree
    held_back: tuple[tuple[str, str], ...]  # slug and hour
    silent: tuple[str, ...]
    outline: Outline
    findings: Mapping[str, tuple[Finding, ...]]

    def later(self) -> tuple[tuple[str, datetime], ...]:
        """What is held back, each until its hour by the clock of the programme."""
        zone = ZoneInfo(self.outline.timezone)
        return tuple((slug, datetime.fromisoformat(hour).astimezone(zone)) for slug, hour in self.held_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a finished build is known by beyond its key, and what it told."""

    elsewhere: Mapping[str, str]  # files of the programme outside the usual folders: sha256
    hours: tuple[datetime, ...]  # all that the programme names, in order: what is shown changes at these only
    passed: int  # of them, at that build
    ledger: str  # a digest of all that the ledger has a say in
    trees: Mapping[str, str]  # a digest of each as the build left it
    told: Told
    voided: tuple[Fault, ...]


def parts_of(root: Path, store: Store) -> dict[str, Any] | None:
    """The key of a whole build of what stands in ``root`` now, in parts; ``None`` where that cannot be known.

    So it is where a folder is a link, a file cannot be read or is no file, or ffmpeg is missing: then it takes a build to say what is wrong.
    """
    try:
        ffmpeg = executable.find()
        inputs = {
            "programme": _digest_below(root, _WRITTEN, store),
            "weerslag": _digest_below(_PACKAGE.parent, (_PACKAGE.name,), store),
            "templates": _digest_below(templates_folder().parent, (templates_folder().name,), store),
            "ffmpeg": store.digest(ffmpeg),
            "libraries": key_of({"names": _libraries()}),
            "time zones": key_of({"files": [store.digest(file) for file in _time_zones()]}),
        }
    except (StoreError, MachineError, _UnknowableError, OSError):
        return None
    return {"maker": "pipeline.builder", "recipe": RECIPE, "python": sys.version, "inputs": inputs}


def is_known(parts: Mapping[str, Any] | None, store: Store) -> bool:
    """Whether a build of just this was finished once; what became of it since is for ``recalled``."""
    return parts is not None and store.find(key_of(parts)) is not None


def recalled(
    root: Path,
    parts: Mapping[str, Any] | None,
    *,
    store: Store,
    now: datetime,
    letters: Callable[[Outline], Sequence[Output]],
) -> Remembered | None:
    """The build of just this, if it was finished once and all that it gave stands there still."""
    action = store.find(key_of(parts)) if parts is not None else None
    if action is None:
        return None
    try:
        known = from_plain(Remembered, action.answer)
        same = (
            bisect_right(known.hours, now) == known.passed
            and all(store.digest(root / path) == sha256 for path, sha256 in known.elsewhere.items())
            and known.ledger == _told_by_the_ledger(root, known.told.outline, letters(known.told.outline))
            and known.trees == {name: store.tree(root / name).outcome() for name in known.trees}
        )
    except (StoreError, TypeError, ValueError, KeyError):
        return None  # a file is gone, or cannot be read: a build says so
    return known if same else None


def remember(
    whole: Whole,
    root: Path,
    programme: Programme,
    *,
    store: Store,
    now: datetime,
    letters: Sequence[Output],
    told: Told,
) -> str:
    """Write down that this build is finished; its key. What was edited meanwhile is not remembered as what it was: then no key."""
    if parts_of(root, store) != whole.parts:
        return ""
    hours = tuple(sorted(set(_moments(programme))))
    known = Remembered(
        elsewhere=_elsewhere(root, store),
        hours=hours,
        passed=bisect_right(hours, now),
        ledger=_told_by_the_ledger(root, told.outline, letters),
        trees={name: store.tree(root / name).outcome() for name in told.files},
        told=told,
        voided=whole.voided,
    )
    key = key_of(whole.parts)
    store.record(key, Action(parts=whole.parts, outputs={}, answer=to_plain(known)))
    return key


# ---------------------------------------------------------------------------------------------- what a build is made of


class _UnknowableError(Exception):
    """Something stands there of which no digest says what it is."""


def _digest_below(folder: Path, names: Sequence[str], store: Store) -> str:
    """One digest of every file and folder below, hidden ones left out, as content leaves them out."""
    found: dict[str, str] = {}
    for name in names:
        path = folder / name
        if path.is_symlink():
            raise _UnknowableError
        if path.is_dir():
            found |= _files_below(path, f"{name}/", store)
        elif path.exists():
            found[name] = store.digest(path)
    return key_of(found)


def _files_below(folder: Path, prefix: str, store: Store) -> Iterator[tuple[str, str]]:
    yield prefix, ""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(Path(entry.path), f"{prefix}{entry.name}/", store)
            elif entry.is_file(follow_symlinks=False):
                yield f"{prefix}{entry.name}", store.digest(Path(entry.path))
            else:
                raise _UnknowableError


def _libraries() -> list[str]:
    """What is installed, each with its version, by the folders that tell it."""
    places = [Path(place) for place in sys.path if place and Path(place).is_dir()]
    return sorted(
        {file.name for place in places for file in place.iterdir() if file.suffix in (".dist-info", ".egg-info")}
    )


def _time_zones() -> list[Path]:
    """The table of the system, where it has one: an hour is shown by the clock of a place."""
    return [file for place in TZPATH if (file := Path(place) / "tzdata.zi").is_file()]


def _elsewhere(root: Path, store: Store) -> dict[str, str]:
    """What the build read of the programme beside the usual folders: a cover, a jingle, a profile."""
    usual = [*(root / name for name in _WRITTEN), _PACKAGE, templates_folder()]
    files = [
        path
        for path in map(Path, sorted(store.asked))
        if path.is_relative_to(root) and not any(path.is_relative_to(place) for place in usual)
    ]
    return {str(path.relative_to(root)): store.digest(path) for path in files}


def _moments(value: Any) -> Iterator[datetime]:
    """Every hour in a value, however deep."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _moments(item)
    elif is_dataclass(value):
        for part in fields(value):
            if part.name != "transcript":  # of a programme by far the most, and without an hour
                yield from _moments(getattr(value, part.name))


def _told_by_the_ledger(root: Path, outline: Outline, letters: Sequence[Output]) -> str:
    """A digest of how the ledger changes what is built: it grows with each publish, and mostly changes nothing.

    An entry that was published as it stands counts as one that is about to be: both have the same number in an agenda.
    """
    before, entries = load_published_events(root), {}
    for event, digest in outline.entries:
        known = before.get(event, ())
        entries[event] = list(known if known[-1:] == (digest,) else (*known, digest))
    told = {letter.path: hashlib.sha256(letter.content or b"").hexdigest() for letter in letters}
    return key_of({"entries": entries, "letters": told})
