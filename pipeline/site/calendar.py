"""Events as iCalendar files, so that they can be put in an agenda: RFC 5545, written by hand."""

import hashlib
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline import urls
from pipeline.model import Event, Programme

_LINE_OCTETS = 75  # RFC 5545, 3.1
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HOUR = timedelta(hours=1)


def calendar_of(programme: Programme, events: Sequence[Event]) -> bytes:
    """The events as one calendar, on the clock of the programme; the same bytes for the same events.

    A UID is made of the address of the event's page, DTSTAMP is the hour at which the event starts, and SEQUENCE rises by
    one with each change to an entry that was published: the ledger knows which were (docs/decisions/0075).
    """
    zone = ZoneInfo(programme.timezone)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Weerslag//Weerslag//{programme.language.upper()}",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(programme.title)}",  # RFC 7986, 5.1
        f"X-WR-CALNAME:{_text(programme.title)}",  # the same, for those who came before it
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        *(_time_zone(zone, events) if events else ()),
        *(line for event in events for line in _event(event, programme, zone)),
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines).encode()


def entry_digest(event: Event, programme: Programme) -> str:
    """What an agenda would show of an event, as a digest; the ledger keeps it of what was published."""
    shown = "\n".join(_entry(event, programme, ZoneInfo(programme.timezone)))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _sequence(event: Event, programme: Programme) -> int:
    """How often the published entry changed, this one included: RFC 5545, 3.8.7.4."""
    changed = event.announced[-1:] != (entry_digest(event, programme),)
    return len(event.announced) - (0 if changed else 1) if event.announced else 0


def _event(event: Event, programme: Programme, zone: ZoneInfo) -> Iterable[str]:
    page = urls.absolute(programme.url, urls.event(event.id))
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid.uuid5(uuid.NAMESPACE_URL, page)}@{urlsplit(programme.url).hostname or 'weerslag'}"
    yield f"DTSTAMP:{event.starts.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"SEQUENCE:{_sequence(event, programme)}"
    yield from _entry(event, programme, zone)
    yield "END:VEVENT"


def _entry(event: Event, programme: Programme, zone: ZoneInfo) -> Iterable[str]:
    """What somebody sees of it."""
    for name, moment in (("DTSTART", event.starts), ("DTEND", event.ends)):
        yield f"{name};TZID={zone.key}:{_local(moment.astimezone(zone))}"
    yield f"SUMMARY:{_text(f'{programme.title}: {event.title}')}"
    told = [event.theme, *(f"{item.at} {item.what}" for item in event.agenda)]
    if any(told):
        yield f"DESCRIPTION:{_text(chr(10).join(filter(None, told)))}"
    if where := _where(event):
        yield f"LOCATION:{_text(where)}"
    yield f"URL:{urls.absolute(programme.url, urls.event(event.id))}"
    yield "STATUS:CONFIRMED"


def _where(event: Event) -> str:
    if event.venue:
        return ", ".join(filter(None, (event.venue.name, event.venue.address, event.venue.city)))
    return event.online if event.online.startswith(("https://", "http://")) else ""


def _text(words: str) -> str:
    """A value of type TEXT: RFC 5545, 3.3.11."""
    escaped = re.sub(r"([\\;,])", r"\\\1", words)
    return re.sub(r"\r\n|\r|\n", r"\\n", escaped)


def _folded(line: str) -> str:
    """A line in pieces of 75 octets at most, none of which breaks a character."""
    pieces, room = [""], _LINE_OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append("")
            room = _LINE_OCTETS - 1  # the space that goes before it counts
        pieces[-1] += character
        room -= size
    return "\r\n ".join(pieces) + "\r\n"


def _local(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


# ------------------------------------------------------------------------------------------------------- the time zone


def _time_zone(zone: ZoneInfo, events: Sequence[Event]) -> Iterable[str]:
    """What the zone's clocks do around these events: by rule where the years agree on one, else change by change."""
    first = min(event.starts for event in events).astimezone(zone).year - 1
    last = max(event.ends for event in events).astimezone(zone).year
    changes = [change for year in range(first, last + 1) for change in _changes(zone, year)]
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone.key}"
    if not changes:
        yield from _observance(zone, datetime(first, 1, 1, tzinfo=UTC), rule="")
    for rule, group in _by_rule(zone, changes):
        for change in group[:1] if rule else group:
            yield from _observance(zone, change, rule=rule)
    yield "END:VTIMEZONE"


def _changes(zone: ZoneInfo, year: int) -> Iterable[datetime]:
    """The moments in ``year`` at which the clocks change, in UTC; they do so at whole hours or not at all here."""
    hour, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    for day in range((end - hour).days):
        midnight = hour + timedelta(days=day)
        if midnight.astimezone(zone).utcoffset() == (midnight + timedelta(days=1)).astimezone(zone).utcoffset():
            continue
        hours = (midnight + _HOUR * (nth + 1) for nth in range(24))
        yield next(one for one in hours if one.astimezone(zone).utcoffset() != _offset_before(one, zone))


def _by_rule(zone: ZoneInfo, changes: Sequence[datetime]) -> Iterable[tuple[str, list[datetime]]]:
    """Changes in groups, to summer and to winter, with the yearly rule that a whole group keeps; empty: there is none."""
    years = {change.year for change in changes}
    for summer in (True, False):
        group = [change for change in changes if bool(change.astimezone(zone).dst()) == summer]
        rules = {_rule(change + _offset_before(change, zone)) for change in group}
        kept = len(rules) == 1 and len(group) == len(years)
        yield (rules.pop() if kept else ""), group


def _rule(local: datetime) -> str:
    """``FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU``: in the last week of a month it counts from the end."""
    last = (local + timedelta(days=7)).month != local.month
    nth = -1 if last else (local.day - 1) // 7 + 1
    return f"FREQ=YEARLY;BYMONTH={local.month};BYDAY={nth}{_DAYS[local.weekday()]}"


def _observance(zone: ZoneInfo, change: datetime, *, rule: str) -> Iterable[str]:
    before, after = _offset_before(change, zone), change.astimezone(zone)
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{_local(change + before)}"  # on the clock as it was until then: RFC 5545, 3.6.5
    if rule:
        yield f"RRULE:{rule}"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(after.utcoffset() or timedelta(0))}"
    yield f"TZNAME:{after.tzname()}"
    yield f"END:{kind}"


def _offset_before(change: datetime, zone: ZoneInfo) -> timedelta:
    return (change - _HOUR).astimezone(zone).utcoffset() or timedelta(0)


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
