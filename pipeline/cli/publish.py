"""``weerslag publish``."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import urls
from pipeline.builder.build_result import BuildResult
from pipeline.builder.task_runner import Progress
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.environment import get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors, serialise_error
from pipeline.cli.language import translate
from pipeline.cli.output import print_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.errors import ContentError, GateError
from pipeline.model import Step, to_json
from pipeline.publish.candidate import build_candidate
from pipeline.publish.gates import GateFinding
from pipeline.publish.http_requests import send_notifications
from pipeline.publish.log_store import open_log_store
from pipeline.publish.notices import render_notices, write_new_notices
from pipeline.publish.plan import PublishOptions, PublishPlan, prepare_plan, suggest_override
from pipeline.publish.target import Target
from pipeline.publish.target_factory import open_target
from pipeline.publish.upload import StepReporter, run_plan


@click.command(
    epilog="""\b
Examples: weerslag publish /srv/www/podcast --dry-run
          weerslag publish /srv/www/podcast
          weerslag publish /srv/www/podcast --accept date-changed --reason "was a day early"
          weerslag publish s3://podcasts/ambtenaar-van-nu
          weerslag publish sftp://web@www.example.org/srv/www/podcast
          weerslag publish /srv/www/podcast --withdraw 02-welvaart-dichtbij"""
)
@click.argument("target", metavar="TARGET")
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and all findings; change nothing.")
@click.option("--accept", multiple=True, metavar="CODE", help="Override this gate; repeatable. Requires --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why a gate is overridden; kept in the publication log.")
@click.option("--withdraw", multiple=True, metavar="EPISODE", help="Remove a published episode and its audio for good.")
@click.option("--moved-from", default="", metavar="URL", help="The old URL of a feed that moves to this one.")
@click.option(
    "--served", "check_urls", is_flag=True, help="Request all files over HTTP before the feed refers to them."
)
@click.option("--notify", is_flag=True, help="Notify the Podcast Index and the feed's WebSub hub.")
@click.option(
    "--prune", is_flag=True, help="Remove media unreferenced for `retention_days` of programme.yaml [default: 30]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
@report_json_errors
def publish(
    root: Path,
    target: str,
    *,
    dry_run: bool,
    accept: tuple[str, ...],
    reason: str,
    withdraw: tuple[str, ...],
    moved_from: str,
    check_urls: bool,
    notify: bool,
    prune: bool,
    as_json: bool,
) -> None:
    """Upload public/ to TARGET: a folder, s3://bucket/prefix or sftp://user@host/path.

    Gates run first; media are uploaded before pages, the feed last; then the publication log is written.
    """
    if bool(accept) != bool(reason.strip()):
        raise click.UsageError(translate("--accept and --reason belong together"))
    if moved_from and not moved_from.startswith(("https://", "http://")):
        raise click.UsageError(translate("--moved-from takes the old URL of the feed: https://…/feed.xml"))
    options = PublishOptions(
        accept=accept, reason=reason.strip(), withdraw=withdraw, moved_from=moved_from, prune=prune
    )
    with (
        contextlib.closing(open_target(target, root=root)) as opened,
        open_reporter(why=False, quiet=as_json) as reporter,
    ):
        outcome = _build_and_publish(root, opened, options, reporter, dry_run=dry_run, check_urls=check_urls)
        feed = outcome.plan.candidate.feed
        notifications = send_notifications(feed) if notify and outcome.is_published and feed is not None else ()
        if as_json:
            print_json({**_to_json(outcome), "notifications": [to_json(one) for one in notifications]})
        else:
            for path in outcome.notices:
                reporter.print_line(f"{'written':<10}{path}")
            for one in notifications:
                line = f"{one.recipient}: warning: {one.error}" if one.error else f"{'notified':<10}{one.recipient}"
                reporter.print_line(line)
            _print_summary(outcome, options, reporter, dry_run=dry_run)
    if outcome.plan.blocking:
        click.get_current_context().exit(GateError.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    build: BuildResult
    plan: PublishPlan
    is_published: bool
    notices: tuple[str, ...]  # paths


def _build_and_publish(
    root: Path,
    target: Target,
    options: PublishOptions,
    reporter: TerminalReporter,
    *,
    dry_run: bool,
    check_urls: bool,
) -> _Outcome:
    """Build, plan, print the findings, and publish if none of them blocks."""
    cache, now = open_cache(root), get_current_time()
    workers = f"processes:{os.cpu_count() or 1}"
    with (
        _use_gate_exit_code(),
        run_build_locked(root, cache=cache, now=now, reporter=reporter, workers=workers, dry_run=dry_run) as build,
    ):
        if build.failures:
            _exit_on_failures(build, target.name, as_json=reporter.quiet)
        candidate = build_candidate(
            build.outline,
            root=root,
            cache=cache,
            now=now,
            stale=build.stale_files if dry_run else (),
            findings=build.findings,
        )
        log_store = open_log_store(root, cache=cache, target=target.name)
        plan = prepare_plan(candidate, target, log_store, options)
        for finding in plan.findings:
            _print_finding(finding, reporter)
        for code in sorted({*options.accept} - {one.code for one in plan.findings}):
            reporter.print_line(f"--accept {code}: warning: no finding has this code")
        entry, notices = None, tuple[str, ...]()
        if not plan.blocking and not dry_run:
            report = _create_upload_reporter(reporter, {one.path: one.size_bytes for one in plan.diff.uploads})
            entry = run_plan(plan, target, log_store=log_store, report=report, check_urls=check_urls)
        if entry is not None:
            notices = write_new_notices(render_notices(log_store.read(), build.outline), root)
    return _Outcome(build=build, plan=plan, is_published=entry is not None, notices=notices)


@contextlib.contextmanager
def _use_gate_exit_code() -> Iterator[None]:
    """Treat errors in the content as a gate."""
    try:
        yield
    except ContentError as error:
        error.exit_code = GateError.exit_code
        raise


def _exit_on_failures(build: BuildResult, target: str, *, as_json: bool) -> NoReturn:
    if as_json:
        failures = [{"subject": step.subject, **serialise_error(error)["error"]} for step, error in build.failures]
        print_json({"target": target, "published": False, "failures": failures})
    for _, error in build.failures:
        print_error(error)
    raise click.exceptions.Exit(1)


def _print_finding(finding: GateFinding, reporter: TerminalReporter) -> None:
    label = "accepted" if finding.accepted else finding.severity
    reporter.print_line(f"{finding.where}: {label}: {finding.message} [{finding.code}]")
    if finding.old or finding.new:
        reporter.print_line(f"  old: {finding.old}")
        reporter.print_line(f"  new: {finding.new}")
    if finding.accepted:
        reporter.print_line(f"  reason: {finding.accepted}")
    elif finding.hint:
        reporter.print_line(f"  hint: {finding.hint}")


def _create_upload_reporter(reporter: TerminalReporter, sizes: Mapping[str, int]) -> StepReporter:
    """Print each step of an upload, from any thread, and update the progress bar (in megabytes).

    Args:
        reporter: Prints.
        sizes: Bytes of each upload, by path.
    """
    lock, done = threading.Lock(), list[int]()

    def report(step: Step) -> None:
        if step.kind == "warned":
            reporter.print_line(f"{step.subject}: warning: {step.detail}")
            return
        reporter.print_line(f"{step.kind:<10}{step.subject}")
        if step.subject not in sizes:
            return
        with lock:
            done.append(sizes[step.subject])
            reporter.callbacks.progress(
                Progress(
                    verb="uploaded",
                    done=len(done),
                    of=len(sizes),
                    done_weight_s=sum(done) / 1e6,
                    of_weight_s=sum(sizes.values()) / 1e6,
                )
            )

    return report


def _print_summary(outcome: _Outcome, options: PublishOptions, reporter: TerminalReporter, *, dry_run: bool) -> None:
    plan, target = outcome.plan, outcome.plan.entry.target
    if dry_run:
        _print_changes(plan)
    if plan.blocking:
        line = translate("not published: blocking findings: {count}")
        if dry_run:
            line = translate("would be blocked: blocking findings: {count}")
        reporter.print_line(line.format(count=len(plan.blocking)))
        if override := suggest_override(plan.blocking, options):
            reporter.print_line(f"  {translate('to publish anyway:')} weerslag publish {target} {override}")
    elif plan.is_up_to_date:
        reporter.print_line(translate("nothing to do: {target} is up to date").format(target=target))
    elif outcome.is_published:
        reporter.print_line(translate("published to {target}; commit published.jsonl").format(target=target))
    elif dry_run:
        line = translate("dry run: {target} is unchanged; nothing blocks this publish")
        reporter.print_line(line.format(target=target))
    for slug, at in outcome.build.held_back[:1]:
        reporter.print_line(f"next      {slug}, {at:%Y-%m-%d %H:%M %Z}")


def _print_changes(plan: PublishPlan) -> None:
    for verb, paths in plan.changes.items():
        for path in paths:
            click.echo(f"{verb:<10}{path}")
    if plan.feed_change in ("added", "replaced", "removed"):
        click.echo(f"{plan.feed_change:<10}{urls.FEED}")


def _to_json(outcome: _Outcome) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "target": plan.entry.target,
        **{verb: list(paths) for verb, paths in plan.changes.items()},
        "unchanged": len(plan.diff.unchanged),
        "size_bytes": plan.size_bytes,
        "feed": plan.feed_change,
        "findings": [to_json(finding) for finding in plan.findings],
        "blocked": bool(plan.blocking),
        "held_back": [{"episode": slug, "until": at.isoformat()} for slug, at in outcome.build.held_back],
        "published": outcome.is_published,
        "notices": list(outcome.notices),
    }
