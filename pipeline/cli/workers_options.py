"""The options ``--jobs`` and ``--workers``, for commands that run tasks."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pipeline.cli.language import translate
from pipeline.executors import check_executor_name

F = TypeVar("F", bound=Callable[..., Any])


def workers_options(command: F) -> F:
    """Add both options; ``choose_workers`` understands them."""
    how = "local | processes:N | dask:ADDRESS [default: processes on all cores]."
    command = click.option("--workers", metavar="HOW", help=how)(command)
    jobs = click.option("-j", "--jobs", type=click.IntRange(1), help="Number of parallel tasks [default: all cores].")
    return jobs(command)


def choose_workers(jobs: int | None, workers: str | None) -> str:
    """Return the name of the executor.

    Raises:
        click.UsageError: Both are given.
        UsageError: There is no such executor.
    """
    if jobs and workers:
        raise click.UsageError(translate("--jobs and --workers exclude each other"))
    name = workers or (f"processes:{jobs}" if jobs else "processes")
    check_executor_name(name)
    return name
