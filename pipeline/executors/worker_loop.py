"""The main loop of a worker process: a message per line on stdin, a reply per line on stdout."""

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

from pipeline.errors import TaskError, WeerslagError, fill
from pipeline.executors.task_messages import describe_fault, read_limits, run_task
from pipeline.model.json_values import to_json

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def serve_tasks() -> None:
    """Run tasks until stdin ends. Output of a task is redirected to stderr."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for module in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # the first task will report it
            importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(_run_and_reply(line)), file=replies, flush=True)  # the protocol
        _release_memory()


def _run_and_reply(message: str) -> dict[str, Any]:
    """Return the result, or the parts of the error."""
    limit = read_limits(message).memory_bytes
    try:
        with _limit_memory(limit):
            return {"result": run_task(message)}
    except WeerslagError as error:
        failure = error
    except MemoryError:
        text = "a task exceeded its memory limit of {limit:.0f} MiB" if limit else "a task needed too much memory"
        failure = TaskError(fill(text, limit=limit / 2**20))
    except Exception as error:  # noqa: BLE001  # one task fails; the process stays
        failure = describe_fault(error)
    parts = {name: to_json(getattr(failure, name)) for name in ("message", "where", "hint")}
    return {"error": type(failure).__name__, **parts}


@contextlib.contextmanager
def _limit_memory(limit_bytes: int) -> Iterator[None]:
    """Limit the address space of this process; 0 means no limit."""
    import resource  # noqa: PLC0415  # not on every system; only a worker needs it

    before = resource.getrlimit(resource.RLIMIT_AS)
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _release_memory() -> None:
    """Return free memory to the system: else a process that waits holds as much as its largest task needed."""
    with contextlib.suppress(AttributeError, OSError):  # C libraries other than glibc lack it
        ctypes.CDLL(None).malloc_trim(0)


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends, also during a task. Elsewhere the end of stdin does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
