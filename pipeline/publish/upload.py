"""Run a plan in the only order that may be interrupted at any point: media, pages, verification, feed, log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pipeline import urls
from pipeline.content.publication_log import LogEntry
from pipeline.errors import GateError
from pipeline.model import Step
from pipeline.publish.feed_items import to_public_path
from pipeline.publish.http_requests import check_served_files, find_feed_problem
from pipeline.publish.log_copy import write_log_copy
from pipeline.publish.log_store import PublicationLogStore
from pipeline.publish.manifest import UploadedFile, write_manifest
from pipeline.publish.plan import PublishPlan
from pipeline.publish.target import Target, TargetError, UploadSource

StepReporter = Callable[[Step], object]


def run_plan(
    plan: PublishPlan,
    target: Target,
    *,
    log_store: PublicationLogStore,
    report: StepReporter,
    check_urls: bool = False,
) -> LogEntry | None:
    """Bring the target up to date, and append to the publication log.

    Interrupted at any point, every URL in the feed at the target exists with the announced length, and the next
    publish continues.

    Args:
        plan: Without findings that block it.
        target: The target that the plan was prepared for.
        log_store: The publication log.
        report: Is called after each step, from several threads.
        check_urls: Before the feed is replaced, request all files that it refers to over HTTP; afterwards the feed.

    Returns:
        The new entry of the publication log, or ``None`` if the target was up to date.

    Raises:
        GateError: The plan is blocked; nothing was changed.
        WeerslagError: The target could not be written.
    """
    if plan.blocking:
        raise GateError("a gate blocks the plan", hint="See its findings.")
    if plan.unrecorded is not None:
        log_store.append(plan.unrecorded)
    if plan.is_up_to_date:
        write_manifest(target, {**plan.diff.unchanged, **plan.diff.retained})
        write_log_copy(target, log_store.path)
        return None
    uploaded = _upload_files(plan, target, report)
    feed = plan.candidate.feed
    _verify_uploads(plan, target)
    if check_urls and feed is not None:
        check_served_files(feed, plan.candidate.files, base=plan.candidate.outline.url)
    entry = _replace_feed(plan, target, log_store, report)
    if check_urls and feed is not None and (problem := find_feed_problem(feed)):
        report(Step(kind="warned", subject=feed.address, detail=problem))
    for path in plan.diff.removals:
        target.remove(path)
        report(Step(kind="removed", subject=path))
    write_manifest(target, {**plan.diff.unchanged, **plan.diff.retained, **uploaded})
    write_log_copy(target, log_store.path)
    return entry


def _upload_files(plan: PublishPlan, target: Target, report: StepReporter) -> dict[str, UploadedFile]:
    """Upload media, then pages; before that record all their names, so that an interruption leaves no unknown file."""
    diff = plan.diff
    incomplete = {source.path: UploadedFile() for source in diff.uploads}
    incomplete |= {path: UploadedFile(must_go=True) for path in diff.removals}
    write_manifest(target, {**diff.unchanged, **diff.retained, **incomplete})
    stages = (
        ("uploaded", diff.media, target.create),
        ("uploaded", diff.added, target.replace),
        ("replaced", diff.replaced, target.replace),
    )
    uploaded: dict[str, UploadedFile] = {}
    with ThreadPoolExecutor(max_workers=target.concurrency) as pool:
        for verb, sources, upload in stages:
            uploaded |= pool.map(partial(_upload_file, upload=upload, verb=verb, report=report), sources)
    return uploaded


def _upload_file(
    source: UploadSource, *, upload: Callable[[UploadSource], str], verb: str, report: StepReporter
) -> tuple[str, UploadedFile]:
    uploaded = UploadedFile(sha256=source.sha256, token=upload(source))
    report(Step(kind=verb, subject=source.path))
    return source.path, uploaded


def _verify_uploads(plan: PublishPlan, target: Target) -> None:
    """Check that every URL in the feed that is on this site exists with its length, before the feed announces it.

    Raises:
        TargetError: One is missing or has another length.
    """
    feed = plan.candidate.feed
    if feed is None:
        return
    stored = target.list_files()
    sizes = {item.address: item.size_bytes for item in feed.items}
    for address in feed.addresses:
        path = to_public_path(plan.candidate.outline.url, address)
        if path is None or path == urls.FEED:
            continue
        if path not in stored or stored[path].size_bytes != sizes.get(address, stored[path].size_bytes):
            message = "is missing or incomplete after the upload; the feed was not changed"
            hint = "Publish again; check who else writes to this target."
            raise TargetError(message, where=f"{target.name}/{path}", hint=hint)


def _replace_feed(plan: PublishPlan, target: Target, log_store: PublicationLogStore, report: StepReporter) -> LogEntry:
    """Replace the feed in one step, then append to the log; write the pending entry first, in case of an interruption."""
    log_store.write_pending(plan.entry)
    feed = plan.candidate.feed
    if feed is not None and plan.feed_change in ("added", "replaced"):
        target.write_if_match(urls.FEED, feed.content, token=plan.feed_token)
        report(Step(kind="published", subject=urls.FEED))
    if plan.feed_change == "removed":
        target.remove(urls.FEED)
        report(Step(kind="removed", subject=urls.FEED))
    return log_store.append(plan.entry)
