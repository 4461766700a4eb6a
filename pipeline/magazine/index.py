"""The index: themes, organisations and roles, each with the places where it is met."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Magazine, Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A word of the index; ``places`` are in the order of the pages."""

    word: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """The index in its three parts, each in the order of the alphabet."""

    themes: tuple[Entry, ...]
    organisations: tuple[Entry, ...]
    roles: tuple[Entry, ...]


def places_of(programme: Programme, magazine: Magazine) -> dict[str, str]:
    """The place of each text in the magazine, by its file from the programme's folder; drafts have none."""
    events = [one.ref for one in magazine.flatplan if one.kind == "event"]
    stories = [one.ref for one in magazine.flatplan if one.kind == "article"]
    places = {f"magazine/{ref}": f"story-{ref.rsplit('/', 1)[-1].removesuffix('.md')}" for ref in stories}
    places |= {f"magazine/reflections/{event}": f"event-{event}" for event in events}
    return places | {
        f"magazine/reflections/{one.event}/{one.slug}.md": f"reflection-{one.event}-{one.slug}"
        for one in programme.reflections
        if one.event in events
    }


def entries_of(programme: Programme, magazine: Magazine) -> Entries:
    """All words of the index; of people only what they work for, or do, is named here."""
    shown = {one.ref for one in magazine.flatplan if one.kind == "event"}
    return Entries(
        themes=_sorted(_themes(programme, shown)),
        organisations=_sorted(_organisations(programme, shown)),
        roles=_sorted(
            (role, f"reflection-{one.event}-{one.slug}")
            for event in programme.events
            if event.id in shown
            for one in programme.reflections_of(event.id)
            for role in one.roles
        ),
    )


def _themes(programme: Programme, shown: set[str]) -> Iterator[tuple[str, str]]:
    for event in programme.events:
        if event.id in shown:
            yield event.title, f"event-{event.id}"
            yield from ((case.title, f"event-{event.id}") for case in event.cases)


def _organisations(programme: Programme, shown: set[str]) -> Iterator[tuple[str, str]]:
    for event in programme.events:
        if event.id in shown:
            yield from ((one.organisation, f"event-{event.id}") for one in event.guests)
            yield from ((one.organisation, f"event-{event.id}") for one in event.cases)


def _sorted(pairs: Iterator[tuple[str, str]]) -> tuple[Entry, ...]:
    """Each word once, in small letters where somebody wrote it so: `een dienst` and `Een dienst` are one."""
    words: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {}
    for word, place in pairs:
        if name := word.strip().casefold():
            words[name] = max(words.get(name, ""), word.strip())  # small letters come after capitals
            found.setdefault(name, {})[place] = None
    return tuple(Entry(word=words[name], places=tuple(found[name])) for name in sorted(found, key=_letters))


def _letters(word: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)), word
