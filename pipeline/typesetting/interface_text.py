"""The words of the interface, and how a language writes days, hours, lengths and sizes."""

import gettext
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path

from pipeline.model import Sentence

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SIZES = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
_COMMAS = {"nl"}  # languages that write 1,4
_NO_BREAK = "\u00a0"


def templates_folder() -> Path:
    """The default theme: in the wheel beside the code, in a checkout beside the package."""
    package = Path(str(resources.files("pipeline")))
    packaged = package / "_templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


def words(language: str) -> Callable[[str], str]:
    """The interface in ``language``: English in, translated out; what nobody translated stays English."""
    translated = _catalogue(language).gettext
    return lambda text: translated(text) if text else ""  # gettext would answer "" with the head of its catalogue


def counted_words(language: str) -> Callable[[str, str, int], str]:
    """As ``words``, for what changes with a number: one, many, and how many there are."""
    return _catalogue(language).ngettext


def said(told: Sentence, *, language: str = "nl") -> str:
    """A sentence in ``language``, its figures written as they are there; what nobody translated stays English."""
    figures = {name: figure(value, language=language) for name, value in told.figures.items()}
    text = words(language)(told.text).format_map(figures)
    return f"{told.of}: {text}" if told.of else text


def figure(text: str, *, language: str = "nl") -> str:
    """A number as a language writes it, as many decimals as it has: ``−16,0``. What is no number stays as it is."""
    return _decimal(text, language).replace("-", "−") if re.fullmatch(r"[-+]?\d+(\.\d+)?", text) else text


def long_date(day: date, *, language: str = "nl") -> str:
    """``donderdag 13 juni 2024``, on the clock of ``day`` itself."""
    _ = words(language)
    return f"{_(_DAYS[day.weekday()])} {day.day}{_NO_BREAK}{_(_MONTHS[day.month - 1])} {day.year}"


def clock(seconds: float) -> str:
    """``0:41``, ``1:02:03``: whole seconds, rounded down."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def clock_range(starts: datetime, ends: datetime, *, language: str = "nl") -> str:
    """``16.30–19.00 uur`` in Dutch, ``16:30–19:00`` in English."""
    if _primary(language) == "nl":
        return f"{starts:%H.%M}–{ends:%H.%M}{_NO_BREAK}uur"
    return f"{starts:%H:%M}–{ends:%H:%M}"


def duration_words(seconds: float, *, language: str = "nl") -> str:
    """``1 uur 12 min``, ``41 min``, ``35 s``: to the nearest minute, and under a minute to the nearest second."""
    _ = words(language)
    if seconds < 59.5:
        return f"{round(seconds)}{_NO_BREAK}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    told = [f"{hours}{_NO_BREAK}{_('hr')}"] if hours else []
    if minutes:
        told.append(f"{minutes}{_NO_BREAK}{_('min')}")
    return " ".join(told)


def file_size(size_bytes: int, *, language: str = "nl") -> str:
    """``48 MB``, ``1,4 MB``: decimal units, and one decimal for what is less than ten."""
    for unit_bytes, unit in _SIZES:
        number = size_bytes / unit_bytes
        if number >= 0.9995:  # what would be written as 1000 of the next unit is one of this
            told = f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"
            return f"{_decimal(told, language)}{_NO_BREAK}{unit}"
    return f"{size_bytes}{_NO_BREAK}{words(language)('bytes')}"


def decimal(number: float, *, language: str = "nl") -> str:
    """``1,25`` in Dutch, ``1.25`` in English; no more digits than there are."""
    return _decimal(f"{number:g}", language)


def _decimal(number: str, language: str) -> str:
    return number.replace(".", ",") if _primary(language) in _COMMAS else number


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("weerslag", templates_folder() / "locale", [_primary(language)], fallback=True)


def _primary(language: str) -> str:
    """``nl`` of ``nl-NL``."""
    return language.partition("-")[0].lower()
