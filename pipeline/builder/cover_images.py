"""Draw the covers of the episodes and of the programme."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import typesetting
from pipeline.audio.tasks import MasterResult
from pipeline.builder.task_functions import run_draw_cover, run_fit_cover
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.graphics.tasks import MAX_WAVEFORMS, CoverTask, FitCoverTask, ImageResult
from pipeline.model import Episode, Programme
from pipeline.typesetting.hyphenation import insert_soft_hyphens

COVER_PX = 3000  # Apple 896: 1400 to 3000, preferably 3000
TAG_COVER_PX = 1400  # in an audio file, which every download includes
PROGRAMME = ""  # in place of a slug

Masters = Mapping[str, TaskResult[MasterResult]]
Covers = Mapping[tuple[str, int], TaskResult[ImageResult]]  # by slug and size in pixels


class CoverImages:
    """Two covers of each mastered episode, and that of the programme, drawn or fitted beside other tasks.

    The cover of the programme is drawn from the episodes that are published by ``now``; without any there is none.
    """

    def __init__(
        self, programme: Programme, masters: Masters, runner: TaskRunner, *, root: Path, now: datetime
    ) -> None:
        """Start the tasks."""
        tasks = dict(_plan_covers(programme, masters, now))
        self._runner = runner
        self._pending = {name: runner.submit(run_draw_cover, task) for name, task in tasks.items()}
        if programme.podcast and programme.podcast.cover:
            source = str(root / programme.podcast.cover)
            task = FitCoverTask(subject="cover programme", source=source, size_px=COVER_PX)
            self._pending[PROGRAMME, COVER_PX] = runner.submit(run_fit_cover, task)

    def finish(self) -> Covers:
        """Wait for all of them."""
        return self._runner.finish(self._pending)


def _plan_covers(programme: Programme, masters: Masters, now: datetime) -> Iterator[tuple[tuple[str, int], CoverTask]]:
    mastered = [episode for episode in programme.episodes if episode.slug in masters]
    for episode in mastered:
        cover = replace(
            _plan_cover(programme, masters, [episode]),
            kind="episode",
            title=insert_soft_hyphens(episode.title, language=programme.language),
            label=str(episode.number),
        )
        for size_px in (COVER_PX, TAG_COVER_PX):
            yield (episode.slug, size_px), replace(cover, subject=f"cover {episode.slug}-{size_px}", size_px=size_px)
    published = [episode for episode in mastered if episode.published <= now][:MAX_WAVEFORMS]
    if published and not (programme.podcast and programme.podcast.cover):
        yield (PROGRAMME, COVER_PX), _plan_cover(programme, masters, published)


def _plan_cover(programme: Programme, masters: Masters, episodes: list[Episode]) -> CoverTask:
    """Plan the cover of the programme, with the waveforms of these episodes."""
    return CoverTask(
        subject="cover programme",
        kind="programme",
        waveforms=tuple(masters[episode.slug].value.waveform for episode in episodes),
        colours=tuple(programme.find_colour_number(episode) for episode in episodes),
        title=insert_soft_hyphens(programme.title, language=programme.language),
        label=programme.subtitle,
        size_px=COVER_PX,
        fonts=str(typesetting.get_templates_folder() / "fonts"),
    )
