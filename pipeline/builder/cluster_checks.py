"""Whether a cluster and a store will do, before anything is uploaded: for ``doctor``."""

import hashlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

from pipeline.cache import Cache
from pipeline.errors import StorageError, WeerslagError, fill
from pipeline.executors import check_executor_name, find_blind_workers
from pipeline.executors.worker_facts import WorkerFacts, describe_worker, find_mismatches
from pipeline.model import Finding

_PROBES = "doctor/"  # below the prefix; each probe is deleted again
_PROBE_BYTES = 64 * 1024
_BYTES_PER_THREAD = 10**9  # speech recognition of one block with the model base


def check_cluster(workers: str, address: str, cache: Cache) -> Iterator[Finding]:
    """Check the scheduler, its workers, the store, and the way from each worker to the store.

    Args:
        workers: ``dask:ADDRESS``; anything else has no cluster to check.
        address: Of the store, ``s3://bucket/prefix``; empty: the workers need the disk of this machine.
        cache: The cache on this machine, whose folder such workers must see.

    Yields:
        Findings with severity ``info``, ``warning``, or ``error`` (a build on this cluster would fail).

    Raises:
        UsageError: There is no executor of that name.
    """
    check_executor_name(workers or "local")
    has_store = address.startswith("s3:")
    probe = _Probe(address) if has_store else None
    if probe:
        yield from probe.check()
    kind, _, place = workers.partition(":")
    if kind != "dask":
        return
    try:
        from pipeline.executors.dask_cluster import connect_to_dask  # noqa: PLC0415  # optional, and takes a second

        executor = connect_to_dask(place, check_versions=False)
    except WeerslagError as error:
        yield _create_error("scheduler", place, error.message, error.hint)
        return
    except RuntimeError as error:  # Dask's own: its settings require TLS
        hint = "Check the settings of TLS in DASK_DISTRIBUTED__COMM__…; see docs/scaling.md."
        yield _create_error("scheduler", place, fill("Dask refuses: {what}", what=str(error)), hint)
        return
    try:
        yield from _check_workers(executor, place)
        yield from probe.check_workers(executor) if probe else _check_disk(executor, cache)
    finally:
        executor.shutdown()


def _check_workers(executor: Any, place: str) -> Iterator[Finding]:
    facts: dict[str, WorkerFacts] = executor.describe_workers()
    if not facts:
        hint = "Start one: dask worker ADDRESS"
        yield _create_error("scheduler", place, "the Dask scheduler has no workers", hint)
        return
    text = "Dask scheduler {place} answers, {secrecy}: {count} workers, {threads} threads, {memory:.0f} GB"
    memory = sum(one.memory_bytes for one in facts.values()) / 1e9
    secrecy = "TLS" if place.startswith("tls:") else "loopback"
    figures = {"count": len(facts), "threads": sum(one.threads for one in facts.values()), "memory": memory}
    yield _create_info("scheduler", place, fill(text, place=place, secrecy=secrecy, **figures))
    for message in find_mismatches(describe_worker(), facts):
        hint = "Install the same versions everywhere, then start the workers again."
        yield _create_error("worker-version", place, message, hint)
    for name, worker in sorted(facts.items()):
        text = "worker {name}: Weerslag {version}, ffmpeg {ffmpeg}, {threads} threads, {memory:.1f} GB"
        ffmpeg = worker.ffmpeg.split()[0] if worker.ffmpeg else "–"
        figures = {"threads": worker.threads, "memory": worker.memory_bytes / 1e9}
        yield _create_info("worker", name, fill(text, name=name, version=worker.version, ffmpeg=ffmpeg, **figures))
        if worker.memory_bytes < _BYTES_PER_THREAD * worker.threads:
            text = "worker {name} has less than 1 GB of memory for each thread"
            hint = "Start it with fewer threads (--nthreads), or with more memory (--memory-limit)."
            yield Finding(
                code="worker-memory", severity="warning", where=name, message=fill(text, name=name), hint=hint
            )


