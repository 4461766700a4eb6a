"""Runs tasks in child processes, which stay for the next task; stops those of one build."""

import threading
from concurrent.futures import CancelledError

from pipeline.executors.worker_process import WorkerProcess


class WorkerPool:
    """Child processes of this process; tasks of several builds, in several threads."""

    def __init__(self, *, preload: str = "", threads: int = 1) -> None:
        """Start nothing.

        Args:
            preload: A module that each child imports before its first task; empty: none.
            threads: Number of processors that a task may use; 0: all. A cluster has many tasks: one processor for each
                is faster than all processors for one.
        """
        self._preload, self._threads = preload, threads
        self._idle: list[WorkerProcess] = []  # the last one was last busy, and has imported most
        self._running: dict[str, set[WorkerProcess]] = {}  # by build
        self._stopped: set[str] = set()  # builds
        self._lock = threading.Lock()

    def run(self, message: str, *, build: str) -> str:
        """Run a task in a child process.

        Raises:
            CancelledError: The build was stopped.
            TaskError: The child crashed, hung or exceeded its memory limit.
            WeerslagError: The task failed.
        """
        worker = self._take(build)
        try:
            return worker.run(message)
        except Exception as error:
            if self.is_stopped(build):
                raise CancelledError from error
            raise
        finally:
            with self._lock:
                self._running[build].discard(worker)
                if not self._running[build]:
                    del self._running[build]
                if worker.alive and build not in self._stopped:  # else it may be killed and not dead yet
                    self._idle.append(worker)
                else:
                    worker.kill_and_wait()

    def start_worker(self, preload: str) -> None:
        """Start a child process for a task to come; it imports a module meanwhile."""
        worker = WorkerProcess(preload, threads=self._threads)
        with self._lock:
            self._idle.append(worker)

    def has_workers(self) -> bool:
        """Whether a child process waits for a task, or runs one."""
        return bool(self._idle or self._running)

    def stop_build(self, build: str) -> None:
        """Kill the running tasks of a build with their child processes, and refuse its other tasks."""
        with self._lock:
            self._stopped.add(build)
            for worker in self._running.get(build, ()):
                worker.send_kill()

    def close(self) -> None:
        """End the child processes that wait for a task."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.kill_and_wait()

    def is_stopped(self, build: str) -> bool:
        """Whether a build was stopped."""
        return build in self._stopped

    def _take(self, build: str) -> WorkerProcess:
        with self._lock:
            if build in self._stopped:
                raise CancelledError
            while self._idle and not self._idle[-1].alive:  # a child ends with the thread that started it
                self._idle.pop().kill_and_wait()
            worker = self._idle.pop() if self._idle else WorkerProcess(self._preload, threads=self._threads)
            self._running.setdefault(build, set()).add(worker)
        return worker


_pool = WorkerPool()  # of this process


def run_task_pooled(message: str, *, build: str = "") -> str:
    """Run a task in a child process of this worker; see ``WorkerPool.run``."""
    return _pool.run(message, build=build)


def stop_build(build: str) -> None:
    """Stop the tasks of a build in this process; see ``WorkerPool.stop_build``."""
    _pool.stop_build(build)


def is_build_stopped(build: str) -> bool:
    """Whether a build was stopped in this process."""
    return _pool.is_stopped(build)
