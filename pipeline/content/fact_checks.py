"""Fact check: what texts say of dates, hours, places and names, compared with programme.yaml.

Warnings, never errors: a text may well be right, and programme.yaml wrong. Each names both places.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from functools import partial
from typing import Any

from pipeline.content.content_files import ContentFile, ProgrammeFiles
from pipeline.content.fact_patterns import (
    MentionedDate,
    MentionedTime,
    find_dates,
    find_slips,
    find_times,
    is_wrong_weekday,
)
from pipeline.content.located_yaml import Loc, LocatedYaml
from pipeline.content.schema.event import EventSchema, VenueSchema
from pipeline.content.text_positions import is_prose, iter_texts
from pipeline.errors import ValidationError, fill

_NEAR = timedelta(days=14)  # a date so near that of the event is probably meant as that of the event
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.:](?=\d)[^.!?\n]*)*")
_START_WORDS = re.compile(
    r"\b(?:aanvang|begin(?:t|nen)?|start(?:en|s)?|van start|inloop|ontvangst|welkom|einde?|eindigt|tot|doors|opens?|ends?)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'-]{4,}")
_POSTCODE = re.compile(r"\b[1-9]\d{3}\s?[A-Z]{2}\b")
_SIMILAR, _DIFFERENT_LENGTH = 0.84, 2
_MESSAGES = {
    "impossible-time": ("`{text}` is not a time", "write it in digits, from 0.00 to 24.00"),
    "impossible-date": ("`{text}` is not a date that can be meant", "correct the day or the year"),
    "wrong-weekday": ("`{text}` is another day of the week", "see a calendar"),
    "wrong-year": ("`{text}` has another year than this text, {year}", "change one of them"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What programme.yaml says of one event, and of the whole programme."""

    event: EventSchema
    line: int  # of ``starts`` in programme.yaml
    dates: frozenset[date]  # of the whole programme
    moments: frozenset[str]  # HH:MM at which the event starts or ends, or something closes
    agenda: frozenset[str]  # HH:MM of its agenda


def check_facts(files: ProgrammeFiles) -> Iterator[ValidationError]:
    """Yield a warning for each statement that differs from programme.yaml, or cannot be true."""
    programme = files.programme.validated
    if programme is None:
        return
    dates = frozenset(_collect_dates(files))
    names = _collect_names(files)
    facts = {
        event.id: _Facts(
            event=event,
            line=files.programme.yaml.locate(("events", number, "starts"))[0],
            dates=dates,
            moments=frozenset(_collect_moments(event)),
            agenda=frozenset(filter(None, (clock for item in event.agenda for clock in (item.at, item.until)))),
        )
        for number, event in enumerate(programme.events)
    }
    venues = {one.venue.model_dump_json(): one for one in programme.events if one.venue}.values()  # each venue once
    for yaml, event_id, is_wanted in _list_texts(files):
        fact = facts.get(event_id)
        starts: dict[str, int] = {}
        for text, locate in iter_texts(yaml, is_wanted):
            found = [*_check_slips(text, _find_year(yaml)), *_check_names(text, names), *_check_places(text, venues)]
            if fact:
                found += [*_check_dates(text, fact), *_check_times(text, fact, starts)]
            for code, start, message, hint in found:
                yield yaml.source.create_warning(code, *locate(start), message, hint)


_Found = tuple[str, int, str, str]  # code, offset, message, hint


def _list_texts(files: ProgrammeFiles) -> Iterator[tuple[LocatedYaml, str, Callable[[Loc], bool]]]:
    """Yield each file with the event that it is about, or an empty string, and which of its fields are about that."""
    about: list[ContentFile[Any]] = [*files.stories, *(one.file for one in files.episodes)]
    texts = [
        *((one.file.yaml, one.event) for one in files.cases),
        *((one.file.yaml, one.event) for one in files.reflections),
        *((file.yaml, str(file.yaml.get(("event",)) or "")) for file in about),
        *((one.yaml, _find_only_event(one.yaml)) for one in files.newsletters),
        *((yaml, "") for yaml in (files.magazine.yaml, files.about.yaml)),
    ]
    yield from ((yaml, event, is_prose) for yaml, event in texts)
    programme = files.programme
    yield programme.yaml, "", lambda loc: is_prose(loc) and loc[0] != "events"
    for number, event in enumerate(programme.require_validated().events):  # flyers and pages are made of these
        yield programme.yaml, event.id, partial(_is_prose_in, ("events", number))


