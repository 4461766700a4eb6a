"""Sets text: templates, Markdown, Dutch typography, words of the interface. The doorway to Jinja2, markdown-it and nh3."""

import gettext as _gettext
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Where templates and assets of one room come from: single files of the programme's own, then the default theme."""

    room: str  # site | magazine | press: a folder under templates/
    language: str = "nl"
    own: Path | None = None  # the programme's own templates/ folder


def templates_folder() -> Path:
    """The default theme: in the wheel beside the code, in a checkout beside the package."""
    packaged = Path(str(resources.files("pipeline"))) / "_templates"
    return packaged if packaged.is_dir() else Path(str(resources.files("pipeline"))).parent / "templates"


def render(template: str, *, theme: Theme, **values: Any) -> str:
    """``template`` with ``values``; a name that does not exist is an error, and everything is escaped.

    In templates: ``_("English")`` · ``text|md`` · ``text|typo`` · ``day|long_date`` · ``seconds|clock``.
    """
    return _environment(theme).get_template(template).render(**values)


def asset(name: str, *, theme: Theme) -> bytes:
    """A file of the theme as it is: a style sheet, a script, a font."""
    for folder in _folders(theme):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise FileNotFoundError(name)


def html_of(text_md: str, *, language: str = "nl") -> Markup:
    """Markdown as clean HTML: an allow-list of tags, no raw HTML, typography of ``language``."""
    return Markup(nh3.clean(_markdown().render(text_md)))


def typographic(text: str, *, language: str = "nl") -> str:
    """Plain text with the quotes, dashes and spaces of ``language``."""
    return text


def words(language: str) -> Callable[[str], str]:
    """The interface in ``language``: English in, translated out."""
    return _gettext.translation("weerslag", templates_folder() / "locale", [language], fallback=True).gettext


def long_date(day: date, *, language: str = "nl") -> str:
    """``donderdag 13 juni 2024``."""
    return day.isoformat()


def clock(seconds: float) -> str:
    """``0:41``, ``1:02:03``: whole seconds, rounded down."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _folders(theme: Theme) -> list[Path]:
    own = [theme.own / theme.room] if theme.own else []
    return [*own, templates_folder() / theme.room, templates_folder()]


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
    environment.globals["_"] = words(language)
    environment.filters["md"] = lambda text_md: html_of(text_md, language=language)
    environment.filters["typo"] = lambda text: typographic(text, language=language)
    environment.filters["long_date"] = lambda day: long_date(day, language=language)
    environment.filters["clock"] = clock
    return environment


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
