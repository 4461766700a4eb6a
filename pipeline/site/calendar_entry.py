"""What a calendar shows of an event, and a digest of it that detects changes."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import urls
from pipeline.model import Event, Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """The visible part of an event in a calendar."""

    starts: datetime  # in the time zone of the programme
    ends: datetime
    summary: str
    description: str
    location: str
    url: str  # of the event's page


def build_entry(event: Event, programme: Programme) -> CalendarEntry:
    """Build the calendar entry of an event."""
    zone = ZoneInfo(programme.timezone)
    lines = [event.theme, *(f"{item.at} {item.what}" for item in event.agenda)]
    return CalendarEntry(
        starts=event.starts.astimezone(zone),
        ends=event.ends.astimezone(zone),
        summary=f"{programme.title}: {event.title}",
        description="\n".join(filter(None, lines)),
        location=_format_location(event),
        url=urls.make_absolute(programme.url, urls.event(event.id)),
    )


def hash_entry(event: Event, programme: Programme) -> str:
    """Hash the calendar entry of an event; the publication log records the digest of each published entry."""
    fields = (programme.timezone, *astuple(build_entry(event, programme)))
    return hashlib.sha256("\0".join(map(str, fields)).encode()).hexdigest()[:16]


def count_changes(event: Event, programme: Programme) -> int:
    """Count how often the published entry changed, including an unpublished change: ``SEQUENCE`` of RFC 5545, 3.8.7.4."""
    if not event.announced:
        return 0
    is_changed = event.announced[-1] != hash_entry(event, programme)
    return len(event.announced) - (0 if is_changed else 1)


def _format_location(event: Event) -> str:
    if event.venue:
        return ", ".join(filter(None, (event.venue.name, event.venue.address, event.venue.city)))
    return event.online if event.online.startswith(("https://", "http://")) else ""
