"""Run tasks on a Dask cluster. The only module that imports distributed."""

import asyncio
import contextlib
import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import wait as wait_for_all
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import DependencyError, TaskError, WeerslagError, fill, suggest_install
from pipeline.executors.task_messages import run_task
from pipeline.executors.worker_facts import WorkerFacts, describe_worker, find_mismatches
from pipeline.executors.worker_pool import run_task_pooled, stop_build
from pipeline.model import from_json
from pipeline.model.task import Limits

try:
    import distributed
except ImportError as error:
    raise DependencyError("Dask is not installed", hint=suggest_install("cluster")) from error

_CONNECT_S, _STOP_S = 10, 5
# of a client: else it keeps 1,000 batches of messages that it sent
_SETTINGS = {"distributed.admin.low-level-log-length": 10}
_THREADS, _MEMORY = "weerslag-threads", "weerslag-memory"  # resources of a Dask worker


class ResourcePlugin(distributed.WorkerPlugin):
    """Tells the scheduler how many threads and how much memory a worker has, also of one that joins later."""

    name = "weerslag-resources"

    async def setup(self, worker: Any) -> None:
        """Set the resources of a worker."""
        facts = _describe_dask_worker(worker)
        await worker.set_resources(**{_THREADS: facts.threads, _MEMORY: facts.memory_bytes})


