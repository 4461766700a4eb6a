"""Events: people, venues, agendas, deadlines and cases."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who is named in public: a guest of an event, or a speaker in an episode."""

    name: str
    role: str = "guest"
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Person):
    """A guest of an event; ``record`` is false for who must not be recorded."""

    record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """The venue of an event, with coordinates if known."""

    name: str
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    latitude: float | None = None  # WGS 84, in degrees; both or neither
    longitude: float | None = None
    osm: str = ""  # an OpenStreetMap node, way or relation: R192736


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One line of an agenda; ``at`` and ``until`` are ``HH:MM``, and ``people`` are names of guests."""

    at: str
    what: str
    until: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How people register for an event, in another system."""

    url: str = ""
    closes: datetime | None = None  # aware
    places: int = 0  # 0: unknown
    full: bool = False
    free: bool = True
    note: str = ""

    @property
    def open_url(self) -> str:
        """The address where people register, as long as there are places."""
        return "" if self.full else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Until when people can contribute; midnight is the end of the day before."""

    what: str
    at: datetime  # aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A practice example presented at an event."""

    slug: str
    event: str
    title: str
    organisation: str = ""
    summary: str = ""
    picture: Picture | None = None
    pictures: tuple[Picture, ...] = ()  # in the text
    contact: str = ""  # a role, never a name
    questions: tuple[str, ...] = ()
    text_md: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStream:
    """The live stream of an event; the feed announces it."""

    page: str  # for a browser
    stream: str = ""  # for a podcast app
    media_type: str = "audio/mpeg"  # of the stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One live event: in a ``venue``, ``online``, or both (hybrid); neither, if still unknown."""

    id: str
    number: int  # its position in the programme, from 1: selects the event colour
    title: str
    theme: str = ""
    summary: str = ""
    picture: Picture | None = None
    status: str = "scheduled"  # scheduled | moved | cancelled
    visibility: str = "public"  # public | participants
    starts: datetime  # aware
    ends: datetime  # aware
    venue: Venue | None = None
    online: str = ""
    live: LiveStream | None = None
    agenda: tuple[AgendaItem, ...] = ()
    guests: tuple[Guest, ...] = ()
    cases: tuple[Case, ...] = ()  # by slug, in natural order
    registration: Registration | None = None
    recorded: bool = False
    deadlines: tuple[Deadline, ...] = ()
    notes_url: str = ""
    roles_needed: tuple[str, ...] = ()
    briefing_from: str = ""  # the id of an Event
    announced: tuple[str, ...] = ()  # digests of its published calendar entries in order, from the publication log
