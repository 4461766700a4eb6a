"""One build of a programme, and what it reports: as lines, or as JSON."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.builder.build_result import BuildResult
from pipeline.builder.trees import PREVIEW
from pipeline.cache import Cache
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.environment import get_current_time
from pipeline.cli.language import translate
from pipeline.cli.output import print_warning
from pipeline.cli.progress import TerminalReporter
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.errors import ValidationError
from pipeline.model import to_display_json
from pipeline.publish.status_table import LostEpisode, find_lost_episodes


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How programmes are built."""

    workers: str
    targets: tuple[str, ...]
    why: bool = False
    dry_run: bool = False
    preview: bool = False
    wait: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOutcome:
    """What the command reports of one build."""

    result: BuildResult
    lost: Sequence[LostEpisode]
    preview: Path | None  # the folder of the preview, if that was built
    seconds: float


def build_folder(
    root: Path,
    cache: Cache,
    options: BuildOptions,
    reporter: TerminalReporter,
    *,
    executor: Executor | None = None,
    warn: Callable[[ValidationError], object] = print_warning,
) -> BuildOutcome:
    """Build the programme in ``root``.

    Args:
        root: The folder of the programme.
        cache: Its cache.
        options: How it is built.
        reporter: Prints the steps.
        executor: Runs the tasks; without one, that of the options is opened.
        warn: Called with each approval that an edit revoked.

    Raises:
        WeerslagError: As ``run_build_locked``.
    """
    start = time.monotonic()
    with run_build_locked(
        root,
        cache=cache,
        now=get_current_time(),
        reporter=reporter,
        workers=executor or options.workers,
        targets=options.targets,
        dry_run=options.dry_run,
        preview=options.preview,
        wait=options.wait,
        warn=warn,
    ) as result:
        lost = () if result.failures else find_lost_episodes(result.outline, read_publication_log(root / LOG_FILE))
    return BuildOutcome(
        result=result,
        lost=lost,
        preview=cache.folder / PREVIEW if options.preview else None,
        seconds=round(time.monotonic() - start, 2),
    )


def serialise_outcome(outcome: BuildOutcome) -> dict[str, Any]:
    """Serialise what ``--json`` prints of one build."""
    return {
        **_serialise_result(outcome.result),
        "preview": outcome.preview and str(outcome.preview),
        "lost": [to_display_json(one) for one in outcome.lost],
        "seconds": outcome.seconds,
    }


def print_outcome(outcome: BuildOutcome, reporter: TerminalReporter, *, dry_run: bool) -> None:
    """Print the last lines of a build, without the errors of its failures."""
    reporter.print_summary(outcome.result, outcome.seconds, dry_run=dry_run, preview=outcome.preview)
    report_print_faults(outcome.result, reporter)
    _warn_of_losses(outcome.lost, reporter)


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
