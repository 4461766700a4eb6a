"""Findings of the sound for ``check``: from the results of the last build, or measured now and not stored."""

import tempfile
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audio.tasks import MasterTask
from pipeline.builder.releases import find_sound_defects
from pipeline.builder.task_runner import Reporter, TaskRunner
from pipeline.cache import Cache
from pipeline.errors import DependencyError, StorageError, WeerslagError
from pipeline.executors import open_executor
from pipeline.model import PROPOSED_CUT, TAKE_TRACKS, Defect, Programme

# Codes of what a person can act on by editing ``episode.md``; all other defects are only in the processing report.
CHECKED_CODES = frozenset({PROPOSED_CUT, TAKE_TRACKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFindings:
    """What ``check`` reports of the sound."""

    defects: tuple[tuple[str, Defect], ...] = ()  # slug of the episode, and a defect with one of ``CHECKED_CODES``
    failures: tuple[tuple[str, WeerslagError], ...] = ()  # subject and error of each task that failed


def load_sound_findings(programme: Programme, *, root: Path, cache: Cache) -> SoundFindings:
    """Load the findings of all episodes whose master is in the cache; silent about all others, and without ffmpeg.

    Args:
        programme: The programme in ``root``.
        root: Its folder.
        cache: Its cache, which is only read.
    """
    last_keys = cache.load_last_keys()
    known = tuple(one for one in programme.episodes if f"{MasterTask.VERB} {one.slug}" in last_keys)
    with open_executor("local") as executor:
        reporter = Reporter(step=lambda _: None)
        runner = TaskRunner(cache=cache, executor=executor, folder=root, reporter=reporter, dry_run=True)
        try:
            return SoundFindings(
                defects=_select(find_sound_defects(replace(programme, episodes=known), runner, root=root))
            )
        except (DependencyError, StorageError):  # a build reports a file that cannot be read
            return SoundFindings()


def measure_sound_findings(
    programme: Programme, *, root: Path, executor: Executor, reporter: Reporter
) -> SoundFindings:
    """Measure and master all recordings now, in a temporary folder.

    Raises:
        DependencyError: ffmpeg is missing.
    """
    with tempfile.TemporaryDirectory(prefix="weerslag-check-") as name:
        cache = Cache(Path(name))
        with cache.open_workspace() as folder:
            runner = TaskRunner(cache=cache, executor=executor, folder=folder, reporter=reporter)
            defects = _select(find_sound_defects(programme, runner, root=root))
    return SoundFindings(defects=defects, failures=tuple((step.subject, error) for step, error in runner.failures))


def _select(defects: Mapping[str, tuple[Defect, ...]]) -> tuple[tuple[str, Defect], ...]:
    return tuple((slug, one) for slug, found in defects.items() for one in found if one.code in CHECKED_CODES)
