"""Run tasks, or load their results from the cache; record the steps and the failures."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pipeline.builder.cache_keys import KeyBuilder, find_difference, read_input_states
from pipeline.builder.stored_replies import read_reply
from pipeline.cache import Blob, Cache, CacheRecord, compute_key
from pipeline.cache.object_store import MissingObjectError
from pipeline.errors import StorageError, WeerslagError
from pipeline.executors import deserialise_result, run_task, serialise_task, take_notices
from pipeline.model import Step, from_json, to_json
from pipeline.model.task import Task, assign_outputs, find_result_type

if TYPE_CHECKING:
    from pipeline.builder.stored_tasks import StoredTasks

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T", bound=Task[Any])

UP_TO_DATE = "up to date"  # the kind of a step whose result was in the cache
DRY_RUN = "would"  # the kind of a step that a dry run would have run
_MAX_REPAIRS = 3  # of one task: how often objects that the store lost are made again


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Generic[R]):
    """The value that a task returned, and its output files in the cache, by field name."""

    value: R
    outputs: Mapping[str, Blob]


@dataclass(slots=True, kw_only=True)
class PendingTask(Generic[R]):
    """A submitted task."""

    task: Task[R]
    function: Callable[[Any], object]
    parts: Mapping[str, Any]  # of its key
    states: Mapping[str, list[int]]  # of its input files, from before they were hashed
    paths: Mapping[str, Path] = field(default_factory=dict)  # of its outputs
    future: "Future[str] | None" = None  # None: not running
    result: TaskResult[R] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of one stage of a build."""

    verb: str
    done: int
    of: int
    done_weight_s: float
    of_weight_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Where a build reports its steps and its progress."""

    step: Callable[[Step], object]
    progress: Callable[[Progress], object] = lambda _: None


@dataclass
class TaskRunner:
    """Runs the tasks of one build."""

    cache: Cache
    executor: Executor
    folder: Path  # for the outputs of running tasks
    reporter: Reporter
    dry_run: bool = False
    steps: list[Step] = field(default_factory=list)
    failures: list[tuple[Step, WeerslagError]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)  # of all results, by label
    _made_by: dict[str, PendingTask[Any]] = field(default_factory=dict)  # objects of a store, by digest

    @cached_property
    def _stored_tasks(self) -> "StoredTasks":
        from pipeline.builder.stored_tasks import StoredTasks  # noqa: PLC0415  # only with a store

        return StoredTasks(self.cache, self.executor, self.folder)

    @cached_property
    def _key_builder(self) -> KeyBuilder:
        return KeyBuilder(self.cache)

    @cached_property
    def _last_keys(self) -> dict[str, str]:
        return self.cache.load_last_keys()

    def run(self, function: Callable[[T], R], tasks: Mapping[K, T]) -> dict[K, TaskResult[R]]:
        """Run tasks in parallel, or load their results from the cache.

        Returns:
            The results by the same names, in order, without those of failed tasks.
        """
        if self.cache.store is None:
            return self.finish({name: self.submit(function, task) for name, task in tasks.items()})
        prepared = {name: self._prepare(function, task) for name, task in tasks.items()}
        self.cache.prefetch_records([compute_key(one.parts) for one in prepared.values()])
        return self.finish({name: self._load_or_start(one) for name, one in prepared.items()})

    def finish(self, pending: Mapping[K, PendingTask[R]]) -> dict[K, TaskResult[R]]:
        """Wait for submitted tasks.

        Returns:
            Their results by the same names, in order, without those of failed tasks.
        """
        running = [one for one in pending.values() if one.future]
        for number, one in enumerate(running):
            self._report_progress([other.task for other in running], number)
            self.wait(one)
        return {name: one.result for name, one in pending.items() if one.result is not None}

    def submit(self, function: Callable[[T], R], task: T) -> PendingTask[R]:
        """Load a result from the cache, or start the task; a dry run only reports it."""
        return self._load_or_start(self._prepare(function, task))

    def _prepare(self, function: Callable[[T], R], task: T) -> PendingTask[R]:
        states = read_input_states(task, self.cache)
        return PendingTask(task=task, function=function, parts=self._key_builder.build_parts(task), states=states)

    def _load_or_start(self, pending: PendingTask[R]) -> PendingTask[R]:
        pending.result = self._load_result(pending)
        if pending.result is None and self.dry_run:
            self.report(Step(kind=DRY_RUN, subject=pending.task.step_name, why=self._explain(pending)))
        elif pending.result is None:
            self._start(pending)
        return pending

    def _start(self, pending: PendingTask[Any]) -> None:
        task = pending.task
        if self.cache.store is not None:
            pending.future = self._stored_tasks.submit(
                pending.function, task, pending.parts, find_change=lambda: self._find_change(pending)
            )
            return
        folder = Path(tempfile.mkdtemp(prefix=f"{task.VERB}-", dir=self.folder))
        assigned, pending.paths = assign_outputs(task, folder)
        pending.future = self.executor.submit(run_task, serialise_task(pending.function, assigned))

    def wait(self, pending: PendingTask[R]) -> TaskResult[R] | None:
        """Wait for a task and put its result into the cache; ``None`` if it failed."""
        if pending.future:
            pending.result, pending.future = self._collect_result(pending, pending.future), None
        return pending.result

    def find_output(self, result: TaskResult[Any]) -> str:
        """Return the path of the output file ``out``, as an input for another task."""
        return str(self.cache.get_object_path(result.outputs["out"].sha256))

    def report(self, step: Step) -> None:
        """Record and report one step."""
        self.steps.append(step)
        self.reporter.step(step)

    def report_failure(self, subject: str, error: WeerslagError) -> None:
        """Record and report a failure; other tasks go on."""
        step = Step(kind="failed", subject=subject, detail=error.message)
        self.failures.append((step, error))
        self.report(step)

    def load_last_value(self, label: str, kind: type[R]) -> R | None:
        """Load what the task called ``label`` returned in the last build; use it as a first guess only."""
        record = self.cache.find_record(self._last_keys.get(label, ""))
        try:
            return from_json(kind, record.result) if record else None
        except (TypeError, ValueError, KeyError):  # written by an older version, in another form
            return None

    def _load_result(self, pending: PendingTask[R]) -> TaskResult[R] | None:
        key = compute_key(pending.parts)
        record = self.cache.find_record(key)
        if record is None:
            return None
        try:
            value = from_json(find_result_type(type(pending.task)), record.result)
        except (TypeError, ValueError, KeyError):  # the record of another version, whose result had other fields
            return None
        self.keys[pending.task.step_name] = key
        self.report(Step(kind=UP_TO_DATE, subject=pending.task.step_name))
        self._made_by |= {blob.sha256: pending for blob in record.outputs.values()} if self.cache.store else {}
        return TaskResult(value=value, outputs=record.outputs)

    def _collect_result(self, pending: PendingTask[R], future: "Future[str]") -> TaskResult[R] | None:
        """Wait for one task, and store its files and then its record: only the record makes the result count."""
        if self.cache.store is not None:
            return self._collect_stored(pending, future)
        task = pending.task
        try:
            value, failure = deserialise_result(task, future.result()), None
        except WeerslagError as error:
            failure = self._hide_temporary_path(error)
        if failure := self._find_change(pending) or failure:
            self.report_failure(task.step_name, failure)
            return None
        outputs = {name: self.cache.put_object(path) for name, path in pending.paths.items()}
        why, key = self._explain(pending), compute_key(pending.parts)
        self.cache.add_record(key, CacheRecord(parts=pending.parts, outputs=outputs, result=to_json(value)))
        self.keys[task.step_name] = key
        self.report(Step(kind=task.VERB, subject=task.subject, why=why))
        return TaskResult(value=value, outputs=outputs)

    def _collect_stored(self, pending: PendingTask[R], future: "Future[str]") -> TaskResult[R] | None:
        """Wait for one task that stored its files and its record itself; make again what the store lost."""
        failure: WeerslagError | None = None
        for _ in range(_MAX_REPAIRS + 1):
            try:
                return self._adopt_reply(pending, future.result())
            except MissingObjectError as error:
                failure = error
                if not self._repair(str(error.where), pending) or pending.future is None:
                    break
                future = pending.future
            except WeerslagError as error:
                failure = error
                break
            finally:
                self._report_losses()
        if failure is not None:
            failure.where = self._stored_tasks.find_path(failure.where)
            self.report_failure(pending.task.step_name, self._find_change(pending) or failure)
        return None

    def _adopt_reply(self, pending: PendingTask[R], text: str) -> TaskResult[R]:
        """Take over what a worker stored; it may be the result of another client."""
        task, reply = pending.task, read_reply(text)
        value = from_json(find_result_type(type(task)), reply.result)
        key, why = compute_key(pending.parts), self._explain(pending)
        self.cache.adopt_record(key, CacheRecord(parts=pending.parts, outputs=reply.outputs, result=reply.result))
        self._made_by |= {blob.sha256: pending for blob in reply.outputs.values()}
        self.keys[task.step_name] = key
        if reply.waited_s:
            self.report(Step(kind="waited", subject=f"{reply.waited_s:.1f} s", detail=task.step_name))
        if reply.is_reused:
            self.report(Step(kind=UP_TO_DATE, subject=task.step_name))
        else:
            self.report(Step(kind=task.VERB, subject=task.subject, why=why))
        return TaskResult(value=value, outputs=reply.outputs)

    def _repair(self, sha256: str, pending: PendingTask[Any]) -> bool:
        """Make an object again that the store lost or damaged, then submit the task that needs it again."""
        self._stored_tasks.forget(sha256)
        producer = self._made_by.pop(sha256, None)
        if producer is not None:
            self.report(Step(kind="repaired", subject=producer.task.step_name, detail=sha256[:12]))
            producer.result = None
            self._start(producer)
            if self.wait(producer) is None:
                return False
        self._start(pending)
        return True

    def _report_losses(self) -> None:
        for worker in take_notices(self.executor):
            self.report(Step(kind="lost", subject=f"worker {worker}", detail="its tasks run again"))

    def _find_change(self, pending: PendingTask[Any]) -> WeerslagError | None:
        """Find an input file that changed meanwhile: the result of other content does not belong to the key."""
        now = read_input_states(pending.task, self.cache)
        for path, state in pending.states.items():
            if now.get(path) != state:
                hint = "Wait until it is copied, and build again."
                return StorageError("changed during the build", where=path, hint=hint)
        return None

    def _hide_temporary_path(self, error: WeerslagError) -> WeerslagError:
        """Name the cache folder in place of a file in it, which means nothing to people."""
        if not isinstance(error, StorageError) or not Path(str(error.where)).is_relative_to(self.folder):
            return error
        hint = error.hint or "Free disk space there; the next build continues from here."
        return StorageError(error.message, where=str(self.cache.folder), hint=hint)

    def _explain(self, pending: PendingTask[Any]) -> str:
        """Name the part of the key that differs from the last build."""
        old = self.cache.read_key_parts(self._last_keys.get(pending.task.step_name, ""))
        return find_difference(old, pending.parts) if old else "new"

    def _report_progress(self, running: Sequence[Task[Any]], number: int) -> None:
        weights = [task.weight for task in running]
        self.reporter.progress(
            Progress(
                verb=running[number].VERB,
                done=number,
                of=len(running),
                done_weight_s=sum(weights[:number]),
                of_weight_s=sum(weights),
            )
        )
