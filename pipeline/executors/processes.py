"""Run tasks in a pool of worker processes. A task that crashes, hangs or exceeds its memory limit fails alone."""

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from typing import Any

from pipeline.executors.task_messages import run_task
from pipeline.executors.worker_process import WorkerProcess


class ProcessExecutor(Executor):
    """A pool with one thread per worker process; it takes ``submit(run_task, message)`` only."""

    def __init__(self, count: int, *, preload: str = "") -> None:
        """Start the threads.

        Args:
            count: Number of worker processes.
            preload: A module that workers import at once. Without one, a worker starts with its first task.
        """
        self.workers = count
        self._preload = preload
        self._queue: queue.SimpleQueue[tuple[Future[Any], str] | None] = queue.SimpleQueue()
        self._started: set[WorkerProcess] = set()
        self._cancelled, self._gate = False, threading.Lock()
        self._threads = [threading.Thread(target=self._serve_queue, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task."""
        if fn is not run_task or kwargs:
            raise TypeError("worker processes take submit(run_task, message)")
        future: Future[Any] = Future()
        with self._gate:  # no worker would run what is queued after the end
            if self._cancelled:
                future.cancel()
            else:
                self._queue.put((future, args[0]))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Accept no more tasks; with ``cancel_futures`` kill the running workers with their child processes."""
        if cancel_futures:
            self._cancel()
        for _ in self._threads:
            self._queue.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _cancel(self) -> None:
        with self._gate:
            self._cancelled = True
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None:
                    item[0].cancel()
        for worker in list(self._started):
            worker.send_kill()  # its thread reads the last output and waits for the process

    def _serve_queue(self) -> None:
        worker = self._start_worker() if self._preload else None
        while (item := self._queue.get()) is not None:
            future, message = item
            if self._cancelled:  # set since the last look at the queue
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = self._ensure_worker(worker)
                future.set_result(worker.run(message))
            except Exception as error:  # noqa: BLE001  # a future passes on any error
                future.set_exception(CancelledError() if self._cancelled else error)
        if worker is not None:
            worker.kill_and_wait()

    def _ensure_worker(self, worker: WorkerProcess | None) -> WorkerProcess:
        """Return the thread's own worker, or a new one in its place."""
        if worker is not None and worker.alive:
            return worker
        worker = self._start_worker()
        if self._cancelled:  # `_cancel` did not see it
            worker.kill_and_wait()
            raise CancelledError
        return worker

    def _start_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self._preload)
        self._started.add(worker)
        return worker
