"""One executor for the builds of many programmes: each build has a queue, and the queues take turns."""

import heapq
import itertools
import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.audio.io.probe import read_declared_duration
from pipeline.content import list_recording
from pipeline.executors import copy_outcome, count_workers

_TASKS_PER_WORKER = 2  # given to the executor: the next one is there when a worker is done


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What the tasks of one build do; later tasks of a build are not known before the first are done."""

    done: int = 0
    running: tuple[str, ...] = ()  # subjects
    waiting: int = 0


@dataclass(order=True, slots=True)
class _QueuedTask:
    """A task in a queue; the one of the shortest recording is the first."""

    length_s: float
    number: int
    subject: str = field(compare=False)
    function: Callable[..., Any] = field(compare=False)
    message: str = field(compare=False)
    future: "Future[str]" = field(compare=False)


class BuildQueue(Executor):
    """The executor of one build: its tasks wait here until it is its turn."""

    def __init__(self, scheduler: "BatchScheduler", lengths_s: Mapping[str, float]) -> None:
        """Create an empty queue.

        Args:
            scheduler: What takes tasks from it.
            lengths_s: The length of each recording in seconds, by episode, if short ones are to be first.
        """
        self._scheduler, self._lengths_s = scheduler, lengths_s
        self.tasks: list[_QueuedTask] = []  # a heap
        self.running: dict[int, str] = {}  # subjects, by number
        self.done = 0

    def __getattr__(self, name: str) -> Any:
        """Offer what the shared executor offers, such as its number of workers."""
        return getattr(self._scheduler.executor, name)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task."""
        if kwargs or len(args) != 1:
            raise TypeError("a queue takes submit(function, message)")
        future: Future[str] = Future()
        subject = str(json.loads(args[0])["task"].get("subject", ""))
        self._scheduler.add_task(self, fn, args[0], subject=subject, length_s=self._find_length(subject), future=future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Leave the shared executor open."""

    def describe(self) -> QueueState:
        """Describe what its tasks do."""
        return self._scheduler.describe(self)

    def _find_length(self, subject: str) -> float:
        """Find the length of the episode that a task is for; tasks for no episode are first: they are short."""
        return max((length for slug, length in self._lengths_s.items() if slug in subject), default=0.0)


class BatchScheduler:
    """Gives the tasks of several queues to one executor: by turns, or those of short recordings first."""

    def __init__(self, executor: Executor, *, short_first: bool = False) -> None:
        """Start the thread that submits tasks.

        Args:
            executor: Runs all tasks; it stays open.
            short_first: The task of the shortest recording is next, whichever build it belongs to.
        """
        self.executor, self._short_first = executor, short_first
        self._limit = _TASKS_PER_WORKER * count_workers(executor)
        self._queues: deque[BuildQueue] = deque()
        self._numbers, self._submitted, self._cancelled = itertools.count(), 0, False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._submit_tasks, daemon=True)
        self._thread.start()

    @contextmanager
    def open_queue(self, lengths_s: Mapping[str, float] | None = None) -> Iterator[BuildQueue]:
        """Open the queue of one build."""
        queue = BuildQueue(self, (lengths_s or {}) if self._short_first else {})
        with self._changed:
            self._queues.append(queue)
        try:
            yield queue
        finally:
            with self._changed:
                self._queues.remove(queue)
                self._drop_tasks(queue)

    def add_task(
        self,
        queue: BuildQueue,
        function: Callable[..., Any],
        message: str,
        *,
        subject: str,
        length_s: float,
        future: "Future[str]",
    ) -> None:
        """Add a task to a queue; after ``cancel`` it is cancelled at once."""
        with self._changed:
            if self._cancelled:
                future.cancel()
                return
            heapq.heappush(queue.tasks, _QueuedTask(length_s, next(self._numbers), subject, function, message, future))
            self._changed.notify()

    def describe(self, queue: BuildQueue) -> QueueState:
        """Describe what the tasks of a queue do."""
        with self._changed:
            return QueueState(done=queue.done, running=tuple(queue.running.values()), waiting=len(queue.tasks))

    def cancel(self) -> None:
        """Cancel what waits; what runs ends with the executor."""
        with self._changed:
            self._cancelled = True
            for queue in self._queues:
                self._drop_tasks(queue)
            self._changed.notify()

    def _drop_tasks(self, queue: BuildQueue) -> None:
        for task in queue.tasks:
            task.future.cancel()
        queue.tasks.clear()

    def _submit_tasks(self) -> None:
        while (item := self._wait_for_task()) is not None:
            queue, task = item
            if not task.future.set_running_or_notify_cancel():
                self._count_finished(queue, task)
                continue
            try:
                submitted = self.executor.submit(task.function, task.message)
            except Exception as error:  # noqa: BLE001  # a future passes on any error
                self._count_finished(queue, task)
                task.future.set_exception(error)
                continue
            submitted.add_done_callback(lambda done, queue=queue, task=task: self._pass_on(queue, task, done))  # type: ignore[misc]

    def _wait_for_task(self) -> tuple[BuildQueue, _QueuedTask] | None:
        """Wait until a task can be submitted; ``None`` after ``cancel``."""
        with self._changed:
            while not self._cancelled:
                queue = self._choose_queue() if self._submitted < self._limit else None
                if queue is not None:
                    task = heapq.heappop(queue.tasks)
                    queue.running[task.number] = task.subject
                    self._submitted += 1
                    return queue, task
                self._changed.wait()
        return None

    def _choose_queue(self) -> BuildQueue | None:
        """Choose the queue whose turn it is, and put it behind the others."""
        filled = [queue for queue in self._queues if queue.tasks]
        if not filled:
            return None
        if self._short_first:
            return min(filled, key=lambda queue: queue.tasks[0])
        self._queues.remove(filled[0])
        self._queues.append(filled[0])
        return filled[0]

    def _pass_on(self, queue: BuildQueue, task: _QueuedTask, done: "Future[str]") -> None:
        self._count_finished(queue, task)
        copy_outcome(done, task.future)

    def _count_finished(self, queue: BuildQueue, task: _QueuedTask) -> None:
        with self._changed:
            del queue.running[task.number]
            queue.done += 1
            self._submitted -= 1
            self._changed.notify()


def read_recording_lengths(root: Path) -> dict[str, float]:
    """Read how long the recording of each episode is, in seconds by slug, from the headers of its files.

    A length that no header has is infinite: such an episode is the last.
    """
    folder = root / "episodes"
    slugs = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    lengths = {}
    for slug in slugs:
        parts = [read_declared_duration(str(root / file)) for file in list_recording(root, slug)]
        if parts:
            lengths[slug] = sum(math.inf if part is None else part for part in parts)
    return lengths