def _check_disk(executor: Any, cache: Cache) -> Iterator[Finding]:
    """Check that workers see the folder of the cache: without a store, tasks exchange files in it."""
    with cache.open_workspace() as folder:
        blind = find_blind_workers(executor, folder.resolve())
    for name in blind:
        message = fill("worker {name} does not see the folder {folder}", name=name, folder=cache.folder)
        hint = "Give it the same disk, or use a store: --cache s3://bucket/prefix"
        yield _create_error("worker-disk", name, message, hint)
    if not blind and executor.describe_workers():
        message = fill("all workers see the disk of this machine: {folder}", folder=cache.folder)
        yield _create_info("worker-disk", "this machine", message)


class _Probe:
    """An object in a store that is written, read and deleted again."""

    def __init__(self, address: str) -> None:
        self.address, self.path = address, f"{_PROBES}{uuid.uuid4().hex}"
        self.content = self.path.encode() * (_PROBE_BYTES // len(self.path))

    def check(self) -> Iterator[Finding]:
        """Write, write again on condition, read, delete, and measure the time of a request."""
        try:
            from pipeline.cache.bucket import open_bucket  # noqa: PLC0415  # an optional dependency

            bucket = open_bucket(self.address, retries=1)
            try:
                start = time.monotonic()
                bucket.put(self.path, self.content, mode="create")
                is_conditional = bucket.put(self.path, b"other", mode="create") is None
                found = bucket.get(self.path)
                milliseconds = (time.monotonic() - start) / 3 * 1000
            finally:
                bucket.delete(self.path)
            is_gone = bucket.get(self.path) is None
        except WeerslagError as error:
            yield _create_error("store", str(error.where) or self.address, error.message, error.hint)
            return
        if not is_conditional:
            hint = "Use a store that supports If-None-Match: two builds at a time could overwrite each other."
            yield _create_error("store", self.address, "the store ignores conditions of writes", hint)
        elif found is None or found[0] != self.content or not is_gone:
            hint = "Use a store whose reads see the last write; see docs/scaling.md."
            yield _create_error("store", self.address, "the store does not return what was written last", hint)
        else:
            text = "store {address}: write, conditional write, read and delete work, {milliseconds:.0f} ms a request"
            yield _create_info("store", self.address, fill(text, address=self.address, milliseconds=milliseconds))

    def check_workers(self, executor: Any) -> Iterator[Finding]:
        """Let each worker read what this machine wrote, and write and delete an object."""
        try:
            from pipeline.cache.bucket import open_bucket  # noqa: PLC0415  # an optional dependency

            bucket = open_bucket(self.address, retries=1)
            try:
                bucket.put(self.path, self.content)
                digest = hashlib.sha256(self.content).hexdigest()
                results = executor.call_workers(_try_store, self.address, self.path, digest)
            finally:
                bucket.delete(self.path)
        except WeerslagError:
            return  # ``check`` reported the store
        for name, result in sorted(results.items()):
            if isinstance(result, float):
                text = "worker {name} reads and writes the store, {milliseconds:.0f} ms a request"
                yield _create_info("worker-store", name, fill(text, name=name, milliseconds=result * 1000))
            else:
                what = result.message if isinstance(result, WeerslagError) else type(result).__name__
                message = fill("worker {name} cannot use the store: {what}", name=name, what=what)
                hint = "Give the worker the same AWS_… variables, and a way to the store."
                yield _create_error("worker-store", name, message, hint)


def _try_store(address: str, path: str, digest: str) -> float:
    """Run on a worker: read an object, write one and delete it.

    Returns:
        Seconds a request, on average.

    Raises:
        WeerslagError: The store refuses, or has something else.
    """
    from pipeline.cache.bucket import open_bucket  # noqa: PLC0415  # an optional dependency

    bucket, own = open_bucket(address, retries=1), f"{path}-{uuid.uuid4().hex}"
    start = time.monotonic()
    found = bucket.get(path)
    if found is None or hashlib.sha256(found[0]).hexdigest() != digest:
        raise StorageError("the worker reads another store")
    try:
        bucket.put(own, found[0], mode="create")
    finally:
        bucket.delete(own)
    return (time.monotonic() - start) / 3


def _create_info(code: str, where: str, message: str) -> Finding:
    return Finding(code=code, severity="info", where=where, message=message)


def _create_error(code: str, where: str, message: str, hint: str) -> Finding:
    return Finding(code=code, severity="error", where=where, message=message, hint=hint)
