"""Parse dates, times and time codes as people write them.

A date without a meaning is an error, never a guess.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pipeline.content.field_error import FieldError
from pipeline.errors import fill
from pipeline.model.time_codes import format_position, parse_position
from pipeline.text import suggest_similar

DATE_TIME = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$"
PRECISE_DATE_TIME = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
_OTHER_DAY = re.compile(  # 2026/1/3, 13-10-2026, 13/10/26, 13 okt. 2026, October 13, 2026
    r"(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ](?P<day>\d{1,2})"
    r"|(?P<day_first>\d{1,2})[-/. ](?P<month_second>\d{1,2})[-/. ](?P<year_last>\d{4}|\d{2})"
    r"|(?:[a-z]+ )?(?P<day_named>\d{1,2})(?:e|de|ste|st|nd|rd|th)? (?P<name>[a-z]{3,9})\.?,? (?P<year_named>\d{4})"
    r"|(?P<name_first>[a-z]{3,9})\.? (?P<day_second>\d{1,2})(?:st|nd|rd|th)?,? (?P<year_of_name>\d{4})",
    re.IGNORECASE,
)
_OTHER_TIME = re.compile(
    r"(?:[ T,]+(?:om |at |van )?(?P<hour>\d{1,2})[.:uh](?P<minute>\d{2})(?::\d{2})?(?: ?(?:uur|u|h))?)?\s*",
    re.IGNORECASE,
)
_MONTHS = {  # Dutch and English; an abbreviation is the beginning of a name
    "januari": 1, "january": 1, "februari": 2, "february": 2, "maart": 3, "mrt": 3, "march": 3, "april": 4, "mei": 5, "may": 5,
    "juni": 6, "june": 6, "juli": 7, "july": 7, "augustus": 8, "august": 8, "september": 9, "oktober": 10, "october": 10,
    "november": 11, "december": 12,
}  # fmt: skip
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
        raise FieldError("must be a date", _suggest_day(text) or "write it as 2024-06-13: year, month, day")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(fill("is not an existing date: {error}", error=error)) from error
    if day.year not in YEARS:
        raise FieldError(fill("is not a plausible date: the year is {year}", year=day.year))
    return day


def parse_date_time(text: str) -> datetime:
    """Parse a naive date and time: ``2024-06-13 16:30``.

    ``localise`` adds the programme's time zone.

    Raises:
        FieldError: another notation, or no such date or time.
    """
    if not re.match(DATE_TIME, text):
        hint = _suggest_date_time(text) or "write it as 2024-06-13 16:30, in the time zone of the programme"
        raise FieldError("must be a date and a time", hint)
    day = parse_day(text[:10])
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{text[11:]}")
    except ValueError as error:
        raise FieldError(fill("is not an existing time: {error}", error=error)) from error


def parse_precise_date_time(text: str) -> datetime:
    """Parse a naive date and time with or without seconds: ``2024-06-13 16:30:05``.

    Raises:
        FieldError: as ``parse_date_time``.
    """
    if not re.match(PRECISE_DATE_TIME, text) or re.match(DATE_TIME, text):
        return parse_date_time(text)
    try:
        return parse_date_time(text[:-3]).replace(second=int(text[-2:]))
    except ValueError as error:
        raise FieldError(fill("is not an existing time: {error}", error=error)) from error


def parse_deadline(text: str) -> datetime:
    """Parse a naive date and time, of which 24:00 is the end of the day: midnight of the next one.

    Raises:
        FieldError: as ``parse_date_time``.
    """
    if re.match(DATE_TIME, text) and text.endswith("24:00"):
        return datetime.combine(parse_day(text[:10]) + timedelta(days=1), time())
    return parse_date_time(text)


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


def _suggest_day(text: str) -> str:
    """Return a hint that rewrites a date in another notation; empty: it is no date."""
    found = _OTHER_DAY.fullmatch(text.strip())
    day = _read_day(found) if found else None
    return fill("write {day}", day=day) if day else ""


def _suggest_date_time(text: str) -> str:
    """Return a hint that rewrites a date and time in another notation; empty: it is neither."""
    if not (found := _OTHER_DAY.match(text.strip())) or not (day := _read_day(found)):
        return ""
    clock = _OTHER_TIME.fullmatch(text.strip()[found.end() :])
    if clock is None:
        return ""
    if clock["hour"] is None:
        return fill("write {day} and the time, such as {day} 16:30", day=day)
    hour, minute = int(clock["hour"]), int(clock["minute"])
    return (
        fill("write {day} {hour:02}:{minute:02}", day=day, hour=hour, minute=minute)
        if hour < 24 and minute < 60
        else ""
    )


def _read_day(found: re.Match[str]) -> date | None:
    """Read a date in the Dutch order: the day comes first, unless the year does."""
    names = found.groupdict()
    year = next(int(names[one]) for one in ("year", "year_last", "year_named", "year_of_name") if names[one])
    day = next(int(names[one]) for one in ("day", "day_first", "day_named", "day_second") if names[one])
    name = (names["name"] or names["name_first"] or "").lower()
    month = int(names["month"] or names["month_second"] or 0) or _read_month(name)
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


def _read_month(name: str) -> int:
    """Return the number of a month by its Dutch or English name or its abbreviation; 0: none."""
    return next((number for month, number in _MONTHS.items() if len(name) >= 3 and month.startswith(name)), 0)


def _suggest_time_code(text: str) -> str:
    if re.match(r"^\d{1,5}$", text):
        return fill("write minutes and seconds: {position}", position=format_position(int(text) * 1000))
    if parse_position(text.replace(",", ".")) is not None:
        return fill("write a point: {text}", text=text.replace(",", "."))
    return "write minutes and seconds, 00:41, or 1:02:03 with hours, or 00:41.5"


def suggest_time_zone(name: str) -> str:
    """Return a hint that names the time zone most similar to ``name``, or an empty string."""
    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
    suggestion = suggest_similar(name, available_timezones())
    return suggestion or suggest_similar(by_city.get(name.strip().replace(" ", "_"), ""), by_city.values())
