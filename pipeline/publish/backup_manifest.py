"""What a backup consists of: objects named by their digest, and one manifest per version that lists all files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from pipeline.cache.atomic_files import encode_canonical
from pipeline.errors import GateError, fill
from pipeline.model import from_json, to_json
from pipeline.publish.target import Target, TargetError, TargetFile

CHUNK_BYTES = 8 << 20  # an object is at most this long: the memory of a backup is that of a few objects
MARK = "weerslag-backup.txt"  # at the target: it holds backups and nothing else
MARK_TEXT = b"Backups of a Weerslag programme. Keep this folder private: it holds recordings and drafts.\n"
_VERSIONS, _OBJECTS = "versions/", "objects/"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """A file in a backup, and the digests of its chunks, in order."""

    path: str  # relative to the programme
    size_bytes: int
    sha256: str
    chunks: tuple[str, ...]

    def list_chunk_sizes(self) -> list[int]:
        """List the sizes of the chunks in bytes: all but the last one are full."""
        return [min(CHUNK_BYTES, self.size_bytes - start) for start in range(0, self.size_bytes, CHUNK_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """All files of a programme at one moment."""

    at: datetime
    podcast: str  # its guid; empty: none
    files: tuple[BackupFile, ...]  # by path

    @property
    def size_bytes(self) -> int:
        """Size of all files together."""
        return sum(one.size_bytes for one in self.files)


def get_object_path(sha256: str) -> str:
    """Return the path of an object at a target."""
    return f"{_OBJECTS}{sha256[:2]}/{sha256}"


def get_object_digest(path: str) -> str:
    """Return the digest that the path of an object contains; empty for any other file."""
    return path.rpartition("/")[2] if path.startswith(_OBJECTS) else ""


def encode_manifest(manifest: BackupManifest) -> tuple[str, bytes]:
    """Return the name of a version and its bytes; the name ends in their digest."""
    content = encode_canonical({"format": _FORMAT, **to_json(manifest)})
    return f"{manifest.at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(content).hexdigest()[:16]}", content


def get_manifest_path(version: str) -> str:
    """Return the path of the manifest of a version at a target."""
    return f"{_VERSIONS}{version}.json"


def list_versions(target: Target) -> list[str]:
    """List the names of all versions, oldest first.

    Raises:
        GateError: The target has files, but no backups.
    """
    return find_versions(target.list_files(), target)


def find_versions(stored: Mapping[str, TargetFile], target: Target) -> list[str]:
    """Find the names of all versions in the list of files of a target, oldest first.

    Raises:
        GateError: The target has files, but no backups.
    """
    if stored and MARK not in stored:
        hint = "Choose an empty folder or prefix that only you can read."
        raise GateError("the target holds other files, and no backup", where=target.name, hint=hint)
    names = (PurePosixPath(path) for path in stored if path.startswith(_VERSIONS))
    return sorted(name.stem for name in names if name.suffix == ".json")


def fetch_manifest(target: Target, version: str) -> BackupManifest:
    """Read a version from a target.

    Raises:
        GateError: There is no such version.
        TargetError: It is damaged, or of a later release.
    """
    path = get_manifest_path(version)
    stored = target.read(path)
    if stored is None:
        message = fill("there is no version {version}", version=version)
        raise GateError(message, where=target.name, hint="`weerslag backup TARGET --list` shows all versions.")
    content, where = stored[0], f"{target.name}/{path}"
    if not version.endswith(hashlib.sha256(content).hexdigest()[:16]):
        raise TargetError("this version is damaged", where=where, hint="Restore another one: see --list.")
    plain: dict[str, Any] = json.loads(content.decode("utf-8", "surrogatepass"))
    if plain.pop("format") != _FORMAT:
        raise TargetError("this version was made by a later release", where=where, hint="Update Weerslag.")
    return from_json(BackupManifest, plain)