def _is_prose_in(place: Loc, loc: Loc) -> bool:
    return is_prose(loc) and loc[: len(place)] == place


def _find_only_event(yaml: LocatedYaml) -> str:
    """Return the event that a newsletter is about, or an empty string if it announces none or several."""
    events = {str(value) for _, value in yaml.find("blocks", None, "event")}
    return events.pop() if len(events) == 1 else ""


def _find_year(yaml: LocatedYaml) -> int:
    """Return the year of a text with a date of its own, such as a newsletter."""
    day = yaml.get(("date",))
    return int(day[:4]) if isinstance(day, str) and re.match(r"\d{4}-", day) else 0


def _check_slips(text: str, year: int) -> Iterator[_Found]:
    for slip in find_slips(text, year=year):
        message, hint = _MESSAGES[slip.code]
        yield slip.code, slip.start, fill(message, text=slip.text, year=year), hint


# Dates and hours


def _collect_dates(files: ProgrammeFiles) -> Iterator[date]:
    programme = files.programme.require_validated()
    for event in programme.events:
        yield from (event.starts.date(), event.ends.date())
        yield from (deadline.at.date() for deadline in event.deadlines)
        yield from ((deadline.at - timedelta(minutes=1)).date() for deadline in event.deadlines)
        if event.registration and event.registration.closes:
            yield event.registration.closes.date()
    for episode in files.episodes:
        if episode.file.validated:
            yield episode.file.validated.published.date()


def _collect_moments(event: EventSchema) -> Iterator[str]:
    times = [event.starts, event.ends, *(deadline.at for deadline in event.deadlines)]
    times += [event.registration.closes] if event.registration and event.registration.closes else []
    for time in times:
        yield f"{time:%H:%M}"
        if not time.hour and not time.minute:
            yield "24:00"


def _check_dates(text: str, facts: _Facts) -> Iterator[_Found]:
    day = facts.event.starts.date()
    for one in find_dates(text):
        meant = one.resolve(day.year)
        if meant is None or is_wrong_weekday(one):
            continue
        where = f"programme.yaml:{facts.line}"
        if one.weekday not in (None, meant.weekday()) and not one.year and meant in facts.dates:
            message = fill("`{text}` is another day of the week", text=one.text)
            yield "wrong-weekday", one.start, message, fill("see {where}, or a calendar", where=where)
        elif meant not in facts.dates and abs(meant - day) <= _NEAR:
            message = fill("`{text}` is near the event, but is no date of it", text=one.text)
            hint = fill("{event} is on {day}: see {where}", event=facts.event.title, day=day.isoformat(), where=where)
            yield "other-date", one.start, message, hint


def _check_times(text: str, facts: _Facts, starts: dict[str, int]) -> Iterator[_Found]:
    """Check the times in sentences about the beginning, the end or the date of the event."""
    event = facts.event
    day = event.starts.month, event.starts.day
    for sentence in _SENTENCE.finditer(text):
        dates = [one for one in find_dates(sentence[0]) if (one.month, one.day) == day]
        times: list[MentionedTime] = list(find_times(sentence[0])) if dates or _START_WORDS.search(sentence[0]) else []
        for one in times:
            is_announced = any(date.year and _is_next_to(sentence[0], date, one) for date in dates)
            known = facts.moments if is_announced else facts.moments | facts.agenda
            if one.clock in known or one.clock in starts:
                continue
            starts[one.clock] = sentence.start() + one.start
            message = fill("`{text}` is not in the agenda of the event", text=one.text)
            if one.clock in facts.agenda:
                message = fill("`{text}` is not when the event starts", text=one.text)
            hint = fill(
                "{event} starts at {start}: see programme.yaml:{line}",
                event=event.title,
                start=f"{event.starts:%H.%M}",
                line=facts.line,
            )
            yield "other-time", sentence.start() + one.start, message, hint


