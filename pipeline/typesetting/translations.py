"""Translations (gettext), and the formats of dates, times, numbers and sizes."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from pipeline.catalogue import load_catalogue
from pipeline.errors import make_message
from pipeline.model import AgendaItem, Sentence

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SIZE_UNITS = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))
_COMMA_LANGUAGES = {"nl"}  # they write 1,4
_NO_BREAK_SPACE = "\u00a0"


def load_translator(language: str) -> Callable[[str], str]:
    """Return the function that translates English interface text.

    Text without a translation stays English.
    """
    translate = load_catalogue(_get_primary_language(language)).gettext
    return lambda text: translate(text) if text else ""  # gettext("") returns the header of the catalogue


def load_plural_translator(language: str) -> Callable[[str, str, int], str]:
    """Return the function that translates text with a plural: ``(singular, plural, count)``."""
    return load_catalogue(_get_primary_language(language)).ngettext


def translate_message(text: str, *, language: str = "nl") -> str:
    """Translate a ``Message``, or a text of the catalogue; other text is returned unchanged."""
    return make_message(text).render(load_translator(language)) if text else ""


def translate_sentence(sentence: Sentence, *, language: str = "nl") -> str:
    """Translate a sentence and write its numbers as the language does."""
    figures = {name: format_number(value, language=language) for name, value in sentence.figures.items()}
    text = load_translator(language)(sentence.text).format_map(figures)
    return f"{sentence.of}: {text}" if sentence.of else text


def format_number(number: str | float, *, language: str = "nl") -> str:
    """Format a number: ``−16,0`` in Dutch, ``−16.0`` in English.

    Args:
        number: Text keeps its decimals, and is returned unchanged if it is not a number; a float
            gets as few as it needs.
        language: A language tag such as ``nl`` or ``nl-NL``.
    """
    text = number if isinstance(number, str) else f"{number:g}"
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", text):
        return text
    return _localise_decimal(text, language).replace("-", "−")


def format_date(day: date, *, language: str = "nl") -> str:
    """Format a date in full: ``donderdag 13 juni 2024``.

    A datetime is not converted to another time zone.
    """
    _ = load_translator(language)
    return f"{_(_DAYS[day.weekday()])} {day.day}{_NO_BREAK_SPACE}{_(_MONTHS[day.month - 1])} {day.year}"


def format_date_time(at: datetime, *, language: str = "nl") -> str:
    """Format a date and a time: ``13 juni 2024, 16.30 uur``; it is not converted to another time zone."""
    time = f"{at:%H.%M}{_NO_BREAK_SPACE}uur" if _get_primary_language(language) == "nl" else f"{at:%H:%M}"
    return f"{format_date(at, language=language).partition(' ')[2]}, {time}"


def format_deadline(at: datetime, *, language: str = "nl") -> str:
    """Format a deadline as a date and a time; midnight is the end of the day before: ``28 mei 2020, 24.00 uur``."""
    if at.hour or at.minute:
        return format_date_time(at, language=language)
    end_of_day = format_date_time(at - timedelta(minutes=1), language=language)
    return end_of_day.replace("23.59", "24.00").replace("23:59", "24:00")


def format_time_range(starts: datetime, ends: datetime, *, language: str = "nl") -> str:
    """Format two times of day: ``16.30–19.00 uur`` in Dutch, ``16:30–19:00`` in English."""
    if _get_primary_language(language) == "nl":
        return f"{starts:%H.%M}–{ends:%H.%M}{_NO_BREAK_SPACE}uur"
    return f"{starts:%H:%M}–{ends:%H:%M}"


def format_hours(item: AgendaItem, *, language: str = "nl") -> str:
    """Format when a part of an event takes place: ``17.00–18.00`` in Dutch, ``17:00–18:00`` in English."""
    text = "–".join(filter(None, (item.at, item.until)))
    return text.replace(":", ".") if _get_primary_language(language) == "nl" else text


def format_duration(seconds: float, *, language: str = "nl") -> str:
    """Format a duration as ``1 uur 12 min``, ``41 min`` or ``35 s``.

    It is rounded to minutes, and below one minute to seconds.
    """
    _ = load_translator(language)
    if seconds < 59.5:
        return f"{round(seconds)}{_NO_BREAK_SPACE}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [f"{hours}{_NO_BREAK_SPACE}{_('hr')}"] if hours else []
    if minutes:
        parts.append(f"{minutes}{_NO_BREAK_SPACE}{_('min')}")
    return " ".join(parts)


def format_file_size(size_bytes: int, *, language: str = "nl") -> str:
    """Format a size as ``48 MB`` or ``1,4 MB``: decimal units, and one decimal below ten."""
    for unit_bytes, unit in _SIZE_UNITS:
        number = size_bytes / unit_bytes
        if number >= 0.9995:  # 999,950 bytes would round to 1000 kB: write 1 MB
            text = f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"
            return f"{_localise_decimal(text, language)}{_NO_BREAK_SPACE}{unit}"
    return f"{size_bytes}{_NO_BREAK_SPACE}{load_translator(language)('bytes')}"


def _localise_decimal(number: str, language: str) -> str:
    return number.replace(".", ",") if _get_primary_language(language) in _COMMA_LANGUAGES else number


def _get_primary_language(language: str) -> str:
    """Return ``nl`` for ``nl-NL``."""
    return language.partition("-")[0].lower()
