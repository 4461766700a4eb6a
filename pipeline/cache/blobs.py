"""What a cache holds: objects, named by their content, and records of tasks, named by a key."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.cache.atomic_files import encode_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """An object: its digest and its size."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRecord:
    """The record of a task: its key in parts, its output files, and what it returned as plain JSON values."""

    parts: Mapping[str, Any]
    outputs: Mapping[str, Blob]
    result: Any = None


def compute_key(parts: Mapping[str, Any]) -> str:
    """Compute a cache key: the sha256 of its parts as canonical JSON."""
    return hashlib.sha256(encode_canonical(parts)).hexdigest()
