"""People and places, as the podcast namespace tells them of an episode and of an event.

Source: podcast-namespace, docs/tags/person.md and location.md (revision of 2025).
"""

from pipeline.feed.namespaces import Node, node
from pipeline.feed.roles import role_of
from pipeline.feed.text_fields import one_line, shortened
from pipeline.model import Person, Venue

ROOM = 128  # of a name in the podcast namespace


def person_of(person: Person) -> Node:
    """Somebody with a role of the taxonomy."""
    role, group = role_of(person.role)
    return node("podcast:person", shortened(one_line(person.name), size_bytes=ROOM), role=role, group=group)


def location_of(venue: Venue) -> Node:
    """Where something was made: the address in words, and the place on the map if it is known (RFC 5870)."""
    name = ", ".join(filter(None, map(one_line, (venue.name, venue.address, venue.city))))
    geo = f"geo:{venue.latitude},{venue.longitude}" if venue.latitude is not None else ""
    told = shortened(name, size_bytes=ROOM)
    return node("podcast:location", told, rel="creator", geo=geo, osm=venue.osm, country=venue.country)
