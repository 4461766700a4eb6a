"""Reads days, hours and clocks as people write them; a date without a meaning is told, never guessed."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pipeline.content.field_error import WrongError
from pipeline.text import did_you_mean

CLOCK = r"^(\d{1,2}:[0-5]\d:[0-5]\d|\d{1,3}:[0-5]\d)(\.\d{1,3})?$"
HOUR = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"
YEARS = range(1970, 2200)


def parse_clock(text: str) -> int:
    """Milliseconds of ``00:41``, ``1:02:03`` or ``00:41.5``: a place in a recording.

    Raises:
        WrongError: it is none of these.
    """
    if not re.match(CLOCK, text):
        raise WrongError("must be a place in the sound", _clock_hint(text))
    whole, _, part = text.partition(".")
    seconds = 0
    for number in whole.split(":"):
        seconds = 60 * seconds + int(number)
    return 1000 * seconds + int(part.ljust(3, "0")[:3] if part else 0)


def parse_day(text: str) -> date:
    """The day of ``2024-06-13``.

    Raises:
        WrongError: another form, or no such day.
    """
    if not re.match(DAY, text):
        raise WrongError("must be a day", "write it as 2024-06-13: year, month, day")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise WrongError(f"is no day that exists: {error}") from error
    if day.year not in YEARS:
        raise WrongError(f"is no day of this programme: the year {day.year}")
    return day


def parse_hour(text: str) -> datetime:
    """The naive date and time of ``2024-06-13 16:30``; the programme's time zone makes it aware.

    Raises:
        WrongError: another form, or no such day or hour.
    """
    if not re.match(HOUR, text):
        raise WrongError("must be a day and an hour", "write it as 2024-06-13 16:30, in the programme's own time zone")
    day = parse_day(text[:10])
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{text[11:]}")
    except ValueError as error:
        raise WrongError(f"is no hour that exists: {error}") from error


def parse_time_of_day(text: str) -> str:
    """``16:30``, as it was written.

    Raises:
        WrongError: another form, or no such time.
    """
    if not re.match(TIME_OF_DAY, text):
        raise WrongError("must be a time of the day", "write it as 16:30")
    return text


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name, or ``None``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a folder of the time zone database
        return None


def exists(naive: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in ``zone`` ever showed ``naive``: in spring they jump over an hour."""
    return naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive


def aware(naive: datetime, zone: ZoneInfo) -> datetime:
    """``naive`` with its offset in ``zone``, the first of two in autumn.

    The offset is fixed, so that the value is the same after a journey through JSON and needs no database of time zones.
    """
    return datetime.fromisoformat(naive.replace(tzinfo=zone).isoformat())


def clock(ms: int) -> str:
    """``00:41``, ``1:02:03``, ``00:41.500``: what ``parse_clock`` reads."""
    minutes, second = divmod(ms // 1000, 60)
    hours, minute = divmod(minutes, 60)
    told = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"
    return f"{told}.{ms % 1000:03}" if ms % 1000 else told


def _clock_hint(text: str) -> str:
    if re.match(r"^\d{1,5}$", text):
        return f"write minutes and seconds: {clock(timedelta(seconds=int(text)) // timedelta(milliseconds=1))}"
    if re.match(CLOCK, text.replace(",", ".")):
        return f"write a point: {text.replace(',', '.')}"
    return "write minutes and seconds, 00:41, or 1:02:03 with hours, or 00:41.5"


def near_zone(name: str) -> str:
    """A hint that names the time zone nearest to ``name``."""
    by_city = {zone.rpartition("/")[2]: zone for zone in sorted(available_timezones())}
    near = did_you_mean(name, available_timezones())
    return near or did_you_mean(by_city.get(name.strip().replace(" ", "_"), ""), by_city.values())
