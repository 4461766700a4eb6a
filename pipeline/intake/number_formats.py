"""Formats the values of a worksheet as Dutch Excel shows them."""

import datetime as dt
import re

_DECIMALS = re.compile(r"0[.](0+)")
_QUOTED = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
_COLOURS = re.compile(r"\[(?!h|m|s)[^\]]*\]", re.IGNORECASE)
_CURRENCIES = ("€", "$", "£")


def format_value(value: object, number_format: str) -> str:
    """Format a value by its number format: ``35%``, ``€ 12.345,50``, ``13-06-2024 16:30``, ``ja``."""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, (int, float)):
        return _format_number(value, number_format)
    if isinstance(value, dt.datetime):
        return _format_date(value, number_format)
    if isinstance(value, dt.date):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)


def _format_date(value: dt.datetime, number_format: str) -> str:
    starts_with_year = _COLOURS.sub("", number_format).casefold().lstrip().startswith("y")
    day = f"{value:%Y-%m-%d}" if starts_with_year else f"{value:%d-%m-%Y}"
    return day if value.time() == dt.time() else f"{day} {value:%H:%M}"


def _format_number(value: float, number_format: str) -> str:
    section = number_format.split(";", maxsplit=1)[0]
    currency = next((sign for sign in _CURRENCIES if sign in section), "")
    plain = _QUOTED.sub("", section)
    decimals = _DECIMALS.search(plain)
    if "%" in plain:
        places = len(decimals[1]) if decimals else 0
        return f"{_separate(value * 100, places, group=False)}%"
    if section in {"General", "@"} or not re.search("[0#]", plain) or "E" in plain:
        return _format_general(value)
    if re.fullmatch(r"0{2,}", plain):
        return f"{round(value):0{len(plain)}}"
    number = _separate(value, len(decimals[1]) if decimals else 0, group="," in plain)
    return f"{currency} {number}" if currency else number


def _format_general(value: float) -> str:
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return f"{value:.15g}".replace(".", ",")  # Excel keeps 15 digits


def _separate(value: float, places: int, *, group: bool) -> str:
    """Write decimals behind a comma, and thousands with points if ``group``."""
    text = f"{value:,.{places}f}" if group else f"{value:.{places}f}"
    return text.translate(str.maketrans(",.", ".,"))