def _is_next_to(text: str, date: MentionedDate, time: MentionedTime) -> bool:
    """Whether a time follows a date as in an announcement: `27 mei 2020, 9.30 uur`."""
    return not text[date.end : time.start].strip(" \t\xa0,") and time.start > date.end


# Names and places


def _collect_names(files: ProgrammeFiles) -> dict[str, str]:
    """Return the long words of names of people, organisations and venues, with the file and line that they are in."""
    names: dict[str, str] = {}
    yaml = files.programme.yaml
    paths = (("guests", None, "name"), ("guests", None, "organisation"), ("venue", "name"), ("venue", "address"))
    for path in paths:
        for loc, value in yaml.find("events", None, *path):
            for word in _NAME.findall(str(value)):
                names.setdefault(word, f"programme.yaml:{yaml.locate(loc)[0]}")
    for episode in files.episodes:
        for loc, value in episode.file.yaml.find("people", None, "name"):
            for word in _NAME.findall(str(value)):
                names.setdefault(word, f"{episode.file.path}:{episode.file.yaml.locate(loc)[0]}")
    return names


def _check_names(text: str, names: dict[str, str]) -> Iterator[_Found]:
    for found in _NAME.finditer(text):
        word = re.sub(r"[’']?s\Z", "", found[0]) if found[0] not in names else found[0]
        if word in names or f"{word}s" in names or word.upper() == word:
            continue
        similar = next((name for name in names if _is_near_miss(word, name)), "")
        if similar:
            message = fill("`{word}` is written otherwise elsewhere: `{name}`", word=word, name=similar)
            yield "other-name", found.start(), message, fill("see {where}", where=names[similar])


def _is_near_miss(word: str, name: str) -> bool:
    """Return whether a word is probably a name with a typing error."""
    if word[0] != name[0] or abs(len(word) - len(name)) > _DIFFERENT_LENGTH or len(name) < 6:
        return False
    if word.startswith(name) or (name.startswith(word) and len(name) - len(word) > 1):
        return False  # a compound, or a shorter word
    return SequenceMatcher(None, word, name, autojunk=False).ratio() >= _SIMILAR


def _check_places(text: str, events: Iterable[EventSchema]) -> Iterator[_Found]:
    """Compare house numbers, postcodes and cities with the venues of events."""
    for event in events:
        if venue := event.venue:
            hint = fill("see the venue of {event} in programme.yaml", event=event.title)
            for start, message in (
                *_check_address(text, venue),
                *_check_postcode(text, venue),
                *_check_city(text, venue),
            ):
                yield "other-place", start, message, hint


def _check_address(text: str, venue: VenueSchema) -> Iterator[tuple[int, str]]:
    known = re.match(r"(?P<street>\D{4,}?)\s*(?P<number>\d+\w*)\Z", venue.address)
    if known:
        for found in re.finditer(rf"\b{re.escape(known['street'].strip())}\s+(\d+\w*)", text):
            if found[1].casefold() != known["number"].casefold():
                message = fill("`{text}` is not the address `{address}`", text=found[0], address=venue.address)
                yield found.start(), message


def _check_postcode(text: str, venue: VenueSchema) -> Iterator[tuple[int, str]]:
    """Find postcodes that differ from that of the venue in one half only."""
    known = venue.postcode.replace(" ", "")
    for found in _POSTCODE.finditer(text) if known else ():
        plain = found[0].replace(" ", "")
        if plain != known and (plain[:4] == known[:4] or (plain[-2:] == known[-2:] and plain[:3] == known[:3])):
            message = fill("`{text}` is not the postcode `{postcode}`", text=found[0], postcode=venue.postcode)
            yield found.start(), message


def _check_city(text: str, venue: VenueSchema) -> Iterator[tuple[int, str]]:
    named = rf"\b{re.escape(venue.name)}\s+(?:in|te)\s+([A-Z][\w-]+(?: [A-Z][\w-]+)?)"
    for found in re.finditer(named, text) if venue.city else ():
        if found[1] not in venue.city and venue.city not in found[1]:
            yield found.start(), fill("`{text}`, but the venue is in {city}", text=found[0], city=venue.city)
