"""What a calendar shows of an event, and a digest of it that detects changes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import urls
from pipeline.model import AgendaItem, Deadline, Event, Programme, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """The visible part of an event in a calendar."""

    starts: datetime  # in the time zone of the programme
    ends: datetime
    summary: str
    description: str
    location: str
    url: str  # of the event's page
    status: str  # CONFIRMED | CANCELLED: RFC 5545, 3.8.1.11
    deadlines: tuple[Deadline, ...] = ()


def build_entry(event: Event, programme: Programme) -> CalendarEntry:
    """Build the calendar entry of an event."""
    zone = ZoneInfo(programme.timezone)
    lines = [event.theme, event.summary, *(f"{_format_hours(item)} {item.what}" for item in event.agenda)]
    if event.venue and event.online:
        lines.append(event.online)
    return CalendarEntry(
        starts=event.starts.astimezone(zone),
        ends=event.ends.astimezone(zone),
        summary=f"{programme.title}: {event.title}",
        description="\n".join(filter(None, lines)),
        location=_format_location(event),
        url=urls.make_absolute(programme.url, urls.event(event.id)),
        status="CANCELLED" if event.status == "cancelled" else "CONFIRMED",
        deadlines=event.deadlines,
    )


def hash_entry(event: Event, programme: Programme) -> str:
    """Hash the calendar entry of an event; the publication log records the digest of each published entry."""
    entry = build_entry(event, programme)
    shown = [entry.starts, entry.ends, entry.summary, entry.description, entry.location, entry.url]
    if entry.status != "CONFIRMED" or entry.deadlines:  # so that entries without them keep the digests in older logs
        shown += [entry.status, *(f"{one.what} {one.at.isoformat()}" for one in entry.deadlines)]
    fields = (programme.timezone, *shown)
    return hashlib.sha256("\0".join(map(str, fields)).encode()).hexdigest()[:16]


def count_changes(event: Event, programme: Programme) -> int:
    """Count how often the published entry changed, including an unpublished change: ``SEQUENCE`` of RFC 5545, 3.8.7.4."""
    if not event.announced:
        return 0
    is_changed = event.announced[-1] != hash_entry(event, programme)
    return len(event.announced) - (0 if is_changed else 1)


def format_address(venue: Venue) -> str:
    """Format a venue on one line: building, street, postcode and city."""
    city = " ".join(filter(None, (venue.postcode, venue.city)))
    return ", ".join(filter(None, (venue.name, venue.address, city)))


def _format_hours(item: AgendaItem) -> str:
    return f"{item.at}–{item.until}" if item.until else item.at


def _format_location(event: Event) -> str:
    if event.venue:
        return format_address(event.venue)
    return event.online if event.online.startswith(("https://", "http://")) else ""
