"""Runs jobs: in this process, in worker processes that may be killed alone, or on a Dask cluster, whose doorway it is.

A job is a module-level function and one frozen value. It travels as a ``Task`` in JSON and its answer as JSON, so nothing is
pickled but text. Every kind of worker is a ``concurrent.futures.Executor`` that takes ``submit(perform, task)``.
"""

import collections
import contextlib
import ctypes
import importlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import typing
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from pipeline import errors
from pipeline.errors import JobError, MachineError, UsageError, WeerslagError
from pipeline.model import from_plain, to_plain

_LAST_LINES = 20
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use; 0 is no limit. ``isolated``: always in a process of its own."""

    memory_bytes: int = 0  # of address space
    deadline_s: float = 0.0
    isolated: bool = False


NO_LIMITS = Limits()


def task_of(function: str, job: Any, limits: Limits) -> str:
    """A job as text: ``perform`` runs it, here or far away. ``function`` is ``module:name``, so that asking imports nothing."""
    return json.dumps({"function": function, "job": to_plain(job), "limits": to_plain(limits)})


def perform(task: str) -> str:
    """Run a task in this process; its answer, as JSON.

    Raises:
        WeerslagError: what the job raised. Anything else that it raises is a bug, and passes as it is.
    """
    plain = json.loads(task)
    module, _, name = plain["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    hints = typing.get_type_hints(function)
    hints.pop("return", None)
    (kind,) = hints.values()  # a job takes one value
    return json.dumps(to_plain(function(from_plain(kind, plain["job"]))))


def perform_alone(task: str) -> str:
    """Run a task in a process made for it, which is ended with all its children when it is over time.

    Raises:
        WeerslagError: what the job raised, or a JobError when it died, hung or ate its memory.
    """
    child = _Child()
    try:
        return child.perform(task)
    finally:
        child.kill()


@contextlib.contextmanager
def open_workers(words: str, *, opening: str = "") -> Iterator[Executor]:
    """Workers as told on the command line: ``here`` | ``processes`` | ``processes:N`` | ``dask:ADDRESS``.

    ``opening`` is a module for which there is certainly work: processes begin to open it at once. Leaving the block in peace waits for what runs; leaving it by an exception ends what runs, at once.

    Raises:
        UsageError: the words mean nothing.
        MachineError: Dask is asked for and not installed.
    """
    pool = _pool(words, opening)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown(wait=True)


def width(pool: Executor) -> int:
    """How many jobs run in it at a time."""
    return int(getattr(pool, "width", 1))


def _pool(words: str, opening: str) -> Executor:
    kind, _, rest = words.partition(":")
    if kind == "here" and not rest:
        return Here()
    if kind == "processes" and (not rest or (rest.isdecimal() and int(rest) > 0)):
        return Processes(int(rest or os.cpu_count() or 1), opening=opening)
    if kind == "dask" and rest:
        return _dask(rest)
    raise UsageError(f"there are no workers called `{words}`", hint="here, processes:N or dask:ADDRESS")


# ----------------------------------------------------------------------------------------------------------------- here


class Here(Executor):
    """One job after the other, in this process: the reference for all others. Isolated jobs run in one process beside it."""

    def __init__(self) -> None:
        """Start nothing."""
        self._child: _Child | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run now; the future is done."""
        future: Future[Any] = Future()
        alone = fn is perform and json.loads(args[0])["limits"]["isolated"]
        try:
            future.set_result((self._beside if alone else fn)(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # a future takes any error, to hand it back
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # Executor's
        """End the process beside this one."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _beside(self, task: str) -> str:
        if self._child is None or not self._child.alive:
            self._child = _Child()
        return self._child.perform(task)


# ------------------------------------------------------------------------------------------------------------ processes


class Processes(Executor):
    """N worker processes. A job that dies, hangs past its deadline or eats its memory fails alone.

    Takes ``submit(perform, task)`` only.
    """

    def __init__(self, count: int, *, opening: str = "") -> None:
        """Start the slots; a process is made when a slot first has work, or at once where there is a module to open."""
        self._opening = opening
        self.width = count
        self._jobs: queue.SimpleQueue[tuple[Future[Any], str] | None] = queue.SimpleQueue()
        self._children: set[_Child] = set()
        self._ending, self._gate = False, threading.Lock()
        self._slots = [threading.Thread(target=self._slot, daemon=True) for _ in range(count)]
        for slot in self._slots:
            slot.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task."""
        if fn is not perform or kwargs:
            raise TypeError("worker processes take submit(perform, task)")
        future: Future[Any] = Future()
        with self._gate:  # what came after the end would wait for ever
            if self._ending:
                future.cancel()
            else:
                self._jobs.put((future, args[0]))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Take no more work; with ``cancel_futures`` end what runs, with its children."""
        if cancel_futures:
            self._cancel()
        for _ in self._slots:
            self._jobs.put(None)
        if wait:
            for slot in self._slots:
                slot.join()

    def _cancel(self) -> None:
        with self._gate:
            self._ending = True
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._jobs.get_nowait()
                if item is not None:
                    item[0].cancel()
        for child in list(self._children):
            child.end()  # its slot reads what it said, and buries it

    def _slot(self) -> None:
        child = self._new_child() if self._opening else None
        while (item := self._jobs.get()) is not None:
            future, task = item
            if self._ending:  # between this slot's last look and now
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                child = self._ready(child)
                future.set_result(child.perform(task))
            except Exception as error:  # noqa: BLE001  # a future takes any error, to hand it back
                future.set_exception(CancelledError() if self._ending else error)
        if child is not None:
            child.kill()

    def _ready(self, child: "_Child | None") -> "_Child":
        """A process that can take work: the slot's own, or a new one."""
        if child is not None and child.alive:
            return child
        child = self._new_child()
        if self._ending:  # it was not there yet to be ended
            child.kill()
            raise CancelledError
        return child

    def _new_child(self) -> "_Child":
        child = _Child(self._opening)
        self._children.add(child)
        return child


class _Child:
    """A worker process with its own process group, so that it can be ended with whatever it started."""

    def __init__(self, opening: str = "") -> None:
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the child
        package = Path(__file__).parents[2]
        path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pipeline.executors", *filter(None, [opening])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                process_group=0,
                env={**os.environ, "PYTHONPATH": path},
            )
        except OSError as error:
            raise JobError(f"no worker process can be started: {error.strerror}") from error

    @property
    def alive(self) -> bool:
        """Whether it can take another task."""
        return self._process.poll() is None

    def perform(self, task: str) -> str:
        """Hand over a task and wait for its answer; a child that fails to give one is ended."""
        deadline_s = json.loads(task)["limits"]["deadline_s"] or None
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise JobError("the worker has no pipes")
        self._said.truncate(0)
        try:
            stdin.write(task.encode() + b"\n")
            stdin.flush()
            ready, _, _ = select.select([stdout], [], [], deadline_s)
        except (OSError, ValueError) as error:
            raise self._ended("ended before it began") from error
        if not ready:
            raise self._ended(f"gave no answer within {deadline_s:.0f} s, and was ended")
        line = stdout.readline()
        if not line:
            raise self._ended(_way_of_dying(self._process.wait()))
        return _answer_in(line, self._last_lines())

    def end(self) -> None:
        """End it and what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End it and what it started, and wait until it is gone."""
        self.end()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _ended(self, how: str) -> JobError:
        said = self._last_lines()
        self.kill()
        return JobError(f"a worker {how}", hint=said)

    def _last_lines(self) -> str:
        self._said.seek(0)
        lines = collections.deque(self._said, maxlen=_LAST_LINES)
        return b"".join(lines).decode(errors="replace").strip("\0\n ")


def _way_of_dying(code: int) -> str:
    if code < 0:
        return f"died of {signal.Signals(-code).name}"
    return f"left with code {code}"


def _answer_in(line: bytes, said: str) -> str:
    """The answer of a child, or the error that it tells of."""
    answer: dict[str, str] = json.loads(line)
    if "answer" in answer:
        return answer["answer"]
    kind = getattr(errors, answer["kind"], JobError)
    hint = answer["hint"] or (said if kind is JobError else "")
    raise kind(answer["message"], where=answer["where"], hint=hint)


def serve_tasks() -> None:
    """Be a worker process: a task a line on stdin, an answer a line on stdout; what a job prints goes to stderr."""
    _die_with_the_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for module in sys.argv[1:]:
        with contextlib.suppress(ImportError):  # the first task will tell
            importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(_performed(line)), file=answers, flush=True)  # the protocol, not talk


