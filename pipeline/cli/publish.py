"""``weerslag publish``."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from pipeline import urls
from pipeline.builder.build_result import BuildResult
from pipeline.cache import Cache
from pipeline.cli.build_runner import run_build_locked
from pipeline.cli.environment import describe_process, get_current_time, open_cache
from pipeline.cli.json_output import report_json_errors, serialise_error
from pipeline.cli.language import translate
from pipeline.cli.output import print_error, print_json
from pipeline.cli.progress import TerminalReporter, open_reporter
from pipeline.cli.publish_output import create_byte_reporter, print_finding, print_removal
from pipeline.content.loader import read_podcast_guid
from pipeline.content.publication_log import LOG_FILE
from pipeline.errors import ContentError, GateError
from pipeline.model import Step, to_display_json
from pipeline.publish.candidate import build_candidate
from pipeline.publish.http_requests import RedirectCheck, check_redirect, send_notifications
from pipeline.publish.log_copy import restore_lost_log
from pipeline.publish.log_store import open_log_store
from pipeline.publish.notices import render_notices, write_new_notices
from pipeline.publish.participant_pages import plan_participant_upload, upload_participant_pages
from pipeline.publish.plan import PublishOptions, PublishPlan, suggest_override
from pipeline.publish.publish_run import PublishRun
from pipeline.publish.removal import TargetRemoval
from pipeline.publish.target import Target
from pipeline.publish.target_addresses import remember_address
from pipeline.publish.target_factory import open_target
from pipeline.publish.upload import StepReporter


@click.command(
    epilog="""\b
