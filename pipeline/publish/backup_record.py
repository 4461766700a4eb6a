"""What this machine knows of its last backup to each target: for ``status``, and to skip unchanged files."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.cache import Cache
from pipeline.cache.atomic_files import convert_os_errors, describe_stat, read_record, write_record
from pipeline.model import from_json, to_json
from pipeline.publish.backup_manifest import BackupFile
from pipeline.publish.backup_sources import scan_sources

_FOLDER = "backups"  # in the cache
_SETTLED_NS = 2_000_000_000  # a file that changed just before may change again without another time stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRecord:
    """A backup from this machine, and the stat of each file at that moment."""

    target: str
    at: datetime
    files: Mapping[str, BackupFile]  # by path
    stats: Mapping[str, tuple[int, ...]]  # by path

    def find_unchanged(self, path: str, status: tuple[int, ...]) -> BackupFile | None:
        """Return a file as it was backed up, if its stat is still the same."""
        _, mtime_ns, ctime_ns, *_ = status
        is_settled = self.at.timestamp() * 1e9 - max(mtime_ns, ctime_ns) > _SETTLED_NS
        return self.files.get(path) if is_settled and self.stats.get(path) == status else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStatus:
    """What is only on this machine."""

    target: str = ""  # of the newest backup; empty: none was made
    at: datetime | None = None
    never: tuple[str, ...] = ()  # files that no backup has under any name
    changed: tuple[str, ...] = ()  # files that a backup has with other content


def read_backup_record(root: Path, cache: Cache, target: str) -> BackupRecord | None:
    """Read the record of a target; ``None`` if there is none, or it is damaged."""
    return _parse_record(_find_record_file(root, cache, target))


def write_backup_record(root: Path, cache: Cache, record: BackupRecord) -> None:
    """Write the record of a target."""
    write_record(_find_record_file(root, cache, record.target), to_json(record))


def find_backup_status(root: Path, cache: Cache) -> BackupStatus:
    """Find the files that no backup from this machine has as they are now; reads only those that may have changed.

    Raises:
        StorageError: A file cannot be read.
    """
    records = sorted(list_records(root, cache), key=lambda one: (one.at, one.target))
    newest = records[-1] if records else None
    digests: dict[int, set[str]] = defaultdict(set)
    for one in (one for record in records for one in record.files.values()):
        digests[one.size_bytes].add(one.sha256)
    paths = {path for record in records for path in record.files}
    missing = [path for path in scan_sources(root)[0] if not _is_backed_up(root, path, records, digests, cache)]
    return BackupStatus(
        target=newest.target if newest else "",
        at=newest.at.astimezone(UTC) if newest else None,
        never=tuple(path for path in missing if path not in paths),
        changed=tuple(path for path in missing if path in paths),
    )


def _is_backed_up(
    root: Path, path: str, records: list[BackupRecord], digests: Mapping[int, set[str]], cache: Cache
) -> bool:
    """Check by stat, else by digest, whether a backup has the content of a file; ``digests`` are by size in bytes."""
    file = root / path
    with convert_os_errors(file, "cannot be read"):
        status = tuple(describe_stat(file.stat()))
    if any(record.find_unchanged(path, status) for record in records):
        return True
    return status[0] in digests and cache.compute_digest(file) in digests[status[0]]


def list_records(root: Path, cache: Cache) -> Iterator[BackupRecord]:
    """Read the records of all backups of a programme from this machine."""
    prefix = _hash_name(str(root.resolve()))
    for file in sorted((cache.folder / _FOLDER).glob(f"{prefix}-*.json")):
        if record := _parse_record(file):
            yield record


def _parse_record(file: Path) -> BackupRecord | None:
    try:
        plain = read_record(file)
        return None if plain is None else from_json(BackupRecord, plain)
    except (TypeError, KeyError, ValueError):
        return None  # of another release: the files are read again


def _find_record_file(root: Path, cache: Cache, target: str) -> Path:
    return cache.folder / _FOLDER / f"{_hash_name(str(root.resolve()))}-{_hash_name(target)}.json"


def _hash_name(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
