"""Digests of input files, computed again only when the stat of a file changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.cache.atomic_files import convert_os_errors, describe_stat, hash_file, read_record, write_record
from pipeline.errors import StorageError

_SETTLED_NS = 2_000_000_000  # a younger file may change again within one tick of its clock


@dataclass
class DigestMemo:
    """Remembers digests in one file."""

    file: Path
    digested: set[str] = field(default_factory=set, repr=False)  # every requested path
    _changed: bool = field(default=False, repr=False)

    def compute_digest(self, path: Path) -> str:
        """Return the sha256 of a file.

        Raises:
            StorageError: It cannot be read.
        """
        entries = self._entries
        self.digested.add(str(path))
        with convert_os_errors(path, "cannot be read"):
            known = entries.get(str(path))
            stat = describe_stat(path.stat())
            if known and known[:-1] == stat:
                return str(known[-1])
            sha256 = hash_file(path)
            if describe_stat(path.stat()) != stat:
                hint = "Wait until it is copied, and build again."
                raise StorageError("changed while it was read", where=str(path), hint=hint)
        if time.time_ns() - max(stat[1], stat[2]) > _SETTLED_NS:  # no result depends on this clock
            entries[str(path)] = [*stat, sha256]
            self._changed = True
        return sha256

    def is_known(self, path: Path) -> bool:
        """Whether the digest of a file is known without reading it."""
        known = self._entries.get(str(path))
        try:
            return known is not None and known[:-1] == describe_stat(path.stat())
        except OSError:  # the task that needs it reports that
            return False

    def memoize(self, path: Path, function: Callable[[Path], str]) -> str:
        """Return ``function(path)``; call it only if the digest of the file changed."""
        name = f"{path}\0{function.__qualname__}"
        sha256, entries = self.compute_digest(path), self._entries
        if name not in entries or entries[name][0] != sha256:
            entries[name] = [sha256, function(path)]
            self._changed = True
        return str(entries[name][1])

    def save(self) -> None:
        """Write the file, if anything changed."""
        if self._changed:
            write_record(self.file, self._entries)
            self._changed = False

    @cached_property
    def _entries(self) -> dict[str, list[Any]]:
        return read_record(self.file) or {}
