"""Renders templates and finds the files of a theme. The doorway to Jinja2."""

import traceback
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from pipeline.errors import Place, WeerslagError
from pipeline.typesetting import interface_text as lang
from pipeline.typesetting.markdown import html_of
from pipeline.typesetting.typography import typographic


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Where templates and assets of one room come from: single files of the programme's own, then the default theme."""

    room: str  # site | magazine | press: a folder under templates/
    language: str = "nl"
    own: Path | None = None  # the programme's own templates/ folder: its templates are code, and are trusted


def render(template: str, *, theme: Theme, **values: Any) -> str:
    """``template`` with ``values``; a name that does not exist is an error, and everything is escaped.

    In templates: ``_("English")`` · ``ngettext("one", "many", n)`` · ``text|md`` · ``text|typo`` · ``day|long_date`` ·
    ``starts|clock_range(ends)`` · ``seconds|clock`` · ``seconds|duration_words`` · ``number|decimal`` · ``bytes|file_size``.

    Raises:
        WeerslagError: the template is not there, is not well-formed, or asks for what is not there; with file and line.
    """
    try:
        return _environment(theme).get_template(template).render(**values)
    except jinja2.TemplateError as error:
        raise WeerslagError(
            f"the template cannot be rendered: {error.message}", where=_place(error, template, theme)
        ) from error


def asset(name: str, *, theme: Theme) -> bytes:
    """A file of the theme as it is: a style sheet, a script, a font.

    Raises:
        WeerslagError: neither theme has it.
    """
    for folder in _folders(theme):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise WeerslagError("the theme has no such file", where=f"templates/{theme.room}/{name}")


def _folders(theme: Theme) -> list[Path]:
    own = [theme.own / theme.room, theme.own] if theme.own else []
    return [*own, lang.templates_folder() / theme.room, lang.templates_folder()]


@cache
def _environment(theme: Theme) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_folders(theme)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    language = theme.language
    environment.globals |= {"_": lang.words(language), "ngettext": lang.counted_words(language)}
    environment.filters |= {
        "md": partial(html_of, language=language),
        "typo": partial(typographic, language=language),
        "long_date": partial(lang.long_date, language=language),
        "clock": lang.clock,
        "clock_range": partial(lang.clock_range, language=language),
        "duration_words": partial(lang.duration_words, language=language),
        "figure": partial(lang.figure, language=language),
        "decimal": partial(lang.decimal, language=language),
        "file_size": partial(lang.file_size, language=language),
        "said": partial(lang.said, language=language),
    }
    return environment


def _place(error: jinja2.TemplateError, template: str, theme: Theme) -> Place:
    """The innermost line of a template that was being worked on, as Jinja2 leaves it in the traceback."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return Place(error.filename or f"templates/{theme.room}/{error.name or template}", error.lineno)
    folders = [str(folder) for folder in _folders(theme)]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(tuple(folders))]
    if frames:
        return Place(frames[-1].filename, frames[-1].lineno or 0)
    return Place(f"templates/{theme.room}/{template}")
