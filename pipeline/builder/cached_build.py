"""Cache a build as a whole, so that a build in which nothing changed reads no content and renders nothing.

The key covers every file that people write, every file of Weerslag itself, the libraries, ffmpeg and the table of time zones.
The record covers the rest: the times that lie in the past, and what the publication log requires. The outputs are not stored
a second time: they are valid as long as ``public/`` and ``press/`` are as that build left them.
"""

import hashlib
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH, ZoneInfo

from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import Reporter
from pipeline.builder.trees import open_tree
from pipeline.cache import Cache, CacheRecord, compute_key
from pipeline.catalogue import get_templates_folder
from pipeline.errors import DependencyError, StorageError, ValidationError
from pipeline.media import executable
from pipeline.model import Output, Programme, from_json, to_json
from pipeline.model.build_outline import BuildOutline

RECIPE_VERSION = 5  # increment on format change of the record or the key

_SOURCES = ("programme.yaml", "about.md", "episodes", "magazine", "templates")  # what people write
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildKey:
    """The key of a build as a whole, and the warnings before it began."""

    parts: Mapping[str, Any]  # from ``collect_key_parts``, before the content was read
    revoked: tuple[ValidationError, ...] = ()  # approvals that an edit revoked
    published_events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # from the publication log


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedBuild:
    """The record of a finished build: conditions beyond its key, and what it reported."""

    other_files: Mapping[str, str]  # files of the programme outside the usual folders: sha256
    times: tuple[datetime, ...]  # all in the programme, in order: only at these what is published changes
    passed: int  # number of them in the past, at that build
    publication_log: str  # a digest of all that the publication log decides
    trees: Mapping[str, str]  # a digest of each as the build left it
    result: BuildResult  # as it is reported when nothing changed
    revoked: tuple[ValidationError, ...]


def collect_key_parts(root: Path, cache: Cache, *, preview: bool = False) -> dict[str, Any] | None:
    """Collect the parts of the key of a build of ``root`` as it is now, or of its preview.

    Returns:
        The parts; ``None`` if a folder is a link, a file cannot be read or is not a regular file, or ffmpeg is missing. Then a
        build finds out what is wrong.
    """
    templates = get_templates_folder()
    tables = [Path(place) / "tzdata.zi" for place in TZPATH]  # of the time zones, where the system has them
    try:
        inputs = {
            "programme": _hash_names(root, _SOURCES, cache),
            "weerslag": _hash_names(_PACKAGE.parent, (_PACKAGE.name,), cache),
            "templates": _hash_names(templates.parent, (templates.name,), cache),
            "ffmpeg": cache.compute_digest(executable.find_ffmpeg()),
            "libraries": compute_key({"names": _list_libraries()}),
            "time zones": compute_key({"files": [cache.compute_digest(file) for file in tables if file.is_file()]}),
        }
    except (StorageError, DependencyError, _UnhashableError, OSError):
        return None
    settings = {"preview": preview}
    return {"task": "build", "recipe": RECIPE_VERSION, "python": sys.version, "settings": settings, "inputs": inputs}


def has_cached_build(parts: Mapping[str, Any] | None, cache: Cache) -> bool:
    """Check whether such a build was finished once; ``load_cached_build`` checks whether it is still valid."""
    return parts is not None and cache.find_record(compute_key(parts)) is not None


def load_cached_build(
    root: Path,
    parts: Mapping[str, Any] | None,
    *,
    published_events: Mapping[str, tuple[str, ...]],
    cache: Cache,
    now: datetime,
    render_notices: Callable[[BuildOutline], Sequence[Output]],
) -> CachedBuild | None:
    """Load the record of a build with that key, if all its outputs are unchanged on disk."""
    record = cache.find_record(compute_key(parts)) if parts is not None else None
    if record is None:
        return None
    try:
        cached = from_json(CachedBuild, record.result)
        outline = cached.result.outline
        is_valid = (
            bisect_right(cached.times, now) == cached.passed
            and all(cache.compute_digest(root / path) == sha256 for path, sha256 in cached.other_files.items())
            and cached.publication_log == _hash_publication_log(published_events, outline, render_notices(outline))
            and cached.trees == {name: open_tree(root, cache, name).compute_digest() for name in cached.trees}
        )
    except (StorageError, TypeError, ValueError, KeyError):
        return None  # a file is gone, or cannot be read: a build reports it
    return cached if is_valid else None


