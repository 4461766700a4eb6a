"""``weerslag build`` of several programmes: one executor for all, in turns; one that fails does not stop the others."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from pipeline.builder.batch import BatchScheduler, BuildQueue, read_recording_lengths
from pipeline.builder.task_runner import Progress
from pipeline.cache import Cache
from pipeline.cli.batch_state import (
    DONE,
    FAILED,
    INTERRUPTED,
    RUNNING,
    BatchState,
    describe_batch_process,
    write_batch_state,
)
from pipeline.cli.build_report import BuildOptions, BuildOutcome, build_folder, print_outcome, serialise_outcome
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.json_output import serialise_error
from pipeline.cli.language import translate
from pipeline.cli.output import format_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.errors import LockedError, StorageError, UsageError, ValidationError, WeerslagError, fill
from pipeline.executors import count_workers, describe_fault, open_executor

_MAX_OPEN = 64  # programmes at a time: each holds its content in memory
_STATE_PERIOD_S = 1.0
_LOCK_PERIOD_S = 2.0


@dataclass(slots=True, kw_only=True)
class ProgrammeReporter(TerminalReporter):
    """Reports the build of one programme of a batch: each line begins with its name."""

    parent: TerminalReporter
    label: str

    def print_line(self, line: str) -> None:
        """Print one line above the bar of the batch."""
        self.parent.print_line(f"{self.label}{line}")

    def print_warning(self, warning: ValidationError) -> None:
        """Print a warning, as a build of one programme does."""
        self.print_always(warning.format(translate))

    def print_always(self, line: str) -> None:
        """Print one line, also when only a JSON document was asked for."""
        if self.quiet:
            click.echo(f"{self.label}{line}", err=True)
        else:
            self.print_line(line)


@dataclass(slots=True, kw_only=True)
class BatchItem:
    """One programme of a batch."""

    root: Path
    name: str
    cache: Cache
    state: BatchState
    lengths_s: dict[str, float] = field(default_factory=dict)  # of recordings, by episode; for short ones first
    queue: BuildQueue | None = None  # while it is built
    written: BatchState | None = None  # what its state file holds
    document: dict[str, Any] = field(default_factory=dict)  # for JSON

    def write_state(self, **changes: Any) -> None:
        """Write the state, if it changed. A full disk is reported by the build itself."""
        state = replace(self.state, **changes)
        if self.queue is not None:
            tasks = self.queue.describe()
            state = replace(state, done=tasks.done, running=tasks.running, waiting=tasks.waiting)
        self.state = state
        if state != self.written and self.root.is_dir():
            with suppress(StorageError):
                write_batch_state(self.cache.folder, state)
                self.written = state


def build_batch(folders: Sequence[Path], options: BuildOptions, *, short_first: bool, as_json: bool) -> int:
    """Build several programmes, and print what happened to each.

    Args:
        folders: The programmes, in the order in which they are begun.
        options: How each is built.
        short_first: Build the programmes with the shortest recordings first, and their shortest episodes before others.
        as_json: Print one JSON document, and nothing else on stdout.

    Returns:
        The exit code: that of the worst build; 75 only if all others succeeded.

    Raises:
        UsageError: Two programmes have one cache.
        WeerslagError: The executor cannot be opened.
    """
    start = time.monotonic()
    batch = Batch(_prepare_items(folders), options, short_first=short_first, as_json=as_json)
    code = batch.run()
    seconds = round(time.monotonic() - start, 2)
    if as_json:
        programmes = [{"programme": str(item.root), **item.document} for item in batch.items]
        print_json({"programmes": programmes, "exit_code": code, "seconds": seconds})
    else:
        failed = sum(item.state.exit_code != 0 for item in batch.items)
        line = translate("programmes: {done} succeeded, {failed} failed ({seconds} s)")
        done = len(batch.items) - failed
        click.echo(line.format(done=done, failed=failed, seconds=f"{seconds:.1f}"), err=True)
    return code


class Batch:
    """The builds of several programmes, each in a thread, with one executor for all."""

    def __init__(self, items: Sequence[BatchItem], options: BuildOptions, *, short_first: bool, as_json: bool) -> None:
        """Prepare; ``run`` builds."""
        self.items, self._options, self._as_json, self._short_first = items, options, as_json, short_first
        self._order = list(items)
        self._lock, self._state_lock, self._stopped = threading.Lock(), threading.Lock(), threading.Event()
        self._width = min(30, max(len(item.name) for item in items)) + 2

    def run(self) -> int:
        """Build all, and return the worst exit code."""
        if self._short_first:
            for item in self.items:
                item.lengths_s = read_recording_lengths(item.root)
            self._order.sort(key=lambda item: sum(item.lengths_s.values()))
        with (
            open_reporter(why=self._options.why, quiet=self._as_json) as reporter,
            ExitStack() as stack,
            open_executor(self._options.workers) as executor,
        ):
            # one more than workers, since a build also renders while no task of it runs; they end after the executor
            threads = stack.enter_context(ThreadPoolExecutor(min(_MAX_OPEN, count_workers(executor) + 1)))
            for item in self.items:  # not before: without an executor the batch has not begun
                item.write_state()
            self._build_all(executor, threads, reporter)
        return max((item.state.exit_code or 0 for item in self.items), key=_rank_exit_code)

    def _build_all(self, executor: Executor, threads: ThreadPoolExecutor, reporter: TerminalReporter) -> None:
        scheduler = BatchScheduler(executor, short_first=self._short_first)
        writer = threading.Thread(target=self._write_states, daemon=True)
        writer.start()
        try:
            _report_progress(reporter, 0, len(self.items))
            futures = [threads.submit(self._build, item, scheduler, reporter) for item in self._order]
            for number, future in enumerate(as_completed(futures)):
                future.result()
                _report_progress(reporter, number + 1, len(self.items))
        except BaseException:  # the running tasks end with the executor, and then their threads
            self._stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            scheduler.cancel()
            self._stopped.set()
            writer.join()

    def _build(self, item: BatchItem, scheduler: BatchScheduler, reporter: TerminalReporter) -> None:
        label, quiet = f"{item.name:<{self._width}}", self._as_json
        own = ProgrammeReporter(why=self._options.why, quiet=quiet, terminal=False, parent=reporter, label=label)
        try:
            with scheduler.open_queue(item.lengths_s) as queue:
                self._begin(item, queue)
                outcome = self._build_when_unlocked(item, queue, own)
        except CancelledError:
            self._end(item, INTERRUPTED, 130)
            return
        with self._lock:  # the lines of one programme stay together
            code = _report_outcome(item, outcome, own, dry_run=self._options.dry_run)
        self._end(item, FAILED if code else DONE, code)

    def _build_when_unlocked(
        self, item: BatchItem, queue: BuildQueue, reporter: ProgrammeReporter
    ) -> BuildOutcome | WeerslagError:
        """Build one programme; while another process builds it, try again, so that an interrupt is noticed."""
        options, is_waiting = replace(self._options, wait=False), False
        while True:
            try:
                return build_folder(
                    item.root, item.cache, options, reporter, executor=queue, warn=reporter.print_warning
                )
            except LockedError as error:
                if not self._options.wait:
                    return error
                if not is_waiting:
                    reporter.print_line(translate(error.message))
                is_waiting = True
            except WeerslagError as error:
                return error
            except CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # a fault of ours in one programme must not stop the others
                return describe_fault(error)
            if self._stopped.wait(_LOCK_PERIOD_S):
                raise CancelledError

    def _begin(self, item: BatchItem, queue: BuildQueue) -> None:
        with self._state_lock:
            item.queue = queue
            item.write_state(state=RUNNING, began=get_current_time())

    def _end(self, item: BatchItem, state: str, code: int) -> None:
        with self._state_lock:
            item.write_state(state=state, exit_code=code, ended=get_current_time())
            item.queue = None

    def _write_states(self) -> None:
        """Write the states of running builds each second, until the batch ends."""
        while not self._stopped.wait(_STATE_PERIOD_S):
            for item in self.items:
                with self._state_lock:
                    if item.queue is not None:
                        item.write_state()


def _report_outcome(
    item: BatchItem, outcome: BuildOutcome | WeerslagError, reporter: ProgrammeReporter, *, dry_run: bool
) -> int:
    """Print what happened to one programme, keep it for JSON if that was asked for, and return the exit code."""
    if isinstance(outcome, WeerslagError):
        errors, code, document = [outcome], outcome.exit_code, serialise_error(outcome)
    else:
        errors = [error for _, error in outcome.result.failures]
        code, document = int(bool(errors)), serialise_outcome(outcome)
        print_outcome(outcome, reporter, dry_run=dry_run)
    if reporter.quiet:  # else nothing of it is kept: there may be thousands
        item.document = {"exit_code": code, **document}
    for error in errors:
        for line in format_error(error):
            reporter.print_always(line)
    return code


def _report_progress(reporter: TerminalReporter, done: int, count: int) -> None:
    progress = Progress(verb="programmes", done=done, of=count, done_weight_s=done, of_weight_s=count)
    reporter.callbacks.progress(progress)


def _prepare_items(folders: Sequence[Path]) -> list[BatchItem]:
    """Open the cache of each programme.

    Raises:
        UsageError: Two have one cache, whose lock and list of files are for one programme; or one name in the store.
    """
    process, items, names = describe_batch_process(), [], Counter(folder.resolve().name for folder in folders)
    folder_of: dict[Path, Path] = {}
    stored_as: dict[str, Path] = {}
    for number, root in enumerate(folders):
        cache, name = open_cache(root), root.resolve().name
        other = folder_of.setdefault(cache.folder.resolve(), root)
        if other != root:
            message = fill("{one} and {other} have one cache, {folder}", one=other, other=root, folder=cache.folder)
            raise UsageError(message, hint="Unset WEERSLAG_CACHE: each programme needs a cache of its own.")
        if cache.store is not None and (other := stored_as.setdefault(cache.programme, root)) != root:
            message = fill("{one} and {other} have one name in the store: {name}", one=other, other=root, name=name)
            raise UsageError(message, hint="Rename one of these folders, or change its `title` or `url`.")
        state = BatchState(process=process, number=number + 1, of=len(folders))
        name = name if names[name] == 1 else str(root)
        items.append(BatchItem(root=root, name=name, cache=cache, state=state))
    return items


def _rank_exit_code(code: int) -> float:
    """Rank a code among others: another build that holds the lock is the least of all failures."""
    return 0.5 if code == LockedError.exit_code else code
