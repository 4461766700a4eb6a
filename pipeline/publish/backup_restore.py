"""Restore a programme from a backup, byte for byte."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.cache import Cache
from pipeline.cache.atomic_files import convert_os_errors, hash_file, move_into_place, write_synced
from pipeline.errors import GateError
from pipeline.publish.backup_manifest import (
    BackupFile,
    BackupManifest,
    fetch_manifest,
    get_object_path,
    list_versions,
)
from pipeline.publish.backup_record import BackupRecord, write_backup_record
from pipeline.publish.target import Target, TargetError


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """What a restore would do to a folder."""

    version: str
    manifest: BackupManifest
    missing: tuple[BackupFile, ...]  # in the folder
    differing: tuple[BackupFile, ...]  # from the file of that name in the folder


def plan_restore(target: Target, folder: Path, *, version: str = "") -> RestorePlan:
    """Compare a version with a folder. Changes nothing.

    Args:
        target: Holds the backup.
        folder: Where to restore; it may exist, for example as a clone without recordings.
        version: Its name; empty: the newest one.

    Raises:
        GateError: There is no such version.
        TargetError: It cannot be read, or names a file outside the folder.
    """
    versions = list_versions(target)
    if not versions:
        raise GateError("there is no backup here", where=target.name, hint="Check the address: weerslag backup TARGET")
    version = version or versions[-1]
    manifest = fetch_manifest(target, version)
    missing: list[BackupFile] = []
    differing: list[BackupFile] = []
    for one in manifest.files:
        file = _resolve(folder, one.path, target)
        with convert_os_errors(file, "cannot be read"):
            if not file.exists():
                missing.append(one)
            elif not file.is_file() or file.stat().st_size != one.size_bytes or hash_file(file) != one.sha256:
                differing.append(one)
    return RestorePlan(version=version, manifest=manifest, missing=tuple(missing), differing=tuple(differing))


def restore_files(
    files: Sequence[BackupFile], target: Target, folder: Path, *, report: Callable[[BackupFile], object]
) -> None:
    """Write files of a backup, each in one step and only if its digest is right; a restore that is stopped continues.

    Raises:
        StorageError: A file cannot be written.
        TargetError: An object is missing or damaged.
    """
    for one in files:
        file = _resolve(folder, one.path, target)
        partial = file.with_name(f".weerslag-restore-{one.sha256[:16]}")
        with convert_os_errors(file, "cannot be written"):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                write_synced(partial, _fetch_chunks(one, target))
                move_into_place(partial, file, replace=True)
            finally:
                partial.unlink(missing_ok=True)
        report(one)


def record_restore(plan: RestorePlan, target: Target, folder: Path, *, cache: Cache) -> None:
    """Record for ``status`` what is backed up; without stats, so that the digest of each file decides."""
    files = {one.path: one for one in plan.manifest.files}
    write_backup_record(folder, cache, BackupRecord(target=target.name, at=plan.manifest.at, files=files, stats={}))


def _resolve(folder: Path, path: str, target: Target) -> Path:
    """Return where a file belongs.

    Raises:
        TargetError: That is outside the folder, also through a link.
    """
    parts = PurePosixPath(path).parts
    file = folder.joinpath(*parts)
    is_inside = bool(parts) and ".." not in parts and not PurePosixPath(path).is_absolute()
    if not is_inside or not file.parent.resolve().is_relative_to(folder.resolve()) or file.is_symlink():
        hint = "Restore into an empty folder."
        raise TargetError("this file would be outside the folder", where=f"{target.name}: {path}", hint=hint)
    return file


def _fetch_chunks(one: BackupFile, target: Target) -> Iterator[bytes]:
    whole = hashlib.sha256()
    for sha256 in one.chunks:
        path = get_object_path(sha256)
        stored = target.read(path)
        if stored is None or hashlib.sha256(stored[0]).hexdigest() != sha256:
            hint = "Restore an older version (--list), or run `backup --verify` where the file still is."
            raise TargetError("is missing or damaged in the backup", where=f"{target.name}: {one.path}", hint=hint)
        whole.update(stored[0])
        yield stored[0]
    if whole.hexdigest() != one.sha256:
        raise TargetError("this version is damaged", where=f"{target.name}: {one.path}", hint="Restore another one.")