def replay_cached_build(cached: CachedBuild, reporter: Reporter) -> BuildResult:
    """Report a cached build as if it had been run again."""
    for step in cached.result.steps:
        reporter.step(step)
    zone = ZoneInfo(cached.result.outline.timezone)
    return replace(cached.result, held_back=tuple((slug, at.astimezone(zone)) for slug, at in cached.result.held_back))


def save_build(
    build_key: BuildKey,
    result: BuildResult,
    programme: Programme,
    root: Path,
    cache: Cache,
    *,
    now: datetime,
    notices: Sequence[Output],
) -> dict[str, str]:
    """Record a finished build.

    Returns:
        Its key, by its label among those of the tasks; empty if something was edited meanwhile, and nothing was recorded.
    """
    preview = build_key.parts["settings"]["preview"]
    if collect_key_parts(root, cache, preview=preview) != build_key.parts:
        return {}
    zone = ZoneInfo(programme.timezone)
    # A newsletter is public from its day on.
    letters = (datetime.combine(letter.day, time(), zone) for letter in programme.newsletters)
    times = tuple(sorted({*_find_times(programme), *letters}))
    cached = CachedBuild(
        other_files=_hash_other_files(root, cache),
        times=times,
        passed=bisect_right(times, now),
        publication_log=_hash_publication_log(build_key.published_events, result.outline, notices),
        trees={name: open_tree(root, cache, name).compute_digest() for name in result.changes},
        result=result,
        revoked=build_key.revoked,
    )
    key = compute_key(build_key.parts)
    cache.add_record(key, CacheRecord(parts=build_key.parts, outputs={}, result=to_json(cached)))
    return {"built preview" if preview else "built all": key}  # its lookup name, among those of its tasks


class _UnhashableError(Exception):
    """A file cannot be included in a cache key: it is a link or not a regular file."""


def _hash_names(folder: Path, names: Sequence[str], cache: Cache) -> str:
    """Compute one digest over all files and folders below some names; hidden ones are left out, as content does."""
    found: dict[str, str] = {}
    for name in names:
        path = folder / name
        if path.is_symlink():
            raise _UnhashableError
        if path.is_dir():
            found |= _hash_files(path, f"{name}/", cache)
        elif path.exists():
            found[name] = cache.compute_digest(path)
    return compute_key(found)


def _hash_files(folder: Path, prefix: str, cache: Cache) -> Iterator[tuple[str, str]]:
    yield prefix, ""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _hash_files(Path(entry.path), f"{prefix}{entry.name}/", cache)
            elif entry.is_file(follow_symlinks=False):
                yield f"{prefix}{entry.name}", cache.compute_digest(Path(entry.path))
            else:
                raise _UnhashableError


def _list_libraries() -> list[str]:
    """List what is installed, by the metadata folders, whose names hold the versions."""
    places = [Path(place) for place in sys.path if place and Path(place).is_dir()]
    return sorted(
        {file.name for place in places for file in place.iterdir() if file.suffix in (".dist-info", ".egg-info")}
    )


def _hash_other_files(root: Path, cache: Cache) -> dict[str, str]:
    """Hash what the build read outside the usual folders: a cover, a jingle, a profile."""
    usual = [*(root / name for name in _SOURCES), _PACKAGE, get_templates_folder()]
    files = [
        path
        for path in map(Path, sorted(cache.inputs.digested))
        if path.is_relative_to(root) and not any(path.is_relative_to(place) for place in usual)
    ]
    return {str(path.relative_to(root)): cache.compute_digest(path) for path in files}


def _find_times(value: Any) -> Iterator[datetime]:
    """Find every time in a nested value."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _find_times(item)
    elif is_dataclass(value):
        for part in fields(value):
            if part.name not in {"transcript", "review"}:  # by far the largest parts, and without times of day
                yield from _find_times(getattr(value, part.name))


def _hash_publication_log(
    published_events: Mapping[str, tuple[str, ...]], outline: BuildOutline, notices: Sequence[Output]
) -> str:
    """Hash how the publication log changes a build: it grows with each publish, and mostly changes nothing.

    An entry that was published as it is now counts as one that will be: both have the same number in a calendar.
    """
    entries = {}
    for event, digest in outline.entries:
        published = published_events.get(event, ())
        entries[event] = list(published if published[-1:] == (digest,) else (*published, digest))
    digests = {notice.path: hashlib.sha256(notice.content or b"").hexdigest() for notice in notices}
    return compute_key({"entries": entries, "notices": digests})