class DaskExecutor(Executor):
    """A Dask cluster. Each task runs in a child process of a Dask worker, which keeps its limits and can be killed.

    Dask's ``cancel`` does not stop running work (dask/distributed 4694), so shutdown kills these
    processes. Dask runs a task again when its worker is lost, at most three times (its setting
    ``allowed-failures``); a task that fails is never repeated.
    """

    shares_disk = False  # with its client

    def __init__(self, client: Any, *, check_versions: bool = True) -> None:
        """Use the cluster that ``client`` is connected to.

        Args:
            client: Of Dask.
            check_versions: Refuse a cluster that cannot run tasks.

        Raises:
            WeerslagError: It has no workers.
            DependencyError: Its workers have other versions than this machine.
        """
        self._client, self.build = client, uuid.uuid4().hex
        self._notices: list[str] = []
        self._futures: dict[Any, Future[Any]] = {}  # ours, by that of Dask
        self._lock = threading.Lock()
        facts = self.describe_workers()
        if check_versions:
            self._check_workers(facts)
        self.workers = max(1, sum(one.threads for one in facts.values()))
        self._most = {  # that any worker can give
            _THREADS: min((one.threads for one in facts.values()), default=1),
            _MEMORY: min((one.memory_bytes for one in facts.values()), default=0),
        }
        client.register_plugin(ResourcePlugin())
        client.subscribe_topic("all", self._note_event)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue one task.

        Args:
            fn: ``run_task``, or a function that calls ``run_task_pooled`` with a build; it is also given the worker's name.
            args: The message. Its ``near``, if there is one, names the worker that has copies of most inputs.
            kwargs: None.
        """
        if kwargs or len(args) != 1:
            raise TypeError("a cluster takes submit(run_task, message)")
        call = json.loads(args[0])
        limits = from_json(Limits, call["limits"])
        needs = {_THREADS: limits.threads, _MEMORY: limits.resident_bytes}
        remote = self._client.submit(
            _run_on_worker,
            fn,
            *args,
            self.build,
            key=f"{call['function'].rpartition(':')[2]}-{uuid.uuid4().hex}",  # Dask estimates times by what is before `-`
            retries=0,
            resources={name: min(need, self._most[name]) for name, need in needs.items()},
            workers=[call["near"]] if call.get("near") else None,
            allow_other_workers=bool(call.get("near")),  # that are idle, or if this one is gone
        )
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            self._futures[remote] = future
        remote.add_done_callback(self._pass_on)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Disconnect; with ``cancel_futures`` stop the work of this client on all workers first."""
        with self._lock:
            pending = dict(self._futures)
        if cancel_futures:
            stopping = threading.Thread(target=self._stop_work, args=(list(pending),), daemon=True)
            stopping.start()
            stopping.join(_STOP_S)  # a scheduler that is gone gives no answer
        elif wait:
            wait_for_all(pending.values())
        self._client.close(timeout=_STOP_S)
        with self._lock:
            left, self._futures = self._futures, {}
        for future in left.values():  # Dask calls nothing back after its end
            future.set_exception(CancelledError())

    def describe_workers(self) -> dict[str, WorkerFacts]:
        """Describe all workers by their names."""
        found: dict[str, WorkerFacts] = self._client.run(_describe_dask_worker)
        return found

    def call_workers(self, function: Callable[..., Any], *args: Any) -> dict[str, Any]:
        """Call a function in each worker process; return by worker what it returned, or the exception."""
        found: dict[str, Any] = self._client.run(function, *args, on_error="return")
        return found

    def take_notices(self) -> list[str]:
        """Return what happened to the cluster since the last call: workers that were lost."""
        with self._lock:
            notices, self._notices = self._notices, []
        return notices

    def _check_workers(self, facts: dict[str, WorkerFacts]) -> None:
        if not facts:
            address = self._client.scheduler.address
            raise WeerslagError(
                "the Dask scheduler has no workers", where=address, hint="Start one: dask worker ADDRESS"
            )
        mismatches = find_mismatches(describe_worker(), facts)
        if mismatches:
            hint = "Install the same versions everywhere, then start the workers again."
            raise DependencyError(mismatches[0], hint=hint)

    def _stop_work(self, pending: list[Any]) -> None:
        with contextlib.suppress(Exception):  # whatever is gone already
            self._client.cancel(pending, force=True)
            self._client.run(stop_build, self.build, on_error="ignore")

    def _note_event(self, event: tuple[float, Any]) -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker" and not message.get("expected"):
            with self._lock:
                self._notices.append(message.get("worker", ""))

    def _pass_on(self, remote: Any) -> None:
        """Ask for a result. Nothing waits for it here: Dask bundles what is asked for while its answers are on the way."""
        if remote.status == "cancelled":
            self._finish(remote, error=_convert_error(CancelledError()))
            return
        loop = self._client.loop.asyncio_loop
        asked = asyncio.run_coroutine_threadsafe(self._client.gather(remote, asynchronous=True), loop)
        asked.add_done_callback(lambda answer: self._take_answer(remote, answer))

    def _take_answer(self, remote: Any, answer: Future[Any]) -> None:
        error = CancelledError() if answer.cancelled() else answer.exception()
        if error is None:
            self._finish(remote, result=answer.result())
        else:
            self._finish(remote, error=_convert_error(error))

    def _finish(self, remote: Any, *, result: Any = None, error: BaseException | None = None) -> None:
        """Pass on a result, or an error in our words."""
        with self._lock:
            future = self._futures.pop(remote, None)
        remote.release()
        if future is None:  # it ended with the executor
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def connect_to_dask(address: str, *, check_versions: bool = True) -> DaskExecutor:
    """Connect to a scheduler with TLS, or on this machine.

    Args:
        address: Of the scheduler.
        check_versions: Refuse a cluster that cannot run tasks.

    Raises:
        WeerslagError: No scheduler responds, or it is open to everyone on the network.
        DependencyError: The workers have other versions than this machine.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tls" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise WeerslagError(
            fill("the Dask scheduler `{address}` is not protected by TLS", address=address),
            hint="Use a scheduler with tls://, or one on this machine.",
        )
    if parts.scheme != "tls" and distributed.Security().require_encryption:  # type: ignore[no-untyped-call]
        raise WeerslagError(
            fill("the settings of Dask require encryption, and `{address}` has none", address=address),
            hint="Use a scheduler with tls://, or turn off `distributed.comm.require-encryption` in the settings of Dask.",
        )
    try:
        with distributed.dask.config.set(_SETTINGS):
            client = distributed.Client(parts.geturl(), timeout=_CONNECT_S)  # type: ignore[no-untyped-call]  # distributed's own
    except TypeError as error:  # what Dask says then is about a parameter of its own
        raise WeerslagError(
            fill("the settings of Dask have no certificate for `{address}`", address=address),
            hint="Set `distributed.comm.tls` in the settings of Dask: ca-file, client.cert and client.key.",
        ) from error
    except (OSError, TimeoutError) as error:
        message = fill("no Dask scheduler answers at {address}", address=address)
        raise WeerslagError(message, hint="Start one: dask scheduler") from error
    try:
        return DaskExecutor(client, check_versions=check_versions)
    except BaseException:
        client.close(timeout=_STOP_S)  # type: ignore[no-untyped-call]
        raise


def _run_on_worker(function: Callable[..., str], message: str, build: str) -> str:
    if function is run_task:
        return run_task_pooled(message, build=build)
    return function(message, build=build, worker=distributed.get_worker().address)


def _describe_dask_worker(dask_worker: Any) -> WorkerFacts:
    """Describe the worker process that this runs in; Dask passes itself by the name of the parameter."""
    memory = dask_worker.memory_manager.memory_limit or 0
    return describe_worker(threads=dask_worker.state.nthreads, memory_bytes=int(memory))


def _convert_error(error: BaseException) -> BaseException:
    """Convert an error of Dask; one of a task stays as it is."""
    if isinstance(error, WeerslagError):
        return error
    if isinstance(error, CancelledError):  # also while a result is on its way
        return TaskError("the Dask scheduler stopped", hint="Start it again, then build again.")
    if isinstance(error, distributed.KilledWorker):
        hint = "They ran out of memory, or their machines stopped. See the log of the workers."
        return TaskError("the workers that ran this task were lost, one after another", hint=hint)
    what = f"{type(error).__name__}: {error}"
    return TaskError(fill("a worker of the cluster failed: {what}", what=what), hint="See the log of the workers.")