Examples: weerslag publish /srv/www/podcast --dry-run
          weerslag publish /srv/www/podcast
          weerslag publish /srv/www/podcast --accept date-changed --reason "was a day early"
          weerslag publish s3://podcasts/ambtenaar-van-nu
          weerslag publish sftp://web@www.example.org/srv/www/podcast
          weerslag publish /srv/www/podcast --withdraw 02-welvaart-dichtbij
          weerslag publish /srv/www/podcast --purge 02-welvaart-dichtbij"""
)
@click.argument("target", metavar="TARGET")
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and all findings; change nothing.")
@click.option("--accept", multiple=True, metavar="CODE", help="Override this gate; repeatable. Requires --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why a gate is overridden; kept in the publication log.")
@click.option("--withdraw", multiple=True, metavar="EPISODE", help="Remove a published episode and its audio for good.")
@click.option(
    "--purge", multiple=True, metavar="EPISODE", help="Remove old audio and pictures of an episode now, at all targets."
)
@click.option("--moved-from", default="", metavar="URL", help="The old URL of a feed that moves to this one.")
@click.option(
    "--served", "check_urls", is_flag=True, help="Request all files over HTTP before the feed refers to them."
)
@click.option("--notify", is_flag=True, help="Notify the Podcast Index and the feed's WebSub hub.")
@click.option(
    "--prune", is_flag=True, help="Remove media unreferenced for `retention_days` of programme.yaml [default: 30]."
)
@click.option(
    "--participants", is_flag=True, help="Upload press/participants/ instead, to a place behind a login; nothing else."
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
    purge: tuple[str, ...],
    moved_from: str,
    check_urls: bool,
    notify: bool,
    prune: bool,
    participants: bool,
    as_json: bool,
) -> None:
    """Upload public/ to TARGET: a folder, s3://bucket/prefix or sftp://user@host/path.

    Gates run first; media are uploaded before pages, the feed last; then the publication log is written.
    """
    if bool(accept) != bool(reason.strip()):
        raise click.UsageError(translate("--accept and --reason belong together"))
    if moved_from and not moved_from.startswith(("https://", "http://")):
        raise click.UsageError(translate("--moved-from takes the old URL of the feed: https://…/feed.xml"))
    if participants:
        _publish_participant_pages(root, target, dry_run=dry_run, as_json=as_json)
        return
    options = PublishOptions(
        accept=accept, reason=reason.strip(), withdraw=withdraw, purge=purge, moved_from=moved_from, prune=prune
    )
    with (
        _open_public_target(root, target) as opened,
        open_reporter(why=False, quiet=as_json) as reporter,
    ):
        outcome = _build_and_publish(root, opened, options, reporter, dry_run=dry_run, check_urls=check_urls)
        feed = outcome.plan.candidate.feed
        notifications = send_notifications(feed) if notify and outcome.is_published and feed is not None else ()
        if as_json:
            print_json({**_to_json(outcome), "notifications": [to_display_json(one) for one in notifications]})
        else:
            for path in outcome.notices:
                reporter.print_line(f"{'written':<10}{path}")
            for one in notifications:
                line = f"{one.recipient}: warning: {one.error}" if one.error else f"{'notified':<10}{one.recipient}"
                reporter.print_line(line)
            _print_summary(outcome, options, reporter, dry_run=dry_run)
            _print_leftovers(outcome, reporter)
    if outcome.plan.blocking:
        click.get_current_context().exit(GateError.exit_code)
    if any(one.problem for one in outcome.removals):
        click.get_current_context().exit(1)


@contextlib.contextmanager
def _open_public_target(root: Path, address: str) -> Iterator[Target]:
    """Open a target, and remember its address: the publication log names it without an account."""
    with contextlib.closing(open_target(address, root=root)) as target:
        remember_address(open_cache(root), target.name, address)
        yield target


def _publish_participant_pages(root: Path, target: str, *, dry_run: bool, as_json: bool) -> None:
    """Build, then bring the target for participants up to date; the publication log is about the public one."""
    cache, now = open_cache(root), get_current_time()
    with (
        contextlib.closing(open_target(target, root=root)) as opened,
        open_reporter(why=False, quiet=as_json) as reporter,
        _use_gate_exit_code(),
        run_build_locked(root, cache=cache, now=now, reporter=reporter, workers="processes") as build,
    ):
        if build.failures:
            _exit_on_failures(build, opened.name, as_json=as_json)
        upload = plan_participant_upload(root, opened)
        sizes = {one.path: one.size_bytes for one in upload.changed}
        if not dry_run:
            remember_address(cache, opened.name, target, for_participants=True)
            upload_participant_pages(upload, opened, _create_upload_reporter(reporter, sizes))
        if as_json:
            document = {"target": opened.name, "uploaded": [*sizes], "removed": [*upload.removed]}
            print_json({**document, "published": not dry_run})
            return
        if dry_run:
            for verb, paths in (("upload", sizes), ("remove", upload.removed)):
                for path in paths:
                    click.echo(f"{verb:<10}{path}")
        line = translate("dry run: {target} is unchanged") if dry_run else translate("pages for participants: {target}")
        reporter.print_line(line.format(target=opened.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    build: BuildResult
    plan: PublishPlan
    is_published: bool
    notices: tuple[str, ...]  # paths
    removals: tuple[TargetRemoval, ...] = ()  # only after a withdrawal or a purge: of each target
    redirect: RedirectCheck | None = None  # of the old URL of a feed that moved


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
    if not dry_run:
        _restore_lost_log(root, target, cache, reporter)
    with (
        _use_gate_exit_code(),
        run_build_locked(root, cache=cache, now=now, reporter=reporter, workers="processes", dry_run=dry_run) as build,
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
        run = PublishRun(
            root=root,
            cache=cache,
            candidate=candidate,
            dry_run=dry_run,
            check_urls=check_urls,
            report_target=lambda address: reporter.print_line(f"{'target':<10}{address}"),
            report_finding=lambda finding: print_finding(finding, reporter),
            create_step_reporter=lambda plan: _create_upload_reporter(
                reporter, {one.path: one.size_bytes for one in plan.diff.uploads}
            ),
        )
        plan, is_published = run.publish(target, options)
        for code in sorted({*options.accept} - {one.code for one in plan.findings}):
            reporter.print_line(f"--accept {code}: warning: no finding has this code")
        is_removing, notices = bool(plan.removal.guids and not plan.blocking), tuple[str, ...]()
        removals = run.remove_everywhere(plan, target, options) if is_removing else ()
        if is_published:
            log = open_log_store(root, cache=cache, target=target.name).read()
            notices = write_new_notices(render_notices(log, build.outline), root)
    redirect = _check_redirect(plan) if check_urls else None
    return _Outcome(
        build=build, plan=plan, is_published=is_published, notices=notices, removals=removals, redirect=redirect
    )


def _check_redirect(plan: PublishPlan) -> RedirectCheck | None:
    """Check the old URL of a feed that moved."""
    feed = plan.candidate.feed
    return check_redirect(plan.entry.moved_from, feed) if plan.entry.moved_from and feed is not None else None


def _restore_lost_log(root: Path, target: Target, cache: Cache, reporter: TerminalReporter) -> None:
    """Restore a lost publication log before the build, which needs it for calendars and notices."""
    with cache.lock(holder=describe_process(), wait=True, waiting=reporter.print_waiting):
        if restore_lost_log(target, root / LOG_FILE, podcast=read_podcast_guid(root)):
            line = translate("{file}: restored from its copy at {target}; check that your texts are the newest, too")
            reporter.print_line(line.format(file=LOG_FILE, target=target.name))


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


def _create_upload_reporter(reporter: TerminalReporter, sizes: Mapping[str, int]) -> StepReporter:
    """Print each step of an upload, from any thread, and update the progress bar (in megabytes).

    Args:
        reporter: Prints.
        sizes: Bytes of each upload, by path.
    """
    show_bytes = create_byte_reporter(reporter, sizes.values(), "uploaded")

    def report(step: Step) -> None:
        if step.kind == "warned":
            reporter.print_line(f"{step.subject}: warning: {step.detail}")
            return
        reporter.print_line(f"{step.kind:<10}{step.subject}")
        if step.subject in sizes:
            show_bytes(sizes[step.subject])

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


def _print_leftovers(outcome: _Outcome, reporter: TerminalReporter) -> None:
    """Print, after a withdrawal or a purge, what is still there and why; after a move, what the old URL answers."""
    if outcome.redirect is not None:
        label = "" if outcome.redirect.is_right else "warning: "
        reporter.print_line(f"{outcome.plan.entry.moved_from}: {label}{translate(outcome.redirect.message)}")
    for one in outcome.removals:
        print_removal(one, reporter)
    if outcome.removals:
        reporter.print_line(
            translate("still there: what people downloaded, copies in caches of apps, and printed magazines")
        )
        reporter.print_line(translate("still there: your recordings, and earlier versions in git"))


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
        "findings": [to_display_json(finding) for finding in plan.findings],
        "blocked": bool(plan.blocking),
        "held_back": [{"episode": slug, "until": at.isoformat()} for slug, at in outcome.build.held_back],
        "published": outcome.is_published,
        "notices": list(outcome.notices),
        "removals": [to_display_json(one) for one in outcome.removals],
        "redirect": None if outcome.redirect is None else to_display_json(outcome.redirect),
    }
