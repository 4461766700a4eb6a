"""Draw the covers of the episodes and of the programme."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import typesetting
from pipeline.builder.task_functions import run_draw_cover, run_fit_cover
from pipeline.builder.task_runner import TaskResult, TaskRunner
from pipeline.graphics.tasks import MAX_WAVEFORMS, CoverTask, FitCoverTask, ImageResult
from pipeline.model import Episode, Programme, Waveform
from pipeline.typesetting.hyphenation import insert_soft_hyphens

COVER_PX = 3000  # Apple 896: 1400 to 3000, preferably 3000
HOME_COVER_PX = 480  # twice the width on the home page, for screens with two pixels per CSS pixel
TAG_COVER_PX = 1400  # in an audio file, which every download includes
PROGRAMME = ""  # in place of a slug

Waveforms = Mapping[str, Waveform]  # by slug
Covers = Mapping[tuple[str, int], TaskResult[ImageResult]]  # by slug and size in pixels


class CoverImages:
    """Two covers of each episode whose audio exists, and that of the programme, drawn or fitted beside other tasks.

    The cover of the programme is drawn from the episodes that are published by ``now``; without any there is none.
    An episode whose audio is published as it is has the cover of the programme, if that is a file.
    """

    def __init__(
        self, programme: Programme, waveforms: Waveforms, runner: TaskRunner, *, root: Path, now: datetime
    ) -> None:
        """Start the tasks."""
        given = programme.podcast.cover if programme.podcast else ""
        available = [episode for episode in programme.episodes if episode.slug in waveforms]
        self._shared = [one.slug for one in available if one.is_passthrough and not one.cover] if given else []
        drawn = [one for one in available if not one.cover and one.slug not in self._shared]
        tasks = dict(_plan_covers(programme, waveforms, drawn))
        published = [episode for episode in available if episode.published <= now][:MAX_WAVEFORMS]
        if published and not given:
            tasks[PROGRAMME, COVER_PX] = _plan_cover(programme, waveforms, published)
        self._runner = runner
        self._pending = {name: runner.submit(run_draw_cover, task) for name, task in tasks.items()}
        fitted = {(one.slug, size): one.cover for one in available if one.cover for size in (COVER_PX, TAG_COVER_PX)}
        fitted |= {(PROGRAMME, COVER_PX): given} if given else {}
        for (slug, size_px), cover in fitted.items():
            subject = f"cover {slug}-{size_px}" if slug else "cover programme"
            task = FitCoverTask(subject=subject, source=str(root / cover), size_px=size_px)
            self._pending[slug, size_px] = runner.submit(run_fit_cover, task)

    def finish(self) -> Covers:
        """Wait for all of them."""
        covers = self._runner.finish(self._pending)
        given = covers.get((PROGRAMME, COVER_PX))
        return {**covers, **{(slug, COVER_PX): given for slug in self._shared if given}}


def shrink_cover(cover: TaskResult[ImageResult], runner: TaskRunner) -> str:
    """Shrink the cover of the programme for the home page.

    Returns:
        The digest of the image; empty if that failed: see ``runner.failures``.
    """
    task = FitCoverTask(subject="cover home", source=runner.find_output(cover), size_px=HOME_COVER_PX)
    results = runner.run(run_fit_cover, {PROGRAMME: task})
    return results[PROGRAMME].outputs["out"].sha256 if results else ""


def _plan_covers(
    programme: Programme, waveforms: Waveforms, episodes: list[Episode]
) -> Iterator[tuple[tuple[str, int], CoverTask]]:
    for episode in episodes:
        cover = replace(
            _plan_cover(programme, waveforms, [episode]),
            kind="episode",
            title=insert_soft_hyphens(episode.title, language=programme.language),
            label=str(episode.number) if episode.number else "",
        )
        for size_px in (COVER_PX, TAG_COVER_PX):
            yield (episode.slug, size_px), replace(cover, subject=f"cover {episode.slug}-{size_px}", size_px=size_px)


def _plan_cover(programme: Programme, waveforms: Waveforms, episodes: list[Episode]) -> CoverTask:
    """Plan the cover of the programme, with the waveforms of these episodes."""
    return CoverTask(
        subject="cover programme",
        kind="programme",
        waveforms=tuple(waveforms[episode.slug] for episode in episodes),
        colours=tuple(programme.find_colour_number(episode) for episode in episodes),
        title=insert_soft_hyphens(programme.title, language=programme.language),
        label=programme.subtitle,
        size_px=COVER_PX,
        fonts=str(typesetting.get_templates_folder() / "fonts"),
    )
