"""Renders templates and finds the files of a theme. The only module that imports Jinja2."""

import traceback
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from pipeline.catalogue import get_templates_folder
from pipeline.errors import SourceLocation, WeerslagError, fill
from pipeline.model.time_codes import format_time_code
from pipeline.typesetting.hyphenation import mark_long_words
from pipeline.typesetting.markdown import render_markdown
from pipeline.typesetting.translations import (
    format_date,
    format_date_time,
    format_deadline,
    format_duration,
    format_file_size,
    format_hours,
    format_number,
    format_time_range,
    load_plural_translator,
    load_translator,
    translate_message,
    translate_sentence,
)
from pipeline.typesetting.typography import apply_typography


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The search path of templates and assets: the programme first, then the default theme."""

    folder: str  # site | magazine | press: a folder under templates/
    language: str = "nl"
    overrides: Path | None = None  # the programme's own templates/ folder; its templates are code, and trusted


def render_template(template: str, *, theme: Theme, **values: Any) -> str:
    """Render a template of the theme; values are escaped, and an undefined name is an error.

    Functions in templates: ``_("English")`` and ``ngettext("one", "many", n)``. Filters:
    ``text|markdown``, ``text|typeset``, ``title|heading``, ``day|date``, ``at|date_time``, ``at|deadline``,
    ``starts|time_range(ends)``, ``item|hours``, ``seconds|time_code``, ``seconds|duration``, ``number|number``, ``bytes|file_size``,
    ``sentence|translate``, ``finding.message|message``.

    Raises:
        WeerslagError: The template does not exist, has a syntax error or uses an undefined name;
            with file and line.
    """
    try:
        return _create_environment(theme).get_template(template).render(**values)
    except jinja2.TemplateError as error:
        raise WeerslagError(
            fill("the template cannot be rendered: {message}", message=error.message),
            where=_locate_error(error, template, theme),
        ) from error


def read_asset(name: str, *, theme: Theme) -> bytes:
    """Read a file of the theme: a style sheet, a script, a font.

    Raises:
        WeerslagError: Neither the programme nor the default theme has it.
    """
    for folder in _list_folders(theme):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise WeerslagError("the theme has no such file", where=f"templates/{theme.folder}/{name}")


def _list_folders(theme: Theme) -> list[Path]:
    default = get_templates_folder()
    overrides = [theme.overrides / theme.folder, theme.overrides] if theme.overrides else []
    return [*overrides, default / theme.folder, default]


@cache
def _create_environment(theme: Theme) -> jinja2.Environment:
    language = theme.language
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_list_folders(theme)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"_": load_translator(language), "ngettext": load_plural_translator(language)}
    environment.filters |= {
        "markdown": partial(render_markdown, language=language),
        "typeset": partial(apply_typography, language=language),
        "heading": partial(_typeset_heading, language=language),
        "date": partial(format_date, language=language),
        "date_time": partial(format_date_time, language=language),
        "deadline": partial(format_deadline, language=language),
        "time_code": format_time_code,
        "time_range": partial(format_time_range, language=language),
        "duration": partial(format_duration, language=language),
        "hours": partial(format_hours, language=language),
        "number": partial(format_number, language=language),
        "file_size": partial(format_file_size, language=language),
        "translate": partial(translate_sentence, language=language),
        "message": partial(translate_message, language=language),
    }
    return environment


def _typeset_heading(text: str, *, language: str) -> Markup:
    """Typeset plain text that stands in large letters: a long word is parted between its syllables."""
    return mark_long_words(apply_typography(text, language=language), language=language)


def _locate_error(error: jinja2.TemplateError, template: str, theme: Theme) -> SourceLocation:
    """Return the innermost template line of the traceback."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        name = error.filename or f"templates/{theme.folder}/{error.name or template}"
        return SourceLocation(name, error.lineno)
    folders = tuple(str(folder) for folder in _list_folders(theme))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folders)]
    if frames:
        return SourceLocation(frames[-1].filename, frames[-1].lineno or 0)
    return SourceLocation(f"templates/{theme.folder}/{template}")
