"""Check a cache in a store for damage, and delete what no build needs. Only these list the store; builds read exact keys."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.cache.blobs import Blob, compute_key
from pipeline.cache.object_store import ObjectStore, get_digest, get_object_name, get_record_name
from pipeline.errors import StorageError
from pipeline.model import Finding

if TYPE_CHECKING:
    from pipeline.cache.bucket import BucketEntry

GRACE = timedelta(days=1)  # what is younger may belong to a build that runs

_DIGEST = re.compile(r"[0-9a-f]{64}")


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
    present = _list_store(store)
    keys, objects, builds = _find_live_names(store)

    def find_old(kind: str, live: set[str]) -> list[list["BucketEntry"]]:
        unused = (parts for name, parts in present[kind].items() if name not in live)
        return [parts for parts in unused if all(part.modified < now - GRACE for part in parts)]

    old_claims, old_builds, old_records, old_objects = (
        find_old("claims", set()),
        find_old("builds", builds),
        find_old("records", keys),
        find_old("objects", objects),
    )
    if old_objects and not objects & set(present["objects"]):
        message = "no finished build uses the cache; everything would be deleted"
        raise StorageError(message, where=store.address, hint="Build first, then clean.")
    return StoreWaste(
        entries=tuple(chain.from_iterable([*old_claims, *old_builds, *old_records, *old_objects])),
        objects=len(old_objects),
        records=len(old_records),
        live=len(present["objects"]) - len(old_objects),
    )


def verify_store(store: ObjectStore) -> Iterator[Finding]:
    """Read everything in a store; find each flipped byte, and what is missing."""
    present, intact = _list_store(store), set()
    for sha256, parts in sorted(present["objects"].items()):
        if store.check_object(Blob(sha256=sha256, size_bytes=sum(part.size_bytes for part in parts))):
            intact.add(sha256)
        else:
            yield make_finding("object-damaged", get_object_name(sha256), "content does not match its digest")
    for entry in chain.from_iterable(present["records"].values()):
        plain = store.read_file(entry.path)
        if plain is None:
            yield make_finding("record-damaged", entry.path, "unreadable, or changed")
        elif compute_key(plain["parts"]) != get_digest(entry.path):
            yield make_finding("record-misplaced", entry.path, "file name does not match its key")
        elif any(blob["sha256"] not in intact for blob in plain["outputs"].values()):
            yield make_finding("object-missing", entry.path, "an output is missing")
    for entry in chain.from_iterable(present["builds"].values()):
        if store.read_file(entry.path) is None:
            yield make_finding("record-damaged", entry.path, "unreadable, or changed")


def delete_found(store: ObjectStore, path: str) -> None:
    """Delete what ``verify_store`` found; of an object all parts that exist."""
    if path.startswith("objects/"):
        for entry in store.bucket.list(path.rpartition("/")[0] + "/"):
            if entry.path.partition(".")[0] == path:
                store.delete_file(entry.path)
    else:
        store.delete_file(path)


def _list_store(store: ObjectStore) -> dict[str, dict[str, list["BucketEntry"]]]:
    """List manifests, records and objects by the digest in their paths; an object in parts has several entries.

    In this order, against the order in which builds write: a record that is listed has its objects.
    """
    found: dict[str, dict[str, list[BucketEntry]]] = {
        kind: defaultdict(list) for kind in ("claims", "builds", "records", "objects")
    }
    for kind, entries in found.items():
        for entry in sorted(store.bucket.list(f"{kind}/"), key=lambda entry: entry.path):
            entries[get_digest(entry.path)].append(entry)
    return found


def _find_live_names(store: ObjectStore) -> tuple[set[str], set[str], set[str]]:
    """Find the keys, objects and builds that are needed: by the last builds of each programme, and what is kept."""
    keys: set[str] = set()
    builds: set[str] = set()
    objects = {get_digest(one.path) for one in store.bucket.list("kept/")}
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


def make_finding(code: str, where: str, message: str) -> Finding:
    """Describe damage."""
    hint = "`weerslag cache verify --repair` deletes it; the next build makes it again."
    return Finding(code=code, severity="error", where=where, message=message, hint=hint)
