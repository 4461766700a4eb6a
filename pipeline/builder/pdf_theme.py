"""The folders of a theme as PDF tasks read them: with fonts that were unpacked once."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.builder.cache_keys import hash_folders
from pipeline.builder.pictures import link_objects
from pipeline.builder.task_functions import run_unpack_font
from pipeline.builder.task_runner import TaskRunner
from pipeline.magazine.edition import list_theme_folders
from pipeline.pdf import compute_system_fonts_digest
from pipeline.pdf.tasks import UnpackFontTask
from pipeline.typesetting import Theme, find_missing_glyphs, get_templates_folder, read_asset

_FONT = re.compile(r'url\("([^"/]+\.woff2)"\)')


def prepare_theme_folders(theme: Theme, runner: TaskRunner) -> tuple[str, ...]:
    """Unpack the fonts of a theme once for all documents.

    Returns:
        Its folders, the unpacked fonts first, then those of the programme.
    """
    folder = runner.folder / "unpacked"
    if folder.is_dir():  # magazine and mailings have the same fonts
        return (str(folder), *list_theme_folders(theme))
    style = read_asset("fonts/fonts.css", theme=theme).decode("utf-8", "replace")
    found = {name: _find_in_theme(f"fonts/{name}", theme) for name in sorted(set(_FONT.findall(style)))}
    tasks = {name: UnpackFontTask(subject=name, font=str(file)) for name, file in found.items() if file}
    results = runner.run(run_unpack_font, tasks)
    objects: Mapping[str, str] = {name: one.outputs["out"].sha256 for name, one in results.items()}
    link_objects(objects, folder / "fonts", runner)
    return (str(folder), *list_theme_folders(theme))


def hash_theme_files(theme: Theme, names: Sequence[str], runner: TaskRunner) -> str:
    """Compute one digest over the files of some folders of a theme, the programme's own first."""
    places = [theme.overrides, get_templates_folder()] if theme.overrides else [get_templates_folder()]
    return hash_folders([place / name for place in places for name in names], runner.cache)


def _find_in_theme(name: str, theme: Theme) -> Path | None:
    files = (Path(folder) / name for folder in list_theme_folders(theme))
    return next((file for file in files if file.is_file()), None)


def hash_system_fonts(html: str) -> str:
    """Return a digest over the fonts of this machine if the bundled ones lack a character of the HTML; else nothing."""
    return compute_system_fonts_digest() if next(find_missing_glyphs(html), None) else ""
