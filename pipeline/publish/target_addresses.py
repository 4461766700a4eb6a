"""The addresses of targets as people gave them, kept in the cache.

The publication log names a target without an account, since each person has their own; targets for participants are in no
log. On another machine an address is the name: accounts are then those of ``~/.ssh/config``.
"""

from pathlib import Path

from pipeline.cache import Cache
from pipeline.cache.atomic_files import read_record, write_record

_FILE = "target-addresses.json"
_PARTICIPANTS = "participants"


def remember_address(cache: Cache, name: str, address: str, *, for_participants: bool = False) -> None:
    """Record the address of a target by its name; one that is its own name needs no record."""
    kind = _PARTICIPANTS if for_participants else "public"
    if not for_participants and ("://" not in address or address == name):
        return
    if "://" not in address:
        address = str(Path(address).expanduser().resolve())
    records = read_record(cache.folder / _FILE) or {}
    known = records.get(kind, {})
    if known.get(name) != address:
        cache.folder.mkdir(parents=True, exist_ok=True)
        write_record(cache.folder / _FILE, {**records, kind: {**known, name: address}})


def find_address(cache: Cache, root: Path, name: str) -> str:
    """Return the address of a target that the log names; folders in the programme have names relative to it."""
    if "://" not in name:
        return str(root / name)
    known = (read_record(cache.folder / _FILE) or {}).get("public", {})
    return str(known.get(name, name))


def list_participant_targets(cache: Cache) -> tuple[str, ...]:
    """List the addresses to which this machine uploaded pages for participants."""
    known = (read_record(cache.folder / _FILE) or {}).get(_PARTICIPANTS, {})
    return tuple(sorted(known.values()))
