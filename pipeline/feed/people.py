"""People and locations in the elements of the podcast namespace.

Source: podcast-namespace, docs/tags/person.md and location.md (revision of 2025).
"""

from pipeline.feed.text_fields import normalise_space, truncate_text
from pipeline.feed.xml_node import XmlNode, make_node
from pipeline.model import Person, Venue
from pipeline.model.feed_vocabulary import ROLE_SYNONYMS, ROLES

MAX_TEXT_BYTES = 128  # of a name in the podcast namespace; the limit counts characters, and bytes are never fewer


def find_role(text: str) -> tuple[str, str]:
    """Find the role of the taxonomy and its group for ``text``; an unknown role is a guest with a profession."""
    role = " ".join(text.lower().split())
    role = ROLE_SYNONYMS.get(role, role)
    return (role, ROLES[role]) if role in ROLES else ("guest", "cast")


def build_person(person: Person) -> XmlNode:
    """Build ``podcast:person``, with a role of the taxonomy."""
    role, group = find_role(person.role)
    name = truncate_text(normalise_space(person.name), max_bytes=MAX_TEXT_BYTES)
    return make_node("podcast:person", name, role=role, group=group)


def build_location(venue: Venue) -> XmlNode:
    """Build ``podcast:location``: the address as text, and a geo URI (RFC 5870) if the coordinates are known."""
    name = ", ".join(filter(None, map(normalise_space, (venue.name, venue.address, venue.city))))
    geo = f"geo:{venue.latitude},{venue.longitude}" if venue.latitude is not None else ""
    text = truncate_text(name, max_bytes=MAX_TEXT_BYTES)
    return make_node("podcast:location", text, rel="creator", geo=geo, osm=venue.osm, country=venue.country)
