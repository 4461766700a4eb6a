"""Run tasks in a pool of worker processes. A task that crashes, hangs or exceeds its memory limit fails alone."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from pipeline.executors.task_messages import run_task
from pipeline.executors.worker_pool import WorkerPool

_BUILD = ""  # each executor has a pool of its own


class ProcessExecutor(Executor):
    """A pool with one thread per worker process; it takes ``submit(run_task, message)`` only."""

    def __init__(self, count: int, *, preload: str = "") -> None:
        """Start worker processes if they have something to import; else each starts with its first task.

        Args:
            count: Number of worker processes.
            preload: A module that workers import at once.
        """
        self.workers = count
        self._pool = WorkerPool(preload=preload, threads=0)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="weerslag-worker")
        self._unfinished, self._changed = 0, threading.Condition()
        for _ in range(count if preload else 0):
            self._pool.start_worker(preload)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task; after the end it is cancelled at once."""
        if fn is not run_task or kwargs:
            raise TypeError("worker processes take submit(run_task, message)")
        future: Future[Any]
        try:
            future = self._threads.submit(self._pool.run, args[0], build=_BUILD)
        except RuntimeError:
            future = Future()
            future.cancel()
            return future
        with self._changed:
            self._unfinished += 1
        future.add_done_callback(self._count_finished)
        return future

    def start_worker(self, preload: str) -> None:
        """Start a worker process, unless there is one; it imports a module while this one prepares the first task."""
        if not self._pool.has_workers():
            self._pool.start_worker(preload)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Accept no more tasks; with ``cancel_futures`` kill the running workers with their child processes."""
        if wait and not cancel_futures:
            with self._changed:  # a worker ends with the thread that started it, and may work for another thread
                self._changed.wait_for(lambda: not self._unfinished)
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if cancel_futures:
            self._pool.stop_build(_BUILD)
        if wait:
            self._threads.shutdown(wait=True)
            self._pool.close()

    def _count_finished(self, _: Future[Any]) -> None:
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()
