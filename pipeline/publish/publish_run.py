"""One run of ``publish``: one build, published to one target, or after a withdrawal or a purge to several."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.cache import Cache, write_atomic
from pipeline.content.publication_log import LOG_FILE, read_publication_log
from pipeline.errors import WeerslagError, fill
from pipeline.publish.candidate import Candidate
from pipeline.publish.gates import GateFinding
from pipeline.publish.log_copy import fetch_log
from pipeline.publish.log_store import open_log_store
from pipeline.publish.plan import PublishOptions, PublishPlan, prepare_plan
from pipeline.publish.removal import (
    TargetRemoval,
    find_former_feed,
    find_leftovers,
    list_further_targets,
)
from pipeline.publish.target import Target
from pipeline.publish.target_addresses import find_address
from pipeline.publish.target_factory import open_target
from pipeline.publish.upload import StepReporter, run_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRun:
    """What all publishes of one run have in common."""

    root: Path
    cache: Cache
    candidate: Candidate
    dry_run: bool = False
    check_urls: bool = False
    report_target: Callable[[str], object] = lambda _: None
    report_finding: Callable[[GateFinding], object] = lambda _: None
    create_step_reporter: Callable[[PublishPlan], StepReporter] = lambda _: lambda _: None

    def publish(self, target: Target, options: PublishOptions) -> tuple[PublishPlan, bool]:
        """Plan, report the findings, and publish if none of them blocks; return whether something was published."""
        log_store = open_log_store(self.root, cache=self.cache, target=target.name)
        feed = self.candidate.feed
        fetched = fetch_log(target, log_store.path, podcast=feed.podcast if feed else "")
        if fetched.is_changed:  # plan with the complete log, in a file of its own: a plan changes nothing
            known = replace(log_store, path=log_store.pending.with_suffix(".fetched.jsonl"))
            write_atomic(known.path, fetched.merged)
            plan = prepare_plan(self.candidate, target, known, options, further_findings=tuple(fetched.findings))
        else:
            plan = prepare_plan(self.candidate, target, log_store, options)
        for finding in plan.findings:
            self.report_finding(finding)
        if plan.blocking or self.dry_run:
            return plan, False
        if fetched.is_changed:
            write_atomic(log_store.path, fetched.merged)
        report = self.create_step_reporter(plan)
        return plan, run_plan(plan, target, log_store=log_store, report=report, check_urls=self.check_urls) is not None

    def remove_everywhere(
        self, plan: PublishPlan, target: Target, options: PublishOptions
    ) -> tuple[TargetRemoval, ...]:
        """Publish to every other target that had the withdrawn or purged episodes, so that they are removed there too.

        Such a target gets the same pages and feed. If the feed was moved away from it, that feed gets
        ``itunes:new-feed-url``.

        Args:
            plan: Of the publish that was just run.
            target: Of that publish.
            options: Of that publish.

        Returns:
            What was done at each target, that of ``plan`` first.
        """
        log = read_publication_log(self.root / LOG_FILE)
        further = list_further_targets(log, plan.removal.guids, done=target.name)
        here = self._describe(plan, target, guids=plan.removal.guids)
        addresses = [find_address(self.cache, self.root, name) for name in further]
        return (here, *(self._remove_at(address, plan.removal.guids, options) for address in addresses))

    def publish_everywhere(self, options: PublishOptions) -> Iterator[TargetRemoval]:
        """Publish to every target that the publication log knows, old addresses too; yield what was done at each."""
        for name in read_publication_log(self.root / LOG_FILE).list_targets():
            yield self._remove_at(find_address(self.cache, self.root, name), frozenset(), options)

    def _remove_at(self, address: str, guids: frozenset[str], options: PublishOptions) -> TargetRemoval:
        self.report_target(address)
        try:
            with contextlib.closing(open_target(address, root=self.root)) as target:
                log = read_publication_log(self.root / LOG_FILE)
                moved_from = find_former_feed(log, target.name, self.candidate.feed)
                plan, _ = self.publish(target, replace(options, moved_from=moved_from))
                if plan.blocking:
                    codes = ", ".join(sorted({one.code for one in plan.blocking}))
                    return TargetRemoval(target=address, problem=fill("a gate blocks it: {codes}", codes=codes))
                return self._describe(plan, target, guids=guids)
        except WeerslagError as error:
            return TargetRemoval(target=address, problem=error.message)

    def _describe(self, plan: PublishPlan, target: Target, *, guids: frozenset[str]) -> TargetRemoval:
        if self.dry_run:
            return TargetRemoval(target=target.name, removed=plan.diff.removals)
        log = read_publication_log(self.root / LOG_FILE)
        left = find_leftovers(log, guids, target.list_files(), self.candidate.files)
        return TargetRemoval(target=target.name, removed=plan.diff.removals, left=tuple(left))
