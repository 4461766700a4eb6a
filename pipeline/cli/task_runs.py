"""Tasks of a command that is no build: under the lock, with results that stay as long as those of the newest build."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.builder.task_runner import TaskRunner
from pipeline.cache import Cache
from pipeline.cli.environment import describe_process
from pipeline.cli.progress import TerminalReporter
from pipeline.executors import open_executor


@contextmanager
def open_task_runner(cache: Cache, workers: str, reporter: TerminalReporter) -> Iterator[TaskRunner]:
    """Hold the build lock until the block ends, and run tasks in it.

    Args:
        cache: Of the programme.
        workers: The name of an executor.
        reporter: Prints the steps.
    """
    with (
        cache.lock(holder=describe_process(), wait=True, waiting=reporter.print_waiting),
        open_executor(workers) as executor,
        cache.open_workspace() as workspace,
    ):
        runner = TaskRunner(cache=cache, executor=executor, folder=workspace, reporter=reporter.callbacks)
        yield runner
        cache.extend_build(runner.keys)
