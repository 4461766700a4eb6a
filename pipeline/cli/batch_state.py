"""What a batch does with each of its programmes, in a small file in the cache of each, for ``status``."""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.builder.worker_cache import is_running
from pipeline.cache.atomic_files import read_record, write_record
from pipeline.model import from_json, to_json

WAITING, RUNNING, DONE, FAILED, INTERRUPTED = "waiting", "running", "done", "failed", "interrupted"

_FILE = "batch.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProcess:
    """The process of a batch, so that a state file of one that was killed is recognised."""

    host: str
    pid: int
    start_ticks: int  # when it was started, in clock ticks since the machine was; 0: unknown

    def is_alive(self) -> bool | None:
        """Check whether it still runs; ``None``: it is on another machine."""
        if self.host != socket.gethostname():
            return None
        return is_running(self.pid) and self.start_ticks == _read_start_ticks(self.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """What a batch did or does with one programme."""

    process: BatchProcess
    number: int  # of the programme in the batch, from 1
    of: int  # number of programmes
    state: str = WAITING
    exit_code: int | None = None
    began: datetime | None = None
    ended: datetime | None = None
    done: int = 0  # tasks
    running: tuple[str, ...] = field(default_factory=tuple)  # subjects of tasks
    waiting: int = 0  # tasks, of those that are known

    @property
    def is_unfinished(self) -> bool:
        """Whether the batch has not come to an end with this programme."""
        return self.state in (WAITING, RUNNING, INTERRUPTED)


def describe_batch_process() -> BatchProcess:
    """Describe this process."""
    return BatchProcess(host=socket.gethostname(), pid=os.getpid(), start_ticks=_read_start_ticks(os.getpid()))


def write_batch_state(cache_folder: Path, state: BatchState) -> None:
    """Write the state of a programme.

    Raises:
        StorageError: It cannot be written.
    """
    write_record(cache_folder / _FILE, to_json(state))


def read_batch_state(cache_folder: Path) -> BatchState | None:
    """Read the state of a programme; one that a batch left unfinished is ``interrupted``. ``None``: never in a batch."""
    plain = read_record(cache_folder / _FILE)
    try:
        state = from_json(BatchState, plain) if plain else None
    except (TypeError, ValueError, KeyError):  # of another version
        return None
    if state and state.state in (WAITING, RUNNING) and state.process.is_alive() is False:
        return replace(state, state=INTERRUPTED, running=())
    return state


def serialise_batch_state(state: BatchState | None) -> Mapping[str, Any] | None:
    """Return a state as JSON values for people's programs."""
    if state is None:
        return None
    plain = asdict(state)
    for name in ("began", "ended"):
        plain[name] = plain[name] and plain[name].isoformat()
    tasks = {name: plain.pop(name) for name in ("done", "running", "waiting")}
    process = {"host": state.process.host, "pid": state.process.pid}
    return {**plain, "tasks": {**tasks, "running": list(state.running)}, "process": process}


def _read_start_ticks(pid: int) -> int:
    """Read when a process was started: a number may be used again by another. Source: proc(5), field 22 of stat."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return int(after_name.split()[19])
    except (OSError, ValueError, IndexError):
        return 0
