"""Events as iCalendar files (RFC 5545); the only module that imports icalendar."""

import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar

from pipeline import urls
from pipeline.model import Deadline, Event, Programme
from pipeline.site.calendar_entry import build_entry, count_changes

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HOUR = timedelta(hours=1)


class _Text(icalendar.vText):
    """A TEXT value; icalendar itself would turn a backslash followed by N into a line break."""

    def to_ical(self) -> bytes:
        escaped = re.sub(r"([\\;,])", r"\\\1", str(self))
        return re.sub(r"\r\n|\r|\n", r"\\n", escaped).encode()


def build_calendar(programme: Programme, events: Sequence[Event]) -> bytes:
    """Build a calendar of events in the time zone of the programme; the same events produce the same bytes.

    The UID of an event is made from the first address of its page, DTSTAMP is its start, and SEQUENCE increases with each change to
    a published entry (docs/decisions/0023).
    """
    zone = ZoneInfo(programme.timezone)
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", f"-//Weerslag//Weerslag//{programme.language.upper()}")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", _Text(programme.title))  # RFC 7986, 5.1
    calendar.add("X-WR-CALNAME", _Text(programme.title))  # its predecessor
    calendar.add("REFRESH-INTERVAL", timedelta(days=1), parameters={"VALUE": "DURATION"})
    if events:
        calendar.add_component(_build_time_zone(zone, events))
    for event in events:
        calendar.add_component(_build_event(event, programme, zone))
        for deadline in event.deadlines:
            calendar.add_component(_build_deadline(deadline, event, programme, zone))
    return bytes(calendar.to_ical())


def _build_event(event: Event, programme: Programme, zone: ZoneInfo) -> icalendar.Event:
    entry, component = build_entry(event, programme), icalendar.Event()
    component.add("UID", _build_uid(event, programme))
    component.add("DTSTAMP", event.starts.astimezone(UTC))
    component.add("SEQUENCE", count_changes(event, programme))
    for name, time in (("DTSTART", entry.starts), ("DTEND", entry.ends)):
        component.add(name, time.replace(tzinfo=None), parameters={"TZID": zone.key})
    for name, text in (("SUMMARY", entry.summary), ("DESCRIPTION", entry.description), ("LOCATION", entry.location)):
        if text:
            component.add(name, _Text(text))
    component.add("URL", entry.url)
    component.add("STATUS", entry.status)
    return component


def _build_deadline(deadline: Deadline, event: Event, programme: Programme, zone: ZoneInfo) -> icalendar.Event:
    """Build an entry without a duration at a deadline (RFC 5545, 3.6.1); calendars hide tasks (VTODO)."""
    entry, component = build_entry(event, programme), icalendar.Event()
    component.add("UID", _build_uid(event, programme, part=f"#{deadline.what}"))
    component.add("DTSTAMP", event.starts.astimezone(UTC))
    component.add("SEQUENCE", count_changes(event, programme))
    local = deadline.at.astimezone(zone).replace(tzinfo=None)
    if local.hour == local.minute == 0:  # 24:00 belongs to the day before
        local -= timedelta(minutes=1)
    component.add("DTSTART", local, parameters={"TZID": zone.key})
    component.add("SUMMARY", _Text(f"{event.title}: {deadline.what}"))
    component.add("URL", entry.url)
    component.add("TRANSP", "TRANSPARENT")
    component.add("STATUS", entry.status)
    return component


def _build_uid(event: Event, programme: Programme, *, part: str = "") -> str:
    """Build the UID of an event, or of a part of it; it stays the same when the event is renamed."""
    address = urls.make_absolute(programme.url, programme.find_first_path(urls.event(event.id)))
    ident = uuid.uuid5(uuid.NAMESPACE_URL, address + part)
    return f"{ident}@{urlsplit(programme.url).hostname or 'weerslag'}"


def _build_time_zone(zone: ZoneInfo, events: Sequence[Event]) -> icalendar.Timezone:
    """Build the UTC offsets of the zone around the events: as yearly rules where possible, else one by one.

    icalendar's own ``Timezone.from_tzinfo`` writes no rules, and puts the start of summer time an hour late.
    """
    deadlines = [deadline.at for event in events for deadline in event.deadlines]
    first = min([*deadlines, *(event.starts for event in events)]).astimezone(zone).year - 1
    last = max([*deadlines, *(event.ends for event in events)]).astimezone(zone).year
    component = icalendar.Timezone()
    component.add("TZID", zone.key)
    transitions = [transition for year in range(first, last + 1) for transition in _find_transitions(zone, year)]
    if not transitions:
        component.add_component(_build_observance(zone, datetime(first, 1, 1, tzinfo=UTC)))
    for rule, group in _group_by_rule(zone, transitions):
        for transition in group[:1] if rule else group:
            component.add_component(_build_observance(zone, transition, rule=rule))
    return component


def _find_transitions(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """Find the times in UTC, rounded up to whole hours, at which the offset of the zone changes."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    for day in range((datetime(year + 1, 1, 1, tzinfo=UTC) - start).days):
        midnight = start + timedelta(days=day)
        if _get_offset(midnight, zone) != _get_offset(midnight + timedelta(days=1), zone):
            hours = (midnight + _HOUR * number for number in range(1, 25))
            yield next(hour for hour in hours if _get_offset(hour, zone) != _get_offset(hour - _HOUR, zone))


def _group_by_rule(
    zone: ZoneInfo, transitions: Sequence[datetime]
) -> Iterator[tuple[dict[str, object] | None, list[datetime]]]:
    """Group transitions into those to summer and to standard time, each with its yearly rule, or ``None`` without one."""
    years = {transition.year for transition in transitions}
    for is_summer in (True, False):
        group = [transition for transition in transitions if bool(transition.astimezone(zone).dst()) == is_summer]
        rules = [_build_rule(transition + _get_offset(transition - _HOUR, zone)) for transition in group]
        is_regular = bool(rules) and all(rule == rules[0] for rule in rules) and len(group) == len(years)
        yield (rules[0] if is_regular else None), group


def _build_rule(local: datetime) -> dict[str, object]:
    """Build a rule such as "the last Sunday of March"; in the last week of a month, weeks count from its end."""
    is_last_week = (local + timedelta(days=7)).month != local.month
    week = -1 if is_last_week else (local.day - 1) // 7 + 1
    return {"FREQ": "YEARLY", "BYMONTH": local.month, "BYDAY": f"{week}{_WEEKDAYS[local.weekday()]}"}


def _build_observance(
    zone: ZoneInfo, transition: datetime, *, rule: dict[str, object] | None = None
) -> icalendar.TimezoneDaylight | icalendar.TimezoneStandard:
    before, after = _get_offset(transition - _HOUR, zone), transition.astimezone(zone)
    component = icalendar.TimezoneDaylight() if after.dst() else icalendar.TimezoneStandard()
    component.add("DTSTART", (transition + before).replace(tzinfo=None))  # in the offset until then: RFC 5545, 3.6.5
    if rule:
        component.add("RRULE", rule)
    component.add("TZOFFSETFROM", before)
    component.add("TZOFFSETTO", _get_offset(transition, zone))
    component.add("TZNAME", after.tzname())
    return component


def _get_offset(time: datetime, zone: ZoneInfo) -> timedelta:
    return time.astimezone(zone).utcoffset() or timedelta(0)
