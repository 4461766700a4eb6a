"""Write the publication log: one entry per publish, appended atomically."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.cache import Cache
from pipeline.cache.atomic_files import convert_os_errors, read_record, write_atomic, write_record
from pipeline.content.publication_log import (
    LOG_FILE,
    LogEntry,
    PublicationLog,
    compute_entry_digest,
    encode_entry,
    read_publication_log,
)
from pipeline.model import from_json, to_json


@dataclass(frozen=True, slots=True)
class PublicationLogStore:
    """The log of a programme, and the pending entry that is written before the feed is replaced.

    A publish that is stopped between the two is recognised by its pending entry, and recorded by the next publish.
    """

    path: Path
    pending: Path

    def read(self) -> PublicationLog:
        """Read the log; one that does not exist is empty."""
        return read_publication_log(self.path)

    def write_pending(self, entry: LogEntry) -> None:
        """Write the entry that is about to be appended."""
        write_record(self.pending, to_json(entry))

    def read_pending(self) -> LogEntry | None:
        """Read the entry of a publish that was stopped before its end; ``None`` if there is none."""
        record = read_record(self.pending)
        return None if record is None else from_json(LogEntry, record)

    def append(self, entry: LogEntry) -> LogEntry:
        """Append an entry, delete the pending one, and return it as written.

        Raises:
            StorageError: The log could not be written; it is unchanged.
        """
        written = append_entry(self.path, entry)
        with convert_os_errors(self.pending, "cannot be removed"):
            self.pending.unlink(missing_ok=True)
        return written


def open_log_store(root: Path, *, cache: Cache, target: str) -> PublicationLogStore:
    """Return the log of the programme in ``root``, with a file in the cache for the pending entry of ``target``."""
    name = f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.json"
    return PublicationLogStore(root / LOG_FILE, cache.folder / "publishing" / name)


def append_entry(path: Path, entry: LogEntry) -> LogEntry:
    """Append an entry that names all chain heads of the log; return it as written.

    Raises:
        StorageError: The log could not be written; it is unchanged.
    """
    linked = replace(entry, previous=read_publication_log(path).find_heads())
    sealed = replace(linked, digest=compute_entry_digest(to_json(linked)))
    with convert_os_errors(path, "cannot be read"):
        content = path.read_bytes() if path.exists() else b""
    newline = b"\n" if content and not content.endswith(b"\n") else b""
    write_atomic(path, content + newline + encode_entry(sealed))
    return sealed
