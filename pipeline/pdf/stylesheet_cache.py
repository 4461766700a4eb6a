"""A cache of parsed stylesheets, fonts and colour profiles, in each worker."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weasyprint import CSS
from weasyprint.css.counters import CounterStyle
from weasyprint.text.fonts import FontConfiguration

from pipeline.pdf.sandboxed_fetcher import BASE_URL, SandboxedFetcher
from pipeline.pdf.tasks import RenderPdfTask

_MAX_STYLES = 2  # one edition for the screen, one for print


@dataclass(slots=True)
class ParsedStyle:
    """Parsed stylesheets, and the configuration that parsing filled."""

    fonts: Any = field(default_factory=FontConfiguration)
    counters: Any = field(default_factory=CounterStyle)
    profiles: dict[str, Any] = field(default_factory=dict)
    sheets: tuple[Any, ...] = ()


_styles: dict[str, ParsedStyle] = {}
_fonts: dict[tuple[str, ...], Any] = {}  # by theme folders: both editions have the same fonts


def load_style(task: RenderPdfTask, fetcher: SandboxedFetcher) -> ParsedStyle:
    """Parse the stylesheet of a task, or take it from the cache. Without one the style is empty.

    Raises:
        FatalURLFetchingError: A stylesheet refers to a file outside the theme.
    """
    if not task.stylesheet:
        return ParsedStyle()
    text = Path(task.stylesheet).read_text(encoding="utf-8")
    key = hashlib.sha256(repr((text, task.theme_folders)).encode()).hexdigest()
    if key not in _styles:
        while len(_styles) >= _MAX_STYLES:
            _styles.pop(next(iter(_styles)))
        style = ParsedStyle(fonts=_get_fonts(task.theme_folders))
        shared = {"font_config": style.fonts, "counter_style": style.counters, "color_profiles": style.profiles}
        style.sheets = (CSS(string=text, base_url=BASE_URL, url_fetcher=fetcher, **shared),)
        _styles[key] = style
    return _styles[key]


def _get_fonts(theme_folders: tuple[str, ...]) -> Any:
    if theme_folders not in _fonts:
        _fonts.clear()
        _fonts[theme_folders] = FontConfiguration()
    return _fonts[theme_folders]
