"""Parent-side handle of a worker process: start it, send it tasks, kill it."""

import collections
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from pipeline import errors
from pipeline.errors import SourceLocation, TaskError, fill
from pipeline.executors.task_messages import read_limits
from pipeline.model.json_values import from_json

_LOG_LINES = 20  # of the worker's stderr, for the hint of an error


def run_task_isolated(message: str) -> str:
    """Run a task in a new process, and kill it with all its children on timeout.

    Raises:
        TaskError: The worker crashed, hung or exceeded its memory limit.
        WeerslagError: The task failed.
    """
    worker = WorkerProcess()
    try:
        return worker.run(message)
    finally:
        worker.kill_and_wait()


class WorkerProcess:
    """A process that runs one task at a time, in its own process group."""

    def __init__(self, preload: str = "", *, threads: int = 0) -> None:
        """Start the process; it imports the module ``preload`` before its first task.

        Args:
            preload: The module; empty: none.
            threads: Number of processors that its tasks may use; 0: all.
        """
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process runs
        package = Path(__file__).parents[2]
        path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pipeline.executors", *filter(None, [preload])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                process_group=0,
                env={**os.environ, "PYTHONPATH": path} | ({"WEERSLAG_THREADS": str(threads)} if threads else {}),
            )
        except OSError as error:
            raise TaskError(fill("cannot start a worker process: {strerror}", strerror=error.strerror)) from error

    @property
    def alive(self) -> bool:
        """Whether it can take another task."""
        return self._process.poll() is None

    def run(self, message: str) -> str:
        """Send a task and wait for its result; a worker that returns none is killed."""
        timeout_s = read_limits(message).timeout_s or None
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise TaskError("the worker process has no pipes")
        self._stderr.truncate(0)
        try:
            stdin.write(message.encode() + b"\n")
            stdin.flush()
            ready, _, _ = select.select([stdout], [], [], timeout_s)
        except (OSError, ValueError) as error:
            raise self._kill_and_describe("a worker process ended before the task began") from error
        if not ready:
            raise self._kill_and_describe(
                fill("a worker process timed out after {timeout_s:.0f} s, and was killed", timeout_s=timeout_s)
            )
        line = stdout.readline()
        if not line:
            raise self._kill_and_describe(_describe_exit(self._process.wait()))
        return _parse_reply(line, self._read_log())

    def send_kill(self) -> None:
        """Send SIGKILL to the process and its children; do not wait."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill_and_wait(self) -> None:
        """Kill the process and its children, wait for its end, and close its pipes."""
        self.send_kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _kill_and_describe(self, message: str) -> TaskError:
        log = self._read_log()
        self.kill_and_wait()
        return TaskError(message, hint=log)

    def _read_log(self) -> str:
        self._stderr.seek(0)
        lines = collections.deque(self._stderr, maxlen=_LOG_LINES)
        return b"".join(lines).decode(errors="replace").strip("\0\n ")


def _describe_exit(code: int) -> str:
    if code < 0:
        return fill("a worker process was killed by {signal}", signal=signal.Signals(-code).name)
    return fill("a worker process exited with code {code}", code=code)


def _parse_reply(line: bytes, log: str) -> str:
    """Return the result in a reply.

    Raises:
        WeerslagError: The reply holds an error; it names the class.
    """
    reply: dict[str, Any] = json.loads(line)
    if "result" in reply:
        return str(reply["result"])
    kind = getattr(errors, reply["error"], TaskError)
    message, hint = from_json(str, reply["message"]), from_json(str, reply["hint"])
    where = reply["where"] if isinstance(reply["where"], str) else from_json(SourceLocation, reply["where"])
    raise kind(message, where=where, hint=hint or (log if kind is TaskError else ""))
