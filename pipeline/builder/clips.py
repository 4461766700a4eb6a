"""Make the clips of teasers, of episodes whose transcript a person reviewed: captions are never drafts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import typesetting, urls
from pipeline.audio.clip_tasks import ClipTask
from pipeline.builder.task_functions import run_clip
from pipeline.builder.task_runner import TaskRunner
from pipeline.builder.transcript_reviews import review_transcripts
from pipeline.graphics.clip_layouts import LAYOUTS
from pipeline.model import Cue, Programme, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSet:
    """The clips of a programme, under ``press/``."""

    files: Mapping[str, str] = field(default_factory=dict)  # path: sha256
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ``slug-number`` of a teaser: paths


def make_clips(
    programme: Programme, releases: Sequence[Release], teasers: Mapping[str, str], runner: TaskRunner, *, root: Path
) -> ClipSet:
    """Make the clips of published releases.

    Args:
        programme: The programme.
        releases: Published.
        teasers: Digests of the sounds of teasers, by their path in ``press/``.
        runner: Runs the tasks.
        root: The folder of the programme.
    """
    reviewed = [release for release in releases if release.teasers and release.transcript]
    if reviewed:
        names = find_reviewed(programme, runner, root=root)
        reviewed = [release for release in reviewed if release.episode.slug in names]
    tasks = {path: task for release in reviewed for path, task in _plan_clips(programme, release, teasers, runner)}
    files = {path: result.outputs["out"].sha256 for path, result in runner.run(run_clip, tasks).items()}
    stems = sorted({path.rpartition("-")[0] for path in files})
    return ClipSet(
        files=files,
        paths={
            stem.removeprefix(urls.CLIPS): tuple(path for path in sorted(files) if path.rpartition("-")[0] == stem)
            for stem in stems
        },
    )


def find_reviewed(programme: Programme, runner: TaskRunner, *, root: Path) -> set[str]:
    """Find the episodes whose transcript was reviewed as a whole."""
    reviews = review_transcripts(programme, root=root, cache=runner.cache)
    return {
        episode.slug
        for episode in programme.episodes
        if (not reviews[episode.slug].open_cues if episode.slug in reviews else episode.transcript_reviewed is not None)
    }


def _plan_clips(
    programme: Programme, release: Release, teasers: Mapping[str, str], runner: TaskRunner
) -> Iterator[tuple[str, ClipTask]]:
    episode = release.episode
    for number, teaser in enumerate(release.teasers, start=1):
        sha256 = teasers.get(urls.teaser(episode.slug, number))
        cues = tuple(_cut_cues(release.transcript, teaser.from_ms, teaser.to_ms))
        if not sha256 or not cues:
            continue
        for shape in LAYOUTS:
            path = urls.clip(episode.slug, number, shape)
            yield (
                path,
                ClipTask(
                    subject=path.removeprefix(urls.CLIPS),
                    sound=str(runner.cache.get_object_path(sha256)),
                    shape=shape,
                    title=teaser.title or episode.title,
                    label=programme.title,
                    colour=programme.find_colour_number(episode),
                    cues=cues,
                    fonts=str(typesetting.get_templates_folder() / "fonts"),
                ),
            )


def _cut_cues(cues: Sequence[Cue], from_ms: int, to_ms: int) -> Iterator[Cue]:
    """Yield the cues that begin or end within a teaser, on its clock; a name of a speaker is not needed there."""
    for cue in cues:
        start_ms, end_ms = max(cue.start_ms, from_ms) - from_ms, min(cue.end_ms, to_ms) - from_ms
        if end_ms - start_ms >= (cue.end_ms - cue.start_ms) // 2 and end_ms > start_ms:
            yield replace(cue, start_ms=start_ms, end_ms=end_ms)
