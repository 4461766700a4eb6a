"""Run tasks whose inputs and outputs are objects of a store, here or on a worker that shares no disk with this machine."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.builder.cache_keys import KeyBuilder, find_difference
from pipeline.builder.claimed_tasks import ClaimedTasks
from pipeline.builder.stored_inputs import InputFiles, InputReferences, localise_paths
from pipeline.builder.stored_replies import StoredReply, read_reply, write_reply
from pipeline.builder.worker_cache import open_worker_cache, trim_worker_cache
from pipeline.cache import Blob, Cache, CacheRecord, compute_key
from pipeline.cache.claims import hold_claim
from pipeline.errors import DependencyError, WeerslagError, fill
from pipeline.executors import (
    copy_outcome,
    count_workers,
    find_object,
    is_build_stopped,
    name_object,
    run_task,
    run_task_pooled,
    serialise_task,
    takes_paths,
)
from pipeline.model import from_json, to_json
from pipeline.model.task import Limits, Task, assign_outputs, map_paths

_UPLOADS = 4  # files at a time
_NEAR_BYTES = 4 << 20  # inputs of so much are better read where a copy is

_versions: dict[str, str] = {}  # of the tools of a worker, which do not change while it runs


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A task to run, with the parts of its key; paths of its inputs as ``convert`` understands them."""

    function: Callable[[Any], object]
    task: Task[Any]
    parts: Mapping[str, Any]
    owner: str  # the build that claims it
    stale: str = ""  # the mark of a claim of another build, whose holder is gone


class StoredTasks:
    """Submits the tasks of one build whose cache has a store."""

    def __init__(self, cache: Cache, executor: Executor, folder: Path) -> None:
        """Start nothing.

        Args:
            cache: With a store.
            executor: On this machine, or a cluster.
            folder: For lists of files; it is deleted at the end of the build.
        """
        if cache.store is None:
            raise TypeError("the cache has no store")
        self.cache, self.executor, self.folder = cache, executor, folder
        self._is_remote = not takes_paths(executor)
        threads = _UPLOADS if self._is_remote else count_workers(executor)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="weerslag-store")
        self._references = InputReferences(cache, folder)
        self._uploads: dict[str, Future[None]] = {}  # by digest
        self._claimed = ClaimedTasks(cache, cache.store, folder)
        self._owner = uuid.uuid4().hex
        self._holders: dict[str, str] = {}  # workers with a copy, by digest
        self._lock = threading.Lock()

    def submit(
        self,
        function: Callable[[Any], object],
        task: Task[Any],
        parts: Mapping[str, Any],
        *,
        find_change: Callable[[], WeerslagError | None],
    ) -> "Future[str]":
        """Start a task; its inputs are uploaded first. The result is for ``read_reply``, also if another client runs it.

        Args:
            function: Runs the task.
            task: With paths on this machine; its outputs are names.
            parts: Of its key.
            find_change: Finds an input that changed since its digest was computed. A worker sees that by itself.
        """
        call, key = StoredCall(function, task, parts, self._owner), compute_key(parts)
        if not self._is_remote:
            return self._claimed.run(
                key, lambda stale: self._threads.submit(self._run_here, replace(call, stale=stale), find_change)
            )
        limits = task.limits  # of its files, before they are references
        call = replace(call, task=map_paths(task, self._references.convert))
        uploads = [self._start_upload(path, blob) for path, blob in self._references.take_sources()]
        inputs = self._references.take_inputs()

        def start(stale: str) -> Future[str]:
            message = _serialise_call(replace(call, stale=stale), limits, self.cache, near=self._find_holder(inputs))
            return self._submit_after(uploads, message)

        future = self._claimed.run(key, start)
        future.add_done_callback(lambda done: self._note_holder(done, inputs))
        return future

    def _find_holder(self, inputs: Sequence[Blob]) -> str:
        """Find the worker with copies of most of the inputs; empty if they are small."""
        sizes: Counter[str] = Counter()
        for blob in inputs:
            sizes[self._holders.get(blob.sha256, "")] += blob.size_bytes
        del sizes[""]
        (worker, size), *_ = [*sizes.most_common(1), ("", 0)]
        return worker if size >= _NEAR_BYTES else ""

    def _note_holder(self, done: "Future[str]", inputs: Sequence[Blob]) -> None:
        if not done.exception():
            reply = read_reply(done.result())
            if reply.worker:
                self._holders |= {blob.sha256: reply.worker for blob in (*inputs, *reply.outputs.values())}

    def find_path(self, where: object) -> Any:
        """Return the path on this machine of an input that an error of a worker names, else ``where`` itself."""
        return self._references.origins.get(str(where), where)

    def forget(self, sha256: str) -> None:
        """Forget that the store has an object, and all that was uploaded from here: where one is lost, others may be."""
        with self._lock:
            uploaded, self._uploads = self._uploads, {}
        for one in (sha256, *uploaded):
            self.cache.forget_object(one)

    def _run_here(self, call: StoredCall, find_change: Callable[[], WeerslagError | None]) -> str:
        def run(message: str) -> str:
            return str(self.executor.submit(run_task, message).result())

        with self.cache.open_workspace() as scratch:
            convert = localise_paths(self.cache, scratch)
            reply = _execute_call(call, self.cache, scratch, convert=convert, run=run, find_failure=find_change)
        return write_reply(reply)

    def _start_upload(self, path: Path, blob: Blob) -> "Future[None]":
        with self._lock:
            if blob.sha256 not in self._uploads:
                self._uploads[blob.sha256] = self._threads.submit(self._upload, path, blob)
            return self._uploads[blob.sha256]

    def _upload(self, path: Path, blob: Blob) -> None:
        """Upload a file, part by part, until the build ends: then its folder is gone."""

        def check_end(_: int) -> None:
            if not self.folder.is_dir():
                raise CancelledError

        check_end(0)
        self.cache.upload_source(path, blob, sent=check_end)

    def _submit_after(self, uploads: list["Future[None]"], message: str) -> "Future[str]":
        """Submit a message when all uploads have finished."""
        result: Future[str] = Future()
        result.set_running_or_notify_cancel()
        waiting, lock = len(uploads) + 1, threading.Lock()

        def count_down(_: object) -> None:
            nonlocal waiting
            with lock:
                waiting -= 1
                if waiting:
                    return
            try:
                for upload in uploads:
                    upload.result()
                submitted = self.executor.submit(run_stored_call, message)
                submitted.add_done_callback(lambda done: copy_outcome(done, result))
            except BaseException as error:  # noqa: BLE001  # a future passes on any error
                result.set_exception(error)

        for upload in uploads:
            upload.add_done_callback(count_down)
        count_down(None)
        return result