def _performed(task: str) -> dict[str, str]:
    """The answer, or the error in parts; a bug is told with its traceback, since nobody else will see it."""
    limit = json.loads(task)["limits"]["memory_bytes"]
    try:
        with _memory(limit):
            return {"answer": perform(task)}
    except WeerslagError as error:
        parts = {"message": error.message, "where": str(error.where), "hint": error.hint}
        return {"kind": type(error).__name__, **parts}
    except MemoryError:
        size = f"{limit / 2**20:.0f} MiB" if limit else "all there is"
        return {
            "kind": "JobError",
            "message": f"a job needed more memory than it may use ({size})",
            "where": "",
            "hint": "",
        }
    except Exception as error:  # noqa: BLE001  # to hand it back: the parent cannot see this stack
        lines = traceback.format_exc().splitlines()[-_LAST_LINES:]
        message = f"a fault in Weerslag itself: {type(error).__name__}: {error}"
        return {"kind": "JobError", "message": message, "where": "", "hint": "\n".join(lines)}


@contextlib.contextmanager
def _memory(limit: int) -> Iterator[None]:
    """Hold the address space to ``limit`` bytes for a while."""
    import resource  # noqa: PLC0415  # not on every system; only a worker needs it

    before = resource.getrlimit(resource.RLIMIT_AS)
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _die_with_the_parent() -> None:
    """Ask Linux to end this process when its parent ends, also in mid-job; elsewhere stdin's end does it between jobs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


# ----------------------------------------------------------------------------------------------------------------- dask


class _Dask(Executor):
    """A Dask cluster that shares the store's disk; heavy work sits in a child of the worker, watched there.

    Dask's own ``cancel`` does not stop work that runs (dask/distributed 4694); a deadline in the child does.
    """

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False, retries=2)
        self.width = max(1, sum(client.nthreads().values()))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task on the cluster."""
        if fn is not perform or kwargs:
            raise TypeError("a cluster takes submit(perform, task)")
        future: Future[Any] = self._executor.submit(perform_alone, *args)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Leave the cluster; its executor knows no ``cancel_futures``."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _dask(address: str) -> Executor:
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tls" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise WeerslagError(
            f"`{address}` is open to anyone on the network", hint="Use a scheduler with tls://, or one on this machine."
        )
    try:
        from distributed import Client  # noqa: PLC0415  # 1.3 s, and only for those who have a cluster
    except ImportError as error:
        raise MachineError("Dask is not installed", hint="pip install 'weerslag[cluster]'") from error
    try:
        return _Dask(Client(parts.geturl(), timeout=10))  # type: ignore[no-untyped-call]  # distributed's own
    except (OSError, TimeoutError) as error:
        raise WeerslagError(f"no Dask scheduler answers at {address}", hint="Start one: dask scheduler") from error
