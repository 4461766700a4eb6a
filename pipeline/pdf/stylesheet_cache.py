"""Keeps what all pages of an edition wear: style sheets, fonts, profiles of colour; read once in each worker."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weasyprint import CSS
from weasyprint.css.counters import CounterStyle
from weasyprint.text.fonts import FontConfiguration

from pipeline.pdf import PdfJob
from pipeline.pdf.sandboxed_fetcher import BASE, Jail

_MOST = 2  # editions that are kept at a time: one for the screen, one for the press


@dataclass(slots=True)
class Style:
    """Style sheets, and what reading them filled."""

    fonts: Any = field(default_factory=FontConfiguration)
    counters: Any = field(default_factory=CounterStyle)
    profiles: dict[str, Any] = field(default_factory=dict)
    sheets: tuple[Any, ...] = ()


_worn: dict[str, Style] = {}
_fonts: dict[tuple[str, ...], Any] = {}  # by theme: both editions wear the same


def wardrobe(job: PdfJob, jail: Jail) -> Style:
    """The style of ``job``; a fresh one where it names none, for then its HTML brings its own.

    Raises:
        FatalURLFetchingError: a style sheet names something outside the theme.
    """
    if not job.style:
        return Style()
    text = Path(job.style).read_text(encoding="utf-8")
    name = hashlib.sha256(repr((text, job.theme)).encode()).hexdigest()
    if name not in _worn:
        while len(_worn) >= _MOST:
            _worn.pop(next(iter(_worn)))
        style = Style(fonts=_fonts_of(job.theme))
        common = {"font_config": style.fonts, "counter_style": style.counters, "color_profiles": style.profiles}
        style.sheets = (CSS(string=text, base_url=BASE, url_fetcher=jail, **common),)
        _worn[name] = style
    return _worn[name]


def _fonts_of(theme: tuple[str, ...]) -> Any:
    if theme not in _fonts:
        _fonts.clear()
        _fonts[theme] = FontConfiguration()
    return _fonts[theme]
