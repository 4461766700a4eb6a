"""Clean the pictures of stories and magazine once: no metadata of a camera or a person is published."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import urls
from pipeline.builder.task_functions import run_clean_image, run_convert_image
from pipeline.builder.task_runner import TaskRunner
from pipeline.content import find_on_disk
from pipeline.graphics.tasks import CleanImageTask, PrintImageTask
from pipeline.magazine.picture_sizes import find_print_sizes, list_picture_placements
from pipeline.model import Picture, Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPictures:
    """The cleaned pictures of a programme."""

    objects: Mapping[str, str]  # ``Picture.name``: sha256
    paths: Mapping[str, str]  # ``Picture.name``: path in public/
    sizes: Mapping[str, tuple[int, int]]  # path in public/: width and height in pixels


def clean_pictures(programme: Programme, runner: TaskRunner, *, root: Path) -> CleanPictures:
    """Clean and crop all pictures and logos that the programme uses; failures are in ``runner.failures``."""
    pictures = {picture.name: picture for picture in _list_pictures(programme)}
    tasks = {
        name: CleanImageTask(
            subject=name,
            source=str(find_on_disk(root, picture.file)),
            box=picture.box,
            out=f"picture.{choose_format(picture.file)}",
        )
        for name, picture in sorted(pictures.items())
    }
    results = runner.run(run_clean_image, tasks)
    objects = {file: result.outputs["out"].sha256 for file, result in results.items()}
    paths = {file: urls.picture(Path(file).stem, sha256, choose_format(file)) for file, sha256 in objects.items()}
    sizes = {paths[file]: (result.value.width_px, result.value.height_px) for file, result in results.items()}
    return CleanPictures(objects=objects, paths=paths, sizes=sizes)


def convert_pictures(
    programme: Programme, objects: Mapping[str, str], *, profile: Path, runner: TaskRunner
) -> dict[str, str] | None:
    """Convert the clean pictures of the magazine to the colours of the press.

    Args:
        programme: The programme.
        objects: Digests of the clean pictures, by ``Picture.name``.
        profile: The ICC profile of the press.
        runner: Runs the tasks.

    Returns:
        Digests of the converted pictures by the same names; ``None`` if one failed.
    """
    sizes = find_print_sizes(programme)
    tasks = {}
    for file, (width_mm, height_mm) in sizes.items():
        if file not in objects:
            continue
        tasks[file] = PrintImageTask(
            subject=file,
            source=str(runner.cache.get_object_path(objects[file])),
            profile=str(profile),
            width_mm=width_mm,
            height_mm=height_mm,
        )
    results = runner.run(run_convert_image, tasks)
    if len(results) < len(tasks):
        return None
    return {file: result.outputs["out"].sha256 for file, result in results.items()}


def _list_pictures(programme: Programme) -> Iterator[Picture]:
    """List the pictures of the magazine and of the site; a logo has its path as its name."""
    yield from (placement.picture for placement in list_picture_placements(programme))
    yield from (event.picture for event in programme.events if event.picture)
    for case in programme.list_cases():
        yield from case.pictures
        yield from filter(None, [case.picture])
    yield from (Picture(file=one.logo, alt=one.name) for one in programme.partners if one.logo)


def link_objects(objects: Mapping[str, str], folder: Path, runner: TaskRunner) -> None:
    """Give cached objects a second name in a folder of the workspace, for the renderer of pages.

    No symbolic links: the renderer opens none that leads out of its folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file, sha256 in objects.items():
        target, source = folder / file, runner.cache.fetch_object(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # magazine and mailings share the fonts
        try:
            target.hardlink_to(source)
        except FileExistsError:  # another document of this build uses it too
            continue
        except OSError:  # a disk without hard links
            shutil.copyfile(source, target)


def choose_format(file: str) -> str:
    """PNG stays PNG; anything else becomes JPEG."""
    return "png" if file.lower().endswith(".png") else "jpg"
