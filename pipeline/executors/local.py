"""Run one task after another in this process: the reference for the other executors."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from pipeline.executors.task_messages import read_limits, run_task
from pipeline.executors.worker_process import WorkerProcess


class LocalExecutor(Executor):
    """Run tasks in this process; isolated tasks run in one worker process."""

    def __init__(self) -> None:
        """Start nothing."""
        self._worker: WorkerProcess | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the function before returning a finished future."""
        future: Future[Any] = Future()
        isolated = fn is run_task and read_limits(args[0]).isolated
        try:
            future.set_result((self._run_isolated if isolated else fn)(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # a future passes on any error
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # Executor's
        """Stop the worker process."""
        if self._worker is not None:
            self._worker.kill_and_wait()
            self._worker = None

    def _run_isolated(self, message: str) -> str:
        if self._worker is None or not self._worker.alive:
            self._worker = WorkerProcess()
        return self._worker.run(message)
