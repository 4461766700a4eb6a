"""Clean the pictures of chapters, which apps show while a chapter plays."""

from dataclasses import replace
from pathlib import Path

from pipeline import urls
from pipeline.builder.pictures import choose_format
from pipeline.builder.releases import ReleaseSet
from pipeline.builder.task_functions import run_clean_image
from pipeline.builder.task_runner import TaskRunner
from pipeline.content import find_on_disk
from pipeline.graphics.tasks import CleanImageTask
from pipeline.model import Chapter, Release

_MAX_PX = 1400  # of the longer side; players show them at the size of a cover


def add_chapter_images(release_set: ReleaseSet, runner: TaskRunner, *, root: Path) -> ReleaseSet:
    """Clean the pictures; chapters then refer to them by their path in ``public/``. Failures are in ``runner.failures``."""
    files = sorted({one.image for release in release_set.releases for one in release.chapters if one.image})
    tasks = {
        file: CleanImageTask(
            subject=file, source=str(find_on_disk(root, file)), max_px=_MAX_PX, out=f"picture.{choose_format(file)}"
        )
        for file in files
    }
    digests = {file: result.outputs["out"].sha256 for file, result in runner.run(run_clean_image, tasks).items()}
    paths = {file: urls.picture(Path(file).stem, sha256, choose_format(file)) for file, sha256 in digests.items()}

    def refer(chapter: Chapter) -> Chapter:
        return replace(chapter, image=paths.get(chapter.image, "")) if chapter.image else chapter

    def complete(release: Release) -> Release:
        return replace(release, chapters=tuple(map(refer, release.chapters)))

    public = {**release_set.public, **{paths[file]: digests[file] for file in paths}}
    return replace(release_set, releases=tuple(map(complete, release_set.releases)), public=public)
