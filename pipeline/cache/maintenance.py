"""Check a cache for damage, and delete what no build needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.cache.atomic_files import convert_os_errors, hash_file, is_partial, list_files, read_record
from pipeline.cache.blobs import Blob, compute_key
from pipeline.cache.cache import Cache
from pipeline.cache.object_store import ObjectStore
from pipeline.cache.store_maintenance import delete_found, find_waste, make_finding, verify_store
from pipeline.errors import StorageError, fill
from pipeline.model import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupSummary:
    """What was deleted, or would be."""

    objects: int
    records: int
    size_bytes: int
    live: int  # objects that remain


def delete_unused(cache: Cache, *, dry_run: bool, now: datetime) -> CleanupSummary:
    """Delete every object and record that no manifest names; in a store only those older than a day.

    Raises:
        StorageError: No manifest names an existing object; nothing is deleted.
    """
    if cache.store is not None:
        return _clean_store(cache.store, dry_run=dry_run, now=now)
    keys, objects = _find_live(cache)
    records = [path for path in list_files(cache.folder / "records") if path.parent.name + path.stem not in keys]
    present = list_files(cache.folder / "objects")
    unused = [path for path in present if path.parent.name + path.name not in objects]
    size = sum(path.stat().st_size for path in [*records, *unused])
    live = len(present) - len(unused)
    if unused and not live:
        message = "no finished build uses the cache; everything would be deleted"
        raise StorageError(message, where=str(cache.folder), hint="Build first, then clean.")
    if not dry_run:
        with convert_os_errors(cache.folder, "cannot be cleaned"):
            for path in [*records, *unused]:  # records first: a record never names a missing object
                path.unlink()
    return CleanupSummary(objects=len(unused), records=len(records), size_bytes=size, live=live)


def verify_cache(cache: Cache) -> tuple[Finding, ...]:
    """Read everything, and find each flipped byte in objects and records; what a killed build left half written is none."""
    if cache.store is not None:
        return tuple(verify_store(cache.store))
    findings = [
        make_finding("object-damaged", str(path), "content does not match its digest")
        for path in list_files(cache.folder / "objects")
        if hash_file(path) != path.parent.name + path.name
    ]
    records, builds, trees = (
        [path for path in list_files(cache.folder / kind) if not is_partial(path)]
        for kind in ("records", "builds", "trees")
    )
    files = [*records, *builds, *trees, *sorted(cache.folder.glob("*.json"))]
    unread = [path for path in files if read_record(path) is None]
    findings += [make_finding("record-damaged", str(path), "unreadable, or changed") for path in unread]
    for path in records:
        plain = read_record(path) or {"outputs": {}, "parts": None}
        if plain["parts"] is not None and compute_key(plain["parts"]) != path.parent.name + path.stem:
            findings.append(make_finding("record-misplaced", str(path), "file name does not match its key"))
        missing = [name for name, blob in plain["outputs"].items() if not cache.has_object(Blob(**blob))]
        findings += [
            make_finding("object-missing", str(path), fill("output is missing: {name}", name=name)) for name in missing
        ]
    return tuple(findings)


def delete_damaged(cache: Cache, findings: Sequence[Finding]) -> None:
    """Delete what ``verify_cache`` found; the next build makes it again."""
    for finding in findings:
        if cache.store is not None:
            delete_found(cache.store, finding.where)
        else:
            Path(finding.where).unlink(missing_ok=True)


def _clean_store(store: ObjectStore, *, dry_run: bool, now: datetime) -> CleanupSummary:
    waste = find_waste(store, now=now)
    for entry in () if dry_run else waste.entries:
        store.delete_file(entry.path)
    size = sum(entry.size_bytes for entry in waste.entries)
    return CleanupSummary(objects=waste.objects, records=waste.records, size_bytes=size, live=waste.live)


def _find_live(cache: Cache) -> tuple[set[str], set[str]]:
    """Find the keys and the objects that a manifest names, directly or by a record."""
    keys: set[str] = set()
    objects: set[str] = set()
    for manifest in [*cache.list_builds(), cache.folder / "last.json"]:
        plain = read_record(manifest) or {"keys": {}, "objects": []}
        keys |= set(plain["keys"].values())
        objects |= set(plain["objects"])
    for key in keys:
        plain = read_record(cache.get_record_path(key))
        objects |= {blob["sha256"] for blob in plain["outputs"].values()} if plain else set()
    return keys, objects
