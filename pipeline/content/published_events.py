"""What the ledger says of events: how each stood in the published calendar, time after time."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_LEDGER = "published.jsonl"


def load_published_events(root: Path) -> Mapping[str, tuple[str, ...]]:
    """By event, the digests of its calendar entry as they were published, in order; the same one twice in a row counts once.

    A line that cannot be read says nothing here: `publish` tells what is wrong with a ledger, and a build may go on.
    """
    digests: dict[str, tuple[str, ...]] = {}
    for event, digest in _entries(root / _LEDGER):
        known = digests.get(event, ())
        if known[-1:] != (digest,):
            digests[event] = (*known, digest)
    return digests


def _entries(ledger: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = ledger.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        for entry in _events_of(line):
            if isinstance(entry, dict) and isinstance(entry.get("event"), str) and isinstance(entry.get("digest"), str):
                yield entry["event"], entry["digest"]


def _events_of(line: bytes) -> list[Any]:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        return []
    events = plain.get("events") if isinstance(plain, dict) else None
    return events if isinstance(events, list) else []
