"""``weerslag build``: bring public/ and press/ up to date, and report the steps."""

import os
from pathlib import Path

import click

from pipeline.builder.trees import TARGETS
from pipeline.cli.build_report import BuildOptions, build_folder, print_outcome, serialise_outcome
from pipeline.cli.cache_option import cache_option
from pipeline.cli.environment import open_cache
from pipeline.cli.json_output import report_json_errors
from pipeline.cli.output import print_error, print_json
from pipeline.cli.programmes import get_batch
from pipeline.cli.progress import open_reporter
from pipeline.cli.workers_options import choose_workers, workers_options


@click.command(
    epilog="""\b
Examples: weerslag build
          weerslag build feed site --why
          weerslag build --preview
          weerslag build --workers processes:4 --json | jq .changes
          weerslag --programmes list.txt build --short-first"""
)
@click.argument("targets", nargs=-1, metavar="[TARGET]...", type=click.Choice(TARGETS))
@workers_options
@cache_option
@click.option("--why", is_flag=True, help="Show why each item was rebuilt.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be built, and change nothing.")
@click.option("--preview", is_flag=True, help="Build a marked preview of what is held back; change nothing public.")
@click.option("--no-wait", is_flag=True, help="Exit with 75 if another build is running.")
@click.option("--short-first", is_flag=True, help="Of several programmes, build the shortest recordings first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def build(
    root: Path,
    targets: tuple[str, ...],
    jobs: int | None,
    workers: str | None,
    *,
    why: bool,
    dry_run: bool,
    preview: bool,
    no_wait: bool,
    short_first: bool,
    as_json: bool,
) -> None:
    """Bring public/ and press/ up to date.

    Targets: episodes, feed, site, magazine, press [default: all].

    --preview builds everything as it will be when all episodes are published, in a folder of its own, which it prints.

    With -C repeated, or --programmes, all programmes share the workers. One that fails does not stop the others.
    """
    options = BuildOptions(
        workers=choose_workers(jobs, workers),
        targets=targets or TARGETS,
        why=why,
        dry_run=dry_run,
        preview=preview,
        wait=not no_wait,
    )
    batch = get_batch()
    if batch:
        from pipeline.cli.batch import build_batch  # noqa: PLC0415  # a build of one programme needs none of it

        click.get_current_context().exit(build_batch(batch, options, short_first=short_first, as_json=as_json))
    cpu = _measure_cpu()
    with open_reporter(why=why, quiet=as_json) as reporter:
        outcome = build_folder(root, open_cache(root), options, reporter)
    if as_json:
        print_json(serialise_outcome(outcome) | {"cpu_s": round(_measure_cpu() - cpu, 2)})
    else:
        print_outcome(outcome, reporter, dry_run=dry_run)
    for _, error in outcome.result.failures:
        print_error(error)
    if outcome.result.failures:
        click.get_current_context().exit(1)


def _measure_cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
