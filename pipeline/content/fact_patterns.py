"""Dates, hours and names as they stand in Dutch and English texts, and those that cannot exist."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    ("januari", "january"), ("februari", "february"), ("maart", "march"), ("april",), ("mei", "may"), ("juni", "june"),
    ("juli", "july"), ("augustus", "august"), ("september",), ("oktober", "october"), ("november",), ("december",),
)  # fmt: skip
_DAYS = (
    ("maandag", "monday"), ("dinsdag", "tuesday"), ("woensdag", "wednesday"), ("donderdag", "thursday"),
    ("vrijdag", "friday"), ("zaterdag", "saturday"), ("zondag", "sunday"),
)  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_DAY_NUMBERS = {name: number for number, names in enumerate(_DAYS) for name in names}
_MONTH, _WEEKDAY = "|".join(_MONTH_NUMBERS), "|".join(_DAY_NUMBERS)
_DATE = re.compile(
    rf"\b(?:(?P<weekday>{_WEEKDAY}),?\s{{1,3}})?(?P<day>\d{{1,2}})\s{{1,3}}(?P<month>{_MONTH})\b(?:\s{{1,3}}(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
_MONTH_AND_YEAR = re.compile(rf"\b(?P<month>{_MONTH})\s{{1,3}}(?P<year>\d{{4}})\b", re.IGNORECASE)
_TIME = re.compile(r"(?<![\d.:,€-])(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?![\d.:,]\d|\d)(?P<unit>\s{0,2}(?:uur|u)\b)?")
_LETTER_FOR_ZERO = re.compile(r"(?<![\w.])\d{1,2}[.:](?:[oO][oO0]|[0-5][oO])(?!\w)")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright)\s{0,2}(?:©\s{0,2})?(?P<year>\d{4})(?:\s?[-–]\s?(?P<last>\d{4}))?", re.IGNORECASE
)
_PLAUSIBLE_YEARS = range(1500, 2200)  # a text may well mention history


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionedDate:
    """A day of a month in a text; ``year`` is 0 and ``weekday`` ``None`` where the text has none."""

    start: int
    end: int
    text: str
    weekday: int | None  # Monday is 0
    day: int
    month: int
    year: int

    def resolve(self, year: int) -> date | None:
        """Return the date, in ``year`` if the text names none; ``None`` if it does not exist."""
        try:
            return date(self.year or year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionedTime:
    """A time of day in a text, written with ``uur`` or without."""

    start: int
    text: str
    clock: str  # HH:MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A date or time that cannot exist, or a year that must be wrong."""

    start: int
    text: str
    code: str  # impossible-time | impossible-date | wrong-weekday | wrong-year


def find_dates(text: str) -> Iterator[MentionedDate]:
    """Find the days of months that exist in some year."""
    return (one for one in _find_mentions(text) if not _is_impossible(one))


def is_wrong_weekday(mentioned: MentionedDate) -> bool:
    """Return whether a date with its year falls on another day of the week than the text says."""
    day = mentioned.resolve(mentioned.year) if mentioned.year and mentioned.weekday is not None else None
    return day is not None and day.weekday() != mentioned.weekday


def find_times(text: str) -> Iterator[MentionedTime]:
    """Find the times of day; a number with two decimals and no ``uur`` may be something else."""
    for found in _TIME.finditer(text):
        hour, minute = int(found["hour"]), int(found["minute"])
        if hour <= 24 and minute < 60:
            yield MentionedTime(start=found.start(), text=found[0].strip(), clock=f"{hour:02}:{minute:02}")


def find_slips(text: str, *, year: int = 0) -> Iterator[Slip]:
    """Find what cannot be right, whatever the programme says.

    Args:
        text: Any text.
        year: The year of the text, which its copyright line must name; 0: unknown.
    """
    for found in _LETTER_FOR_ZERO.finditer(text):
        yield Slip(start=found.start(), text=found[0], code="impossible-time")
    for found in _TIME.finditer(text):
        if found["unit"] and (int(found["hour"]) > 24 or int(found["minute"]) > 59):
            yield Slip(start=found.start(), text=found[0], code="impossible-time")
    for mentioned in filter(_is_impossible, _find_mentions(text)):
        yield Slip(start=mentioned.start, text=mentioned.text, code="impossible-date")
    for mentioned in filter(is_wrong_weekday, find_dates(text)):
        yield Slip(start=mentioned.start, text=mentioned.text, code="wrong-weekday")
    for found in _MONTH_AND_YEAR.finditer(text):
        if int(found["year"]) not in _PLAUSIBLE_YEARS:
            yield Slip(start=found.start(), text=" ".join(found[0].split()), code="impossible-date")
    for found in _COPYRIGHT.finditer(text):
        if year and year != int(found["last"] or found["year"]):
            yield Slip(start=found.start(), text=" ".join(found[0].split()), code="wrong-year")


def _find_mentions(text: str) -> Iterator[MentionedDate]:
    """Find days of months, also those that exist in no year."""
    for found in _DATE.finditer(text):
        weekday = found["weekday"]
        yield MentionedDate(
            start=found.start(),
            end=found.end(),
            text=" ".join(found[0].split()),
            weekday=_DAY_NUMBERS[weekday.casefold()] if weekday else None,
            day=int(found["day"]),
            month=_MONTH_NUMBERS[found["month"].casefold()],
            year=int(found["year"] or 0),
        )


def _is_impossible(mentioned: MentionedDate) -> bool:
    leap = mentioned.year or 2024
    if not 1 <= mentioned.day <= 31 or not 1 <= leap <= 9999:
        return True
    return mentioned.day > monthrange(leap, mentioned.month)[1]
