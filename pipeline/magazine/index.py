"""The index: themes, organisations and roles with their pages, and the anchors of all texts."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Magazine, Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A term of the index; ``anchors`` are in page order."""

    term: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MagazineIndex:
    """The three parts of the index, each in alphabetical order."""

    themes: tuple[IndexEntry, ...]
    organisations: tuple[IndexEntry, ...]
    roles: tuple[IndexEntry, ...]


def map_anchors(programme: Programme, magazine: Magazine) -> dict[str, str]:
    """Map each text of the magazine to its anchor, by its path in the programme.

    Drafts have none.
    """
    events = [one.ref for one in magazine.flatplan if one.kind == "event"]
    stories = [one.ref for one in magazine.flatplan if one.kind == "article"]
    anchors = {f"magazine/{ref}": f"story-{ref.rsplit('/', 1)[-1].removesuffix('.md')}" for ref in stories}
    anchors |= {f"magazine/reflections/{event}": f"event-{event}" for event in events}
    return anchors | {
        f"magazine/reflections/{one.event}/{one.slug}.md": f"reflection-{one.event}-{one.slug}"
        for one in programme.reflections
        if one.event in events
    }


def build_index(programme: Programme, magazine: Magazine) -> MagazineIndex:
    """Build the index. Of people, it lists only their organisations and roles."""
    included = {one.ref for one in magazine.flatplan if one.kind == "event"}
    themes: list[tuple[str, str]] = []
    organisations: list[tuple[str, str]] = []
    roles: list[tuple[str, str]] = []
    for event in (event for event in programme.events if event.id in included):
        anchor = f"event-{event.id}"
        themes += [(event.title, anchor), *((case.title, anchor) for case in event.cases)]
        organisations += [(guest.organisation, anchor) for guest in event.guests]
        organisations += [(case.organisation, anchor) for case in event.cases]
        for one in programme.find_reflections(event.id):
            roles += [(role, f"reflection-{one.event}-{one.slug}") for role in one.roles]
    return MagazineIndex(
        themes=_merge_terms(themes), organisations=_merge_terms(organisations), roles=_merge_terms(roles)
    )


def _merge_terms(pairs: Sequence[tuple[str, str]]) -> tuple[IndexEntry, ...]:
    """Merge terms that differ only in case, and prefer lower case."""
    terms: dict[str, str] = {}
    anchors: dict[str, dict[str, None]] = {}
    for term, anchor in pairs:
        if name := term.strip().casefold():
            terms[name] = max(terms.get(name, ""), term.strip())  # lower case sorts after upper case
            anchors.setdefault(name, {})[anchor] = None
    return tuple(IndexEntry(term=terms[name], anchors=tuple(anchors[name])) for name in sorted(anchors, key=_sort_key))


def _sort_key(term: str) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFKD", term.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)), term
