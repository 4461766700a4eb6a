"""Delete from a cache what descends from certain files, and what holds certain text: somebody is forgotten."""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cache.atomic_files import convert_os_errors, encode_canonical, list_files, read_record
from pipeline.cache.cache import Cache


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredRecord:
    path: Path
    parts: Any
    text: str
    inputs: frozenset[str]
    outputs: frozenset[str]


def delete_descendants(
    cache: Cache,
    seeds: Collection[str],
    *,
    has_text: Callable[[str], bool],
    is_kept: Callable[[str], bool],
    has_voice: Callable[[str], bool] = lambda _: True,
) -> int:
    """Delete records and objects; the next build makes what it needs again. Killed at any point, it can be repeated.

    Args:
        cache: Its lock is held, or nothing else uses it. What a shared store has is not touched.
        seeds: Digests of input files: what was made of them goes, and what was made of that.
        has_text: Whether a text must go: records with it are deleted.
        is_kept: Whether results of a task, by its name, stay unless they descend from a seed or have such a text.
        has_voice: Whether what a task makes of a seed must go too; lineage ends at a task for which it is false.

    Returns:
        The number of files deleted.
    """
    records = [one for file in list_files(cache.folder / "records") if (one := _read_record(file)) is not None]
    tainted, doomed, grown = set(seeds), set[Path](), True
    while grown:
        found = [
            one for one in records if one.path not in doomed and _is_doomed(one, tainted, has_text, is_kept, has_voice)
        ]
        grown = bool(found)
        doomed |= {one.path for one in found}
        tainted |= {digest for one in found for digest in one.outputs if not one.inputs.isdisjoint(tainted)}
    kept = {digest for one in records if one.path not in doomed for digest in one.outputs}
    objects = [path for path in list_files(cache.folder / "objects") if path.parent.name + path.name not in kept]
    with convert_os_errors(cache.folder, "cannot be cleaned"):
        for path in [*sorted(doomed), *objects]:  # records first: a record never names a missing object
            path.unlink(missing_ok=True)
    return len(doomed) + len(objects)


def delete_build_memories(cache: Cache) -> int:
    """Delete the preview, and what the cache remembers of finished builds; the next build writes it again."""
    with convert_os_errors(cache.folder, "cannot be cleaned"):
        shutil.rmtree(cache.folder / "preview", ignore_errors=True)
        (cache.folder / "trees" / "preview.json").unlink(missing_ok=True)
        gone = [*list_files(cache.folder / "builds"), *cache.folder.glob("last*.json")]
        for path in gone:
            path.unlink(missing_ok=True)
    return len(gone)


def delete_small_files(cache: Cache, has_text: Callable[[str], bool]) -> int:
    """Delete the files beside records and objects that have a certain text: all of them only save time."""
    with convert_os_errors(cache.folder, "cannot be cleaned"):
        gone = [path for path in _list_small_files(cache) if has_text(_read_text(path))]
        for path in gone:
            path.unlink(missing_ok=True)
    return len(gone)


def has_text_in_cache(cache: Cache, has_text: Callable[[str], bool]) -> bool:
    """Check whether a record or a small file of the cache has a certain text."""
    files = [*list_files(cache.folder / "records"), *_list_small_files(cache)]
    return any(has_text(_read_text(path)) for path in files)


def _list_small_files(cache: Cache) -> list[Path]:
    first = {path: path.relative_to(cache.folder).parts[0] for path in list_files(cache.folder)}
    return [path for path, folder in first.items() if folder not in ("records", "objects", "preview", "tmp")]


def _read_text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _is_doomed(
    one: _StoredRecord,
    tainted: set[str],
    has_text: Callable[[str], bool],
    is_kept: Callable[[str], bool],
    has_voice: Callable[[str], bool],
) -> bool:
    task = str(one.parts.get("task", ""))
    descends = not one.inputs.isdisjoint(tainted) and has_voice(task)
    return descends or not is_kept(task) or has_text(one.text)


def _read_record(file: Path) -> _StoredRecord | None:
    plain = read_record(file)
    if plain is None or not isinstance(plain.get("parts"), dict):
        return None
    return _StoredRecord(
        path=file,
        parts=plain["parts"],
        text=encode_canonical(plain).decode("utf-8", "replace"),
        inputs=frozenset(_find_digests(plain["parts"].get("inputs"))),
        outputs=frozenset(blob["sha256"] for blob in plain.get("outputs", {}).values()),
    )


def _find_digests(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [digest for one in values for digest in _find_digests(one)]
