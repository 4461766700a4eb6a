"""Render the site for participants: ``press/participants/``, which the organiser serves behind a login."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline import urls
from pipeline.builder.pictures import clean_pictures
from pipeline.builder.task_runner import TaskRunner
from pipeline.cache import TreeFile
from pipeline.model import Programme
from pipeline.site import SiteContext, render_site
from pipeline.typesetting import Theme

FOLDER = "participants"  # in press/
_ROBOTS = b"User-agent: *\nDisallow: /\n"


def build_participant_pages(
    programme: Programme,
    runner: TaskRunner,
    *,
    root: Path,
    now: datetime,
    find_theme: Callable[[str, Programme, Path], Theme],
) -> dict[str, TreeFile]:
    """Render all pages of a programme, also of events for participants; nothing if it has no such events.

    Episodes, newsletters and the magazine are public, and stay in ``public/`` only.

    Args:
        programme: With the events for participants.
        runner: Cleans pictures.
        root: The folder of the programme.
        now: Decides which events are over.
        find_theme: Returns the theme of a folder of templates.

    Returns:
        The files by their paths in ``press/``.
    """
    if all(event.visibility == "public" for event in programme.events):
        return {}
    shown = replace(programme, podcast=None, episodes=(), magazine=None, newsletters=())
    pictures = clean_pictures(shown, runner, root=root)
    context = SiteContext(
        programme=shown,
        releases=(),
        theme=find_theme("site", programme, root),
        now=now,
        cover="",
        pictures=pictures.paths,
        sizes=pictures.sizes,
    )
    files = {
        output.path.removeprefix("public/"): TreeFile(target="press", content=output.content)
        for output in render_site(context)
    }
    files |= {path: TreeFile(target="press", sha256=pictures.objects[file]) for file, path in pictures.paths.items()}
    del files[urls.SITEMAP]
    files[urls.ROBOTS] = TreeFile(target="press", content=_ROBOTS)
    return {f"{FOLDER}/{path}": file for path, file in files.items()}
