"""Start the tasks of a build; those that another client runs at this moment wait for its record."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.builder.stored_replies import StoredReply, read_reply, write_reply
from pipeline.cache import Cache
from pipeline.cache.claims import EXPIRY_S, get_claim_name
from pipeline.cache.object_store import ObjectStore
from pipeline.executors import copy_outcome

_PERIOD_S = 0.5  # between two looks at the store, while a task waits


@dataclass(slots=True, kw_only=True)
class _ClaimedTask:
    key: str
    start: Callable[[str], Future[str]]
    result: Future[str] = field(default_factory=Future)
    mark: str = ""  # of the claim of the other client
    since_s: float = 0.0  # when it was first seen


class ClaimedTasks:
    """The tasks of one build that have begun or wait for another client; one thread looks after those that wait."""

    def __init__(self, cache: Cache, store: ObjectStore, folder: Path) -> None:
        """Start nothing.

        Args:
            cache: Of the build.
            store: Where claims are.
            folder: It exists as long as the build runs.
        """
        self._cache, self._store, self._folder = cache, store, folder
        self._waiting: list[_ClaimedTask] = []
        self._lock = threading.Lock()

    def run(self, key: str, start: Callable[[str], "Future[str]"]) -> "Future[str]":
        """Start a task, and start it again when another client that had claimed it is gone.

        Args:
            key: Of the task.
            start: Starts it, given the mark of a claim that expired, or nothing; returns a reply for ``read_reply``.
        """
        task = _ClaimedTask(key=key, start=start)
        task.result.set_running_or_notify_cancel()
        self._start(task, "")
        return task.result

    def _start(self, task: _ClaimedTask, stale: str) -> None:
        try:
            task.start(stale).add_done_callback(lambda done: self._take_outcome(task, done))
        except Exception as error:  # noqa: BLE001  # a future passes on any error
            task.result.set_exception(error)

    def _take_outcome(self, task: _ClaimedTask, done: "Future[str]") -> None:
        mark = "" if done.cancelled() or done.exception() else read_reply(done.result()).claim
        if not mark:
            copy_outcome(done, task.result)
            return
        task.mark, task.since_s = mark, time.monotonic()
        with self._lock:
            self._waiting.append(task)
            if len(self._waiting) == 1:
                threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Look after waiting tasks until there are none."""
        while True:
            time.sleep(_PERIOD_S)
            with self._lock:
                waiting = list(self._waiting)
            for task in waiting:
                try:
                    is_over = self._look(task)
                except Exception as error:  # noqa: BLE001  # a future passes on any error
                    task.result.set_exception(error)
                    is_over = True
                if is_over:
                    with self._lock:
                        self._waiting.remove(task)
                        if not self._waiting:
                            return

    def _look(self, task: _ClaimedTask) -> bool:
        """Use the record of the other client, or start the task if its claim is gone; return whether the wait is over."""
        if not self._folder.is_dir():
            raise CancelledError
        record = self._cache.find_record(task.key)
        if record is not None:
            reply = StoredReply(result=record.result, outputs=dict(record.outputs), is_reused=True)
            task.result.set_result(write_reply(reply))
            return True
        _, mark = self._store.read_marked(get_claim_name(task.key)) or (None, "")
        if mark != task.mark:
            task.mark, task.since_s = mark, time.monotonic()
        if mark and time.monotonic() < task.since_s + EXPIRY_S:
            return False
        self._start(task, mark)
        return True
