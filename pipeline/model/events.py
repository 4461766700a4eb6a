"""Events: people, venues, agendas and cases."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who is named in public: a guest of an event, or a speaker in an episode."""

    name: str
    role: str = "guest"
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """The venue of an event, with coordinates if known."""

    name: str
    address: str = ""
    city: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    latitude: float | None = None  # WGS 84, in degrees; both or neither
    longitude: float | None = None
    osm: str = ""  # an OpenStreetMap node, way or relation: R192736


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One line of an agenda; ``at`` is ``HH:MM``."""

    at: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A practice example presented at an event."""

    title: str
    organisation: str = ""
    summary: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStream:
    """The live stream of an event; the feed announces it."""

    page: str  # for a browser
    stream: str = ""  # for a podcast app
    media_type: str = "audio/mpeg"  # of the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One live event, in a ``venue`` or ``online``; neither, if still unknown."""

    id: str
    number: int  # its position in the programme, from 1: selects the event colour
    title: str
    theme: str = ""
    starts: datetime  # aware
    ends: datetime  # aware
    venue: Venue | None = None
    online: str = ""
    live: LiveStream | None = None
    agenda: tuple[AgendaItem, ...] = ()
    guests: tuple[Person, ...] = ()
    cases: tuple[Case, ...] = ()
    announced: tuple[str, ...] = ()  # digests of its published calendar entries in order, from the publication log
