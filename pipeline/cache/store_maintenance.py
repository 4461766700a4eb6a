"""Check a cache in a store for damage, and delete what no build needs. Only these list the store; builds read exact keys."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.cache.blobs import Blob, compute_key
from pipeline.cache.object_store import ObjectStore, get_object_name, get_record_name
from pipeline.errors import StorageError
from pipeline.model import Finding

if TYPE_CHECKING:
    from pipeline.cache.bucket import BucketEntry

GRACE = timedelta(days=1)  # what is younger may belong to a build that runs

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class StoreListing:
    """What lies in a store."""

    objects: dict[str, list["BucketEntry"]] = field(default_factory=lambda: defaultdict(list))  # parts by digest
    records: dict[str, "BucketEntry"] = field(default_factory=dict)  # by key
    builds: dict[str, "BucketEntry"] = field(default_factory=dict)  # by name


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreWaste:
    """What can be deleted, in this order: records before the objects that they name."""

    entries: tuple["BucketEntry", ...]
    objects: int
    records: int
    live: int  # objects that remain


def find_waste(store: ObjectStore, *, now: datetime) -> StoreWaste:
    """Find what no manifest names, and is older than a day.

    Args:
        store: The store; other builds may run meanwhile.
        now: The current time.

    Raises:
        StorageError: No manifest names an existing object; nothing is deleted.
    """
    listing = _list_store(store)
    keys, objects, builds = _find_live_names(store)

    def find_old(entries: dict[str, Any], live: set[str]) -> list[Any]:
        unused = [one for name, one in entries.items() if name not in live]
        return [one for one in unused if all(part.modified < now - GRACE for part in _as_list(one))]

    old_objects = find_old(listing.objects, objects)
    old_records, old_builds = find_old(listing.records, keys), find_old(listing.builds, builds)
    live = len(listing.objects) - len(old_objects)
    if old_objects and not objects & set(listing.objects):
        message = "no finished build uses the cache; everything would be deleted"
        raise StorageError(message, where=store.address, hint="Build first, then clean.")
    parts = [part for one in old_objects for part in one]
    return StoreWaste(
        entries=(*old_builds, *old_records, *parts), objects=len(old_objects), records=len(old_records), live=live
    )


def verify_store(store: ObjectStore) -> Iterator[Finding]:
    """Read everything in a store; find each flipped byte, and what is missing."""
    listing, damaged = _list_store(store), set()
    for sha256, parts in sorted(listing.objects.items()):
        if not store.check_object(Blob(sha256=sha256, size_bytes=sum(part.size_bytes for part in parts))):
            damaged.add(sha256)
            yield _make_finding("object-damaged", get_object_name(sha256), "content does not match its digest")
    for key, entry in sorted(listing.records.items()):
        plain = store.read_file(entry.path)
        if plain is None:
            yield _make_finding("record-damaged", entry.path, "unreadable, or changed")
        elif compute_key(plain["parts"]) != key:
            yield _make_finding("record-misplaced", entry.path, "file name does not match its key")
        elif any(blob["sha256"] not in listing.objects.keys() - damaged for blob in plain["outputs"].values()):
            yield _make_finding("object-missing", entry.path, "an output is missing")
    for entry in listing.builds.values():
        if store.read_file(entry.path) is None:
            yield _make_finding("record-damaged", entry.path, "unreadable, or changed")


def delete_found(store: ObjectStore, path: str) -> None:
    """Delete what ``verify_store`` found; of an object all parts that exist."""
    if path.startswith("objects/"):
        for entry in store.bucket.list(path.rpartition("/")[0] + "/"):
            if entry.path.partition(".")[0] == path:
                store.delete_file(entry.path)
    else:
        store.delete_file(path)


def _as_list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _list_store(store: ObjectStore) -> StoreListing:
    listing = StoreListing()
    for entry in store.bucket.list("objects/"):
        name = "".join(entry.path.split("/")[1:]).partition(".")[0]
        listing.objects[name].append(entry)
    for parts in listing.objects.values():
        parts.sort(key=lambda entry: entry.path)
    for entry in store.bucket.list("records/"):
        listing.records["".join(entry.path.split("/")[1:]).removesuffix(".json")] = entry
    for entry in store.bucket.list("builds/"):
        listing.builds[entry.path.removeprefix("builds/").removesuffix(".json")] = entry
    return listing


def _find_live_names(store: ObjectStore) -> tuple[set[str], set[str], set[str]]:
    """Find the keys, objects and builds that are needed: by the last builds of each programme, and what is kept."""
    keys: set[str] = set()
    builds: set[str] = set()
    objects = {"".join(one.path.split("/")[1:]).removesuffix(".json") for one in store.bucket.list("kept/")}
    for entry in store.bucket.list("programmes/"):
        builds |= set((store.read_file(entry.path) or {"builds": []})["builds"])
    for name in builds:
        plain = store.read_file(f"builds/{name}.json") or {"keys": {}, "objects": []}
        keys |= set(plain["keys"].values())
        objects |= set(plain["objects"])
    for key in keys:
        plain = store.read_file(get_record_name(key))
        if plain is not None:
            inputs = (value for value in plain["parts"].get("inputs", {}).values() if _DIGEST.fullmatch(str(value)))
            objects |= {blob["sha256"] for blob in plain["outputs"].values()} | set(inputs)
    return keys, objects, builds


def _make_finding(code: str, path: str, message: str) -> Finding:
    hint = "`weerslag cache verify --repair` deletes it; the next build makes it again."
    return Finding(code=code, severity="error", where=path, message=message, hint=hint)
