"""Back up the sources, recordings and publication log of a programme to a private target.

Objects are uploaded and read back first, the manifest is written last: a backup that is interrupted at any point leaves
all earlier versions intact, and the next one continues.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from pipeline.cache import Cache
from pipeline.cache.atomic_files import convert_os_errors, describe_stat
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.errors import GateError, StorageError, fill
from pipeline.publish.backup_manifest import (
    CHUNK_BYTES,
    MARK,
    MARK_TEXT,
    BackupFile,
    BackupManifest,
    encode_manifest,
    fetch_manifest,
    find_versions,
    get_manifest_path,
    get_object_digest,
    get_object_path,
)
from pipeline.publish.backup_record import BackupRecord, read_backup_record, write_backup_record
from pipeline.publish.backup_sources import find_podcast_guid, scan_sources
from pipeline.publish.target import Target, TargetError, TargetFile, UploadSource

_UNSETTLED = "changed during the backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSource(UploadSource):
    """A part of a local file, which becomes one object."""

    start: int  # bytes from the start of the file
    replaces: bool = False  # a damaged object

    def read(self) -> bytes:
        """Read the chunk.

        Raises:
            StorageError: It cannot be read, or it changed.
        """
        with convert_os_errors(self.file, "cannot be read"), self.file.open("rb") as file:
            file.seek(self.start)
            content = file.read(self.size_bytes)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            hint = "Wait until no program writes to it, and run the backup again: it continues."
            raise StorageError(_UNSETTLED, where=str(self.file), hint=hint)
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """What a backup would do."""

    manifest: BackupManifest
    previous: str  # the newest version; empty: none
    uploads: tuple[ChunkSource, ...]
    changed: tuple[str, ...]  # paths of files that are new, or differ from the newest version
    removed: tuple[str, ...]  # paths that only the newest version has
    skipped: tuple[str, ...]  # links, which are not followed
    damaged: tuple[str, ...]  # objects of earlier versions that no local file can replace
    stats: Mapping[str, tuple[int, ...]] = field(repr=False)  # of each file, to recognise it later

    @property
    def is_up_to_date(self) -> bool:
        """Whether the newest version has exactly these files."""
        return not (self.uploads or self.changed or self.removed) and bool(self.previous)


def plan_backup(root: Path, target: Target, *, cache: Cache, now: datetime, verify: bool = False) -> BackupPlan:
    """Compare the programme with the target. Changes nothing.

    Args:
        root: The folder of the programme.
        target: Where backups are kept.
        cache: Remembers the digests of files from the backup before.
        now: The time of the new version.
        verify: Read every object back from the target; those that are damaged are uploaded again.

    Raises:
        GateError: The target is public, inside the programme, or that of another programme.
        StorageError: A file cannot be read, or is being written.
        TargetError: The target cannot be read.
    """
    _check_is_private(root, target)
    stored = target.list_files()
    versions = find_versions(stored, target)
    previous = fetch_manifest(target, versions[-1]) if versions else None
    podcast = find_podcast_guid(root)
    if previous and previous.podcast and podcast and previous.podcast != podcast:
        hint = "Choose another folder or prefix: each programme has its own."
        raise GateError("the target holds backups of another programme", where=target.name, hint=hint)
    broken = _find_damaged_objects(target, stored) if verify else frozenset()
    paths, skipped = scan_sources(root)
    record = read_backup_record(root, cache, target.name)
    read = [_describe_source(root, path, record) for path in paths]
    files = tuple(one for one, _ in read)
    known = {one.path: one.sha256 for one in previous.files} if previous else {}
    uploads = tuple(_list_uploads(root, files, stored, broken))
    return BackupPlan(
        manifest=BackupManifest(at=now.replace(microsecond=0), podcast=podcast, files=files),
        previous=versions[-1] if versions else "",
        uploads=uploads,
        changed=tuple(one.path for one in files if known.get(one.path) != one.sha256),
        removed=tuple(sorted(known.keys() - {*paths})),
        skipped=skipped,
        damaged=tuple(sorted(broken - {one.path for one in uploads})),
        stats={one.path: seen for one, seen in read},
    )


def run_backup(
    plan: BackupPlan, root: Path, target: Target, *, cache: Cache, report: Callable[[ChunkSource], object]
) -> str:
    """Upload what is missing, read it back, and write the new version; return its name, or that of the newest one.

    Args:
        plan: Of this target.
        root: The folder of the programme.
        target: Where backups are kept.
        cache: Receives the record that ``status`` reads.
        report: Is called after each object.

    Raises:
        StorageError: A file changed meanwhile.
        TargetError: The target could not be written, or an object differs when it is read back.
    """
    target.create_private_folder()
    if target.read(MARK) is None:
        target.write_if_match(MARK, MARK_TEXT, token="")
    with ThreadPoolExecutor(max_workers=target.concurrency) as pool:
        for source in pool.map(partial(_upload_chunk, target=target), plan.uploads):
            report(source)
    version = plan.previous
    if plan.changed or plan.removed or not version:
        version, content = encode_manifest(plan.manifest)
        target.write_if_match(get_manifest_path(version), content, token="")
    record = BackupRecord(
        target=target.name, at=plan.manifest.at, files={one.path: one for one in plan.manifest.files}, stats=plan.stats
    )
    write_backup_record(root, cache, record)
    return version


def _check_is_private(root: Path, target: Target) -> None:
    """Require that listeners cannot reach the target, as far as the publication log knows."""
    names = read_publication_log(root / LOG_FILE).list_targets()
    public = next((name for name in names if f"{target.name}/".startswith(f"{name}/")), "")
    if public:
        message = fill("this place is public: listeners are served from {target}", target=public)
        raise GateError(message, where=target.name, hint="Choose a place that only you can read.")


def _describe_source(root: Path, path: str, record: BackupRecord | None) -> tuple[BackupFile, tuple[int, ...]]:
    """Compute the digests of a file, unless it is as the backup before recorded it; with its stat."""
    file = root / path
    with convert_os_errors(file, "cannot be read"):
        before = tuple(describe_stat(file.stat()))
        if record and (known := record.find_unchanged(path, before)):
            return known, before
        whole, chunks, size_bytes = hashlib.sha256(), list[str](), 0
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                whole.update(chunk)
                chunks.append(hashlib.sha256(chunk).hexdigest())
                size_bytes += len(chunk)
        after = tuple(describe_stat(file.stat()))
    if before != after:
        raise StorageError(_UNSETTLED, where=str(file), hint="Wait until no program writes to it, and try again.")
    return BackupFile(path=path, size_bytes=size_bytes, sha256=whole.hexdigest(), chunks=tuple(chunks)), before


def _find_damaged_objects(target: Target, stored: Mapping[str, TargetFile]) -> frozenset[str]:
    """Read every object back; return the paths of those that differ from their name."""
    objects = [path for path in stored if get_object_digest(path)]
    with ThreadPoolExecutor(max_workers=target.concurrency) as pool:
        digests = pool.map(target.hash_file, objects)
    return frozenset(path for path, digest in zip(objects, digests, strict=True) if digest != get_object_digest(path))


def _list_uploads(
    root: Path, files: tuple[BackupFile, ...], stored: Mapping[str, TargetFile], broken: frozenset[str]
) -> Iterator[ChunkSource]:
    """List the objects that the target does not have, each once; one of another size is damaged."""
    seen: set[str] = set()
    for one in files:
        for number, (sha256, size_bytes) in enumerate(zip(one.chunks, one.list_chunk_sizes(), strict=True)):
            path = get_object_path(sha256)
            present = stored.get(path)
            is_intact = present is not None and present.size_bytes == size_bytes and path not in broken
            if is_intact or sha256 in seen:
                continue
            seen.add(sha256)
            yield ChunkSource(
                path=path,
                file=root / one.path,
                sha256=sha256,
                size_bytes=size_bytes,
                start=number * CHUNK_BYTES,
                replaces=present is not None,
            )


def _upload_chunk(source: ChunkSource, *, target: Target) -> ChunkSource:
    """Upload an object and read it back; one that differs is removed, so that the next backup uploads it again."""
    (target.replace if source.replaces else target.create)(source)
    if target.hash_file(source.path) != source.sha256:
        target.remove(source.path)
        hint = "Run the backup again; if this happens again, the disk or storage is defective."
        raise TargetError("differs when it is read back", where=f"{target.name}/{source.path}", hint=hint)
    return source
