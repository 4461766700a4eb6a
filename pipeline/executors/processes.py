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
    """A pool with one thread per worker process; it takes ``submit(run_task, message)`` only.

    A task is given to the worker that was last busy: it has imported most.
    """

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
        self._idle: list[WorkerProcess] = []  # the last one was last busy
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

    def start_worker(self, preload: str) -> None:
        """Start a worker process, unless one was started; it imports a module while this one prepares the first task."""
        if self._started:
            return
        self._idle.append(self._create_worker(preload))

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
        if self._preload:
            self._idle.append(self._create_worker(self._preload))
        while (item := self._queue.get()) is not None:
            future, message = item
            if self._cancelled:  # set since the last look at the queue
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._run(message))
            except Exception as error:  # noqa: BLE001  # a future passes on any error
                future.set_exception(CancelledError() if self._cancelled else error)
        while worker := self._take_idle():
            worker.kill_and_wait()

    def _run(self, message: str) -> str:
        worker = self._take_idle()
        if worker is None or not worker.alive:
            worker = self._create_worker(self._preload)
        try:
            if self._cancelled:  # `_cancel` did not see it
                worker.kill_and_wait()
                raise CancelledError
            return worker.run(message)
        finally:
            if worker.alive:
                self._idle.append(worker)

    def _take_idle(self) -> WorkerProcess | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _create_worker(self, preload: str) -> WorkerProcess:
        worker = WorkerProcess(preload)
        self._started.add(worker)
        return worker