@contextmanager
def _name_origins(origins: Mapping[str, str]) -> Iterator[None]:
    """Replace the path of a file in an error by what it is called elsewhere."""
    try:
        yield
    except WeerslagError as error:
        error.where = origins.get(str(error.where), error.where)
        raise


def run_stored_call(message: str, *, build: str = "", worker: str = "") -> str:
    """Run a task on a worker that has nothing of its client: fetch inputs, run, upload outputs, write the record.

    Args:
        message: The task.
        build: The executor that runs it, which may be stopped.
        worker: Names this worker to its client.

    Raises:
        MissingObjectError: An input is not in the store, or was damaged.
        DependencyError: The worker has other versions than its client.
        WeerslagError: The task failed.
    """
    plain = json.loads(message)
    task = from_json(find_object(plain["class"]), plain["task"])
    call = StoredCall(find_object(plain["function"]), task, plain["parts"], plain["owner"], plain["stale"])
    cache = open_worker_cache(plain["store"])
    with ExitStack() as stack:
        scratch = stack.enter_context(cache.open_workspace())
        files = InputFiles(cache, scratch)
        stack.enter_context(_name_origins(files.origins))
        reply = _execute_call(
            call,
            cache,
            scratch,
            convert=files.convert,
            run=lambda inner: run_task_pooled(inner, build=build),
            check_key=lambda parts, task: _check_key(parts, task, cache),
            find_failure=lambda: CancelledError() if is_build_stopped(build) else None,
        )
    trim_worker_cache(cache)
    return write_reply(replace(reply, worker=worker))


def _serialise_call(call: StoredCall, limits: Limits, cache: Cache, *, near: str) -> str:
    return json.dumps(
        {
            "function": name_object(call.function),
            "class": name_object(type(call.task)),
            "task": to_json(call.task),
            "limits": to_json(limits),
            "parts": call.parts,
            "owner": call.owner,
            "stale": call.stale,
            "near": near,
            "store": cache.store.address if cache.store else "",
        }
    )


def _execute_call(
    call: StoredCall,
    cache: Cache,
    scratch: Path,
    *,
    convert: Callable[[str, bool], str],
    run: Callable[[str], str],
    check_key: Callable[[Mapping[str, Any], Task[Any]], object] = lambda _parts, _task: None,
    find_failure: Callable[[], BaseException | None],
) -> StoredReply:
    """Run a task, unless another client runs it, or its record exists by now; objects first, the record last."""
    if cache.store is None:
        raise TypeError("the cache has no store")
    key = compute_key(call.parts)
    with hold_claim(cache.store, key, owner=call.owner, stale=call.stale) as claim:
        record = cache.find_record(key)  # another client may have been faster since ours looked
        is_reused = record is not None
        if record is None and claim:
            return StoredReply(claim=claim)
        if record is None:
            task = map_paths(call.task, convert)
            check_key(call.parts, task)
            (scratch / "out").mkdir()
            assigned, paths = assign_outputs(task, scratch / "out")
            result = json.loads(run(serialise_task(call.function, assigned)))
            if failure := find_failure():
                raise failure
            outputs = {name: cache.put_object(path) for name, path in paths.items()}
            record = cache.add_record(key, CacheRecord(parts=call.parts, outputs=outputs, result=result))
    waited_s = round(cache.store.waited_s, 1)
    return StoredReply(result=record.result, outputs=dict(record.outputs), is_reused=is_reused, waited_s=waited_s)


def _check_key(sent: Mapping[str, Any], task: Task[Any], cache: Cache) -> None:
    """Compute the key of a task again, with the code and the tools of this worker.

    Raises:
        DependencyError: It differs: the worker would make another file.
    """
    own = KeyBuilder(cache, versions=_versions).build_parts(task)
    if difference := find_difference(json.loads(json.dumps(sent)), json.loads(json.dumps(own))):
        raise DependencyError(
            fill("a worker has other versions than its client: {difference}", difference=difference),
            hint="Install the same versions everywhere, then start the workers again.",
        )
