"""Excerpts of recording and master for the processing reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import urls
from pipeline.audio.excerpts.tasks import ExcerptTask
from pipeline.builder.task_functions import run_excerpts
from pipeline.builder.task_runner import TaskRunner
from pipeline.model import Excerpt, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptSet:
    """The excerpts of all episodes that have some."""

    places: Mapping[str, tuple[Excerpt, ...]] = field(default_factory=dict)  # by slug
    files: Mapping[str, str] = field(default_factory=dict)  # path in press/: sha256


def make_excerpts(
    releases: Sequence[Release], master_files: Mapping[str, str], runner: TaskRunner, *, root: Path
) -> ExcerptSet:
    """Make the excerpts of those releases that were mastered; those of a held-back one are for the preview only."""
    slugs = {one.episode.slug: one for one in releases if one.episode.slug in master_files}
    tasks = {slug: _plan_excerpts(one, master_files[slug], root) for slug, one in slugs.items()}
    results = runner.run(run_excerpts, tasks)
    places = {slug: result.value for slug, result in results.items() if result.value}
    files = {
        urls.excerpts(slug, side): results[slug].outputs[f"{side}_out"].sha256
        for slug in places
        for side in ("recording", "master")
    }
    return ExcerptSet(places=places, files=files)


def _plan_excerpts(release: Release, master: str, root: Path) -> ExcerptTask:
    episode, processing = release.episode, release.processing
    return ExcerptTask(
        subject=episode.slug,
        parts=tuple(str(root / part) for part in episode.recording),
        master=master,
        duration_s=processing.duration_s if processing else 0.0,
        cuts=episode.cuts,
        mutes=episode.mutes,
        bleeps=episode.bleeps,
        offset_ms=release.offset_ms,
        timed_jingles=release.timed_jingles,
        curve_lufs=processing.before_lufs if processing else (),
        gains_low_db=processing.gains_low_db if processing else (),
    )
