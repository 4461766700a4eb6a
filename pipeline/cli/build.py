"""``weerslag build``: bring public/ and press/ up to date, and report the steps."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.builder.build_result import BuildResult
from pipeline.builder.output_files import TARGETS
from pipeline.builder.preview import PREVIEW
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors
from pipeline.cli.language import translate
from pipeline.cli.output import print_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.model import to_display_json
from pipeline.publish.status_table import LostEpisode, find_lost_episodes


@click.command(
    epilog="""\b
Examples: weerslag build
          weerslag build feed site --why
          weerslag build --preview
          weerslag build --workers processes:4 --json | jq .changes"""
)
@click.argument("targets", nargs=-1, metavar="[TARGET]...", type=click.Choice(TARGETS))
@click.option("-j", "--jobs", type=click.IntRange(1), help="Number of parallel tasks [default: all cores].")
@click.option("--workers", metavar="HOW", help="local | processes:N | dask:ADDRESS [default: processes on all cores].")
@click.option("--why", is_flag=True, help="Show why each item was rebuilt.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would be built, and change nothing.")
@click.option("--preview", is_flag=True, help="Build a marked preview of what is held back; change nothing public.")
@click.option("--no-wait", is_flag=True, help="Exit with 75 if another build is running.")
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
    as_json: bool,
) -> None:
    """Bring public/ and press/ up to date.

    Targets: episodes, feed, site, magazine, press [default: all].

    --preview builds everything as it will be when all episodes are published, in a folder of its own, which it prints.
    """
    if jobs and workers:
        raise click.UsageError(translate("--jobs and --workers exclude each other"))
    start, cpu, cache = time.monotonic(), _measure_cpu(), open_cache(root)
    with (
        open_reporter(why=why, quiet=as_json) as reporter,
        run_build_locked(
            root,
            cache=cache,
            now=get_current_time(),
            reporter=reporter,
            workers=workers or f"processes:{jobs or os.cpu_count() or 1}",
            targets=targets or TARGETS,
            dry_run=dry_run,
            preview=preview,
            wait=not no_wait,
        ) as result,
    ):
        lost = () if result.failures else find_lost_episodes(result.outline, read_publication_log(root / LOG_FILE))
    seconds = {"seconds": round(time.monotonic() - start, 2), "cpu_s": round(_measure_cpu() - cpu, 2)}
    folder = cache.folder / PREVIEW if preview else None
    if as_json:
        document = _serialise_result(result) | {"preview": folder and str(folder)}
        print_json({**document, "lost": [to_display_json(one) for one in lost], **seconds})
    else:
        reporter.print_summary(result, seconds["seconds"], dry_run=dry_run, preview=folder)
        report_print_faults(result, reporter)
        _warn_of_losses(lost, reporter)
    if result.failures:
        for _, error in result.failures:
            print_error(error)
        click.get_current_context().exit(1)


def report_print_faults(result: BuildResult, reporter: TerminalReporter) -> None:
    """Print why a file for the printer is not fit for print. The build succeeded: its other files are usable."""
    for file, findings in sorted(result.findings.items()):
        errors = [one for one in findings if one.severity == "error"]
        if not errors or not file.startswith("press/"):
            continue
        reporter.print_step("not for print", file)
        for one in errors:
            reporter.print_line(f"  {translate(one.where)}: {translate(one.message)}")
            if one.hint:
                reporter.print_line(f"    hint: {translate(one.hint)}")


def _warn_of_losses(lost: Sequence[LostEpisode], reporter: TerminalReporter) -> None:
    """Print, as the last lines, which published episodes this build lacks."""
    for one in lost:
        line, folder = translate("{slug}: its folder is missing, and it is published on {targets}"), ""
        if one.missing == "recording":
            line = translate("{slug}: its recording is missing, and it is published on {targets}")
            folder = "recording/"
        hint = translate("hint: restore {folder}; `publish` refuses to lose a published episode")
        if one.missing == "withdrawal":
            line = translate("{slug}: it was withdrawn, and is still published on {targets}")
            hint = translate("hint: weerslag publish {target} --withdraw {guid}")
        reporter.print_step("lost", line.format(slug=one.episode, targets=", ".join(one.targets)))
        values = {"folder": f"episodes/{one.episode}/{folder}", "target": one.targets[0], "guid": one.guid}
        reporter.print_line(f"  {hint.format_map(values)}")


def _serialise_result(result: BuildResult) -> dict[str, Any]:
    """Serialise what ``--json`` prints."""
    return {
        "steps": [to_display_json(step) for step in result.steps],
        "failures": [
            {"subject": step.subject, "where": str(error.where), "message": error.message, "hint": error.hint}
            for step, error in result.failures
        ],
        "changes": {tree: to_display_json(changes) for tree, changes in result.changes.items()},
        "defects": [
            {"episode": release.slug, **to_display_json(defect)}
            for release in result.outline.releases
            for defect in release.defects
        ],
        "findings": {file: [to_display_json(one) for one in findings] for file, findings in result.findings.items()},
        "held_back": [{"episode": slug, "until": time_.isoformat()} for slug, time_ in result.held_back],
        "without_recording": list(result.without_recording),
    }


def _measure_cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
