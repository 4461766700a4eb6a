"""What a build did and found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.builder.task_runner import DRY_RUN
from pipeline.cache import TreeChanges
from pipeline.errors import WeerslagError
from pipeline.model import Finding, Release, Step
from pipeline.model.build_outline import BuildOutline


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build did. With failures, ``public/`` and ``press/`` are unchanged, and ``changes`` is empty."""

    steps: tuple[Step, ...]
    failures: tuple[tuple[Step, WeerslagError], ...]
    changes: Mapping[str, TreeChanges]  # by tree
    held_back: tuple[tuple[str, datetime], ...]  # slug and time of what is built and not published yet
    without_recording: tuple[str, ...]  # slugs
    outline: BuildOutline
    releases: tuple[Release, ...] = ()  # held back or not; a cached build has the outline only
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)  # of the preflight, by the path of a PDF

    @property
    def stale_files(self) -> tuple[str, ...]:
        """What a build would create or change, as far as a dry run can tell."""
        changes = self.changes.get("public", TreeChanges())
        tasks = tuple(step.subject for step in self.steps if step.kind == DRY_RUN)
        return tasks or (*changes.added, *changes.changed, *changes.removed)
