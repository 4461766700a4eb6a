"""The copy of the publication log at a target: a lost laptop, or a colleague without git, does not lose the log.

Its name contains the digest of the first entry, which is published nowhere, so that nobody can guess its URL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.cache.atomic_files import convert_os_errors, write_atomic
from pipeline.content.publication_log import (
    LogEntry,
    PublicationLog,
    merge_publication_logs,
    parse_publication_log,
)
from pipeline.errors import fill
from pipeline.publish.gates import GateFinding, create_error
from pipeline.publish.target import ConflictError, Target

_NAME = re.compile(r"\.weerslag-log-[0-9a-f]{32}\.jsonl")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedLog:
    """What the copy of the log at a target adds to the local one."""

    merged: bytes  # the local log with the entries that it lacked, and with names removed as in the copy
    missing: tuple[LogEntry, ...] = ()  # entries that it lacked
    is_changed: bool = False  # whether the local log must be replaced by this
    is_lost: bool = False  # there is no local log

    @property
    def findings(self) -> Iterator[GateFinding]:
        """Say what was restored, or ask whether the content is that of the newest publish, too."""
        if not self.missing:
            return
        last, count = self.missing[-1], len(parse_publication_log(self.merged).entries)
        values = {"count": len(self.missing), "at": f"{last.at:%Y-%m-%d %H:%M} UTC"}
        if self.is_lost:
            message = fill("restored from its copy at the target: {count} publishes, the last on {at}", **values)
            hint = "Check that your texts and recordings are the newest, too."
            yield GateFinding(
                code="log-restored", severity="warning", where="published.jsonl", message=message, hint=hint
            )
        else:
            yield create_error(
                "published-elsewhere",
                "published.jsonl",
                fill("lacks {count} publishes that are in its copy at the target, the last on {at}", **values),
                hint="Somebody else published: get their texts first (git pull, or their files), or you undo their "
                "changes. If you have them, accept this; the publication log is then completed from the copy.",
                old=fill("{count} publishes at the target", count=count),
                new=fill("{count} publishes here", count=count - len(self.missing)),
            )


def fetch_log(target: Target, path: Path, *, podcast: str) -> FetchedLog:
    """Read the copies of the log at a target, and merge them with the local log. Writes nothing.

    Args:
        target: Where copies may be.
        path: The local log; it need not exist.
        podcast: The podcast's guid; copies of other podcasts are ignored.

    Raises:
        StorageError, TargetError: The local log or the target cannot be read.
    """
    with convert_os_errors(path, "cannot be read"):
        own = path.read_bytes() if path.exists() else b""
    log, merged = parse_publication_log(own), own
    known = {digest for entry in log.entries for digest in entry.digests}
    for content in _read_copies(target, log):
        copied = parse_publication_log(content)
        is_ours = any(known.intersection(entry.digests) or entry.podcast == podcast for entry in copied.entries)
        if is_ours and {entry.digest for entry in copied.entries} - known:
            merged = merge_publication_logs(merged, content)
    missing = tuple(one for one in parse_publication_log(merged).entries if known.isdisjoint(one.digests))
    return FetchedLog(merged=merged, missing=missing, is_changed=merged != own, is_lost=not own.strip())


def restore_lost_log(target: Target, path: Path, *, podcast: str) -> bool:
    """Write the local log from its copy at the target if there is none; return whether it was written.

    Raises:
        StorageError, TargetError: The log cannot be written, or the target cannot be read.
    """
    with convert_os_errors(path, "cannot be read"):
        if path.exists() and path.read_bytes().strip():
            return False
    fetched = fetch_log(target, path, podcast=podcast)
    if fetched.missing:
        write_atomic(path, fetched.merged)
    return bool(fetched.missing)


def write_log_copy(target: Target, path: Path) -> None:
    """Write the local log to the target if the copy there is another one; entries that only the copy has stay in it.

    Raises:
        ConflictError: Other processes keep changing it.
        StorageError, TargetError: The log or the target cannot be read or written.
    """
    with convert_os_errors(path, "cannot be read"):
        own = path.read_bytes() if path.exists() else b""
    log = parse_publication_log(own)
    if not log.entries:
        return
    name = _get_name(log)
    for attempt in range(1, _ATTEMPTS + 1):
        stored = target.read(name)
        content, token = stored or (b"", "")
        known = {digest for one in log.entries for digest in one.digests}
        extra = {one.digest for one in parse_publication_log(content).entries} - known
        new = merge_publication_logs(own, content) if extra else own
        if new == content:
            return
        try:
            target.write_if_match(name, new, token=token)
        except ConflictError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _get_name(log: PublicationLog) -> str:
    return f".weerslag-log-{log.entries[0].digests[0][:32]}.jsonl"


def _read_copies(target: Target, log: PublicationLog) -> Iterator[bytes]:
    """Read the copy of this log; without one, every copy at the target, which must be listed for it."""
    stored = target.read(_get_name(log)) if log.entries else None
    if stored is not None:
        yield stored[0]
        return
    for path in sorted(target.list_files()):
        if _NAME.fullmatch(path) and (found := target.read(path)) is not None:
            yield found[0]
