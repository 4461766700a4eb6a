"""What a page is about, for machines: schema.org as JSON-LD, made of the same values as the page itself."""

from collections.abc import Iterable
from typing import Any

from pipeline import urls
from pipeline.model import Enclosure, Event, Person, Programme, Release, Story

Thing = dict[str, Any]

_CONTEXT = "https://schema.org"


def programme_thing(programme: Programme, releases: Iterable[Release], *, cover: str) -> Thing:
    """The series with its episodes, and the events; of a programme without a podcast the events alone."""
    at = _At(programme)
    events = {
        "@type": "EventSeries",
        "name": programme.title,
        "url": at(""),
        "organizer": _organiser(programme),
        "subEvent": [_event(event, programme) for event in programme.events],
    }
    heard = list(releases)
    if not (programme.podcast and heard):
        return {"@context": _CONTEXT, **events}
    series = {
        **_series(programme),
        "description": programme.podcast.description,
        "image": at(cover),
        "author": {"@type": "Organization", "name": programme.podcast.author},
        "publisher": _organiser(programme),
        "hasPart": [
            _named("PodcastEpisode", each.episode.title, at(urls.episode(each.episode.slug))) for each in heard
        ],
    }
    return {"@context": _CONTEXT, "@graph": [series, events] if programme.events else [series]}


def episode_thing(programme: Programme, release: Release, event: Event | None) -> Thing:
    """An episode, its files, its people, and the event at which it was recorded."""
    at, episode = _At(programme), release.episode
    return _without_nothing(
        {
            "@context": _CONTEXT,
            "@type": "PodcastEpisode",
            "name": episode.title,
            "url": at(urls.episode(episode.slug)),
            "description": episode.summary,
            "image": at(release.cover),
            "inLanguage": programme.language,
            "datePublished": episode.published.isoformat(),
            "duration": _iso_duration(release.duration_s),
            "episodeNumber": episode.number,
            "isFamilyFriendly": not episode.explicit,
            "partOfSeries": _series(programme) if programme.podcast else None,
            "associatedMedia": [_sound(each, release, at) for each in release.enclosures],
            "contributor": [_person(each) for each in episode.people],
            "recordedAt": _named("Event", event.title, at(urls.event(event.id))) if event else None,
        }
    )


def event_thing(programme: Programme, event: Event) -> Thing:
    """One live meeting."""
    told = {"@context": _CONTEXT, **_event(event, programme), "performer": [_person(each) for each in event.guests]}
    return _without_nothing(told)


def story_thing(programme: Programme, story: Story) -> Thing:
    """An article. Who wrote it may be a group of people, so it is told as words."""
    return _without_nothing(
        {
            "@context": _CONTEXT,
            "@type": "Article",
            "headline": story.title,
            "description": story.intro,
            "url": _At(programme)(urls.story(story.slug)),
            "inLanguage": programme.language,
            "creditText": story.by,
            "publisher": _organiser(programme),
        }
    )


class _At:
    """What the world calls a path."""

    def __init__(self, programme: Programme) -> None:
        self._base = programme.url

    def __call__(self, path: str) -> str:
        return urls.absolute(self._base, path)


def _series(programme: Programme) -> Thing:
    at = _At(programme)
    return {
        "@type": "PodcastSeries",
        "@id": at("#podcast"),
        "name": programme.title,
        "url": at(""),
        "webFeed": at(urls.FEED),
        "inLanguage": programme.language,
    }


def _event(event: Event, programme: Programme) -> Thing:
    online = not event.venue
    mode = "Online" if event.online and online else "Offline"
    return _without_nothing(
        {
            "@type": "Event",
            "name": event.title,
            "description": event.theme,
            "url": _At(programme)(urls.event(event.id)),
            "startDate": event.starts.isoformat(),
            "endDate": event.ends.isoformat(),
            "eventStatus": f"{_CONTEXT}/EventScheduled",
            "eventAttendanceMode": f"{_CONTEXT}/{mode}EventAttendanceMode" if event.venue or event.online else None,
            "location": _location(event),
            "organizer": _organiser(programme),
        }
    )


def _location(event: Event) -> Thing | None:
    if event.venue:
        address = {"@type": "PostalAddress", "streetAddress": event.venue.address, "addressLocality": event.venue.city}
        return {"@type": "Place", "name": event.venue.name, "address": _without_nothing(address)}
    if event.online.startswith(("https://", "http://")):
        return {"@type": "VirtualLocation", "url": event.online}
    return None


def _sound(enclosure: Enclosure, release: Release, at: _At) -> Thing:
    return {
        "@type": "AudioObject",
        "contentUrl": at(enclosure.path),
        "encodingFormat": enclosure.media_type,
        "contentSize": str(enclosure.size_bytes),
        "duration": _iso_duration(release.duration_s),
    }


def _person(person: Person) -> Thing:
    works_for = {"@type": "Organization", "name": person.organisation} if person.organisation else None
    return _without_nothing({"@type": "Person", "name": person.name, "worksFor": works_for})


def _organiser(programme: Programme) -> Thing:
    return {"@type": "Organization", "name": programme.organiser}


def _named(kind: str, name: str, address: str) -> Thing:
    return {"@type": kind, "name": name, "url": address}


def _iso_duration(seconds: float) -> str:
    """``PT1H2M3S``: ISO 8601, whole seconds."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minute}M" if minute else "") + f"{second}S"


def _without_nothing(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if value not in (None, "", [])}
