"""Parse dates, times and time codes as people write them.

A date without a meaning is an error, never a guess.
"""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pipeline.content.field_error import FieldError
from pipeline.model.time_codes import format_position, parse_position
from pipeline.text import suggest_similar

DATE_TIME = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
YEARS = range(1970, 2200)


def parse_time_code(text: str) -> int:
    """Parse a position in a recording: ``00:41``, ``1:02:03`` or ``00:41.5``.

    Returns:
        Milliseconds.

    Raises:
        FieldError: it is none of these.
    """
    position_ms = parse_position(text)
    if position_ms is None:
        raise FieldError("must be a time code", _suggest_time_code(text))
    return position_ms


def parse_day(text: str) -> date:
    """Parse a date: ``2024-06-13``.

    Raises:
        FieldError: another notation, or no such date.
    """
    if not re.match(DAY, text):
        raise FieldError("must be a date", "write it as 2024-06-13: year, month, day")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(f"is not an existing date: {error}") from error
    if day.year not in YEARS:
        raise FieldError(f"is not a plausible date: the year is {day.year}")
    return day


def parse_date_time(text: str) -> datetime:
    """Parse a naive date and time: ``2024-06-13 16:30``.

    ``localise`` adds the programme's time zone.

    Raises:
        FieldError: another notation, or no such date or time.
    """
    if not re.match(DATE_TIME, text):
        raise FieldError("must be a date and a time", "write it as 2024-06-13 16:30, in the time zone of the programme")
    day = parse_day(text[:10])
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{text[11:]}")
    except ValueError as error:
        raise FieldError(f"is not an existing time: {error}") from error


def find_time_zone(name: str) -> ZoneInfo | None:
    """Return the time zone with that name, or ``None``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a folder of the time zone database
        return None


def is_valid_local_time(naive: datetime, zone: ZoneInfo) -> bool:
    """Return whether ``naive`` exists in ``zone``.

    At the start of summer time an hour is skipped.
    """
    return naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive


def localise(naive: datetime, zone: ZoneInfo) -> datetime:
    """Add the offset of ``zone``; of two possible times at the end of summer time the first.

    The offset is fixed, so that the value survives JSON and needs no time zone database.
    """
    return datetime.fromisoformat(naive.replace(tzinfo=zone).isoformat())


def _suggest_time_code(text: str) -> str:
    if re.match(r"^\d{1,5}$", text):
        return f"write minutes and seconds: {format_position(int(text) * 1000)}"
    if parse_position(text.replace(",", ".")) is not None:
        return f"write a point: {text.replace(',', '.')}"
    return "write minutes and seconds, 00:41, or 1:02:03 with hours, or 00:41.5"


def suggest_time_zone(name: str) -> str:
    """Return a hint that names the time zone most similar to ``name``, or an empty string."""
    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
    suggestion = suggest_similar(name, available_timezones())
    return suggestion or suggest_similar(by_city.get(name.strip().replace(" ", "_"), ""), by_city.values())
